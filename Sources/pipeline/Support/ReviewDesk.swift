import Connectors
import Pipelines
import Records

/// What the review commands share: who is asking, when, and how an item is shown.
struct ReviewDesk {
    let database: Warehouse
    let format: OutputFormat
    let console: Console
    let person: ReviewPerson
    let now: Timestamp
    /// As it must be typed in the next command; empty for the default.
    let databaseOption: String

    init(database: Warehouse, options: WarehouseOptions, format: OutputFormat, console: Console) {
        let environment = options.environment
        (self.database, self.format, self.console) = (database, format, console)
        (person, now) = (ReviewPerson(environment), environment.now())
        databaseOption = options.database == "pipeline.db" ? "" : " --database \(options.database)"
    }

    /// The queue named, else the only one there is.
    func queue(_ name: String?) throws(Failure) -> String {
        let known = try database.read { database in Set(try ReviewStore(database).counts(now: .distantPast).map(\.queue)).sorted() }
        if let name {
            guard known.contains(name) else { throw .queueUnknown(name, known: known) }
            return name
        }
        guard known.count == 1 else { throw .queueNeeded(known) }
        return known[0]
    }

    /// The item's screen or data; then, when it can be decided, the commands to do so.
    func show(_ entry: ReviewEntry) throws {
        let item = entry.item
        let choices = try? database.read { try ReviewChoices.of(item, in: $0) }
        let draft = try database.read { database throws(Failure) in try DraftStore(database).newest(of: item) }
        let view = ReviewView(entry: entry, choices: choices, draft: draft, now: now)
        guard format == .table else { return try console.write(view.details.rendered(as: format)) }
        try console.write(ReviewScreen(view: view, terminal: console.output).text)
        guard let choices, entry.state.decision == nil, entry.state.newerItem == nil else { return }
        console.note("\nnext:")
        for choice in choices.choices {
            let meaning = choices.word(choice.isPositive).map { "   # says \($0)" } ?? ""
            console.note("  pipeline review decide \(entry.item.id) \(choice.outcome) --reason \"…\"\(databaseOption)\(meaning)")
        }
    }
}

extension Failure {
    static func queueUnknown(_ name: String, known: [String]) -> Failure {
        Failure(
            .usage, code: "review.queue-unknown", what: "there is no such queue", found: "'\(name)'",
            expected: known.isEmpty ? "" : known.joined(separator: ", "),
            remedy: Nearest.name(to: name, among: known).map { "Did you mean '\($0)'?" } ?? "A run makes a queue with its first item.")
    }

    static func queueNeeded(_ known: [String]) -> Failure {
        Failure(
            .usage, code: "review.queue-needed", what: known.isEmpty ? "there is no queue yet" : "there is more than one queue",
            expected: known.isEmpty ? "" : "--queue with one of \(known.joined(separator: ", "))",
            remedy: known.isEmpty ? "A run makes a queue with its first item." : "")
    }
}

import ArgumentParser
import Connectors
import Foundation
import Pipelines
import Records

/// `pipeline review`
struct Review: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at what people must decide, and decide it.",
        discussion: """
            The most valuable items come first. A claim keeps others off an item for a while; a decision is never overwritten, only \
            superseded by another, and is a label from then on. Items about a delivery (missing, short, changed columns) stand in the queue \
            `deliveries`; their outcomes are accept, reject and wait, and their decisions are no labels.

              pipeline review next --queue fraud
              pipeline review decide 7 hold --reason "terminal was compromised last week"
            """,
        subcommands: [ReviewList.self, ReviewShow.self, ReviewNext.self, ReviewClaim.self, ReviewDecide.self] + drafting)

    #if Remote
        private static let drafting: [any ParsableCommand.Type] = [ReviewDraft.self]
    #else
        private static let drafting: [any ParsableCommand.Type] = []
    #endif
}

/// Options of the commands that change an item.
struct LeaseOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How long the claim holds, such as 30m or 2h.", valueName: "time"))
    var lease = Timestamp.Span.minutes(30)
}

/// `pipeline review list`
struct ReviewList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List items, the most valuable first.",
        discussion: "Open ones: neither decided nor superseded.\n\n  pipeline review list --queue fraud --overdue")

    @Option(help: ArgumentHelp("Of this queue only.", valueName: "name"), completion: Completions.queues)
    var queue: String?
    @Option(help: ArgumentHelp("Of this job only.", valueName: "name"), completion: Completions.jobs)
    var job: String?
    @Option(
        help: ArgumentHelp("Of this kind only: row, delivery, schema or control.", valueName: "kind"),
        completion: .list(ReviewItem.Kind.allCases.map(\.rawValue)))
    var kind: ReviewItem.Kind?
    @Flag(help: "Only open items past their due time.")
    var overdue = false
    @Flag(help: "Only decided items.")
    var decided = false
    @Flag(help: "Items in every state.")
    var all = false
    @OptionGroup var limit: LimitOptions
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        if [overdue, decided, all].count(where: \.self) > 1 { throw ValidationError("--overdue, --decided and --all exclude each other") }
    }

    func run() throws {
        let console = output.console
        let database = try warehouse.open(.read)
        defer { database.close() }
        let filter: ReviewStore.Filter = overdue ? .overdue : decided ? .decided : all ? .all : .open
        let (queue, job, kind, now, count) = (queue, job, kind, warehouse.environment.now(), limit.fetched(format.format))
        let fetched = try database.read {
            try ReviewStore($0).list(queue: queue, job: job, kind: kind, filter: filter, now: now, limit: count)
        }
        let entries = limit.cut(fetched, format.format, console: console)
        if entries.isEmpty { console.note("No items\(filter == .all ? "" : " that are \(filter.rawValue)").") }
        try format.write(ReviewView.table(entries, now: now), to: console)
    }
}

/// `pipeline review show`
struct ReviewShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show an item: score, reasons, evidence, value at stake, decisions.",
        discussion: "  pipeline review show 7")

    @Argument(help: "The item's number.", completion: Completions.items)
    var item: Int64
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let database = try warehouse.open(.read)
        defer { database.close() }
        let item = item
        let entry = try database.read { try ReviewStore($0).show(item) }
        let desk = ReviewDesk(database: database, options: warehouse, format: format.format, console: output.console)
        try desk.show(entry)
    }
}

/// `pipeline review next`
struct ReviewNext: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "next", abstract: "Claim the most valuable open item, and show it.",
        discussion: """
            The item you hold already is shown again, unless you ask for another.

              pipeline review next --queue fraud
            """)

    @Option(help: ArgumentHelp("The queue; may be left out where there is one only.", valueName: "name"), completion: Completions.queues)
    var queue: String?
    @Flag(help: "Claim another item although you hold one.")
    var another = false
    @OptionGroup var lease: LeaseOptions
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let database = try warehouse.open(.write)
        defer { database.close() }
        let desk = ReviewDesk(database: database, options: warehouse, format: format.format, console: output.console)
        let queue = try desk.queue(queue)
        let entry = try ReviewQueue(database).next(in: queue, by: desk.person, now: desk.now, lease: lease.lease, another: another)
        guard let entry else { return output.console.note("Nothing to decide in queue \(queue).") }
        try desk.show(entry)
    }
}

/// `pipeline review claim`
struct ReviewClaim: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "claim", abstract: "Keep others off an item while you look at it, or give it back.",
        discussion: "  pipeline review claim 7 --lease 2h\n  pipeline review claim 7 --release")

    @Argument(help: "The item's number.", completion: Completions.items)
    var item: Int64
    @Flag(help: "Give the item back.")
    var release = false
    @OptionGroup var lease: LeaseOptions
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let database = try warehouse.open(.write)
        defer { database.close() }
        let desk = ReviewDesk(database: database, options: warehouse, format: format.format, console: output.console)
        if release {
            try ReviewQueue(database).release(item, by: desk.person, now: desk.now)
            return output.console.note("Item \(item) is free again.")
        }
        try desk.show(try ReviewQueue(database).claim(item, by: desk.person, now: desk.now, lease: lease.lease))
    }
}

/// `pipeline review decide`
struct ReviewDecide: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decide", abstract: "Decide an item: the outcome, and the reason in your words.",
        discussion: """
            What the decision says of the row follows from the outcome's cost (an outcome that costs when the row is fraud says genuine), or \
            is given with --is; it becomes a label. A decision stays on record for good; --replace puts another in its place.

              pipeline review decide 7 hold --reason "terminal was compromised last week"
              pipeline review decide 7 clear --reason "card holder confirmed by phone" --replace
              pipeline review decide 9 change --amount 120 --reason "the fair is in town"
            """)

    @Argument(help: "The item's number.", completion: Completions.items)
    var item: Int64
    @Argument(help: "One of the policy's outcomes; of a delivery: accept, reject or wait.")
    var outcome: String
    @Option(
        help: ArgumentHelp(
            "What the decision rests on; @FILE takes it from a file, such as a drafted note that you edited.", valueName: "text"))
    var reason: String
    @Option(
        name: .customLong("is"), help: ArgumentHelp("What the row was, in the stage's words, such as fraud or genuine.", valueName: "word"))
    var word: String?
    @Option(
        help: ArgumentHelp("What an outcome states as a number where the job declares one, such as the units ordered.", valueName: "number")
    )
    var amount: String?
    @Flag(name: .customLong("replace"), help: "Supersede the earlier decision, which stays on record.")
    var replaces = false
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let console = output.console
        let database = try warehouse.open(.write)
        defer { database.close() }
        let desk = ReviewDesk(database: database, options: warehouse, format: format.format, console: console)
        let number = item
        let choices = try database.read { database in
            try ReviewChoices.of(try ReviewStore(database).show(number).item, in: database)
        }
        let entry = try ReviewQueue(database).decide(
            item, outcome: outcome, isPositive: try choices.label(word: word, outcome: outcome), reason: try reasonText(),
            amount: try choices.amount(amount, outcome: outcome), by: desk.person, now: desk.now, outcomes: choices.outcomes,
            replacing: replaces)
        try format.write(ReviewView(entry: entry, choices: choices, now: desk.now).decisionDetails, to: console)
        console.note("\nnext:\n  pipeline review next --queue \(entry.item.queue)\(desk.databaseOption)")
    }

    private func reasonText() throws(Failure) -> String {
        guard reason.hasPrefix("@") else { return reason }
        guard let data = FileManager.default.contents(atPath: String(reason.dropFirst())) else {
            throw Failure(
                .usage, code: "review.reason-file", what: "the reason cannot be read", place: String(reason.dropFirst()),
                expected: "a text file", remedy: "Name another file, or write the reason itself.")
        }
        return String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}

import Connectors
import Records

/// How a file differs from what its feed looked like so far.
struct SchemaDrift: Sendable {
    /// Which part of a contract speaks of a change.
    enum Part { case columns, types, values }

    struct Change: Sendable {
        var cause: DeliveryItem.Cause
        var part: Part
        var column: String
        /// A sentence for people.
        var text: String
        /// At most three, with their places.
        var samples: [DeliveryProfile.Sample]
    }

    var changes: [Change] = []
    /// Texts never seen, a column each.
    var newTexts: [String: [String]] = [:]

    /// Fewest records so far, before a text that was never seen is news.
    static let fewestRows: Int64 = 200

    /// - Parameters:
    ///   - rows: records of the feed so far.
    ///   - known: what its files looked like.
    init(_ profile: DeliveryProfile, known: FeedShape, rows: Int64, file: FeedFile, feed: JobFeed) {
        compareColumns(profile, known: known, file: file, feed: feed)
        for column in profile.columns {
            guard let before = known.columns.first(where: { $0.name == column.name }) else { continue }
            compareType(column, before: before, rows: profile.rows)
            if rows >= Self.fewestRows { compareTexts(column, before: before) }
        }
    }

    /// The strictest mode that any change meets; nil without a change.
    func mode(under contract: ContractSettings) -> ContractMode? {
        let order: [ContractMode] = [.evolve, .discardRow, .freeze, .quarantine]
        let modes = changes.map { change in
            switch change.part {
            case .columns: contract.columns
            case .types: contract.types
            case .values: contract.values
            }
        }
        return modes.max { (order.firstIndex(of: $0) ?? 0) < (order.firstIndex(of: $1) ?? 0) }
    }

    // MARK: Columns

    private mutating func compareColumns(_ profile: DeliveryProfile, known: FeedShape, file: FeedFile, feed: JobFeed) {
        guard let names = profile.names, let before = known.names, names != before else { return }
        var gone = before.filter { !names.contains($0) }
        var added = names.filter { !before.contains($0) }
        for name in gone {
            guard let guess = Self.successor(of: name, among: added, file: file, feed: feed) else { continue }
            changes.append(
                Change(
                    cause: .columnRenamed, part: .columns, column: name,
                    text: "column '\(name)' is gone and '\(guess.name)' is new: \(guess.why)",
                    samples: Self.samples(of: guess.name, in: file, feed: feed)))
            gone.removeAll { $0 == name }
            added.removeAll { $0 == guess.name }
        }
        for name in gone {
            let column = feed.readColumns.first { $0.source == name }
            let text =
                column.map { "column '\(name)' is gone, which the job reads as '\($0.field.name)'" }
                ?? "column '\(name)' is gone, which the job does not read"
            changes.append(Change(cause: .columnGone, part: .columns, column: name, text: text, samples: []))
        }
        for name in added {
            changes.append(
                Change(
                    cause: .columnAdded, part: .columns, column: name,
                    text: "column '\(name)' is new at position \(Self.position(name, names))",
                    samples: Self.samples(of: name, in: file, feed: feed)))
        }
        if gone.isEmpty, added.isEmpty, !changes.contains(where: { $0.cause == .columnRenamed }), names.sorted() == before.sorted() {
            let moved = zip(before, names).first { $0 != $1 }
            changes.append(
                Change(
                    cause: .columnMoved, part: .columns, column: moved?.1 ?? "",
                    text: "the same columns stand in another order, from '\(moved?.1 ?? "")' on", samples: []))
        }
    }

    private static func position(_ name: String, _ names: [String]) -> Int { (names.firstIndex(of: name) ?? 0) + 1 }

    /// The new column that a missing one may have become: its values fit, and its name is near or nothing else fits.
    private static func successor(
        of name: String, among added: [String], file: FeedFile, feed: JobFeed
    ) -> (name: String, why: String)? {
        guard let column = feed.readColumns.first(where: { $0.source == name }) else { return nil }
        let fitting = added.filter { fits(column, as: $0, in: file, feed: feed) }
        let near =
            Nearest.name(to: name, among: fitting)
            ?? Nearest.name(to: name.lowercased(), among: fitting.map { $0.lowercased() })
            .flatMap { lower in fitting.first { $0.lowercased() == lower } }
        if let near { return (near, "a name much like it, whose values fit") }
        // Text fits everything.
        guard fitting.count == 1, column.field.type != .string else { return nil }
        return (fitting[0], "the only new one whose values fit \(column.field.type.name)")
    }

    /// Nine of ten of the first records have a value of the column's type there.
    private static func fits(_ column: FeedColumn, as name: String, in file: FeedFile, feed: JobFeed) -> Bool {
        let moved = column.found(at: name)
        guard
            let reader = try? FeedFormats.named(feed.format).reader(
                of: file, columns: [moved], options: feed.options, from: .start, blockRows: 1_000, bufferBytes: 1 << 16),
            let block = try? reader.next(), block.rowsRead > 0
        else { return false }
        return block.batch.count * 10 >= block.rowsRead * 9
    }

    private static func samples(of name: String, in file: FeedFile, feed: JobFeed) -> [DeliveryProfile.Sample] {
        let column = FeedColumn(field: Field("sample", .string, optional: true), source: name)
        guard
            let reader = try? FeedFormats.named(feed.format).reader(
                of: file, columns: [column], options: feed.options, from: .start, blockRows: 3, bufferBytes: 1 << 16),
            let batch = try? reader.next()?.batch
        else { return [] }
        return (0..<batch.count).map {
            DeliveryProfile.Sample(place: "row \(batch.rowNumbers[$0])", text: batch.columns[0].string($0) ?? "")
        }
    }

    // MARK: Types and values

    private mutating func compareType(_ column: DeliveryProfile.Column, before: FeedShape.Column, rows: Int64) {
        guard rows > 0, column.failed >= 3 else { return }
        let share = Double(column.failed) / Double(rows)
        guard share >= 0.05, share > 5 * before.failed + 0.02 else { return }
        let percent = (share * 1_000).rounded() / 10
        var text = "\(percent)% of '\(column.name)' are no \(column.type) any more"
        if !column.failures.isEmpty, column.failures.allSatisfy({ Self.hasDecimalComma($0.text) }) {
            text += ": they have a decimal comma"
        }
        changes.append(Change(cause: .typeChanged, part: .types, column: column.name, text: text, samples: column.failures))
    }

    /// `12,50`, `1.234,5`, `-3,00`
    static func hasDecimalComma(_ text: String) -> Bool {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[1].isEmpty, parts[1].utf8.allSatisfy({ (48...57).contains($0) }) else { return false }
        let whole = parts[0].drop { $0 == "-" || $0 == "+" }
        return !whole.isEmpty && whole.utf8.allSatisfy { (48...57).contains($0) || $0 == 46 }
    }

    private mutating func compareTexts(_ column: DeliveryProfile.Column, before: FeedShape.Column) {
        guard let known = before.texts, !known.isEmpty else { return }
        // A column that was a list of words and is free text now: no list of new ones can be given.
        guard let texts = column.texts else {
            changes.append(
                Change(
                    cause: .newValue, part: .values, column: column.name,
                    text: "'\(column.name)' had \(known.count) different texts and has more than \(DeliveryProfile.mostTexts) now",
                    samples: []))
            return
        }
        let new = texts.filter { !known.contains($0.key) }.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
        guard !new.isEmpty else { return }
        newTexts[column.name] = new.map(\.key).sorted()
        let shown = new.prefix(3).map { "'\($0.key)'" }.joined(separator: ", ")
        changes.append(
            Change(
                cause: .newValue, part: .values, column: column.name,
                text: "'\(column.name)' has \(new.count == 1 ? "a text" : "\(new.count) texts") never seen: \(shown)",
                samples: new.prefix(3).map { DeliveryProfile.Sample(place: "row \($0.value)", text: $0.key) }))
    }
}

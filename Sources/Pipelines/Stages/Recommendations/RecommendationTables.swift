import Records

/// What the rows of a table say, each with its row of the batch, and the rows that cannot be read, in order.
struct RecommendationTableRows {
    var entries: [(row: Int, entry: RecommendationState.Entry)] = []
    var refused: [RowRefusal] = []
}

/// Reads rows of a table feed. What would limit offers and cannot be read limits them all the same: a word that is none of the merchandiser's
/// blocks, and a limit that is no number is 0; the row is refused besides, so that somebody mends it.
private struct RecommendationTableReader {
    let batch: RecordBatch
    var rows = RecommendationTableRows()

    init(_ batch: RecordBatch) { self.batch = batch }

    func text(_ name: String, _ row: Int) -> String? { batch[name].flatMap { $0.text(row) } }

    func number(_ name: String, _ row: Int) -> Double? { text(name, row).flatMap { Double($0) } }

    mutating func add(_ row: Int, _ entry: RecommendationState.Entry) { rows.entries.append((row, entry)) }

    mutating func refuse(_ row: Int, _ column: String, _ code: Reject.Code, expected: String) {
        guard rows.refused.last?.row != row else { return }
        rows.refused.append(RowRefusal(row: row, column: column, code: code, found: text(column, row) ?? "nothing", expected: expected))
    }

    /// False after a refusal: a text that the row is about is missing or empty.
    mutating func has(_ names: [String], _ row: Int) -> Bool {
        guard let name = names.first(where: { text($0, row)?.isEmpty ?? true }) else { return true }
        refuse(row, name, .missing, expected: "a value: the stage cannot use the row without it")
        return false
    }

    /// False after a refusal: a number that is none, which would be no limit.
    mutating func isFinite(_ names: [String], _ row: Int) -> Bool {
        guard let name = names.first(where: { number($0, row)?.isFinite == false }) else { return true }
        refuse(row, name, .range, expected: "a finite number")
        return false
    }

    mutating func items() {
        for row in 0..<batch.count where has(["item"], row) && isFinite(["stock", "margin", "risk", "minimum_age"], row) {
            add(
                row,
                .item(
                    text("item", row) ?? "",
                    .init(
                        category: text("category", row), stock: number("stock", row), margin: number("margin", row),
                        risk: number("risk", row), minimumAge: number("minimum_age", row), isSensitive: text("sensitive", row) == "true")))
        }
    }

    /// Nobody has no limits of their own: what goes with an item is asked for nobody.
    mutating func people() {
        for row in 0..<batch.count where has(["user"], row) && isFinite(["age", "risk"], row) {
            add(
                row,
                .person(text("user", row) ?? "", .init(age: number("age", row), risk: number("risk", row), segment: text("segment", row))))
        }
    }

    mutating func actions() {
        for row in 0..<batch.count where has(["item", "known"], row) {
            let action = RecommendationState.Action(rawValue: text("action", row) ?? "")
            if action == nil {
                refuse(row, "action", .unknownValue, expected: "block, pin, boost or none; the item is blocked until it is corrected")
            }
            add(row, .instruction(text("item", row) ?? "", .init(action: action ?? .block, known: batch["known"]?.integers[row] ?? .max)))
        }
    }

    mutating func aliases() {
        for row in 0..<batch.count where has(["alias", "item"], row) { add(row, .alias(text("alias", row) ?? "", text("item", row) ?? "")) }
    }

    mutating func shown(_ times: Column) {
        for row in 0..<batch.count where has(["user", "item", "time"], row) {
            add(row, .shown(.init(user: text("user", row) ?? "", item: text("item", row) ?? "", time: times.integers[row])))
        }
    }

    mutating func limits() {
        for row in 0..<batch.count {
            let most = number("most", row) ?? .nan
            if !(most >= 0) { refuse(row, "most", .range, expected: "a number of items; it counts as 0 until it is corrected") }
            let segment = text("segment", row) ?? "*"
            add(row, .limit(.init(segment: segment, category: text("category", row) ?? ""), most >= 0 ? Int(min(most, 1e9)) : 0))
        }
    }
}

extension RecommendationSettings {
    /// - Throws: a column missing, or of a type that would make a limit no limit.
    func entries(of batch: RecordBatch, ofTable feed: String) throws(Failure) -> RecommendationTableRows {
        func needed(_ names: [String]) throws(Failure) {
            for name in names where batch.schema[name] == nil {
                throw .stageColumnMissing(
                    Self.name, feed, name, nearest: Nearest.name(to: name, among: batch.schema.fields.map(\.name)))
            }
        }
        // A limit that is no number would be no limit.
        for name in ["stock", "margin", "risk", "minimum_age", "age", "most"] {
            guard let column = batch[name] else { continue }
            let types = ["int64", "float64", "money", "decimal"]
            guard types.contains(where: { column.type.name.hasPrefix($0) }) else {
                throw .stageColumnType(Self.name, feed, name, column.type.name, types)
            }
        }
        func time(_ name: String) throws(Failure) -> Column {
            guard let times = batch[name], times.type == .timestamp else {
                throw .stageColumnType(Self.name, feed, name, batch[name]?.type.name ?? "nothing", [ColumnType.timestamp.name])
            }
            return times
        }
        var reader = RecommendationTableReader(batch)
        switch feed {
        case itemsFeed:
            try needed(["item"])
            reader.items()
        case usersFeed:
            try needed(["user"])
            reader.people()
        case actionsFeed:
            try needed(["item", "action", "known"])
            _ = try time("known")
            reader.actions()
        case aliasesFeed:
            try needed(["alias", "item"])
            reader.aliases()
        case shownFeed:
            try needed(["user", "item", "time"])
            reader.shown(try time("time"))
        case limitsFeed:
            try needed(["segment", "most"])
            reader.limits()
        default: break
        }
        return reader.rows
    }
}

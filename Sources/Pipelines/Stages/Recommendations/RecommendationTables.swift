import Records

extension RecommendationSettings {
    /// What a table's rows say, each with its row of the batch.
    ///
    /// - Throws: a column missing, or of a type that would make a limit no limit.
    func entries(of batch: RecordBatch, ofTable feed: String) throws(Failure) -> [(row: Int, entry: RecommendationState.Entry)] {
        var entries: [(row: Int, entry: RecommendationState.Entry)] = []
        func record(_ row: Int, _ entry: RecommendationState.Entry) { entries.append((row, entry)) }
        func text(_ name: String, _ row: Int) -> String? { batch[name].flatMap { $0.text(row) } }
        func number(_ name: String, _ row: Int) -> Double? { text(name, row).flatMap { Double($0) } }
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
        switch feed {
        case itemsFeed:
            try needed(["item"])
            for row in 0..<batch.count {
                record(
                    row,
                    .item(
                        text("item", row) ?? "",
                        .init(
                            category: text("category", row), stock: number("stock", row), margin: number("margin", row),
                            risk: number("risk", row), minimumAge: number("minimum_age", row),
                            isSensitive: text("sensitive", row) == "true")))
            }
        case usersFeed:
            try needed(["user"])
            // Nobody has no limits of their own: what goes with an item is asked for nobody.
            for row in 0..<batch.count where text("user", row)?.isEmpty == false {
                record(
                    row,
                    .person(
                        text("user", row) ?? "", .init(age: number("age", row), risk: number("risk", row), segment: text("segment", row))))
            }
        case actionsFeed:
            try needed(["item", "action", "known"])
            for row in 0..<batch.count {
                // A word that is none of ours must not do nothing in silence: it blocks, and the merchandiser sees it at once.
                let action = RecommendationState.Action(rawValue: text("action", row) ?? "") ?? .block
                record(row, .instruction(text("item", row) ?? "", .init(action: action, known: batch["known"]?.integers[row] ?? .max)))
            }
        case aliasesFeed:
            try needed(["alias", "item"])
            for row in 0..<batch.count { record(row, .alias(text("alias", row) ?? "", text("item", row) ?? "")) }
        case shownFeed:
            try needed(["user", "item", "time"])
            guard let times = batch["time"], times.type == .timestamp else {
                throw .stageColumnType(
                    Self.name, feed, "time", batch["time"]?.type.name ?? "nothing", [ColumnType.timestamp.name])
            }
            for row in 0..<batch.count where times.isValid(row) {
                record(row, .shown(.init(user: text("user", row) ?? "", item: text("item", row) ?? "", time: times.integers[row])))
            }
        case limitsFeed:
            try needed(["segment", "most"])
            for row in 0..<batch.count {
                // A limit that cannot be read must not let everything through.
                let most = number("most", row).map { Int(max(0, min($0, 1e9))) } ?? 0
                record(row, .limit(.init(segment: text("segment", row) ?? "*", category: text("category", row) ?? ""), most))
            }
        default: break
        }
        return entries
    }
}

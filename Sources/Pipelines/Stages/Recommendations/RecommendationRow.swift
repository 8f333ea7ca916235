import Records

/// What a row of the main feed is for the stage.
enum RecommendationRow {
    case event(quantity: Double, strength: Double, price: Double)
    case refused(RowRefusal)
}

extension RecommendationSettings {
    /// Rows of interest have no quantity and no price: nothing was paid.
    func row(_ row: Int, of batch: RecordBatch) -> RecommendationRow {
        let columns = batch.columns
        var strength = 1.0
        if let event {
            let kind = columns[event].text(row) ?? ""
            guard let counts = events[kind] else {
                return .refused(
                    RowRefusal(
                        row: row, column: batch.schema.fields[event].name, code: .unknownValue, found: kind,
                        expected: "one of \(events.keys.sorted().joined(separator: ", "))"))
            }
            strength = counts
        }
        if strength >= 0, strength < 1 { return .event(quantity: 1, strength: strength, price: .nan) }
        let given = quantity.map { columns[$0].type == .float64 ? columns[$0].doubles[row] : Double(columns[$0].integers[row]) } ?? 1
        guard given != 0, given.isFinite else {
            return .refused(
                RowRefusal(
                    row: row, column: quantity.map { batch.schema.fields[$0].name }, code: .range, found: "\(given)",
                    expected: "a quantity above 0, or below 0 for a return"))
        }
        let paid = price.flatMap { columns[$0].isValid(row) ? columns[$0].text(row) : nil }.flatMap { Double($0) } ?? .nan
        return .event(quantity: strength < 0 ? -abs(given) : given, strength: 1, price: paid)
    }

    /// Kinds of rows, a line each.
    ///
    /// - Parameter column: that says which a row is of.
    /// - Throws: kinds without the column or the other way round, a number that is no weight, none that is a purchase.
    static func kinds(_ text: String, column: String?) throws(Failure) -> [String: Double] {
        func refusal(_ place: String, found: String, expected: String) -> Failure {
            Failure(
                .job, code: "stage.events", what: "kinds of rows are not as they must be", place: "\(name).\(place)", found: found,
                expected: expected, remedy: "Write them as `event: kind` and `events: { order: 1, click: 0.1, return: -1 }`.")
        }
        let lines = assignments(text)
        guard lines.isEmpty == (column == nil) else {
            throw refusal(
                lines.isEmpty ? "events" : "event", found: "nothing", expected: lines.isEmpty ? "what each kind counts" : "a column")
        }
        var kinds: [String: Double] = [:]
        for (kind, value) in lines {
            guard let weight = JobValue.decimal(value), weight == -1 || (0...1).contains(weight) else {
                throw refusal("events.\(kind)", found: "'\(value)'", expected: "-1 or a number from 0 to 1")
            }
            kinds[kind] = weight
        }
        guard kinds.isEmpty || kinds.values.contains(1) else {
            throw refusal("events", found: "no kind that counts 1", expected: "at least one: a purchase")
        }
        return kinds
    }
}

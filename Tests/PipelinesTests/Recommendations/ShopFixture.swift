import Pipelines
import Records

/// Rows and tables of a tiny shop for the stage `recommendations`.
enum ShopFixture {
    static let euro = Currency("EUR")!
    static let schema = Schema([
        Field("user", .string), Field("time", .timestamp), Field("item", .string), Field("quantity", .int64), Field("price", .money(euro)),
    ])
    static let day: Int64 = 86_400_000_000

    struct Line {
        var user: String
        var day: Double
        var item: String
        var quantity: Int64 = 1

        init(_ user: String, _ day: Double, _ item: String, _ quantity: Int64 = 1) {
            (self.user, self.day, self.item, self.quantity) = (user, day, item, quantity)
        }
    }

    static func configuration(_ more: [String: ParameterValue] = [:]) -> StageConfiguration {
        var values: [String: ParameterValue] = [
            "user": .text("user"), "item": .text("item"), "quantity": .text("quantity"), "price": .text("price"),
            "family": .text("popularity"), "items": .text("items"), "users": .text("users"), "actions": .text("actions"),
            "aliases": .text("aliases"), "shown": .text("shown"), "limits": .text("limits"),
        ]
        values.merge(more) { $1 }
        return StageConfiguration(name: "recommendations", parameters: values)
    }

    static func stage(_ more: [String: ParameterValue] = [:]) throws(Failure) -> RecommendationStage {
        try RecommendationStage(configuration: configuration(more), schema: schema)
    }

    static func input(_ lines: [Line]) -> StageInput {
        let times = lines.map { Int64($0.day * Double(day)) }
        let batch = RecordBatch(
            schema: schema,
            columns: [
                Column(strings: lines.map(\.user)), Column(type: .timestamp, integers: times), Column(strings: lines.map(\.item)),
                Column(type: .int64, integers: lines.map(\.quantity)), Column(type: .money(euro), integers: lines.map { _ in 250 }),
            ], rowNumbers: lines.indices.map { Int64($0 + 1) })
        return StageInput(batch: batch, keys: RecordKey.hashes(of: batch, columns: [0, 1, 2]), times: times)
    }

    /// Eight people, twelve items, orders every few days, a return now and then.
    static func lines(days: Int) -> [Line] {
        var lines: [Line] = []
        for day in 0..<days {
            for person in 0..<8 where (day + person * 3) % 4 == 0 {
                for step in 0..<1 + (day + person) % 3 {
                    let item = (person % 2 * 6 + (day * 7 + step * 5 + person) % 6 * (1 + step % 2)) % 12
                    lines.append(Line("u\(person)", Double(day) + Double(person) / 10 + Double(step) / 100, "i\(item)"))
                }
                if day % 11 == 10, let last = lines.last { lines.append(Line(last.user, last.day + 0.05, last.item, -1)) }
            }
        }
        return lines
    }

    static func texts(_ names: [String], _ rows: [[String]], to stage: RecommendationStage, as feed: String) throws(Failure) {
        try table(names.map { Field($0, .string) }, rows, to: stage, as: feed)
    }

    /// A table whose number columns are called stock, margin, risk, age or minimum_age, and whose times are called known or time (days).
    @discardableResult
    static func table(
        _ names: [String], _ rows: [[String?]], to stage: RecommendationStage, as feed: String
    ) throws(Failure) -> [RowRefusal] {
        let numbers: Set<String> = ["stock", "margin", "risk", "age", "minimum_age", "most"]
        let columns = names.enumerated().map { index, name -> Column in
            let values = rows.map { $0[index] }
            if name == "known" || name == "time" {
                return Column(type: .timestamp, integers: values.map { Int64((Double($0 ?? "") ?? 0) * Double(day)) })
            }
            guard numbers.contains(name) else { return Column(strings: values) }
            var validity = [UInt64](repeating: 0, count: (values.count + 63) / 64)
            for (row, value) in values.enumerated() where value != nil { validity[row / 64] |= 1 << UInt64(row % 64) }
            return Column(doubles: values.map { $0.flatMap { Double($0) } ?? 0 }, validity: values.contains(nil) ? validity : [])
        }
        let fields = zip(names, columns).map { Field($0, $1.type, optional: true) }
        return try stage.absorb(
            RecordBatch(schema: Schema(fields), columns: columns, rowNumbers: rows.indices.map { Int64($0 + 1) }), ofTable: feed)
    }

    private static func table(_ fields: [Field], _ rows: [[String]], to stage: RecommendationStage, as feed: String) throws(Failure) {
        let columns = fields.indices.map { index in Column(strings: rows.map { $0[index] }) }
        try stage.absorb(
            RecordBatch(schema: Schema(fields), columns: columns, rowNumbers: rows.indices.map { Int64($0 + 1) }), ofTable: feed)
    }

    struct Result: Equatable {
        var about: String
        var subject: String
        var item: String
        var score: Double
        var propensity: Double
        var kind: String
        var reason: String
        var suspicion: Float
        var probability: Double?
        var value: Double?
    }

    /// - Parameter clock: days.
    static func results(_ stage: RecommendationStage, clock: Double) throws(Failure) -> [Result] {
        let time = Timestamp(microseconds: Int64(clock * Double(day)))
        let rows = try stage.finished(0..<stage.finish(FinishTime(clock: time, watermark: time)))
        func text(_ name: String, _ row: Int) -> String { rows.batch[name]?.text(row) ?? "" }
        let scores = stage.ruleScores(of: rows.features)
        return (0..<rows.batch.count).map { row in
            Result(
                about: text("about", row), subject: text("subject", row), item: text("item", row),
                score: Double(text("item_score", row)) ?? .nan, propensity: Double(text("propensity", row)) ?? .nan,
                kind: text("kind", row), reason: text("reason", row), suspicion: scores[row],
                probability: Double(text("probability", row)), value: Double(text("expected_value", row)))
        }
    }

    static func offers(_ results: [Result], to person: String) -> [String] {
        results.filter { $0.about == "user" && $0.subject == person }.map(\.item)
    }
}

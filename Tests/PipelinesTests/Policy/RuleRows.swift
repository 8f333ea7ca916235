import Connectors
import Foundation
import Models
import Pipelines
import Records

/// A job with a column of every type, and batches for its conditions.
enum RuleRows {
    static let job = """
        version: 1
        job: rules
        calendar: { zone: Asia/Tokyo }
        feeds:
          rows:
            role: main
            format: csv
            files: rows.csv
            columns:
              id:       { type: int64 }
              time:     { type: timestamp }
              opened:   { type: timestamp, optional: true }
              born:     { type: date, optional: true }
              card:     { type: string }
              terminal: { type: string, optional: true }
              country:  { type: enum, values: [DE, FR, JP], optional: true }
              online:   { type: bool, optional: true }
              amount:   { type: money, currency: EUR }
              limit:    { type: money, currency: EUR, optional: true }
              rate:     { type: decimal, scale: 3, optional: true }
              ratio:    { type: float64, optional: true }
            key: id
            event-time: time
          blocked:
            role: list
            format: csv
            files: blocked.csv
            columns: { entry: { type: string }, known: { type: timestamp } }
            key: entry
            known-time: known
        stages: [fraud: { customer: card, terminal: terminal, amount: amount, features: full }]
        policy:
          outcomes:
            clear:  { cost: { if: fraud, pay: amount } }
            hold:   { cost: { if: genuine, pay: 25 EUR } }
            review: { cost: 4 EUR }
        rules: [{ name: rule, when: "CONDITION", then: hold }]
        review: { queue: q, capacity: 1/day, over-capacity: hold, due: 2bd, on-overdue: hold }
        results: rows
        """

    static func load(_ condition: String = "amount > 0", calendar: String = "{ zone: Asia/Tokyo }") throws -> ScoringJob {
        let text = job.replacing("terminal: { type: string, optional: true }", with: "terminal: { type: string }")
            .replacing("{ zone: Asia/Tokyo }", with: calendar)
            .replacing("\"CONDITION\"", with: "'\(condition.replacing("'", with: "''"))'")
        return try Job.load(bytes: Array(text.utf8), path: "rules.yaml").scored()
    }

    /// One row; nil is missing.
    struct Row {
        var id: Int64 = 1
        var time = "2026-03-01T23:30:00Z"
        var opened: String?
        var born: String?
        var card = "C1"
        var terminal: String? = "T1"
        var country: String? = "DE"
        var online: Bool? = true
        var amount: Int64 = 22_000
        var limit: Int64?
        var rate: Int64?
        var ratio: Double?
        /// By name; others are 0.
        var features: [String: Float] = [:]
    }

    static func batch(_ rows: [Row], schema: Schema) -> RecordBatch {
        func integers(_ name: String, _ values: [Int64?]) -> Column {
            var validity = [UInt64](repeating: 0, count: (rows.count + 63) / 64)
            for (row, value) in values.enumerated() where value != nil { validity[row / 64] |= 1 << UInt64(row % 64) }
            let type = schema[name]?.type ?? .int64
            return Column(type: type, integers: values.map { $0 ?? 0 }, validity: values.contains(nil) ? validity : [])
        }
        func doubles(_ values: [Double?]) -> Column {
            var validity = [UInt64](repeating: 0, count: (rows.count + 63) / 64)
            for (row, value) in values.enumerated() where value != nil { validity[row / 64] |= 1 << UInt64(row % 64) }
            return Column(doubles: values.map { $0 ?? .nan }, validity: values.contains(nil) ? validity : [])
        }
        func time(_ text: String?) -> Int64? { text.flatMap { Timestamp(iso8601: $0)?.microseconds } }
        let columns: [Column] = schema.fields.map { field in
            switch field.name {
            case "id": integers("id", rows.map(\.id))
            case "time": integers("time", rows.map { time($0.time) })
            case "opened": integers("opened", rows.map { time($0.opened) })
            case "born": integers("born", rows.map { $0.born.flatMap { Timestamp(iso8601: $0) }.map { Int64($0.day) } })
            case "card": Column(strings: rows.map(\.card))
            case "terminal": Column(strings: rows.map(\.terminal))
            case "country": Column(strings: rows.map(\.country))
            case "online": integers("online", rows.map { $0.online.map { $0 ? 1 : 0 } })
            case "amount": integers("amount", rows.map(\.amount))
            case "limit": integers("limit", rows.map(\.limit))
            case "rate": integers("rate", rows.map(\.rate))
            default: doubles(rows.map(\.ratio))
            }
        }
        return RecordBatch(schema: schema, columns: columns, rowNumbers: rows.indices.map { Int64($0 + 1) })
    }

    static func truths(
        _ condition: String, _ rows: [Row], lists: [String: Set<String>] = [:], calendar: String = "{ zone: Asia/Tokyo }"
    ) throws -> [Bool?] {
        let job = try load(calendar: calendar)
        let names = try Stages.definition(of: job.stage).features.map(\.name)
        var values: [Float] = []
        for row in rows { values += names.map { row.features[$0] ?? 0 } }
        return try RuleExpression(parsing: condition).truths(
            of: batch(rows, schema: job.main.schema), features: FeatureMatrix(featureCount: names.count, values: values), in: job,
            lists: lists)
    }
}

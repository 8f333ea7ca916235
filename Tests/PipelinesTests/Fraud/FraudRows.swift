import PipelineTesting
import Pipelines
import Records

/// Rows for the fraud stage, small enough to be looked at and hostile enough to matter.
struct TestRows {
    struct Row {
        var customer: Int
        var terminal: Int
        var time: Int64
        var amount: Int64
        var key: UInt64
        var label: Bool?
    }
    /// A label event, and the number of rows that were consumed before it was given.
    struct Given {
        var event: LabelEvent
        var before: Int
    }

    var rows: [Row] = []
    var given: [Given] = []
    var labelDelay: Int64 = 0
    var delay: Int64 = 7 * day
    var isText = false
    /// All features, not the handbook's alone.
    var isFull = false

    static let day: Int64 = 86_400_000_000
    static let start = Timestamp(Timestamp.Parts(year: 2018, month: 5, day: 1)).microseconds

    var schema: Schema {
        let name: ColumnType = isText ? .string : .int64
        return Schema([Field("card", name), Field("shop", name), Field("paid", .money(euro))])
    }

    func stage(zone: String = "UTC") throws(Failure) -> FraudStage {
        try FraudStage(
            configuration: StageConfiguration(
                name: "fraud",
                parameters: [
                    "customer": .text("card"), "terminal": .text("shop"), "amount": .text("paid"), "zone": .text(zone),
                    "delay": .span(Timestamp.Span(microseconds: delay)), "lateness": .span(.days(1)),
                    "features": .text(isFull ? "full" : "handbook"),
                ]),
            schema: schema)
    }

    func input(_ range: Range<Int>? = nil) -> StageInput {
        let range = range ?? 0..<rows.count, part = rows[range]
        func names(_ value: (Row) -> Int) -> Column {
            isText
                ? Column(strings: part.map { String(repeating: "n", count: abs(value($0)) % 5) + "\(value($0))" })
                : Column(type: .int64, integers: part.map { Int64(value($0)) })
        }
        let batch = RecordBatch(
            schema: schema,
            columns: [names(\.customer), names(\.terminal), Column(type: .money(euro), integers: part.map(\.amount))],
            rowNumbers: range.map { Int64($0 + 1) })
        return StageInput(
            batch: batch, keys: part.map(\.key), times: part.map(\.time),
            labels: part.contains { $0.label != nil } ? part.map(\.label) : [],
            labelDelay: Timestamp.Span(microseconds: labelDelay),
            events: given.filter { $0.before == range.lowerBound || (range.lowerBound < $0.before && $0.before < range.upperBound) }.map(
                \.event))
    }

    /// Cuts wherever events are given, and at the given rows.
    func inputs(cutAt cuts: [Int] = []) -> [StageInput] {
        let all = Set(cuts + given.map(\.before) + [0, rows.count]).filter { $0 <= rows.count }.sorted()
        return zip(all, all.dropFirst()).map { input($0..<$1) }
    }

    // MARK: Random rows

    /// Few cards and terminals, steps that hit window edges exactly, ties, rows late by up to 40 days, labels of both kinds, corrections,
    /// events early, in time and late, for keys not seen and keys seen twice.
    static func random(_ seed: UInt64, count: Int = 90) -> TestRows {
        var random = SeededGenerator(seed: seed)
        var made = TestRows()
        made.isText = seed % 2 == 0
        made.delay = [0, 3_600_000_000, day, 7 * day, 7 * day][Int(seed / 2 % 5)]
        made.labelDelay = [0, 3 * day, 7 * day, 20 * day][Int(seed / 10 % 4)]
        let steps: [Int64] = [0, 0, 1, 1_000_000, 3_600_000_000, day / 2, day, 3 * day, 7 * day - 1, 7 * day, 23 * day, 30 * day, 37 * day]
        let scale = Int.random(in: 4...steps.count, using: &random)
        let kind = Int(seed / 40 % 3)
        var now = start + Int64.random(in: 0..<day, using: &random)
        for index in 0..<count {
            now += steps[Int.random(in: 0..<scale, using: &random)]
            let isLate = Int.random(in: 0..<8, using: &random) == 0
            let time = isLate ? now - steps.randomElement(using: &random)! : now
            let isRepeated = index > 0 && Int.random(in: 0..<20, using: &random) == 0
            made.rows.append(
                Row(
                    customer: Int.random(in: 0..<4, using: &random), terminal: Int.random(in: 0..<3, using: &random), time: time,
                    amount: Int64.random(in: -500...30_000, using: &random),
                    key: isRepeated ? made.rows[Int.random(in: 0..<index, using: &random)].key : RecordKey.hash("\(seed) \(index)"),
                    label: kind == 1 ? nil : Int.random(in: 0..<3, using: &random) == 0))
        }
        guard kind > 0 else { return made }
        for _ in 0..<Int.random(in: 0..<50, using: &random) {
            let row = Int.random(in: 0..<count, using: &random)
            let known =
                made.rows[row].time + steps.randomElement(using: &random)! - (Int.random(in: 0..<6, using: &random) == 0 ? 8 * day : 0)
            let due = made.rows.indices.first { made.rows[$0].time >= known } ?? count
            let before = min(max(due + Int.random(in: -20...3, using: &random), 0), count)
            made.given.append(
                Given(
                    event: LabelEvent(
                        key: Int.random(in: 0..<15, using: &random) == 0 ? RecordKey.hash("none") : made.rows[row].key,
                        isPositive: Int.random(in: 0..<3, using: &random) > 0, known: Timestamp(microseconds: known)),
                    before: before))
        }
        made.given.sort { ($0.before, $0.event.known) < ($1.before, $1.event.known) }
        return made
    }
}

let euro = Money("1 EUR")!.currency

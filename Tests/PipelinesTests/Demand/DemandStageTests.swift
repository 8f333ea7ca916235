import PipelineTesting
import Pipelines
import Records
import Testing

@Suite struct DemandStageTests {
    static let euro = Currency("EUR")!
    static let schema = Schema([
        Field("item", .string), Field("day", .timestamp), Field("units", .int64), Field("cost", .money(euro)), Field("ran_out", .bool),
    ])

    static func configuration(_ more: [String: ParameterValue] = [:]) -> StageConfiguration {
        var values: [String: ParameterValue] = [
            "item": .text("item"), "units": .text("units"), "unit-cost": .text("cost"), "stockout": .text("ran_out"),
            "lead-time": .integer(2), "review": .integer(3),
        ]
        values.merge(more) { $1 }
        return StageConfiguration(name: "demand", parameters: values)
    }

    /// Rows of some items over some days, in order of days; `item` a sells every day, the others seldom.
    static func stream(days: Int, items: Int = 4, runsOut: Bool = true) -> StageInput {
        var names: [String?] = [], times: [Int64] = [], units: [Int64] = [], out: [Int64] = []
        for day in 0..<days {
            for item in 0..<items {
                let value = item == 0 ? 10 + day % 7 * 3 : (day * 31 + item * 17) % (3 + item) == 0 ? 2 + (day * 7) % 5 : 0
                guard value > 0 else { continue }
                names.append("item-\(item)")
                times.append(Int64(20_000 + day) * 86_400_000_000)
                units.append(Int64(value))
                out.append(runsOut && day % 19 == 18 ? 1 : 0)
            }
        }
        let batch = RecordBatch(
            schema: schema,
            columns: [
                Column(strings: names), Column(type: .timestamp, integers: times), Column(type: .int64, integers: units),
                Column(type: .money(euro), integers: units.map { _ in 250 }), Column(type: .bool, integers: out),
            ], rowNumbers: times.indices.map { Int64($0 + 1) })
        return StageInput(batch: batch, keys: RecordKey.hashes(of: batch, columns: [0, 1]), times: times)
    }

    static func stage(_ more: [String: ParameterValue] = [:]) throws(Failure) -> DemandStage {
        try DemandStage(configuration: configuration(more), schema: schema)
    }

    static let end = FinishTime(clock: Timestamp(seconds: 0), watermark: Timestamp(microseconds: 20_059 * 86_400_000_000))

    @Test("keeps every promise of a stage that gives results at the end", arguments: ["zero", "missing", "closed"])
    func contract(gaps: String) throws {
        let more: [String: ParameterValue] = ["gaps": .text(gaps)]
        let layout = try #require(DemandStage.layout(for: Self.configuration(more), main: Self.schema))
        let findings = try FinishingStageContract(stream: Self.stream(days: 60), time: Self.end, layout: layout) {
            () throws(Failure) in try Self.stage(more)
        }.check()
        #expect(findings == [])
    }

    @Test("keeps them with one model over all items and covariates, too", arguments: ["trees", "combined"])
    func globalContract(model: String) throws {
        let more: [String: ParameterValue] = ["model": .text(model), "covariates": .text("ran_out"), "trees": .integer(6)]
        let layout = try #require(DemandStage.layout(for: Self.configuration(more), main: Self.schema))
        let findings = try FinishingStageContract(stream: Self.stream(days: 60), time: Self.end, layout: layout) {
            () throws(Failure) in try Self.stage(more)
        }.check()
        #expect(findings == [])
    }

    @Test("rows after the origin change no result before it")
    func noLookAhead() throws {
        func forecast(_ days: Int) throws -> [String] {
            let stage = try Self.stage()
            _ = try stage.absorb(Self.stream(days: days))
            let time = FinishTime(clock: Timestamp(seconds: 0), watermark: Timestamp(microseconds: 20_039 * 86_400_000_000))
            let rows = try stage.finished(0..<stage.finish(time))
            return (0..<rows.batch.count).map { row in rows.batch.columns.map { $0.text(row) ?? "" }.joined(separator: "|") }
        }
        let early = try forecast(40)
        #expect(early.count == 4)
        #expect(try forecast(60) == early)
        // And what came before it does.
        #expect(try forecast(39) != early)
    }

    @Test("the same row twice is refused, other units take the place of the first, but not where rejects are replayed")
    func duplicates() throws {
        let stage = try Self.stage(), rows = Self.stream(days: 3, items: 1)
        #expect(try stage.absorb(rows) == [])
        let again = try stage.absorb(rows)
        #expect(again.map(\.code) == [.duplicate, .duplicate, .duplicate])
        #expect(again.map(\.row) == [0, 1, 2])
        var other = rows
        let columns = rows.batch.columns
        other.batch = RecordBatch(
            schema: Self.schema,
            columns: [columns[0], columns[1], Column(type: .int64, integers: [90, 91, 92]), columns[3], columns[4]],
            rowNumbers: rows.batch.rowNumbers)
        other.isReplayed = true
        let before = stage.base()
        #expect(try stage.absorb(other).isEmpty)
        other.isReplayed = false
        #expect(try stage.absorb(other).isEmpty)
        #expect(stage.base() != before)
    }

    @Test("an item that sells steadily and has no stock is ordered for lead time and review, in whole packs")
    func order() throws {
        let stage = try Self.stage(["pack": .integer(6), "model": .text("seasonal-naive")])
        _ = try stage.absorb(Self.stream(days: 60, items: 1, runsOut: false))
        let rows = try stage.finished(0..<stage.finish(Self.end))
        let target = try #require(rows.batch["target"]).doubles[0], order = try #require(rows.batch["order_units"]).doubles[0]
        // The weekly pattern repeats to the unit, so five days are known: 10 + 3 x (day % 7).
        let known = (60..<65).reduce(0.0) { $0 + 10 + Double($1 % 7 * 3) }
        #expect(abs(target - known) < 0.01)
        #expect(order == (target / 6).rounded(.up) * 6)
        #expect(stage.ruleScores(of: rows.features) == [1])
        let tables = stage.evidence(forRow: 0)
        #expect(tables.count == 4)
        // One model was asked for.
        #expect(tables[3].title == "how its models were weighed" && tables[3].rows.map { $0[0] } == ["seasonal-naive"])
    }

    @Test("every model that was weighed stands with its loss and its part, the larger parts first and of sum 1")
    func weighed() throws {
        let stage = try Self.stage([:])
        _ = try stage.absorb(Self.stream(days: 60, items: 2, runsOut: false))
        let rows = try stage.finished(0..<stage.finish(Self.end))
        let table = try #require(stage.evidence(forRow: 0).first { $0.title == "how its models were weighed" })
        #expect(table.columns == ["model", "past loss", "weight"] && table.rows.count == 6)
        let weights = table.rows.compactMap { Double($0[2].dropLast(2)) }
        #expect(weights.count == 6 && weights == weights.sorted(by: >) && abs(weights.reduce(0, +) - 100) <= 3, "\(table.rows)")
        #expect(table.rows.allSatisfy { Double($0[1].dropLast(2)) != nil }, "\(table.rows)")
        // Those with a part are those that the result names.
        let named = Set((rows.batch["model"]?.text(0) ?? "").split(separator: "+").map(String.init))
        #expect(Set(zip(table.rows, weights).filter { $1 > 1 }.map { $0.0[0] }).isSubset(of: named))
    }

    @Test("with enough stock nothing is ordered and neither choice costs anything")
    func enough() throws {
        let stage = try Self.stage(["stock": .text("stock")])
        _ = try stage.absorb(Self.stream(days: 60, items: 1))
        let schema = Schema([Field("item", .string), Field("counted", .timestamp), Field("on_hand", .int64)])
        try stage.absorb(
            RecordBatch(
                schema: schema,
                columns: [
                    Column(strings: ["item-0"]), Column(type: .timestamp, integers: [20_059 * 86_400_000_000]),
                    Column(type: .int64, integers: [5_000]),
                ], rowNumbers: [1]), ofTable: "stock")
        let rows = try stage.finished(0..<stage.finish(Self.end))
        #expect(rows.batch["order_units"]?.doubles == [0])
        #expect(rows.batch["shortage"]?.integers == [0] && rows.batch["overstock"]?.integers == [0])
        #expect(stage.ruleScores(of: rows.features) == [0])
    }
}

import Pipelines
import Records
import Testing

/// Covariates known in advance, from the sales themselves and from a plan.
@Suite struct DemandPlanTests {
    static let euro = Currency("EUR")!
    static let schema = Schema([
        Field("item", .string), Field("day", .timestamp), Field("units", .int64), Field("cost", .money(euro)), Field("promo", .int64),
    ])
    static let day: Int64 = 86_400_000_000

    static func promoted(_ item: Int, _ day: Int) -> Bool { (day * 7 + item * 3) % 10 < 3 }

    /// Six items that sell 10 a day, and 30 on offer.
    ///
    /// - Parameter after: whether five more days were on offer, whose sales came as well.
    static func filled(days: Int = 120, after: Bool? = nil, _ more: [String: ParameterValue] = [:]) throws -> DemandStage {
        var parameters: [String: ParameterValue] = [
            "item": .text("item"), "units": .text("units"), "unit-cost": .text("cost"), "covariates": .text("promo"), "plan": .text("plan"),
            "model": .text("trees"), "trees": .integer(60), "calibrate": .bool(false), "lead-time": .integer(2), "review": .integer(3),
        ]
        parameters.merge(more) { $1 }
        let stage = try DemandStage(configuration: StageConfiguration(name: "demand", parameters: parameters), schema: schema)
        var names: [String?] = [], times: [Int64] = [], units: [Int64] = [], promo: [Int64] = []
        for at in 0..<days + (after == nil ? 0 : 5) {
            for item in 0..<6 {
                let isPromoted = at < days ? promoted(item, at) : after ?? false
                names.append("item-\(item)")
                times.append(Int64(20_000 + at) * day)
                promo.append(isPromoted ? 1 : 0)
                units.append((isPromoted ? 30 : 10) + Int64((at * 5 + item) % 3))
            }
        }
        let batch = RecordBatch(
            schema: schema,
            columns: [
                Column(strings: names), Column(type: .timestamp, integers: times), Column(type: .int64, integers: units),
                Column(type: .money(euro), integers: units.map { _ in 100 }), Column(type: .int64, integers: promo),
            ], rowNumbers: times.indices.map { Int64($0 + 1) })
        _ = try stage.absorb(StageInput(batch: batch, keys: RecordKey.hashes(of: batch, columns: [0, 1]), times: times))
        return stage
    }

    /// A plan for the five days after the last: on offer or not, and when it became known.
    static func plan(promo: Int64, knownFrom: Int64?) -> RecordBatch {
        let rows = (0..<6).flatMap { item in (120..<125).map { (item, $0) } }
        var fields = [Field("item", .string), Field("day", .timestamp), Field("promo", .int64)]
        var columns = [
            Column(strings: rows.map { "item-\($0.0)" }), Column(type: .timestamp, integers: rows.map { Int64(20_000 + $0.1) * day }),
            Column(type: .int64, integers: rows.map { _ in promo }),
        ]
        if let knownFrom {
            fields.append(Field("known_from", .timestamp))
            columns.append(Column(type: .timestamp, integers: rows.map { _ in knownFrom }))
        }
        return RecordBatch(schema: Schema(fields), columns: columns, rowNumbers: rows.indices.map { Int64($0 + 1) })
    }

    static func expected(_ stage: DemandStage) throws -> [Double] {
        let time = FinishTime(clock: Timestamp(seconds: 0), watermark: Timestamp(microseconds: 20_119 * day))
        return try #require(stage.finished(0..<stage.finish(time)).batch["expected"]).doubles
    }

    @Test("a promotion that is planned raises what is expected, and its absence lowers it")
    func promotion() throws {
        let with = try Self.filled(), without = try Self.filled()
        try with.absorb(Self.plan(promo: 1, knownFrom: nil), ofTable: "plan")
        try without.absorb(Self.plan(promo: 0, knownFrom: nil), ofTable: "plan")
        // Five days at 31 or at 11.
        for value in try Self.expected(with) { #expect(value > 120 && value < 180, "\(value)") }
        for value in try Self.expected(without) { #expect(value > 45 && value < 80, "\(value)") }
    }

    @Test("a plan that became known after the origin is not used, and one known before is")
    func knownTooLate() throws {
        let none = try Self.expected(Self.filled())
        let late = try Self.filled()
        try late.absorb(Self.plan(promo: 1, knownFrom: 20_121 * Self.day), ofTable: "plan")
        #expect(try Self.expected(late) == none)
        let early = try Self.filled()
        try early.absorb(Self.plan(promo: 1, knownFrom: 20_110 * Self.day), ofTable: "plan")
        #expect(try Self.expected(early) != none)
    }

    @Test("a past origin knows of a promotion what its plan had said by then, not what the sale says afterwards")
    func plantedLate() throws {
        // Sales of 120 to 124 are there already, all on offer; the forecast is made at 119.
        let none = try Self.expected(Self.filled())
        let late = try Self.filled(after: true)
        try late.absorb(Self.plan(promo: 1, knownFrom: 20_121 * Self.day), ofTable: "plan")
        #expect(try Self.expected(late) == none)
        // Known in time it counts, and as the plan had it: nothing was planned that then was on offer after all.
        let early = try Self.filled(after: true), surprise = try Self.filled(after: true)
        try early.absorb(Self.plan(promo: 1, knownFrom: 20_110 * Self.day), ofTable: "plan")
        try surprise.absorb(Self.plan(promo: 0, knownFrom: 20_110 * Self.day), ofTable: "plan")
        for value in try Self.expected(early) { #expect(value > 120 && value < 180, "\(value)") }
        for value in try Self.expected(surprise) { #expect(value > 45 && value < 80, "\(value)") }
        // The control: without a plan all is declared known in advance, and the sale's row tells.
        let declared = try Self.filled(after: true)
        for value in try Self.expected(declared) { #expect(value > 120 && value < 180, "\(value)") }
    }

    @Test("of two plans of a day an origin knows the one that was there by then")
    func replanned() throws {
        let first = try Self.filled(), both = try Self.filled()
        try first.absorb(Self.plan(promo: 1, knownFrom: 20_110 * Self.day), ofTable: "plan")
        try both.absorb(Self.plan(promo: 0, knownFrom: 20_121 * Self.day), ofTable: "plan")
        try both.absorb(Self.plan(promo: 1, knownFrom: 20_110 * Self.day), ofTable: "plan")
        #expect(try Self.expected(both) == Self.expected(first))
    }

    @Test("a plan survives base and deltas, whichever way it came")
    func state() throws {
        let stage = try Self.filled()
        let base = stage.base()
        try stage.absorb(Self.plan(promo: 1, knownFrom: 20_110 * Self.day), ofTable: "plan")
        let delta = stage.delta()
        #expect(!delta.isEmpty)
        let restored = try Self.filled(days: 1)
        try restored.restore(base: base, deltas: [delta])
        #expect(restored.base() == stage.base())
        #expect(try Self.expected(restored) == Self.expected(stage))
        let again = try Self.filled(days: 1)
        try again.restore(base: stage.base(), deltas: [])
        #expect(again.base() == stage.base())
    }

    @Test("a plan without the columns that the job names is refused with their names")
    func columns() throws {
        let batch = RecordBatch(schema: Schema([Field("item", .string)]), columns: [Column(strings: ["item-0"])], rowNumbers: [1])
        let stage = try Self.filled(days: 10)
        let failure = #expect(throws: Failure.self) { try stage.absorb(batch, ofTable: "plan") }
        #expect(failure?.description.contains("promo") == true)
    }

    @Test("a covariate that is no column is refused, with the nearest name")
    func unknownCovariate() {
        let failure = #expect(throws: Failure.self) { _ = try Self.filled(days: 10, ["covariates": .text("promos")]) }
        #expect(failure?.description.contains("promo") == true)
    }
}

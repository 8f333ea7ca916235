import Pipelines
import Records
import Testing

/// Levels to order up to, corrected by what past origins say of sums.
@Suite struct DemandSumsTests {
    /// Items whose days have nothing to do with one another, 10 to 30 each.
    static func rows(items: Int, days: Int = 90) -> DemandRows {
        var rows = DemandRows(), seed: UInt64 = 11
        for item in 0..<items {
            for day in 0..<days {
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                // The item under test ends low: a forecast of its last value is far too small.
                let isLast = item == 0 && day == 89
                rows.add("i\(item)", day: 20_000 + day, isLast ? 10 : Double(10 + (seed >> 33) % 21))
            }
        }
        return rows
    }

    static func target(_ rows: DemandRows, lastDay: Int = 20_089, _ more: [String: ParameterValue] = [:]) throws -> Double {
        let stage = try rows.stage(["model": .text("naive")].merging(more) { $1 })
        return try DemandOutcome(stage, lastDay: lastDay).number("target", "i0")
    }

    @Test("where forecasts were wrong about sums at past origins the level is that of past sums; too few origins change nothing")
    func corrected() throws {
        // Of three days: 60 in the middle, seldom above 85.
        let many = try Self.target(Self.rows(items: 12))
        #expect(many > 70 && many <= 90, "\(many)")
        let alone = try Self.target(Self.rows(items: 1))
        #expect(alone != many, "the control: one item has too few past origins")
    }

    @Test("what comes after the origin changes no level, and neither do threads")
    func noLookAhead() throws {
        let all = Self.rows(items: 12)
        var known = DemandRows()
        for at in all.times.indices where all.times[at] <= 20_070 * DemandRows.day {
            known.add(all.items[at], time: all.times[at], all.units[at])
        }
        #expect(try Self.target(known, lastDay: 20_070) == Self.target(all, lastDay: 20_070))
        let stage = try all.stage(["model": .text("naive")])
        let one = try DemandOutcome(stage, lastDay: 20_070), two = try DemandOutcome(stage, lastDay: 20_070, threads: 2)
        #expect(one.names.map { one.number("target", $0) } == two.names.map { two.number("target", $0) })
    }

    @Test("where forecasts are right about sums they stand")
    func kept() throws {
        var rows = DemandRows()
        for item in 0..<12 { for day in 0..<90 { rows.add("i\(item)", day: 20_000 + day, Double(10 + 2 * day + day % 3)) } }
        // A trend: past sums are below 566, and about 579 comes.
        let level = try Self.target(rows, lastDay: 20_089, ["model": .text("holt")])
        #expect(level > 572, "\(level)")
    }
}

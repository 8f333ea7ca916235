import Pipelines
import Records
import Testing

/// Weeks that are not over, many rows of a period, and hours when clocks change.
@Suite struct DemandPeriodTests {
    /// Rows a day, from Monday 2024-09-30 on (day 19,996); none on Sundays.
    static func daily(days: Int, units: Double = 10) -> DemandRows {
        var rows = DemandRows()
        for day in 0..<days where day % 7 != 6 { rows.add("a", day: 19_996 + day, units) }
        return rows
    }

    static let weekly: [String: ParameterValue] = [
        "period": .text("week"), "rows-per-period": .text("many"), "lead-time": .integer(0), "review": .integer(1), "model": .text("naive"),
    ]

    @Test("rows of a week are added, the same row twice is a duplicate, another number of the same day corrects it")
    func many() throws {
        var rows = Self.daily(days: 70)
        rows.add("a", day: 19_996 + 64, 10)
        rows.add("a", day: 19_996 + 65, 30)
        var refused: [RowRefusal] = []
        let outcome = try DemandOutcome(rows.stage(Self.weekly, refused: &refused), lastDay: 19_996 + 69)
        #expect(refused.map(\.code) == [.duplicate])
        // The newest week: six days at 10, one of them corrected to 30.
        #expect(abs(outcome.number("expected", "a") - 80) < 3)
        #expect(outcome.feature("history", "a") == 10)
    }

    @Test("lines of two documents that name the same item and day are added, the same line again corrects itself")
    func documents() throws {
        let rows = Self.daily(days: 70)
        let stage = try DemandStage(configuration: DemandRows.configuration(Self.weekly), schema: DemandRows.schema())
        #expect(try stage.absorb(rows.input) == [])
        var more = DemandRows()
        for units in [7, 7, 5] { more.add("a", day: 19_996 + 65, Double(units)) }
        var input = more.input
        // Two other documents; the third row is the second's line again.
        input.keys = [1, 2, 2]
        #expect(try stage.absorb(input) == [])
        // The newest week: six days at 10, and 7 and 5 besides.
        #expect(abs(try DemandOutcome(stage, lastDay: 19_996 + 69).number("expected", "a") - 72) < 3)
    }

    @Test(
        "a feed that ends in the middle of a week leaves that week out; one that ends as weeks do counts it", arguments: [63, 66, 68, 69])
    func middle(days: Int) throws {
        let outcome = try DemandOutcome(Self.daily(days: days).stage(Self.weekly), lastDay: 19_996 + days - 1)
        // Saturdays are the last day on which the shop sells: from then on a week is over.
        #expect(outcome.feature("history", "a") == (days == 69 ? 10 : 9))
        #expect(abs(outcome.number("expected", "a") - 60) < 0.01)
        // Counted nonetheless, a broken week halves the forecast.
        let counted = try DemandOutcome(
            Self.daily(days: days).stage(Self.weekly.merging(["last-period": .text("counts")]) { $1 }), lastDay: 19_996 + days - 1)
        let broken = days == 63 ? 60 : Double(min(days - 63, 6) * 10)
        #expect(abs(counted.number("expected", "a") - broken) < 3)
    }

    @Test("one row a week, whatever day it bears, counts at once")
    func oneRow() throws {
        var rows = DemandRows()
        for week in 0..<12 { rows.add("a", day: 19_996 + week * 7, 40) }
        let outcome = try DemandOutcome(rows.stage(Self.weekly), lastDay: 19_996 + 77)
        #expect(outcome.feature("history", "a") == 12 && outcome.number("expected", "a") == 40)
    }

    // MARK: Hours

    /// Hours in wall time of Berlin, as `Zone` reads them: the doubled hour's rows both come as its first.
    static func hours(around day: Int, zone: String = "Europe/Berlin") throws -> (rows: DemandRows, hours: Int) {
        var zone = try #require(Zone(zone)), rows = DemandRows(), count = 0
        // By the clock, hour after hour of real time.
        let start = zone.microseconds(local: Int64(day - 20) * DemandRows.day)
        let end = zone.microseconds(local: Int64(day + 2) * DemandRows.day)
        var at = start
        while at < end {
            let wall = at + zone.offset(at: at)
            rows.add("a", time: zone.microseconds(local: wall), Double(10 + count % 24))
            count += 1
            at += 3_600_000_000
        }
        return (rows, count)
    }

    static let hourly: [String: ParameterValue] = [
        "period": .text("hour"), "zone": .text("Europe/Berlin"), "model": .text("seasonal-naive"), "seasons": .text("24"),
        "gaps": .text("missing"),
    ]

    @Test("no hour is lost or doubled when clocks change", arguments: [(19_812, 527), (20_022, 529)])
    func clocks(day: Int, hours: Int) throws {
        // 2024-03-30, and the switch is on 2024-03-31; 2024-10-26, and the switch on 2024-10-27.
        let (rows, count) = try Self.hours(around: day)
        #expect(count == hours)
        var refused: [RowRefusal] = []
        let stage = try rows.stage(Self.hourly, refused: &refused)
        #expect(refused == [])
        let outcome = try DemandOutcome(stage, watermark: rows.times.max() ?? 0)
        #expect(outcome.feature("history", "a") == Float(hours))
        #expect(outcome.text("notes", "a") == "", "no hour had to be filled")
    }

    static func doubled() throws -> Int64 {
        var zone = try #require(Zone("Europe/Berlin"))
        return zone.microseconds(local: 20_023 * DemandRows.day + 2 * 3_600_000_000)
    }

    @Test("the third row of an hour that clocks show twice is refused where it comes with them, not taken for a correction")
    func third() throws {
        let (all, _) = try Self.hours(around: 20_022), doubled = try Self.doubled()
        var rows = DemandRows()
        for (time, units) in zip(all.times, all.units) where time <= doubled { rows.add("a", time: time, units) }
        rows.add("a", time: doubled, 99)
        var refused: [RowRefusal] = []
        _ = try rows.stage(Self.hourly, refused: &refused)
        #expect(refused.count == 1 && refused[0].found == "a third row of an hour that clocks show twice")
    }

    @Test("both rows of a doubled hour that come again, in order, correct the two, also across a restart")
    func corrected() throws {
        let doubled = try Self.doubled(), (all, _) = try Self.hours(around: 20_022)
        func newest(_ stage: DemandStage) throws -> [String] {
            _ = try DemandOutcome(stage, watermark: doubled + 2 * 3_600_000_000)
            return stage.evidence(forRow: 0).first { $0.title == "newest hours" }?.rows.map { $0[1] } ?? []
        }
        let before = try newest(all.stage(Self.hourly))
        func again(_ units: Double) -> StageInput {
            var rows = DemandRows()
            rows.add("a", time: doubled, units)
            return rows.input
        }
        let stage = try all.stage(Self.hourly)
        let base = stage.base()
        #expect(try stage.absorb(again(98)) == [])
        let restored = try DemandRows().stage(Self.hourly)
        try restored.restore(base: base, deltas: [stage.delta()])
        for one in [stage, restored] { #expect(try one.absorb(again(99)) == []) }
        // The newest first: the hour after, then the two.
        #expect(try newest(stage) == [before[0], "99.0", "98.0"] + before.dropFirst(3))
        #expect(try newest(restored) == newest(stage))
        // The same again is a duplicate each.
        #expect(try stage.absorb(again(98)).map(\.code) == [.duplicate] && stage.absorb(again(99)).map(\.code) == [.duplicate])
    }

    /// The newest hours after rows of the doubled hour came again, the newest first; and what was refused.
    private static func corrected(by units: [Double]) throws -> (newest: [String], refused: [Reject.Code]) {
        let doubled = try doubled(), (all, _) = try hours(around: 20_022), stage = try all.stage(hourly)
        var refused: [Reject.Code] = []
        for one in units {
            var rows = DemandRows()
            rows.add("a", time: doubled, one)
            refused += try stage.absorb(rows.input).map(\.code)
        }
        _ = try DemandOutcome(stage, watermark: doubled + 2 * 3_600_000_000)
        return (stage.evidence(forRow: 0).first { $0.title == "newest hours" }?.rows.map { $0[1] } ?? [], refused)
    }

    @Test(
        "only the second of a doubled hour is corrected where both come again and the first is as it was; one row alone corrects the first")
    func onlySecond() throws {
        let before = try Self.corrected(by: []).newest, first = try #require(Double(before[2]))
        try #require(before[1] != before[2])
        let second = try Self.corrected(by: [first, 99])
        #expect(second.refused == [.duplicate], "the first is there already")
        #expect(second.newest == [before[0], "99.0"] + before.dropFirst(2))
        let alone = try Self.corrected(by: [99])
        #expect(alone.refused == [] && alone.newest == [before[0], before[1], "99.0"] + before.dropFirst(3))
    }
}

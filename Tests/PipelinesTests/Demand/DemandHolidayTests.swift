import Pipelines
import Records
import Testing

/// Holidays of the job's calendar in the model over all items.
@Suite struct DemandHolidayTests {
    static let past = (20_000..<20_120).filter { $0 * 7 % 10 < 3 }

    /// Units expected of the next three days, of six items that sell 10 a day and 30 on holidays.
    static func expected(_ holidays: [Int]) throws -> [Double] {
        var rows = DemandRows()
        for day in 20_000..<20_120 {
            for item in 0..<6 { rows.add("item-\(item)", day: day, (past.contains(day) ? 30 : 10) + Double((day * 5 + item) % 3)) }
        }
        let stage = try rows.stage(["model": .text("trees"), "trees": .integer(60), "calibrate": .bool(false)])
        var time = FinishTime(clock: Timestamp(seconds: 0), watermark: Timestamp(microseconds: 20_119 * DemandRows.day))
        time.holidays = holidays
        return try #require(stage.finished(0..<stage.finish(time)).batch["expected"]).doubles
    }

    @Test(
        "holidays ahead raise what is expected where those before did, and days that are none do not; without a calendar neither is known")
    func known() throws {
        for value in try Self.expected(Self.past + [20_120, 20_121, 20_122]) { #expect(value > 75 && value < 110, "\(value)") }
        for value in try Self.expected(Self.past) { #expect(value > 25 && value < 45, "\(value)") }
        for value in try Self.expected([]) { #expect(value > 25 && value < 75, "\(value)") }
        #expect(try Self.expected([]) != Self.expected(Self.past))
    }
}

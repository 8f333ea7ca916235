import Foundation
import Pipelines
import Records
import Testing

/// Forecasts made elsewhere, and what is known of periods for all items.
@Suite struct DemandOutsideTests {
    /// Sells 10 and 30 in turns of five days: own models without a season of ten are often wrong.
    static func rows(days: Int = 60) -> DemandRows {
        var rows = DemandRows()
        for day in 0..<days { rows.add("a", day: 20_000 + day, Self.units(day)) }
        return rows
    }

    static func units(_ day: Int) -> Double { day / 5 % 2 == 0 ? 10 : 30 }

    /// Forecasts of the three days after each origin, known at `delay` days after the origin's end.
    static func forecasts(origins: [Int], delay: Int64 = 0, model: String? = nil, error: Double = 0) -> RecordBatch {
        var items: [String] = [], time: [Int64] = [], known: [Int64] = [], q10: [Double] = [], q50: [Double] = [], q90: [Double] = []
        for origin in origins {
            for step in 1...3 {
                items.append("a")
                time.append(Int64(20_000 + origin + step) * DemandRows.day)
                known.append((Int64(20_000 + origin) + 1 + delay) * DemandRows.day)
                let value = Self.units(origin + step) + error
                (q10, q50, q90) = (q10 + [value - 1], q50 + [value], q90 + [value + 1])
            }
        }
        return DemandRows.table(
            items: items, times: ["time": time, "known_from": known], numbers: ["q10": q10, "q50": q50, "q90": q90],
            texts: model.map { ["model": Array(repeating: $0, count: items.count)] } ?? [:])
    }

    static func outcome(_ batch: RecordBatch?, model: String = "outside") throws -> DemandOutcome {
        let stage = try Self.rows().stage(["outside": .text("chronos"), "model": .text(model)])
        if let batch { try stage.absorb(batch, ofTable: "chronos") }
        return try DemandOutcome(stage, lastDay: 20_059)
    }

    @Test("a forecast that was known at the origin is used as it is, quantiles between and beyond those given on lines")
    func used() throws {
        let outcome = try Self.outcome(Self.forecasts(origins: [59], model: "chronos-2"))
        #expect(outcome.text("model", "a") == "chronos-2")
        #expect(outcome.forecast("a") == [[9, 10, 11], [9, 10, 11], [9, 10, 11]])
        #expect(abs(outcome.number("expected", "a") - 30) < 0.5)
    }

    @Test("one that became known after the origin is not used, whatever it says, and that is told")
    func late() throws {
        let none = try Self.outcome(nil), late = try Self.outcome(Self.forecasts(origins: [59], delay: 1))
        #expect(late.text("forecast", "a") == none.text("forecast", "a") && late.text("model", "a") == none.text("model", "a"))
        #expect(late.text("notes", "a").contains("no forecast from outside was known by then"))
        // One that has not all of the horizon is none either.
        let short = try Self.outcome(Self.forecasts(origins: [58]))
        #expect(short.text("forecast", "a") == none.text("forecast", "a"))
    }

    @Test("of two forecasts the one known last counts")
    func newest() throws {
        let stage = try Self.rows().stage(["outside": .text("chronos"), "model": .text("outside")])
        try stage.absorb(Self.forecasts(origins: [59], delay: 0), ofTable: "chronos")
        try stage.absorb(Self.forecasts(origins: [59], delay: -1, error: 50), ofTable: "chronos")
        #expect(try DemandOutcome(stage, lastDay: 20_059).forecast("a")[0] == [9, 10, 11])
    }

    @Test("among the candidates it is weighed by its own past forecasts, as they were known then; without them it is not")
    func weighed() throws {
        let good = try Self.outcome(Self.forecasts(origins: [53, 56, 59], model: "chronos-2"), model: "auto")
        #expect(good.text("model", "a") == "chronos-2", "it was right to a unit where all others missed")
        let bad = try Self.outcome(Self.forecasts(origins: [53, 56, 59], model: "chronos-2", error: 300), model: "auto")
        let none = try Self.outcome(nil, model: "auto")
        #expect(bad.text("forecast", "a") == none.text("forecast", "a"))
        let unjudged = try Self.outcome(Self.forecasts(origins: [59], model: "chronos-2"), model: "auto")
        #expect(unjudged.text("forecast", "a") == none.text("forecast", "a"))
        // Past forecasts that were made only afterwards prove nothing.
        let stage = try Self.rows().stage(["outside": .text("chronos"), "model": .text("auto")])
        try stage.absorb(Self.forecasts(origins: [53, 56], delay: 3, model: "chronos-2"), ofTable: "chronos")
        try stage.absorb(Self.forecasts(origins: [59], model: "chronos-2"), ofTable: "chronos")
        #expect(try DemandOutcome(stage, lastDay: 20_059).text("forecast", "a") == none.text("forecast", "a"))
    }

    @Test("they survive base and deltas; a feed without known times or quantiles is refused")
    func state() throws {
        let settings: [String: ParameterValue] = ["outside": .text("chronos"), "model": .text("outside")]
        let stage = try Self.rows().stage(settings)
        let base = stage.base()
        try stage.absorb(Self.forecasts(origins: [56, 59]), ofTable: "chronos")
        let restored = try DemandRows().stage(settings)
        try restored.restore(base: base, deltas: [stage.delta()])
        #expect(restored.base() == stage.base())
        let again = try DemandRows().stage(settings)
        try again.restore(base: stage.base(), deltas: [])
        #expect(try DemandOutcome(again, lastDay: 20_059).forecast("a") == DemandOutcome(stage, lastDay: 20_059).forecast("a"))
        let undated = DemandRows.table(items: ["a"], times: ["time": [0]], numbers: ["q50": [1]])
        #expect(throws: Failure.self) { try stage.absorb(undated, ofTable: "chronos") }
        let empty = DemandRows.table(items: ["a"], times: ["time": [0], "known_from": [0]], numbers: ["mean": [1]])
        #expect(throws: Failure.self) { try stage.absorb(empty, ofTable: "chronos") }
    }

    // MARK: What is known of periods

    /// Four items that sell by the weather of the day: 10, and 40 when it is hot.
    static func weather(days: Int, lead: Int, from: Int = 0) -> RecordBatch {
        let all = Array(from..<days)
        return DemandRows.table(
            times: [
                "time": all.map { Int64(20_000 + $0) * DemandRows.day },
                "known_from": all.map { Int64(20_000 + $0 - lead) * DemandRows.day },
            ], numbers: ["heat": all.map { Self.isHot($0) ? 30 : 15 }])
    }

    static func isHot(_ day: Int) -> Bool { [0, 3, 4, 9, 10, 11, 14, 19, 21, 22, 26, 30].contains(day * day % 31) }

    static func heated(_ batch: RecordBatch?) throws -> Double {
        var rows = DemandRows()
        for day in 0..<150 { for item in 0..<4 { rows.add("i\(item)", day: 20_000 + day, Self.isHot(day) ? 40 : 10) } }
        let stage = try rows.stage([
            "external": .text("weather"), "external-columns": .text("heat"), "model": .text("trees"), "trees": .integer(60),
            "calibrate": .bool(false),
        ])
        if let batch { try stage.absorb(batch, ofTable: "weather") }
        let outcome = try DemandOutcome(stage, lastDay: 20_149)
        let coming = (150..<153).map { Self.isHot($0) ? 40.0 : 10 }
        return zip(outcome.forecast("i0"), coming).reduce(0) { $0 + abs($1.0[1] - $1.1) }
    }

    @Test("weather known in advance is used for the days it is known of; known only afterwards it says nothing of them")
    func external() throws {
        let ahead = try Self.heated(Self.weather(days: 153, lead: 5)), none = try Self.heated(nil)
        #expect(ahead < 0.4 * none, "\(ahead) \(none)")
        // Measured a day later: the newest value that can be had for every day of the horizon is four days old.
        let after = try Self.heated(Self.weather(days: 150, lead: -1))
        #expect(after > 0.6 * none, "\(after) \(none)")
    }

    @Test("what became known after the origin changes nothing")
    func externalLate() throws {
        let before = try Self.heated(Self.weather(days: 150, lead: 5))
        let stageRows = Self.weather(days: 150, lead: 5)
        #expect(try Self.heated(stageRows) == before)
        let late = DemandRows.table(
            times: [
                "time": [20_150, 20_151, 20_152].map { $0 * DemandRows.day },
                "known_from": Array(repeating: 20_151 * DemandRows.day, count: 3),
            ],
            numbers: ["heat": [30, 30, 30]])
        var rows = DemandRows()
        for day in 0..<150 { for item in 0..<4 { rows.add("i\(item)", day: 20_000 + day, Self.isHot(day) ? 40 : 10) } }
        let settings: [String: ParameterValue] = [
            "external": .text("weather"), "external-columns": .text("heat"), "model": .text("trees"), "trees": .integer(60),
            "calibrate": .bool(false),
        ]
        func forecast(_ more: RecordBatch?) throws -> [[Double]] {
            let stage = try rows.stage(settings)
            try stage.absorb(stageRows, ofTable: "weather")
            if let more { try stage.absorb(more, ofTable: "weather") }
            return try DemandOutcome(stage, lastDay: 20_149).forecast("i0")
        }
        #expect(try forecast(late) == forecast(nil))
        #expect(throws: Failure.self) { _ = try DemandRows().stage(["external": .text("weather")]) }
        // Without a known time a row could be of its own future.
        let timeless = DemandRows.table(times: ["time": [20_150 * DemandRows.day]], numbers: ["heat": [30]])
        #expect(throws: Failure.self) { try rows.stage(settings).absorb(timeless, ofTable: "weather") }
    }
}

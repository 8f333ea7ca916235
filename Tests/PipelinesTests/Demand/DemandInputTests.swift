import Pipelines
import Records
import Testing

/// Bad rows and bad pasts: what is made of each, and what is said of it.
@Suite struct DemandInputTests {
    /// An item that sells 10 a day, beside the one under test.
    static func steady(days: Int = 30) -> DemandRows {
        var rows = DemandRows()
        for day in 0..<days { rows.add("good", day: 20_000 + day, 10) }
        return rows
    }

    @Test("one bad series never stops the others: each has its result, and the good one's is what it is alone")
    func oneBad() throws {
        let alone = try DemandOutcome(Self.steady().stage(), lastDay: 20_029)
        var rows = Self.steady()
        for day in 0..<30 {
            rows.add("zeros", day: 20_000 + day, 0)
            rows.add("returns", day: 20_000 + day, day % 3 == 0 ? -5 : 2)
            rows.add("huge", day: 20_000 + day, day % 2 == 0 ? 9e11 : 0)
            rows.add("tiny", day: 20_000 + day, 1e-300)
            rows.add("infinite", day: 20_000 + day, day == 7 ? .infinity : day == 8 ? .nan : 3)
        }
        rows.add("single", day: 20_029, 4)
        rows.add("early", day: 20_000, 4)
        var refused: [RowRefusal] = []
        let outcome = try DemandOutcome(rows.stage(refused: &refused), lastDay: 20_029)
        #expect(refused.map(\.code) == [.range, .range] && refused.allSatisfy { $0.column == "units" })
        #expect(outcome.names == ["early", "good", "huge", "infinite", "returns", "single", "tiny", "zeros"])
        for column in ["expected", "target", "order_units", "forecast", "notes"] {
            #expect(outcome.text(column, "good") == alone.text(column, "good"))
        }
        for name in outcome.names {
            #expect(outcome.number("expected", name).isFinite && outcome.number("order_units", name) >= 0, "\(name)")
            #expect(!outcome.forecast(name).isEmpty, "\(name)")
        }
    }

    @Test("nothing is lost: what is in the state and what is refused are all rows")
    func nothingLost() throws {
        var rows = Self.steady()
        rows.add("good", day: 20_003, 10)
        rows.add("good", day: 20_004, 12)
        rows.add("good", day: 20_005, .nan)
        var refused: [RowRefusal] = []
        let outcome = try DemandOutcome(rows.stage(refused: &refused), lastDay: 20_029)
        // The same row twice is a duplicate, another number corrects, no number is refused.
        #expect(refused.map(\.code) == [.duplicate, .range] && refused.map(\.row) == [30, 32])
        #expect(outcome.number("expected", "good") > 29)
    }

    @Test("a series of one period is forecast by it and says so; one that is shorter than the horizon, too")
    func short() throws {
        var rows = Self.steady()
        rows.add("single", day: 20_029, 4)
        for day in 25..<30 { rows.add("few", day: 20_000 + day, 4) }
        let outcome = try DemandOutcome(rows.stage(["lead-time": .integer(10), "review": .integer(10)]), lastDay: 20_029)
        #expect(outcome.text("notes", "single") == "1 day known for 20 days ahead: the forecast rests on little")
        #expect(outcome.text("notes", "few") == "5 days known for 20 days ahead: the forecast rests on little")
        #expect(outcome.text("notes", "good") == "")
        #expect(abs(outcome.number("expected", "single") - 80) < 1 && abs(outcome.number("expected", "few") - 80) < 1)
        #expect(outcome.feature("history", "single") == 1)
    }

    @Test("of nothing but zeros nothing is expected or ordered")
    func zeros() throws {
        var rows = Self.steady()
        for day in 0..<30 { rows.add("zeros", day: 20_000 + day, 0) }
        let outcome = try DemandOutcome(rows.stage(), lastDay: 20_029)
        #expect(outcome.number("expected", "zeros") == 0 && outcome.number("order_units", "zeros") == 0)
        #expect(outcome.text("notes", "zeros") == "nothing was ever sold")
    }

    @Test("periods with more returns than sales count as nothing sold, and are told")
    func returns() throws {
        func expected(_ value: Double) throws -> (Double, String) {
            var rows = DemandRows()
            for day in 0..<30 { rows.add("a", day: 20_000 + day, day % 5 == 2 ? value : 10) }
            let outcome = try DemandOutcome(rows.stage(), lastDay: 20_029)
            return (outcome.number("expected", "a"), outcome.text("notes", "a"))
        }
        let negative = try expected(-40), none = try expected(0)
        #expect(negative.0 == none.0 && none.1 == "")
        #expect(negative.1 == "6 days with more returns than sales count as 0")
    }

    @Test("a price of zero is not known: the forecast is that of a missing price, not that of the cheapest")
    func zeroPrice() throws {
        func outcome(_ price: Double, _ more: [String: ParameterValue] = [:]) throws -> DemandOutcome {
            var rows = DemandRows()
            for day in 0..<80 {
                for item in 0..<3 {
                    let isCheap = (day + item) % 4 == 0
                    rows.add("i\(item)", day: 20_000 + day, isCheap ? 30 : 10, price: day == 40 ? price : isCheap ? 1 : 3)
                }
            }
            let parameters: [String: ParameterValue] = [
                "covariates": .text("price"), "model": .text("trees"), "trees": .integer(20), "calibrate": .bool(false),
            ]
            return try DemandOutcome(rows.stage(parameters.merging(more) { $1 }), lastDay: 20_079)
        }
        let zero = try outcome(0, ["price": .text("price")]), missing = try outcome(.nan, ["price": .text("price")])
        #expect(zero.text("forecast", "i0") == missing.text("forecast", "i0"))
        #expect(zero.text("notes", "i0") == "1 day with a price of 0 or less: the price is taken for unknown")
        // Without the setting a covariate of zero is a number as any other.
        #expect(try outcome(0).text("notes", "i0") == "")
        #expect(throws: Failure.self) { _ = try outcome(0, ["price": .text("cost")]) }
    }

    @Test("a unit cost of zero takes no place of a known one; where none is known, that is told")
    func zeroCost() throws {
        var rows = DemandRows()
        for day in 0..<20 {
            rows.add("a", day: 20_000 + day, 10, cost: day == 19 ? 0 : 200)
            rows.add("b", day: 20_000 + day, 10, cost: 0)
        }
        let outcome = try DemandOutcome(rows.stage(), lastDay: 20_019)
        #expect(outcome.number("order_value", "a") == 200 * outcome.number("order_units", "a") && outcome.number("order_units", "a") > 0)
        #expect(outcome.number("order_value", "b") == 0)
        #expect(outcome.text("notes", "b") == "no unit cost above 0 is known: the order costs nothing")
    }

    @Test("a plan that became known too late is not used, and that is told")
    func latePlan() throws {
        let stage = try Self.steady().stage(["covariates": .text("price"), "plan": .text("plan")])
        func plan(_ known: Int) -> RecordBatch {
            DemandRows.table(
                items: ["good", "good"],
                times: [
                    "time": [20_030 * DemandRows.day, 20_031 * DemandRows.day],
                    "known_from": [Int64(known) * DemandRows.day, Int64(known) * DemandRows.day],
                ], numbers: ["price": [1, 1]])
        }
        try stage.absorb(plan(20_031), ofTable: "plan")
        #expect(
            try DemandOutcome(stage, lastDay: 20_029).text("notes", "good")
                == "the plan of 2 days became known after the origin and is not used")
        let known = try Self.steady().stage(["covariates": .text("price"), "plan": .text("plan")])
        try known.absorb(plan(20_029), ofTable: "plan")
        #expect(try DemandOutcome(known, lastDay: 20_029).text("notes", "good") == "")
    }

    @Test("cases count as the pieces in them; a unit that is not declared is a reject, named with those that are")
    func units() throws {
        var rows = DemandRows()
        for day in 0..<20 {
            rows.add("a", day: 20_000 + day, day < 10 ? 24 : 2, ["unit": day < 10 ? "EA" : "CS"])
            rows.add("b", day: 20_000 + day, 24, ["unit": day == 3 ? "PAL" : "EA"])
        }
        var refused: [RowRefusal] = []
        let settings: [String: ParameterValue] = ["unit": .text("unit"), "unit-sizes": .text("EA=1 CS=12"), "gaps": .text("missing")]
        let outcome = try DemandOutcome(rows.stage(settings, refused: &refused), lastDay: 20_019)
        #expect(outcome.number("expected", "a") == outcome.number("expected", "b"))
        #expect(refused.count == 1 && refused[0].code == .unknownValue && refused[0].column == "unit")
        #expect(refused[0].found == "unit `PAL`" && refused[0].expected == "one of `unit-sizes`: CS, EA")
        #expect(throws: Failure.self) { _ = try rows.stage(["unit": .text("unit"), "unit-sizes": .text("EA=none")]) }
    }

    @Test("a level that jumps as by another unit is told and can be asked about; one that moves as demand does is not")
    func jump() throws {
        var rows = DemandRows()
        for day in 0..<40 {
            let units = Double(20 + day * 7 % 5)
            rows.add("cases", day: 20_000 + day, day < 36 ? units : units / 12)
            rows.add("pieces", day: 20_000 + day, day < 36 ? units : units * 12)
            rows.add("sale", day: 20_000 + day, day < 36 ? units : units * 3)
        }
        let outcome = try DemandOutcome(rows.stage(), lastDay: 20_039)
        #expect(outcome.feature("jump", "pieces") > 10 && outcome.feature("jump", "cases") < 0.1 && outcome.feature("jump", "sale") == 1)
        #expect(outcome.text("notes", "pieces").contains("did the unit change (pieces, cases)?"))
        #expect(outcome.text("notes", "sale") == "")
    }

    @Test(
        "a period without a row is nothing, the value before, or no period at all, as declared", arguments: ["zero", "missing", "closed"])
    func gaps(rule: String) throws {
        var rows = DemandRows()
        for day in 0..<60 where day % 2 == 0 || day < 2 { rows.add("a", day: 20_000 + day, 12) }
        rows.add("b", day: 20_059, 1)
        let outcome = try DemandOutcome(rows.stage(["gaps": .text(rule), "model": .text("ses")]), lastDay: 20_059)
        let expected = outcome.number("expected", "a")
        if rule == "zero" { #expect(expected > 12 && expected < 24) } else { #expect(abs(expected - 36) < 0.5) }
        #expect(outcome.feature("history", "a") == (rule == "closed" ? 31 : 60))
        let words = [
            "zero": "", "missing": "29 days without a row: the value before goes on", "closed": "29 days without a row: taken for closed",
        ]
        #expect(outcome.text("notes", "a") == words[rule])
    }

    @Test("a period in which it ran out is a lower bound: it does not lower the forecast, as the same row without the mark does")
    func stockouts() throws {
        func expected(_ marked: Bool) throws -> (Double, String) {
            var rows = DemandRows()
            for day in 0..<40 { rows.add("a", day: 20_000 + day, day % 4 == 3 ? 1 : 20, ranOut: marked && day % 4 == 3) }
            let outcome = try DemandOutcome(rows.stage(["model": .text("ses")]), lastDay: 20_039)
            return (outcome.number("expected", "a"), outcome.text("notes", "a"))
        }
        let censored = try expected(true), low = try expected(false)
        #expect(abs(censored.0 - 60) < 1 && low.0 < 55)
        #expect(censored.1 == "10 days in which it ran out count as at least the level before" && low.1 == "")
    }

    @Test("rows of tables that cannot be used are refused with their reason, one by one, and the others are taken")
    func tables() throws {
        var rows = DemandRows()
        for day in 0..<20 { rows.add("a", day: 20_000 + day, 24, ["unit": "EA"]) }
        let stage = try rows.stage(["unit": .text("unit"), "unit-sizes": .text("EA=1 CS=12"), "stock": .text("stock")])
        let counts = DemandRows.table(
            items: ["a", "a", "a"], times: ["counted": [1, 2, 3]], numbers: ["on_hand": [2, 7, .infinity]],
            texts: ["unit": ["CS", "PAL", "EA"]])
        let refused = try stage.absorb(counts, ofTable: "stock")
        #expect(refused.map(\.row) == [1, 2] && refused.map(\.code) == [.unknownValue, .range])
        #expect(refused[0].column == "unit" && refused[0].found == "unit `PAL`" && refused[1].column == "on_hand")
        // Seven pallets are not seven pieces: the two cases stand.
        #expect(try DemandOutcome(stage, lastDay: 20_019).number("stock", "a") == 24)
        let forecasts = try rows.stage(["outside": .text("chronos"), "model": .text("outside")])
        let known = (0..<3).map { _ in 20_020 * DemandRows.day }
        let outside = DemandRows.table(
            items: ["a", "a", "a"], times: ["time": (20..<23).map { (20_000 + $0) * DemandRows.day }, "known_from": known],
            numbers: ["q10": [1, .nan, 1], "q50": [2, 2, 2], "q90": [3, 3, 3]])
        let bad = try forecasts.absorb(outside, ofTable: "chronos")
        #expect(bad.map(\.row) == [1] && bad[0].column == "q10" && bad[0].code == .range)
    }

    @Test("a row of a plan far ahead costs a row, not all periods before it")
    func farAhead() throws {
        let stage = try Self.steady().stage(["covariates": .text("price"), "plan": .text("plan")])
        let before = stage.stateBytes
        let plan = DemandRows.table(
            items: ["good", "good"], times: ["time": [20_031 * DemandRows.day, 2_000_000 * DemandRows.day]], numbers: ["price": [1, 2]])
        #expect(try stage.absorb(plan, ofTable: "plan") == [])
        #expect(stage.stateBytes < before + 2_000, "\(stage.stateBytes - before)")
    }

    @Test(
        "a setting without the one that it is about is refused",
        arguments: [
            ["reconcile": ParameterValue.text("bottom-up")], ["unit-sizes": .text("EA=1")], ["external-columns": .text("heat")],
            ["catalog": .text("items")], ["cold-start": .integer(9)], ["waste": .number(2)], ["plan": .text("plan")],
        ])
    func partners(alone: [String: ParameterValue]) throws {
        let failure = #expect(throws: Failure.self) { _ = try Self.steady().stage(alone) }
        #expect(alone.keys.allSatisfy { failure?.place.contains($0) == true || failure?.description.contains($0) == true || $0 == "plan" })
        // The control: what the checker fills in where nothing is written is no setting.
        #expect(throws: Never.self) {
            _ = try Self.steady().stage(["reconcile": .text("minimum-trace"), "cold-start": .integer(6), "waste": .number(1)])
        }
    }
}

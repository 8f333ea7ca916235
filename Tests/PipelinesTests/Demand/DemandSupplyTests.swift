import Pipelines
import Records
import Testing

/// Orders: lead times that vary, shelf life, what an order costs, packs, and a budget across items.
@Suite struct DemandSupplyTests {
    /// Demand of 10 to 30 a day, an item each cost.
    static func rows(costs: [Int64] = [200], days: Int = 60) -> DemandRows {
        var rows = DemandRows()
        for day in 0..<days {
            for (item, cost) in costs.enumerated() {
                rows.add("i\(item)", day: 20_000 + day, Double(10 + (day * 13 + item * 7) % 21), cost: cost)
            }
        }
        return rows
    }

    static func outcome(_ more: [String: ParameterValue] = [:], costs: [Int64] = [200]) throws -> DemandOutcome {
        try DemandOutcome(Self.rows(costs: costs).stage(["model": .text("ses")].merging(more) { $1 }), lastDay: 20_059)
    }

    @Test("lead times that vary are part of the distribution: the level is above that of their middle, and the same where they do not vary")
    func leadTimes() throws {
        let fixed = try Self.outcome(["lead-time": .integer(3)]), same = try Self.outcome(["lead-times": .text("3 3 3")])
        let varying = try Self.outcome(["lead-times": .text("1 3 9")])
        #expect(same.number("target", "i0") == fixed.number("target", "i0"))
        #expect(varying.number("target", "i0") > 1.3 * fixed.number("target", "i0"))
        #expect(throws: Failure.self) { _ = try Self.outcome(["lead-times": .text("soon")]) }
    }

    @Test("what spoils is ordered less, the more it costs to waste; what keeps longer than it is sold is ordered as before")
    func shelfLife() throws {
        let parameters: [String: ParameterValue] = [
            "lead-time": .integer(1), "review": .integer(7), "margin": .number(3), "holding": .number(0.0001),
        ]
        func target(_ more: [String: ParameterValue]) throws -> Double {
            try Self.outcome(parameters.merging(more) { $1 }).number("target", "i0")
        }
        let keeps = try target([:]), long = try target(["shelf-life": .integer(30)])
        let short = try target(["shelf-life": .integer(7)]), dear = try target(["shelf-life": .integer(7), "waste": .number(20)])
        #expect(abs(long - keeps) < 0.01 && short < keeps && dear < short, "\(keeps) \(long) \(short) \(dear)")
    }

    @Test("an order that costs something is placed only at the point or below, and is larger")
    func orderCost() throws {
        let free = try Self.outcome(["holding": .number(0.01)])
        let dear = try Self.outcome(["holding": .number(0.01), "order-cost": .number(20)])
        #expect(dear.number("order_units", "i0") > 1.5 * free.number("order_units", "i0"))
        // With half of it there, the position is above the point: nothing is ordered.
        let stage = try Self.rows().stage([
            "model": .text("ses"), "stock": .text("stock"), "holding": .number(0.01), "order-cost": .number(20),
        ])
        let half = dear.number("target", "i0") * 0.9
        try stage.absorb(DemandRows.table(items: ["i0"], numbers: ["on_hand": [half]]), ofTable: "stock")
        #expect(try DemandOutcome(stage, lastDay: 20_059).number("order_units", "i0") == 0)
    }

    @Test("orders are whole packs and at least the least order")
    func packs() throws {
        let outcome = try Self.outcome(["pack": .integer(24), "minimum-order": .integer(100)])
        #expect(outcome.number("order_units", "i0") == 120)
        let free = try Self.outcome()
        #expect(free.number("order_units", "i0") < 100 && free.number("order_units", "i0") > 40)
    }

    @Test("all orders stay within the budget; what is cut is told, and the budget goes where it saves most")
    func budget() throws {
        let costs: [Int64] = [100, 200, 400, 800]
        let free = try Self.outcome(costs: costs)
        func total(_ outcome: DemandOutcome) -> Double { outcome.names.reduce(0) { $0 + outcome.number("order_value", $1) } }
        let all = total(free)
        for share in [0.9, 0.5, 0.1] {
            let cut = try Self.outcome(["order-budget": .number((all * share / 100).rounded())], costs: costs)
            #expect(total(cut) <= (all * share / 100).rounded() * 100, "\(share)")
            #expect(total(cut) > 0.75 * all * share, "\(share): \(total(cut)) of \(all)")
            let told = cut.names.filter { cut.text("notes", $0).contains("cut by the budget") }
            #expect(!told.isEmpty && told.allSatisfy { cut.feature("cut", $0) == 1 })
        }
        let rich = try Self.outcome(["order-budget": .number(1_000_000)], costs: costs)
        #expect(rich.names.allSatisfy { rich.number("order_units", $0) == free.number("order_units", $0) })
        #expect(rich.names.allSatisfy { rich.feature("cut", $0) == 0 })
        let nothing = try Self.outcome(["order-budget": .number(0)], costs: costs)
        #expect(total(nothing) == 0)
    }

    @Test(
        "the item's page has the cost of skipping, of the order and of amounts around it, and the order proposed is the least but for whole packs"
    )
    func choices() throws {
        let stage = try Self.rows().stage(["model": .text("ses"), "pack": .integer(6), "lead-time": .integer(3), "margin": .number(2)])
        _ = try DemandOutcome(stage, lastDay: 20_059)
        let tables = stage.evidence(forRow: 0)
        #expect(tables[0].columns == ["day", "10 %", "50 %", "90 %", "stock, skip", "stock, order"] && tables[0].rows.count == 5)
        let choices = tables[1]
        #expect(choices.columns == ["choice", "units", "value", "runs out", "holding", "missing", "waste", "cost"])
        #expect(choices.rows.map { $0[0] }.prefix(2) == ["skip", "order"] && choices.rows.count >= 5)
        let costs = choices.rows.compactMap { Double($0[7]) }
        #expect(costs.count == choices.rows.count && costs[1] < 1.1 * (costs.min() ?? 0), "\(choices.rows)")
        #expect(costs[0] > 2 * costs[1])
    }

    @Test("a series is an item at a place where the job says so, in results and in tables")
    func locations() throws {
        var rows = DemandRows()
        for day in 0..<30 {
            for (place, units) in [("north", 10.0), ("south", 30)] { rows.add("a", day: 20_000 + day, units, ["place": place]) }
        }
        let stage = try rows.stage(["location": .text("place"), "stock": .text("stock"), "model": .text("ses")])
        try stage.absorb(DemandRows.table(items: ["a"], numbers: ["on_hand": [5]], texts: ["place": ["south"]]), ofTable: "stock")
        let outcome = try DemandOutcome(stage, lastDay: 20_029)
        let batch = outcome.rows.batch
        #expect(outcome.names == ["a", "a"] && (0..<2).map { batch["place"]?.text($0) } == ["north", "south"])
        #expect(batch["expected"]?.doubles.map { ($0 / 10).rounded() } == [3, 9] && batch["stock"]?.doubles == [0, 5])
        #expect(throws: Failure.self) { try stage.absorb(DemandRows.table(items: ["a"], numbers: ["on_hand": [5]]), ofTable: "stock") }
    }

    @Test("a budget below all that is owed buys as much of it as it can, whole backorders of the cheapest first")
    func backorders() throws {
        let stage = try Self.rows(costs: [100, 200, 400]).stage([
            "model": .text("ses"), "stock": .text("stock"), "order-budget": .number(320),
        ])
        try stage.absorb(DemandRows.table(items: ["i0", "i1", "i2"], numbers: ["on_hand": [-100, -100, -100]]), ofTable: "stock")
        let outcome = try DemandOutcome(stage, lastDay: 20_059)
        #expect(["i0", "i1", "i2"].map { outcome.number("order_units", $0) } == [100, 100, 5])
    }

    @Test("a budget that changes nothing leaves results as they are without it: the forecasts it was made from are those of the results")
    func held() throws {
        let costs: [Int64] = [100, 200, 400]
        let free = try Self.outcome(costs: costs), rich = try Self.outcome(["order-budget": .number(1e9)], costs: costs)
        for column in ["forecast", "expected", "order_units", "notes", "model"] {
            #expect(free.names.map { free.text(column, $0) } == rich.names.map { rich.text(column, $0) })
        }
        #expect(free.names.map { free.feature("history", $0) } == rich.names.map { rich.feature("history", $0) })
    }
}

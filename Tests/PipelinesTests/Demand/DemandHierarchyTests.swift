import PipelineTesting
import Pipelines
import Records
import Testing

/// Forecasts of stores and regions that add up.
@Suite struct DemandHierarchyTests {
    /// Six items in three stores of two regions; each item is noise around a level, and a region's sum has a clear week.
    static func rows(days: Int = 70) -> DemandRows {
        var rows = DemandRows()
        for day in 0..<days {
            for item in 0..<6 {
                let noise = (day * 37 + item * 53 + day * item * 11) % 17
                let units = Double(8 + item * 2 + (day % 7 == 5 ? 9 : 0) + noise)
                let store = item / 2
                rows.add("item-\(item)", day: 20_000 + day, units, ["store": "S\(store)", "region": store < 2 ? "north" : "south"])
            }
        }
        return rows
    }

    static let columns: [String: ParameterValue] = ["hierarchy": .text("region store")]

    static func sumOfItems(_ outcome: DemandOutcome, _ column: String) -> Double {
        (0..<6).reduce(0) { $0 + outcome.number(column, "item-\($1)") }
    }

    @Test("results have items, groups and everything, each once, in a level of their own, and groups are never ordered")
    func levels() throws {
        let outcome = try DemandOutcome(Self.rows().stage(Self.columns), lastDay: 20_069)
        let groups = ["(all)", "region=north", "store=S0", "store=S1", "region=south", "store=S2"]
        #expect(outcome.names == (0..<6).map { "item-\($0)" } + groups)
        #expect(outcome.text("level", "item-0") == "item" && outcome.text("level", "(all)") == "all")
        #expect(outcome.text("level", "region=north") == "region" && outcome.text("level", "store=S2") == "store")
        for name in groups {
            #expect(outcome.number("order_units", name) == 0 && outcome.number("shortage", name) == 0)
            #expect(outcome.feature("is_item", name) == 0 && outcome.feature("stock_known", name) == 1)
        }
        #expect(outcome.feature("is_item", "item-3") == 1 && outcome.number("order_units", "item-3") > 0)
        #expect(outcome.text("notes", "region=north") == "a sum of 4 items")
    }

    @Test(
        "what is expected adds up at every level, by both methods; unreconciled it does not",
        arguments: ["bottom-up", "minimum-trace", "none"])
    func coherent(method: String) throws {
        let parameters = Self.columns.merging(["reconcile": .text(method), "correlation": .number(0)]) { $1 }
        let outcome = try DemandOutcome(Self.rows().stage(parameters), lastDay: 20_069)
        let north = outcome.number("expected", "region=north"), all = outcome.number("expected", "(all)")
        let gap =
            abs(all - north - outcome.number("expected", "region=south"))
            + abs(north - outcome.number("expected", "store=S0") - outcome.number("expected", "store=S1"))
        if method == "none" { #expect(gap > 1) } else { #expect(gap < 0.05) }
        // An item's own sum is that of sampled quantiles: near, not equal.
        if method != "none" { #expect(abs(Self.sumOfItems(outcome, "expected") / all - 1) < 0.05) }
        for name in outcome.names { for step in outcome.forecast(name) { #expect(step[0] <= step[1] && step[1] <= step[2]) } }
    }

    @Test("the sum's interval is narrower than the sum of the items' intervals where their errors are independent")
    func intervals() throws {
        let outcome = try DemandOutcome(Self.rows().stage(Self.columns), lastDay: 20_069)
        func width(_ name: String) -> Double { outcome.forecast(name).reduce(0) { $0 + $1[2] - $1[0] } }
        #expect(width("(all)") < 0.8 * (0..<6).reduce(0) { $0 + width("item-\($1)") })
        #expect(width("(all)") > 0)
    }

    @Test("a group that an item changes to counts from then on: the newest row says where it belongs")
    func moved() throws {
        var rows = Self.rows()
        rows.add("item-0", day: 20_070, 12, ["store": "S2", "region": "south"])
        let outcome = try DemandOutcome(rows.stage(Self.columns), lastDay: 20_070)
        #expect(outcome.text("notes", "region=north") == "a sum of 3 items" && outcome.text("notes", "store=S2") == "a sum of 3 items")
    }

    @Test("keeps every promise of a stage, on two threads as on one")
    func contract() throws {
        let rows = Self.rows(days: 30), schema = DemandRows.schema(["region", "store"])
        let configuration = DemandRows.configuration(Self.columns)
        let layout = try #require(DemandStage.layout(for: configuration, main: schema))
        let end = FinishTime(clock: Timestamp(seconds: 0), watermark: Timestamp(microseconds: 20_029 * DemandRows.day))
        let findings = try FinishingStageContract(stream: rows.input, time: end, layout: layout, trials: 3) {
            () throws(Failure) in try DemandStage(configuration: configuration, schema: schema)
        }.check()
        #expect(findings == [])
        let one = try DemandOutcome(rows.stage(Self.columns), lastDay: 20_029)
        let two = try DemandOutcome(rows.stage(Self.columns), lastDay: 20_029, threads: 2)
        #expect(one.names.map { one.text("forecast", $0) } == two.names.map { two.text("forecast", $0) })
    }

    @Test("a hierarchy of items whose names are numbers is refused, and so is a column that is not there")
    func refused() throws {
        let numbers = Schema(DemandRows.schema(["store"]).fields.map { $0.name == "item" ? Field("item", .int64) : $0 })
        let wrong = #expect(throws: Failure.self) {
            _ = try DemandStage(configuration: DemandRows.configuration(["hierarchy": .text("store")]), schema: numbers)
        }
        #expect(wrong?.code == "stage.column-type")
        let missing = #expect(throws: Failure.self) {
            _ = try DemandStage(configuration: DemandRows.configuration(["hierarchy": .text("stor")]), schema: DemandRows.schema(["store"]))
        }
        #expect(missing?.description.contains("Did you mean `store`?") == true)
    }

    @Test("a new item's share is bounded by what its kin sell, not by its own few units")
    func newItem() throws {
        var rows = DemandRows()
        for day in 0..<70 {
            for item in 0..<8 {
                rows.add("i\(item)", day: 20_000 + day, Double(30 + (day * 37 + item * 53) % 17), ["group": "g"])
            }
        }
        rows.add("new", day: 20_069, 1, ["group": "g"])
        let outcome = try DemandOutcome(
            rows.stage(["hierarchy": .text("group"), "attributes": .text("group"), "reconcile": .text("bottom-up")]), lastDay: 20_069)
        #expect(outcome.text("model", "new") == "kin")
        // Three days at about 26, its kin's 38 shrunk by one day at 1; its own past alone would allow 4.5.
        #expect(outcome.number("expected", "new") > 30, "\(outcome.number("expected", "new"))")
    }

    @Test("a place that is a number is refused beside a hierarchy: groups would be at place 0")
    func numberedPlace() throws {
        let schema = Schema(DemandRows.schema(["store", "place"]).fields.map { $0.name == "place" ? Field("place", .int64) : $0 })
        let settings: [String: ParameterValue] = ["hierarchy": .text("store"), "location": .text("place")]
        let failure = #expect(throws: Failure.self) {
            _ = try DemandStage(configuration: DemandRows.configuration(settings), schema: schema)
        }
        #expect(failure?.code == "stage.column-type" && failure?.place.contains("location") == true)
        #expect(throws: Never.self) {
            _ = try DemandStage(configuration: DemandRows.configuration(["location": .text("place")]), schema: schema)
        }
    }
}

import Pipelines
import Records
import Testing

/// New items, by what is like them.
@Suite struct DemandNewItemTests {
    static let categories = ["tea": 40.0, "oil": 5]

    /// Eight items of each of two categories with a level of their own; the last of each is new, with `own` days.
    static func rows(own: Int, days: Int = 40) -> DemandRows {
        var rows = DemandRows()
        for (category, level) in categories.sorted(by: { $0.key < $1.key }) {
            for item in 0..<8 {
                for day in (item == 7 ? days - own : 0)..<days {
                    let units = level * (0.8 + Double((day * 7 + item * 3) % 5) / 10)
                    rows.add(
                        "\(category)-\(item)", day: 20_000 + day, units, ["category": category, "size": item % 2 == 0 ? "big" : "small"])
                }
            }
        }
        return rows
    }

    static let settings: [String: ParameterValue] = ["attributes": .text("category size")]

    @Test("an item with two days is forecast as its category sells, and says so; without attributes it is forecast by its two days")
    func borrowed() throws {
        let outcome = try DemandOutcome(Self.rows(own: 2).stage(Self.settings), lastDay: 20_039)
        #expect(outcome.text("model", "tea-7") == "kin" && outcome.text("model", "tea-0") != "kin")
        #expect(outcome.feature("is_new", "tea-7") == 1 && outcome.feature("is_new", "tea-0") == 0)
        // Three small teas only, so that the size is dropped.
        #expect(outcome.text("notes", "tea-7").hasPrefix("new: forecast from what 7 items of category tea sold lately"))
        #expect(abs(outcome.number("expected", "tea-7") / 120 - 1) < 0.2 && abs(outcome.number("expected", "oil-7") / 15 - 1) < 0.2)
        let alone = try DemandOutcome(Self.rows(own: 2).stage(), lastDay: 20_039)
        #expect(alone.text("model", "tea-7") != "kin")
    }

    @Test("what it has sold itself moves the forecast, the more the longer; after the cold start it stands alone")
    func evidence() throws {
        func expected(_ own: Int) throws -> (Double, String) {
            var rows = Self.rows(own: 0)
            // Sells twice what teas do.
            for day in (40 - own)..<40 { rows.add("tea-7", day: 20_000 + day, 80, ["category": "tea", "size": "small"]) }
            rows.add("oil-7", day: 20_039, 5, ["category": "oil", "size": "small"])
            let outcome = try DemandOutcome(rows.stage(Self.settings), lastDay: 20_039)
            return (outcome.number("expected", "tea-7"), outcome.text("model", "tea-7"))
        }
        let one = try expected(1), four = try expected(4), six = try expected(6)
        #expect(one.0 > 140 && one.0 < four.0 && four.0 < 240 && four.1 == "kin")
        #expect(six.1 != "kin" && abs(six.0 - 240) < 1)
    }

    @Test("an item of the catalog that never sold is forecast from its launch on, as what is like it did after theirs")
    func catalog() throws {
        var rows = DemandRows()
        // Teas start high and fall: what counts is their age. They are launched after day 10, one a day.
        for item in 0..<6 {
            for age in 0..<20 { rows.add("tea-\(item)", day: 20_011 + item + age, Double(age < 3 ? 60 : 20), ["category": "tea"]) }
        }
        for day in 0..<40 { rows.add("oil", day: 20_000 + day, 5, ["category": "oil"]) }
        let stage = try rows.stage(["attributes": .text("category"), "catalog": .text("items")])
        let at = 20_040 * DemandRows.day
        try stage.absorb(
            DemandRows.table(
                items: ["new", "later", "unknown", "secret", "tea-0"],
                times: ["launch": [0, 20_042 * DemandRows.day, 0, 0, 0], "known_from": [0, 0, 0, at + 1, 0]],
                texts: ["category": ["tea", "tea", "wine", "tea", "tea"]]), ofTable: "items")
        let outcome = try DemandOutcome(stage, lastDay: 20_039)
        #expect(outcome.names == (["oil"] + (0..<6).map { "tea-\($0)" } + ["later", "new", "unknown"]))
        #expect(outcome.forecast("new").map { $0[1] } == [60, 60, 60])
        #expect(outcome.forecast("later").map { $0[1] } == [0, 0, 60], "not before it is sold")
        #expect(outcome.number("expected", "unknown") == 0)
        #expect(outcome.text("notes", "unknown") == "no item like it is known, so nothing is forecast")
        #expect(outcome.text("notes", "new").contains("at the same age"))
    }

    @Test("attributes that say nothing of an item are of no use: dealt to other items, they make the error larger")
    func control() throws {
        func error(_ shuffled: Bool) throws -> Double {
            var rows = Self.rows(own: 1)
            if shuffled {
                rows.labels["category"] = rows.items.map {
                    $0.hasSuffix("7") ? ($0.hasPrefix("tea") ? "oil" : "tea") : String($0.prefix(3))
                }
            }
            let outcome = try DemandOutcome(rows.stage(Self.settings), lastDay: 20_039)
            return abs(outcome.number("expected", "tea-7") - 120) + abs(outcome.number("expected", "oil-7") - 15)
        }
        #expect(try error(true) > 2 * error(false))
    }

    @Test("what comes after the origin changes no new item's forecast")
    func noLookAhead() throws {
        let early = try DemandOutcome(Self.rows(own: 2).stage(Self.settings), lastDay: 20_039)
        var rows = Self.rows(own: 2)
        for item in 0..<7 { rows.add("tea-\(item)", day: 20_041, 900, ["category": "tea", "size": "big"]) }
        let late = try DemandOutcome(rows.stage(Self.settings), lastDay: 20_039)
        #expect(late.text("forecast", "oil-7") == early.text("forecast", "oil-7"))
        #expect(late.forecast("tea-7") == early.forecast("tea-7"))
    }

    @Test("a catalog and its items survive base and deltas")
    func state() throws {
        let settings: [String: ParameterValue] = ["attributes": .text("category size"), "catalog": .text("items")]
        let stage = try Self.rows(own: 2).stage(settings)
        let base = stage.base()
        try stage.absorb(
            DemandRows.table(items: ["new"], times: ["launch": [0]], texts: ["category": ["tea"], "size": ["big"]]), ofTable: "items")
        let restored = try DemandRows().with(labels: ["category", "size"]).stage(settings)
        try restored.restore(base: base, deltas: [stage.delta()])
        #expect(restored.base() == stage.base())
        #expect(try DemandOutcome(restored, lastDay: 20_039).names.last == "new")
    }
}

extension DemandRows {
    /// No rows, with columns of these names.
    func with(labels names: [String]) -> DemandRows {
        var result = self
        for name in names { result.labels[name] = [] }
        return result
    }
}

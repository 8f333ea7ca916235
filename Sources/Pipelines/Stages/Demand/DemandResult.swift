import Foundation

/// One item's forecast and order.
struct DemandResult: Sendable {
    var item: String
    var model = "none"
    /// Quantile loss a unit on past origins; NaN where the past is too short.
    var loss = Double.nan
    var mean: [Double] = []
    /// Row-major, the planner's levels a step.
    var levels: [Double] = []
    var recent: [Double] = []
    var history = 0
    /// On hand and on order.
    var position = 0.0
    var knowsStock = false
    /// Chance to run out if nothing is ordered.
    var chance = 0.0
    var expected = 0.0
    /// Ordered at or below the first, up to the second.
    var point = 0.0
    var target = 0.0
    /// Minor units.
    var unitCost = 0.0
    var draws: DemandDraws?
    /// What a person must know of how its past was read.
    var notes: [String] = []
    /// Models that were weighed for it.
    var choice: [DemandChoice] = []
    /// `item`, or the column of a group.
    var level = "item"
    /// Members of a group.
    var members = 0
    /// How many times the level before the newest values are; 1 = no jump.
    var jump = 1.0
    var order = 0.0
    /// Minor units: the order's value, the cost of what would be missing if short, the cost of holding the order if it was not needed.
    var orderValue: Int64 = 0
    var shortage: Int64 = 0
    var overstock: Int64 = 0

    init(item: String) { self.item = item }

    static let features: [(name: String, meaning: String)] = [
        ("chance_short", "chance to run out before an order placed next time arrives, if nothing is ordered now"),
        ("cover", "share of the expected demand of that time that stock and orders cover"),
        ("expected", "expected units of that time"),
        ("order", "units proposed"),
        ("history", "periods known"),
        ("zero_share", "share of the newest periods without demand"),
        ("loss", "quantile loss a unit on two past origins, -1 where the past is too short"),
        ("stock_known", "1 where the stock feed names the item"),
        ("is_item", "1 for an item, 0 for a group of a hierarchy"),
        ("jump", "how many times the level before the newest periods are, where they lie wholly apart; 1 elsewhere"),
        ("cut", "1 where the budget leaves less than the item alone would want"),
        ("is_new", "1 where the forecast rests on items like it"),
    ]

    var featureValues: [Float] {
        let zeros = recent.isEmpty ? 0 : Double(recent.count { $0 == 0 }) / Double(recent.count)
        let values = [
            chance, expected > 0 ? min(position / expected, 1e6) : 1e6, expected, order, Double(history), zeros, loss.isFinite ? loss : -1,
            knowsStock ? 1 : 0, level == "item" ? 1 : 0, jump, notes.contains { $0.hasPrefix("cut by the budget") } ? 1 : 0,
            model == "kin" ? 1 : 0,
        ]
        return values.map { Float($0) }
    }

    private var width: Int { levels.count / max(mean.count, 1) }

    func level(_ step: Int, _ place: Int) -> Double { levels[step * width + place] }

    static func text(_ value: Double) -> String { String(format: "%.1f", value) }

    /// `[[low, middle, high], …]`, a step each, as JSON.
    var forecastText: String {
        let steps = mean.indices.map { step in
            "[\([DemandPlanner.low, DemandPlanner.middle, DemandPlanner.high].map { Self.text(level(step, $0)) }.joined(separator: ","))]"
        }
        return "[\(steps.joined(separator: ","))]"
    }
}

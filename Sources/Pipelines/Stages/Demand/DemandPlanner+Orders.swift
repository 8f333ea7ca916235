import Foundation
import Models
import Records

/// From a forecast to an order.
extension DemandPlanner {
    /// - Parameters:
    ///   - sums: what past origins say of sums.
    ///   - unitCost: minor units.
    ///   - ordered: units that a budget leaves; nil = as many as the item alone would want.
    func result(
        of name: String, _ one: DemandForecasts.One, sums: DemandSums, stock: DemandState.Stock?, unitCost: Int64, origin: Int,
        ordered: Double? = nil
    ) -> DemandResult {
        var result = DemandResult(item: name)
        result.position = (stock?.onHand ?? 0) + (stock?.onOrder ?? 0)
        result.knowsStock = stock != nil
        result.recent = Array(one.values.suffix(12))
        result.history = one.values.count
        result.jump = Self.jump(one.values) ?? 1
        (result.loss, result.model, result.notes) = (one.loss, one.forecast.model, one.notes)
        (result.mean, result.levels) = (one.forecast.mean, one.forecast.quantiles)
        result.choice = one.choice
        let draws = DemandDraws(one.forecast, settings, seed: Self.seed(name, origin))
        result.expected = (draws.mean * 100).rounded() / 100
        result.draws = one.forecast.model == DemandKin.model ? draws : sums.applied(to: draws, past: one.values)
        order(for: &result, unitCost: Double(unitCost), ordered: ordered)
        return result
    }

    /// Costs of a unit as shares of what it costs: of one left over when the cover ends, of one missing, of one wasted.
    var shares: (holding: Double, missing: Double, waste: Double) {
        let holding = settings.holding * Double(settings.cover)
        guard let service = settings.service else { return (holding, settings.margin, settings.supply.waste) }
        // The aim is a chance that it lasts: the costs are those of which that chance is the best.
        return (1 - service, service, settings.supply.waste * (1 - service) / holding)
    }

    /// At or below the first, order up to the second.
    ///
    /// - Parameter price: what a unit ordered costs besides, as a share of its cost: what a budget makes it worth.
    ///
    /// The first is the level that serves cover and shelf life best. What one order costs to place adds the lot of the economic order quantity at
    /// the expected demand, but no more than is likely to sell within its shelf life.
    func policy(_ draws: DemandDraws, unitCost: Double, price: Double = 0) -> (point: Double, top: Double) {
        let costs = shares
        // What saves less than it costs is not ordered, however large a lot would be the cheapest.
        guard price < costs.missing else { return (0, 0) }
        let point = draws.level(holding: costs.holding, missing: costs.missing, waste: costs.waste, price: price)
        let order = settings.supply.orderCost * Double(settings.currency.minorUnits)
        guard order > 0, unitCost > 0 else { return (point, point) }
        let rate = draws.mean / Double(settings.cover)
        var top = point + LotSizing.economicOrderQuantity(fixed: order, holding: settings.holding * unitCost, rate: rate).quantity
        if !draws.shelf.isEmpty { top = min(top, max(point, draws.level(holding: 0, missing: costs.missing, waste: costs.waste))) }
        return (point, top)
    }

    /// Whole packs, and at least the least order, of what is needed; 0 where nothing is.
    func packed(_ needed: Double) -> Double {
        guard needed > 1e-9 else { return 0 }
        return (max(needed, settings.leastOrder) / settings.pack - 1e-9).rounded(.up) * settings.pack
    }

    func units(_ policy: (point: Double, top: Double), position: Double) -> Double {
        // Without a cost of ordering every gap is filled; with one, only a position at the point or below.
        policy.top > policy.point ? (position <= policy.point ? packed(policy.top - position) : 0) : packed(policy.top - position)
    }

    private func order(for result: inout DemandResult, unitCost: Double, ordered: Double?) {
        guard let draws = result.draws else { return }
        // Shown to a person: hundredths of a unit are enough.
        func rounded(_ units: Double) -> Double { (units * 100).rounded() / 100 }
        let policy = policy(draws, unitCost: unitCost)
        result.unitCost = unitCost
        (result.point, result.target) = (rounded(policy.point), rounded(policy.top))
        result.chance = draws.cost(of: result.position, holding: 0, missing: 0, waste: 0).chance
        result.order = units((result.point, result.target), position: result.position)
        if let ordered, ordered < result.order {
            result.notes.append("cut by the budget: \(DemandResult.text(result.order)) units would be ordered without it")
            result.order = ordered
        }
        result.orderValue = Self.minor(result.order * unitCost)
        guard result.order > 0 else { return }
        let short = draws.cover.filter { $0 > result.position }
        let missed = short.isEmpty ? 0 : short.reduce(0) { $0 + $1 - result.position } / Double(short.count)
        result.shortage = Self.minor(missed * settings.margin * unitCost)
        let waste = result.cost(of: result.order, settings).waste - result.cost(of: 0, settings).waste
        result.overstock = Self.minor(
            result.order * settings.holding * Double(settings.cover) * unitCost + max(waste, 0)
                + settings.supply.orderCost * Double(settings.currency.minorUnits))
    }

    static func minor(_ value: Double) -> Int64 { Int64(min(max(value.rounded(), 0), 9e15)) }
}

extension DemandResult {
    /// Expected cost in minor units of ordering so many units now.
    func cost(of units: Double, _ settings: DemandSettings) -> DemandDraws.Cost {
        guard
            var cost = draws?.cost(
                of: position + units, holding: settings.holding * Double(settings.cover) * unitCost, missing: settings.margin * unitCost,
                waste: settings.supply.waste * unitCost)
        else { return .init() }
        if units > 0 { cost.holding += settings.supply.orderCost * Double(settings.currency.minorUnits) }
        return cost
    }
}

/// Orders of all items within a budget.
///
/// Each item's next unit is worth what it saves; the budget goes to the units that save most a unit of money: one price of money for all items
/// (a Lagrange multiplier), found by halving, at which all orders together stay within the budget (Hadley, Whitin, "Analysis of Inventory
/// Systems" (1963), chapter 6). What whole packs leave over goes to the items whose cut was dearest.
struct DemandBudget: Sendable {
    struct Wish: Sendable {
        var name: String
        var position: Double
        /// Minor units.
        var unitCost: Double
        /// Units that the item alone would want.
        var most: Double
        /// Thinned: the choice across items rests on few of them each.
        var draws: DemandDraws
    }

    /// Units an item, of those that are cut.
    private(set) var cut: [String: Double] = [:]
    /// Minor units: of all orders, without the budget and with it.
    private(set) var wanted = 0.0
    private(set) var spent = 0.0

    /// Backorders within the budget: the cheapest whole ones first, so that most items are served, then packs of the others.
    private static func owed(_ wishes: [(wish: Wish, units: Double)], budget: Double, planner: DemandPlanner) -> [String: Double] {
        var left = budget, given: [String: Double] = [:]
        let pack = planner.settings.pack
        for (wish, units) in wishes.sorted(by: { $0.units * $0.wish.unitCost < $1.units * $1.wish.unitCost }) {
            var most = wish.unitCost > 0 ? min(units, (left / (pack * wish.unitCost) + 1e-9).rounded(.down) * pack) : units
            if most < planner.settings.leastOrder { most = 0 }
            given[wish.name] = most
            left -= most * wish.unitCost
        }
        return given
    }

    /// - Parameter budget: minor units.
    init(_ wishes: [Wish], budget: Double, planner: DemandPlanner) {
        func units(_ wish: Wish, _ price: Double) -> Double {
            price == 0
                ? wish.most
                : min(wish.most, planner.units(planner.policy(wish.draws, unitCost: wish.unitCost, price: price), position: wish.position))
        }
        func value(_ price: Double) -> Double { wishes.reduce(0) { $0 + units($1, price) * $1.unitCost } }
        wanted = value(0)
        spent = wanted
        guard wanted > budget else { return }
        var (low, high) = (0.0, planner.shares.missing * 1.000_001)
        for _ in 0..<40 {
            let middle = (low + high) / 2
            if value(middle) > budget { low = middle } else { high = middle }
        }
        spent = value(high)
        var left = budget - spent
        for wish in wishes {
            let whole = units(wish, 0), most = units(wish, low)
            var given = units(wish, high)
            guard given < whole else { continue }
            while given < most, planner.settings.pack * wish.unitCost <= left, given + planner.settings.pack >= planner.settings.leastOrder
            {
                given += planner.settings.pack
                left -= planner.settings.pack * wish.unitCost
            }
            if given < whole { cut[wish.name] = given }
        }
        // At the highest price only what is owed already is ordered; where even that is dearer than the budget, as much of it as can be.
        if value(high) > budget { cut = Self.owed(wishes.map { ($0, units($0, high)) }, budget: budget, planner: planner) }
        spent = wishes.reduce(0) { $0 + (cut[$1.name] ?? units($1, 0)) * $1.unitCost }
    }
}

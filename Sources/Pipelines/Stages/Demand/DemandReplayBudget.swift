import Records

/// What a budget leaves of the orders of one past review.
///
/// The job's own policy spreads it as a run does (``DemandBudget``: to the units that save most). Policies that know no distribution have no
/// such order among units: every item gets the same share of what it wants, in whole packs, and what that leaves over buys a pack each as far
/// as it reaches. What a least order forbids is not bought.
struct DemandReplayBudget {
    struct Wish {
        var name: String
        var position: Double
        /// Minor units.
        var unitCost: Double
        /// Units that the item alone would want.
        var units: Double
        /// Thinned; nil where the policy has none.
        var draws: DemandDraws?
    }

    private let planner: DemandPlanner
    /// Minor units; nil = none.
    private let budget: Double?

    init(_ planner: DemandPlanner) {
        self.planner = planner
        budget = planner.settings.supply.budget.map { $0 * Double(planner.settings.currency.minorUnits) }
    }

    /// Units of each wish.
    func orders(_ wishes: [Wish]) -> [Double] {
        let all = wishes.map(\.units), value = wishes.reduce(0) { $0 + $1.units * $1.unitCost }
        guard let budget, value > budget else { return all }
        let known = wishes.compactMap { one in
            one.draws.map { DemandBudget.Wish(name: one.name, position: one.position, unitCost: one.unitCost, most: one.units, draws: $0) }
        }
        guard known.count == wishes.count else { return shared(wishes, budget, share: budget / value) }
        let cut = DemandBudget(known, budget: budget, planner: planner).cut
        return wishes.map { min(cut[$0.name] ?? $0.units, $0.units) }
    }

    private func shared(_ wishes: [Wish], _ budget: Double, share: Double) -> [Double] {
        let pack = planner.settings.pack, least = planner.settings.leastOrder
        func allowed(_ units: Double) -> Double { units < least ? 0 : units }
        var orders = wishes.map { allowed((share * $0.units / pack + 1e-9).rounded(.down) * pack) }
        var left = budget - zip(orders, wishes).reduce(0) { $0 + $1.0 * $1.1.unitCost }
        for (place, wish) in wishes.enumerated() {
            let more = allowed(orders[place] + pack), cost = (more - orders[place]) * wish.unitCost
            guard more > orders[place], more <= wish.units, cost <= left else { continue }
            orders[place] = more
            left -= cost
        }
        return orders
    }
}

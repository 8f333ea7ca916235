import Models
import Records

/// One item's stock under one policy, period by period, and what it cost.
struct DemandShelf {
    /// Minor units.
    private(set) var holding = 0.0, missing = 0.0, waste = 0.0, ordering = 0.0
    /// Units: wanted, sold, that came, that were thrown away; stock summed over periods.
    private(set) var wanted = 0.0, sold = 0.0, came = 0.0, thrown = 0.0, stock = 0.0
    private(set) var orders = 0, periods = 0, served = 0
    /// Units by the last period in which they can be sold, the oldest first.
    private var units: [(last: Int, count: Double)] = []
    private var coming: [Int: Double] = [:]

    var cost: Double { holding + missing + waste + ordering }

    /// What is sold, and what a unit of it costs in minor units.
    struct Good {
        var name: String
        var item: DemandState.Item
        var unit: Double
    }

    /// All items side by side, as a budget is one for all orders of a review.
    ///
    /// - Parameter levels: of each item, one a review.
    /// - Returns: one an item, in their order.
    static func replay(
        _ goods: [Good], _ levels: [String: [DemandOrderReplay.Level]], _ planner: DemandPlanner, origins: [Int]
    ) -> [DemandShelf] {
        let settings = planner.settings, budget = DemandReplayBudget(planner)
        var shelves = goods.map { _ in DemandShelf() }
        guard let begin = origins.first, let end = origins.last else { return shelves }
        for (place, good) in goods.enumerated() {
            let first = levels[good.name]?.first?.top ?? 0
            shelves[place].receive((first / settings.pack).rounded(.up) * settings.pack, in: begin + 1, settings)
        }
        for period in (begin + 1)...(end + settings.review) {
            // At the end of the period before, an order was placed that comes after the lead time.
            if let review = origins.firstIndex(of: period - 1) {
                let wishes = goods.indices.map { place -> DemandReplayBudget.Wish in
                    let own = levels[goods[place].name] ?? [], level = own.indices.contains(review) ? own[review] : .init(0)
                    let position = shelves[place].position
                    return .init(
                        name: goods[place].name, position: position, unitCost: goods[place].unit,
                        units: planner.units((level.point, level.top), position: position), draws: level.draws)
                }
                for (place, units) in budget.orders(wishes).enumerated() where units > 0 {
                    shelves[place].order(units, of: goods[place].name, in: period, settings)
                }
            }
            for (place, good) in goods.enumerated() {
                shelves[place].receive(shelves[place].coming.removeValue(forKey: period) ?? 0, in: period, settings)
                shelves[place].sell(DemandOrderReplay.demand(good.item, planner, period), in: period, unit: good.unit, settings)
            }
        }
        return shelves
    }

    private mutating func order(_ units: Double, of name: String, in period: Int, _ settings: DemandSettings) {
        coming[period + Self.lead(name, period, settings), default: 0] += units
        orders += 1
        ordering += settings.supply.orderCost * Double(settings.currency.minorUnits)
    }

    /// What can be reached by one who knows demand and lead times: as of the others, the first review's stock is there and orders nothing.
    static func perfect(
        _ item: DemandState.Item, _ name: String, _ planner: DemandPlanner, origins: [Int], unit: Double
    ) -> DemandShelf {
        let settings = planner.settings
        var shelf = DemandShelf()
        guard let begin = origins.first, let end = origins.last else { return shelf }
        let demand = (begin + 1...end + settings.review).map { DemandOrderReplay.demand(item, planner, $0) }
        let arrivals = [0] + origins.dropFirst().map { $0 - begin + lead(name, $0 + 1, settings) }.filter { $0 < demand.count }.sorted()
        let order = settings.supply.orderCost * Double(settings.currency.minorUnits)
        let plan = LostSalesPlan(
            demand: demand, arrivals: arrivals, fixed: order, holding: settings.holding * unit, missing: settings.margin * unit,
            life: settings.supply.shelfLife)
        for (arrival, lot) in zip(arrivals, plan.lots).dropFirst() where lot > 0 {
            shelf.coming[begin + 1 + arrival, default: 0] += lot
            shelf.orders += 1
            shelf.ordering += order
        }
        shelf.receive(plan.lots[0], in: begin + 1, settings)
        for (at, wanted) in demand.enumerated() {
            shelf.receive(shelf.coming.removeValue(forKey: begin + 1 + at) ?? 0, in: begin + 1 + at, settings)
            shelf.sell(wanted, in: begin + 1 + at, unit: unit, settings)
        }
        return shelf
    }

    private static func lead(_ name: String, _ period: Int, _ settings: DemandSettings) -> Int {
        guard let times = settings.supply.leadTimes else { return settings.leadTime }
        return times[Int(RecordKey.mix(DemandPlanner.seed(name, period)) % UInt64(times.count))]
    }

    private var position: Double { onHand + coming.values.reduce(0, +) }
    private var onHand: Double { units.reduce(0) { $0 + $1.count } }

    private mutating func receive(_ count: Double, in period: Int, _ settings: DemandSettings) {
        guard count > 0 else { return }
        came += count
        units.append((settings.supply.shelfLife.map { period + $0 - 1 } ?? .max, count))
    }

    private mutating func sell(_ demand: Double, in period: Int, unit: Double, _ settings: DemandSettings) {
        var left = demand
        for place in units.indices where left > 0 {
            let taken = min(units[place].count, left)
            units[place].count -= taken
            left -= taken
        }
        let old = units.filter { $0.last <= period }.reduce(0) { $0 + $1.count }
        units.removeAll { $0.last <= period || $0.count <= 0 }
        periods += 1
        served += left <= 1e-9 ? 1 : 0
        (wanted, sold, thrown, stock) = (wanted + demand, sold + demand - left, thrown + old, stock + onHand)
        holding += onHand * settings.holding * unit
        missing += left * settings.margin * unit
        waste += old * settings.supply.waste * unit
    }
}

import Connectors
import Foundation
import Models
public import Records

/// Replays ordering on a demand job's own past: what each policy would have cost.
///
/// At each of `reviews` past reviews, `review` periods apart, every policy says from the values up to then at or below which position it orders
/// and up to which; the order arrives after the lead time (where lead times vary, one of them drawn by item and period, the same for all
/// policies); demand that finds no stock is lost; what its shelf life ends before it sells is wasted, the oldest units sell first. All policies
/// begin with the level of their first review in stock. Holding is paid for what is left at a period's end, the margin for each unit missed,
/// waste for each unit thrown away, all as shares of the unit's cost, and each order's own cost, as the job says. Periods whose demand is not
/// known (ran out) count with the smooth level before them. Where the job has a budget for all orders of a review it holds here, too, but for
/// the stock that all begin with and for `perfect` (``DemandReplayBudget``).
public struct DemandOrderReplay: Sendable {
    public enum Policy: String, CaseIterable, Sendable {
        /// The job's: a quantile of sampled sums of the whole forecast distribution.
        case distribution
        /// The forecast's mean and a safety factor times the deviation of past values.
        case safety
        /// The same quantile of past sums over as many periods, without a forecast.
        case history
        /// A Poisson distribution of the forecast's mean.
        case poisson
        /// (s, S) by the power approximation, of the forecast's mean and the deviation of past values; the safety level where orders cost nothing.
        case power
        /// Knows what comes, lead times included, and orders the cheapest lots for it (``LostSalesPlan``), packs and least orders aside: no
        /// policy costs less.
        case perfect
    }

    /// What a policy cost.
    public struct Row: Hashable, Sendable {
        public var policy: String
        public var items: Int
        public var periods: Int
        /// Minor units, with the interval of resamples over items.
        public var cost: Double
        public var low: Double
        public var high: Double
        public var holding: Double
        public var missing: Double
        public var waste: Double
        public var ordering: Double
        /// Share of the units wanted that were sold.
        public var fill: Double
        /// Share of an item's periods in which all that was wanted was there.
        public var served: Double
        /// Units thrown away, as a share of those that came.
        public var wasted: Double
        /// Mean units in stock at a period's end, an item.
        public var stock: Double
        public var orders: Int
    }

    public let reviews: Int
    public let resamples: Int

    public init(reviews: Int, resamples: Int = 500) { (self.reviews, self.resamples) = (reviews, resamples) }

    /// - Throws: a job whose stage is not `demand`, a feed that cannot be read, a past too short for the reviews.
    public func measure(_ job: Job, progress: (Int) -> Void = { _ in }) throws(Failure) -> (rows: [Row], currency: Currency) {
        let job = try job.scored()
        guard job.stage.name == DemandSettings.stage else { throw .backtestStage(job.name, job.stage.name) }
        let stage = try DemandBacktest.filled(job, progress: progress)
        let settings = stage.settings, planner = DemandPlanner(settings: settings), state = stage.state
        let last = stage.newestPeriod ?? .min / 2
        let start = last - settings.cover - (reviews - 1) * settings.review
        let origins = (0..<reviews).map { start + $0 * settings.review }
        let items = state.names.filter { (state.items[$0]?.first ?? .max) + 2 * settings.cover <= start }
        guard !items.isEmpty else { throw .backtestShort(job.name, origins: reviews, horizon: settings.cover) }
        var levels: [Policy: [String: [Level]]] = [:]
        for origin in origins {
            let made = DemandForecasts(planner, state, items) { _ in origin }
            let sums = DemandSums(made, state, items, origin: origin)
            for name in items {
                guard let item = state.items[name] else { continue }
                for (policy, level) in self.levels(
                    planner, name, item, made.forecast(of: name, origin: origin).forecast, sums,
                    unitCost: Double(state.cost(of: name, settings)),
                    origin: origin)
                {
                    levels[policy, default: [:]][name, default: []].append(level)
                }
            }
        }
        let goods = items.compactMap { name in
            state.items[name].map { DemandShelf.Good(name: name, item: $0, unit: Double(state.cost(of: name, settings))) }
        }
        let rows = Policy.allCases.map { policy in
            row(
                policy,
                policy == .perfect
                    ? goods.map { DemandShelf.perfect($0.item, $0.name, planner, origins: origins, unit: $0.unit) }
                    : DemandShelf.replay(goods, levels[policy] ?? [:], planner, origins: origins))
        }
        return (rows, settings.currency)
    }

    // MARK: One item

    /// Ordered at or below `point`, up to `top`.
    struct Level {
        var point: Double
        var top: Double
        /// What a budget is spread by, of the policy that has it.
        var draws: DemandDraws?

        init(_ point: Double, _ top: Double) { (self.point, self.top) = (point, top) }
        init(_ level: Double) { self.init(level, level) }
    }

    private func levels(
        _ planner: DemandPlanner, _ name: String, _ item: DemandState.Item, _ forecast: LocalForecast, _ sums: DemandSums,
        unitCost: Double, origin: Int
    ) -> [(Policy, Level)] {
        let settings = planner.settings, cover = settings.cover
        let values = planner.series(item, through: origin)
        let mean = forecast.mean.prefix(cover).reduce(0, +), average = values.reduce(0, +) / Double(values.count)
        let variance = values.reduce(0) { $0 + ($1 - average) * ($1 - average) } / Double(max(values.count - 1, 1))
        let costs = planner.shares, ratio = costs.missing / (costs.missing + costs.holding)
        let pastSums =
            values.count >= cover ? (cover...values.count).map { values[($0 - cover)..<$0].reduce(0, +) }.sorted() : [mean]
        let draws = sums.applied(to: DemandDraws(forecast, settings, seed: DemandPlanner.seed(name, origin)), past: values)
        let job = planner.policy(draws, unitCost: unitCost)
        var distribution = Level(job.point, job.top)
        if settings.supply.budget != nil { distribution.draws = draws.thinned }
        let safety = max(0, mean + NormalLoss.quantile(ratio) * (variance * Double(cover)).squareRoot())
        let order = settings.supply.orderCost * Double(settings.currency.minorUnits), holding = settings.holding * unitCost
        var power = Level(safety)
        if order > 0, holding > 0, mean > 0, variance > 0 {
            let found = OrderUpTo.powerApproximation(
                holding: holding * Double(settings.review), stockout: settings.margin * unitCost, fixed: order,
                mean: mean / Double(cover) * Double(settings.review), deviation: (variance * Double(settings.review)).squareRoot(),
                leadTime: Double(settings.leadTime) / Double(settings.review))
            if found.orderUpTo.isFinite { power = Level(max(found.reorderPoint, 0), max(found.orderUpTo, 0)) }
        }
        return [
            (.distribution, distribution), (.safety, Level(safety)),
            (.history, Level(Newsvendor.empirical(holding: costs.holding, stockout: costs.missing, demands: pastSums).level)),
            (.poisson, Level(Newsvendor.poisson(holding: costs.holding, stockout: costs.missing, mean: mean).level)), (.power, power),
        ]
    }

    static func demand(_ item: DemandState.Item, _ planner: DemandPlanner, _ period: Int) -> Double {
        planner.actual(item, period) ?? planner.series(item, through: period).last ?? 0
    }

    // MARK: All items

    private func row(_ policy: Policy, _ shelves: [DemandShelf]) -> Row {
        func sum(_ part: (DemandShelf) -> Double) -> Double { shelves.reduce(0) { $0 + part($1) } }
        var random = SplitMix64(seed: 7)
        let draws = (0..<resamples).map { _ in
            shelves.indices.reduce(0.0) { sum, _ in sum + shelves[random.next(below: shelves.count)].cost }
        }.sorted()
        let periods = shelves.reduce(0) { $0 + $1.periods }, wanted = sum { $0.wanted }, came = sum { $0.came }
        return Row(
            policy: policy.rawValue, items: shelves.count, periods: periods, cost: sum { $0.cost },
            low: draws[Int(0.025 * Double(draws.count))], high: draws[min(draws.count - 1, Int(0.975 * Double(draws.count)))],
            holding: sum { $0.holding }, missing: sum { $0.missing }, waste: sum { $0.waste }, ordering: sum { $0.ordering },
            fill: wanted > 0 ? sum { $0.sold } / wanted : 1, served: Double(shelves.reduce(0) { $0 + $1.served }) / Double(max(periods, 1)),
            wasted: came > 0 ? sum { $0.thrown } / came : 0, stock: sum { $0.stock } / Double(max(periods, 1)),
            orders: shelves.reduce(0) { $0 + $1.orders })
    }
}

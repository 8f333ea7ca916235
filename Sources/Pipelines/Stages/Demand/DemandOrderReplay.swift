import Connectors
import Foundation
import Models
public import Records

/// Replays ordering on a demand job's own past: what each policy would have cost.
///
/// At each of `reviews` past reviews, `review` periods apart, every policy says the level to order up to from the values up to then; the order
/// arrives after the lead time; demand that finds no stock is lost. All policies begin with the level of their first review in stock.
/// Holding is paid for what is left at a period's end, the margin for each unit missed, both as shares of the unit's cost, as the job says.
/// Periods whose demand is not known (ran out) count with the smooth level before them.
public struct DemandOrderReplay: Sendable {
    public enum Policy: String, CaseIterable, Sendable {
        /// The job's: a quantile of sampled sums of the whole forecast distribution.
        case distribution
        /// The forecast's mean and a safety factor times the deviation of past values.
        case safety
        /// The same quantile of past sums over as many periods, without a forecast.
        case history
        /// Knows what comes: no policy without that knowledge can be expected to cost less.
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
        /// Share of the units wanted that were sold.
        public var fill: Double
        /// Mean units in stock at a period's end, an item.
        public var stock: Double
        public var orders: Int
    }

    struct Tally {
        var holding = 0.0, missing = 0.0, wanted = 0.0, sold = 0.0, stock = 0.0
        var orders = 0, periods = 0
        var cost: Double { holding + missing }
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
        let start = last - settings.exposure - (reviews - 1) * settings.review
        let origins = (0..<reviews).map { start + $0 * settings.review }
        let items = state.names.filter { (state.items[$0]?.first ?? .max) + 2 * settings.exposure <= start }
        guard !items.isEmpty else { throw .backtestShort(job.name, origins: reviews, horizon: settings.exposure) }
        var levels: [Policy: [String: [Double]]] = [:]
        for origin in origins {
            let global = settings.global == .none ? nil : DemandGlobal(planner: planner, state, items, origin: origin)
            for name in items {
                guard let item = state.items[name] else { continue }
                for (policy, level) in self.levels(
                    planner, name, item, origin: origin,
                    global: global?.forecast(of: item, origin: origin, seed: DemandPlanner.seed(name, origin)))
                {
                    levels[policy, default: [:]][name, default: []].append(level)
                }
            }
        }
        let rows = Policy.allCases.map { policy in
            row(
                policy,
                items.compactMap { name in
                    state.items[name].map { replay($0, planner, levels[policy]?[name] ?? [], origins: origins) }
                })
        }
        return (rows, settings.currency)
    }

    // MARK: One item

    private func levels(
        _ planner: DemandPlanner, _ name: String, _ item: DemandState.Item, origin: Int, global: LocalForecast?
    ) -> [(Policy, Double)] {
        let settings = planner.settings, exposure = settings.exposure, ratio = planner.ratio
        let values = planner.series(item, through: origin), seed = DemandPlanner.seed(name, origin)
        let forecast = planner.forecast(values, seed: seed, global: global).0
        let mean = forecast.mean.reduce(0, +), average = values.reduce(0, +) / Double(values.count)
        let variance = values.reduce(0) { $0 + ($1 - average) * ($1 - average) } / Double(max(values.count - 1, 1))
        let sums =
            values.count >= exposure
            ? (exposure...values.count).map { values[($0 - exposure)..<$0].reduce(0, +) }.sorted() : [mean]
        let coming = (1...exposure).reduce(0.0) { $0 + Self.demand(item, planner, origin + $1) }
        return [
            (.distribution, planner.level(planner.sums(of: forecast, seed: seed))),
            (.safety, max(0, mean + NormalLoss.quantile(ratio) * (variance * Double(exposure)).squareRoot())),
            (.history, planner.level(sums)), (.perfect, coming),
        ]
    }

    private static func demand(_ item: DemandState.Item, _ planner: DemandPlanner, _ period: Int) -> Double {
        planner.actual(item, period) ?? planner.series(item, through: period).last ?? 0
    }

    private func replay(_ item: DemandState.Item, _ planner: DemandPlanner, _ levels: [Double], origins: [Int]) -> Tally {
        let settings = planner.settings, unit = Double(item.cost)
        guard let first = levels.first, let begin = origins.first, let end = origins.last else { return Tally() }
        var tally = Tally(), stock = (first / settings.pack).rounded(.up) * settings.pack, coming: [Int: Double] = [:]
        for period in (begin + 1)...(end + settings.review) {
            // At the end of the period before, an order was placed that comes after the lead time.
            if let review = origins.firstIndex(of: period - 1) {
                let needed = levels[review] - stock - coming.values.reduce(0, +)
                if needed > 1e-9 {
                    coming[period + settings.leadTime, default: 0] += max(
                        (needed / settings.pack).rounded(.up) * settings.pack, settings.leastOrder)
                    tally.orders += 1
                }
            }
            stock += coming.removeValue(forKey: period) ?? 0
            let demand = Self.demand(item, planner, period), sold = min(stock, demand)
            stock -= sold
            tally.periods += 1
            (tally.wanted, tally.sold, tally.stock) = (tally.wanted + demand, tally.sold + sold, tally.stock + stock)
            tally.holding += stock * settings.holding * unit
            tally.missing += (demand - sold) * settings.margin * unit
        }
        return tally
    }

    // MARK: All items

    private func row(_ policy: Policy, _ tallies: [Tally]) -> Row {
        func sum(_ part: (Tally) -> Double) -> Double { tallies.reduce(0) { $0 + part($1) } }
        var random = SplitMix64(seed: 7)
        let draws = (0..<resamples).map { _ in
            tallies.indices.reduce(0.0) { sum, _ in sum + tallies[random.next(below: tallies.count)].cost }
        }.sorted()
        let periods = tallies.reduce(0) { $0 + $1.periods }, wanted = sum { $0.wanted }
        return Row(
            policy: policy.rawValue, items: tallies.count, periods: periods, cost: sum { $0.cost },
            low: draws[Int(0.025 * Double(draws.count))], high: draws[min(draws.count - 1, Int(0.975 * Double(draws.count)))],
            holding: sum { $0.holding }, missing: sum { $0.missing }, fill: wanted > 0 ? sum { $0.sold } / wanted : 1,
            stock: sum { $0.stock } / Double(max(periods, 1)), orders: tallies.reduce(0) { $0 + $1.orders })
    }
}

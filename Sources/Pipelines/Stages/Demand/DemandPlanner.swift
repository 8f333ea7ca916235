import Models
import Records

/// From an item's past to a forecast and an order. Depends on the item alone.
struct DemandPlanner: Sendable {
    let settings: DemandSettings
    /// What is known of periods for all items alike.
    var external = DemandKnown()

    init(settings: DemandSettings) { self.settings = settings }

    func knowing(_ external: DemandKnown) -> DemandPlanner {
        var result = self
        result.external = external
        return result
    }

    static let levels = [0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975]
    /// Positions of 10, 50 and 90 %.
    static let (low, middle, high) = (2, 6, 10)

    static func seed(_ name: String, _ origin: Int) -> UInt64 { RecordKey.hash("\(name)\u{1F}\(origin)") }

    /// The horizon is what an order must last for.
    func request(seed: UInt64) -> ForecastRequest {
        var request = ForecastRequest(horizon: settings.exposure, season: settings.seasons.first ?? 1, levels: Self.levels, seed: seed)
        request.periods = settings.seasons
        return request
    }

    // MARK: The past

    /// One value a period up to the origin, gaps filled as declared, nothing below zero, stock-outs raised to the level before them.
    func series(_ item: DemandState.Item, through origin: Int) -> [Double] { past(item, through: origin).values }

    /// The same, and the period of each value.
    func past(_ item: DemandState.Item, through origin: Int) -> (values: [Double], periods: [Int]) {
        var values: [Double] = [], periods: [Int] = [], level = 0.0, isFirst = true
        for period in item.first...max(origin, item.first) {
            let at = period - item.first
            let known = at < item.values.count ? item.values[at] : .nan
            if known.isNaN, settings.gap == .closed { continue }
            periods.append(period)
            if known.isNaN {
                values.append(settings.gap == .missing ? values.last ?? 0 : 0)
                if settings.gap == .missing { continue }
            } else {
                values.append(max(known, 0))
            }
            let isShort = at < item.isShort.count && item.isShort[at]
            if isShort {
                values[values.count - 1] = max(values[values.count - 1], level)
            } else {
                level = isFirst ? values[values.count - 1] : level + 0.2 * (values[values.count - 1] - level)
                isFirst = false
            }
        }
        // Every period was closed: nothing is known.
        return values.isEmpty ? ([0], [item.first]) : (values, periods)
    }

    /// What was wanted in a period, as far as it is known: nil where it ran out, or without a row unless gaps are zeros.
    func actual(_ item: DemandState.Item, _ period: Int) -> Double? {
        let at = period - item.first
        guard at >= 0 else { return nil }
        if at < item.isShort.count, item.isShort[at] { return nil }
        let known = at < item.values.count ? item.values[at] : .nan
        if known.isNaN { return settings.gap == .zero ? 0 : nil }
        return max(known, 0)
    }

    /// Nothing below zero, nothing above `ceiling` times the largest value seen; means within their quantiles' reach.
    func bounded(_ forecast: LocalForecast, by values: [Double]) -> LocalForecast {
        var result = forecast.clampedAtZero()
        let most = settings.ceiling * (values.max() ?? 0)
        for index in result.quantiles.indices where !(result.quantiles[index] <= most) { result.quantiles[index] = most }
        for step in result.mean.indices where !(result.mean[step] <= most) { result.mean[step] = most }
        return result
    }
}

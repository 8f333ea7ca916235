import Foundation
import Models
import Records

/// From an item's past to a forecast and an order. Depends on the item alone.
struct DemandPlanner {
    let settings: DemandSettings

    static let levels = [0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975]
    /// Positions of 10, 50 and 90 %.
    static let (low, middle, high) = (2, 6, 10)
    private static let samples = 500

    func result(of name: String, _ item: DemandState.Item, stock: DemandState.Stock?, origin: Int, global: LocalForecast? = nil)
        -> DemandResult
    {
        let values = series(item, through: origin)
        var result = DemandResult(item: name)
        result.position = (stock?.onHand ?? 0) + (stock?.onOrder ?? 0)
        result.knowsStock = stock != nil
        result.recent = Array(values.suffix(12))
        result.history = values.count
        let seed = Self.seed(name, origin)
        let (forecast, loss) = forecast(values, seed: seed, global: global)
        result.loss = loss
        result.model = forecast.model
        (result.mean, result.levels) = (forecast.mean, forecast.quantiles)
        order(for: &result, sums: sums(of: forecast, seed: seed), unitCost: Double(item.cost))
        return result
    }

    static func seed(_ name: String, _ origin: Int) -> UInt64 { RecordKey.hash("\(name)\u{1F}\(origin)") }

    /// That of all items where there is one, else the item's own, and the own models' loss on past origins.
    func forecast(_ values: [Double], seed: UInt64, global: LocalForecast?) -> (LocalForecast, loss: Double) {
        if let global { return (bounded(global, by: values), .nan) }
        return own(values, seed: seed)
    }

    /// The horizon is what an order must last for.
    func request(seed: UInt64) -> ForecastRequest {
        var request = ForecastRequest(horizon: settings.exposure, season: settings.seasons.first ?? 1, levels: Self.levels, seed: seed)
        request.periods = settings.seasons
        return request
    }

    /// By the item's own models, and their loss on past origins.
    func own(_ values: [Double], seed: UInt64) -> (LocalForecast, loss: Double) {
        let request = request(seed: seed)
        let shares = shares(values, request)
        let forecast = AutomaticForecaster.forecast(values, request, shares: shares) { bounded($0, by: $1) }
        let known = shares.filter { $0.weight > 0 && !$0.loss.isNaN }
        return (forecast, known.isEmpty ? .nan : known.reduce(0) { $0 + $1.weight * $1.loss } / known.reduce(0) { $0 + $1.weight })
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

    // MARK: The model

    /// What each of the item's models has to say, by its quantile loss over two past origins.
    func shares(_ values: [Double], _ request: ForecastRequest) -> [AutomaticForecaster.Share] {
        typealias Settings = AutomaticForecaster.Settings
        var automatic = Settings(models: settings.model.map { [$0] } ?? (settings.isThorough ? Settings.thorough : Settings.fast))
        automatic.budget = settings.budget
        let shares = AutomaticForecaster(automatic).shares(values, request) { bounded($0, by: $1) }
        guard let model = settings.model, shares.count != 1 else { return shares }
        return [AutomaticForecaster.Share(model: model, loss: .nan, weight: 1)]
    }

    /// Nothing below zero, nothing above `ceiling` times the largest value seen; means within their quantiles' reach.
    func bounded(_ forecast: LocalForecast, by values: [Double]) -> LocalForecast {
        var result = forecast.clampedAtZero()
        let most = settings.ceiling * (values.max() ?? 0)
        for index in result.quantiles.indices where !(result.quantiles[index] <= most) { result.quantiles[index] = most }
        for step in result.mean.indices where !(result.mean[step] <= most) { result.mean[step] = most }
        return result
    }

    // MARK: The order

    /// Sums of sampled periods, sorted. Surprises of one sample share a normal factor (`correlation`).
    func sums(of forecast: LocalForecast, seed: UInt64) -> [Double] {
        var random = NormalSource(seed: seed)
        let shared = settings.correlation.squareRoot(), own = (1 - settings.correlation).squareRoot()
        return (0..<Self.samples).map { _ in
            let common = random.next()
            var sum = 0.0
            for step in forecast.mean.indices {
                let probability = NormalLoss.distribution(shared * common + own * random.next())
                sum += value(of: forecast, step, at: probability)
            }
            return sum
        }.sorted()
    }

    /// Between the levels on lines; beyond them the outer lines go on.
    private func value(of forecast: LocalForecast, _ step: Int, at probability: Double) -> Double {
        let levels = Self.levels, last = levels.count - 1
        var upper = 1
        while upper < last, levels[upper] < probability { upper += 1 }
        let (a, b) = (forecast.quantile(step: step, level: upper - 1), forecast.quantile(step: step, level: upper))
        let share = (probability - levels[upper - 1]) / (levels[upper] - levels[upper - 1])
        return max(0, a + share * (b - a))
    }

    /// The chance that an order should last with: where holding and missing cost the same, or the one that is asked for.
    var ratio: Double {
        settings.service ?? settings.margin / (settings.margin + settings.holding * Double(settings.exposure))
    }

    /// The level to order up to.
    ///
    /// - Parameter sums: sorted.
    func level(_ sums: [Double]) -> Double { Newsvendor.empirical(holding: 1 - ratio, stockout: ratio, demands: sums).level }

    private func order(for result: inout DemandResult, sums: [Double], unitCost: Double) {
        let holding = settings.holding * Double(settings.exposure), missing = settings.margin
        // Shown to a person: hundredths of a unit are enough.
        func rounded(_ units: Double) -> Double { (units * 100).rounded() / 100 }
        result.expected = rounded(sums.reduce(0, +) / Double(sums.count))
        result.target = rounded(level(sums))
        let short = sums.filter { $0 > result.position }
        result.chance = Double(short.count) / Double(sums.count)
        let needed = result.target - result.position
        if needed > 0 { result.order = max((needed / settings.pack).rounded(.up) * settings.pack, settings.leastOrder) }
        result.orderValue = Self.minor(result.order * unitCost)
        guard result.order > 0 else { return }
        let missed = short.isEmpty ? 0 : short.reduce(0) { $0 + $1 - result.position } / Double(short.count)
        result.shortage = Self.minor(missed * missing * unitCost)
        result.overstock = Self.minor(result.order * holding * unitCost)
    }

    private static func minor(_ value: Double) -> Int64 { Int64(min(max(value.rounded(), 0), 9e15)) }
}

/// Normal numbers from a seed (Box, Muller 1958).
private struct NormalSource {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    private mutating func uniform() -> Double {
        state &+= 0x9e37_79b9_7f4a_7c15
        return (Double(RecordKey.mix(state) >> 11) + 0.5) * 0x1p-53
    }

    mutating func next() -> Double { (-2 * log(uniform())).squareRoot() * cos(2 * Double.pi * uniform()) }
}

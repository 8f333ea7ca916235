import Models
import Records

/// One model over all items: boosted trees over lags, calendar and covariates, perhaps in a mean with each item's own models. How both did in
/// the span before the origin sets the weights of that mean and the intervals.
struct DemandGlobal {
    private let planner: DemandPlanner
    private let origin: Int
    /// When the origin's period ends: what became known later is not used.
    private let end: Int64
    private let model: GlobalForecaster?
    /// What the trees have of the mean with the item's own models: of its mean, of its quantiles.
    private let weights: (mean: Double, quantiles: Double)
    private let calibration: IntervalCalibration
    private let stretches: [Double]

    private var settings: DemandSettings { planner.settings }

    init(planner: DemandPlanner, _ state: DemandState, _ items: [String], origin: Int) {
        (self.planner, self.origin) = (planner, origin)
        var zone = planner.settings.zone
        end = zone.microseconds(local: Int64(planner.settings.period.firstDay(of: origin + 1)) * 86_400_000_000)
        let (end, settings) = (end, planner.settings)
        func series(through origin: Int) -> [GlobalSeries] {
            items.compactMap { name in
                guard let item = state.items[name], item.first <= origin else { return nil }
                return Self.series(item, planner, origin: origin, end: end)
            }
        }
        let now = series(through: origin)
        model = GlobalForecaster(now, settings: Self.settings(settings))
        var past = DemandGlobalPast(planner, horizon: settings.exposure)
        if model != nil, settings.calibrates || settings.global == .combined {
            let start = origin - settings.exposure
            let known = items.filter { (state.items[$0]?.first ?? .max) <= start }
            let rows = series(through: start)
            if let before = GlobalForecaster(rows, settings: Self.settings(settings)) {
                past.take(state, known, before.forecasts(rows), origin: start)
            }
        }
        weights = past.weights
        calibration = past.calibration(weights)
        stretches = settings.calibrates ? calibration.stretches : []
    }

    /// Nil where no model could be made.
    ///
    /// - Parameter seed: of what the item's own models simulate.
    func forecast(of item: DemandState.Item, seed: UInt64) -> LocalForecast? {
        guard let model else { return nil }
        let series = Self.series(item, planner, origin: origin, end: end)
        var result = planner.bounded(model.forecasts([series])[0], by: series.values)
        if settings.global == .combined { result = Self.mixed(result, planner.own(series.values, seed: seed).0, weights) }
        return stretches.isEmpty ? result : calibration.applied(stretches, to: result).clampedAtZero()
    }

    static func mixed(_ trees: LocalForecast, _ own: LocalForecast, _ weights: (mean: Double, quantiles: Double)) -> LocalForecast {
        var result = ForecastEnsemble.mean([trees, own], weights: [weights.quantiles, 1 - weights.quantiles])
        for step in result.mean.indices { result.mean[step] = weights.mean * trees.mean[step] + (1 - weights.mean) * own.mean[step] }
        result.model = "trees+\(own.model)"
        return result
    }

    // MARK: Rows

    private static func settings(_ settings: DemandSettings) -> GlobalForecaster.Settings {
        let (periods, window): ([Int], Int) =
            switch settings.period {
            case .day: ([7], 56)
            case .week: ([52], 26)
            case .month: ([12], 24)
            }
        var result = GlobalForecaster.Settings(horizon: settings.exposure, periods: periods, window: window)
        result.levels = DemandPlanner.levels
        result.trees.trees = settings.trees
        result.isLogarithmic = settings.multiplies
        return result
    }

    /// Values up to the origin; covariates and calendar up to the end of the horizon, those of the periods beside included.
    private static func series(_ item: DemandState.Item, _ planner: DemandPlanner, origin: Int, end: Int64) -> GlobalSeries {
        let settings = planner.settings, width = settings.known.count
        let (values, past) = planner.past(item, through: origin)
        let periods = past + (1...settings.exposure).map { origin + $0 }
        var covariates: [[Double]] = []
        if width > 0 {
            let rows = periods.map { item.known.row($0, knownBy: end, width: width) }
            for place in 0..<width {
                covariates.append(rows.map { $0[place] })
                covariates.append(rows.indices.map { $0 > 0 ? rows[$0 - 1][place] : .nan })
                covariates.append(rows.indices.map { $0 + 1 < rows.count ? rows[$0 + 1][place] : .nan })
            }
        }
        covariates.append(periods.map { Double(settings.period.placeInYear(of: $0)) })
        if settings.period == .day {
            covariates.append(periods.map { Double(settings.period.dayOfMonth(of: $0)) })
            covariates.append(periods.map { Double(($0 % 7 + 10) % 7) })
        }
        // Where periods were closed, places in a season are right from the end backwards.
        return GlobalSeries(values: values, start: origin + 1 - values.count, covariates: covariates)
    }
}

/// Forecasts of trees and of items' own models from one horizon before the origin, and what came.
struct DemandGlobalPast {
    private let planner: DemandPlanner
    private let horizon: Int
    private var cases: [(trees: LocalForecast, own: LocalForecast?, actual: [Double])] = []

    init(_ planner: DemandPlanner, horizon: Int) { (self.planner, self.horizon) = (planner, horizon) }

    /// - Parameter forecasts: of the trees, one an item.
    mutating func take(_ state: DemandState, _ items: [String], _ forecasts: [LocalForecast], origin: Int) {
        for (name, forecast) in zip(items, forecasts) {
            guard let item = state.items[name] else { continue }
            let values = planner.series(item, through: origin)
            let actual = (1...horizon).map { planner.actual(item, origin + $0) ?? .nan }
            let own = planner.settings.global == .combined ? planner.own(values, seed: DemandPlanner.seed(name, origin)).0 : nil
            cases.append((planner.bounded(forecast, by: values), own, actual))
        }
    }

    /// By the inverse loss over all items: squared errors in each item's own unit for means, pinball for quantiles; sharply, since sums over
    /// many items tell well; halves where nothing is known.
    var weights: (mean: Double, quantiles: Double) {
        var squares = (0.0, 0.0), losses = (0.0, 0.0)
        for (trees, own, actual) in cases {
            guard let own else { continue }
            let unit = max(actual.reduce(0) { $1.isNaN ? $0 : $0 + abs($1) } / Double(horizon), 1)
            for (step, value) in actual.enumerated() where !value.isNaN {
                let (a, b) = ((trees.mean[step] - value) / unit, (own.mean[step] - value) / unit)
                squares = (squares.0 + a * a, squares.1 + b * b)
            }
            losses.0 += trees.pinball(actual, levels: DemandPlanner.levels)
            losses.1 += own.pinball(actual, levels: DemandPlanner.levels)
        }
        func share(_ first: Double, _ second: Double, sharpness: Int) -> Double {
            guard first > 0, second > 0 else { return 0.5 }
            var ratio = 1.0
            for _ in 0..<sharpness { ratio *= first / second }
            return 1 / (1 + ratio)
        }
        return (share(squares.0, squares.1, sharpness: 2), share(losses.0, losses.1, sharpness: 6))
    }

    func calibration(_ weights: (mean: Double, quantiles: Double)) -> IntervalCalibration {
        var result = IntervalCalibration(levels: DemandPlanner.levels, horizon: horizon)
        for (trees, own, actual) in cases {
            result.add(own.map { DemandGlobal.mixed(trees, $0, weights) } ?? trees, actual: actual)
        }
        return result
    }
}

extension DemandPeriod {
    /// Month of a day or month, week of a week, from 1.
    func placeInYear(of number: Int) -> Int {
        let parts = Timestamp(microseconds: Int64(firstDay(of: number)) * 86_400_000_000).parts
        guard self == .week else { return parts.month }
        return (firstDay(of: number) - Timestamp.days(year: parts.year, month: 1, day: 1)) / 7 + 1
    }

    func dayOfMonth(of number: Int) -> Int { Timestamp(microseconds: Int64(firstDay(of: number)) * 86_400_000_000).parts.day }
}

import Models
import Records

/// One model over all items: boosted trees over lags, calendar, covariates and how their intervals did in the span before the origin.
struct DemandGlobal {
    private let planner: DemandPlanner
    private let origin: Int
    /// When the origin's period ends: what became known later is not used.
    private let end: Int64
    private let model: GlobalForecaster?
    /// How far each level is from the median, as a multiple of what the trees say.
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
        guard settings.calibrates, model != nil else {
            stretches = DemandPlanner.levels.map { _ in 1 }
            return
        }
        stretches = Self.stretches(state, items, planner, origin: origin, series: series(through: origin - settings.exposure))
    }

    /// Nil where no model could be made.
    func forecast(of item: DemandState.Item) -> LocalForecast? {
        guard let model else { return nil }
        let series = Self.series(item, planner, origin: origin, end: end)
        return Self.stretched(model.forecasts([series])[0], stretches)
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

    // MARK: Intervals

    /// A model of what was known a horizon before the origin forecasts the span up to it. Each level's distance from the median is stretched
    /// so that as many values as the level says were below it (conformal prediction by origin), by 0.5 to 2.
    private static func stretches(
        _ state: DemandState, _ items: [String], _ planner: DemandPlanner, origin: Int, series: [GlobalSeries]
    ) -> [Double] {
        let levels = DemandPlanner.levels, horizon = planner.settings.exposure, middle = DemandPlanner.middle
        let none = levels.map { _ in 1.0 }
        guard let model = GlobalForecaster(series, settings: settings(planner.settings)) else { return none }
        let known = items.filter { (state.items[$0]?.first ?? .max) <= origin - horizon }
        var ratios: [[Double]] = levels.map { _ in [] }
        for (name, past) in zip(known, series) {
            guard let item = state.items[name] else { continue }
            let forecast = model.forecasts([past])[0]
            for step in 0..<horizon {
                guard let value = planner.actual(item, origin - horizon + 1 + step) else { continue }
                let median = forecast.quantile(step: step, level: middle)
                for place in levels.indices where place != middle {
                    let distance = forecast.quantile(step: step, level: place) - median
                    if abs(distance) > 1e-9 * max(median, 1) { ratios[place].append((value - median) / distance) }
                }
            }
        }
        return levels.indices.map { place in
            let sorted = ratios[place].sorted()
            guard sorted.count >= 200 else { return 1 }
            let share = place > middle ? levels[place] : 1 - levels[place]
            return min(max(sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))], 0.5), 2)
        }
    }

    private static func stretched(_ forecast: LocalForecast, _ stretches: [Double]) -> LocalForecast {
        var result = forecast
        let width = stretches.count
        for step in forecast.mean.indices {
            let median = forecast.quantile(step: step, level: DemandPlanner.middle)
            let row = stretches.indices.map { median + stretches[$0] * (forecast.quantiles[step * width + $0] - median) }.sorted()
            result.quantiles.replaceSubrange(step * width..<(step + 1) * width, with: row)
        }
        return result.clampedAtZero()
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

import Models
import Records

/// One model over all items: boosted trees over lags, calendar and covariates, perhaps in a mean with each item's own models. How all of them
/// did in the spans before the origin sets the weights of that mean and the intervals (`CombinedForecaster`).
struct DemandGlobal {
    private let planner: DemandPlanner
    private let model: CombinedForecaster?
    /// Forecasts at past origins: the item, how many of its values were known.
    let evidence: [(item: String, count: Int, forecast: LocalForecast)]
    /// Shifts of `external-columns` by origin.
    private let shifts: [Int: Int]
    /// Places of the items among those that were learned from.
    private let numbers: [String: Int]

    private var settings: DemandSettings { planner.settings }

    /// - Parameter origin: an item's last period that is known; of a stage that runs the same for all.
    init(planner: DemandPlanner, _ state: DemandState, _ items: [String], origin: (String) -> Int) {
        let planner = planner.knowing(state.external)
        self.planner = planner
        var shifts: [Int: Int] = [:]
        for name in items {
            let origin = origin(name)
            if shifts[origin] == nil { shifts[origin] = planner.externalShift(origin: origin) }
        }
        self.shifts = shifts
        var names: [String] = []
        let series = items.compactMap { name -> CombinedForecaster.Series? in
            let origin = origin(name)
            guard let item = state.items[name], item.first <= origin else { return nil }
            names.append(name)
            var series = Self.series(item, planner, origin: origin, shift: shifts[origin] ?? 0, seed: DemandPlanner.seed(name, origin))
            series.series.number = Double(names.count - 1)
            return series
        }
        numbers = Dictionary(names.enumerated().map { ($1, $0) }) { first, _ in first }
        let lengths = series.map(\.series.values.count).sorted()
        let middle = lengths.isEmpty ? 0 : lengths[lengths.count / 2]
        model = CombinedForecaster(series, settings: Self.settings(planner.settings, count: middle)) { planner.bounded($0, by: $1) }
        evidence = model?.evidence.map { (names[$0.series], $0.count, $0.forecast) } ?? []
    }

    init(planner: DemandPlanner, _ state: DemandState, _ items: [String], origin: Int) {
        self.init(planner: planner, state, items) { _ in origin }
    }

    /// Nil where no model could be made.
    ///
    /// - Parameter seed: of what the item's own models simulate.
    func forecast(of name: String, _ item: DemandState.Item, origin: Int, seed: UInt64) -> LocalForecast? {
        guard let model else { return nil }
        let shift = shifts[origin] ?? planner.externalShift(origin: origin)
        var series = Self.series(item, planner, origin: origin, shift: shift, seed: seed)
        series.series.number = numbers[name].map(Double.init) ?? .nan
        return model.forecast(series).clampedAtZero()
    }

    /// What each member has of the quantiles, the same for all items: weights of least loss in the spans before the origin.
    var choice: [DemandChoice] {
        guard let model else { return [] }
        return zip(model.settings.members, model.weights.quantiles).map { DemandChoice(model: $0.name, loss: .nan, weight: $1) }
    }

    // MARK: Settings

    /// - Parameter count: length of most pasts, what a time budget is reckoned by.
    static func settings(_ settings: DemandSettings, count: Int) -> CombinedForecaster.Settings {
        var global = GlobalForecaster.Settings(horizon: settings.exposure, periods: settings.seasons, window: window(settings))
        global.levels = DemandPlanner.levels
        global.trees.trees = settings.trees
        // Of each column three covariates are made: of the period, of those beside it.
        global.matched = settings.known.indices.map { 3 * $0 }
        let ways = settings.multiplies.map { [$0] } ?? [false, true]
        var members = ways.flatMap { way in
            [false, true].map { CombinedForecaster.Member.trees(isLogarithmic: way, isSeasonal: $0) }
        }
        if ways.contains(true) { members.append(.effectTrees) }
        if settings.global == .combined { members += Self.own(settings, count: count) }
        var result = CombinedForecaster.Settings(global: global, members: members)
        result.calibrates = settings.calibrates
        result.keepsEvidence = true
        return result
    }

    /// Steps of the recent window that gives an item its unit.
    private static func window(_ settings: DemandSettings) -> Int {
        switch settings.period {
        case .hour: 168
        case .day: 56
        case .week: 26
        case .month: 24
        case .step: settings.seasons.count > 1 ? settings.seasons[settings.seasons.count - 1] : max(2 * (settings.seasons.first ?? 12), 24)
        }
    }

    /// Models of each item that stand in the mean.
    private static func own(_ settings: DemandSettings, count: Int) -> [CombinedForecaster.Member] {
        typealias Automatic = AutomaticForecaster.Settings
        var automatic = Automatic(models: Automatic.fast)
        automatic.budget = settings.budget
        var models: [LocalModel] = [.ses, .dynamicOptimisedTheta, .sba, .tsb, .imapa]
        if settings.seasons.count > 1 { models.append(.mstl) }
        if settings.isThorough { models += [.ets, .ces, .arima] }
        if var left = settings.budget {
            let season = settings.seasons.first ?? 1
            models = models.filter { model in
                let cost = model.seconds(count: count, season: season) * 3
                guard cost <= left else { return false }
                left -= cost
                return true
            }
        }
        return [.automatic(automatic)] + models.map { .own($0) }
    }

    // MARK: Rows

    /// Values up to the origin; covariates and calendar up to the end of the horizon, those of the periods beside included.
    private static func series(
        _ item: DemandState.Item, _ planner: DemandPlanner, origin: Int, shift: Int, seed: UInt64
    ) -> CombinedForecaster.Series {
        let settings = planner.settings, width = settings.known.count
        var zone = settings.zone
        // What became known after the origin's period is not used.
        let end = settings.period.start(of: origin + 1, &zone)
        let (values, past) = planner.past(item, through: origin)
        let periods = past + (1...settings.exposure).map { origin + $0 }
        var covariates: [[Double]] = []
        if width > 0 {
            let rows = periods.map { item.known.row($0, origin: origin, knownBy: end, width: width) }
            for place in 0..<width {
                covariates.append(rows.map { $0[place] })
                covariates.append(rows.indices.map { $0 > 0 ? rows[$0 - 1][place] : .nan })
                covariates.append(rows.indices.map { $0 + 1 < rows.count ? rows[$0 + 1][place] : .nan })
            }
        }
        covariates += planner.externalColumns(periods, shift: shift, knownBy: end)
        if let year = settings.period.year {
            // Of a year that was seen once the place is the trend by another name: it speaks once half of the places came again.
            let isRepeated = 2 * past.count >= 3 * year
            covariates.append(periods.map { isRepeated ? Double(settings.period.placeInYear(of: $0)) : .nan })
        }
        if settings.period == .day {
            covariates.append(periods.map { Double(settings.period.dayOfMonth(of: $0)) })
            covariates.append(periods.map { Double(($0 % 7 + 10) % 7) })
        }
        covariates += planner.holidayColumns(periods)
        // Where periods were closed, places in a season are right from the end backwards.
        var series = GlobalSeries(values: values, start: origin + 1 - values.count, covariates: covariates)
        series.knownAt = knownAt(item, planner, periods: periods, past: past.count, shift: shift)
        return CombinedForecaster.Series(series, isKnown: past.map { planner.actual(item, $0) != nil }, seed: seed)
    }
}

extension DemandGlobal {
    /// What was known at an earlier origin of what comes after it: a plan that came later, and what the sale then said, were not. Nil where the
    /// job declares everything known in advance.
    private static func knownAt(
        _ item: DemandState.Item, _ planner: DemandPlanner, periods: [Int], past: Int, shift: Int
    ) -> GlobalSeries.KnownAt? {
        let settings = planner.settings, width = settings.known.count, externals = settings.series.externalNames.count
        guard width > 0 && item.known.hasPlans || externals > 0 else { return nil }
        var zone = settings.zone
        let ends = periods.prefix(past).map { settings.period.start(of: $0 + 1, &zone) }
        let (known, external) = (item.known, planner.external)
        return { column, step, origin in
            let last = min(max(origin, 1), past) - 1, offset = [0, -1, 1][column % 3]
            if column < 3 * width {
                guard periods.indices.contains(step + offset) else { return .nan }
                return known.row(periods[step + offset], origin: periods[last], knownBy: ends[last], width: width)[column / 3]
            }
            guard column < 3 * width + externals else { return nil }
            return external.row(periods[step] - shift, knownBy: ends[last], width: externals)[column - 3 * width]
        }
    }
}

extension DemandPlanner {
    /// Holidays by the job's calendar: of a day or hour whether it is one, and whether the days beside it are; of longer periods how many days.
    /// None where the calendar has none.
    func holidayColumns(_ periods: [Int]) -> [[Double]] {
        let holidays = settings.holidays, period = settings.period
        guard !holidays.isEmpty, period != .step else { return [] }
        var zone = settings.zone
        func day(_ number: Int) -> Int {
            guard period == .hour else { return period.firstDay(of: number) }
            let time = Int64(number) * 3_600_000_000
            return Timestamp(microseconds: time + zone.offset(at: time)).day
        }
        let days = periods.map(day)
        guard period == .week || period == .month else {
            return [0, -1, 1].map { shift in days.map { holidays.contains($0 + shift) ? 1 : 0 } }
        }
        return [
            zip(days, periods).map { first, number in Double((first..<period.firstDay(of: number + 1)).count { holidays.contains($0) }) }
        ]
    }
}

extension DemandPeriod {
    /// Periods a year; nil where a place in it is no covariate.
    var year: Int? {
        switch self {
        case .day: 365
        case .week: 52
        case .month: 12
        case .hour, .step: nil
        }
    }

    /// Month of a day or month, week of a week, from 1.
    func placeInYear(of number: Int) -> Int {
        let parts = Timestamp(microseconds: Int64(firstDay(of: number)) * 86_400_000_000).parts
        guard self == .week else { return parts.month }
        return (firstDay(of: number) - Timestamp.days(year: parts.year, month: 1, day: 1)) / 7 + 1
    }

    func dayOfMonth(of number: Int) -> Int { Timestamp(microseconds: Int64(firstDay(of: number)) * 86_400_000_000).parts.day }
}

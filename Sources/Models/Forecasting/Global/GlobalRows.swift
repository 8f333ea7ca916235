import Foundation

/// Features and targets of one series' rows for the model of many; `origin` values are known.
///
/// Three ways: in units of the series' own level, (`isSeasonal`) relative to a baseline, the newest level times the target's index of the
/// season, and (`isOfEffects`) levels and effects instead of lags. Indices at an origin are means of ratios to centred moving averages that end
/// before it (classical decomposition), so that nothing after the origin is in them.
package struct GlobalRows {
    let series: GlobalSeries
    let settings: GlobalForecaster.Settings
    /// Running sums of values, of absolute values, of zeros, of squares.
    private(set) var sums: [Double] = [0], zeros: [Double] = [0]
    private var absolute: [Double] = [0], squares: [Double] = [0]
    private var lastSale: [Int] = [-1]
    private var covariateSums: [[Double]]
    /// Sums of ratios to the moving average at the same place of the season, a value each.
    private var ratioSums: [Double] = []
    /// What the covariates of few values were like, with and without the place in the first season.
    private(set) var likeness: [SameAsBefore] = []
    /// How high the series stands without what they make of it; nil without them.
    private(set) var levels: CombinationLevels?
    /// What each place in the season and each covariate makes of it; nil without levels.
    private(set) var effects: SeriesEffects?
    /// The values, with others in place of zeros that covariates explain (closed): what season and level are of.
    private var filled: [Double] = []
    private var season: Int { settings.periods.last ?? 1 }

    package init(_ series: GlobalSeries, settings: GlobalForecaster.Settings) {
        (self.series, self.settings) = (series, settings)
        for (index, value) in series.values.enumerated() {
            sums.append(sums[index] + value)
            absolute.append(absolute[index] + abs(value))
            squares.append(squares[index] + value * value)
            zeros.append(zeros[index] + (value == 0 ? 1 : 0))
            lastSale.append(value == 0 ? lastSale[index] : index)
        }
        covariateSums = series.covariates.map { list in
            var sum = [0.0]
            for value in list { sum.append(sum[sum.count - 1] + (value.isFinite ? value : 0)) }
            return sum
        }
        if !settings.matched.isEmpty {
            likeness = [settings.periods.first ?? 1, 1].map { SameAsBefore(series, matched: settings.matched, season: $0) }
            if settings.knowsLevels {
                levels = CombinationLevels(series.values, (likeness[0], likeness[1]), window: settings.window)
                if settings.readsEffects { effects = SeriesEffects(series, settings) }
            }
        }
        guard settings.isSeasonal else { return }
        filled = likeness.isEmpty ? series.values : likeness[1].filled(series.values, season: settings.periods.first ?? 1)
        ratioSums = Self.ratioSums(filled, season: season)
    }

    // MARK: The season

    private static let indexSeasons = 4

    private static func ratioSums(_ values: [Double], season: Int) -> [Double] {
        guard let trend = Seasonality.movingAverage(values, season: season) else { return [] }
        let half = season / 2
        var result = [Double](repeating: 0, count: trend.count)
        for index in trend.indices {
            let ratio = trend[index] > 0 ? min(max(values[index + half] / trend[index], 0), 10) : 1
            result[index] = ratio + (index >= season ? result[index - season] : 0)
        }
        return result
    }

    /// One a place of the season counted from the first value, of mean 1; empty where less than a season is known.
    func indices(_ origin: Int) -> [Double] {
        let half = season / 2
        // The average at t reaches to t + half, which must lie before the origin.
        let end = min(origin - 2 * half, ratioSums.count)
        guard season > 1, end >= season else { return [] }
        var result = [Double](repeating: 1, count: season), total = 0.0
        for index in end - season..<end {
            let before = index - Self.indexSeasons * season
            let count = Double(min(index / season + 1, Self.indexSeasons))
            let sum = ratioSums[index] - (before >= 0 ? ratioSums[before] : 0)
            result[(index + half) % season] = (sum + 0.3) / (count + 0.3)
        }
        for value in result { total += value }
        guard total > 0 else { return [] }
        return result.map { max($0 * Double(season) / total, 0.02) }
    }

    /// What the rows of one origin share.
    package struct Base {
        var unit: Double
        /// Of the season; empty = all 1.
        var indices: [Double] = []
        /// Newest values without the season, in units, oldest first.
        var adjusted: [Double] = []
        /// Their smooth level.
        var level = 1.0

        func index(_ place: Int) -> Double { indices.isEmpty ? 1 : indices[place % indices.count] }
    }

    package func base(_ origin: Int) -> Base {
        var base = Base(unit: unit(origin))
        guard settings.isSeasonal else { return base }
        base.indices = indices(origin)
        let from = max(0, origin - settings.window)
        base.adjusted = (from..<origin).map { filled[$0] / base.unit / base.index($0) }
        let share = 1 - exp(-log(2) / max(Double(settings.periods.first ?? 8) / 3, 1.5))
        base.level = base.adjusted.prefix(4).reduce(0, +) / Double(max(min(base.adjusted.count, 4), 1))
        for value in base.adjusted { base.level += share * (value - base.level) }
        base.level = max(base.level, 0.02)
        return base
    }

    func unit(_ origin: Int) -> Double {
        let recent = mean(absolute, origin, settings.window), whole = absolute[origin] / Double(max(origin, 1))
        return max(0.8 * recent + 0.2 * whole, 1e-6 + 0.05 * whole)
    }

    func mean(_ sums: [Double], _ origin: Int, _ length: Int) -> Double {
        let from = max(0, origin - length)
        return (sums[origin] - sums[from]) / Double(max(origin - from, 1))
    }

    // MARK: Rows

    /// What a target is compared with, in units: 0 and 1 where there is no baseline.
    /// Where covariates of few values are known, what came when they were as they will be; else the level times the season.
    func baseline(_ base: Base, _ origin: Int, _ target: Int) -> Double {
        guard settings.isSeasonal else { return 0 }
        for one in likeness {
            let before = one.mean(series, origin: origin, target: target)
            if !before.isNaN { return max(before / base.unit, 0) }
        }
        return base.level * base.index(target)
    }

    package func row(_ origin: Int, _ step: Int, _ base: Base, into row: inout [Float]) {
        if settings.readsEffects { return effectRow(origin, step, base.unit, into: &row) }
        if settings.isSeasonal { seasonalRow(origin, step, base, into: &row) } else { levelRow(origin, step, base.unit, into: &row) }
        let target = origin + step
        for (index, list) in series.covariates.enumerated() {
            let now = series.covariate(index, target, origin: origin)
            let newest = origin > 0 ? series.covariate(index, origin - 1, origin: origin) : .nan
            var level = mean(covariateSums[index], origin, settings.window)
            if series.knownAt != nil, origin > 0 {
                // The newest may look a step ahead: in the mean, too, it stands as it was known.
                let (known, whole) = (newest.isFinite ? newest : 0, list[origin - 1].isFinite ? list[origin - 1] : 0)
                level += (known - whole) / Double(min(origin, settings.window))
            }
            row.append(Float(now))
            row.append(Float(newest))
            row.append(Float(now - level))
        }
        for one in likeness {
            let before = one.mean(series, origin: origin, target: target) / base.unit
            row.append(before.isNaN ? .nan : settings.isSeasonal ? settings.target(before, base.level) : Float(before))
        }
        combinationRow(origin, target, base, into: &row)
        for value in series.statics { row.append(Float(value)) }
    }

    /// Levels without what covariates make of them, what is to be expected of the target by them, and how long each covariate of few values
    /// has been as it is at the target, and will be.
    func combinationRow(_ origin: Int, _ target: Int, _ base: Base, into row: inout [Float]) {
        guard let levels else { return }
        let shift = GlobalForecaster.Settings.shift
        for level in levels.levels(origin) { row.append(level.isNaN ? .nan : Float(log(max(level, 0) / base.unit + shift))) }
        let own = likeness[0].seen(series, origin: origin, target: target), all = likeness[1].seen(series, origin: origin, target: target)
        let expected = levels.expected(origin, narrow: own, broad: all)
        row.append(
            expected.map { Float(log((max($0, 0) / base.unit + shift) / (settings.isSeasonal ? base.level + shift : 1))) } ?? .nan)
        let last = min(origin + settings.horizon, series.covariates[settings.matched[0]].count)
        for place in settings.matched {
            let now = series.covariate(place, target, origin: origin)
            var (before, after) = (1, 1)
            while before < Self.longestRun, target >= before, series.covariate(place, target - before, origin: origin) == now {
                before += 1
            }
            while after < Self.longestRun, target + after < last, series.covariate(place, target + after, origin: origin) == now {
                after += 1
            }
            row.append(Float(before))
            // What comes after the horizon is not known.
            row.append(target + after < last ? Float(after) : .nan)
        }
    }

    /// Steps that a run of equal covariates is followed for.
    private static let longestRun = 15

    package static func width(_ settings: GlobalForecaster.Settings, covariates: Int, statics: Int) -> Int {
        let combinations = settings.knowsLevels ? 1 + CombinationLevels.count + 2 * settings.matched.count : 0
        if settings.readsEffects { return effectColumns(settings) + covariates + combinations + statics }
        return (settings.isSeasonal ? 17 + 4 * settings.periods.count : 14 + 5 * settings.periods.count) + 3 * covariates
            + (settings.matched.isEmpty ? 0 : 2) + combinations + statics
    }

    private func seasonalRow(_ origin: Int, _ step: Int, _ base: Base, into row: inout [Float]) {
        let values = base.adjusted, count = values.count, target = origin + step
        func relative(_ value: Double) -> Float {
            settings.isLogarithmic
                ? Float(log((max(value, 0) + GlobalForecaster.Settings.shift) / (base.level + GlobalForecaster.Settings.shift)))
                : Float(value - base.level)
        }
        func mean(_ length: Int, before: Int = 0) -> Double {
            let end = max(count - before, 0), from = max(0, end - length)
            guard end > from else { return .nan }
            var sum = 0.0
            for index in from..<end { sum += values[index] }
            return sum / Double(end - from)
        }
        row.append(Float(log(base.unit)))
        row.append(Float(step))
        for back in 1...3 { row.append(count >= back ? relative(values[count - back]) : .nan) }
        let first = settings.periods.first ?? 8
        row += [relative(mean(3)), relative(mean(max(first / 2, 4))), relative(mean(first)), relative(mean(first, before: first))]
        row.append(relative(mean(settings.window)))
        var change = 0.0, spread = 0.0
        for index in values.indices {
            if index > 0 { change += abs(values[index] - values[index - 1]) }
            spread += abs(values[index] - base.level)
        }
        row.append(Float(change / Double(max(count - 1, 1)) / base.level))
        row.append(Float(spread / Double(max(count, 1)) / base.level))
        row.append(Float(self.mean(zeros, origin, settings.window)))
        row.append(Float(min(origin - 1 - lastSale[origin], 500)))
        row.append(Float(min(origin, 2_000)))
        row.append(Float(base.level))
        row.append(Float(base.index(target)))
        for period in settings.periods {
            row.append(Float((series.start + target) % period))
            var at = target - period
            while at >= origin { at -= period }
            for turn in 0..<3 {
                let place = at - turn * period
                row.append(place >= 0 ? relative(filled[place] / base.unit / base.index(place)) : .nan)
            }
        }
    }

    private func levelRow(_ origin: Int, _ step: Int, _ unit: Double, into row: inout [Float]) {
        let values = series.values, target = origin + step
        func scaled(_ value: Double) -> Float { Float(value / unit) }
        row.append(Float(log(unit)))
        row.append(Float(step))
        for back in 1...3 { row.append(origin >= back ? scaled(values[origin - back]) : .nan) }
        let short = mean(sums, origin, 4), middle = mean(sums, origin, max(settings.periods.first ?? 8, 7)),
            long = mean(sums, origin, settings.window)
        row += [scaled(short), scaled(middle), scaled(long)]
        let spread = max(mean(squares, origin, settings.window) - long * long, 0).squareRoot()
        row.append(scaled(spread))
        row.append(Float(mean(zeros, origin, settings.window)))
        row.append(Float(min(origin - 1 - lastSale[origin], 500)))
        row.append(Float(min(origin, 2_000)))
        row.append(scaled(mean(sums, origin, 2 * settings.window) - long))
        row.append(scaled(values[max(0, origin - settings.window)..<max(origin, 1)].max() ?? 0))
        for period in settings.periods {
            row.append(Float((series.start + target) % period))
            // The newest values at the target's place of the season.
            var at = target - period
            while at >= origin { at -= period }
            var sum = 0.0, count = 0.0
            for turn in 0..<4 {
                let place = at - turn * period
                let known = place >= 0
                if known {
                    sum += values[place]
                    count += 1
                }
                if turn < 3 { row.append(known ? scaled(values[place]) : .nan) }
            }
            row.append(count > 0 ? scaled(sum / count) : .nan)
        }
    }
}

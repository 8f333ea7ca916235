import Foundation

/// A series for a model of many: its past, what is known of every step, and what is known of it.
public struct GlobalSeries: Sendable {
    /// Oldest first, finite.
    public var values: [Double]
    /// Number of the first step (its day, week, hour), so that places in a season are those of the calendar.
    public var start: Int
    /// Known of every step of the past and of the horizon, a list each: price, promotion, holiday. NaN is missing.
    public var covariates: [[Double]]
    /// Numbers that do not change, such as a store's size or a category's number.
    public var statics: [Double]
    /// Which of the series it is, for what is its own and comes again; NaN = not told.
    public var number = Double.nan

    /// What was known of a covariate at an origin.
    ///
    /// - Parameters:
    ///   - covariate: its position.
    ///   - step: counted from the first value, below the covariate's count.
    ///   - origin: values that were known then, 1 and more.
    /// - Returns: NaN where nothing was; nil where the covariate itself says it (known in advance).
    public typealias KnownAt = @Sendable (_ covariate: Int, _ step: Int, _ origin: Int) -> Double?

    /// Where covariates became known late: what they were taken for before. Nil = all are known in advance.
    public var knownAt: KnownAt?

    /// A covariate of a step as it was known at an origin; NaN where it is not.
    func covariate(_ place: Int, _ step: Int, origin: Int) -> Double {
        guard covariates[place].indices.contains(step) else { return .nan }
        return knownAt?(place, step, origin) ?? covariates[place][step]
    }

    public init(values: [Double], start: Int = 0, covariates: [[Double]] = [], statics: [Double] = []) {
        (self.values, self.start, self.covariates, self.statics) = (values, start, covariates, statics)
    }
}

/// One model for all series: boosted trees over lags, calendar and covariates, direct for every step of the horizon.
///
/// Each past origin of each series gives one row a step ahead: the target in units of the series' own level (mean of absolute values over
/// a recent window), the newest values, those of past seasons at the same place, means of spans, how often there was nothing, covariates at
/// the target, at the origin and against their own recent mean. Rows use values up to their origin only; covariates are those declared as
/// known in advance, or what was known of them at the row's origin (`knownAt`). Quantiles never cross; nothing is below zero where the past is not.
///
/// Where covariates of few values meet a short season, trees may read levels and effects instead of lags (`isOfEffects`, `EffectRows.swift`).
///
/// Source of the method: Makridakis, Spiliotis, Assimakopoulos, "M5 accuracy competition", Int. J. Forecasting 38 (2022), whose best
/// entries were of this kind.
public struct GlobalForecaster: Sendable {
    public struct Settings: Hashable, Sendable {
        public var horizon: Int
        /// Rising; empty = none.
        public var periods: [Int]
        public var levels: [Double] = ForecastRequest.deciles
        /// Steps of the recent window that gives a series its unit.
        public var window: Int
        /// Most training rows.
        public var rows = 400_000
        public var trees = QuantileTrees.Settings()
        /// The power of a series' level that a row is weighted by: 0 = all alike, 1 = by units.
        public var weightPower = 0.0
        /// Trees work on logarithms of the target in the series' unit: for effects that multiply, such as of promotions. The mean is then
        /// that of the quantiles.
        public var isLogarithmic = false
        /// Targets are relative to the newest level times the target's index of the longest season.
        public var isSeasonal = false
        /// Positions of covariates whose steps of the same values are compared, where they have few values; of others nothing comes.
        public var matched: [Int] = []
        /// Whether the place in the first season is seen often enough to tell what combinations of them make of a level; set by training.
        package var knowsLevels = false
        /// Rows of few columns, of levels and effects instead of lags, for trees on logarithms that are not relative to a season; only where
        /// levels are known.
        public var isOfEffects = false
        var readsEffects: Bool { isOfEffects && knowsLevels && isLogarithmic && !isSeasonal }

        /// Added before the logarithm, so that nothing sold has one.
        static let shift = 0.02

        /// - Parameters:
        ///   - value: in the series' unit.
        ///   - baseline: 0 where there is none.
        func target(_ value: Double, _ baseline: Double) -> Float {
            guard isLogarithmic else { return Float(min(max(value - baseline, -50), 50)) }
            return Float(log(max(value, 0) + Settings.shift) - (isSeasonal ? log(baseline + Settings.shift) : 0))
        }

        func value(_ target: Double, _ baseline: Double) -> Double {
            guard isLogarithmic else { return target + baseline }
            return exp(target) * (isSeasonal ? baseline + Settings.shift : 1) - Settings.shift
        }

        public init(horizon: Int, periods: [Int], window: Int) { (self.horizon, self.periods, self.window) = (horizon, periods, window) }
    }

    public let settings: Settings
    private let trees: QuantileTrees
    /// What each level stands for in a mean over all of them.
    private let levelShares: [Double]
    private let covariates: Int
    private let statics: Int

    /// - Parameter series: with equal numbers of covariates and statics; covariates reach at least to the end of the past.
    /// - Returns: nil where no series is long enough for one origin.
    public init?(_ series: [GlobalSeries], settings: Settings) {
        guard let first = series.first else { return nil }
        var settings = settings
        settings.matched = SameAsBefore.matched(series, among: settings.matched.filter { first.covariates.indices.contains($0) })
        settings.knowsLevels = CombinationLevels.areKnown(series, settings: settings)
        (self.settings, covariates, statics) = (settings, first.covariates.count, first.statics.count)
        let limits = [0] + zip(settings.levels, settings.levels.dropFirst()).map { ($0 + $1) / 2 } + [1]
        levelShares = zip(limits.dropFirst(), limits).map { $0 - $1 }
        let least = min(settings.window, max(settings.periods.first ?? 1, 8))
        var features: [Float] = [], targets: [Float] = [], weights: [Float] = []
        let origins = series.reduce(0) { $0 + max(0, $1.values.count - settings.horizon - least + 1) }
        guard origins > 0 else { return nil }
        let stride = max(1, (origins * settings.horizon + settings.rows - 1) / settings.rows)
        let width = GlobalRows.width(settings, covariates: covariates, statics: statics)
        var counter = 0
        for one in series {
            let builder = GlobalRows(one, settings: settings)
            // The newest origins always stand among the rows: from the end backwards.
            var origin = one.values.count - settings.horizon
            while origin >= least {
                if counter % stride == 0 {
                    let base = builder.base(origin)
                    for step in 0..<settings.horizon where !(settings.readsEffects && builder.isClosed(origin, origin + step)) {
                        builder.row(origin, step, base, into: &features)
                        targets.append(
                            settings.target(one.values[origin + step] / base.unit, builder.baseline(base, origin, origin + step)))
                        weights.append(Float(pow(base.unit, settings.weightPower)))
                    }
                }
                counter += 1
                origin -= 1
            }
        }
        guard !targets.isEmpty else { return nil }
        if settings.weightPower == 0 {
            weights = []
        } else {
            let mean = weights.reduce(0, +) / Float(max(weights.count, 1))
            for index in weights.indices { weights[index] /= mean }
        }
        var own = settings.trees
        // What a series makes of each day is its own: that takes more leaves than lags do.
        if settings.readsEffects { own.leaves = max(own.leaves, GlobalRows.effectLeaves) }
        trees = QuantileTrees(
            features: features, featureCount: width, targets: targets, weights: weights, levels: settings.levels, settings: own)
    }

    /// The mean of a row, and its quantiles, in the series' unit.
    private func decoded(_ row: ArraySlice<Float>, baseline: Double) -> [Double] {
        let values = row.map { settings.value(Double($0), baseline) }
        guard settings.isLogarithmic else { return values }
        let quantiles = Array(values.dropFirst())
        return [zip(quantiles, levelShares).reduce(0) { $0 + $1.0 * $1.1 }] + quantiles
    }

    /// The next steps of each series.
    public func forecasts(_ series: [GlobalSeries]) -> [LocalForecast] {
        let horizon = settings.horizon, width = settings.levels.count + 1
        return series.map { one in
            let builder = GlobalRows(one, settings: settings), count = one.values.count, base = builder.base(count), unit = base.unit
            var features: [Float] = []
            for step in 0..<horizon { builder.row(count, step, base, into: &features) }
            let found = trees.predictions(features)
            let rows = (0..<horizon).map {
                builder.isClosed(count, count + $0)
                    ? [Double](repeating: 0, count: width)
                    : decoded(found[$0 * width..<($0 + 1) * width], baseline: builder.baseline(base, count, count + $0))
            }
            let forecast = LocalForecast(
                model: "trees", mean: rows.map { $0[0] * unit }, quantiles: rows.flatMap { $0.dropFirst().map { $0 * unit } })
            return (one.values.min() ?? 0) >= 0 ? forecast.clampedAtZero() : forecast
        }
    }
}

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

    public init(values: [Double], start: Int = 0, covariates: [[Double]] = [], statics: [Double] = []) {
        (self.values, self.start, self.covariates, self.statics) = (values, start, covariates, statics)
    }
}

/// One model for all series: boosted trees over lags, calendar and covariates, direct for every step of the horizon.
///
/// Each past origin of each series gives one row a step ahead: the target in units of the series' own level (mean of absolute values over
/// a recent window), the newest values, those of past seasons at the same place, means of spans, how often there was nothing, covariates at
/// the target, at the origin and against their own recent mean. Rows use values up to their origin only; covariates are those declared as
/// known in advance. Quantiles never cross; nothing is below zero where the past is not.
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

        /// Added before the logarithm, so that nothing sold has one.
        static let shift = 0.02

        func target(_ value: Double) -> Float {
            isLogarithmic ? Float(log(max(value, 0) + Settings.shift)) : Float(min(max(value, -50), 50))
        }

        public init(horizon: Int, periods: [Int], window: Int) { (self.horizon, self.periods, self.window) = (horizon, periods, window) }
    }

    public let settings: Settings
    private let trees: QuantileTrees
    private let covariates: Int
    private let statics: Int

    /// - Parameter series: with equal numbers of covariates and statics; covariates reach at least to the end of the past.
    /// - Returns: nil where no series is long enough for one origin.
    public init?(_ series: [GlobalSeries], settings: Settings) {
        guard let first = series.first else { return nil }
        (self.settings, covariates, statics) = (settings, first.covariates.count, first.statics.count)
        let least = min(settings.window, max(settings.periods.first ?? 1, 8))
        var features: [Float] = [], targets: [Float] = [], weights: [Float] = []
        let origins = series.reduce(0) { $0 + max(0, $1.values.count - settings.horizon - least + 1) }
        guard origins > 0 else { return nil }
        let stride = max(1, (origins * settings.horizon + settings.rows - 1) / settings.rows)
        let width = Self.width(settings, covariates: covariates, statics: statics)
        var counter = 0
        for one in series {
            let builder = RowBuilder(one, settings: settings)
            // The newest origins always stand among the rows: from the end backwards.
            var origin = one.values.count - settings.horizon
            while origin >= least {
                if counter % stride == 0 {
                    let unit = builder.unit(origin)
                    for step in 0..<settings.horizon {
                        builder.row(origin, step, unit: unit, into: &features)
                        targets.append(settings.target(one.values[origin + step] / unit))
                        weights.append(Float(pow(unit, settings.weightPower)))
                    }
                }
                counter += 1
                origin -= 1
            }
        }
        if settings.weightPower == 0 {
            weights = []
        } else {
            let mean = weights.reduce(0, +) / Float(max(weights.count, 1))
            for index in weights.indices { weights[index] /= mean }
        }
        trees = QuantileTrees(
            features: features, featureCount: width, targets: targets, weights: weights, levels: settings.levels, settings: settings.trees)
    }

    /// The mean of a row, and its quantiles, in the series' unit.
    private func decoded(_ row: ArraySlice<Float>) -> [Double] {
        let values = row.map { Double($0) }
        guard settings.isLogarithmic else { return values }
        let quantiles = values.dropFirst().map { exp($0) - Settings.shift }
        return [SeriesMath.mean(quantiles)] + quantiles
    }

    static func width(_ settings: Settings, covariates: Int, statics: Int) -> Int {
        14 + 5 * settings.periods.count + 3 * covariates + statics
    }

    /// The next steps of each series.
    public func forecasts(_ series: [GlobalSeries]) -> [LocalForecast] {
        let horizon = settings.horizon, width = settings.levels.count + 1
        return series.map { one in
            let builder = RowBuilder(one, settings: settings), unit = builder.unit(one.values.count)
            var features: [Float] = []
            for step in 0..<horizon { builder.row(one.values.count, step, unit: unit, into: &features) }
            let found = trees.predictions(features)
            let rows = (0..<horizon).map { decoded(found[$0 * width..<($0 + 1) * width]) }
            let forecast = LocalForecast(
                model: "trees", mean: rows.map { $0[0] * unit }, quantiles: rows.flatMap { $0.dropFirst().map { $0 * unit } })
            return (one.values.min() ?? 0) >= 0 ? forecast.clampedAtZero() : forecast
        }
    }

    /// Features of a row; `origin` values are known.
    private struct RowBuilder {
        let series: GlobalSeries
        let settings: Settings
        /// Running sums of values, of absolute values and of zeros.
        private var sums: [Double] = [0], absolute: [Double] = [0], zeros: [Double] = [0], squares: [Double] = [0]
        private var lastSale: [Int] = [-1]
        private var covariateSums: [[Double]]

        init(_ series: GlobalSeries, settings: Settings) {
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
        }

        func unit(_ origin: Int) -> Double {
            let recent = mean(absolute, origin, settings.window), whole = absolute[origin] / Double(max(origin, 1))
            return max(0.8 * recent + 0.2 * whole, 1e-6 + 0.05 * whole)
        }

        private func mean(_ sums: [Double], _ origin: Int, _ length: Int) -> Double {
            let from = max(0, origin - length)
            return (sums[origin] - sums[from]) / Double(max(origin - from, 1))
        }

        func row(_ origin: Int, _ step: Int, unit: Double, into row: inout [Float]) {
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
            for (index, list) in series.covariates.enumerated() {
                let now = target < list.count ? list[target] : .nan
                row.append(Float(now))
                row.append(origin > 0 ? Float(list[origin - 1]) : .nan)
                row.append(Float(now - mean(covariateSums[index], origin, settings.window)))
            }
            for value in series.statics { row.append(Float(value)) }
        }
    }
}

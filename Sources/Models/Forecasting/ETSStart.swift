import Foundation

extension ETS {
    /// Where the search for parameters begins, and its limits.
    ///
    /// As R's `ets` does and statsforecast 2.1.1 after it: smoothing starts low, and the upper limits of beta and gamma are the alpha and
    /// 1 - alpha of the start. The limits found for one form hold for the forms that are tried after it, as in statsforecast.
    struct Start {
        private var mostBeta = highest, mostGamma = highest
        static let (lowest, highest) = (1e-4, 0.9999)
        static let (leastDamping, mostDamping) = (0.8, 0.98)

        /// Nil when the series is too short for a season.
        mutating func point(_ values: [Double], form: ETSForm, season: Int) -> (point: [Double], lower: [Double], upper: [Double])? {
            let period = form.season == .none ? 1 : season
            let alpha = Self.lowest + 0.2 * (Self.highest - Self.lowest) / Double(period)
            var point = [alpha], lower = [Self.lowest], upper = [Self.highest]
            func take(_ value: Double, _ low: Double, _ high: Double) {
                point.append(value)
                lower.append(low)
                upper.append(high)
            }
            if form.trend != .none {
                mostBeta = min(mostBeta, alpha)
                take(Self.lowest + 0.1 * (mostBeta - Self.lowest), Self.lowest, mostBeta)
            }
            if form.season != .none {
                mostGamma = min(mostGamma, 1 - alpha)
                take(Self.lowest + 0.05 * (mostGamma - Self.lowest), Self.lowest, mostGamma)
            }
            if form.isDamped {
                let width = Self.mostDamping - Self.leastDamping
                take(Self.leastDamping + 0.99 * width, Self.leastDamping, Self.mostDamping)
            }
            guard let states = Self.states(values, form: form, period: period) else { return nil }
            for state in states { take(state, -.infinity, .infinity) }
            return (point, lower, upper)
        }

        /// Level, slope and all seasonal states but that of the first place, the last place first.
        private static func states(_ values: [Double], form: ETSForm, period: Int) -> [Double]? {
            var adjusted = values, seasonal: [Double] = []
            if form.season != .none {
                guard values.count >= max(4, period) else { return nil }
                let parts = seasonalPart(values, isFactor: form.season == .multiplicative, period: period)
                seasonal = parts[1..<period].reversed()
                if form.season == .multiplicative {
                    seasonal = seasonal.map { max($0, 1e-2) }
                    if seasonal.reduce(0, +) > Double(period) {
                        let sum = seasonal.reduce(0) { $0 + $1 + 1e-2 }
                        seasonal = seasonal.map { $0 / sum }
                    }
                    adjusted = values.indices.map { values[$0] / max(parts[$0], 1e-2) }
                } else {
                    adjusted = values.indices.map { values[$0] - parts[$0] }
                }
            }
            let first = adjusted.prefix(max(10, 2 * period))
            guard form.trend != .none else { return [SeriesMath.mean(first)] + seasonal }
            var (level, slope) = SeriesMath.line(first)
            if abs(level + slope) < 1e-8 { (level, slope) = (level * (1 + 1e-3), slope * (1 - 1e-3)) }
            return [level, slope] + seasonal
        }

        /// The season of every value: classical indices, or what is beside a line where there are fewer than three seasons.
        private static func seasonalPart(_ values: [Double], isFactor: Bool, period: Int) -> [Double] {
            guard values.count < 3 * period else {
                let figure = isFactor ? Seasonality.quotients(values, season: period) : Seasonality.differences(values, season: period)
                return values.indices.map { figure[$0 % period] }
            }
            let line = lineBesideWave(values, period: period)
            return values.indices.map { index in
                let trend = line.level + line.slope * Double(index + 1)
                return isFactor ? values[index] / trend : values[index] - trend
            }
        }

        /// The line of a least-squares fit of a line and one wave a season.
        private static func lineBesideWave(_ values: [Double], period: Int) -> (level: Double, slope: Double) {
            var matrix = [Double](repeating: 0, count: 16), right = [Double](repeating: 0, count: 4)
            for (index, value) in values.enumerated() {
                let time = Double(index + 1), angle = 2 * Double.pi * time / Double(period)
                let row = [1, time, cos(angle), sin(angle)]
                for i in 0..<4 {
                    for j in 0..<4 { matrix[4 * i + j] += row[i] * row[j] }
                    right[i] += row[i] * value
                }
            }
            guard LinearSystem.solve(&matrix, &right, 4) else { return SeriesMath.line(values) }
            return (right[0], right[1])
        }
    }
}

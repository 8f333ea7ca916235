import Foundation

/// The Theta method and its optimised and dynamic forms.
///
/// Sources: Assimakopoulos, Nikolopoulos, "The theta model", Int. J. Forecasting 16 (2000); Fiorucci, Pellegrini, Louzada, Petropoulos,
/// Koehler, "Models for optimising the theta method and their relationship to state space models", Int. J. Forecasting 32 (2016), whose
/// equations (12) to (18) are the recursions here. Variance of h steps: sigma^2 (1 + (h - 1) alpha^2), as of simple smoothing with drift.
public enum Theta {
    public enum Kind: String, Sendable, CaseIterable {
        /// Theta = 2, a line through all values.
        case standard = "theta"
        case optimised = "optimised-theta"
        /// Theta = 2, a line that is fitted anew with every value.
        case dynamic = "dynamic-theta"
        case dynamicOptimised = "dynamic-optimised-theta"

        var isDynamic: Bool { self == .dynamic || self == .dynamicOptimised }
        var isOptimised: Bool { self == .optimised || self == .dynamicOptimised }
    }

    /// Seasonally adjusted by classical indices where the test finds a season; of short series (fewer than 5 values) and constants, the last value.
    ///
    /// Start, limits, the three first errors that do not count and the end of the search are those of statsforecast 2.1.1.
    public static func forecast(_ values: [Double], _ request: ForecastRequest, kind: Kind) -> LocalForecast {
        guard values.count >= 5, values.contains(where: { $0 != values[0] }) else {
            var result = NaiveForecasts.naive(values, request)
            result.model = kind.rawValue
            return result
        }
        let season = request.season, count = values.count
        let isSeasonal = season >= 4 && Seasonality.isSeasonal(values, season: season, least: 2)
        var isPositive = values.allSatisfy { $0 > 0 }, figure: [Double] = []
        if isSeasonal {
            figure = isPositive ? Seasonality.quotients(values, season: season) : []
            // An index near zero would blow a value up: then the season is added.
            if figure.contains(where: { !($0 >= 0.01) }) { isPositive = false }
            if !isPositive { figure = Seasonality.differences(values, season: season) }
        }
        func adjusted(_ value: Double, _ at: Int) -> Double {
            guard isSeasonal else { return value }
            return isPositive ? value / figure[at % season] : value - figure[at % season]
        }
        func seasonal(_ value: Double, _ at: Int) -> Double {
            guard isSeasonal else { return value }
            return isPositive ? value * figure[at % season] : value + figure[at % season]
        }
        let series = values.indices.map { adjusted(values[$0], $0) }
        let course = Course(series, kind: kind)
        let (mean, fitted) = course.run(horizon: request.horizon)
        let deviation = SeriesMath.deviation(zip(series, fitted).map { $0 - $1 }, skipping: 3, parameters: kind.isOptimised ? 3 : 2)
        return LocalForecast(
            model: kind.rawValue, mean: mean.enumerated().map { seasonal($1, count + $0) },
            deviations: (0..<request.horizon).map { step in
                let own = deviation * (1 + Double(step) * course.alpha * course.alpha).squareRoot()
                return isSeasonal && isPositive ? own * figure[(count + step) % season] : own
            }, request: request, fitted: fitted.enumerated().map { seasonal($1, $0) })
    }

    /// A fitted recursion over a seasonally adjusted series.
    struct Course {
        let values: [Double]
        let kind: Kind
        var level = 0.0, alpha = 0.5, theta = 2.0
        private var line = (level: 0.0, slope: 0.0)

        init(_ values: [Double], kind: Kind) {
            (self.values, self.kind) = (values, kind)
            line = SeriesMath.line(values)
            let size = max(SeriesMath.mean(values.map { abs($0) }), 1e-10)
            let start = [values[0] / 2, 0.5] + (kind.isOptimised ? [2] : [])
            let search = NelderMead(
                from: start, lower: Array([-1e10, 0.1, 1].prefix(start.count)), upper: Array([1e10, 0.99, 1e10].prefix(start.count)))
            let found = values.withUnsafeBufferPointer { buffer -> [Double] in
                let inverse = Reciprocals(values.count + 1)
                return search.run { point in
                    Self.squares(
                        buffer, inverse.values, kind: kind, line: line, level: point[0], alpha: point[1],
                        theta: kind.isOptimised ? point[2] : 2) / size
                }.point
            }
            (level, alpha) = (found[0], found[1])
            if kind.isOptimised { theta = found[2] }
        }

        /// 1 / n, so that the loop does not divide.
        private final class Reciprocals {
            let values: UnsafeMutablePointer<Double>
            init(_ count: Int) {
                values = .allocate(capacity: count + 1)
                values[0] = 0
                for index in 1...count { values[index] = 1 / Double(index) }
            }
            deinit { values.deallocate() }
        }

        @inline(__always)
        private static func squares(
            _ values: UnsafeBufferPointer<Double>, _ inverse: UnsafeMutablePointer<Double>, kind: Kind,
            line: (level: Double, slope: Double), level start: Double, alpha: Double, theta: Double
        ) -> Double {
            let first = values[0], share = 1 - 1 / theta, inverseAlpha = 1 / alpha, keep = 1 - alpha
            var level = alpha * first + keep * start
            var sum = 0.0, power = keep, mean = first
            var a = kind.isDynamic ? first : line.level, b = kind.isDynamic ? 0 : line.slope
            for index in 1..<values.count {
                let after = power * keep
                let forecast = level + share * (power * a + (1 - after) * inverseAlpha * b)
                power = after
                let value = values[index], error = value - forecast
                if index > 2 { sum += error * error }
                level = alpha * value + keep * level
                if kind.isDynamic {
                    let n = Double(index + 1)
                    let next = mean + (value - mean) * inverse[index + 1]
                    b = ((n - 2) * b + 6 * (value - mean) * inverse[index + 1]) / (n + 1)
                    mean = next
                    a = mean - b * (n + 1) * 0.5
                }
            }
            return sum
        }

        /// Forecasts, taken for values one after the other, and one-step forecasts of the past.
        func run(horizon: Int) -> (mean: [Double], fitted: [Double]) {
            let share = 1 - 1 / theta, keep = 1 - alpha, count = values.count
            var fitted = [level], means: [Double] = []
            var level = alpha * values[0] + keep * level
            var power = keep, mean = values[0]
            var (a, b) = kind.isDynamic ? (values[0], 0) : line
            for index in 1..<count + horizon {
                let after = power * keep
                let forecast = level + share * (power * a + (1 - after) / alpha * b)
                power = after
                if index < count { fitted.append(forecast) } else { means.append(forecast) }
                let value = index < count ? values[index] : forecast
                level = alpha * value + keep * level
                if kind.isDynamic {
                    let n = Double(index + 1), next = mean + (value - mean) / n
                    b = ((n - 2) * b + 6 * (value - mean) / n) / (n + 1)
                    mean = next
                    a = mean - b * (n + 1) / 2
                }
            }
            return (means, fitted)
        }
    }
}

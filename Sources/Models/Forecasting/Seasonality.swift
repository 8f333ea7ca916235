import Foundation

/// Classical seasonality: the test of the M competitions and multiplicative indices by moving averages.
///
/// Sources: Makridakis, Spiliotis, Assimakopoulos, "The M4 Competition", Int. J. Forecasting 36 (2020), whose `Benchmarks and
/// Evaluation.R` defines Naive2; R's `decompose`.
public enum Seasonality {
    /// Whether the autocorrelation at the season's lag is beyond its 90 % limit.
    ///
    /// - Parameter least: false for series shorter than so many seasons.
    public static func isSeasonal(_ values: [Double], season: Int, least: Int = 3) -> Bool {
        let count = values.count
        guard season > 1, count >= least * season else { return false }
        let mean = SeriesMath.mean(values)
        return values.withUnsafeBufferPointer { values in
            var variance = 0.0
            for value in values { variance += (value - mean) * (value - mean) }
            guard variance > 0 else { return false }
            var squares = 0.0, last = 0.0
            for lag in 1...season {
                var sum = 0.0
                for index in lag..<count { sum += (values[index] - mean) * (values[index - lag] - mean) }
                last = sum / variance
                if lag < season { squares += last * last }
            }
            return abs(last) > 1.6448536269514722 * ((1 + 2 * squares) / Double(count)).squareRoot()
        }
    }

    /// Multiplicative indices, one a place of the season, of mean 1; ones where an index would not be positive or finite.
    public static func indices(_ values: [Double], season: Int) -> [Double] {
        let figure = quotients(values, season: season)
        return figure.allSatisfy { $0.isFinite && $0 > 0 } ? figure : Array(repeating: 1, count: season)
    }

    /// Multiplicative indices as they come out, perhaps not positive.
    static func quotients(_ values: [Double], season: Int) -> [Double] {
        guard let trend = movingAverage(values, season: season) else { return Array(repeating: 1, count: season) }
        var sums = [Double](repeating: 0, count: season), counts = sums
        let half = season / 2
        for index in trend.indices where trend[index] != 0 {
            sums[(index + half) % season] += values[index + half] / trend[index]
            counts[(index + half) % season] += 1
        }
        var figure = zip(sums, counts).map { $1 > 0 ? $0 / $1 : 1 }
        let mean = SeriesMath.mean(figure)
        for place in figure.indices { figure[place] /= mean }
        return figure
    }

    /// Additive indices, one a place of the season, of sum 0.
    static func differences(_ values: [Double], season: Int) -> [Double] {
        guard let trend = movingAverage(values, season: season) else { return Array(repeating: 0, count: season) }
        var sums = [Double](repeating: 0, count: season), counts = sums
        let half = season / 2
        for index in trend.indices {
            sums[(index + half) % season] += values[index + half] - trend[index]
            counts[(index + half) % season] += 1
        }
        let figure = zip(sums, counts).map { $1 > 0 ? $0 / $1 : 0 }
        let mean = SeriesMath.mean(figure)
        return figure.map { $0 - mean }
    }

    /// Centred moving average over a season; element i belongs to value i + season / 2. Nil when there are fewer than two seasons.
    static func movingAverage(_ values: [Double], season: Int) -> [Double]? {
        let count = values.count
        guard season > 1, count >= 2 * season else { return nil }
        let half = season / 2
        return values.withUnsafeBufferPointer { values in
            [Double](unsafeUninitializedCapacity: count - 2 * half) { trend, initialized in
                for centre in half..<count - half {
                    var sum = 0.0
                    if season % 2 == 0 {
                        sum = 0.5 * (values[centre - half] + values[centre + half])
                        for index in centre - half + 1..<centre + half { sum += values[index] }
                    } else {
                        for index in centre - half...centre + half { sum += values[index] }
                    }
                    trend[centre - half] = sum / Double(season)
                }
                initialized = count - 2 * half
            }
        }
    }
}

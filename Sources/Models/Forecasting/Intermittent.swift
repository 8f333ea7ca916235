import Foundation

/// Demand that is zero most of the time.
///
/// Sources: Croston, Operational Research Quarterly 23 (1972); Syntetos, Boylan, "The accuracy of intermittent demand estimates", Int. J.
/// Forecasting 21 (2005) (SBA); Teunter, Syntetos, Babai, European J. of Operational Research 214 (2011) (TSB); Nikolopoulos et al., J.
/// Operational Research Society 62 (2011) (ADIDA); Petropoulos, Kourentzes, same journal 66 (2015) (IMAPA). Quantiles: of a distribution
/// of counts with the forecast for its mean and the variance of the past, negative binomial where that is above the mean, else Poisson; of
/// values that are no whole numbers, gamma with a mass at zero.
public enum Intermittent {
    public enum Kind: String, Sendable, CaseIterable {
        case croston, sba = "croston-sba", tsb, adida, imapa
    }

    public static func forecast(_ values: [Double], _ request: ForecastRequest, kind: Kind) -> LocalForecast {
        let mean: Double
        switch kind {
        case .croston: mean = croston(values, alpha: 0.1)
        case .sba: mean = croston(values, alpha: 0.1) * (1 - 0.1 / 2)
        case .tsb: mean = tsb(values, size: 0.2, probability: 0.2)
        case .adida: mean = adida(values)
        case .imapa: mean = imapa(values)
        }
        return counts(values, mean: mean, request, model: kind.rawValue)
    }

    /// Size over interval, each smoothed where there is demand. Before the first demand: 0.
    static func croston(_ values: [Double], alpha: Double) -> Double {
        var size = 0.0, interval = 0.0, since = 1.0, isFirst = true
        values.withUnsafeBufferPointer { values in
            for value in values {
                guard value != 0 else {
                    since += 1
                    continue
                }
                if isFirst {
                    (size, interval, isFirst) = (value, since, false)
                } else {
                    size += alpha * (value - size)
                    interval += alpha * (since - interval)
                }
                since = 1
            }
        }
        return isFirst ? 0 : size / interval
    }

    /// Size, smoothed where there is demand, times its probability, smoothed at every step.
    static func tsb(_ values: [Double], size alpha: Double, probability beta: Double) -> Double {
        var size = 0.0, probability = 0.0, isFirst = true
        values.withUnsafeBufferPointer { values in
            for index in values.indices {
                let value = values[index], occurs = value != 0 ? 1.0 : 0
                probability = index == 0 ? occurs : probability + beta * (occurs - probability)
                if value != 0 {
                    size = isFirst ? value : size + alpha * (value - size)
                    isFirst = false
                }
            }
        }
        return size * probability
    }

    /// Simple smoothing with the best parameter of 0.1 to 0.3 by the squared one-step error.
    static func smoothed(_ values: [Double]) -> Double { SimpleSmoothing.level(values, within: SimpleSmoothing.narrow) }

    /// Sums of blocks that end with the last value.
    static func blocks(_ values: [Double], of length: Int) -> [Double] {
        let blocks = values.count / length, skipped = values.count - blocks * length
        return (0..<blocks).map { block in
            values[skipped + block * length..<skipped + (block + 1) * length].reduce(0, +)
        }
    }

    /// Mean steps from one demand to the next, the first one counted from the beginning; rounded, half to even.
    private static func interval(_ values: [Double]) -> Int {
        guard let last = values.lastIndex(where: { $0 != 0 }) else { return 1 }
        return max(1, Int((Double(last + 1) / Double(values.count { $0 != 0 })).rounded(.toNearestOrEven)))
    }

    static func adida(_ values: [Double]) -> Double {
        let length = interval(values)
        return smoothed(blocks(values, of: length)) / Double(length)
    }

    static func imapa(_ values: [Double]) -> Double {
        let longest = interval(values)
        return SeriesMath.mean((1...longest).map { smoothed(blocks(values, of: $0)) / Double($0) })
    }

    /// A flat forecast with quantiles of counts.
    static func counts(_ values: [Double], mean: Double, _ request: ForecastRequest, model: String) -> LocalForecast {
        let mean = max(mean, 0)
        var squares = 0.0, weights = 0.0, weight = 1.0
        // Newer misses count more: half after 40 steps.
        for value in values.reversed() {
            squares += weight * (value - mean) * (value - mean)
            weights += weight
            weight *= 0.983
        }
        let variance = weights > 0 ? squares / weights : 0
        let quantiles = CountDistribution(mean: mean, variance: variance).quantiles(request.levels)
        return LocalForecast(
            model: model, mean: Array(repeating: mean, count: request.horizon),
            quantiles: (0..<request.horizon).flatMap { _ in quantiles })
    }
}

/// Counts by their first two moments: negative binomial, or Poisson where the variance is not above the mean.
public struct CountDistribution: Hashable, Sendable {
    public let mean: Double
    public let variance: Double

    /// - Parameters: both at least 0.
    public init(mean: Double, variance: Double) { (self.mean, self.variance) = (mean, max(variance, mean)) }

    /// Probabilities of 0, 1, … are walked until the last level is passed.
    ///
    /// - Parameter levels: rising.
    public func quantiles(_ levels: [Double]) -> [Double] {
        guard mean > 0 else { return Array(repeating: 0, count: levels.count) }
        let excess = variance - mean
        let isPoisson = excess < 1e-6 * mean
        let size = isPoisson ? 0 : mean * mean / excess
        let ratio = isPoisson ? 0 : excess / variance
        var logProbability = isPoisson ? -mean : size * log(1 - ratio)
        // Where a count of zero is less likely than a number can hold, the distribution is normal to all digits that matter.
        if logProbability < -600 {
            let deviation = variance.squareRoot()
            return levels.map { max(0, mean + deviation * NormalScores.score($0)) }
        }
        // Large and far-flung: walked in a larger unit.
        if mean > 500 {
            let unit = mean / 100
            return CountDistribution(mean: 100, variance: variance / (unit * unit)).quantiles(levels).map { $0 * unit }
        }
        var probability = exp(logProbability), sum = 0.0, count = 0.0, result: [Double] = []
        for level in levels {
            while sum + probability < level, count < 1e6 {
                sum += probability
                logProbability += isPoisson ? log(mean / (count + 1)) : log((size + count) / (count + 1) * ratio)
                count += 1
                probability = exp(logProbability)
            }
            result.append(count)
        }
        return result
    }
}

import Foundation

/// What is asked of a model of one series.
public struct ForecastRequest: Hashable, Sendable {
    /// Steps ahead, at least 1.
    public var horizon: Int
    /// Steps of one season; 1 = none.
    public var season: Int
    /// Seasons of models that know several, rising; empty = `season`.
    public var periods: [Int] = []
    /// Rising, each in 0 < q < 1.
    public var levels: [Double]
    /// For quantiles that are simulated.
    public var seed: UInt64

    public init(horizon: Int, season: Int, levels: [Double] = ForecastRequest.deciles, seed: UInt64 = 1) {
        precondition(horizon > 0 && season > 0)
        (self.horizon, self.season, self.levels, self.seed) = (horizon, season, levels, seed)
    }

    public static let deciles = (1...9).map { Double($0) / 10 }
}

/// A forecast of one series by one model.
public struct LocalForecast: Hashable, Sendable {
    /// `ETS(M,Ad,M)`, `theta`.
    public var model: String
    /// One a step ahead, in the unit of the values.
    public var mean: [Double]
    /// Row-major, the request's levels a step; they never cross.
    public var quantiles: [Double]
    /// One-step forecast of each value of the past from those before it, at the parameters of the end; empty where a model gives none.
    public var fitted: [Double]
    /// Corrected Akaike criterion, where the model has a likelihood.
    public var criterion: Double?

    public init(model: String, mean: [Double], quantiles: [Double], fitted: [Double] = [], criterion: Double? = nil) {
        (self.model, self.mean, self.quantiles, self.fitted, self.criterion) = (model, mean, quantiles, fitted, criterion)
    }

    /// Normal quantiles around the means.
    ///
    /// - Parameter deviations: standard deviation a step.
    init(model: String, mean: [Double], deviations: [Double], request: ForecastRequest, fitted: [Double] = [], criterion: Double? = nil) {
        let scores = request.levels.map { NormalScores.score($0) }
        var quantiles: [Double] = []
        quantiles.reserveCapacity(mean.count * scores.count)
        for step in mean.indices { for score in scores { quantiles.append(mean[step] + score * deviations[step]) } }
        self.init(model: model, mean: mean, quantiles: quantiles, fitted: fitted, criterion: criterion)
    }

    /// The same with nothing below zero: for what cannot be negative.
    public func clampedAtZero() -> LocalForecast {
        var result = self
        for step in result.mean.indices { result.mean[step] = max(result.mean[step], 0) }
        for index in result.quantiles.indices { result.quantiles[index] = max(result.quantiles[index], 0) }
        return result
    }

    /// The quantile of one step at a position of the levels.
    public func quantile(step: Int, level: Int) -> Double { quantiles[step * (quantiles.count / max(mean.count, 1)) + level] }
}

/// Quantiles of the standard normal distribution, those of whole thousandths from a table: solving for nine costs as much as a whole model of
/// the simplest kind.
enum NormalScores {
    private static let table = [-Double.infinity] + (1..<1_000).map { SpecialFunctions.normalQuantile(Double($0) / 1_000) }

    /// - Parameter level: 0 < level < 1.
    static func score(_ level: Double) -> Double {
        let place = (level * 1_000).rounded()
        guard place / 1_000 == level, place > 0, place < 1_000 else { return SpecialFunctions.normalQuantile(level) }
        return table[Int(place)]
    }
}

/// Sums that several models need.
enum SeriesMath {
    static func mean(_ values: some Collection<Double>) -> Double { values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count) }

    /// Root of the mean square of residuals after the first `skipped`.
    static func deviation(_ residuals: [Double], skipping skipped: Int = 0, parameters: Int = 0) -> Double {
        let used = residuals.dropFirst(skipped)
        guard used.count > 0 else { return 0 }
        return (used.reduce(0) { $0 + $1 * $1 } / Double(max(used.count - parameters, 1))).squareRoot()
    }

    /// Least-squares line through values at 1, 2, …: value at 0 and slope.
    static func line(_ values: some Collection<Double>) -> (level: Double, slope: Double) {
        let count = Double(values.count)
        guard count > 1 else { return (values.first ?? 0, 0) }
        let middle = (count + 1) / 2, mean = mean(values)
        var cross = 0.0, at = 1.0
        for value in values {
            cross += (at - middle) * (value - mean)
            at += 1
        }
        let slope = cross / (count * (count * count - 1) / 12)
        return (mean - slope * middle, slope)
    }

    /// The quantile of sorted values by linear interpolation (type 7).
    static func quantile(_ sorted: [Double], _ level: Double) -> Double {
        guard let last = sorted.last else { return .nan }
        let place = level * Double(sorted.count - 1), low = Int(place)
        guard low + 1 < sorted.count else { return last }
        return sorted[low] + (place - Double(low)) * (sorted[low + 1] - sorted[low])
    }
}

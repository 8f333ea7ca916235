/// Intervals set by how those of past origins did.
///
/// Each pair of levels around the median is stretched so that as many of the values that came at past origins lie within it as it says:
/// split conformal prediction with the distance from the median, in units of the forecast's own, as the score (Romano, Patterson, Candès,
/// "Conformalized quantile regression", NeurIPS 2019), pooled over series, early and late steps apart. A span whose values moved together
/// would set single levels by its own shift; pairs feel it less. Where fewer than 200 values are known nothing is stretched.
public struct IntervalCalibration: Sendable {
    /// Rising, the same on both sides of the median.
    public let levels: [Double]
    public let horizon: Int
    private let middle: Int
    private let bands: Int
    /// Scores a band and pair, the outermost pair first.
    private var scores: [[Double]]

    static let leastValues = 200
    static let (least, most) = (0.4, 3.0)

    /// - Parameter levels: rising, with the median in the middle.
    public init(levels: [Double], horizon: Int) {
        precondition(levels.count % 2 == 1)
        (self.levels, self.horizon, middle) = (levels, horizon, levels.count / 2)
        bands = min(3, horizon)
        scores = Array(repeating: [], count: bands * middle)
    }

    private func band(_ step: Int) -> Int { min(step, horizon - 1) * bands / horizon }

    /// A forecast made at a past origin, and what came.
    ///
    /// - Parameter actual: one a step, NaN where it is not known.
    public mutating func add(_ forecast: LocalForecast, actual: [Double]) {
        for (step, value) in actual.enumerated() where !value.isNaN {
            let median = forecast.quantile(step: step, level: middle), first = band(step) * middle
            for pair in 0..<middle {
                let side = value >= median ? levels.count - 1 - pair : pair
                let distance = abs(forecast.quantile(step: step, level: side) - median), miss = abs(value - median)
                if distance > 1e-9 * max(abs(median), 1e-9) { scores[first + pair].append(miss / distance) }
            }
        }
    }

    /// How far each pair is from the median as a multiple of what is forecast: a band of steps, then a pair.
    public var stretches: [Double] {
        scores.indices.map { index in
            let pair = index % middle, sorted = scores[index].sorted()
            guard sorted.count >= Self.leastValues else { return 1 }
            let share = levels[levels.count - 1 - pair] - levels[pair]
            return min(max(sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))], Self.least), Self.most)
        }
    }

    /// The forecast with its levels stretched; they never cross.
    ///
    /// - Parameter stretches: of this calibration, which are dear to compute: once for many forecasts.
    public func applied(_ stretches: [Double], to forecast: LocalForecast) -> LocalForecast {
        var result = forecast
        let width = levels.count
        for step in forecast.mean.indices {
            let median = forecast.quantile(step: step, level: middle), first = band(step) * middle
            let row = levels.indices.map { place -> Double in
                let stretch = place == middle ? 1 : stretches[first + min(place, width - 1 - place)]
                return median + stretch * (forecast.quantiles[step * width + place] - median)
            }
            result.quantiles.replaceSubrange(step * width..<(step + 1) * width, with: row.sorted())
        }
        return result
    }
}

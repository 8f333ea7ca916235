import Foundation
import Models

/// Sums of one item's errors over all origins: ratios of them are the measures, and items are what intervals resample.
///
/// The point that absolute errors (WAPE, MASE, sMAPE, OWA) judge is the median, and the mean is what squared ones (RMSSE, RMSPE) do: each has
/// its least expected loss there (Gneiting, "Making and evaluating point forecasts", J. American Statistical Association 106, 2011).
struct DemandScore: Sendable {
    private var count = 0.0, inside = 0.0, units = 0.0, absolute = 0.0, pinball = 0.0
    /// Of periods with demand, errors as shares of it.
    private var relative = 0.0, relativeCount = 0.0
    /// Scaled errors, a sum over origins with a scale.
    private var scaledSquare = 0.0, scaledAbsolute = 0.0, scaledCount = 0.0
    /// Means over an origin of |error| / (|value| + |forecast|) in 200ths, a sum over origins.
    private var symmetric = 0.0, spans = 0.0
    /// The same two of Naive2.
    private var naiveSymmetric = 0.0, naiveScaled = 0.0
    /// Periods that were not scored, since what was wanted is not known.
    private(set) var skipped = 0

    /// Positions of 10 … 90 % among the planner's levels.
    private static let deciles = Array(2...10)

    /// - Parameters:
    ///   - actual: a step each, nil = not known.
    ///   - past: values before the origin, for the scale.
    ///   - lag: of the scale.
    ///   - naive: means of Naive2 for the same steps, what OWA is measured by.
    mutating func add(_ forecast: LocalForecast, actual: [Double?], past: [Double], lag: Int, naive: [Double]) {
        var square = 0.0, sum = 0.0, naiveSum = 0.0, steps = 0.0, symmetricSum = (0.0, 0.0)
        for (step, value) in actual.enumerated() {
            guard let value else {
                skipped += 1
                continue
            }
            let middle = forecast.quantile(step: step, level: DemandPlanner.middle), miss = abs(value - forecast.mean[step])
            steps += 1
            sum += abs(value - middle)
            naiveSum += abs(value - naive[step])
            square += miss * miss
            symmetricSum.0 += Self.symmetric(value, middle)
            symmetricSum.1 += Self.symmetric(value, naive[step])
            units += abs(value)
            if value > 0 { (relative, relativeCount) = (relative + (miss / value) * (miss / value), relativeCount + 1) }
            add(quantilesOf: forecast, step, value)
        }
        guard steps > 0 else { return }
        (count, absolute, spans) = (count + steps, absolute + sum, spans + 1)
        symmetric += symmetricSum.0 / steps
        naiveSymmetric += symmetricSum.1 / steps
        guard past.count > lag else { return }
        var scale = 0.0, squareScale = 0.0
        for at in lag..<past.count {
            let change = past[at] - past[at - lag]
            (scale, squareScale) = (scale + abs(change), squareScale + change * change)
        }
        let length = Double(past.count - lag)
        guard scale > 0 else { return }
        scaledSquare += (square / steps / (squareScale / length)).squareRoot()
        scaledAbsolute += sum / steps / (scale / length)
        naiveScaled += naiveSum / steps / (scale / length)
        scaledCount += 1
    }

    private static func symmetric(_ value: Double, _ forecast: Double) -> Double {
        let size = abs(value) + abs(forecast)
        return size > 0 ? 200 * abs(value - forecast) / size : 0
    }

    private mutating func add(quantilesOf forecast: LocalForecast, _ step: Int, _ value: Double) {
        for place in Self.deciles {
            let miss = value - forecast.quantile(step: step, level: place), level = DemandPlanner.levels[place]
            pinball += 2 * (miss >= 0 ? level * miss : (level - 1) * miss) / Double(Self.deciles.count)
        }
        let low = forecast.quantile(step: step, level: DemandPlanner.low), high = forecast.quantile(step: step, level: DemandPlanner.high)
        if value >= low, value <= high { inside += 1 }
    }

    static func + (left: DemandScore, right: DemandScore) -> DemandScore {
        var sum = left
        sum.count += right.count
        sum.inside += right.inside
        sum.units += right.units
        sum.absolute += right.absolute
        sum.pinball += right.pinball
        sum.relative += right.relative
        sum.relativeCount += right.relativeCount
        sum.scaledSquare += right.scaledSquare
        sum.scaledAbsolute += right.scaledAbsolute
        sum.scaledCount += right.scaledCount
        sum.symmetric += right.symmetric
        sum.spans += right.spans
        sum.naiveSymmetric += right.naiveSymmetric
        sum.naiveScaled += right.naiveScaled
        sum.skipped += right.skipped
        return sum
    }

    var periods: Int { Int(count) }

    var measures: [(name: String, value: Double)] {
        [
            ("wql", pinball / units), ("wape", absolute / units), ("rmsse", scaledSquare / scaledCount),
            ("mase", scaledAbsolute / scaledCount), ("coverage", inside / count), ("rmspe", (relative / relativeCount).squareRoot()),
            ("smape", symmetric / spans), ("owa", (symmetric / naiveSymmetric + scaledAbsolute / naiveScaled) / 2),
        ]
    }
}

/// A measure with the interval that 95 % of resamples over items fall into.
public struct DemandMeasure: Hashable, Sendable {
    public var name: String
    public var value: Double
    public var low: Double
    public var high: Double

    /// - Parameter scores: one an item.
    static func all(_ scores: [DemandScore], resamples: Int, seed: UInt64 = 7) -> [DemandMeasure] {
        let whole = scores.reduce(DemandScore(), +).measures
        var draws: [[Double]] = whole.map { _ in [] }, random = SplitMix64(seed: seed)
        for _ in 0..<resamples where !scores.isEmpty {
            var sum = DemandScore()
            for _ in scores.indices { sum = sum + scores[random.next(below: scores.count)] }
            for (place, measure) in sum.measures.enumerated() where measure.value.isFinite { draws[place].append(measure.value) }
        }
        return whole.indices.map { place in
            let sorted = draws[place].sorted()
            func at(_ share: Double) -> Double {
                sorted.isEmpty ? .nan : sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]
            }
            return DemandMeasure(name: whole[place].name, value: whole[place].value, low: at(0.025), high: at(0.975))
        }
    }
}

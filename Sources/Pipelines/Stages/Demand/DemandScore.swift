import Foundation
import Models

/// Sums of one item's errors over all origins: ratios of them are the measures, and items are what intervals resample.
struct DemandScore: Sendable {
    private var count = 0.0, inside = 0.0, units = 0.0, absolute = 0.0, pinball = 0.0
    /// Of periods with demand, errors as shares of it.
    private var relative = 0.0, relativeCount = 0.0
    /// Scaled errors, a sum over origins with a scale.
    private var scaledSquare = 0.0, scaledAbsolute = 0.0, scaledCount = 0.0
    /// Periods that were not scored, since what was wanted is not known.
    private(set) var skipped = 0

    /// Positions of 10 … 90 % among the planner's levels.
    private static let deciles = Array(2...10)

    /// - Parameters:
    ///   - actual: a step each, nil = not known.
    ///   - past: values before the origin, for the scale.
    ///   - lag: of the scale.
    mutating func add(_ forecast: LocalForecast, actual: [Double?], past: [Double], lag: Int) {
        var square = 0.0, sum = 0.0, steps = 0.0
        for (step, value) in actual.enumerated() {
            guard let value else {
                skipped += 1
                continue
            }
            let error = abs(value - forecast.mean[step])
            (steps, sum, square) = (steps + 1, sum + error, square + error * error)
            units += abs(value)
            if value > 0 { (relative, relativeCount) = (relative + (error / value) * (error / value), relativeCount + 1) }
            for place in Self.deciles {
                let miss = value - forecast.quantile(step: step, level: place), level = DemandPlanner.levels[place]
                pinball += 2 * (miss >= 0 ? level * miss : (level - 1) * miss) / Double(Self.deciles.count)
            }
            if value >= forecast.quantile(step: step, level: DemandPlanner.low),
                value <= forecast.quantile(step: step, level: DemandPlanner.high)
            {
                inside += 1
            }
        }
        guard steps > 0 else { return }
        (count, absolute) = (count + steps, absolute + sum)
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
        scaledCount += 1
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
        sum.skipped += right.skipped
        return sum
    }

    var periods: Int { Int(count) }

    var measures: [(name: String, value: Double)] {
        [
            ("wql", pinball / units), ("wape", absolute / units), ("rmsse", scaledSquare / scaledCount),
            ("mase", scaledAbsolute / scaledCount), ("coverage", inside / count), ("rmspe", (relative / relativeCount).squareRoot()),
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

import Foundation

/// Weights of several forecasts on the simplex, of least loss on cases that are known.
///
/// Half of the loss counts by units (as wQL does), half by each series' own scale (as MASE does). Both losses are convex in the weights;
/// exponentiated gradients from equal weights reach the least (Kivinen, Warmuth, "Exponentiated gradient versus gradient descent for linear
/// predictors", Information and Computation 132, 1997). An entropy term keeps weights that hardly matter near equal: few past origins share the
/// luck of their season, and equal weights are hard to beat (Claeskens et al., Int. J. Forecasting 32, 2016).
struct StackingWeights {
    /// What every member forecast, and what came.
    struct Case {
        var forecasts: [LocalForecast]
        /// One a step, NaN where it is not known.
        var actual: [Double]
        var scale: Double
    }

    let levels: [Double]
    /// How much weights are held near equal: the loss, as a share of that of equal weights, that their entropy is worth.
    var evenness = 0.02
    var steps = 120
    var rate = 6.0

    /// Least weight that is kept.
    static let least = 0.03

    func weights(_ cases: [Case], members: Int) -> (mean: [Double], quantiles: [Double]) {
        let units = max(cases.reduce(0) { $0 + $1.actual.reduce(0) { $1.isNaN ? $0 : $0 + abs($1) } }, 1e-9)
        let shares = cases.map { one in
            let known = Double(max(one.actual.count { !$0.isNaN }, 1))
            return (1 / units, 1 / (one.scale * known * Double(cases.count)))
        }
        // Each half is scaled by its loss at equal weights.
        let equal = Array(repeating: 1 / Double(members), count: members)
        let whole = cases.indices.reduce(into: (0.0, 0.0)) { sum, index in
            let loss = pinball(cases[index], equal).loss
            sum = (sum.0 + loss * shares[index].0, sum.1 + loss * shares[index].1)
        }
        let counts = shares.map { $0.0 / max(whole.0, 1e-12) + $0.1 / max(whole.1, 1e-12) }
        let even = cases.map { 1 / $0.scale }, squares = cases.indices.reduce(0) { $0 + root(cases[$1], equal).loss * even[$1] }
        let scaled = even.map { $0 / max(squares, 1e-12) }
        return (
            descend(cases, scaled, equal, root), descend(cases, counts.map { $0 / 2 }, equal, pinball)
        )
    }

    private func descend(
        _ cases: [Case], _ counts: [Double], _ start: [Double], _ loss: (Case, [Double]) -> (loss: Double, slope: [Double])
    ) -> [Double] {
        var weights = start, sum = start.map { _ in 0.0 }
        for step in 0..<steps {
            var slope = weights.map { _ in 0.0 }
            for (one, count) in zip(cases, counts) {
                let own = loss(one, weights).slope
                for member in slope.indices { slope[member] += count * own[member] }
            }
            for member in slope.indices { slope[member] += evenness * log(max(weights[member], 1e-9)) }
            let least = slope.min() ?? 0
            for member in weights.indices { weights[member] *= exp(-rate * (slope[member] - least) / Double(1 + step).squareRoot()) }
            let total = weights.reduce(0, +)
            for member in weights.indices {
                weights[member] /= total
                if 2 * step >= steps { sum[member] += weights[member] }
            }
        }
        let total = sum.reduce(0, +), kept = sum.map { $0 / total < Self.least ? 0 : $0 / total }, rest = kept.reduce(0, +)
        return kept.map { $0 / rest }
    }

    /// The root of the mean square: a series that jumps does not outweigh the others.
    private func root(_ one: Case, _ weights: [Double]) -> (loss: Double, slope: [Double]) {
        var sum = 0.0, steps = 0.0, slope = weights.map { _ in 0.0 }
        for (step, value) in one.actual.enumerated() where !value.isNaN {
            var miss = -value
            for member in weights.indices { miss += weights[member] * one.forecasts[member].mean[step] }
            (sum, steps) = (sum + miss * miss, steps + 1)
            for member in weights.indices { slope[member] += miss * one.forecasts[member].mean[step] }
        }
        let loss = (sum / max(steps, 1)).squareRoot()
        return (loss, slope.map { loss > 0 ? $0 / loss / steps : 0 })
    }

    private func pinball(_ one: Case, _ weights: [Double]) -> (loss: Double, slope: [Double]) {
        var loss = 0.0, slope = weights.map { _ in 0.0 }
        let width = levels.count
        for (step, value) in one.actual.enumerated() where !value.isNaN {
            for (place, level) in levels.enumerated() {
                let at = step * width + place
                var miss = value
                for member in weights.indices { miss -= weights[member] * one.forecasts[member].quantiles[at] }
                let share = 2 * (miss >= 0 ? level : level - 1) / Double(width)
                loss += share * miss
                for member in weights.indices { slope[member] -= share * one.forecasts[member].quantiles[at] }
            }
        }
        return (loss, slope)
    }
}

import Foundation

/// Weights of several forecasts on the simplex, of least loss on cases that are known.
///
/// Half of the loss counts by units (as wQL does), half by each series' own scale (as MASE does). Both losses are convex in the weights;
/// exponentiated gradients from the prior weights reach the least (Kivinen, Warmuth, "Exponentiated gradient versus gradient descent for linear
/// predictors", Information and Computation 132, 1997). A relative entropy keeps weights that hardly matter near the prior ones: few past
/// origins share the luck of their season, and weights that are not learned are hard to beat (Claeskens et al., Int. J. Forecasting 32, 2016).
/// How strong it is, is chosen by what weights learned on one past span lose on another.
struct StackingWeights {
    /// What every member forecast, and what came.
    struct Case {
        var forecasts: [LocalForecast]
        /// One a step, NaN where it is not known.
        var actual: [Double]
        var scale: Double
    }

    /// How much weights are held near the prior ones: the loss, as a share of theirs, that the relative entropy is worth.
    struct Evenness: Hashable {
        var mean: Double
        var quantiles: Double
    }

    let levels: [Double]
    /// One a member each, above 0, of sum 1.
    let prior: (mean: [Double], quantiles: [Double])
    var evenness = Evenness(mean: 0.02, quantiles: 0.02)
    var steps = 120
    var rate = 6.0

    /// Least weight that is kept.
    static let least = 0.03

    func weights(_ cases: [Case]) -> (mean: [Double], quantiles: [Double]) {
        let counts = counts(cases)
        return (
            descend(cases, counts.mean, prior.mean, evenness.mean, root),
            descend(cases, counts.quantiles, prior.quantiles, evenness.quantiles, pinball)
        )
    }

    /// What each case counts, so that the prior weights have a loss of 1.
    private func counts(_ cases: [Case]) -> (mean: [Double], quantiles: [Double]) {
        let units = max(cases.reduce(0) { $0 + $1.actual.reduce(0) { $1.isNaN ? $0 : $0 + abs($1) } }, 1e-9)
        let shares = cases.map { one in
            let known = Double(max(one.actual.count { !$0.isNaN }, 1))
            return (1 / units, 1 / (one.scale * known * Double(cases.count)))
        }
        // Each half is scaled by its loss at the prior weights.
        let whole = cases.indices.reduce(into: (0.0, 0.0)) { sum, index in
            let loss = pinball(cases[index], prior.quantiles).loss
            sum = (sum.0 + loss * shares[index].0, sum.1 + loss * shares[index].1)
        }
        let counts = shares.map { ($0.0 / max(whole.0, 1e-12) + $0.1 / max(whole.1, 1e-12)) / 2 }
        let even = cases.map { 1 / $0.scale }, squares = cases.indices.reduce(0) { $0 + root(cases[$1], prior.mean).loss * even[$1] }
        return (even.map { $0 / max(squares, 1e-12) }, counts)
    }

    /// Those that the evenness of least loss is chosen from.
    static let evennesses = [0.003, 0.01, 0.02, 0.05, 0.15, 0.5]
    /// Of those that lose at most so many times the least, the strongest is taken: two spans say little (the rule of one standard error:
    /// Breiman, Friedman, Olshen, Stone, "Classification and regression trees" (1984), chapter 3).
    static let tolerance = 1.005
    /// Cases of a span that the choice looks at.
    static let sample = 200

    /// The evenness at which weights learned on the other spans lose least on each span; as it is where there are fewer than two spans.
    func chosen(_ spans: [[Case]]) -> Evenness {
        let spans = spans.filter { !$0.isEmpty }.map { span in
            let stride = (span.count + Self.sample - 1) / Self.sample
            return span.indices.filter { $0 % stride == 0 }.map { span[$0] }
        }
        guard spans.count > 1 else { return evenness }
        var all: [(mean: Double, quantiles: Double)] = []
        for value in Self.evennesses {
            var weighing = self, losses = (mean: 0.0, quantiles: 0.0)
            weighing.evenness = Evenness(mean: value, quantiles: value)
            weighing.steps = steps / 2
            for (place, span) in spans.enumerated() {
                let others = spans.indices.filter { $0 != place }.flatMap { spans[$0] }
                let found = weighing.weights(others), counts = counts(span)
                for (one, count) in zip(span, counts.mean) { losses.mean += count * root(one, found.mean).loss }
                for (one, count) in zip(span, counts.quantiles) { losses.quantiles += count * pinball(one, found.quantiles).loss }
            }
            all.append(losses)
        }
        func strongest(_ losses: [Double]) -> Double {
            let limit = (losses.min() ?? 0) * Self.tolerance
            return zip(Self.evennesses, losses).filter { $1 <= limit }.last?.0 ?? evenness.mean
        }
        return Evenness(mean: strongest(all.map(\.mean)), quantiles: strongest(all.map(\.quantiles)))
    }

    private func descend(
        _ cases: [Case], _ counts: [Double], _ prior: [Double], _ evenness: Double,
        _ loss: (Case, [Double]) -> (loss: Double, slope: [Double])
    ) -> [Double] {
        var weights = prior, sum = prior.map { _ in 0.0 }
        for step in 0..<steps {
            var slope = weights.map { _ in 0.0 }
            for (one, count) in zip(cases, counts) {
                let own = loss(one, weights).slope
                for member in slope.indices { slope[member] += count * own[member] }
            }
            for member in slope.indices { slope[member] += evenness * log(max(weights[member], 1e-9) / prior[member]) }
            let least = slope.min() ?? 0
            for member in weights.indices { weights[member] *= exp(-rate * (slope[member] - least) / Double(1 + step).squareRoot()) }
            let total = weights.reduce(0, +)
            for member in weights.indices {
                weights[member] /= total
                if 2 * step >= steps { sum[member] += weights[member] }
            }
        }
        let total = sum.reduce(0, +)
        return Self.kept(sum.map { $0 / total })
    }

    /// Without weights that hardly count.
    static func kept(_ weights: [Double]) -> [Double] {
        let kept = weights.map { $0 < least ? 0 : $0 }, rest = kept.reduce(0, +)
        return rest > 0 ? kept.map { $0 / rest } : weights
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

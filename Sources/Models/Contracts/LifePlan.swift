/// When to end a unit's life on purpose: what a repair after so many steps is expected to cost, and what else could be done.
public struct LifePlan: Hashable, Sendable {
    /// Steps from the row until the repair; nil = none needs planning within the longest life the model tells apart.
    public var steps: Float?
    /// Expected cost of that plan; of a repair at once; and of running on until the unit fails. In the unit of the costs given.
    public var expected: Double
    public var atOnce: Double
    public var atFailure: Double
    /// Steps left that half of such units reach.
    public var median: Float

    public init(steps: Float?, expected: Double, atOnce: Double, atFailure: Double, median: Float) {
        (self.steps, self.expected, self.atOnce, self.atFailure, self.median) = (steps, expected, atOnce, atFailure, median)
    }

    /// The cheapest time for a repair, from levels of the life left that are equally likely.
    ///
    /// A repair after `t` steps costs `failure` where the unit's life ended before, otherwise `repair` times the share of a typical life
    /// that is thrown away: `F(t) failure + repair E[(L - t)+] / typical`, the one-cycle form of age replacement (R. Barlow, L. Hunter,
    /// "Optimum preventive maintenance policies", Operations Research 8, 1960). Compared at the levels themselves, just before each.
    ///
    /// - Parameters:
    ///   - levels: life left in steps, rising, none below 0; `cap` stands for that or more.
    ///   - typical: steps that a life lasts in the mean, above 0.
    ///   - failure: cost of a failure in service; - repair: of a repair of a unit that is as good as new.
    public init(levels: [Float], cap: Float, typical: Float, failure: Double, repair: Double) {
        let count = Double(max(levels.count, 1))
        // Sums from each level on.
        var beyond = [0.0]
        for level in levels.reversed() { beyond.append(beyond[beyond.count - 1] + Double(level)) }
        func cost(at time: Float, failed: Int) -> Double {
            let left = levels.count - failed, thrown = max(beyond[left] - Double(left) * Double(time), 0) / count
            return Double(failed) / count * failure + repair * min(thrown / Double(typical), 1)
        }
        (atOnce, atFailure) = (cost(at: 0, failed: 0), failure)
        median = levels.isEmpty ? 0 : (levels[(levels.count - 1) / 2] + levels[levels.count / 2]) / 2
        (steps, expected) = (0, atOnce)
        var first = 0
        for (index, level) in levels.enumerated() where level < cap {
            if level > levels[first] { first = index }
            let own = cost(at: level, failed: first)
            if own < expected { (steps, expected) = (level, own) }
        }
        // Nothing before the cap is cheaper than waiting for it: it will be asked again when the unit wears.
        let failed = levels.firstIndex { $0 >= cap } ?? levels.count
        if failed < levels.count {
            let later = cost(at: cap, failed: failed)
            if later <= expected { (steps, expected) = (nil, later) }
        }
    }
}

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What one person was shown by a policy that drew with stored probabilities, seen by another policy.
public struct OffPolicyUnit: Hashable, Sendable {
    /// What was shown.
    public struct Decision: Hashable, Sendable {
        /// What came of it.
        public var reward: Double
        /// Probability with which the policy of the log showed it: above 0, at most 1.
        public var logged: Double
        /// Probability with which the other policy would have shown it: 0...1.
        public var target: Double
        /// What a model expected of it; 0 where there is none.
        public var expected: Double

        public init(reward: Double, logged: Double, target: Double, expected: Double = 0) {
            (self.reward, self.logged, self.target, self.expected) = (reward, logged, target, expected)
        }
    }

    /// Whom it is about: units of one cluster depend on each other.
    public var cluster: Int
    public var decisions: [Decision]
    /// Sum of the other policy's probabilities over all it might show: how many offers it makes.
    public var offers: Double
    /// The same over what the policy of the log could not show.
    public var unsupported: Double
    /// Sum over all the other policy might show of probability times what the model expects.
    public var expected: Double

    public init(cluster: Int, decisions: [Decision], offers: Double, unsupported: Double = 0, expected: Double = 0) {
        (self.cluster, self.decisions, self.offers) = (cluster, decisions, offers)
        (self.unsupported, self.expected) = (unsupported, expected)
    }
}

/// What another policy would have brought, a unit, from the log of one that drew at random with known probabilities.
///
/// - IPS: rewards weighted by target / logged probability (D. Horvitz, D. Thompson, JASA 47, 1952). Without bias for what the log could show.
/// - SNIPS: the same over the mean weight (A. Swaminathan, T. Joachims, "The Self-Normalized Estimator for Counterfactual Learning", NIPS
///   2015): a small bias that vanishes with more units, less variance.
/// - DR: what a model expects of the other policy, plus the weighted error of the model on what was shown (M. Dudík, J. Langford, L. Li,
///   "Doubly Robust Policy Evaluation and Learning", ICML 2011): right when either the probabilities or the model are.
///
/// What the log could not show counts 0 in IPS and SNIPS, and what the model expects in DR. An item's reward is taken not to depend on what
/// else is shown. Intervals are normal, from the estimates' influence summed by cluster.
public struct OffPolicyEstimate: Hashable, Sendable {
    public struct Interval: Hashable, Sendable {
        public var estimate: Double
        /// 95 %.
        public var lower: Double
        public var upper: Double
    }

    public var ips: Interval
    public var snips: Interval
    public var doublyRobust: Interval
    public var units: Int
    public var decisions: Int
    /// (Sum of weights)² / sum of squared weights (L. Kish): how many equally weighted decisions say as much.
    public var effective: Double
    /// Share of the other policy's offers that the log could not show.
    public var unsupported: Double
    /// Sum of weights a unit less what it must be in the mean, in standard errors; within 3.3 unless the probabilities are wrong.
    public var weightDeviation: Double

    /// Whether the stored probabilities are those that the log was drawn with, as far as the weights can tell (one in a thousand is
    /// doubted wrongly).
    public var isPlausible: Bool { abs(weightDeviation) <= 3.29 }

    /// - Returns: nil without two clusters, without a decision that the other policy might make, or with a probability outside its range.
    public init?(_ units: [OffPolicyUnit]) {
        let decisions = units.flatMap(\.decisions)
        guard Set(units.map(\.cluster)).count >= 2,
            decisions.allSatisfy({ $0.logged > 0 && $0.logged <= 1 && $0.target >= 0 && $0.target <= 1 && $0.reward.isFinite })
        else { return nil }
        let count = Double(units.count), weights = decisions.map { $0.target / $0.logged }
        let total = weights.reduce(0, +), squares = weights.reduce(0) { $0 + $1 * $1 }
        guard total > 0 else { return nil }
        func sums(_ part: (OffPolicyUnit.Decision) -> Double) -> [Double] { units.map { $0.decisions.reduce(0) { $0 + part($1) } } }
        let weighted = sums { $0.target / $0.logged * $0.reward }, weight = sums { $0.target / $0.logged }
        let robust = zip(units, sums { $0.target / $0.logged * ($0.reward - $0.expected) }).map { $0.expected + $1 }
        let offers = units.reduce(0) { $0 + $1.offers }, unsupported = units.reduce(0) { $0 + $1.unsupported }
        let clusters = units.map(\.cluster)
        ips = Self.interval(mean: weighted.reduce(0, +) / count, influence: weighted, clusters)
        // A ratio's influence: what a unit adds beyond its share of the weights, times supported offers over weights.
        let rate = weighted.reduce(0, +) / total, supported = (offers - unsupported) / count
        let influence = zip(weighted, weight).map { ($0 - rate * $1) * supported * count / total }
        let normal = Self.interval(mean: 0, influence: influence, clusters)
        snips = Interval(
            estimate: rate * supported, lower: rate * supported + normal.lower, upper: rate * supported + normal.upper)
        doublyRobust = Self.interval(mean: robust.reduce(0, +) / count, influence: robust, clusters)
        (self.units, self.decisions) = (units.count, decisions.count)
        effective = total * total / squares
        self.unsupported = offers > 0 ? unsupported / offers : 0
        let excess = zip(weight, units).map { $0 - ($1.offers - $1.unsupported) }
        let error = Self.standardError(excess, clusters)
        let mean = excess.reduce(0, +) / count
        // Weights that are all 1 leave a deviation and an error of rounding alone, whose ratio says nothing.
        weightDeviation = abs(mean) < 1e-9 ? 0 : error > 0 ? mean / error : .infinity
    }

    private static func interval(mean: Double, influence: [Double], _ clusters: [Int]) -> Interval {
        let error = standardError(influence, clusters)
        return Interval(estimate: mean, lower: mean - 1.96 * error, upper: mean + 1.96 * error)
    }

    /// Of the mean of `values`, whose clusters are independent of each other.
    private static func standardError(_ values: [Double], _ clusters: [Int]) -> Double {
        let mean = values.reduce(0, +) / Double(values.count)
        var sums: [Int: Double] = [:]
        for (value, cluster) in zip(values, clusters) { sums[cluster, default: 0] += value - mean }
        // In the order of the clusters, so that the sum has the same bits in every run.
        let squares = sums.keys.sorted().reduce(0.0) { $0 + (sums[$1] ?? 0) * (sums[$1] ?? 0) }
        let groups = Double(sums.count)
        return (squares * groups / (groups - 1)).squareRoot() / Double(values.count)
    }
}

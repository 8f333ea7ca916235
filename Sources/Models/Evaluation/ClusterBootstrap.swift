/// A figure with the interval in which it lies in 95 % of resamples.
public struct BootstrapInterval: Hashable, Sendable, Codable {
    /// On the rows as they are.
    public var estimate: Double
    /// The 2.5 % and 97.5 % quantiles over the resamples, linear between neighbours.
    public var lower: Double
    public var upper: Double
    /// Resamples in which the figure was defined.
    public var resamples: Int
}

/// Percentile intervals by drawing whole clusters (cards) with replacement, since rows of one card are not independent.
///
/// B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", 1993, chapters 8 and 13. The same seed gives the same interval.
public struct ClusterBootstrap: Sendable {
    /// The cluster of each row, from 0, numbered in rising order of identifier: what the metrics take.
    public let clusters: [Int]
    public let clusterCount: Int
    private let resamples: Int
    private let seed: UInt64

    /// - Parameters:
    ///   - identifiers: the cluster of each row; rows that share one are drawn together.
    ///   - resamples: at least 40, so that 2.5 % is one of them.
    public init(identifiers: [Int], resamples: Int = 1_000, seed: UInt64) {
        precondition(resamples >= 40)
        let sorted = Set(identifiers).sorted()
        let numbers = Dictionary(uniqueKeysWithValues: zip(sorted, 0...))
        clusters = identifiers.map { numbers[$0] ?? 0 }
        clusterCount = sorted.count
        (self.resamples, self.seed) = (resamples, seed)
    }

    /// Several figures over the same resamples: one interval each, in the order in which `figures` gives them.
    ///
    /// For a comparison of two models, let `figures` give both and their difference: each resample then scores both on the same rows,
    /// and the interval of the difference is a paired one.
    ///
    /// - Parameter figures: of the weights, one a cluster (all 1 for the estimate); nil where a figure is not defined.
    /// - Returns: nil for a figure that is not defined on the rows as they are, or in fewer than half of the resamples.
    public func intervals(_ figures: (_ weights: [UInt32]) -> [Double?]) -> [BootstrapInterval?] {
        let estimates = figures([UInt32](repeating: 1, count: clusterCount))
        var samples = [[Double]](repeating: [], count: estimates.count)
        var random = SplitMix64(seed: seed)
        var weights = [UInt32](repeating: 0, count: clusterCount)
        for _ in 0..<resamples {
            for cluster in weights.indices { weights[cluster] = 0 }
            for _ in 0..<clusterCount { weights[random.next(below: clusterCount)] += 1 }
            for (figure, value) in figures(weights).enumerated() {
                if let value { samples[figure].append(value) }
            }
        }
        return zip(estimates, samples).map { estimate, values in
            guard let estimate, values.count * 2 >= resamples else { return nil }
            let sorted = values.sorted()
            return BootstrapInterval(
                estimate: estimate, lower: Self.quantile(0.025, of: sorted), upper: Self.quantile(0.975, of: sorted),
                resamples: values.count)
        }
    }

    /// One figure: see ``intervals(_:)``.
    public func interval(_ figure: (_ weights: [UInt32]) -> Double?) -> BootstrapInterval? { intervals { [figure($0)] }[0] }

    /// Hyndman and Fan's type 7, numpy's default.
    static func quantile(_ share: Double, of sorted: [Double]) -> Double {
        let position = share * Double(sorted.count - 1)
        let below = Int(position)
        let above = min(below + 1, sorted.count - 1)
        return sorted[below] + (position - Double(below)) * (sorted[above] - sorted[below])
    }
}

/// How much a second model is better than a first on the same rows.
public struct PairedDifference: Hashable, Sendable, Codable {
    public var first: Double
    public var second: Double
    /// Of second - first, over resamples that score both on the same rows.
    public var difference: BootstrapInterval
    /// Share of resamples in which the second is not better, ties half.
    public var shareNotBetter: Double
}

/// Differences of two models' figures on the same rows, with percentile intervals by resampling whole clusters (days or entities).
///
/// Poisson weights a cluster, ranks sorted once a model. Percentiles, not BCa: a paired difference has hardly any skew, and BCa's jackknife
/// would cost a pass a cluster. B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13. The same seed gives the same
/// interval.
public struct PairedBootstrap: Sendable {
    private let clusters: [Int]
    private let clusterCount: Int
    private let resamples: Int
    private let seed: UInt64

    /// - Parameters:
    ///   - identifiers: the cluster of each row: its day or its entity, whichever rows depend on more.
    ///   - resamples: at least 40.
    public init(identifiers: [Int], resamples: Int = 1_000, seed: UInt64) {
        precondition(resamples >= 40, "2.5 % of the resamples are one at least")
        let bootstrap = ClusterBootstrap(identifiers: identifiers, resamples: resamples, seed: seed)
        (clusters, clusterCount) = (bootstrap.clusters, bootstrap.clusterCount)
        (self.resamples, self.seed) = (resamples, seed)
    }

    /// Area under the ROC curve and average precision, over the same resamples.
    ///
    /// - Returns: nil where a figure is not defined, on the rows or in more than half of the resamples.
    public func ranks(first: [Float], second: [Float], labels: [Float]) -> (rocAUC: PairedDifference?, averagePrecision: PairedDifference?)
    {
        let left = RankedScores(scores: first, labels: labels, clusters: clusters)
        let right = RankedScores(scores: second, labels: labels, clusters: clusters)
        let found = differences { weights in
            guard let a = left.both(weights: weights), let b = right.both(weights: weights) else { return [nil, nil] }
            return [(a.rocAUC, b.rocAUC), (a.averagePrecision, b.averagePrecision)]
        }
        return (found[0], found[1])
    }

    /// Card precision, by resampling the cards: the identifiers given to `init` are the cards.
    public func cardPrecision(at k: Int, first: [Float], second: [Float], labels: [Float], days: [Int]) -> PairedDifference? {
        let left = CardDays(scores: first, labels: labels, cards: clusters, days: days)
        let right = CardDays(scores: second, labels: labels, cards: clusters, days: days)
        return differences { weights in
            guard let a = left.precision(at: k, weights: weights), let b = right.precision(at: k, weights: weights) else { return [nil] }
            return [(a, b)]
        }[0]
    }

    /// Card precision, by resampling the days: the identifiers given to `init` are the days. Cards found stay found as they were.
    public func dailyCardPrecision(at k: Int, first: [Float], second: [Float], labels: [Float], cards: [Int]) -> PairedDifference? {
        let left = CardDays(scores: first, labels: labels, cards: cards, days: clusters).precisions(at: k)
        let right = CardDays(scores: second, labels: labels, cards: cards, days: clusters).precisions(at: k)
        return differences { weights in
            var (a, b, count) = (0.0, 0.0, 0.0)
            for day in weights.indices {
                let weight = Double(weights[day])
                a += weight * left[day]
                b += weight * right[day]
                count += weight
            }
            return count > 0 ? [(a / count, b / count)] : [nil]
        }[0]
    }

    /// Sums of an amount a row, such as money: more is taken to be better.
    public func totals(first: [Double], second: [Double]) -> PairedDifference? {
        var (left, right) = ([Double](repeating: 0, count: clusterCount), [Double](repeating: 0, count: clusterCount))
        for (row, cluster) in clusters.enumerated() {
            left[cluster] += first[row]
            right[cluster] += second[row]
        }
        return differences { weights in
            var (a, b) = (0.0, 0.0)
            for cluster in weights.indices {
                a += Double(weights[cluster]) * left[cluster]
                b += Double(weights[cluster]) * right[cluster]
            }
            return [(a, b)]
        }[0]
    }

    private func differences(_ figures: (_ weights: [UInt32]) -> [(Double, Double)?]) -> [PairedDifference?] {
        var weights = [UInt32](repeating: 1, count: clusterCount)
        let estimates = figures(weights)
        var samples = [[Double]](repeating: [], count: estimates.count)
        var random = PoissonWeights(seed: seed)
        for _ in 0..<resamples {
            random.fill(&weights)
            for (figure, pair) in figures(weights).enumerated() {
                if let pair { samples[figure].append(pair.1 - pair.0) }
            }
        }
        return zip(estimates, samples).map { estimate, values in
            guard let estimate, values.count * 2 >= resamples else { return nil }
            let sorted = values.sorted()
            let interval = BootstrapInterval(
                estimate: estimate.1 - estimate.0, lower: ClusterBootstrap.quantile(0.025, of: sorted),
                upper: ClusterBootstrap.quantile(0.975, of: sorted), resamples: values.count)
            let notBetter = values.reduce(0.0) { $0 + ($1 < 0 ? 1 : $1 == 0 ? 0.5 : 0) } / Double(values.count)
            return PairedDifference(first: estimate.0, second: estimate.1, difference: interval, shareNotBetter: notBetter)
        }
    }
}

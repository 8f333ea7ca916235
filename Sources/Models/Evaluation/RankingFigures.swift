#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How well lists of items name what people took, a figure a user, and how wide and how obvious the lists are.
public struct RankingFigures: Sendable {
    /// Hits among the first k / all relevant items, a user; for k = 10 and 20.
    public private(set) var recall10: [Double] = []
    public private(set) var recall20: [Double] = []
    /// Discounted gain of the first 10 over that of the best order of min(10, relevant items); gain 1, discount log2(place + 1).
    public private(set) var gain10: [Double] = []
    /// Share of the items seen in training that stand in the first 10 of anybody.
    public private(set) var coverage = 0.0
    /// Mean over the items named in the first 10 of -log2(share of training users who have the item); higher is less obvious.
    public private(set) var novelty = 0.0

    /// - Parameters:
    ///   - lists: for each user of the split the items, best first, 20 or more where there are so many.
    public init(_ lists: [[Int]], split: RecommendationSplit) {
        precondition(lists.count == split.users.count, "a list a user")
        for (list, relevant) in zip(lists, split.relevant) {
            let wanted = Set(relevant)
            let hits = list.prefix(20).map { wanted.contains($0) }
            recall10.append(Double(hits.prefix(10).count { $0 }) / Double(wanted.count))
            recall20.append(Double(hits.count { $0 }) / Double(wanted.count))
            let gain = hits.prefix(10).enumerated().reduce(0.0) { $0 + ($1.element ? Self.discount($1.offset) : 0) }
            let best = (0..<min(10, wanted.count)).reduce(0.0) { $0 + Self.discount($1) }
            gain10.append(gain / best)
        }
        widen(lists, split: split)
    }

    /// What a hit in a place counts, from 0: 1 / log2(place + 2).
    static func discount(_ place: Int) -> Double { 1 / log2(Double(place) + 2) }

    private mutating func widen(_ lists: [[Int]], split: RecommendationSplit) {
        let bought = split.training.purchases
        let pairs = InteractionMatrix(bought).transposed()
        let people = Double(Set(bought.user).count)
        var named: Set<Int> = []
        var (sum, count) = (0.0, 0)
        for list in lists {
            for item in list.prefix(10) {
                named.insert(item)
                sum -= log2(max(1, Double(pairs.range(of: item).count)) / people)
                count += 1
            }
        }
        let seen = split.training.items.count - split.unseen.count
        coverage = seen > 0 ? Double(named.count) / Double(seen) : 0
        novelty = count > 0 ? sum / Double(count) : 0
    }

    /// Names and values a user, for means and intervals.
    public var figures: [(name: String, values: [Double])] {
        [("recall_at_10", recall10), ("ndcg_at_10", gain10), ("recall_at_20", recall20)]
    }
}

/// Means over users with percentile intervals by drawing users with replacement; several models on the same draws.
///
/// B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", 1993, chapters 8 and 13. The same seed gives the same interval.
public enum UserBootstrap {
    /// - Parameter values: a list a figure, an entry a user.
    public static func intervals(_ values: [[Double]], resamples: Int = 1_000, seed: UInt64 = 1) -> [BootstrapInterval] {
        let users = values.first?.count ?? 0
        var samples = [[Double]](repeating: [], count: values.count)
        var random = SplitMix64(seed: seed)
        var drawn = [Int](repeating: 0, count: users)
        for _ in 0..<resamples {
            for place in drawn.indices { drawn[place] = random.next(below: users) }
            for (figure, own) in values.enumerated() { samples[figure].append(drawn.reduce(0.0) { $0 + own[$1] } / Double(users)) }
        }
        return zip(values, samples).map { own, drawn in
            let sorted = drawn.sorted()
            return BootstrapInterval(
                estimate: own.reduce(0, +) / Double(users), lower: ClusterBootstrap.quantile(0.025, of: sorted),
                upper: ClusterBootstrap.quantile(0.975, of: sorted), resamples: resamples)
        }
    }
}

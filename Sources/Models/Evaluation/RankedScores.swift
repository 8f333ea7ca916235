/// Rows sorted by falling score once, so that rank metrics of any reweighting are one pass: what a bootstrap needs.
public struct RankedScores: Sendable {
    /// In falling order of score: 0 or 1 a row.
    private let positives: [UInt8]
    /// The row's cluster, from 0.
    private let clusters: [Int32]
    /// 1 where the next row has a lower score, and at the end.
    private let lastOfScore: [UInt8]

    /// - Parameter clusters: a number a row, from 0, by which `weights` count; empty = each row by itself.
    /// - Precondition: counts agree; no score is NaN.
    public init(scores: [Float], labels: [Float], clusters: [Int] = []) {
        precondition(scores.count == labels.count && (clusters.isEmpty || clusters.count == scores.count), "a label and a cluster a row")
        precondition(!scores.contains { $0.isNaN }, "scores are numbers")
        let order = scores.indices.sorted { scores[$0] > scores[$1] }
        positives = order.map { labels[$0] == 1 ? 1 : 0 }
        self.clusters = order.map { Int32(clusters.isEmpty ? $0 : clusters[$0]) }
        lastOfScore = order.indices.map { $0 + 1 == order.count || scores[order[$0 + 1]] < scores[order[$0]] ? 1 : 0 }
    }

    /// See ``Metrics/rocAUC(scores:labels:)``.
    ///
    /// - Parameter weights: how often each cluster counts; empty = once.
    public func rocAUC(weights: [UInt32] = []) -> Double? { both(weights: weights)?.rocAUC }

    /// See ``Metrics/averagePrecision(scores:labels:)``.
    public func averagePrecision(weights: [UInt32] = []) -> Double? { both(weights: weights)?.averagePrecision }

    /// Both in one pass. Counts are integers and exact; the steps of average precision are added in order of score.
    public func both(weights: [UInt32] = []) -> (rocAUC: Double, averagePrecision: Double)? {
        var (above, below) = (0, 0)
        // Twice the pairs won: a tie counts 1, a win 2.
        var (pairs, precision) = (0, 0.0)
        positives.withUnsafeBufferPointer { positives in
            clusters.withUnsafeBufferPointer { clusters in
                lastOfScore.withUnsafeBufferPointer { lastOfScore in
                    weights.withUnsafeBufferPointer { weights in
                        var (positive, negative) = (0, 0)
                        for row in 0..<positives.count {
                            let weight = weights.isEmpty ? 1 : Int(weights[Int(clusters[row])])
                            let counted = weight &* Int(positives[row])
                            positive &+= counted
                            negative &+= weight &- counted
                            guard lastOfScore[row] == 1 else { continue }
                            pairs &+= negative &* (2 &* above &+ positive)
                            above &+= positive
                            below &+= negative
                            if positive > 0 { precision += Double(positive) * (Double(above) / Double(above &+ below)) }
                            (positive, negative) = (0, 0)
                        }
                    }
                }
            }
        }
        guard above > 0, below > 0 else { return nil }
        return (Double(pairs) / (2 * Double(above) * Double(below)), precision / Double(above))
    }
}

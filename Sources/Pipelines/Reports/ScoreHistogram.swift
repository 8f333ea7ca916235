/// How the scores are spread: twenty equal steps of 0...1, rows known as positive apart.
package struct ScoreHistogram: Hashable, Sendable {
    package static let bins = 20
    package var rows = [Int](repeating: 0, count: bins)
    package var positives = [Int](repeating: 0, count: bins)

    /// - Parameter scores: in 0...1; NaN is left out.
    package init(scores: [Float], known: [Bool?]) {
        for (score, label) in zip(scores, known) where !score.isNaN {
            let bin = min(max(Int(score * Float(Self.bins)), 0), Self.bins - 1)
            rows[bin] += 1
            if label == true { positives[bin] += 1 }
        }
    }
}

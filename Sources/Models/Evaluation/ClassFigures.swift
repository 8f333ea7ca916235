/// How well probabilities name the kind of each row, in figures that do not favour common kinds, and in one that does.
public struct ClassFigures: Sendable {
    private let classes: Int
    private let labels: [Int]
    private let named: [Int]
    private let ranked: [RankedScores]

    /// - Parameters:
    ///   - probabilities: row-major, one a class.
    ///   - labels: place of the true class a row.
    public init(probabilities: [Float], labels: [Int], classes: Int) {
        precondition(classes >= 2 && probabilities.count == labels.count * classes, "a probability a class")
        (self.classes, self.labels) = (classes, labels)
        named = labels.indices.map { row in
            (0..<classes).max { first, second in
                let (a, b) = (probabilities[row * classes + first], probabilities[row * classes + second])
                return a != b ? a < b : first > second
            } ?? 0
        }
        ranked = (0..<classes).map { kind in
            RankedScores(
                scores: labels.indices.map { probabilities[$0 * classes + kind] }, labels: labels.map { $0 == kind ? 1 : 0 })
        }
    }

    /// Share of rows whose likeliest class is theirs.
    ///
    /// - Parameter weights: how often each row counts; empty = once.
    public func accuracy(weights: [UInt32] = []) -> Double? {
        let counts = counts(weights)
        let all = counts.rows.reduce(0, +)
        return all > 0 ? counts.right.reduce(0, +) / all : nil
    }

    /// Mean over the classes of the share of their rows that is named wrongly; nil where a class has no rows.
    public func balancedError(weights: [UInt32] = []) -> Double? {
        let counts = counts(weights)
        guard counts.rows.allSatisfy({ $0 > 0 }) else { return nil }
        return zip(counts.right, counts.rows).reduce(0) { $0 + (1 - $1.0 / $1.1) / Double(classes) }
    }

    /// Mean over the classes of average precision, each class against the rest; nil where one is not defined.
    public func averagePrecision(weights: [UInt32] = []) -> Double? {
        var sum = 0.0
        for own in ranked {
            guard let precision = own.averagePrecision(weights: weights) else { return nil }
            sum += precision
        }
        return sum / Double(classes)
    }

    private func counts(_ weights: [UInt32]) -> (rows: [Double], right: [Double]) {
        var (rows, right) = ([Double](repeating: 0, count: classes), [Double](repeating: 0, count: classes))
        for row in labels.indices {
            let weight = weights.isEmpty ? 1 : Double(weights[row])
            rows[labels[row]] += weight
            if named[row] == labels[row] { right[labels[row]] += weight }
        }
        return (rows, right)
    }

    // MARK: Two classes

    /// 2 x right / (2 x right + named in error + missed) of positive rows; nil without any.
    ///
    /// - Parameter threshold: scores at or above are named positive.
    public static func f1(scores: [Float], labels: [Float], threshold: Float, weights: [UInt32] = []) -> Double? {
        var (right, wrong, missed) = (0.0, 0.0, 0.0)
        for row in scores.indices {
            let weight = weights.isEmpty ? 1 : Double(weights[row])
            switch (scores[row] >= threshold, labels[row] == 1) {
            case (true, true): right += weight
            case (true, false): wrong += weight
            case (false, true): missed += weight
            case (false, false): break
            }
        }
        return right + missed > 0 ? 2 * right / (2 * right + wrong + missed) : nil
    }

    /// The threshold with the largest F1 on these rows, halfway to the next lower score; nil without positive rows.
    public static func bestThreshold(scores: [Float], labels: [Float]) -> Float? {
        let order = scores.indices.sorted { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
        let positives = Double(labels.count { $0 == 1 })
        guard positives > 0 else { return nil }
        var (right, best, threshold) = (0.0, -1.0, Float(0.5))
        for (place, row) in order.enumerated() {
            if labels[row] == 1 { right += 1 }
            let next = place + 1 < order.count ? scores[order[place + 1]] : 0
            guard next < scores[row] else { continue }
            let value = 2 * right / (Double(place + 1) + positives)
            if value > best { (best, threshold) = (value, (scores[row] + next) / 2) }
        }
        return threshold
    }
}

/// Rows dealt into folds with about the same share of each class in every fold.
package struct StratifiedFolds: Sendable {
    package let count: Int
    package let foldOfRow: [Int]

    /// - Parameter seed: deals the rows of each class.
    package init(labels: [Int], folds: Int, seed: UInt64) {
        precondition(folds >= 2)
        var random = SplitMix64(seed: SplitMix64.mixed(seed))
        var (result, next) = ([Int](repeating: 0, count: labels.count), 0)
        for kind in Set(labels).sorted() {
            var rows = labels.indices.filter { labels[$0] == kind }
            for index in rows.indices.reversed() where index > 0 { rows.swapAt(index, random.next(below: index + 1)) }
            // The next class goes on where this one ended, so that folds stay of one size.
            for row in rows {
                result[row] = next % folds
                next += 1
            }
        }
        (count, foldOfRow) = (folds, result)
    }

    package func rows(in fold: Int) -> [Int] { foldOfRow.indices.filter { foldOfRow[$0] == fold } }
    package func rows(notIn fold: Int) -> [Int] { foldOfRow.indices.filter { foldOfRow[$0] != fold } }
}

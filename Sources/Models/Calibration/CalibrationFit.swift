public import Records

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension Calibrator {
    /// Fits one kind to scores and labels of rows the model has not learned from.
    ///
    /// - isotonic: least squares among rising maps by pooling adjacent violators (Ayer et al., Annals of Mathematical Statistics 26, 1955;
    ///   Zadrozny and Elkan, KDD 2002). Rows of one score are pooled first. As scikit-learn's `IsotonicRegression(out_of_bounds="clip")`.
    /// - platt: Newton's method with smoothed targets (Lin, Lin, Weng, "A Note on Platt's Probabilistic Outputs", Machine Learning 68,
    ///   2007), on log-odds.
    /// - beta: logistic regression on ln p and -ln(1 - p), a slope that comes out negative set to 0 and the rest fitted again (Kull, Silva
    ///   Filho, Flach, "Beta calibration", AISTATS 2017).
    ///
    /// - Parameters:
    ///   - scores: in 0...1.
    ///   - labels: 0 or 1 a row.
    ///   - weights: 0 or more a row; empty = all 1.
    /// - Throws: counts that do not match, values outside their range, one class only.
    public static func fit(_ kind: Kind, scores: [Float], labels: [Float], weights: [Float] = []) throws(Failure) -> Calibrator {
        let rows = try CalibrationRows(scores: scores, labels: labels, weights: weights)
        return rows.fit(kind)
    }
}

/// Rows to calibrate on, pooled by score, rising; checked.
struct CalibrationRows {
    private(set) var scores: [Double] = []
    /// Weights of the positives, and of the negatives, of each score.
    private(set) var positives: [Double] = []
    private(set) var negatives: [Double] = []

    init(scores: [Float], labels: [Float], weights: [Float]) throws(Failure) {
        guard scores.count == labels.count, weights.isEmpty || weights.count == scores.count else {
            throw .trainingCounts(features: 1, names: 1, rows: scores.count, labels: labels.count, weights: weights.count)
        }
        for row in scores.indices {
            guard scores[row] >= 0, scores[row] <= 1 else {
                throw .decisionValue(row: row, what: "a score", found: "\(scores[row])", expected: "0 to 1")
            }
            guard labels[row] == 0 || labels[row] == 1 else { throw .trainingLabel(row: row, found: labels[row]) }
            if !weights.isEmpty, !(weights[row] >= 0 && weights[row].isFinite) { throw .trainingWeight(row: row, found: weights[row]) }
        }
        let kept = weights.isEmpty ? Array(scores.indices) : scores.indices.filter { weights[$0] > 0 }
        let count = kept.count { labels[$0] == 1 }
        guard count > 0, count < kept.count else { throw .calibrationRows(rows: kept.count, positives: count) }
        // Ties of score in the order of the feed, so that sums have the same bits in every run.
        for row in kept.sorted(by: { (scores[$0], $0) < (scores[$1], $1) }) {
            let (score, weight) = (Double(scores[row]), weights.isEmpty ? 1 : Double(weights[row]))
            if self.scores.last != score {
                self.scores.append(score)
                positives.append(0)
                negatives.append(0)
            }
            if labels[row] == 1 { positives[positives.count - 1] += weight } else { negatives[negatives.count - 1] += weight }
        }
    }

    func fit(_ kind: Calibrator.Kind) -> Calibrator {
        switch kind {
        case .identity: .identity
        case .platt: Calibrator(unchecked: .platt, platt())
        case .beta: Calibrator(unchecked: .beta, beta())
        case .isotonic, .isotonicSteps: Calibrator(unchecked: kind, isotonic(steps: kind == .isotonicSteps))
        }
    }

    private func isotonic(steps: Bool) -> [Double] {
        /// A block of neighbouring scores with one value.
        struct Block {
            var first: Int
            var last: Int
            var sum: Double
            var weight: Double
            var value: Double { sum / weight }
        }
        var blocks: [Block] = []
        for index in scores.indices {
            var block = Block(first: index, last: index, sum: positives[index], weight: positives[index] + negatives[index])
            while let before = blocks.last, before.value >= block.value {
                block = Block(first: before.first, last: block.last, sum: before.sum + block.sum, weight: before.weight + block.weight)
                blocks.removeLast()
            }
            blocks.append(block)
        }
        var pairs: [Double] = []
        for block in blocks {
            let value = min(max(block.value, 0), 1)
            pairs += [scores[block.first], value]
            if !steps, block.last > block.first { pairs += [scores[block.last], value] }
        }
        return pairs
    }

    /// Smoothed targets: (positives + 1) / (positives + 2) for positives, 1 / (negatives + 2) for negatives.
    private func platt() -> [Double] {
        let (total, rest) = (positives.reduce(0, +), negatives.reduce(0, +))
        let (high, low) = ((total + 1) / (total + 2), 1 / (rest + 2))
        let targets = scores.indices.map { positives[$0] * high + negatives[$0] * low }
        let weights = scores.indices.map { positives[$0] + negatives[$0] }
        let inputs = [scores.map { Calibrator.logOdds($0) }]
        let found = LogisticFit.fit(inputs, targets: targets, weights: weights)
        if found[0] >= Calibrator.leastSlope { return [min(found[0], 1e6), min(max(found[1], -1e6), 1e6)] }
        return [0, LogisticFit.fit([], targets: targets, weights: weights)[0]]
    }

    private func beta() -> [Double] {
        let weights = scores.indices.map { positives[$0] + negatives[$0] }
        let inputs = [scores.map { log(Calibrator.inside($0)) }, scores.map { -log1p(-Calibrator.inside($0)) }]
        func clean(_ slope: Double) -> Double { slope >= Calibrator.leastSlope ? min(slope, 1e6) : 0 }
        let both = LogisticFit.fit(inputs, targets: positives, weights: weights)
        if both[0] >= Calibrator.leastSlope, both[1] >= Calibrator.leastSlope { return [clean(both[0]), clean(both[1]), both[2]] }
        let kept = both[0] < both[1] ? 1 : 0
        let one = LogisticFit.fit([inputs[kept]], targets: positives, weights: weights)
        if one[0] >= Calibrator.leastSlope { return kept == 0 ? [clean(one[0]), 0, one[1]] : [0, clean(one[0]), one[1]] }
        return [0, 0, LogisticFit.fit([], targets: positives, weights: weights)[0]]
    }
}

/// How far probabilities can be taken at their word, on rows that neither model nor calibration has seen.
public struct CalibrationReport: Hashable, Sendable, Codable {
    /// Rows of neighbouring probabilities.
    public struct Bin: Hashable, Sendable, Codable {
        /// Lowest and highest probability of the bin's rows.
        public var from: Double
        public var through: Double
        public var rows: Int
        public var positives: Int
        public var meanProbability: Double
        /// Wilson's 95 % interval of the share of positives.
        public var lower: Double
        public var upper: Double

        public var positiveShare: Double { Double(positives) / Double(rows) }
    }

    public var rows: Int
    public var positives: Int
    /// In nats.
    public var logLoss: Double
    /// In 0...1.
    public var brierScore: Double
    public var bins: [Bin]
    /// Expected calibration error: the mean over rows of the distance between its bin's mean probability and its share of positives
    /// (Naeini, Cooper, Hauskrecht, AAAI 2015). Never below 0, so biased upwards: see `errorByChance`.
    public var calibrationError: Double
    /// What the calibration error of perfect probabilities would be on average in the same bins, by chance alone: an error near it is no
    /// sign of bad calibration. De Moivre's exact mean deviation of the binomial distribution (Diaconis, Zabell, Statistical Science 6,
    /// 1991), each bin at its mean probability.
    public var errorByChance: Double

    /// - Parameter bins: how many, with about as many rows each; rows of one probability stay together, so there may be fewer.
    /// - Returns: nil without rows.
    public init?(probabilities: [Float], labels: [Float], bins count: Int = 10) {
        precondition(probabilities.count == labels.count && count >= 1, "a label a row, a bin or more")
        guard let loss = Metrics.logLoss(probabilities: probabilities, labels: labels),
            let brier = Metrics.brierScore(probabilities: probabilities, labels: labels)
        else { return nil }
        (rows, positives, logLoss, brierScore) = (labels.count, labels.count { $0 == 1 }, loss, brier)
        let order = probabilities.indices.sorted { (probabilities[$0], $0) < (probabilities[$1], $1) }
        bins = []
        var start = 0
        for bin in 1...count {
            var end = max(order.count * bin / count, start)
            while end > start, end < order.count, probabilities[order[end]] == probabilities[order[end - 1]] { end += 1 }
            guard end > start else { continue }
            bins.append(Self.bin(order[start..<end], probabilities, labels))
            start = end
        }
        var (error, chance) = (CompensatedSum(), CompensatedSum())
        for bin in bins {
            error.add(Double(bin.rows) * abs(bin.positiveShare - bin.meanProbability))
            chance.add(Self.meanDeviation(trials: bin.rows, probability: bin.meanProbability))
        }
        (calibrationError, errorByChance) = (error.value / Double(rows), chance.value / Double(rows))
    }

    private static func bin(_ members: ArraySlice<Int>, _ probabilities: [Float], _ labels: [Float]) -> Bin {
        var (sum, positives) = (CompensatedSum(), 0)
        for row in members {
            sum.add(Double(probabilities[row]))
            positives += labels[row] == 1 ? 1 : 0
        }
        let interval = Binomial.wilsonInterval(positives, trials: members.count)
        return Bin(
            from: Double(probabilities[members[members.startIndex]]), through: Double(probabilities[members[members.endIndex - 1]]),
            rows: members.count, positives: positives, meanProbability: sum.value / Double(members.count), lower: interval.lowerBound,
            upper: interval.upperBound)
    }

    /// E|X - np| = 2 v C(n, v) p^v (1 - p)^(n - v + 1) with v = floor(np) + 1.
    static func meanDeviation(trials: Int, probability: Double) -> Double {
        guard probability > 0, probability < 1 else { return 0 }
        let v = Int((Double(trials) * probability).rounded(.down)) + 1
        guard v <= trials else { return 0 }
        return 2 * Double(v) * Binomial.mass(v, trials: trials, probability: probability) * (1 - probability)
    }
}

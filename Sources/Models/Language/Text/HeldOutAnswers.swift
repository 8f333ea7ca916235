/// Answers to texts that were held out while training: how sure each was, and whether it was right.
public struct HeldOutAnswers: Hashable, Sendable {
    public let confidences: [Float]
    public let isRight: [Bool]

    /// - Precondition: as many of both.
    public init(confidences: [Float], isRight: [Bool]) {
        precondition(confidences.count == isRight.count)
        (self.confidences, self.isRight) = (confidences, isRight)
    }

    public var accuracy: Double { isRight.isEmpty ? 0 : Double(isRight.count { $0 }) / Double(isRight.count) }

    /// The given answers.
    public func rows(_ rows: [Int]) -> HeldOutAnswers {
        HeldOutAnswers(confidences: rows.map { confidences[$0] }, isRight: rows.map { isRight[$0] })
    }

    /// Share of all answers at or above a threshold, and how many of those are right.
    public func automatic(from threshold: Float) -> (share: Double, accuracy: Double) {
        var (count, right) = (0, 0)
        for row in confidences.indices where confidences[row] >= threshold {
            count += 1
            right += isRight[row] ? 1 : 0
        }
        return (confidences.isEmpty ? 0 : Double(count) / Double(confidences.count), count == 0 ? 1 : Double(right) / Double(count))
    }
}

/// What automatic answers promise: of them, at least `accuracy` are right, with `confidence`.
public struct AnswerPromise: Hashable, Sendable, Codable {
    /// In 0 < accuracy < 1.
    public var accuracy: Double
    /// In 0.5 ..< 1.
    public var confidence: Double

    public init(accuracy: Double = 0.99, confidence: Double = 0.95) { (self.accuracy, self.confidence) = (accuracy, confidence) }

    /// Shares of the answers at which a sequence of tests begins: the surest ones, and half of all.
    private static let beginnings = [0.25, 0.5]

    /// The lowest threshold that keeps the promise, nil when none does.
    ///
    /// Learn then Test (A. Angelopoulos et al., arXiv 2110.01052) with fixed-sequence testing from two beginnings (its algorithm 2): from
    /// each on down, in steps of a hundredth of all answers, the hypothesis "more than 1 - accuracy of the answers from here up are wrong"
    /// is tested by the exact binomial p-value at half of 1 - confidence, up to the first that stands; the lowest that fell counts.
    /// Holds for answers exchangeable with those held out.
    public func threshold(on held: HeldOutAnswers) -> Float? {
        let order = held.confidences.indices.sorted { (held.confidences[$1], $0) < (held.confidences[$0], $1) }
        let step = max(order.count / 100, 1)
        let error = (1 - confidence) / Double(Self.beginnings.count)
        var wrong = [0]
        for row in order { wrong.append(wrong[wrong.count - 1] + (held.isRight[row] ? 0 : 1)) }
        var found: Float?
        for beginning in Self.beginnings {
            var count = Int((Double(order.count) * beginning).rounded())
            while count > 0, count <= order.count {
                // Answers of one confidence are decided together.
                while count < order.count, held.confidences[order[count]] == held.confidences[order[count - 1]] { count += 1 }
                guard Binomial.atMost(wrong[count], trials: count, probability: 1 - accuracy) <= error else { break }
                let value = held.confidences[order[count - 1]]
                found = min(found ?? value, value)
                count += step
            }
        }
        return found
    }
}

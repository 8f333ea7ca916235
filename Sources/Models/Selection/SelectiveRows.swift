public import Records

/// Rows with a known label, on which automatic decisions are set up or checked; checked at the door.
///
/// They must be all rows of a period, or a random part of them, each with its true label: labels of reviewed rows alone would say nothing
/// about those cleared without a person.
public struct SelectiveRows: Sendable {
    /// Higher is more suspicious.
    public let scores: [Float]
    public let isFraud: [Bool]
    /// In minor units of one currency, 0 or more; empty = every row counts 1.
    public let amounts: [Double]
    /// The segment of each row as a place in `segmentNames`; empty = one segment.
    public let segments: [Int]
    public let segmentNames: [String]

    /// - Parameters:
    ///   - labels: 0 or 1 a row, 1 = fraud.
    ///   - segments: a place in `segmentNames` a row; empty = all rows in the first.
    /// - Throws: counts that do not match, a score that is not finite, a label other than 0 or 1, an amount below 0 or not finite.
    public init(
        scores: [Float], labels: [Float], amounts: [Double] = [], segments: [Int] = [], segmentNames: [String] = ["all"]
    ) throws(Failure) {
        guard labels.count == scores.count, amounts.isEmpty || amounts.count == scores.count,
            segments.isEmpty || segments.count == scores.count
        else {
            throw .decisionCounts(rows: scores.count, labels: labels.count, amounts: amounts.count, segments: segments.count)
        }
        for row in scores.indices {
            guard scores[row].isFinite else {
                throw .decisionValue(row: row, what: "a score", found: "\(scores[row])", expected: "a finite number")
            }
            guard labels[row] == 0 || labels[row] == 1 else { throw .trainingLabel(row: row, found: labels[row]) }
            if !amounts.isEmpty, !(amounts[row] >= 0 && amounts[row].isFinite) {
                throw .decisionValue(row: row, what: "an amount", found: "\(amounts[row])", expected: "0 or more")
            }
            if !segments.isEmpty, !segmentNames.indices.contains(segments[row]) {
                throw .decisionValue(row: row, what: "a segment", found: "\(segments[row])", expected: "0 to \(segmentNames.count - 1)")
            }
        }
        (self.scores, isFraud, self.amounts) = (scores, labels.map { $0 == 1 }, amounts)
        (self.segments, self.segmentNames) = (segments, segmentNames)
    }

    func rows(of segment: Int) -> [Int] {
        segments.isEmpty ? (segment == 0 ? Array(scores.indices) : []) : segments.indices.filter { segments[$0] == segment }
    }

    func amount(_ row: Int) -> Double { amounts.isEmpty ? 1 : amounts[row] }
}

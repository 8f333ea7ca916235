#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Figures of merit of scores beside labels (0 or 1 a row). The order of rows does not matter (log loss and Brier: to the last bits).
///
/// Scores are compared, never NaN. Nil means that the figure is not defined: no rows, or one class only.
public enum Metrics {
    /// Area under the ROC curve: the share of pairs of a positive and a negative in which the positive scores higher; ties count half.
    ///
    /// Equals the Mann-Whitney statistic with midranks divided by the pairs (Hanley and McNeil, Radiology 143, 1982); in 0...1.
    public static func rocAUC(scores: [Float], labels: [Float]) -> Double? {
        RankedScores(scores: scores, labels: labels).rocAUC()
    }

    /// Average precision: the sum over distinct scores, falling, of the gain in recall times the precision; in 0...1.
    ///
    /// scikit-learn's `average_precision_score`: steps, no interpolation; rows of one score enter together.
    public static func averagePrecision(scores: [Float], labels: [Float]) -> Double? {
        RankedScores(scores: scores, labels: labels).averagePrecision()
    }

    /// Card precision: the mean over days of (compromised cards among the `k` highest of the day) / `k`; in 0...1.
    ///
    /// `card_precision_top_k` of the Fraud Detection Handbook (Le Borgne et al., ULB, chapter 4): a card's score and label of a day are the
    /// highest of its rows; a compromised card among the `k` leaves the later days; days with fewer cards are divided by `k` all the
    /// same. The handbook leaves ties to the sort; here the lower card goes first.
    ///
    /// - Parameters:
    ///   - cards: an identifier a row.
    ///   - days: a day number a row; days without rows do not count.
    /// - Precondition: `k` is at least 1.
    public static func cardPrecision(at k: Int, scores: [Float], labels: [Float], cards: [Int], days: [Int]) -> Double? {
        CardDays(scores: scores, labels: labels, cards: cards, days: days).precision(at: k)
    }

    /// Mean of -ln(probability given to the label), in nats; probabilities kept within `Float.ulpOfOne` of 0 and 1, as scikit-learn does.
    public static func logLoss(probabilities: [Float], labels: [Float]) -> Double? {
        precondition(probabilities.count == labels.count, "a label a row")
        guard !labels.isEmpty else { return nil }
        let edge = Double(Float.ulpOfOne)
        var sum = CompensatedSum()
        for (probability, label) in zip(probabilities, labels) {
            let p = min(max(Double(probability), edge), 1 - edge)
            sum.add(-log(label == 1 ? p : 1 - p))
        }
        return sum.value / Double(labels.count)
    }

    /// Mean of (probability - label)², in 0...1 (Brier, Monthly Weather Review 78, 1950, for two classes).
    public static func brierScore(probabilities: [Float], labels: [Float]) -> Double? {
        precondition(probabilities.count == labels.count, "a label a row")
        guard !labels.isEmpty else { return nil }
        var sum = CompensatedSum()
        for (probability, label) in zip(probabilities, labels) {
            let difference = Double(probability) - Double(label)
            sum.add(difference * difference)
        }
        return sum.value / Double(labels.count)
    }
}

/// Neumaier's sum: the order of rows moves the result by less than its last bits.
struct CompensatedSum {
    private var sum = 0.0
    private var rest = 0.0

    var value: Double { sum + rest }

    mutating func add(_ term: Double) {
        let total = sum + term
        rest += abs(sum) >= abs(term) ? (sum - total) + term : (term - total) + sum
        sum = total
    }
}

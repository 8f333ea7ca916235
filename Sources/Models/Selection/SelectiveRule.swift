public import Records

/// Up to which score rows are cleared without a person, per segment, so that a stated share of fraud is not exceeded.
///
/// Learn then Test (Angelopoulos, Bates, Candès, Jordan, Lei, Annals of Applied Statistics 19, 2025; arXiv 2110.01052): thresholds are tested
/// from the strictest on, each with the hypothesis "the risk is above alpha", until the first that cannot be rejected (fixed-sequence
/// testing). The risk rises with the threshold, so only the test of the first threshold whose risk is above alpha can err, and every score
/// may serve as a threshold without a price (as in Bates et al., "Distribution-Free, Risk-Controlling Prediction Sets", JACM 68, 2021).
///
/// Promised: over draws of the calibration rows, with the stated confidence, for rows exchangeable with them. Not promised: anything over
/// time, where rows are not exchangeable; there the audit sample reports the realised risk.
public struct SelectiveRule: Hashable, Sendable, Codable {
    public struct Segment: Hashable, Sendable, Codable {
        public var name: String
        /// Rows with this score or a lower one are cleared; nil = every row goes to a person.
        public var threshold: Float?

        public init(name: String, threshold: Float?) { (self.name, self.threshold) = (name, threshold) }
    }

    public var settings: SelectiveSettings
    /// In the order in which they were declared. A row of none of them goes to a person.
    public var segments: [Segment]

    /// A rule with thresholds from elsewhere: nothing is certified until it is verified.
    public init(settings: SelectiveSettings, segments: [Segment]) { (self.settings, self.segments) = (settings, segments) }

    /// Whether a row may be cleared without a person.
    ///
    /// - Parameters:
    ///   - segment: a place in `segments`.
    ///   - amount: in minor units; counts only where the risk is in money.
    public func clears(score: Float, amount: Double = 0, segment: Int = 0) -> Bool {
        guard segments.indices.contains(segment), let threshold = segments[segment].threshold else { return false }
        return score <= threshold && amount <= settings.cap
    }

    /// Finds the thresholds, with a certificate of what they rest on.
    ///
    /// A segment with too few frauds gets none: nothing there is automatic, and the certificate says how many are needed.
    ///
    /// - Throws: settings in money for rows without amounts.
    public static func fit(_ rows: SelectiveRows, _ settings: SelectiveSettings) throws(Failure) -> (
        rule: SelectiveRule, certificate: SelectiveCertificate
    ) {
        try settings.check(rows)
        let error = settings.error(segments: rows.segmentNames.count)
        var segments: [Segment] = []
        for segment in rows.segmentNames.indices {
            let members = rows.rows(of: segment)
            let threshold =
                settings.isShare
                ? shareThreshold(rows, members, settings, error: error) : threshold(rows, members, settings, error: error)
            segments.append(Segment(name: rows.segmentNames[segment], threshold: threshold))
        }
        let rule = SelectiveRule(settings: settings, segments: segments)
        return (rule, rule.certificate(on: rows))
    }

    /// The highest score of these rows at or below which clearing is safe.
    private static func threshold(_ rows: SelectiveRows, _ members: [Int], _ settings: SelectiveSettings, error: Double) -> Float? {
        let frauds = members.filter { rows.isFraud[$0] }
        let test = settings.test(rows, frauds, error: error)
        let steps = Set(frauds.map { rows.scores[$0] }).sorted()
        let last = test.lastSafe(steps: steps.count) { step in
            frauds.map { step > 0 && rows.scores[$0] <= steps[step - 1] && rows.amount($0) <= settings.cap }
        }
        guard let last else { return nil }
        // Below the first fraud that is too many: the highest score seen, so that the threshold is one of the data's own.
        let limit = last < steps.count ? steps[last] : Float.infinity
        var threshold: Float?
        for row in members where rows.scores[row] < limit { threshold = max(threshold ?? rows.scores[row], rows.scores[row]) }
        return threshold
    }

    /// The highest score up to which so few of the cleared rows are positive; see ``AnswerPromise`` for how it is tested.
    private static func shareThreshold(
        _ rows: SelectiveRows, _ members: [Int], _ settings: SelectiveSettings, error: Double
    ) -> Float? {
        // A row that is surely positive is never cleared, however few there are.
        let members = members.filter { rows.scores[$0] < 1 }
        let answers = HeldOutAnswers(confidences: members.map { -rows.scores[$0] }, isRight: members.map { !rows.isFraud[$0] })
        return AnswerPromise(accuracy: 1 - settings.alpha, confidence: 1 - error).threshold(on: answers).map { -$0 }
    }

    /// What the rule does on these rows. On the rows it was fitted to it states what was certified; on others see `verify`.
    public func certificate(on rows: SelectiveRows) -> SelectiveCertificate {
        // By name: the rows may have been given other segments, or in another order.
        let places = rows.segmentNames.map { name in segments.firstIndex { $0.name == name } }
        let flags = rows.scores.indices.map { row in
            guard let place = places[rows.segments.isEmpty ? 0 : rows.segments[row]] else { return false }
            return clears(score: rows.scores[row], amount: rows.amount(row), segment: place)
        }
        let thresholds = places.map { $0.flatMap { segments[$0].threshold } }
        return SelectiveCertificate(rows: rows, isCleared: flags, settings: settings, thresholds: thresholds)
    }

    /// Checks the rule on labelled rows that it has not seen.
    public func verify(on rows: SelectiveRows) -> SelectiveVerdict { SelectiveVerdict(certificate(on: rows)) }

    /// Checks any way of clearing, whatever decided it, against what the settings promise.
    ///
    /// - Parameter isCleared: a flag a row: cleared without a person.
    /// - Throws: another number of flags than rows, settings in money for rows without amounts.
    public static func verify(
        isCleared: [Bool], on rows: SelectiveRows, _ settings: SelectiveSettings
    ) throws(Failure) -> SelectiveVerdict {
        try settings.check(rows)
        guard isCleared.count == rows.scores.count else {
            throw .decisionCounts(
                rows: isCleared.count, labels: rows.isFraud.count, amounts: rows.amounts.count, segments: rows.segments.count)
        }
        let thresholds = [Float?](repeating: nil, count: rows.segmentNames.count)
        return SelectiveVerdict(SelectiveCertificate(rows: rows, isCleared: isCleared, settings: settings, thresholds: thresholds))
    }
}

extension SelectiveSettings {
    var isMoney: Bool { if case .money = risk { true } else { false } }
    var isShare: Bool { risk == .share }

    func test(_ rows: SelectiveRows, _ frauds: [Int], error: Double) -> RiskTest {
        RiskTest(
            weights: frauds.map { isMoney ? rows.amount($0) / cap : 1 }, isCount: !isMoney, alpha: alpha, error: error)
    }

    func check(_ rows: SelectiveRows) throws(Failure) {
        guard isMoney, rows.amounts.isEmpty, !rows.scores.isEmpty else { return }
        throw .selectiveSettings("risk", found: "money, of rows without amounts", expected: "rows with an amount, or a risk in counts")
    }
}

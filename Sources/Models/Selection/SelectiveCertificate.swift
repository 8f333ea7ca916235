/// What an automatic decision rests on: counts, shares and limits per segment.
public struct SelectiveCertificate: Hashable, Sendable, Codable {
    public struct Segment: Hashable, Sendable, Codable {
        public var name: String
        public var threshold: Float?
        public var rows: Int
        public var clearedRows: Int
        public var frauds: Int
        public var clearedFrauds: Int
        /// In minor units for money, else counts; without limit of the cap.
        public var fraudAmount: Double
        public var clearedFraudAmount: Double
        /// What amounts above the cap hold of `fraudAmount`: such rows always go to a person. 0 for counts.
        public var fraudAmountAboveCap: Double
        /// Of the fraud, in count or money, what was cleared on these rows; nil without fraud. Where the risk is a share: of what was
        /// cleared, what is positive; nil where nothing was.
        public var clearedShare: Double?
        /// The share's one-sided upper limit at this segment's error (counts: Clopper-Pearson; money: by betting). For a threshold found on
        /// these very rows what is certified is that the risk is at most alpha.
        public var upperLimit: Double
        /// Of the hypothesis that the risk is above alpha.
        public var pValue: Double
        /// Of the hypothesis that the risk is at most alpha (money: amounts counted up to the cap).
        public var pValueOfExcess: Double
        /// Frauds of this kind, none of them cleared, with which automatic decisions could begin.
        public var fraudsNeeded: Int
        /// The share of rows that a perfect score could clear under the same test, on these rows: no model goes beyond it.
        public var ceiling: Double

        /// Share of rows cleared without a person.
        public var automationRate: Double { rows == 0 ? 0 : Double(clearedRows) / Double(rows) }
        public var hasEnoughFrauds: Bool { frauds >= fraudsNeeded }
    }

    public var settings: SelectiveSettings
    /// The error each segment may make, after Bonferroni.
    public var errorPerSegment: Double
    public var segments: [Segment]

    /// Share of all rows cleared without a person.
    public var automationRate: Double {
        let rows = segments.reduce(0) { $0 + $1.rows }
        return rows == 0 ? 0 : Double(segments.reduce(0) { $0 + $1.clearedRows }) / Double(rows)
    }

    init(rows: SelectiveRows, isCleared: [Bool], settings: SelectiveSettings, thresholds: [Float?]) {
        self.settings = settings
        errorPerSegment = settings.error(segments: rows.segmentNames.count)
        segments = []
        for place in rows.segmentNames.indices {
            let members = rows.rows(of: place)
            segments.append(
                Self.segment(
                    rows.segmentNames[place], rows, members, isCleared, settings, error: errorPerSegment,
                    threshold: thresholds.indices.contains(place) ? thresholds[place] : nil))
        }
    }

    private static func segment(
        _ name: String, _ rows: SelectiveRows, _ members: [Int], _ isCleared: [Bool], _ settings: SelectiveSettings, error: Double,
        threshold: Float?
    ) -> Segment {
        if settings.isShare { return share(name, rows, members, isCleared, settings, error: error, threshold: threshold) }
        let frauds = members.filter { rows.isFraud[$0] }
        let flags = frauds.map { isCleared[$0] }
        let cleared = frauds.filter { isCleared[$0] }
        let test = settings.test(rows, frauds, error: error)
        func sum(_ members: [Int]) -> Double { members.reduce(0) { $0 + (settings.isMoney ? rows.amount($1) : 1) } }
        let (all, gone) = (sum(frauds), sum(cleared))
        // A cleared amount above the cap breaks what the bound rests on: nothing is certified then.
        let breaksCap = settings.isMoney && cleared.contains { rows.amount($0) > settings.cap }
        return Segment(
            name: name, threshold: threshold, rows: members.count, clearedRows: members.count { isCleared[$0] }, frauds: frauds.count,
            clearedFrauds: cleared.count, fraudAmount: all, clearedFraudAmount: gone,
            fraudAmountAboveCap: settings.isMoney ? sum(frauds.filter { rows.amount($0) > settings.cap }) : 0,
            clearedShare: all > 0 ? gone / all : nil, upperLimit: breaksCap ? 1 : test.upperLimit(cleared: flags),
            pValue: breaksCap ? 1 : test.pValue(cleared: flags),
            pValueOfExcess: test.pValueOfExcess(cleared: flags),
            fraudsNeeded: test.neededForAny(),
            ceiling: ceiling(rows, members, frauds, test, settings))
    }

    /// Of a risk among what is cleared: exact binomial statements about the cleared rows. No number of frauds is needed for it.
    private static func share(
        _ name: String, _ rows: SelectiveRows, _ members: [Int], _ isCleared: [Bool], _ settings: SelectiveSettings, error: Double,
        threshold: Float?
    ) -> Segment {
        let frauds = members.count { rows.isFraud[$0] }
        let cleared = members.filter { isCleared[$0] }
        let wrong = cleared.count { rows.isFraud[$0] }
        func pValue(_ wrong: Int, of count: Int) -> Double {
            count == 0 ? 1 : Binomial.atMost(wrong, trials: count, probability: settings.alpha)
        }
        // A perfect score clears all that is right, and then as many wrong ones as the test bears.
        var allowed = 0
        let right = members.count - frauds
        while allowed < frauds, pValue(allowed + 1, of: right + allowed + 1) <= error { allowed += 1 }
        let isAnyPossible = pValue(0, of: right) <= error
        return Segment(
            name: name, threshold: threshold, rows: members.count, clearedRows: cleared.count, frauds: frauds, clearedFrauds: wrong,
            fraudAmount: Double(frauds), clearedFraudAmount: Double(wrong), fraudAmountAboveCap: 0,
            clearedShare: cleared.isEmpty ? nil : Double(wrong) / Double(cleared.count),
            upperLimit: cleared.isEmpty ? 1 : Binomial.upperLimit(wrong, trials: cleared.count, error: error),
            pValue: pValue(wrong, of: cleared.count),
            pValueOfExcess: cleared.isEmpty ? 1 : Binomial.atLeast(wrong, trials: cleared.count, probability: settings.alpha),
            fraudsNeeded: 0, ceiling: isAnyPossible && !members.isEmpty ? Double(right + allowed) / Double(members.count) : 0)
    }

    /// All genuine rows, and the cheapest frauds as long as the test allows one more.
    private static func ceiling(
        _ rows: SelectiveRows, _ members: [Int], _ frauds: [Int], _ test: RiskTest, _ settings: SelectiveSettings
    ) -> Double {
        let open = frauds.indices.filter { rows.amount(frauds[$0]) <= settings.cap }
            .sorted { (test.weights[$0], $0) < (test.weights[$1], $1) }
        let allowed = test.lastSafe(steps: open.count) { step in
            var flags = [Bool](repeating: false, count: frauds.count)
            for fraud in open.prefix(step) { flags[fraud] = true }
            return flags
        }
        guard let allowed else { return 0 }
        let genuine = members.count { !rows.isFraud[$0] && rows.amount($0) <= settings.cap }
        return Double(genuine + allowed) / Double(members.count)
    }
}

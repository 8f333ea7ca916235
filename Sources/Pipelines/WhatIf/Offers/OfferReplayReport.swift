public import Models
public import Records

/// What policies of offers would have brought over past weeks.
public struct OfferReplayReport: Sendable {
    /// What a policy's offers met: purchases of the seven days after each cut, whoever or whatever suggested them.
    public struct Row: Sendable {
        public var policy: String
        /// Offers a person and week.
        public var offers: Double
        /// Offered items that were bought, a person and week.
        public var hits: BootstrapInterval
        /// Their margin, or price where no margin is known, a person and week, in the currency's major unit.
        public var value: BootstrapInterval
        /// Share of the items sold before a cut that stand in somebody's list, mean over the weeks.
        public var coverage: Double
        /// Less the first policy's, person by person; nil for the first.
        public var hitsAhead: BootstrapInterval?
        public var valueAhead: BootstrapInterval?
        /// From what was really offered, with its stored probabilities; nil where nothing was drawn.
        public var logged: Logged?
    }

    /// What offers of the policy would have brought, by the log of runs that drew.
    public struct Logged: Hashable, Sendable {
        /// Purchases a person and run.
        public var hits: OffPolicyEstimate
        public var value: OffPolicyEstimate
    }

    public var job: String
    /// Each the end of what was known, and the begin of the seven days that were looked at.
    public var cuts: [Timestamp]
    public var people: Int
    public var rows: [Row]
    /// Runs whose offers were judged from their stored probabilities.
    public var runs: [Int64]
    /// Runs that drew by another job file than today's: it is not known what they could have shown, so they are left out.
    public var otherRuns: [Int64]
    /// Tables that were not known at the first cut, with when they were.
    public var laterTables: [(feed: String, known: Timestamp)]
}

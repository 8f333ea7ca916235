/// Everything stored about one key of a job: every version of its result and why, what people decided, what was learnt later.
///
/// Times are ISO 8601, amounts decimal text with the currency, scores in 0...1.
public struct Explanation: Hashable, Sendable, Codable {
    public var job: String
    public var key: String
    /// Oldest first; the last is the current one.
    public var versions: [ResultVersion]
    /// One a version that was queued, oldest first.
    public var items: [Item]
    /// In the order in which they became known.
    public var labels: [Label]

    /// One row of a result table and the run that wrote it.
    public struct ResultVersion: Hashable, Sendable, Codable {
        /// The table of a feed with `role: table`; nil = the job's scores.
        public var table: String?
        public var version: Int
        /// Where a landed row came from; nil = a scored row.
        public var origin: Origin?
        public var eventTime: String?
        public var score: Double?
        public var outcome: String?
        public var cause: String?
        /// The row came after its time but within the allowed lateness.
        public var isLate: Bool?
        /// Columns of the table not named above, in its order.
        public var columns: [NamedText]
        /// In matrix order; empty when the job does not store them.
        public var features: [Feature]
        /// Over the stage with its version, the features' names and their values; without stored values, over the first two.
        public var featureDigest: String?
        public var run: Run?
    }

    /// A place in a feed file.
    public struct Origin: Hashable, Sendable, Codable {
        /// As stored: relative to the job file.
        public var file: String
        /// Number of the record, from 1.
        public var row: Int64
        /// Line on which the record starts; nil where the file is not there any more as it was read.
        public var line: Int64?
    }

    public struct Feature: Hashable, Sendable, Codable {
        public var name: String
        /// Nil is missing.
        public var value: Float?
    }

    public struct Run: Hashable, Sendable, Codable {
        public var id: Int64
        public var status: String
        public var clock: String
        /// `name version`; nil = scored by the stage's own rules.
        public var model: String?
        public var modelDigest: String?
        public var jobDigest: String
        public var policyDigest: String
        /// Over the files that the run read, and over the lists as it knew them.
        public var inputDigest: String
        public var listDigest: String
    }

    public struct Item: Hashable, Sendable, Codable {
        public var id: Int64
        public var version: Int
        public var queue: String
        public var cause: String
        public var valueAtStake: String
        public var suggested: String
        /// `open`, `claimed by ... until ...`, `decided` or `superseded by item ...`.
        public var state: String
        public var isOverdue: Bool
        /// The outcome in force at the time of asking.
        public var outcomeInForce: String
        public var due: String
        public var reasons: [String]
        public var evidence: [Evidence]
        public var fields: [NamedText]
        public var decisions: [Decision]
    }

    public struct Decision: Hashable, Sendable, Codable {
        public var id: Int64
        public var outcome: String
        public var isPositive: Bool?
        public var reason: String
        public var by: String
        public var decided: String
        public var seconds: Double?
        public var supersedes: Int64?
    }

    public struct Label: Hashable, Sendable, Codable {
        public var isPositive: Bool
        public var known: String
        /// `run 3` or `decision 2`.
        public var source: String
    }
}

public import GRDB
public import Records

/// What was learnt about a row, and when. Append-only: a corrected label is a later fact.
public struct LabelFact: Hashable, Sendable, FetchableRecord {
    /// 0 until stored.
    public var id: Int64
    public var job: String
    /// The key's text, as `RecordKey.text`.
    public var key: String
    public var isPositive: Bool
    public var known: Timestamp
    /// The run that read it from a label feed, or the decision that said it: one of both.
    public var run: Int64?
    public var decision: Int64?

    public init(
        id: Int64 = 0, job: String, key: String, isPositive: Bool, known: Timestamp, run: Int64? = nil, decision: Int64? = nil
    ) {
        (self.id, self.job, self.key, self.isPositive) = (id, job, key, isPositive)
        (self.known, self.run, self.decision) = (known, run, decision)
    }

    public init(row: Row) {
        self.init(
            id: row["id"], job: row["job"], key: row["key"], isPositive: row["positive"], known: row.timestamp("known"), run: row["run"],
            decision: row["decision"])
    }

    public var event: LabelEvent { LabelEvent(key: RecordKey.hash(key), isPositive: isPositive, known: known) }
}

/// Label facts, over an open transaction.
public struct LabelStore {
    public let database: Database

    public init(_ database: Database) { self.database = database }

    /// A place in the order of (known time, id); `start` is before all.
    public struct Cursor: Hashable, Comparable, Sendable {
        public var known: Timestamp
        public var id: Int64

        public static let start = Cursor(known: Timestamp(microseconds: .min), id: .min)

        public init(known: Timestamp, id: Int64) { (self.known, self.id) = (known, id) }

        public static func < (left: Cursor, right: Cursor) -> Bool { (left.known, left.id) < (right.known, right.id) }
    }

    /// Appends, in the order given.
    public func insert(_ facts: some Sequence<LabelFact>) throws(Failure) {
        try database.worded {
            let statement = try database.cachedStatement(
                sql: "INSERT INTO pipeline_labels (job, key, positive, known, run, decision) VALUES (?, ?, ?, ?, ?, ?)")
            for fact in facts {
                try statement.execute(arguments: [
                    fact.job, fact.key, fact.isPositive, fact.known.microseconds, fact.run, fact.decision,
                ])
            }
        }
    }

    /// The facts after `cursor` that are known at `time`, at most `limit`, in the order of (known time, id); empty = none left.
    public func facts(job: String, after cursor: Cursor, knownBy time: Timestamp, limit: Int) throws(Failure) -> [LabelFact] {
        try database.worded {
            try LabelFact.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT * FROM pipeline_labels WHERE job = ? AND (known, id) > (?, ?) AND known <= ? ORDER BY known, id LIMIT ?
                        """), arguments: [job, cursor.known.microseconds, cursor.id, time.microseconds, limit])
        }
    }

    /// As `facts`, as events for a stage, with the cursor to go on from.
    public func events(
        job: String, after cursor: Cursor, knownBy time: Timestamp, limit: Int
    ) throws(Failure) -> (events: [LabelEvent], cursor: Cursor) {
        let facts = try facts(job: job, after: cursor, knownBy: time, limit: limit)
        return (facts.map(\.event), facts.last.map { Cursor(known: $0.known, id: $0.id) } ?? cursor)
    }

    /// What was last learnt about a row by `time`; nil = nothing yet.
    public func latest(job: String, key: String, asOf time: Timestamp) throws(Failure) -> LabelFact? {
        try database.worded {
            try LabelFact.fetchOne(
                database.cachedStatement(
                    sql: "SELECT * FROM pipeline_labels WHERE job = ? AND key = ? AND known <= ? ORDER BY known DESC, id DESC LIMIT 1"),
                arguments: [job, key, time.microseconds])
        }
    }

    /// All facts about a row, in the order of (known time, id).
    public func history(job: String, key: String) throws(Failure) -> [LabelFact] {
        try database.worded {
            try LabelFact.fetchAll(
                database, sql: "SELECT * FROM pipeline_labels WHERE job = ? AND key = ? ORDER BY known, id", arguments: [job, key])
        }
    }
}

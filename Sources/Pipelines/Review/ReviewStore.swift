public import GRDB
public import Records

/// An item with the facts about it.
public struct ReviewEntry: Hashable, Sendable {
    public var item: ReviewItem
    public var state: ReviewItemState
    /// Empty in listings, in order in `show`.
    public var decisions: [ReviewDecision] = []
}

/// Review items over an open transaction: append and read. `ReviewQueue` claims and decides.
///
/// Items of runs that are held or discarded are invisible, and supersede nothing.
public struct ReviewStore {
    public let database: Database

    public init(_ database: Database) { self.database = database }

    /// Which items a listing holds.
    public enum Filter: String, CaseIterable, Sendable {
        /// Neither decided nor superseded; claimed and overdue ones too.
        case open
        case overdue
        case decided
        case all
    }

    /// How a listing is sorted; items that are not about rows come first, equal ones by their number.
    public enum Order: String, CaseIterable, Sendable {
        /// What pays: the highest value at stake first.
        case value
        case due
        case score

        var sql: String {
            switch self {
            case .value: "i.value DESC"
            case .due: "i.due"
            case .score: "i.score DESC"
            }
        }
    }

    /// A row's item.
    static let insertSQL = """
        INSERT INTO pipeline_review_items (run, job, queue, key, version, event_time, score, value, currency, cause, suggested,
            interim, over_capacity, sample_probability, reasons, evidence, fields, created, due, on_overdue)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """

    /// As `insertSQL`, of any kind.
    private static let insertAnySQL =
        insertSQL.replacing("on_overdue)", with: "on_overdue, kind)").replacing("?)", with: "?, ?)")

    /// Appends, in the order given. The engine appends a run's through `ReviewItemInserter`.
    ///
    /// An item for a later version of a key reopens the case: open items of earlier versions are superseded from then on (computed, not
    /// updated).
    public func insert(_ items: some Sequence<ReviewItem>) throws(Failure) {
        try database.worded {
            let statement = try database.cachedStatement(sql: ReviewStore.insertAnySQL)
            for item in items {
                try statement.execute(arguments: [
                    item.run == 0 ? nil : item.run, item.job, item.queue, item.key, item.version, item.eventTime.microseconds, item.score,
                    item.value.minor, item.value.currency.code, item.cause, item.suggested, item.interim, item.isOverCapacity,
                    item.sampleProbability,
                    item.reasonsJSON, item.evidenceJSON, item.fieldsJSON, item.created.microseconds, item.due.microseconds, item.onOverdue,
                    item.kind.rawValue,
                ])
            }
        }
    }

    /// Items that are not about rows first, then by `order`, then by id; `offset` of them are left out.
    public func list(
        queue: String? = nil, job: String? = nil, kind: ReviewItem.Kind? = nil, filter: Filter = .open, order: Order = .value,
        now: Timestamp, limit: Int = .max, offset: Int = 0
    ) throws(Failure) -> [ReviewEntry] {
        try database.worded {
            var sql = ReviewStore.selection
            var arguments: [String: (any DatabaseValueConvertible)?] = ["limit": limit, "offset": offset]
            if let queue { (sql, arguments["queue"]) = (sql + " AND i.queue = :queue", queue) }
            if let job { (sql, arguments["job"]) = (sql + " AND i.job = :job", job) }
            if let kind { (sql, arguments["kind"]) = (sql + " AND i.kind = :kind", kind.rawValue) }
            switch filter {
            case .open: sql += " AND \(ReviewStore.isOpen)"
            case .overdue:
                sql += " AND \(ReviewStore.isOpen) AND i.due < :now"
                arguments["now"] = now.microseconds
            case .decided: sql += " AND \(ReviewStore.isDecided)"
            case .all: break
            }
            return try Row.fetchAll(
                database, sql: sql + " ORDER BY i.kind = 'row', \(order.sql), i.id LIMIT :limit OFFSET :offset",
                arguments: StatementArguments(arguments)
            ).map(ReviewStore.entry)
        }
    }

    /// One item with all its decisions.
    ///
    /// - Throws: no such item.
    public func show(_ id: Int64) throws(Failure) -> ReviewEntry {
        try database.worded {
            guard let row = try Row.fetchOne(database, sql: ReviewStore.selection + " AND i.id = ?", arguments: [id]) else {
                throw Failure.reviewItemMissing(id)
            }
            var entry = try ReviewStore.entry(row)
            entry.decisions = try decisions(of: id)
            return entry
        }
    }

    /// All items of a key, one a version that was queued, with their decisions.
    public func history(job: String, key: String) throws(Failure) -> [ReviewEntry] {
        try database.worded {
            try Row.fetchAll(
                database, sql: ReviewStore.selection + " AND i.kind = 'row' AND i.job = ? AND i.key = ? ORDER BY i.version",
                arguments: [job, key]
            ).map { row in
                var entry = try ReviewStore.entry(row)
                entry.decisions = try decisions(of: entry.item.id)
                return entry
            }
        }
    }

    /// What a person gave as reasons for the last decisions of a queue, newest first, each once.
    public func recentReasons(queue: String, by person: ReviewPerson, limit: Int) throws(Failure) -> [String] {
        try database.worded {
            try String.fetchAll(
                database,
                sql: """
                    SELECT d.reason FROM pipeline_decisions d JOIN pipeline_review_items i ON i.id = d.item
                    WHERE i.queue = ? AND d.actor = ? AND d.host = ? GROUP BY d.reason ORDER BY max(d.id) DESC LIMIT ?
                    """, arguments: [queue, person.actor, person.host, limit])
        }
    }

    func decisions(of item: Int64) throws -> [ReviewDecision] {
        try ReviewDecision.fetchAll(
            database,
            sql: """
                SELECT d.*, s.draft, s.edited, a.amount, a.unit FROM pipeline_decisions d
                LEFT JOIN pipeline_signatures s ON s.id = d.id LEFT JOIN pipeline_amounts a ON a.id = d.id
                WHERE d.item = ? ORDER BY d.id
                """, arguments: [item])
    }

    /// How many items of one queue are in which state.
    public struct Counts: Hashable, Sendable, Codable {
        public var queue: String
        /// Neither decided nor superseded; the next two are among them.
        public var open: Int
        public var claimed: Int
        public var overdue: Int
        public var decided: Int
        public var superseded: Int
        /// Value at stake of the open ones, in minor units of `currency`.
        public var openValue: Int64
        public var currency: String

        public init(
            queue: String, open: Int, claimed: Int, overdue: Int, decided: Int, superseded: Int, openValue: Int64, currency: String
        ) {
            (self.queue, self.open, self.claimed, self.overdue) = (queue, open, claimed, overdue)
            (self.decided, self.superseded, self.openValue, self.currency) = (decided, superseded, openValue, currency)
        }
    }

    /// One row a queue and currency, sorted by both.
    public func counts(queue: String? = nil, now: Timestamp) throws(Failure) -> [Counts] {
        try database.worded {
            let open = "(\(ReviewStore.isOpen))"
            return try Row.fetchAll(
                database,
                sql: """
                    SELECT i.queue, i.currency, total(\(open)) AS open, total(\(open) AND c.until > :now) AS claimed,
                        total(\(open) AND i.due < :now) AS overdue, total(\(ReviewStore.isDecided)) AS decided,
                        total(NOT \(ReviewStore.isDecided) AND NOT \(open)) AS superseded, sum(CASE WHEN \(open) THEN i.value ELSE 0 END) AS open_value
                    FROM \(ReviewStore.tables) AND (:queue IS NULL OR i.queue = :queue)
                    GROUP BY i.queue, i.currency ORDER BY i.queue, i.currency
                    """, arguments: ["now": now.microseconds, "queue": queue]
            ).map { row in
                Counts(
                    queue: row["queue"], open: row["open"], claimed: row["claimed"], overdue: row["overdue"], decided: row["decided"],
                    superseded: row["superseded"], openValue: row["open_value"], currency: row["currency"])
            }
        }
    }
}

extension ReviewStore {
    /// Rows' items (i) of visible runs and all others, claim (c), last decision (d); ends in a condition.
    ///
    /// An item about a delivery is visible while its run is held: it may be the reason.
    private static let tables = """
        pipeline_review_items i
        LEFT JOIN pipeline_runs r ON r.id = i.run
        LEFT JOIN pipeline_claims c ON c.item = i.id
        LEFT JOIN pipeline_decisions d ON d.id = (SELECT max(id) FROM pipeline_decisions WHERE item = i.id)
        WHERE (i.kind <> 'row' OR r.status IN ('running', 'done'))
        """

    private static let newer = """
        (SELECT n.id FROM pipeline_review_items n JOIN pipeline_runs m ON m.id = n.run AND m.status IN ('running', 'done')
            WHERE i.kind = 'row' AND n.kind = 'row' AND n.job = i.job AND n.key = i.key AND n.version > i.version
            ORDER BY n.version DESC LIMIT 1)
        """

    /// "wait" puts off an item that is not about a row, and closes nothing.
    static let isDecided = "(d.id IS NOT NULL AND (i.kind = 'row' OR d.outcome <> '\(ReviewChoices.wait)'))"
    static let isOpen = "NOT \(isDecided) AND \(newer) IS NULL"

    private static let selection = """
        SELECT i.*, c.actor AS claim_actor, c.host AS claim_host, c.since AS claim_since, c.until AS claim_until,
            d.id AS decision_id, d.outcome AS decision_outcome, d.decided AS decision_at, \(newer) AS newer_id
        FROM \(tables)
        """

    /// The most valuable open item of a queue without a running lease; walks the queue's index.
    package static let candidateSQL = """
        SELECT i.id FROM \(tables) AND i.queue = :queue AND \(isOpen) AND (c.item IS NULL OR c.until <= :now)
        ORDER BY i.value DESC, i.id LIMIT 1
        """

    /// Open items of a job, a kind.
    func openCounts(job: String) throws -> [ReviewItem.Kind: Int] {
        var counts: [ReviewItem.Kind: Int] = [:]
        let rows = try Row.fetchAll(
            database,
            sql: "SELECT i.kind, count(*) AS n FROM \(ReviewStore.tables) AND i.job = ? AND \(ReviewStore.isOpen) GROUP BY i.kind",
            arguments: [job])
        for row in rows { if let kind = ReviewItem.Kind(rawValue: row["kind"]) { counts[kind] = row["n"] } }
        return counts
    }

    func candidate(queue: String, now: Timestamp) throws -> Int64? {
        try Int64.fetchOne(
            database.cachedStatement(sql: ReviewStore.candidateSQL), arguments: ["queue": queue, "now": now.microseconds])
    }

    /// The most valuable open item of a queue on which this person's lease runs.
    func held(queue: String, by person: ReviewPerson, now: Timestamp) throws -> Int64? {
        try Int64.fetchOne(
            database,
            sql: """
                SELECT i.id FROM \(ReviewStore.tables) AND i.queue = :queue AND \(ReviewStore.isOpen)
                    AND c.until > :now AND c.actor = :actor AND c.host = :host
                ORDER BY i.value DESC, i.id LIMIT 1
                """, arguments: ["queue": queue, "now": now.microseconds, "actor": person.actor, "host": person.host])
    }

    private static func entry(_ row: Row) throws -> ReviewEntry {
        let item = try ReviewItem(row: row)
        let claim = (row["claim_actor"] as String?).map { actor in
            ReviewItemState.Claim(
                person: ReviewPerson(actor: actor, host: row["claim_host"]), since: row.timestamp("claim_since"),
                until: row.timestamp("claim_until"))
        }
        let last = (row["decision_id"] as Int64?).map {
            ReviewItemState.Decided(id: $0, outcome: row["decision_outcome"], at: row.timestamp("decision_at"))
        }
        let isPutOff = item.kind != .row && last?.outcome == ReviewChoices.wait
        return ReviewEntry(
            item: item,
            state: ReviewItemState(
                interim: item.interim, onOverdue: item.onOverdue, due: item.due, claim: claim, decision: isPutOff ? nil : last,
                putOff: isPutOff ? last : nil, newerItem: row["newer_id"]))
    }
}

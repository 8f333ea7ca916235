public import GRDB
public import Records

/// A proposal to make a model version the champion.
public struct Promotion: Hashable, Sendable, FetchableRecord {
    public var id: Int64
    public var name: String
    public var version: Int
    public var modelDigest: String
    public var job: String
    public var jobDigest: String
    public var policyDigest: String
    /// SHA-256 of the replay report; nil where the job asks for no second account and none was given.
    public var reportDigest: String?
    public var reportRows: Int64?
    /// Accounts that must stand behind it, the proposer's included.
    public var approvalsNeeded: Int
    public var actor: String
    public var host: String
    public var proposed: Timestamp
    public var reason: String

    public init(row: Row) {
        (id, name, version, modelDigest) = (row["id"], row["name"], row["version"], row["model_digest"])
        (job, jobDigest, policyDigest) = (row["job"], row["job_digest"], row["policy_digest"])
        (reportDigest, reportRows, approvalsNeeded) = (row["report_digest"], row["report_rows"], row["approvals"])
        (actor, host, proposed, reason) = (row["actor"], row["host"], row.timestamp("proposed"), row["reason"])
    }
}

/// A further account that stands behind a promotion.
public struct PromotionApproval: Hashable, Sendable, FetchableRecord {
    public var id: Int64
    public var promotion: Int64
    public var reportDigest: String
    public var actor: String
    public var host: String
    public var approved: Timestamp
    public var reason: String

    public init(row: Row) {
        (id, promotion, reportDigest) = (row["id"], row["promotion"], row["report_digest"])
        (actor, host, approved, reason) = (row["actor"], row["host"], row.timestamp("approved"), row["reason"])
    }
}

/// Promotions and approvals over an open transaction; each is an entry of the audit chain.
public struct PromotionStore {
    public let database: Database

    public init(_ database: Database) { self.database = database }

    /// Of a model, in order.
    public func promotions(of name: String) throws(Failure) -> [Promotion] {
        try database.worded {
            try Promotion.fetchAll(database, sql: "SELECT * FROM pipeline_promotions WHERE name = ? ORDER BY id", arguments: [name])
        }
    }

    /// Of a promotion, in order.
    public func approvals(of promotion: Int64) throws(Failure) -> [PromotionApproval] {
        try database.worded {
            try PromotionApproval.fetchAll(
                database, sql: "SELECT * FROM pipeline_approvals WHERE promotion = ? ORDER BY id", arguments: [promotion])
        }
    }

    func add(
        _ name: String, version: Int, modelDigest: String, job: Job, report: PromotionReport?, approvals: Int, by environment: Environment,
        reason: String
    ) throws(Failure) -> Promotion {
        try database.worded {
            let now = environment.now()
            try database.runCached(
                """
                INSERT INTO pipeline_promotions (name, version, model_digest, job, job_digest, policy_digest, report_digest, report_rows,
                    report_created, approvals, actor, host, proposed, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    name, version, modelDigest, job.name, job.digest, job.policyDigest, report?.digest, report?.rows, report?.created,
                    approvals, environment.actor, environment.host, now.microseconds, reason,
                ])
            let id = database.lastInsertedRowID
            try AuditChain(database).append(.promotion, row: id, of: .promotion, by: environment)
            guard let added = try Promotion.fetchOne(database, sql: "SELECT * FROM pipeline_promotions WHERE id = ?", arguments: [id])
            else {
                throw Failure.storedValue(table: "pipeline_promotions", column: "id", found: "no row", expected: "the row just added")
            }
            return added
        }
    }

    func approve(_ promotion: Promotion, digest: String, by environment: Environment, reason: String) throws(Failure) {
        try database.worded {
            try database.runCached(
                "INSERT INTO pipeline_approvals (promotion, report_digest, actor, host, approved, reason) VALUES (?, ?, ?, ?, ?, ?)",
                [promotion.id, digest, environment.actor, environment.host, environment.now().microseconds, reason])
            try AuditChain(database).append(.approval, row: database.lastInsertedRowID, of: .approval, by: environment)
        }
    }
}

extension AuditChain {
    fileprivate func append(_ kind: AuditEntry.Kind, row id: Int64, of subject: AuditSubject, by environment: Environment) throws {
        guard let row = try Row.fetchOne(database, sql: subject.sql + " WHERE p.id = ?", arguments: [id]) else { return }
        try append(
            kind, subject: id, body: AuditSubject.body(row), actor: environment.actor, host: environment.host, at: environment.now())
    }
}

extension AuditSubject {
    static let promotion = AuditSubject(
        kind: .promotion, table: "pipeline_promotions", sql: "SELECT p.* FROM pipeline_promotions p")

    /// With what it approves: an approval must not be moved to another version.
    static let approval = AuditSubject(
        kind: .approval, table: "pipeline_approvals",
        sql: """
            SELECT p.*, r.name AS model, r.version AS model_version, r.model_digest
            FROM pipeline_approvals p LEFT JOIN pipeline_promotions r ON r.id = p.promotion
            """)
}

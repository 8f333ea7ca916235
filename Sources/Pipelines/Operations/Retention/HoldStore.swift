public import GRDB
public import Records

/// A legal hold: rows of a job, or one key of it, that neither a purge nor an erasure may touch.
public struct Hold: Hashable, Sendable, FetchableRecord {
    public var id: Int64
    public var job: String
    /// Nil = everything of the job.
    public var key: String?
    public var actor: String
    public var host: String
    public var placed: Timestamp
    public var reason: String

    public init(row: Row) {
        (id, job, key, actor, host) = (row["id"], row["job"], row["key"], row["actor"], row["host"])
        (placed, reason) = (row.timestamp("at"), row["reason"])
    }
}

/// Holds over an open transaction. Append-only: a release is a row of its own, and both are in the audit chain.
public struct HoldStore {
    public let database: Database

    public init(_ database: Database) { self.database = database }

    /// Holds in force, oldest first.
    public func active(job: String? = nil) throws(Failure) -> [Hold] {
        try database.worded {
            try Hold.fetchAll(
                database,
                sql: """
                    SELECT * FROM pipeline_holds h WHERE action = 'place' AND (?1 IS NULL OR job = ?1)
                    AND NOT EXISTS (SELECT 1 FROM pipeline_holds n WHERE n.job = h.job AND n.key IS h.key AND n.id > h.id)
                    ORDER BY id
                    """, arguments: [job])
        }
    }

    /// - Throws: no run of such a job; a hold in force already; no reason.
    @discardableResult
    public func place(job: String, key: String?, reason: String, by environment: Environment) throws(Failure) -> Hold {
        try database.worded {
            let jobs = try String.fetchAll(database, sql: "SELECT DISTINCT job FROM pipeline_runs ORDER BY job")
            guard jobs.contains(job) else { throw Failure.holdJob(job, jobs: jobs) }
            guard !reason.allSatisfy(\.isWhitespace) else { throw Failure.holdReason() }
            if let hold = try active(job: job).first(where: { $0.key == key }) { throw Failure.holdTwice(hold) }
            let id = try append("place", job: job, key: key, reason: reason, by: environment)
            return try Hold.fetchOne(database, sql: "SELECT * FROM pipeline_holds WHERE id = ?", arguments: [id])!
        }
    }

    /// - Parameter id: of the row that placed it.
    /// - Throws: no such hold in force; no reason.
    public func release(_ id: Int64, reason: String, by environment: Environment) throws(Failure) {
        try database.worded {
            guard let hold = try active().first(where: { $0.id == id }) else {
                throw Failure.holdMissing(id, active: try active().map(\.id))
            }
            guard !reason.allSatisfy(\.isWhitespace) else { throw Failure.holdReason() }
            _ = try append("release", job: hold.job, key: hold.key, reason: reason, by: environment)
        }
    }

    private func append(_ action: String, job: String, key: String?, reason: String, by environment: Environment) throws -> Int64 {
        try database.runCached(
            "INSERT INTO pipeline_holds (job, key, action, actor, host, at, reason) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [job, key, action, environment.actor, environment.host, environment.now().microseconds, reason])
        let id = database.lastInsertedRowID
        guard let row = try Row.fetchOne(database, sql: AuditSubject.hold.sql + " WHERE h.id = ?", arguments: [id]) else { return id }
        try AuditChain(database).append(
            .hold, subject: id, body: AuditSubject.body(row), actor: environment.actor, host: environment.host, at: environment.now())
        return id
    }
}

extension AuditSubject {
    static let hold = AuditSubject(kind: .hold, table: "pipeline_holds", sql: "SELECT h.* FROM pipeline_holds h")
}

extension Failure {
    static func holdJob(_ job: String, jobs: [String]) -> Failure {
        Failure(
            .usage, code: "hold.job", what: "no run of such a job", place: "job '\(job)'",
            expected: jobs.isEmpty ? "a job that has run" : "one of \(jobs.joined(separator: ", "))",
            remedy: "`pipeline status` lists them.")
    }

    static func holdReason() -> Failure {
        Failure(.usage, code: "hold.reason", what: "a reason is missing", expected: "a text", remedy: "Say who asked for it, and why.")
    }

    static func holdTwice(_ hold: Hold) -> Failure {
        Failure(
            .usage, code: "hold.twice", what: "this hold is in force already", place: "hold \(hold.id)",
            remedy: "`pipeline hold list` shows it.")
    }

    static func holdMissing(_ id: Int64, active: [Int64]) -> Failure {
        Failure(
            .usage, code: "hold.missing", what: "no such hold is in force", place: "hold \(id)",
            expected: active.isEmpty ? "none is in force" : "one of \(active.map(String.init).joined(separator: ", "))",
            remedy: "`pipeline hold list` lists them.")
    }
}

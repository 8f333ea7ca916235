public import GRDB
public import Records

/// A file of outcomes that another system was given, as recorded.
public struct Outbound: Hashable, Sendable, FetchableRecord {
    public enum Form: String, CaseIterable, Sendable {
        case csv, xml
    }

    public var id: Int64
    public var job: String
    /// Who gets the files; each receiver has a count of its own.
    public var receiver: String
    /// 1, 2, 3, ... for the receiver.
    public var number: Int64
    /// Decisions are those of audit entries after the first and up to the second.
    public var auditFrom: Int64
    public var auditTo: Int64
    public var path: String
    public var form: Form
    /// False = its content is fixed, the file may be missing: the process died between.
    public var isWritten: Bool
    public var rows: Int64
    public var corrections: Int64
    public var decisions: Int64
    /// SHA-256 of the file.
    public var digest: String
    public var made: Timestamp

    public init(row: Row) throws {
        guard let form = Form(rawValue: row["form"]) else {
            throw Failure.storedValue(table: "pipeline_outbound", column: "form", found: row["form"], expected: "csv or xml")
        }
        (id, job, receiver, number) = (row["id"], row["job"], row["receiver"], row["number"])
        (auditFrom, auditTo, path, self.form) = (row["audit_from"], row["audit_to"], row["path"], form)
        (isWritten, rows, corrections, decisions) = (row["written"], row["rows"], row["corrections"], row["decisions"])
        (digest, made) = (row["digest"], row.timestamp("at"))
    }
}

/// Outbound files over an open transaction.
public struct OutboundStore {
    public let database: Database

    public init(_ database: Database) { self.database = database }

    /// Newest first.
    public func list(job: String? = nil, limit: Int = .max) throws(Failure) -> [Outbound] {
        try database.worded {
            try Outbound.fetchAll(
                database, sql: "SELECT * FROM pipeline_outbound WHERE ?1 IS NULL OR job = ?1 ORDER BY id DESC LIMIT ?2",
                arguments: [job, limit])
        }
    }

    func last(job: String, receiver: String) throws -> Outbound? {
        try Outbound.fetchOne(
            database, sql: "SELECT * FROM pipeline_outbound WHERE job = ? AND receiver = ? ORDER BY number DESC LIMIT 1",
            arguments: [job, receiver])
    }

    /// Runs that are done and that the receiver has not been given, after a run.
    func newRuns(job: String, receiver: String, since run: Int64) throws -> [Int64] {
        try Int64.fetchAll(
            database,
            sql: """
                SELECT id FROM pipeline_runs WHERE job = :job AND status = 'done' AND id > :since AND id NOT IN (
                    SELECT r.run FROM pipeline_outbound_runs r JOIN pipeline_outbound o ON o.id = r.outbound
                    WHERE o.job = :job AND o.receiver = :receiver)
                ORDER BY id
                """, arguments: ["job": job, "since": run, "receiver": receiver])
    }

    func add(
        job: String, receiver: String, number: Int64, audit: (from: Int64, to: Int64), path: String, form: Outbound.Form, runs: [Int64],
        by environment: Environment
    ) throws -> Outbound {
        try database.runCached(
            """
            INSERT INTO pipeline_outbound (job, receiver, number, audit_from, audit_to, path, form, written, rows, corrections, decisions,
                digest, actor, host, at) VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, '', ?, ?, ?)
            """,
            [
                job, receiver, number, audit.from, audit.to, path, form.rawValue, environment.actor, environment.host,
                environment.now().microseconds,
            ])
        let id = database.lastInsertedRowID
        for run in runs { try database.runCached("INSERT INTO pipeline_outbound_runs (outbound, run) VALUES (?, ?)", [id, run]) }
        return try Outbound.fetchOne(database, sql: "SELECT * FROM pipeline_outbound WHERE id = ?", arguments: [id])!
    }

    func settle(_ outbound: Outbound) throws {
        try database.runCached(
            "UPDATE pipeline_outbound SET written = 1, rows = ?, corrections = ?, decisions = ?, digest = ? WHERE id = ?",
            [outbound.rows, outbound.corrections, outbound.decisions, outbound.digest, outbound.id])
    }
}

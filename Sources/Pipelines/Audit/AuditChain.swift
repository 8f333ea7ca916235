public import GRDB
public import Records

/// The hash chain over decisions, roles and finished runs, over an open transaction. Append-only.
///
/// Entry n's hash is SHA-256 over a length-prefixed encoding of all its columns and entry n-1's hash: whoever keeps a head (`n:hash`,
/// printed by every run) can later tell any change of what stood up to n, even of the whole chain rewritten.
public struct AuditChain {
    public let database: Database
    /// Tests plant a broken one.
    let hash: (CanonicalEncoding) -> String

    public init(_ database: Database) { self.init(database, hash: \.sha256) }

    package init(_ database: Database, hash: @escaping (CanonicalEncoding) -> String) { (self.database, self.hash) = (database, hash) }

    /// The chain's end.
    public func head() throws(Failure) -> AuditHead {
        try database.worded {
            let row = try Row.fetchOne(database, sql: "SELECT id, hash FROM pipeline_audit ORDER BY id DESC LIMIT 1")
            return row.map { AuditHead(entries: $0["id"], hash: $0["hash"]) } ?? .genesis
        }
    }

    /// Adds an entry.
    ///
    /// - Parameter subject: id of the row the entry is about.
    /// - Returns: the new head.
    @discardableResult
    public func append(
        _ kind: AuditEntry.Kind, subject: Int64?, body: JSONValue, actor: String, host: String, at now: Timestamp
    ) throws(Failure) -> AuditHead {
        let head = try head()
        return try database.worded {
            let entry = AuditEntry(
                id: head.entries + 1, at: now, actor: actor, host: host, kind: kind.rawValue, subject: subject, body: body.canonical,
                previous: head.hash)
            let hash = hash(entry.encoding)
            try database.runCached(
                """
                INSERT INTO pipeline_audit (id, at, actor, host, kind, subject, body, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """, [entry.id, now.microseconds, actor, host, entry.kind, subject, entry.body, entry.previous, hash])
            return AuditHead(entries: entry.id, hash: hash)
        }
    }

    /// Newest first.
    public func entries(limit: Int = .max) throws(Failure) -> [AuditEntry] {
        try database.worded {
            try AuditEntry.fetchAll(database, sql: "SELECT * FROM pipeline_audit ORDER BY id DESC LIMIT ?", arguments: [limit])
        }
    }
}

/// Bodies hold the whole row, so that an edit of the row itself is found too.
extension AuditChain {
    func append(_ decision: ReviewDecision, of item: ReviewItem) throws {
        guard let row = try Row.fetchOne(database, sql: AuditSubject.decision.sql + " WHERE d.id = ?", arguments: [decision.id]) else {
            return
        }
        try append(
            .decision, subject: decision.id, body: AuditSubject.body(row), actor: decision.person.actor, host: decision.person.host,
            at: Timestamp(microseconds: decision.decided))
    }

    /// - Parameter actor: `account@host`, as in the row.
    func appendRole(_ id: Int64, actor: String, at now: Timestamp) throws {
        guard let row = try Row.fetchOne(database, sql: AuditSubject.role.sql + " WHERE c.id = ?", arguments: [id]) else { return }
        let parts = actor.split(separator: "@", omittingEmptySubsequences: false)
        let account = parts.count > 1 ? parts.dropLast().joined(separator: "@") : actor
        let host = parts.count > 1 ? String(parts[parts.count - 1]) : ""
        try append(.role, subject: id, body: AuditSubject.body(row), actor: account, host: host, at: now)
    }
}

/// A table whose rows the chain holds in full.
struct AuditSubject {
    let kind: AuditEntry.Kind
    /// Shown in findings.
    let table: String
    /// All columns of a row and what they refer to; `id` first.
    let sql: String

    /// With the item's identity and what it suggested: a decision must not be moved to another row.
    static let decision = AuditSubject(
        kind: .decision, table: "pipeline_decisions",
        sql: """
            SELECT d.*, i.job AS item_job, i.key AS item_key, i.version AS item_version, i.suggested AS item_suggested
            FROM pipeline_decisions d LEFT JOIN pipeline_review_items i ON i.id = d.item
            """)

    /// With the model's digest.
    static let role = AuditSubject(
        kind: .role, table: "pipeline_champions",
        sql: """
            SELECT c.*, m.digest AS model_digest, m.family AS model_family
            FROM pipeline_champions c LEFT JOIN pipeline_models m ON m.name = c.name AND m.version = c.version
            """)

    /// Every column of the row; canonical order comes with the text.
    static func body(_ row: Row) -> JSONValue {
        .object(
            row.map { name, value in
                switch value.storage {
                case .null: .init(name, .null)
                case .int64(let number): .init(name, .integer(number))
                case .double(let number): .init(name, .real(number))
                case .string(let text): .init(name, .text(text))
                case .blob(let bytes): .init(name, .text([UInt8](bytes).map { String($0, radix: 16) }.joined(separator: " ")))
                }
            })
    }
}

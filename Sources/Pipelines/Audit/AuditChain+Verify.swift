import Crypto
import GRDB
public import Records

/// What a verified chain holds.
public struct AuditReport: Hashable, Sendable {
    public var head: AuditHead
    public var decisions: Int
    /// Decisions that were signed from a model's draft.
    public var signatures = 0
    /// Decisions that state a number.
    public var amounts = 0
    public var roles: Int
    public var runs: Int
    public var promotions = 0
    public var approvals = 0
    public var holds = 0
    /// Entries whose content a purge or an erasure took, as a later entry says.
    public var emptied = 0

    public var entries: Int64 { head.entries }
}

extension AuditChain {
    /// Recomputes the whole chain and compares it with the rows it speaks of, both ways.
    ///
    /// Finds any edited, deleted, inserted or reordered entry, decision or role; with an earlier head also a chain cut off at its end or
    /// rewritten as a whole. The heads stored with runs are checked as earlier heads too.
    ///
    /// - Parameter earlier: `n:hash`, as a run printed it.
    /// - Throws: the first difference (exit 3); a head that is not one (exit 64).
    public func verify(against earlier: String? = nil) throws(Failure) -> AuditReport {
        var kept: AuditHead?
        if let earlier {
            guard let head = AuditHead(earlier) else { throw .auditHeadForm() }
            kept = head
        }
        return try database.worded {
            var report = try walk(keeping: kept)
            report.decisions = try compare(.decision)
            report.signatures = try compare(.signature)
            report.amounts = try compare(.amount)
            report.roles = try compare(.role)
            report.promotions = try compare(.promotion)
            report.approvals = try compare(.approval)
            report.holds = try compare(.hold)
            try compareModels()
            return report
        }
    }

    /// Every entry in order: number, link, hash and canonical body.
    private func walk(keeping kept: AuditHead?) throws -> AuditReport {
        var head = AuditHead.genesis
        var runs = 0
        var runHeads = try heldHeads()
        var removals = try AuditRemovals(database), emptied = 0
        let cursor = try AuditEntry.fetchCursor(database, sql: "SELECT * FROM pipeline_audit ORDER BY id")
        while let entry = try cursor.next() {
            guard entry.id == head.entries + 1 else { throw Failure.auditGap(after: head.entries, found: entry.id) }
            guard entry.previous == head.hash else { throw Failure.auditLink(entry, expected: head.hash) }
            if entry.body.isEmpty {
                try removals.note(entry)
                emptied += 1
            } else {
                let computed = hash(entry.encoding)
                guard entry.hash == computed else { throw Failure.auditHash(entry, computed: computed) }
            }
            guard AuditEntry.Kind(rawValue: entry.kind) != nil else { throw Failure.auditKind(entry) }
            head = AuditHead(entries: entry.id, hash: entry.hash)
            if entry.kind == AuditEntry.Kind.run.rawValue { runs += 1 }
            if let kept, kept.entries == head.entries, kept.hash != head.hash { throw Failure.auditRebuilt(kept, found: head) }
            for run in runHeads.removeValue(forKey: entry.id) ?? [] where run.head != head {
                throw Failure.auditRunHead(run: run.id, stored: run.head, found: head)
            }
        }
        if let kept, kept.entries > head.entries { throw Failure.auditTruncated(kept, found: head) }
        if let run = runHeads.values.joined().filter({ $0.head != .genesis }).min(by: { $0.id < $1.id }) {
            throw Failure.auditRunHead(run: run.id, stored: run.head, found: head)
        }
        try removals.finish()
        return AuditReport(head: head, decisions: 0, roles: 0, runs: runs, emptied: emptied)
    }

    /// The heads runs stored, by number of entries.
    private func heldHeads() throws -> [Int64: [(id: Int64, head: AuditHead)]] {
        var heads: [Int64: [(id: Int64, head: AuditHead)]] = [:]
        for row in try Row.fetchAll(database, sql: "SELECT id, head FROM pipeline_runs WHERE head IS NOT NULL ORDER BY id") {
            guard let head = AuditHead(row["head"] as String) else { throw Failure.auditRunHeadForm(run: row["id"]) }
            heads[head.entries, default: []].append((row["id"], head))
        }
        return heads
    }

    /// Rows against bodies: each row has exactly one entry that says the same, each entry that was not emptied a row.
    private func compare(_ subject: AuditSubject) throws -> Int {
        let entries = try Row.fetchAll(
            database, sql: "SELECT id, subject, body, at, actor, host FROM pipeline_audit WHERE kind = ? AND body <> '' ORDER BY id",
            arguments: [subject.kind.rawValue])
        var bodies: [Int64: Row] = [:]
        for entry in entries {
            guard let id = entry["subject"] as Int64?, bodies.updateValue(entry, forKey: id) == nil else {
                throw Failure.auditTwice(entry: entry["id"], table: subject.table)
            }
        }
        let rows = try Row.fetchCursor(database, sql: subject.sql + " ORDER BY 1")
        while let row = try rows.next() {
            let id: Int64 = row["id"]
            guard let entry = bodies.removeValue(forKey: id) else { throw Failure.auditInserted(subject.table, id: id) }
            let found = AuditSubject.body(row)
            if found.canonical != entry["body"] as String { throw difference(subject.table, id, entry: entry, found: found) }
        }
        if let missing = bodies.min(by: { ($0.value["id"] as Int64) < ($1.value["id"] as Int64) }) {
            throw Failure.auditDeleted(subject.table, id: missing.key, entry: missing.value["id"])
        }
        return entries.count
    }

    private func difference(_ table: String, _ id: Int64, entry: Row, found: JSONValue) -> Failure {
        let number: Int64 = entry["id"]
        let expected = JSONValue(parsing: entry["body"])
        for member in found.members ?? [] where expected?[member.name] != member.value {
            return .auditEdited(
                table, id: id, column: member.name, entry: number, found: member.value.json,
                expected: expected?[member.name]?.json ?? "nothing")
        }
        return .auditEdited(table, id: id, column: "", entry: number, found: found.canonical, expected: entry["body"])
    }

    /// The bytes of every model that ever had a role are those its digest names.
    private func compareModels() throws {
        let models = try Row.fetchCursor(
            database,
            sql: """
                SELECT name, version, digest, artefact FROM pipeline_models
                WHERE (name, version) IN (SELECT name, version FROM pipeline_champions) ORDER BY name, version
                """)
        while let row = try models.next() {
            let digest = SHA256.hash(data: (row["artefact"] as Blob).bytes).hexadecimal
            if digest != row["digest"] as String {
                throw Failure.auditModel(row["name"], version: row["version"], found: digest, expected: row["digest"])
            }
        }
    }
}

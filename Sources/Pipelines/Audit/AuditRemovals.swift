import GRDB
import Records

/// Entries of the chain whose content is gone, because a purge or an erasure took what they spoke of.
///
/// Such an entry keeps its number, hash and link; its body is empty, so its hash can no longer be computed from it. A later entry of kind
/// `purge` or `erase` names it and holds a digest over numbers and hashes: an emptied entry that no later one names is a difference.
struct AuditRemovals {
    private struct Removal {
        var entry: Int64
        var digest: String
        var lines = CanonicalEncoding(domain: AuditRemovals.domain)
    }

    private static let domain = "pipeline removed entries 1"
    private var removals: [Removal] = []
    /// Index into `removals` by the number of the removed entry.
    private var covering: [Int64: Int] = [:]

    /// Reads what purges and erasures say. Their own hashes are checked as those of all entries are.
    init(_ database: Database) throws {
        let rows = try Row.fetchCursor(
            database, sql: "SELECT id, body FROM pipeline_audit WHERE kind IN ('purge', 'erase') ORDER BY id")
        while let row = try rows.next() {
            guard let body = JSONValue(parsing: row["body"] as String), let list = body["entries"]?.string,
                let digest = body["digest"]?.string
            else { continue }
            for id in Self.numbers(list) { covering[id] = removals.count }
            removals.append(Removal(entry: row["id"], digest: digest))
        }
    }

    /// Takes note of an entry without a body.
    ///
    /// - Throws: nothing later says that its content was removed.
    mutating func note(_ entry: AuditEntry) throws(Failure) {
        guard let index = covering[entry.id], removals[index].entry > entry.id else { throw .auditEmptied(entry) }
        covering[entry.id] = nil
        removals[index].lines.append(entry.id)
        removals[index].lines.append(entry.hash)
    }

    /// - Throws: an entry that is said to be emptied and is not, or has another hash than it had then.
    func finish() throws(Failure) {
        if let left = covering.keys.min() { throw .auditNotEmptied(left) }
        for removal in removals where removal.lines.sha256 != removal.digest { throw .auditRemovalDigest(entry: removal.entry) }
    }

    /// What a removal's entry says of the entries it empties.
    static func body(of entries: [(id: Int64, hash: String)]) -> [JSONValue.Member] {
        var lines = CanonicalEncoding(domain: domain)
        for entry in entries {
            lines.append(entry.id)
            lines.append(entry.hash)
        }
        return [.init("digest", .text(lines.sha256)), .init("entries", .text(ranges(entries.map(\.id))))]
    }

    /// `3-5,9`
    static func ranges(_ ids: [Int64]) -> String {
        var parts: [(Int64, Int64)] = []
        for id in ids {
            if let last = parts.last, last.1 + 1 == id { parts[parts.count - 1].1 = id } else { parts.append((id, id)) }
        }
        return parts.map { $0 == $1 ? "\($0)" : "\($0)-\($1)" }.joined(separator: ",")
    }

    static func numbers(_ text: String) -> [Int64] {
        text.split(separator: ",").flatMap { part -> [Int64] in
            let ends = part.split(separator: "-").compactMap { Int64($0) }
            guard let first = ends.first, let last = ends.last, first <= last, last - first < 100_000_000 else { return [] }
            return Array(first...last)
        }
    }
}

extension AuditChain {
    /// Empties entries and says so in a new one, in the same transaction.
    ///
    /// - Parameter subjects: rows that are gone, by the kind of their entries.
    /// - Returns: how many entries were emptied.
    @discardableResult
    func remove(
        _ subjects: [(kind: AuditEntry.Kind, ids: [Int64])], as kind: AuditEntry.Kind, saying members: [JSONValue.Member],
        by environment: Environment
    ) throws -> Int {
        var emptied: [(id: Int64, hash: String)] = []
        for (kind, ids) in subjects where !ids.isEmpty {
            let gone = Set(ids)
            let rows = try Row.fetchCursor(
                database, sql: "SELECT id, subject, hash FROM pipeline_audit WHERE kind = ? AND body <> ''", arguments: [kind.rawValue])
            while let row = try rows.next() {
                if let subject = row["subject"] as Int64?, gone.contains(subject) { emptied.append((row["id"], row["hash"])) }
            }
        }
        emptied.sort { $0.id < $1.id }
        for entry in emptied { try database.runCached("UPDATE pipeline_audit SET body = '' WHERE id = ?", [entry.id]) }
        try append(
            kind, subject: nil, body: .object(members + AuditRemovals.body(of: emptied)), actor: environment.actor,
            host: environment.host, at: environment.now())
        return emptied.count
    }
}

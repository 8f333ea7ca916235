import Foundation
import GRDB
import Records

/// What purges and erasures took of a job, as the audit chain says: a replay makes these rows again and must not miss them.
struct RemovedRows {
    /// The latest limit of a purge, by what it deleted from.
    private var limits: [String: Timestamp] = [:]
    /// Rows that erasures took, and purges of tables whose rows do not say how old they are, by table: which ones nobody knows any more.
    private var erased: [String: Int] = [:]
    private let clocks: [Int64: Timestamp]
    /// Rows out of which erasures took a name, by table: so many may be other than they were made.
    private var rewritten: [String: Int] = [:]
    /// An erasure of a version that did not count them apart from those it deleted.
    private var hasUncounted = false

    init(_ database: Database, job: Job, runs: [RunRecord]) throws {
        clocks = Dictionary(runs.map { ($0.id, $0.clock) }, uniquingKeysWith: { first, _ in first })
        let rows = try Row.fetchCursor(
            database, sql: "SELECT kind, body FROM pipeline_audit WHERE kind IN ('purge', 'erase') ORDER BY id")
        while let row = try rows.next() {
            guard let body = JSONValue(parsing: row["body"] as String), body["job"]?.string == job.name else { continue }
            if row["kind"] as String == AuditEntry.Kind.purge.rawValue {
                guard let limit = body["before"]?.string.flatMap({ Timestamp(iso8601: $0) }) else { continue }
                for member in body["rows"]?.members ?? [] {
                    if Self.dated.contains(member.name) || member.name == job.scoring?.results.table {
                        limits[member.name] = max(limits[member.name] ?? limit, limit)
                    } else {
                        erased[member.name, default: 0] += Int(member.value.integer ?? 0)
                    }
                }
            } else {
                if let members = body["rewritten"]?.members {
                    for member in members { rewritten[member.name, default: 0] += Int(member.value.integer ?? 0) }
                } else {
                    hasUncounted = true
                }
                for member in body["rows"]?.members ?? [] { erased[member.name, default: 0] += Int(member.value.integer ?? 0) }
            }
        }
    }

    /// Whether a recomputed row has no stored one because it was removed.
    ///
    /// - Parameter stored: the stored row it stands beside; one of the same key was altered, not removed.
    mutating func explains(_ row: Row, missingFrom table: String, key: [String], besides stored: Row?) -> Bool {
        if let stored, key.allSatisfy({ stored[$0] as DatabaseValue == row[$0] as DatabaseValue }) { return false }
        if let limit = limits[table], let time = time(of: row, in: table), time < limit { return true }
        guard let left = erased[table], left > 0 else { return false }
        erased[table] = left - 1
        return true
    }

    /// Whether two rows are the same but for names that an erasure took out of the stored one.
    mutating func isRewritten(_ stored: Row, from row: Row, in table: String) -> Bool {
        let left = rewritten[table] ?? 0
        guard hasUncounted || left > 0 else { return false }
        let isSame = zip(stored, row).allSatisfy { left, right in
            if left.1 == right.1 || Data.fromDatabaseValue(left.1) == Data(Erasure.mark.utf8) { return true }
            guard case .string(let text) = left.1.storage, case .string(let full) = right.1.storage else { return false }
            return Self.matches(full, text)
        }
        if isSame, left > 0 { rewritten[table] = left - 1 }
        return isSame
    }

    /// Whether a text is another one with marks where something, short and without quotes, stood.
    static func matches(_ full: String, _ marked: String) -> Bool {
        let pieces = marked.split(separator: Erasure.mark, omittingEmptySubsequences: false)
        guard pieces.count > 1, full.hasPrefix(pieces[0]), full.hasSuffix(pieces[pieces.count - 1]) else { return false }
        var rest = full.dropFirst(pieces[0].count)
        for (index, piece) in pieces.enumerated().dropFirst() {
            let isLast = index == pieces.count - 1
            guard rest.count >= piece.count,
                let start = isLast ? rest.index(rest.endIndex, offsetBy: -piece.count) : rest.firstRange(of: piece)?.lowerBound,
                !rest[..<start].contains("\"")
            else { return false }
            rest = rest[start...].dropFirst(piece.count)
        }
        return rest.isEmpty
    }

    private static let dated = ["pipeline_review_items", "pipeline_labels", "pipeline_suppressed", "pipeline_rejects"]

    private func time(of row: Row, in table: String) -> Timestamp? {
        switch table {
        case "pipeline_review_items": row.timestamp("created")
        case "pipeline_labels": row.timestamp("known")
        case "pipeline_suppressed": row.timestamp("event_time")
        case "pipeline_rejects": clocks[row["run"]]
        default: (row["event_time"] as String?).flatMap { Timestamp(iso8601: $0) }
        }
    }
}

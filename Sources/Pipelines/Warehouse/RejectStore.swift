import Foundation
public import GRDB
public import Records

/// A reject as stored, with the run and feed it belongs to.
public struct StoredReject: Hashable, Sendable, FetchableRecord {
    public let id: Int64
    public let run: Int64
    public let feed: String
    public let reject: Reject
    /// The run that read it again; nil = none has.
    public let replayedBy: Int64?

    public init(row: Row) throws {
        replayedBy = row.hasColumn("replayed_by") ? row["replayed_by"] : nil
        (id, run, feed) = (row["id"], row["run"], row["feed"])
        guard let code = Reject.Code(rawValue: row["code"]) else {
            throw Failure.storedValue(
                table: "pipeline_rejects", column: "code", found: "an unknown code",
                expected: Reject.Code.allCases.map(\.rawValue).joined(separator: ", "))
        }
        reject = Reject(
            file: row["file"], line: row["line"], offset: row["offset"], row: row["row"], column: row["column_name"], code: code,
            found: row["found"], expected: row["expected"],
            raw: [UInt8](row["raw"] as Data))
    }
}

/// Rejected rows, over an open transaction.
public struct RejectStore {
    public let database: Database

    public init(_ database: Database) { self.database = database }

    /// Appends, in the order given.
    public func insert(_ rejects: some Sequence<Reject>, run: Int64, feed: String) throws(Failure) {
        try database.worded {
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO pipeline_rejects (run, feed, file, line, "offset", "row", column_name, code, found, expected, raw)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """)
            for reject in rejects {
                try statement.execute(arguments: [
                    run, feed, reject.file, reject.line, reject.offset, reject.row, reject.column, reject.code.rawValue, reject.found,
                    reject.expected, Blob(reject.raw),
                ])
            }
        }
    }

    /// In the order found.
    public func list(run: Int64? = nil, code: Reject.Code? = nil, limit: Int = .max) throws(Failure) -> [StoredReject] {
        try database.worded {
            try StoredReject.fetchAll(
                database,
                sql: """
                    SELECT j.*, (SELECT s.run FROM pipeline_selections s WHERE s.reject = j.id) AS replayed_by FROM pipeline_rejects j
                    WHERE (?1 IS NULL OR run = ?1) AND (?2 IS NULL OR code = ?2) ORDER BY id LIMIT ?3
                    """,
                arguments: [run, code?.rawValue, limit])
        }
    }

    /// Rejects a code, most frequent first, then by code.
    public func counts(run: Int64) throws(Failure) -> [(code: String, count: Int)] {
        try database.worded {
            try Row.fetchAll(
                database, sql: "SELECT code, count(*) AS n FROM pipeline_rejects WHERE run = ? GROUP BY code ORDER BY n DESC, code",
                arguments: [run]
            ).map { ($0["code"], $0["n"]) }
        }
    }
}

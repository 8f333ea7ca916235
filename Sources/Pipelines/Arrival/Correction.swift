import Connectors
import GRDB
import Records

/// A file that came again under its name with other content: which rows of the earlier one it lacks.
struct Correction {
    struct Missing: Sendable {
        var count: Int
        /// The first of them, for people.
        var keys: [String]
    }

    let job: Job
    let feed: JobFeed
    let table: Table
    let warehouse: Warehouse
    /// Entries of earlier runs for the same name.
    let earlier: [RunFile]
    /// Hashes of the keys in the new file.
    let keys: Set<UInt64>

    private static let shownKeys = 20

    /// Where a feed's rows went, and the columns that name them.
    struct Table {
        var name: String
        var key: [String]

        /// Nil where rows have no key, or one that the table stores in other words than the feed: then files cannot be compared.
        init?(of feed: JobFeed, in job: Job) {
            guard let name = feed.role == .main ? job.scoring?.results.table : feed.table, !feed.key.isEmpty else { return nil }
            let types = feed.key.compactMap { feed.schema[$0]?.type }
            guard types.allSatisfy({ $0 == .int64 || $0 == .string || $0 == .timestamp }) else { return nil }
            (self.name, key) = (name, feed.key)
        }
    }

    /// Files of that name that runs have read, with whatever content.
    static func earlierFiles(_ name: String, feed: JobFeed, job: Job, warehouse: Warehouse) throws(Failure) -> [RunFile] {
        try warehouse.read { database in
            try RunFile.fetchAll(
                database,
                sql: """
                    SELECT f.* FROM pipeline_files f JOIN pipeline_runs r ON r.id = f.run
                    WHERE f.job = ? AND f.feed = ? AND f.name = ? AND r.status IN ('done', 'held') ORDER BY f.id
                    """, arguments: [job.name, feed.name, name])
        }
    }

    /// Rows that the runs which read the earlier file have written, less those of the new file and of those runs' other files.
    ///
    /// - Returns: nil where none is missing.
    func missingRows() throws(Failure) -> Missing? {
        var candidates: [UInt64: String] = [:]
        let runs = Set(earlier.map(\.run)).sorted()
        for run in runs { try take(run, into: &candidates) }
        for run in runs where !candidates.isEmpty { try leaveOut(run, from: &candidates) }
        guard !candidates.isEmpty else { return nil }
        let texts = candidates.values.map { $0.split(separator: "\u{1F}", omittingEmptySubsequences: false).joined(separator: " / ") }
            .sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
        return Missing(count: texts.count, keys: Array(texts.prefix(Self.shownKeys)))
    }

    private func take(_ run: Int64, into candidates: inout [UInt64: String]) throws(Failure) {
        let columns = table.key.map(ResultTable.quoted).joined(separator: ", ")
        let found = try warehouse.read { database -> [UInt64: String] in
            var found: [UInt64: String] = [:]
            let rows = try Row.fetchCursor(
                database, sql: "SELECT \(columns) FROM \(ResultTable.quoted(table.name)) WHERE run = ?", arguments: [run])
            while let row = try rows.next() {
                let text = row.databaseValues.map { value in
                    switch value.storage {
                    case .int64(let number): String(number)
                    case .string(let text): text
                    default: ""
                    }
                }.joined(separator: "\u{1F}")
                let hash = RecordKey.hash(text)
                if !keys.contains(hash) { found[hash] = text }
            }
            return found
        }
        candidates.merge(found) { $1 }
    }

    /// Rows that another file of the same run holds are missing nowhere.
    private func leaveOut(_ run: Int64, from candidates: inout [UInt64: String]) throws(Failure) {
        let entries = try warehouse.read { try RunStore($0).files(run: run) }
        let names = Set(earlier.map(\.name))
        for entry in entries where entry.feed == feed.name && !names.contains(entry.name) && !candidates.isEmpty {
            let file = FeedFile(path: job.resolved(entry.path), name: entry.name)
            // A file that is gone or another by now cannot speak for its rows.
            guard (try? FeedDigest(of: file).hex) == entry.digest else { continue }
            let reader = BlockReader(feed: feed, files: [file], blockRows: 8_192)
            let columns = feed.key.compactMap { feed.schema.index(of: $0) }
            while let batch = try reader.next()?.block.batch, !candidates.isEmpty {
                for hash in RecordKey.hashes(of: batch, columns: columns) { candidates[hash] = nil }
            }
        }
    }
}

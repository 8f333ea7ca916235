import Connectors
import GRDB
import Records

/// One record that is read again: a reject of an earlier run.
struct SelectedRecord: Hashable, Sendable {
    var row: Int64
    var offset: Int64
    var line: Int64
    /// The record took the rest of the file with it (a quote that was never closed): everything from it on is read.
    var isTail: Bool
    /// Its number in `pipeline_rejects`.
    var reject: Int64
}

/// The records that a run reads of one file, instead of the whole file.
struct FileSelection: Hashable, Sendable {
    /// In the order of their rows.
    var records: [SelectedRecord]
    /// The feed is cut into records as it was when they were rejected: rows have the same numbers.
    var keepsRows: Bool
}

/// Selections of runs, over an open transaction.
struct SelectionStore {
    let database: Database

    init(_ database: Database) { self.database = database }

    func insert(_ selection: FileSelection, run: Int64, feed: String, position: Int) throws {
        for record in selection.records {
            try database.runCached(
                """
                INSERT INTO pipeline_selections (run, feed, position, "row", "offset", line, tail, reject) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
                // Bit 0: the rest of the file; bit 1: rows have other numbers than then.
                [
                    run, feed, position, record.row, record.offset, record.line,
                    (record.isTail ? 1 : 0) | (selection.keepsRows ? 0 : 2), record.reject,
                ])
        }
    }

    /// By the file's position in the feed; empty for a run that reads whole files.
    func selections(run: Int64, feed: String) throws -> [Int: FileSelection] {
        var found: [Int: FileSelection] = [:]
        let rows = try Row.fetchAll(
            database, sql: "SELECT * FROM pipeline_selections WHERE run = ? AND feed = ? ORDER BY position, \"row\"",
            arguments: [run, feed])
        for row in rows {
            let (position, bits): (Int, Int) = (row["position"], row["tail"])
            let record = SelectedRecord(
                row: row["row"], offset: row["offset"], line: row["line"], isTail: bits & 1 == 1, reject: row["reject"])
            found[position, default: FileSelection(records: [], keepsRows: bits & 2 == 0)].records.append(record)
        }
        return found
    }
}

/// Reads the selected records of a file, in their order, as blocks.
final class SelectionReader: FeedReader {
    private let feed: JobFeed
    private let file: FeedFile
    private let blockRows: Int
    private let rows: Set<Int64>
    /// From this row on everything is taken.
    private let tail: Int64
    private let keepsRows: Bool
    /// Those not read yet, where rows have other numbers by now.
    private var left: ArraySlice<SelectedRecord>
    private var reader: (any FeedReader)?

    /// - Parameter position: where an earlier attempt left off.
    init(_ selection: FileSelection, of file: FeedFile, feed: JobFeed, from position: FeedPosition, blockRows: Int) throws(Failure) {
        (self.feed, self.file, self.blockRows, keepsRows) = (feed, file, blockRows, selection.keepsRows)
        rows = Set(selection.records.map(\.row))
        tail = selection.records.first { $0.isTail }?.row ?? .max
        left = selection.records.drop { $0.row <= position.row }
        if keepsRows || position.row >= tail { reader = try open(position, blockRows: blockRows) }
    }

    private func open(_ position: FeedPosition, blockRows: Int) throws(Failure) -> any FeedReader {
        try feed.records(of: file, from: position, blockRows: blockRows)
    }

    func next() throws(Failure) -> FeedBlock? {
        if let reader { return try taken(from: reader) }
        guard let record = left.popFirst() else { return nil }
        let start = FeedPosition(offset: record.offset, row: record.row - 1, line: record.line)
        let opened = try open(start, blockRows: record.isTail ? blockRows : 1)
        if record.isTail { reader = opened }
        return try opened.next()
    }

    /// One pass over the file; blocks without a selected record are passed over.
    private func taken(from reader: any FeedReader) throws(Failure) -> FeedBlock? {
        while let block = try reader.next() {
            func isTaken(_ row: Int64) -> Bool { row >= tail || rows.contains(row) }
            let kept = (0..<block.batch.count).filter { isTaken(block.batch.rowNumbers[$0]) }
            let rejects = block.rejects.filter { isTaken($0.row) }
            if kept.isEmpty, rejects.isEmpty { continue }
            return FeedBlock(
                batch: kept.count == block.batch.count ? block.batch : block.batch.selecting(kept), rejects: rejects, end: block.end)
        }
        return nil
    }
}

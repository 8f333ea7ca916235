import Connectors
import GRDB
import Records

/// Writes blocks of one file of a table feed: its rows and its rejects.
struct TableRows {
    let database: Database
    let file: StreamedFile
    let inserter: TableInserter
    let locator: RecordLocator

    /// - Returns: the block's counts, with what only the table knew.
    func write(_ block: LandedBlock) throws -> RunCounts {
        var (counts, rejects) = (block.counts, block.rejects)
        // What was rejected once and is read again does not take the place of what came meanwhile.
        let insertion = try inserter.insert(
            block.batch, records: block.records, file: file.file.name, keepsKnown: file.selection != nil)
        for row in insertion.duplicates {
            counts.accepted -= 1
            counts.rejected += 1
            let number = block.batch.rowNumbers[row]
            let record = try locator.record(number, inFile: block.file, from: block.start)
            rejects.append(
                Reject(
                    file: file.file.name, line: record?.line ?? 0, offset: record?.offset ?? 0, row: number,
                    column: inserter.table.key.first, code: .duplicate, found: "the row a second time in this file with the same content",
                    expected: "each key once", raw: record?.raw ?? []))
        }
        (counts.unchanged, counts.corrected) = (insertion.unchanged, insertion.corrected)
        try RejectStore(database).insert(rejects, run: inserter.run, feed: file.feed.name)
        return counts
    }
}

import Connectors
import Foundation
import GRDB
import Records

/// Writes blocks into the open chunk and commits it with its checkpoint, in one transaction.
///
/// A transaction opens with the first block of a chunk, so that other programs can write between chunks.
final class ChunkWriter {
    private let database: Database
    private let context: RunContext
    private let results: ResultInserter
    private let items: ReviewItemInserter
    private var record: RunRecord
    private var files: [RunFile]
    private var stateSequence: Int64
    private var isOpen = false
    private var cursor: StreamCursor
    private let fault: PlantedFault?
    private let locator: RecordLocator

    init(
        database: Database, context: RunContext, record: RunRecord, files: [RunFile], stateSequence: Int64, cursor: StreamCursor,
        fault: PlantedFault? = nil
    ) throws {
        (self.database, self.context, self.record, self.files) = (database, context, record, files)
        (self.stateSequence, self.cursor, self.fault) = (stateSequence, cursor, fault)
        locator = RecordLocator(feed: context.job.main, files: context.files)
        let table = ResultTable(
            name: context.job.results.table, job: context.job.name,
            key: context.keyColumns.map { context.job.main.schema.fields[$0] })
        results = try ResultInserter(table: table, database: database, context: context)
        items = try ReviewItemInserter(database, context: context)
    }

    private func open() throws {
        guard !isOpen else { return }
        try database.beginTransaction(.immediate)
        isOpen = true
    }

    /// Writes a block; its counts come back with what only the table knew (keys that came twice).
    func write(_ block: ScoredBlock) throws -> RunCounts {
        try open()
        var counts = block.counts
        let found = try results.insert(block)
        var rejects = block.rejects
        for row in found.duplicates.sorted() {
            counts.accepted -= 1
            counts.rejected += 1
            counts.outcomes[context.policy.outcomes[Int(block.rulings[row].outcome)], default: 0] -= 1
            let record = try locator.record(block.batch.rowNumbers[row], inFile: block.file, from: block.start)
            rejects.append(context.duplicateReject(block.batch, row: row, file: block.file, record: record))
        }
        counts.corrected += Int64(found.versions.count)
        try RejectStore(database).insert(rejects, run: context.run, feed: context.job.main.name)
        counts.reviewItems = try items.insert(block, except: found.duplicates, versions: found.versions)
        try CheckpointStore(database, job: context.job.name).append(block.state, sequence: &stateSequence)
        files[block.file].rowsRead = (files[block.file].rowsRead ?? 0) + counts.read
        files[block.file].rowsRejected = (files[block.file].rowsRejected ?? 0) + counts.rejected
        try RunStore(database).finish(files[block.file])
        cursor = block.cursor
        return counts
    }

    /// Everything since the last commit becomes visible at once, with the place to go on from.
    func commit(_ progress: RunProgress, status: RunRecord.Status = .running, finish: (Database, RunRecord) throws -> RunRecord = { $1 })
        throws
    {
        try open()
        if fault == .checkpointOutsideTransaction { try commitRowsAlone() }
        try CheckpointStore(database, job: context.job.name).save(
            Checkpoint(
                run: context.run, chunk: progress.chunk, file: progress.file, position: progress.position, cursor: cursor))
        record.status = status
        record.apply(progress.counts, outcomes: context.policy.outcomes)
        record.watermark = cursor.watermark.map { Timestamp(microseconds: $0) }
        record.stateBytes = Int64(cursor.baseBytes + cursor.deltaBytes)
        record = try finish(database, record)
        try RunStore(database).update(record)
        try database.commit()
        isOpen = false
    }

    /// The planted fault: what must never happen, wide enough to be hit by a kill.
    private func commitRowsAlone() throws {
        try database.commit()
        Thread.sleep(forTimeInterval: 0.1)
        try database.beginTransaction(.immediate)
    }

    /// Why the run is to be held, from what is written so far.
    private(set) var reasons: [HoldReason] = []

    func holdReasons(endsHeld: Bool) throws {
        try open()
        reasons =
            (endsHeld ? [.rejects] : [])
            + (try HoldReason.inFiles(
                of: record, job: context.job, holidays: Holidays(stored: record.holidays), in: database))
    }

    func rollBack() {
        guard isOpen else { return }
        try? database.rollback()
        isOpen = false
    }

    var finishedRecord: RunRecord { record }
    var fileBytes: [Int64] { files.map(\.bytes) }
}

extension RunRecord {
    /// Takes over what was counted, outcomes in the policy's order.
    mutating func apply(_ progress: RunCounts, outcomes names: [String]) {
        (counts.read, counts.accepted, counts.rejected) = (progress.read, progress.accepted, progress.rejected)
        (counts.late, counts.unchanged, counts.corrected) = (progress.late, progress.unchanged, progress.corrected)
        counts.reviewItems = progress.reviewItems
        outcomes = names.map { Outcome(name: $0, rows: progress.outcomes[$0] ?? 0) }
    }

    /// What was counted up to the last checkpoint.
    var progressCounts: RunCounts {
        var result = RunCounts()
        (result.read, result.accepted, result.rejected) = (counts.read, counts.accepted, counts.rejected)
        (result.late, result.unchanged, result.corrected) = (counts.late, counts.unchanged, counts.corrected)
        result.reviewItems = counts.reviewItems
        for outcome in outcomes where outcome.rows != 0 { result.outcomes[outcome.name] = outcome.rows }
        return result
    }
}

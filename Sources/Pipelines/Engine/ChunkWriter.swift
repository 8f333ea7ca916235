import Connectors
import Foundation
import GRDB
import Records

/// Writes blocks into the open chunk and commits it with its checkpoint, in one transaction.
///
/// A transaction opens with the first block of a chunk, so that other programs can write between chunks.
final class ChunkWriter {
    private let database: Database
    private let job: Job
    /// Nil in a job without a main feed.
    private let scored: ScoredRows?
    /// By file of the run; nil for files of the main feed.
    private let tables: [TableRows?]
    private var record: RunRecord
    private var files: [RunFile]
    private var stateSequence: Int64
    private var isOpen = false
    private var cursor: StreamCursor
    private let fault: PlantedFault?

    init(
        database: Database, job: Job, streamed: [StreamedFile], context: RunContext?, record: RunRecord, files: [RunFile],
        stateSequence: Int64, cursor: StreamCursor, fault: PlantedFault? = nil
    ) throws {
        (self.database, self.job, self.record, self.files) = (database, job, record, files)
        (self.stateSequence, self.cursor, self.fault) = (stateSequence, cursor, fault)
        scored = try context.map { try ScoredRows(database: database, context: $0, locator: RecordLocator(streamed)) }
        let locator = RecordLocator(streamed)
        var inserters: [String: TableInserter] = [:]
        for feed in job.feeds {
            guard let table = LandingTable(feed, job: job.name) else { continue }
            inserters[feed.name] = try TableInserter(table: table, database: database, run: record.id)
        }
        tables = streamed.map { file in
            inserters[file.feed.name].map { TableRows(database: database, file: file, inserter: $0, locator: locator) }
        }
    }

    private func open() throws {
        guard !isOpen else { return }
        try database.beginTransaction(.immediate)
        isOpen = true
    }

    /// Writes a block; its counts come back with what only the table knew (keys that came twice).
    func write(_ block: RunBlock) throws -> RunCounts {
        try open()
        var counts = block.counts
        switch block {
        case .scored(let block):
            if let scored { counts = try scored.write(block) }
            if block.isAfterDeadline, record.deadline == nil { record.deadline = RunRecord.Place(file: block.file, row: block.start.row) }
            try CheckpointStore(database, job: job.name).append(block.state, sequence: &stateSequence)
            cursor = block.cursor
        case .finished(let block):
            if let scored { counts = try scored.write(block) }
            try CheckpointStore(database, job: job.name).append(block.state, sequence: &stateSequence)
            try CheckpointStore(database, job: job.name).append(.delta(block.learnt), sequence: &stateSequence)
            cursor = block.cursor
            return counts
        case .landed(let block):
            if let (state, after) = block.absorbed {
                try CheckpointStore(database, job: job.name).append(state, sequence: &stateSequence)
                cursor = after
            }
            if let table = tables[block.file] { counts = try table.write(block) }
            // With a main feed, the watermark is that feed's alone: its stage must not take another feed's time for its own.
            if scored == nil, let newest = block.newest { cursor.watermark = max(cursor.watermark ?? .min, newest) }
        }
        files[block.file].rowsRead = (files[block.file].rowsRead ?? 0) + counts.read
        files[block.file].rowsRejected = (files[block.file].rowsRejected ?? 0) + counts.rejected
        try RunStore(database).finish(files[block.file])
        return counts
    }

    /// Everything since the last commit becomes visible at once, with the place to go on from.
    func commit(_ progress: RunProgress, status: RunRecord.Status = .running, finish: (Database, RunRecord) throws -> RunRecord = { $1 })
        throws
    {
        try open()
        if fault == .checkpointOutsideTransaction { try commitRowsAlone() }
        try CheckpointStore(database, job: job.name).save(
            Checkpoint(
                run: record.id, chunk: progress.chunk, file: progress.file, position: progress.position, cursor: cursor))
        record.status = status
        record.apply(progress.counts, outcomes: scored?.context.policy.outcomes ?? [])
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

    /// - Parameter feeds: those with more rejects than their limit allows.
    func holdReasons(overLimit feeds: [FeedRows]) throws {
        try open()
        reasons =
            feeds.map { .rejects($0) }
            + (try HoldReason.inFiles(of: record, job: job, holidays: Holidays(stored: record.holidays), in: database))
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
        (counts.before, counts.afterDeadline) = (progress.before, progress.afterDeadline)
        outcomes = names.map { Outcome(name: $0, rows: progress.outcomes[$0] ?? 0) }
    }

    /// What was counted up to the last checkpoint.
    var progressCounts: RunCounts {
        var result = RunCounts()
        (result.read, result.accepted, result.rejected) = (counts.read, counts.accepted, counts.rejected)
        (result.late, result.unchanged, result.corrected) = (counts.late, counts.unchanged, counts.corrected)
        result.reviewItems = counts.reviewItems
        (result.before, result.afterDeadline) = (counts.before, counts.afterDeadline)
        for outcome in outcomes where outcome.rows != 0 { result.outcomes[outcome.name] = outcome.rows }
        return result
    }
}

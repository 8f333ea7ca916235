import Connectors
import Records

/// Rows of a table feed on their way to the table.
struct LandedBlock: Sendable {
    var file: Int
    var start: FeedPosition
    var end: FeedPosition
    var batch: RecordBatch
    /// Content hash a row.
    var records: [UInt64]
    var rejects: [Reject]
    /// Newest event time of the rows; nil where the feed declares none.
    var newest: Int64?
    var counts: RunCounts
    /// What a finishing stage made of it.
    var absorbed: (state: StateChange, cursor: StreamCursor)?
}

/// A block on its way to the warehouse: every row accounted for.
enum RunBlock: Sendable {
    case scored(ScoredBlock)
    case landed(LandedBlock)
    /// Results of a finishing stage, after the last row.
    case finished(ScoredBlock)

    var file: Int {
        switch self {
        case .scored(let block), .finished(let block): block.file
        case .landed(let block): block.file
        }
    }

    var end: FeedPosition {
        switch self {
        case .scored(let block), .finished(let block): block.end
        case .landed(let block): block.end
        }
    }

    /// As far as known before the block is written.
    var counts: RunCounts {
        switch self {
        case .scored(let block), .finished(let block): block.counts
        case .landed(let block): block.counts
        }
    }
}

/// A source that shows its next element before it is taken.
final class Peekable<Base: Source>: Source {
    private let base: Base
    private var waiting: Base.Element?

    init(_ base: Base) { self.base = base }

    func peek() throws(Failure) -> Base.Element? {
        if waiting == nil { waiting = try base.next() }
        return waiting
    }

    func next() throws(Failure) -> Base.Element? {
        if let element = waiting {
            waiting = nil
            return element
        }
        return try base.next()
    }
}

/// The blocks of a run: those of table feeds as they are read, then those of the main feed through the scorer.
///
/// The files of table feeds come first in a run's order of files, so that the scorer has the rest of the source for itself.
final class TablesFirst<Base: Source>: Source where Base.Element == ReadBlock {
    private let source: Peekable<Base>
    /// The event-time column of each table file's feed, if it has one.
    private let timeColumns: [Int?]
    /// The feed of each table file.
    private let feeds: [String]
    private let scorer: Scorer<Peekable<Base>>?
    private let files: [StreamedFile]
    private let locator: RecordLocator
    private var isPastTables = false

    /// - Parameters:
    ///   - files: of the run, those of table feeds first.
    ///   - scorer: takes from the same source; nil in a job without a main feed.
    init(_ source: Peekable<Base>, files: [StreamedFile], scorer: Scorer<Peekable<Base>>?) {
        (self.source, self.scorer, self.files, locator) = (source, scorer, files, RecordLocator(files))
        feeds = files.filter { $0.feed.role == .table }.map(\.feed.name)
        timeColumns = files.filter { $0.feed.role == .table }.map { file in
            file.feed.eventTime.flatMap { file.feed.schema.index(of: $0) }
        }
    }

    func next() throws(Failure) -> RunBlock? {
        if !isPastTables {
            if let read = try source.peek(), read.file < timeColumns.count {
                _ = try source.next()
                let batch = read.block.batch
                let absorbed = try scorer?.absorb(
                    batch, ofTable: feeds[read.file], times: timeColumns[read.file].map { batch.columns[$0] })
                var block = try land(read, without: absorbed?.refused ?? [])
                block.absorbed = absorbed?.change
                return .landed(block)
            }
            isPastTables = true
        }
        guard let scorer else { return nil }
        if let block = try scorer.next() { return .scored(block) }
        return try scorer.nextResults().map { .finished($0) }
    }

    private func reject(_ refusal: RowRefusal, in read: ReadBlock) throws(Failure) -> Reject {
        let row = read.block.batch.rowNumbers[refusal.row], record = try locator.record(row, inFile: read.file, from: read.start)
        return Reject(
            file: files[read.file].file.name, line: record?.line ?? 0, offset: record?.offset ?? 0, row: row, column: refusal.column,
            code: refusal.code, found: refusal.found, expected: refusal.expected, raw: record?.raw ?? [])
    }

    /// - Parameter refused: by the stage; they do not come into the table.
    private func land(_ read: ReadBlock, without refused: [RowRefusal]) throws(Failure) -> LandedBlock {
        var batch = read.block.batch, rejects = read.block.rejects
        if !refused.isEmpty {
            let left = Set(refused.map(\.row))
            for refusal in refused { rejects.append(try reject(refusal, in: read)) }
            batch = batch.selecting((0..<batch.count).filter { !left.contains($0) })
            rejects.sort { $0.row < $1.row }
        }
        var counts = RunCounts()
        counts.read = Int64(read.block.rowsRead)
        counts.rejected = Int64(rejects.count)
        counts.accepted = counts.read - counts.rejected
        return LandedBlock(
            file: read.file, start: read.start, end: read.block.end, batch: batch, records: RecordKey.contentHashes(of: batch),
            rejects: rejects,
            newest: timeColumns[read.file].flatMap { batch.columns[$0].integers.max() }, counts: counts)
    }
}

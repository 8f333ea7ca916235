import Connectors
import Models
import Records

/// What stages need besides: rows of table feeds before the main feed, and its results after it.
extension Scorer {
    /// Results of one block: enough to be worth a statement, few enough that a kill loses little work.
    private static var resultsOfBlock: Int { 512 }

    /// Gives rows of a table to a stage that names the feed; nil where it takes none.
    func absorb(
        _ batch: RecordBatch, ofTable feed: String, times: Column?
    ) throws(Failure) -> (change: (state: StateChange, cursor: StreamCursor), refused: [RowRefusal])? {
        guard let stage = stage as? any TableStage, context.job.tablesOfStage.contains(feed) else { return nil }
        let refused = try stage.absorb(batch, ofTable: feed, times: times)
        return ((stateChange(), cursor), refused)
    }

    /// The next block of results once all rows are read; nil at the end, and of a stage that gives none.
    func nextResults() throws(Failure) -> ScoredBlock? {
        guard let stage = stage as? any FinishingStage else { return nil }
        if resultCount == nil {
            if let stage = stage as? any WithdrawingStage {
                stage.stood(try memory.standing(type(of: stage).withdrawal))
            }
            // A run that goes on has them in its state.
            if given == 0, let stage = stage as? any DecidedStage {
                stage.absorb(
                    decisions: try memory.decisions(about: type(of: stage).deciding.column, before: context.clock.microseconds))
            }
            let watermark = cursor.watermark.map { Timestamp(microseconds: $0) }
            var time = FinishTime(clock: context.clock, watermark: watermark, threads: context.threads)
            time.holidays = context.holidays.days
            resultCount = try stage.finish(time)
        }
        guard let resultCount, given < resultCount else { return nil }
        let changes = given == 0 ? try firstChanges() : (state: .delta([]), learnt: [])
        let range = given..<min(given + Self.resultsOfBlock, resultCount)
        let rows = try stage.finished(range)
        guard rows.batch.count == range.count, rows.batch.schema == context.decided.schema, rows.features.rowCount == range.count else {
            throw .stageInput(
                context.job.stage.name, found: "\(rows.batch.count) results with \(rows.features.rowCount) rows of features",
                expected: "\(range.count) of the layout's columns")
        }
        let start = FeedPosition(offset: 0, row: Int64(given), line: 0)
        given = range.upperBound
        let kept = try changed(rows.batch)
        let features = kept.sources.isEmpty ? rows.features : rows.features.rows(kept.sources)
        let decided = try decide(kept, features: features)
        let counts = decided.counts
        var block = ScoredBlock(
            file: context.files.count, start: start, end: FeedPosition(offset: 0, row: Int64(given), line: 0), batch: kept.batch,
            keys: kept.keys, times: kept.times, versions: kept.versions, isLate: kept.isLate, records: kept.records,
            features: features, scores: decided.scores, rulings: decided.rulings, items: decided.items, rejects: [], counts: counts,
            state: changes.state, cursor: cursor)
        block.learnt = changes.learnt
        return block
    }

    /// Without results that an earlier run gave with the same content: nobody is asked twice. Another content is the next version.
    private func changed(_ all: RecordBatch) throws(Failure) -> Kept {
        let decided = context.decided
        let records = RecordKey.contentHashes(of: all)
        var rows: [Int] = [], versions: [Int64] = []
        for row in 0..<all.count {
            let earlier = try memory.earlierVersion(of: all, row: row)
            if let earlier, earlier.record == records[row] { continue }
            rows.append(row)
            versions.append((earlier?.version ?? 0) + 1)
        }
        let isWhole = rows.count == all.count
        let batch = isWhole ? all : all.selecting(rows)
        return Kept(
            batch: batch, keys: RecordKey.hashes(of: batch, columns: decided.key), times: batch.columns[decided.time].integers,
            versions: versions, isLate: Array(repeating: false, count: batch.count), records: rows.map { records[$0] },
            sources: isWhole ? [] : rows)
    }

    func reject(_ refusal: RowRefusal, of batch: RecordBatch, in read: ReadBlock) throws(Failure) -> Reject {
        let row = batch.rowNumbers[refusal.row]
        let record = try locator.record(row, inFile: read.file, from: read.start)
        return Reject(
            file: context.files[read.file].name, line: record?.line ?? 0, offset: record?.offset ?? 0, row: row, column: refusal.column,
            code: refusal.code, found: refusal.found, expected: refusal.expected, raw: record?.raw ?? [])
    }

    static func noRows(of schema: Schema) -> RecordBatch {
        let columns = schema.fields.map { field in
            switch field.type {
            case .string: Column(offsets: [0], bytes: [])
            case .float64: Column(doubles: [])
            default: Column(type: field.type, integers: [])
            }
        }
        return RecordBatch(schema: schema, columns: columns, rowNumbers: [])
    }
}

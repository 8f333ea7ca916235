import GRDB
import Records

/// Writes blocks of the main feed: results, review items and rejects.
struct ScoredRows {
    let context: RunContext
    private let database: Database
    private let results: ResultInserter
    private let items: ReviewItemInserter
    private let challengers: ChallengerRows
    private let locator: RecordLocator

    init(database: Database, context: RunContext, locator: RecordLocator) throws {
        (self.database, self.context, self.locator) = (database, context, locator)
        let table = ResultTable(
            name: context.job.results.table, job: context.job.name,
            key: context.decided.keyFields,
            values: context.decided.valueColumns.map { context.decided.schema.fields[$0] } + context.decided.answers)
        results = try ResultInserter(table: table, database: database, context: context)
        items = try ReviewItemInserter(database, context: context)
        challengers = try ChallengerRows(database, context: context)
    }

    /// - Returns: the block's counts, with what only the table knew.
    func write(_ block: ScoredBlock) throws -> RunCounts {
        var counts = block.counts
        let found = try results.insert(block)
        var rejects = block.rejects
        if context.decided.isFinished, let row = found.duplicates.min() {
            throw Failure.stageInput(
                context.job.stage.name,
                found: "the result \(RecordKey.text(of: block.batch, columns: context.decided.key, row: row)) twice",
                expected: "each key once")
        }
        for row in found.duplicates.sorted() {
            counts.accepted -= 1
            counts.rejected += 1
            if block.isAfterDeadline { counts.afterDeadline -= 1 }
            counts.outcomes[context.policy.outcomes[Int(block.rulings[row].outcome)], default: 0] -= 1
            let record = try locator.record(block.batch.rowNumbers[row], inFile: block.file, from: block.start)
            rejects.append(context.duplicateReject(block.batch, row: row, file: block.file, record: record))
        }
        counts.corrected += Int64(found.versions.count)
        try RejectStore(database).insert(rejects, run: context.run, feed: context.job.main.name)
        try challengers.insert(block, except: found.duplicates, versions: found.versions)
        try SuppressionStore(database).insert(block, context: context, except: found.duplicates, versions: found.versions)
        counts.reviewItems = try items.insert(block, except: found.duplicates, versions: found.versions)
        return counts
    }
}

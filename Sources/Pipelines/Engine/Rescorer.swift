public import Connectors
import Foundation
import GRDB
import Models
public import Records

/// What came of scoring rows again.
public struct RescoreReport: Sendable {
    /// Nil when every row would get what it has.
    public var record: RunRecord?
    /// Rows of the period that were scored again.
    public var rows: Int64
    /// Of them, those whose score, outcome or cause changed: each has a new version.
    public var changed: Int64
}

/// Scores rows of the past again with the champion and the policy of today, and appends what changes as new versions.
///
/// The features are those stored with the rows, what the policy needs besides is read from the feed files. A run of its own, in one
/// transaction: killed, it has not been. The stage's state, watermark and labels stay as they are. A row about which a person is or was
/// asked gets no second review item: what the person said stands.
public struct Rescorer: Sendable {
    let warehouse: Warehouse
    let environment: Environment

    public init(warehouse: Warehouse, environment: Environment) { (self.warehouse, self.environment) = (warehouse, environment) }

    /// - Parameters:
    ///   - from: first event time; nil = from the beginning.
    ///   - to: exclusive; nil = to the end.
    /// - Throws: an unfinished or held run, no champion, features that are not stored, a feed file that changed.
    public func rescore(_ job: Job, from: Timestamp? = nil, to: Timestamp? = nil) throws(Failure) -> RescoreReport {
        let lock = try JobLock(job: job.name, database: warehouse.path, environment: environment)
        defer { withExtendedLifetime(lock) {} }
        for status in [RunRecord.Status.running, .held] {
            if let run = try warehouse.read({ try RunStore($0).last(job: job.name, statuses: [status]) }) {
                throw .rescoreBlocked(job: job.name, run: run.id, status: status.rawValue)
            }
        }
        return try start(job, from: from, to: to, clock: environment.now(), identity: nil)
    }

    /// - Parameter identity: of the run that is replayed; nil = the next one.
    func start(_ job: Job, from: Timestamp?, to: Timestamp?, clock: Timestamp, identity: RunIdentity?) throws(Failure) -> RescoreReport {
        let scored = try job.scored()
        let stage = try Stages.definition(of: scored.stage)
        guard scored.results.storesFeatures, try !scored.decided().isFinished else { throw .rescoreUnsuited(job.name) }
        guard let model = try LoadedModel.champion(of: scored, stage: stage, asOf: clock, warehouse: warehouse, threads: 1) else {
            throw .rescoreNoModel(job.name)
        }
        if try Stages.required(scored.stage.name) is any KeepingStage.Type {
            throw .preparedOtherwise("job '\(job.name)'", stage: scored.stage.name)
        }
        let holidays = if let identity { identity.holidays } else { try Holidays(of: job) }
        return try warehouse.write(durable: true) { database in
            let work = try RescoreWork(
                database: database, job: scored, stage: stage, model: model, clock: clock, holidays: holidays, identity: identity,
                period: (from, to), environment: environment)
            try work.scoreAll()
            return try work.finish()
        }
    }

    /// The bounds of a run that scored rows again; nil = an ordinary run.
    static func period(of run: Int64, in database: Database) throws -> (from: Timestamp?, to: Timestamp?)? {
        try Row.fetchOne(database, sql: "SELECT from_time, to_time FROM pipeline_rescores WHERE run = ?", arguments: [run]).map { row in
            (
                (row["from_time"] as Int64?).map { Timestamp(microseconds: $0) },
                (row["to_time"] as Int64?).map { Timestamp(microseconds: $0) }
            )
        }
    }
}

/// One rescore inside its transaction; the run is made with the first row that changes.
private final class RescoreWork {
    private let database: Database
    private let job: ScoringJob
    private let definition: StageDefinition
    private let stage: any Stage
    private let model: LoadedModel
    private let clock: Timestamp
    private let holidays: Holidays
    private let identity: RunIdentity?
    private let period: (from: Timestamp?, to: Timestamp?)
    private let environment: Environment
    private let policy: Policy
    private let table: ResultTable
    private let newest: Statement
    private let answers: [Field]
    private var record: RunRecord?
    private var writer: ScoredRows?
    private var context: RunContext?
    private var counts = RunCounts()
    private var items = 0
    private var asked = AskedUnits()
    private var text = JSONWriter()

    init(
        database: Database, job: ScoringJob, stage definition: StageDefinition, model: LoadedModel, clock: Timestamp, holidays: Holidays,
        identity: RunIdentity?, period: (from: Timestamp?, to: Timestamp?), environment: Environment
    ) throws {
        (self.database, self.job, self.definition, self.model) = (database, job, definition, model)
        (self.clock, self.holidays, self.identity, self.period) = (clock, holidays, identity, period)
        self.environment = environment
        stage = try Stages.required(job.stage.name).init(configuration: job.stage, schema: job.main.schema)
        var lists: [String: Set<String>] = [:]
        for feed in job.feeds where feed.role == .list {
            lists[feed.name] = Set(try ListStore(database).entries(job: job.name, list: feed.name, knownBy: clock).map(\.text))
        }
        policy = try model.policy(job: job, stage: definition, lists: lists)
        let decided = try job.decided()
        table = ResultTable(name: job.results.table, job: job.name, key: decided.keyFields)
        guard try database.tableExists(table.name) else { throw Failure.rescoreNothing(job.name) }
        // What a stage answers depends on what its features do, and those are the stored ones: the answers stay.
        answers = decided.answers
        let kept = answers.map { ", \(ResultTable.quoted($0.name))" }.joined()
        let match = table.key.map { "\(ResultTable.quoted($0.name)) = ?" }.joined(separator: " AND ")
        newest = try database.cachedStatement(
            sql: """
                SELECT version, run, score, outcome, cause, late, record, features\(kept) FROM \(ResultTable.quoted(table.name))
                WHERE \(match) ORDER BY version DESC LIMIT 1
                """)
    }

    /// Files of the runs before, in the order read.
    func scoreAll() throws {
        let store = RunStore(database)
        let runs = try store.list(job: job.name).filter { [.done, .held].contains($0.status) && $0.id != identity?.run }.reversed()
        for run in runs {
            let selections = try SelectionStore(database).selections(run: run.id, feed: job.main.name)
            for entry in try store.files(run: run.id) where entry.feed == job.main.name {
                let file = FeedFile(path: job.job.resolved(entry.path), name: entry.name)
                guard try FeedDigest(of: file).hex == entry.digest else { throw Failure.rescoreFile(entry.name, run: run.id) }
                let reader = BlockReader(
                    [StreamedFile(feed: job.main, file: file, discards: entry.discards, selection: selections[entry.position])],
                    blockRows: 8_192)
                while let read = try reader.next() { try score(read.block.batch) }
            }
        }
    }

    private struct Stored {
        var row: Int
        var version: Int64
        var score: Double
        var outcome: String
        var cause: String?
        var isLate: Bool
        var features: [Float]
        var answers: [DatabaseValue]
    }

    /// Rows of the period whose newest version is of this very content, and was not written by this run.
    private func stored(_ batch: RecordBatch) throws -> [Stored] {
        let schema = job.main.schema, decided = try job.decided()
        let times = batch.columns[job.main.eventTime.flatMap { schema.index(of: $0) } ?? 0].integers
        let records = RecordKey.contentHashes(of: batch)
        var found: [Stored] = []
        for row in 0..<batch.count {
            if let from = period.from, times[row] < from.microseconds { continue }
            if let to = period.to, times[row] >= to.microseconds { continue }
            let key = decided.key.map { ResultTable.value(batch.columns[$0], row) }
            guard let stored = try Row.fetchOne(newest, arguments: StatementArguments(key)), stored["run"] as Int64 != record?.id,
                UInt64(bitPattern: stored["record"]) == records[row]
            else { continue }
            let features = PackedFeatures.unpack(stored["features"])
            guard features.count == definition.features.count else {
                throw Failure.rescoreFeatures(job.name, found: features.count, expected: definition.features.count)
            }
            found.append(
                Stored(
                    row: row, version: stored["version"], score: stored["score"] ?? 0, outcome: stored["outcome"], cause: stored["cause"],
                    isLate: stored["late"] as Int64 != 0, features: features,
                    answers: answers.map { stored[$0.name] }))
        }
        return found
    }

    private func score(_ batch: RecordBatch) throws {
        let found = try stored(batch)
        guard !found.isEmpty else { return }
        let decided = try job.decided()
        let selected = batch.selecting(found.map(\.row))
        let features = FeatureMatrix(featureCount: definition.features.count, values: found.flatMap(\.features))
        let scores = try model.classifier.probabilities(of: features)
        let keys = RecordKey.hashes(of: selected, columns: decided.key)
        var rulings = policy.rulings(batch: selected, keys: keys, features: features, scores: scores)
        asked.settle(&rulings, of: selected, times: selected.columns[decided.time].integers, policy: policy)
        counts.read += Int64(found.count)
        let changed = found.indices.filter { index in
            let (old, ruling) = (found[index], rulings[index])
            return old.score != Double(scores[index]) || old.outcome != policy.outcomes[Int(ruling.outcome)]
                || old.cause != policy.causes[Int(ruling.cause)]
        }
        guard !changed.isEmpty else { return }
        let context = try begun()
        let rows = selected.selecting(changed), kept = features.rows(changed)
        var block = ScoredBlock(
            file: 0, start: .start, end: .start, batch: rows, keys: changed.map { keys[$0] },
            times: rows.columns[context.timeColumn].integers, versions: changed.map { found[$0].version + 1 },
            isLate: changed.map { found[$0].isLate }, records: RecordKey.contentHashes(of: rows), features: kept,
            scores: changed.map { scores[$0] }, rulings: changed.map { rulings[$0] }, items: QueuedItems(), rejects: [],
            counts: RunCounts(), state: .delta([]), cursor: StreamCursor())
        block.answers = answers.indices.map { place in
            Column(strings: changed.map { String.fromDatabaseValue(found[$0].answers[place]) })
        }
        block.items = try reviewItems(block, context: context)
        counts.corrected += Int64(changed.count)
        for ruling in block.rulings { counts.outcomes[policy.outcomes[Int(ruling.outcome)], default: 0] += 1 }
        counts.reviewItems += try writer?.write(block).reviewItems ?? 0
    }

    /// Rows that a person is to see now and was never asked about.
    private func reviewItems(_ block: ScoredBlock, context: RunContext) throws -> QueuedItems {
        var queued = QueuedItems()
        guard let review = policy.reviewOutcome else { return queued }
        text.removeAll()
        for row in block.rulings.indices where block.rulings[row].outcome == review || block.rulings[row].isAuditSample {
            let key = RecordKey.text(of: block.batch, columns: context.decided.key, row: row)
            let isKnown = try Bool.fetchOne(
                database.cachedStatement(
                    sql: "SELECT EXISTS (SELECT 1 FROM pipeline_review_items WHERE job = ? AND kind = 'row' AND key = ?)"),
                arguments: [job.name, key])
            guard isKnown != true else { continue }
            let own = block.features.rows([row])
            let contributions = try model.classifier.contributions(of: own)
            if block.rulings[row].outcome == review { items += 1 }
            var item = QueuedItems.Item(
                row: row, isOverCapacity: block.rulings[row].outcome == review && items > job.review.capacityPerDay)
            text.texts(stage.reasons(features: own.row(0), contributions: contributions[...]))
            item.reasonsEnd = text.endDocument()
            // What stood around the row is not there any more: the stage's state is of today.
            text.evidence([])
            item.evidenceEnd = text.endDocument()
            context.writeFields(of: block.batch, row: row, to: &text)
            item.fieldsEnd = text.endDocument()
            queued.items.append(item)
        }
        queued.text = text.bytes
        return queued
    }

    /// The run, made when it is first needed.
    private func begun() throws -> RunContext {
        if let context { return context }
        let store = RunStore(database)
        try store.register(job.job)
        let labelsUntil = try Int64.fetchOne(
            database, sql: "SELECT max(labels_until) FROM pipeline_runs WHERE job = ?", arguments: [job.name])
        var created = RunRecord(
            job: job.name, clock: clock, seed: identity?.seed ?? RecordKey.hash("\(job.name) rescore \(clock.microseconds)") >> 1,
            jobDigest: job.digest, policyDigest: job.policyDigest, inputDigest: FeedDigest.combined([]),
            listDigest: try RunStart.listDigest(job: job.job, clock: clock, database: database), model: model.version.name,
            modelVersion: model.version.version, modelDigest: model.version.digest,
            versions: EngineVersions.current(stage: definition, library: model.library))
        created.holidays = holidays.text
        // Nothing was read: the next run sees the labels that it would have seen.
        created.labelsUntil = labelsUntil ?? 0
        var made = try store.create(created)
        if let identity { made = try store.renumber(made, to: identity.run) }
        try database.execute(
            sql: "INSERT INTO pipeline_rescores (run, from_time, to_time) VALUES (?, ?, ?)",
            arguments: [made.id, period.from?.microseconds, period.to?.microseconds])
        let context = try RunContext(
            job: job, run: made.id, clock: clock, files: [], policy: policy, model: model.classifier, holidays: holidays)
        writer = try ScoredRows(database: database, context: context, locator: RecordLocator([]))
        (record, self.context) = (made, context)
        return context
    }

    func finish() throws -> RescoreReport {
        guard var record else { return RescoreReport(record: nil, rows: counts.read, changed: 0) }
        let store = RunStore(database)
        counts.accepted = counts.read
        counts.unchanged = counts.read - counts.corrected
        record.status = .done
        record.apply(counts, outcomes: policy.outcomes)
        record.head = try AuditChain(database).append(
            .run, subject: record.id, body: record.auditBody, actor: environment.actor, host: environment.host, at: clock
        ).description
        try store.update(record)
        var attempt = try store.begin(
            RunAttempt(run: record.id, started: clock, process: environment.processIdentifier, host: environment.host))
        (attempt.ended, attempt.ending, attempt.rows) = (environment.now(), "done", counts.read)
        try store.end(attempt)
        return RescoreReport(record: record, rows: counts.read, changed: counts.corrected)
    }
}

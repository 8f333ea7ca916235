import Connectors
import GRDB
import Models
import Records

/// A run that writes nothing: what it would read is read and scored from the job's state as it stands, and counted.
struct Rehearsal {
    let warehouse: Warehouse
    let options: RunOptions
    let clock: Timestamp
    /// Event time before which rows only build the stage's state.
    var since: Timestamp?

    /// - Returns: the run as it would be recorded, with identifier 0.
    func run(_ job: Job, plan: RunPlan) throws(Failure) -> RunRecord {
        guard job.scoring != nil else { return try land(job, plan: plan) }
        let job = try job.scored()
        let stageType = try Stages.required(job.stage.name)
        let loaded = try LoadedModel.champion(
            of: job, stage: stageType.definition(for: job.stage), asOf: clock, warehouse: warehouse, threads: options.threads)
        let saved = try warehouse.read { database in
            let store = CheckpointStore(database, job: job.name)
            return (cursor: try store.load()?.cursor ?? StreamCursor(), state: try store.state())
        }
        let stage = try stageType.init(configuration: job.stage, schema: job.main.schema)
        let preparation = Preparation(of: loaded?.classifier, for: stageType)
        guard saved.cursor.stageVersion == 0 || saved.cursor.preparation == preparation.digest else {
            throw .rehearsalPreparation(job: job.name)
        }
        try stage.prepare(by: preparation)
        if !saved.state.base.isEmpty || !saved.state.deltas.isEmpty {
            try stage.restore(base: saved.state.base, deltas: saved.state.deltas)
        }
        let policy = try Policy(
            job: job, featureNames: stageType.definition(for: job.stage).features.map(\.name),
            hasModel: loaded != nil || stageType is any FinishingStage.Type,
            seed: RecordKey.hash(job.name),
            lists: try lists(of: job, plan: plan), automatic: loaded?.automatic)
        let files = plan.streamed
        var context = try RunContext(
            job: job, run: 0, clock: clock, files: files.map(\.file), policy: policy, model: loaded?.classifier,
            writesItems: false)
        context.since = since
        let memory = RehearsalMemory(try labels(of: job.job), warehouse: warehouse, job: job.name)
        let reader = try Prefetcher(BlockReader(files, blockRows: options.blockRows), capacity: 4)
        defer { reader.stop() }
        let source = Peekable(reader)
        let scorer = Scorer(
            upstream: source, context: context, stage: stage, memory: memory, cursor: saved.cursor, startWatermark: nil, isFresh: false)
        let counts = try count(TablesFirst(source, files: files, scorer: scorer), files: files.count)
        var record = RunRecord(
            job: job.name, clock: clock, seed: 0, status: .done, jobDigest: job.digest, policyDigest: job.policyDigest,
            inputDigest: plan.inputDigest, listDigest: "", model: loaded?.version.name, modelVersion: loaded?.version.version,
            modelDigest: loaded?.version.digest,
            versions: EngineVersions.current(stage: stageType.definition(for: job.stage), library: loaded?.library))
        record.since = since
        record.apply(counts, outcomes: policy.outcomes)
        return record
    }

    /// The same of a job that only lands rows in tables.
    private func land(_ job: Job, plan: RunPlan) throws(Failure) -> RunRecord {
        let files = plan.streamed
        let reader = try Prefetcher(BlockReader(files, blockRows: options.blockRows), capacity: 4)
        defer { reader.stop() }
        let counts = try count(TablesFirst(Peekable(reader), files: files, scorer: nil), files: files.count)
        var record = RunRecord(
            job: job.name, clock: clock, seed: 0, status: .done, jobDigest: job.digest, policyDigest: job.policyDigest,
            inputDigest: plan.inputDigest, listDigest: "", versions: EngineVersions.current(stage: nil, library: nil))
        record.apply(counts, outcomes: [])
        return record
    }

    private func count(_ source: some Source<RunBlock>, files: Int) throws(Failure) -> RunCounts {
        var counts = RunCounts()
        while let block = try source.next() {
            counts.add(block.counts)
            options.progress(
                RunStatus(rows: counts.read, files: block.file, fileCount: files, fraction: Double(block.file) / Double(files)))
        }
        return counts
    }

    private func labels(of job: Job) throws(Failure) -> [LabelEvent] {
        let decisions = try warehouse.read { try LabelStore($0).decisions(job: job.name) }
        guard let feed = job.labels else { return decisions }
        return try decisions + FeatureCollector.events(of: feed, in: job)
    }

    private func lists(of job: ScoringJob, plan: RunPlan) throws(Failure) -> [String: Set<String>] {
        var lists: [String: Set<String>] = [:]
        for planned in plan.feeds where planned.feed.role == .list {
            let feed = planned.feed
            let known = try warehouse.read { try ListStore($0).entries(job: job.name, list: feed.name, knownBy: clock).map(\.text) }
            var entries = Set(known)
            let schema = feed.schema
            let (keys, knownTime) = (feed.key.compactMap { schema.index(of: $0) }, feed.knownTime.flatMap { schema.index(of: $0) })
            let reader = BlockReader(feed: feed, files: planned.files.map(\.file), blockRows: 8_192)
            while let batch = try reader.next()?.block.batch {
                for row in 0..<batch.count where knownTime.map({ batch.columns[$0].integers[row] <= clock.microseconds }) ?? true {
                    entries.insert(RecordKey.text(of: batch, columns: keys, row: row))
                }
            }
            lists[feed.name] = entries
        }
        return lists
    }
}

/// Labels from memory, decisions as they are, and no earlier results.
private final class RehearsalMemory: RunMemory {
    private let events: [LabelEvent]
    private let warehouse: Warehouse
    private let job: String

    init(_ events: [LabelEvent], warehouse: Warehouse, job: String) {
        (self.events, self.warehouse, self.job) = (events.sorted { $0.known < $1.known }, warehouse, job)
    }

    func labels(after: Int64, through: Int64) throws(Failure) -> [LabelEvent] {
        var (low, high) = (0, events.count)
        while low < high {
            let middle = (low + high) / 2
            if events[middle].known.microseconds <= after { low = middle + 1 } else { high = middle }
        }
        return Array(events[low...].prefix { $0.known.microseconds <= through })
    }

    func belatedLabels(through: Int64) throws(Failure) -> [LabelEvent] { [] }

    func earlierVersion(of batch: RecordBatch, row: Int) throws(Failure) -> (version: Int64, record: UInt64)? { nil }

    func decisions(about column: String, before time: Int64) throws(Failure) -> [StageDecision] {
        try warehouse.read { try ReviewStore($0).decisions(ofJob: job, about: column, before: time) }
    }

    func standing(_ withdrawal: (column: String, mark: String, subject: String)) throws(Failure) -> [StandingResult] { [] }
}

import Connectors
import Foundation
import GRDB
import Models
import Records

/// One attempt at a run: from its checkpoint to its end, or to where it is stopped.
struct RunExecution {
    let runner: Runner
    let job: Job
    let record: RunRecord
    let model: (any Classifier)?
    /// What the stage is prepared by; nil = by the model.
    var preparation: Preparation?
    /// What the model may clear without a person.
    let automatic: AutomaticRule?
    let wasResumed: Bool
    let jobFileChanged: Bool
    /// Of the files by path, taken before their digests; empty on resume.
    var stamps: [String: FileStamp] = [:]
    /// What was done once is done again: no clock is asked.
    var isReplayed = false
    /// Wall seconds at which the program began to work on the run: files are found and their digests taken before it is carried out.
    let began: Double

    private var warehouse: Warehouse { runner.warehouse }
    /// Where a stage asks models, a block is scored when the one before is committed: no transaction is open over the network.
    private var options: RunOptions {
        var options = runner.options
        guard let stage = job.scoring?.stage, let type = Stages.named(stage.name) as? any AskingStage.Type, type.asks(stage) else {
            return options
        }
        (options.threads, options.chunkRows) = (1, 1)
        return options
    }

    func execute() throws(Failure) -> RunReport {
        let began = ProcessUsage.now()
        let attempt = try warehouse.write { database in
            try RunStore(database).begin(
                RunAttempt(
                    run: record.id, started: runner.environment.now(), process: runner.environment.processIdentifier,
                    host: runner.environment.host))
        }
        do throws(Failure) {
            let (finished, reasons, feeds) = try drive()
            let ended = try end(attempt, ending: finished.status.rawValue, rows: finished.counts.read - record.counts.read, since: began)
            return RunReport(
                ending: finished.status == .held ? .held : .done, record: finished, attempt: ended, wasResumed: wasResumed,
                jobFileChanged: jobFileChanged, earlier: nil, holdReasons: reasons, feeds: feeds)
        } catch {
            _ = try? end(attempt, ending: error.code, rows: 0, since: began)
            throw error
        }
    }

    private func end(_ attempt: RunAttempt, ending: String, rows: Int64, since began: ProcessUsage) throws(Failure) -> RunAttempt {
        var ended = attempt
        let usage = ProcessUsage.now()
        (ended.ended, ended.ending, ended.rows) = (runner.environment.now(), ending, rows)
        ended.seconds = usage.wallSeconds - began.wallSeconds
        ended.cpuSeconds = usage.cpuSeconds - began.cpuSeconds
        ended.peakBytes = usage.peakBytes
        let final = ended
        try warehouse.write { try RunStore($0).end(final) }
        return final
    }

    // MARK: Driving the machine

    private struct Loaded {
        /// Of the feeds that are streamed, in the order read.
        var files: [RunFile]
        var checkpoint: Checkpoint?
        var cursor: StreamCursor
        var labelsBefore: Int64
        var base: [UInt8]
        var deltas: [[UInt8]]
        var sequence: Int64
        var lists: [String: Set<String>]
        /// Records to be read instead of whole files, by feed and position of the file.
        var selections: [String: [Int: FileSelection]]
    }

    private func load() throws(Failure) -> Loaded {
        try warehouse.read { database in
            let store = CheckpointStore(database, job: job.name)
            let saved = try store.load()
            let state = try store.state()
            let own = saved?.run == record.id ? saved : nil
            var lists: [String: Set<String>] = [:]
            for feed in job.feeds where feed.role == .list {
                lists[feed.name] = Set(
                    try ListStore(database).entries(job: job.name, list: feed.name, knownBy: record.clock).map(\.text))
            }
            var cursor = saved?.cursor ?? StreamCursor()
            cursor.stageVersion = job.scoring.flatMap { Stages.named($0.stage.name)?.definition.version } ?? 0
            let type = job.scoring.flatMap { Stages.named($0.stage.name) }
            cursor.preparation = type.flatMap { (preparation ?? Preparation(of: model, for: $0)).digest }
            // Without a stage nothing is carried from run to run: the watermark is that of the run's own rows.
            if job.scoring == nil, own == nil { cursor = StreamCursor() }
            let stored = try RunStore(database).files(run: record.id)
            var selections: [String: [Int: FileSelection]] = [:]
            for feed in job.streamedFeeds {
                selections[feed.name] = try SelectionStore(database).selections(run: record.id, feed: feed.name)
            }
            return Loaded(
                files: job.streamedFeeds.flatMap { feed in stored.filter { $0.feed == feed.name } }, checkpoint: own,
                cursor: cursor, labelsBefore: try RunStore(database).labelsBefore(record),
                base: state.base, deltas: state.deltas, sequence: state.sequence, lists: lists,
                selections: selections)
        }
    }

    private typealias Finished = (record: RunRecord, reasons: [HoldReason], feeds: [FeedRows])

    private func drive() throws(Failure) -> Finished {
        let loaded = try load()
        let streamed = try streamedFiles(loaded.files, loaded.selections)
        let progress = RunProgress(
            chunk: loaded.checkpoint?.chunk ?? 0, file: loaded.checkpoint?.file ?? 0, position: loaded.checkpoint?.position ?? .start,
            counts: record.progressCounts, tallies: tallies(loaded.files))
        let reader = BlockReader(streamed, from: progress.file, at: progress.position, blockRows: options.blockRows)
        if options.threads < 2 {
            let work = try blocks(of: reader, streamed: streamed, loaded: loaded)
            return try consume(work.source, streamed: streamed, context: work.context, loaded: loaded, progress: progress)
        }
        let ahead = try Prefetcher(reader, capacity: 4)
        let work = try blocks(of: ahead, streamed: streamed, loaded: loaded)
        let done = try Prefetcher(work.source, capacity: 4)
        // The reader first: the other thread waits for it.
        defer {
            ahead.stop()
            done.stop()
        }
        return try consume(done, streamed: streamed, context: work.context, loaded: loaded, progress: progress)
    }

    /// What is read, ready to be written: rows for tables as they are, rows of the main feed scored.
    private func blocks<Base: Source>(
        of reader: Base, streamed: [StreamedFile], loaded: Loaded
    ) throws(Failure) -> (source: TablesFirst<Base>, context: RunContext?) where Base.Element == ReadBlock {
        let source = Peekable(reader)
        guard job.scoring != nil else { return (TablesFirst(source, files: streamed, scorer: nil), nil) }
        let job = try job.scored()
        let stageType = try Stages.required(job.stage.name)
        let stage = try stageType.init(configuration: job.stage, schema: job.main.schema)
        if let asking = stage as? any AskingStage, (stageType as? any AskingStage.Type)?.asks(job.stage) == true,
            let models = options.models
        {
            try asking.take(models)
        }
        try stage.prepare(by: preparation ?? Preparation(of: model, for: stageType))
        if !loaded.base.isEmpty || !loaded.deltas.isEmpty { try stage.restore(base: loaded.base, deltas: loaded.deltas) }
        let policy = try Policy(
            job: job, featureNames: stageType.definition(for: job.stage).features.map(\.name),
            hasModel: model != nil || stageType is any FinishingStage.Type,
            seed: RecordKey.hash(job.name),
            lists: loaded.lists, automatic: automatic)
        var context = try RunContext(
            job: job, run: record.id, clock: record.clock, files: streamed.map(\.file), policy: policy, model: model,
            holidays: Holidays(stored: record.holidays), replaysRejects: streamed.contains { $0.selection != nil })
        context.threads = options.threads
        if let asking = stageType as? any AskingStage.Type {
            (context.asks, context.asksForPeople) = (asking.asks(job.stage), asking.asksForPeople(job.stage))
        }
        context.since = record.since
        context.pastSince = try warehouse.read { try RunStore($0).since(before: record) }
        context.deadline = deadline(of: job)
        context.challengers = try challengers(of: job, stage: stageType.definition(for: job.stage), lists: loaded.lists)
        let table = ResultTable(name: job.results.table, job: job.name, key: context.decided.keyFields)
        let memory = WarehouseMemory(
            warehouse: warehouse, record: record, labelsBefore: loaded.labelsBefore, table: table, keyColumns: context.decided.key,
            deciding: options.deciding)
        let isFresh = loaded.checkpoint == nil
        let scorer = Scorer(
            upstream: source, context: context, stage: stage, memory: memory, cursor: loaded.cursor,
            startWatermark: isFresh ? loaded.cursor.watermark : try startWatermark(), isFresh: isFresh,
            resultsGiven: loaded.checkpoint.map { $0.file == streamed.count ? Int($0.position.row) : 0 } ?? 0)
        return (TablesFirst(source, files: streamed, scorer: scorer), context)
    }

    /// Without a model it changes nothing: the stage's rules are all there is.
    private func deadline(of job: ScoringJob) -> RunDeadline? {
        guard let settings = job.policy.deadline, model != nil else { return nil }
        if let place = record.deadline { return RunDeadline(place: place, isOver: { true }) }
        guard !isReplayed else { return nil }
        let limit = Double(settings.after.microseconds) / 1e6
        if let elapsed = options.elapsed { return RunDeadline(isOver: { elapsed() >= limit }) }
        let began = began
        return RunDeadline(isOver: { ProcessUsage.now().wallSeconds - began >= limit })
    }

    /// The versions that were challengers at the run's start.
    private func challengers(
        of job: ScoringJob, stage: StageDefinition, lists: [String: Set<String>]
    ) throws(Failure) -> [Challenger] {
        var challengers: [Challenger] = []
        for (name, version) in try warehouse.read({ try ChallengerStore($0).versions(run: record.id) }) {
            let loaded = try LoadedModel.version(
                name: name, version: version, job: job, stage: stage, warehouse: warehouse, threads: options.threads)
            guard let loaded else { continue }
            challengers.append(
                Challenger(
                    version: version, classifier: loaded.classifier, policy: try loaded.policy(job: job, stage: stage, lists: lists)))
        }
        return challengers
    }

    /// Rows of each streamed feed that were written before, in the order of the feeds.
    private func tallies(_ files: [RunFile]) -> [FeedTally] {
        job.streamedFeeds.map { feed in
            let own = files.filter { $0.feed == feed.name }
            return FeedTally(
                read: own.reduce(0) { $0 + ($1.rowsRead ?? 0) }, rejected: own.reduce(0) { $0 + ($1.rowsRejected ?? 0) })
        }
    }

    /// The watermark at the run's first start, for a run that is resumed.
    private func startWatermark() throws(Failure) -> Int64? {
        try warehouse.read { try RunStore($0).watermark(before: record)?.microseconds }
    }

    /// The files as they are on disk now; refused when one is not what it was at the run's start.
    private func streamedFiles(_ stored: [RunFile], _ selections: [String: [Int: FileSelection]]) throws(Failure) -> [StreamedFile] {
        var files: [StreamedFile] = []
        for entry in stored {
            guard let feed = job.feeds.first(where: { $0.name == entry.feed }) else { continue }
            let file = FeedFile(path: job.resolved(entry.path), name: entry.name)
            if wasResumed, try FeedDigest(of: file).hex != entry.digest { throw .fileChanged(entry.name, run: record.id) }
            files.append(
                StreamedFile(
                    feed: feed, file: file, discards: entry.discards, selection: selections[entry.feed]?[entry.position]))
        }
        return files
    }

    private func consume(
        _ source: some Source<RunBlock>, streamed: [StreamedFile], context: RunContext?, loaded: Loaded, progress: RunProgress
    ) throws(Failure) -> Finished {
        do {
            return try warehouse.pool.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = NORMAL")
                let writer = try ChunkWriter(
                    database: database, job: job, streamed: streamed, context: context, record: record, files: loaded.files,
                    stateSequence: loaded.sequence, cursor: loaded.cursor, fault: options.fault)
                do {
                    let files = FileGuard(zip(streamed, loaded.files).map { ($0.file, $1.digest) }, stamps: stamps)
                    let feeds = try loop(source, writer: writer, streamed: streamed, progress: progress, guarding: files)
                    return (writer.finishedRecord, writer.reasons, feeds)
                } catch {
                    writer.rollBack()
                    throw error
                }
            }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw .warehouse(error, path: warehouse.path)
        }
    }

    private func loop(
        _ source: some Source<RunBlock>, writer: ChunkWriter, streamed: [StreamedFile], progress: RunProgress, guarding files: FileGuard
    ) throws -> [FeedRows] {
        let feeds = job.streamedFeeds
        // Rejects that are read again and stay what they are say nothing about the feed.
        let limits = feeds.map { feed in streamed.contains { $0.selection != nil } ? 1 : feed.rejectLimit }
        var machine = RunMachine(
            configuration: .init(
                chunkRows: options.chunkRows, rejectLimits: limits,
                feeds: streamed.map { file in feeds.firstIndex { $0.name == file.feed.name } ?? 0 }), from: progress)
        func rows() -> [FeedRows] {
            zip(feeds.indices, machine.progress.tallies).map { FeedRows(feed: feeds[$0].name, rows: $1, rejectLimit: limits[$0]) }
        }
        let report = ProgressReport(files: writer.fileBytes, report: options.progress)
        var actions: [RunMachine.Action] = []
        while !machine.isOver || !actions.isEmpty {
            if let action = actions.first {
                actions.removeFirst()
                switch action {
                case .commit(let progress):
                    if options.fault != .readsHalfFiles { try files.check(through: progress.file) }
                    try writer.commit(progress)
                    actions += machine.handle(.committed)
                case .finish(let progress, let ending):
                    if options.fault != .readsHalfFiles { try files.check(through: progress.file) }
                    try writer.holdReasons(overLimit: ending == .held ? machine.feedsOverLimit.map { rows()[$0] } : [])
                    try writer.commit(progress, status: writer.reasons.isEmpty ? .done : .held, finish: finish)
                case .stop:
                    throw Failure.runStopped(job: job.name, run: record.id, chunk: machine.progress.chunk)
                }
            } else if options.shouldStop(), !machine.isStopping {
                actions = machine.handle(.stopRequested)
            } else if let block = try source.next() {
                let counts = try writer.write(block)
                report.add(rows: counts.read, file: block.file)
                if case .finished = block {
                    actions = machine.handle(.results(end: block.end, counts: counts))
                } else {
                    actions = machine.handle(.block(file: block.file, end: block.end, counts: counts))
                }
            } else {
                actions = machine.handle(.endOfFeed)
            }
        }
        return rows()
    }

    /// The audit entry of a finished run: its counts and digests, chained to everything before.
    private func finish(_ database: Database, _ record: RunRecord) throws -> RunRecord {
        var record = record
        record.head = try AuditChain(database).append(
            .run, subject: record.id, body: record.auditBody, actor: runner.environment.actor, host: runner.environment.host,
            at: record.clock
        ).description
        return record
    }
}

/// Tells the caller how far the run is, by the files' bytes.
private final class ProgressReport {
    private let bytes: [Int64]
    private let report: @Sendable (RunStatus) -> Void
    private var rows: Int64 = 0

    init(files bytes: [Int64], report: @escaping @Sendable (RunStatus) -> Void) { (self.bytes, self.report) = (bytes, report) }

    func add(rows count: Int64, file: Int) {
        rows += count
        let total = max(bytes.reduce(0, +), 1)
        report(
            RunStatus(
                rows: rows, files: file, fileCount: bytes.count, fraction: Double(bytes.prefix(file).reduce(0, +)) / Double(total)))
    }
}

/// What the process has used so far.
struct ProcessUsage {
    var wallSeconds: Double
    var cpuSeconds: Double
    var peakBytes: Int64

    #if os(Linux)
        private static var rusageSelf: __rusage_who_t { __rusage_who_t(RUSAGE_SELF.rawValue) }
    #else
        private static var rusageSelf: Int32 { RUSAGE_SELF }
    #endif

    static func now() -> ProcessUsage {
        var usage = rusage()
        getrusage(rusageSelf, &usage)
        var clock = timespec()
        clock_gettime(CLOCK_MONOTONIC, &clock)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        #if os(Linux)
            let unit: Int64 = 1_024  // Linux counts kilobytes, macOS bytes
        #else
            let unit: Int64 = 1
        #endif
        return ProcessUsage(
            wallSeconds: Double(clock.tv_sec) + Double(clock.tv_nsec) / 1e9,
            cpuSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime), peakBytes: Int64(usage.ru_maxrss) * unit)
    }
}

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
    let wasResumed: Bool
    let jobFileChanged: Bool
    /// Of the files by path, taken before their digests; empty on resume.
    var stamps: [String: FileStamp] = [:]

    private var warehouse: Warehouse { runner.warehouse }
    private var options: RunOptions { runner.options }

    func execute() throws(Failure) -> RunReport {
        let began = ProcessUsage.now()
        let attempt = try warehouse.write { database in
            try RunStore(database).begin(
                RunAttempt(
                    run: record.id, started: runner.environment.now(), process: runner.environment.processIdentifier,
                    host: runner.environment.host))
        }
        do throws(Failure) {
            let (finished, reasons) = try drive()
            let ended = try end(attempt, ending: finished.status.rawValue, rows: finished.counts.read - record.counts.read, since: began)
            return RunReport(
                ending: finished.status == .held ? .held : .done, record: finished, attempt: ended, wasResumed: wasResumed,
                jobFileChanged: jobFileChanged, earlier: nil, holdReasons: reasons)
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
        var files: [RunFile]
        var checkpoint: Checkpoint?
        var cursor: StreamCursor
        var labelsBefore: Int64
        var base: [UInt8]
        var deltas: [[UInt8]]
        var sequence: Int64
        var lists: [String: Set<String>]
        /// Records to be read instead of whole files.
        var selections: [Int: FileSelection]
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
            cursor.stageVersion = Stages.named(job.stage.name)?.definition.version ?? 0
            return Loaded(
                files: try RunStore(database).files(run: record.id).filter { $0.feed == job.main.name }, checkpoint: own,
                cursor: cursor, labelsBefore: try RunStore(database).labelsBefore(record),
                base: state.base, deltas: state.deltas, sequence: state.sequence, lists: lists,
                selections: try SelectionStore(database).selections(run: record.id, feed: job.main.name))
        }
    }

    private func drive() throws(Failure) -> (record: RunRecord, reasons: [HoldReason]) {
        let loaded = try load()
        let files = try feedFiles(loaded.files)
        let stageType = try Stages.required(job.stage.name)
        let stage = try stageType.init(configuration: job.stage, schema: job.main.schema)
        if !loaded.base.isEmpty || !loaded.deltas.isEmpty { try stage.restore(base: loaded.base, deltas: loaded.deltas) }
        let policy = try Policy(
            job: job, featureNames: stageType.definition.features.map(\.name), hasModel: model != nil, seed: RecordKey.hash(job.name),
            lists: loaded.lists)
        let context = RunContext(
            job: job, run: record.id, clock: record.clock, files: files, policy: policy, model: model,
            holidays: Holidays(stored: record.holidays), replaysRejects: !loaded.selections.isEmpty)
        let progress = RunProgress(
            chunk: loaded.checkpoint?.chunk ?? 0, file: loaded.checkpoint?.file ?? 0, position: loaded.checkpoint?.position ?? .start,
            counts: record.progressCounts)
        let table = ResultTable(name: job.results.table, job: job.name, key: job.keyFields)
        let memory = WarehouseMemory(
            warehouse: warehouse, record: record, labelsBefore: loaded.labelsBefore, table: table, keyColumns: context.keyColumns)
        let reader = BlockReader(
            feed: job.main, files: files, from: progress.file, at: progress.position, blockRows: options.blockRows,
            discards: loaded.files.map(\.discards), selections: loaded.selections)
        let isFresh = loaded.checkpoint == nil
        let startWatermark = isFresh ? loaded.cursor.watermark : try startWatermark()
        if options.threads < 2 {
            let scorer = Scorer(
                upstream: reader, context: context, stage: stage, memory: memory, cursor: loaded.cursor,
                startWatermark: startWatermark, isFresh: isFresh)
            return try consume(scorer, context: context, loaded: loaded, progress: progress)
        }
        let ahead = try Prefetcher(reader, capacity: 4)
        let scorer = Scorer(
            upstream: ahead, context: context, stage: stage, memory: memory, cursor: loaded.cursor,
            startWatermark: startWatermark, isFresh: isFresh)
        let scored = try Prefetcher(scorer, capacity: 4)
        defer {
            ahead.stop()
            scored.stop()
        }
        return try consume(scored, context: context, loaded: loaded, progress: progress)
    }

    /// The watermark at the run's first start, for a run that is resumed.
    private func startWatermark() throws(Failure) -> Int64? {
        try warehouse.read { try RunStore($0).watermark(before: record)?.microseconds }
    }

    /// The files as they are on disk now; refused when one is not what it was at the run's start.
    private func feedFiles(_ stored: [RunFile]) throws(Failure) -> [FeedFile] {
        var files: [FeedFile] = []
        for entry in stored {
            let file = FeedFile(path: job.resolved(entry.path), name: entry.name)
            if wasResumed, try FeedDigest(of: file).hex != entry.digest { throw .fileChanged(entry.name, run: record.id) }
            files.append(file)
        }
        return files
    }

    private func consume(
        _ source: some Source<ScoredBlock>, context: RunContext, loaded: Loaded, progress: RunProgress
    ) throws(Failure) -> (record: RunRecord, reasons: [HoldReason]) {
        do {
            return try warehouse.pool.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = NORMAL")
                let writer = try ChunkWriter(
                    database: database, context: context, record: record, files: loaded.files, stateSequence: loaded.sequence,
                    cursor: loaded.cursor, fault: options.fault)
                do {
                    let files = zip(context.files, loaded.files).map { ($0, $1.digest) }
                    try loop(
                        source, writer: writer, context: context, progress: progress, guarding: FileGuard(files, stamps: stamps))
                } catch {
                    writer.rollBack()
                    throw error
                }
                return (writer.finishedRecord, writer.reasons)
            }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw .warehouse(error, path: warehouse.path)
        }
    }

    private func loop(
        _ source: some Source<ScoredBlock>, writer: ChunkWriter, context: RunContext, progress: RunProgress, guarding files: FileGuard
    ) throws {
        var machine = RunMachine(
            configuration: .init(
                chunkRows: options.chunkRows, rejectLimit: context.replaysRejects ? 1 : job.main.rejectLimit, fileCount: context.files.count
            ), from: progress)
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
                    try writer.holdReasons(endsHeld: ending == .held)
                    try writer.commit(progress, status: writer.reasons.isEmpty ? .done : .held, finish: finish)
                case .stop:
                    throw Failure.runStopped(job: job.name, run: record.id, chunk: machine.progress.chunk)
                }
            } else if options.shouldStop(), !machine.isStopping {
                actions = machine.handle(.stopRequested)
            } else if let block = try source.next() {
                let counts = try writer.write(block)
                report.add(rows: counts.read, file: block.file)
                actions = machine.handle(.block(file: block.file, end: block.end, counts: counts))
            } else {
                actions = machine.handle(.endOfFeed)
            }
        }
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

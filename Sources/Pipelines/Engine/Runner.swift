public import Connectors
import Foundation
import GRDB
public import Models
public import Records

/// How a run is carried out; none of it changes a byte of what is written.
public struct RunOptions: Sendable {
    /// 1 reads, scores and writes in turn; 2 or more overlap the three.
    public var threads: Int
    /// A chunk ends with the block that reaches this many rows.
    public var chunkRows: Int
    public var blockRows: Int
    /// Asked between blocks: true ends the run after the open chunk.
    public var shouldStop: @Sendable () -> Bool
    /// Told after every block.
    public var progress: @Sendable (RunStatus) -> Void
    /// Reads, computes and scores, but writes nothing: for measuring.
    public var writes: Bool
    /// Language models that a stage may ask; nil = nobody is asked, and the run says so where its job names any.
    public var models: (any ModelSupplier)?
    /// The warehouse that people decide in, of a run that is recomputed in another; nil = the run's own.
    var deciding: Warehouse?
    /// A bug on purpose, for the tests that must find it; the shipped program has no way to set it.
    package var fault: PlantedFault?
    /// Seconds since the process began to work on the run, for tests; nil = by the system's monotonic clock. Only a deadline asks.
    package var elapsed: (@Sendable () -> Double)?

    public init(
        threads: Int = 2, chunkRows: Int = 65_536, blockRows: Int = 8_192, shouldStop: @escaping @Sendable () -> Bool = { false },
        progress: @escaping @Sendable (RunStatus) -> Void = { _ in }, writes: Bool = true
    ) {
        (self.threads, self.chunkRows, self.blockRows) = (threads, chunkRows, blockRows)
        (self.shouldStop, self.progress, self.writes) = (shouldStop, progress, writes)
    }
}

/// Bugs that tests plant, to show that they would find them.
package enum PlantedFault: Sendable {
    /// A chunk's rows are committed a while before the checkpoint that counts them, instead of together.
    case checkpointOutsideTransaction
    /// Files are read whether their markers are there or not, and whoever writes to them meanwhile.
    case readsHalfFiles
}

/// How far a run is.
public struct RunStatus: Sendable {
    public var rows: Int64
    /// Files read to their end, and all.
    public var files: Int
    public var fileCount: Int
    /// Share of the files' bytes read to their end, in 0...1.
    public var fraction: Double
}

/// What came of a run.
public struct RunReport: Sendable {
    public enum Ending: String, Sendable {
        case done, nothingNew, held
    }
    public var ending: Ending
    /// Nil when nothing was new.
    public var record: RunRecord?
    public var attempt: RunAttempt?
    public var wasResumed: Bool
    /// The job file changed since the run's first start; the run went on with the file of that time.
    public var jobFileChanged: Bool
    /// Newest run before, when nothing was new.
    public var earlier: RunRecord?
    /// Why a held run is held; empty for all others.
    public var holdReasons: [HoldReason] = []
    /// What is to be said about deliveries; their items are in the queue.
    public var notes: [String] = []
    /// Decisions since the run before, where they alone are why it ran: no row was new.
    public var heeded = 0
    /// Files that are not whole yet, and why; the next run looks again.
    public var waiting: [(file: String, reason: String)] = []
    /// Rows of each feed that was streamed, in the order read; empty when nothing was.
    public var feeds: [FeedRows] = []
    /// The job names a model that the catalog has never had, and the catalog has others: a slip of the pen, most likely.
    public var missingModel: MissingModel?
    /// Why nothing was cleared automatically although the job asks for it; a whole sentence.
    public var noPromise: String?
}

/// A model's name that is not in the catalog, and the names that are.
public struct MissingModel: Hashable, Sendable {
    public var name: String
    /// In alphabetical order.
    public var known: [String]

    /// `there is no model 'card-frud', so the stage's rules score. Did you mean 'card-fraud'?`
    public var sentence: String {
        let remedy =
            Nearest.name(to: name, among: known).map { "Did you mean '\($0)'?" } ?? "The catalog has \(known.joined(separator: ", "))."
        return "there is no model '\(name)', so the stage's rules score. \(remedy)"
    }
}

/// What a run read of one feed, and how much of it may be rejected.
public struct FeedRows: Hashable, Sendable {
    public var feed: String
    public var rows: FeedTally
    /// Share, in 0...1.
    public var rejectLimit: Double

    public var isOverLimit: Bool { Double(rows.rejected) > rejectLimit * Double(rows.read) }
}

/// Carries a run out: makes it or finds the one to resume, drives the machine, and does the reading and writing it asks for.
public struct Runner: Sendable {
    let warehouse: Warehouse
    let environment: Environment
    let options: RunOptions

    public init(warehouse: Warehouse, environment: Environment, options: RunOptions = RunOptions()) {
        (self.warehouse, self.environment, self.options) = (warehouse, environment, options)
    }

    /// Runs a job over the files it has not read yet, or goes on with its unfinished run.
    ///
    /// - Parameter since: event time before which rows only build the stage's state; kept with the run. Nil = every row is decided.
    /// - Throws: `run.locked`, `run.stopped` (both exit 75), `run.since`, whatever makes files or the model unusable.
    public func run(_ job: Job, since: Timestamp? = nil) throws(Failure) -> RunReport {
        let began = ProcessUsage.now().wallSeconds
        if since != nil { try refuseSince(job) }
        var since = since
        let lock = try JobLock(job: job.name, database: warehouse.path, environment: environment)
        defer { withExtendedLifetime(lock) {} }
        if let record = try warehouse.read({ try RunStore($0).unfinished(job: job.name) }) {
            guard options.writes else { throw .rehearsalUnfinished(job: job.name, run: record.id) }
            if let since, since != record.since { throw .runSinceOther(record, asked: since) }
            guard try isOutdated(record, job: job) else { return try noted(resume(record, job: job, began: began), job: job) }
            // The time was asked for when it began, and the job may have become one that has none.
            since = since ?? record.since
            if since != nil { try refuseSince(job) }
            try warehouse.write { try RunStore($0).forget(record.id) }
        }
        try renewOutdatedState(of: job)
        let clock = environment.now()
        let plan = try Arrival(job: job, warehouse: warehouse, clock: clock, holidays: try Holidays(of: job), fault: options.fault).plan()
        let heeded = plan.isEmpty && plan.waiting.isEmpty && plan.frozen.isEmpty ? try newDecisions(of: job, before: clock) : 0
        guard !plan.isEmpty || heeded > 0 else {
            if options.writes, !plan.findings.isEmpty { try warehouse.write { try plan.findings.apply(to: $0, at: clock) } }
            if let (feed, waiting) = plan.firstWaiting { throw .feedNotReady(feed, waiting: waiting) }
            if let name = plan.frozen.first { throw .deliveryFrozen(name, job: job.name) }
            let earlier = try warehouse.read { try RunStore($0).last(job: job.name, statuses: [.done, .held]) }
            return RunReport(
                ending: .nothingNew, record: nil, attempt: nil, wasResumed: false, jobFileChanged: false, earlier: earlier,
                notes: plan.notes)
        }
        guard options.writes else { return try rehearse(job, plan: plan, since: since) }
        var report = try noted(start(job, plan: plan, clock: clock, since: since, began: began), job: job)
        (report.notes, report.heeded) = (plan.notes, heeded)
        report.waiting = plan.waiting.flatMap(\.files).map { ($0.file.name, $0.reason) }
        return report
    }

    /// Adds the model that the job names and the catalog lacks.
    private func noted(_ report: RunReport, job: Job) throws(Failure) -> RunReport {
        if let automatic = job.scoring?.policy.automatic, let record = report.record, let model = record.model {
            var report = report
            report.noPromise = try warehouse.read { database throws in
                try Self.noPromise(ModelStore(database), model: model, version: record.modelVersion, automatic)
            }
            return report
        }
        guard report.record?.model == nil, let name = job.modelName else { return report }
        let known = Set(try warehouse.read { try ModelStore($0).versions(of: nil).map(\.name) })
        guard !known.isEmpty, !known.contains(name) else { return report }
        var report = report
        report.missingModel = MissingModel(name: name, known: known.sorted())
        return report
    }

    /// Why a model clears nothing under these settings; nil where it clears something.
    private static func noPromise(
        _ store: ModelStore, model: String, version: Int?, _ automatic: AutomaticSettings
    ) throws(Failure) -> String? {
        let known = try store.required(model, version: version)
        let rule = try ModelArtefact(serialized: store.artefact(of: known), family: known.family).automatic
        let name = "\(model) version \(known.version)"
        guard let rule else {
            return known.card.fitting?.notAutomatic.map { "\(name): \($0)" }
                ?? "\(name) was trained without a rule for automatic decisions: it clears nothing. Train a new version."
        }
        guard rule.policy == automatic.digest else {
            return "\(name) was trained for other `automatic` settings than the job has now: it clears nothing. Train a new version."
        }
        return rule.rule.segments.contains { $0.threshold != nil } ? nil : known.card.fitting?.notAutomatic.map { "\(name): \($0)" }
    }

    /// Only where each row is decided as it comes is there something to leave out.
    private func refuseSince(_ job: Job) throws(Failure) {
        guard let scoring = job.scoring else { throw .runSince(job.name, why: "its rows go into tables, as they are") }
        if try Stages.required(scoring.stage.name) is any FinishingStage.Type {
            throw .runSince(job.name, why: "its stage gives its results at the end of the feed, from all of it")
        }
    }

    private func rehearse(_ job: Job, plan: RunPlan, since: Timestamp?) throws(Failure) -> RunReport {
        let began = ProcessUsage.now()
        let record = try Rehearsal(warehouse: warehouse, options: options, clock: environment.now(), since: since)
            .run(job, plan: plan)
        var attempt = RunAttempt(run: 0, started: record.clock, process: environment.processIdentifier, host: environment.host)
        let usage = ProcessUsage.now()
        (attempt.rows, attempt.ending, attempt.peakBytes) = (record.counts.read, "done", usage.peakBytes)
        attempt.seconds = usage.wallSeconds - began.wallSeconds
        attempt.cpuSeconds = usage.cpuSeconds - began.cpuSeconds
        return RunReport(ending: .done, record: record, attempt: attempt, wasResumed: false, jobFileChanged: false, earlier: nil)
    }

    /// A new run of the given files at the given clock.
    ///
    /// - Parameters:
    ///   - identity: identifier and seed of the run that is replayed; nil = the next ones.
    ///   - preparation: what the stage is prepared by; nil = by the champion.
    ///   - since: event time before which rows only build the stage's state.
    ///   - began: wall seconds (`ProcessUsage`) from which a deadline counts; nil = from here.
    func start(
        _ job: Job, plan: RunPlan, clock: Timestamp, identity: RunIdentity? = nil, preparation: Preparation? = nil,
        since: Timestamp? = nil, began: Double? = nil
    ) throws(Failure) -> RunReport {
        let began = began ?? ProcessUsage.now().wallSeconds
        let holidays = if let identity { identity.holidays } else { try Holidays(of: job) }
        let stage = try job.scoring.map { scoring throws(Failure) in try Stages.definition(of: scoring.stage) }
        let loaded = try stage.flatMap { stage throws(Failure) in
            try LoadedModel.champion(of: job.scored(), stage: stage, asOf: clock, warehouse: warehouse, threads: options.threads)
        }
        if let scoring = job.scoring {
            let own = Preparation(of: loaded?.classifier, for: try Stages.required(scoring.stage.name))
            try renewState(of: job, preparedBy: preparation ?? own)
        }
        let versions = EngineVersions.current(stage: stage, library: loaded?.library)
        let record = try warehouse.write { database in
            let last = try RunStore(database).list(job: job.name, limit: 1).first
            let seed = identity?.seed ?? Self.seed(job: job, after: last, clock: clock)
            var begin = RunStart(job: job, plan: plan, clock: clock, seed: seed, identifier: identity?.run, holidays: holidays)
            (begin.since, begin.deadline) = (since, identity?.deadline)
            return try begin.begin(in: database, champion: loaded?.version, versions: versions)
        }
        return try RunExecution(
            runner: self, job: job, record: record, model: loaded?.classifier, preparation: preparation, automatic: loaded?.automatic,
            wasResumed: false, jobFileChanged: false, stamps: plan.stamps, isReplayed: identity != nil, began: began
        ).execute()
    }

    /// A run that wrote no chunk yet is bound to nothing: once its job file or a feed file was corrected, it starts anew.
    private func isOutdated(_ record: RunRecord, job: Job) throws(Failure) -> Bool {
        let (checkpoint, files) = try warehouse.read {
            (try CheckpointStore($0, job: job.name).load(), try RunStore($0).files(run: record.id))
        }
        if checkpoint?.run == record.id { return false }
        if record.jobDigest != job.digest { return true }
        return files.contains { entry in
            let digest = try? FeedDigest(of: FeedFile(path: job.resolved(entry.path), name: entry.name)).hex
            return digest != entry.digest
        }
    }

    func resume(_ record: RunRecord, job current: Job, began: Double? = nil) throws(Failure) -> RunReport {
        let began = began ?? ProcessUsage.now().wallSeconds
        let text = try warehouse.read { try RunStore($0).jobText(digest: record.jobDigest) }
        let job = record.jobDigest == current.digest ? current : try Job.stored(text: text, path: current.path)
        let stage = try job.scoring.map { scoring throws(Failure) in try Stages.definition(of: scoring.stage) }
        let made = record.versions.first { $0.name == "stage" }?.value, now = EngineVersions.stage(stage)
        guard made == now else { throw .runStageChanged(record.id, found: now, made: made ?? "none") }
        let loaded = try stage.flatMap { stage throws(Failure) in
            try LoadedModel.version(
                name: record.model, version: record.modelVersion, job: job.scored(), stage: stage, warehouse: warehouse,
                threads: options.threads)
        }
        return try RunExecution(
            runner: self, job: job, record: record, model: loaded?.classifier, automatic: loaded?.automatic, wasResumed: true,
            jobFileChanged: record.jobDigest != current.digest, began: began
        ).execute()
    }

    /// Depends on the job and the run's place in its history only, so that a replay draws the same.
    private static func seed(job: Job, after last: RunRecord?, clock: Timestamp) -> UInt64 {
        RecordKey.hash("\(job.name)\u{1F}\((last?.id ?? 0) + 1)\u{1F}\(clock.microseconds)") >> 1
    }
}

/// What a run that is replayed had and cannot work out anew.
struct RunIdentity {
    var run: Int64
    var seed: UInt64
    var holidays: Holidays
    /// From where on its deadline had passed.
    var deadline: RunRecord.Place?
}

/// What a run was made with; a replay on others names them as the cause of a difference.
enum EngineVersions {
    /// Counted up with every change of the engine that changes a result.
    static let engine = "4"

    /// `fraud 1`; `none` in a job without a stage.
    static func stage(_ stage: StageDefinition?) -> String { stage.map { "\($0.definition.name) \($0.version)" } ?? "none" }

    static func current(stage: StageDefinition?, library: String?) -> [NamedText] {
        #if arch(x86_64)
            let processor = "x86_64"
        #elseif arch(arm64)
            let processor = "arm64"
        #else
            let processor = "other"
        #endif
        return [
            NamedText("engine", engine), NamedText("stage", Self.stage(stage)),
            NamedText("library", library ?? "none"), NamedText("processor", processor),
        ]
    }
}

public import Connectors
import Crypto
import Foundation
import GRDB
import Models
public import Records

/// What a replay found.
public struct ReplayReport: Sendable {
    public var asOf: Timestamp
    /// Runs replayed, in order.
    public var runs: [Int64]
    /// Rows of result tables, review items, rejects, labels and list entries compared.
    public var compared: Int
    /// Nil when everything is equal.
    public var difference: ReplayDifference?
}

/// The first thing in which what was written and what was recomputed differ.
public struct ReplayDifference: Sendable, Hashable {
    /// Why, as far as can be told.
    public enum Cause: String, Sendable {
        /// A feed file is missing or has other bytes than the run read.
        case input
        /// The stored job file or its rules were changed.
        case job
        /// The model's bytes, or who was champion.
        case model
        /// An entry of a list.
        case list
        /// The stage or the engine has another version than the run's.
        case code
        /// A library has another version than the run's.
        case library
        /// Another processor.
        case platform
        /// Everything that goes in is as it was: the stored value was altered afterwards.
        case stored
    }
    public var cause: Cause
    /// `fraud_scores transaction 288062 version 1, score`
    public var place: String
    public var stored: String
    public var recomputed: String

    /// As the error that ends `pipeline replay` with exit code 3.
    public var failure: Failure {
        .replayDifference(self)
    }
}

/// Recomputes a job's history as of a past time and compares it with what was written.
///
/// Every run whose clock is at or before the time is run again by the same engine, in a warehouse of its own that starts empty: from the
/// feed files, the job file of the day, the model that was champion, labels and list entries known then. The live file is only read.
public struct Replayer: Sendable {
    let warehouse: Warehouse
    let environment: Environment
    let threads: Int

    /// - Parameter warehouse: opened for reading.
    public init(warehouse: Warehouse, environment: Environment, threads: Int = 2) {
        (self.warehouse, self.environment, self.threads) = (warehouse, environment, threads)
    }

    /// - Parameters:
    ///   - job: names the history and the folder its relative paths start from; the job files of the runs' own days are used.
    ///   - asOf: runs after it are left out.
    ///   - folder: where the warehouse of the recomputation is made; removed at the end.
    /// - Throws: no run by then, a file that cannot be read.
    public func replay(_ job: Job, asOf: Timestamp, in folder: String, progress: @escaping @Sendable (RunStatus) -> Void = { _ in })
        throws(Failure) -> ReplayReport
    {
        let runs = try warehouse.read { database in
            try RunStore(database).list(job: job.name).filter { $0.clock <= asOf && [.done, .held].contains($0.status) }
        }.reversed()
        guard !runs.isEmpty else { throw .replayEmpty(job: job.name, asOf: asOf) }
        var report = ReplayReport(asOf: asOf, runs: runs.map(\.id), compared: 0, difference: nil)
        let scratch = try ScratchWarehouse(folder: folder)
        defer { scratch.remove() }
        for run in runs {
            if let difference = try recompute(run, job: job, in: scratch.warehouse, progress: progress) {
                report.difference = difference
                return report
            }
        }
        let comparison = try ReplayComparison(live: warehouse, recomputed: scratch.warehouse, runs: Array(runs), job: job)
        report.difference = try comparison.firstDifference()
        report.compared = comparison.compared
        return report
    }

    /// Runs one run again; a difference found in what goes in comes back, and nothing is computed.
    func recompute(
        _ run: RunRecord, job current: Job, in scratch: Warehouse, asOfNow: Bool = false, keepingFeatures: Bool = false,
        preparation: Preparation? = nil, progress: @escaping @Sendable (RunStatus) -> Void
    ) throws(Failure) -> ReplayDifference? {
        let text = try warehouse.read { try RunStore($0).jobText(digest: run.jobDigest) }
        let found = SHA256.hash(data: Array(text.utf8)).hex
        guard found == run.jobDigest else {
            return ReplayDifference(
                cause: .job, place: "job file of run \(run.id)", stored: "digest \(found)", recomputed: "digest \(run.jobDigest)")
        }
        var job = asOfNow ? current : try Job.stored(text: text, path: current.path)
        if keepingFeatures { job.scoring?.results.storesFeatures = true }
        if let period = try warehouse.read({ try Rescorer.period(of: run.id, in: $0) }) {
            // Rows scored again leave the stage's state as it is, which is all that is wanted then.
            return asOfNow || preparation != nil ? nil : try rescore(run, job: job, period: period, in: scratch)
        }
        let plan: RunPlan
        switch try files(of: run, job: job) {
        case .failure(let difference): return difference
        case .success(let files): plan = files
        }
        if let difference = try carryOver(run, job: job, to: scratch) { return difference }
        let clock = run.clock
        var options = RunOptions(threads: threads, progress: progress)
        let identifier = run.id
        let ends = try warehouse.read { try RunStore($0).attempts(run: identifier).compactMap(\.ended) }
        options.deciding = warehouse
        options.models = RecordedAnswers(warehouse: warehouse, until: ends.max())
        let runner = Runner(
            warehouse: scratch,
            environment: Environment(
                now: { clock }, actor: environment.actor, host: environment.host, processIdentifier: environment.processIdentifier),
            options: options)
        _ = try runner.start(
            job, plan: plan, clock: run.clock,
            identity: RunIdentity(run: run.id, seed: run.seed, holidays: Holidays(stored: run.holidays), deadline: run.deadline),
            preparation: preparation, since: run.since)
        return nil
    }

    /// Scores rows of the scratch warehouse again, as the run did.
    private func rescore(
        _ run: RunRecord, job: Job, period: (from: Timestamp?, to: Timestamp?), in scratch: Warehouse
    ) throws(Failure) -> ReplayDifference? {
        if let difference = try carryOver(run, job: job, to: scratch) { return difference }
        let clock = run.clock
        let rescorer = Rescorer(
            warehouse: scratch,
            environment: Environment(
                now: { clock }, actor: environment.actor, host: environment.host, processIdentifier: environment.processIdentifier))
        _ = try rescorer.start(
            job, from: period.from, to: period.to, clock: clock,
            identity: RunIdentity(run: run.id, seed: run.seed, holidays: Holidays(stored: run.holidays)))
        return nil
    }

    private enum Files {
        case success(RunPlan)
        case failure(ReplayDifference)
    }

    /// The run's files as they are on disk now; a difference when one is not what the run read.
    private func files(of run: RunRecord, job: Job) throws(Failure) -> Files {
        let stored = try warehouse.read { try RunStore($0).files(run: run.id) }
        var planned: [PlannedFiles] = [], discards: [String: [String: [String]]] = [:]
        for feed in job.feeds {
            var files: [(file: FeedFile, digest: FeedDigest)] = []
            for entry in stored where entry.feed == feed.name {
                let file = FeedFile(path: job.resolved(entry.path), name: entry.name)
                let digest: FeedDigest
                do throws(Failure) {
                    digest = try FeedDigest(of: file)
                } catch {
                    return .failure(
                        ReplayDifference(
                            cause: .input, place: "file \(entry.name)", stored: "digest \(entry.digest)", recomputed: error.what))
                }
                guard digest.hex == entry.digest else {
                    return .failure(
                        ReplayDifference(
                            cause: .input, place: "file \(entry.name)", stored: "digest \(entry.digest)", recomputed: "digest \(digest.hex)"
                        ))
                }
                files.append((file, digest))
                if !entry.discards.isEmpty { discards[entry.digest] = entry.discards }
            }
            planned.append(PlannedFiles(feed: feed, files: files))
        }
        var plan = RunPlan(feeds: planned)
        plan.discards = discards
        for feed in job.feeds {
            let selections = try warehouse.read { try SelectionStore($0).selections(run: run.id, feed: feed.name) }
            if !selections.isEmpty { plan.selections[feed.name] = selections }
        }
        return .success(plan)
    }

    /// Files of one of the run's feeds as it read them, ready to be read again.
    ///
    /// - Throws: one that is missing or has other bytes.
    func streamedFiles(of run: RunRecord, job: Job, feed: String) throws(Failure) -> [StreamedFile] {
        switch try files(of: run, job: job) {
        case .failure(let difference): throw difference.failure
        case .success(let plan): return plan.streamed.filter { $0.feed.name == feed }
        }
    }

    /// Copies what the run could know and did not compute: models with their roles, and labels that people gave.
    private func carryOver(_ run: RunRecord, job: Job, to scratch: Warehouse) throws(Failure) -> ReplayDifference? {
        let known = try warehouse.read { try KnownThen(database: $0, run: run, job: job) }
        if let difference = known.modelDifference { return difference }
        try scratch.write { try known.insert(into: $0) }
        return nil
    }
}

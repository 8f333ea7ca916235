public import Connectors
import GRDB
import Models
public import Records

/// What a job's past would have come to under another policy or another model.
///
/// Rows are those that runs have written, of the period, each key's newest version. Features are the stored ones, so that nothing of the
/// stage is computed again; columns come from the feed files, checked by their digests. Where a job stores no features, its history is run
/// again in a scratch warehouse first. The live file is only read.
public struct WhatIf: Sendable {
    let warehouse: Warehouse
    let environment: Environment
    let threads: Int

    /// What is tried in place of what was; at least one of both.
    public struct Trial: Sendable {
        /// A job whose policy, rules, suppressions and review hold instead; nil = those of each run's own day.
        public var policy: Job?
        /// A version of the job's model; nil = the scores as stored.
        public var modelVersion: Int?

        public init(policy: Job? = nil, modelVersion: Int? = nil) { (self.policy, self.modelVersion) = (policy, modelVersion) }
    }

    /// - Parameter warehouse: opened for reading.
    public init(warehouse: Warehouse, environment: Environment, threads: Int = 2) {
        (self.warehouse, self.environment, self.threads) = (warehouse, environment, threads)
    }

    /// - Parameters:
    ///   - job: names the history, and says what outcomes cost.
    ///   - from, to: event times, the second not included; nil = from the first row, to the last.
    ///   - folder: where a scratch warehouse may be made.
    ///   - change: called for each row whose outcome changed, in order of the feed; nil = reasons are not computed.
    /// - Throws: no rows in the period; a stage that gives its results at the end; a feed file that is gone or changed; what `change` throws.
    public func compare(
        _ job: Job, trial: Trial, from: Timestamp? = nil, to: Timestamp? = nil, in folder: String,
        change: ((WhatIfChange) throws(Failure) -> Void)? = nil, progress: @escaping @Sendable (RunStatus) -> Void = { _ in }
    ) throws(Failure) -> WhatIfReport {
        let from = from ?? Timestamp(.init(year: 1, month: 1, day: 1)), to = to ?? Timestamp(.init(year: 9999, month: 12, day: 31))
        let scoring = try job.scored()
        guard try !scoring.decided().isFinished else { throw .whatIfFinishing(scoring.stage.name) }
        if let version = trial.modelVersion, try Stages.required(scoring.stage.name) is any KeepingStage.Type {
            throw .preparedOtherwise("--model \(version)", stage: scoring.stage.name)
        }
        let decided = try runs(of: scoring, from: from, to: to)
        guard let last = decided.last else { throw .whatIfEmpty(job: job.name, from: from, to: to) }
        // What filled the queue without a model follows from all earlier runs without one; of those the scores are enough.
        let runs = trial.modelVersion == nil ? try coldRuns(before: last, besides: decided, job: scoring) : decided
        let scratch = try scratchIfNeeded(decided, job: job, folder: folder, progress: progress)
        defer { scratch?.remove() }
        var session = try WhatIfSession(
            job: scoring, trial: trial, period: from.microseconds..<to.microseconds, source: scratch?.warehouse ?? warehouse, whatIf: self)
        for (index, run) in runs.enumerated() {
            try session.add(run, change: change)
            progress(
                RunStatus(
                    rows: Int64(session.ledger.rows), files: index + 1, fileCount: runs.count,
                    fraction: Double(index + 1) / Double(runs.count)))
        }
        guard session.ledger.rows > 0 else { throw .whatIfEmpty(job: job.name, from: from, to: to) }
        return try session.report(newest: last)
    }

    /// Finished runs with rows in the period, in order.
    private func runs(of job: ScoringJob, from: Timestamp, to: Timestamp) throws(Failure) -> [RunRecord] {
        try warehouse.read { database in
            let known = try RunStore(database).list(job: job.name).filter { $0.status == .done }
            guard try database.tableExists(job.results.table) else { return [] }
            let ids = try Int64.fetchSet(
                database,
                sql: """
                    SELECT DISTINCT run FROM \(ResultTable.quoted(job.results.table)) WHERE event_time >= ? AND event_time < ?
                    """, arguments: [Self.bound(from), Self.bound(to)])
            return known.filter { ids.contains($0.id) }.reversed()
        }
    }

    /// `decided` and the finished runs without a model before the last of them, in order.
    private func coldRuns(before last: RunRecord, besides decided: [RunRecord], job: ScoringJob) throws(Failure) -> [RunRecord] {
        let known = try warehouse.read { try RunStore($0).list(job: job.name) }
        let ids = Set(decided.map(\.id))
        return known.filter { ids.contains($0.id) || $0.status == .done && $0.model == nil && $0.id < last.id }.reversed()
    }

    /// Without the zone, so that times with a fraction of a second fall on the right side.
    private static func bound(_ time: Timestamp) -> String { String(time.iso8601.dropLast()) }

    /// The history run again with its features kept, where some run stored none.
    private func scratchIfNeeded(
        _ runs: [RunRecord], job: Job, folder: String, progress: @escaping @Sendable (RunStatus) -> Void
    ) throws(Failure) -> ScratchWarehouse? {
        var isStored = true
        for digest in Set(runs.map(\.jobDigest)) {
            let text = try warehouse.read { try RunStore($0).jobText(digest: digest) }
            let then = try Job.stored(text: text, path: job.path).scored()
            isStored = isStored && then.results.storesFeatures
        }
        guard !isStored else { return nil }
        let scratch = try ScratchWarehouse(folder: folder)
        let replayer = Replayer(warehouse: warehouse, environment: environment, threads: threads)
        let last = runs[runs.count - 1].id
        let history = try warehouse.read { try RunStore($0).list(job: job.name) }
            .filter { [.done, .held].contains($0.status) && $0.id <= last }.reversed()
        do throws(Failure) {
            for run in history {
                let found = try replayer.recompute(run, job: job, in: scratch.warehouse, keepingFeatures: true, progress: progress)
                if let found { throw found.failure }
            }
        } catch {
            scratch.remove()
            throw error
        }
        return scratch
    }
}

extension Failure {
    static func whatIfFinishing(_ stage: String) -> Failure {
        Failure(
            .usage, code: "whatif.stage", what: "this stage cannot be tried under another policy", place: "stage '\(stage)'",
            found: "it gives its results once the feed is read", expected: "a stage that scores each row")
    }

    static func whatIfEmpty(job: String, from: Timestamp, to: Timestamp) -> Failure {
        Failure(
            .usage, code: "whatif.empty", what: "there are no rows to decide again", place: "job '\(job)'",
            found: "none written with an event time from \(from.iso8601) to before \(to.iso8601)",
            expected: "a period that runs have read", remedy: "`pipeline runs list` shows the runs and their watermarks.")
    }
}

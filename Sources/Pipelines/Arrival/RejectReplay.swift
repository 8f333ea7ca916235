import Connectors
import GRDB
public import Records

/// Which rejects are read again.
public struct RejectChoice: Sendable {
    /// Rejects of this run only; nil = of all runs of the job.
    public var run: Int64?
    /// Of these codes only.
    public var codes: Set<Reject.Code>

    /// Codes whose reason may lie in the job file: late rows and duplicates were read well, and of a file that breaks off there is no more.
    public static let mendable = Set(Reject.Code.allCases).subtracting([.late, .duplicate, .malformed])

    public init(run: Int64? = nil, codes: Set<Reject.Code> = mendable) { (self.run, self.codes) = (run, codes) }
}

extension Runner {
    /// Reads rejected rows again with a job file that was corrected, as a run of its own.
    ///
    /// Exactly the records that were rejected are read, from the files they stood in, which must have the same bytes. They are scored when
    /// they arrive, as of their event time from what is known by then, however late: where rows do not bear on one another, the current
    /// rows are those that a clean file would have given. A row whose key has come meanwhile is left out and counted as unchanged: what came
    /// later holds. The rejects stay, marked with the run that took them; those that still cannot be read are rejects of that run.
    ///
    /// - Throws: an unfinished run, a file that is gone or another; as `run(_:)` otherwise.
    public func replayRejects(of job: Job, _ choice: RejectChoice = RejectChoice()) throws(Failure) -> RunReport {
        let lock = try JobLock(job: job.name, database: warehouse.path, environment: environment)
        defer { withExtendedLifetime(lock) {} }
        if let record = try warehouse.read({ try RunStore($0).unfinished(job: job.name) }) {
            let isReplay = try warehouse.read { database in
                try job.feeds.contains { try !SelectionStore(database).selections(run: record.id, feed: $0.name).isEmpty }
            }
            guard isReplay else { throw .replayUnfinished(job: job.name, run: record.id) }
            return try resume(record, job: job)
        }
        let plan = try RejectPlan(job: job, warehouse: warehouse, choice: choice).plan()
        guard !plan.isEmpty else {
            let earlier = try warehouse.read { try RunStore($0).last(job: job.name, statuses: [.done, .held]) }
            return RunReport(ending: .nothingNew, record: nil, attempt: nil, wasResumed: false, jobFileChanged: false, earlier: earlier)
        }
        return try start(job, plan: plan, clock: environment.now())
    }
}

/// Finds the rejects that are to be read again, and the files they stand in.
struct RejectPlan {
    let job: Job
    let warehouse: Warehouse
    let choice: RejectChoice

    private struct Source: Hashable {
        var run: Int64
        var feed: String
        var file: String
    }

    func plan() throws(Failure) -> RunPlan {
        let rejects = try warehouse.read { try candidates(in: $0) }
        var plan = RunPlan(feeds: [])
        for feed in job.feeds {
            var files: [(file: FeedFile, digest: FeedDigest)] = []
            var order: [Source] = []
            var records: [Source: [StoredReject]] = [:]
            for reject in rejects where reject.feed == feed.name {
                let source = Source(run: reject.run, feed: reject.feed, file: reject.reject.file)
                if records[source] == nil { order.append(source) }
                records[source, default: []].append(reject)
            }
            for source in order {
                let (entry, keepsRows) = try file(source, feed: feed)
                let found = FeedFile(path: job.resolved(entry.path), name: entry.name)
                let digest = try FeedDigest(of: found)
                guard digest.hex == entry.digest else { throw .rejectFileChanged(entry.name, run: source.run) }
                let selected = (records[source] ?? []).map { select($0.reject, id: $0.id, of: entry) }.sorted { $0.row < $1.row }
                plan.selections[feed.name, default: [:]][files.count] = FileSelection(records: selected, keepsRows: keepsRows)
                files.append((found, digest))
            }
            plan.feeds.append(PlannedFiles(feed: feed, files: files))
        }
        return plan
    }

    /// Rejects of ended runs that no run has taken yet, in the order found; places of old versions without an offset are left out.
    private func candidates(in database: Database) throws -> [StoredReject] {
        if let run = choice.run { _ = try RunStore(database).run(run) }
        return try StoredReject.fetchAll(
            database,
            sql: """
                SELECT j.* FROM pipeline_rejects j JOIN pipeline_runs r ON r.id = j.run
                WHERE r.job = ?1 AND r.status = 'done' AND (?2 IS NULL OR j.run = ?2)
                    AND j.id NOT IN (SELECT reject FROM pipeline_selections) ORDER BY j.id
                """, arguments: [job.name, choice.run]
        ).filter { choice.codes.contains($0.reject.code) }
    }

    /// The file as the run read it, and whether the feed is cut into records now as it was then.
    private func file(_ source: Source, feed: JobFeed) throws(Failure) -> (RunFile, Bool) {
        let found = try warehouse.read { database in
            (
                try RunStore(database).files(run: source.run).first { $0.feed == source.feed && $0.name == source.file },
                try RunStore(database).job(ofRun: source.run).feeds.first { $0.name == source.feed }
            )
        }
        guard let entry = found.0 else { throw .rejectFileChanged(source.file, run: source.run) }
        return (entry, found.1?.options == feed.options && found.1?.format == feed.format)
    }

    private func select(_ reject: Reject, id: Int64, of file: RunFile) -> SelectedRecord {
        // The last record of a file, badly quoted: an open quote that took the rest with it.
        let isTail = (reject.code == .quoting || reject.code == .tooLong || reject.code == .malformed) && reject.row == file.rowsRead
        return SelectedRecord(row: reject.row, offset: reject.offset, line: reject.line, isTail: isTail, reject: id)
    }
}

extension Failure {
    static func rejectFileChanged(_ name: String, run: Int64) -> Failure {
        Failure(
            .failed, code: "rejects.file-changed", what: "a file with rejected rows is not what it was", place: name,
            found: "other bytes, or no file", expected: "the file that run \(run) read",
            remedy: "Put it back; or let the corrected file come as a new delivery: its rows are compared by key.")
    }

    static func replayUnfinished(job: String, run: Int64) -> Failure {
        Failure(
            .tryAgain, code: "rejects.unfinished-run", what: "run \(run) of '\(job)' has not ended",
            expected: "no unfinished run", remedy: "`pipeline run` with its job file goes on with it; then replay the rejects.")
    }
}

import Connectors
import GRDB
import Models
import Records

/// The files of one feed that a run reads, with their digests.
struct PlannedFiles: Sendable {
    var feed: JobFeed
    var files: [(file: FeedFile, digest: FeedDigest)]
}

/// What a new run will read: the files whose content no earlier run of the job has read.
struct RunPlan: Sendable {
    var feeds: [PlannedFiles]
    /// Files that are not whole yet, a feed each.
    var waiting: [(feed: String, files: [Readiness.Waiting])] = []
    /// Of the files' paths, taken before their digests.
    var stamps: [String: FileStamp] = [:]

    /// Texts that make a row a reject, a column each, by the digest of the file.
    var discards: [String: [String: [String]]] = [:]
    /// Records to be read instead of whole files, by feed and position of the file; empty in an ordinary run.
    var selections: [String: [Int: FileSelection]] = [:]
    /// Files that a contract refuses.
    var frozen: [String] = []
    /// What was found about deliveries; empty in a replay.
    var findings = ArrivalFindings()
    /// The same for the person at the terminal.
    var notes: [String] = []

    /// The first feed with files that wait.
    var firstWaiting: (feed: String, files: [Readiness.Waiting])? { waiting.first }

    var isEmpty: Bool { feeds.allSatisfy { $0.files.isEmpty } }

    init(feeds: [PlannedFiles]) { self.feeds = feeds }

    /// Files of the feeds that are streamed, in the order read: tables first, then the main feed.
    var streamed: [StreamedFile] {
        [JobFeed.Role.table, .main].flatMap { role in
            feeds.filter { $0.feed.role == role }.flatMap { planned in
                planned.files.enumerated().map { position, entry in
                    StreamedFile(
                        feed: planned.feed, file: entry.file, discards: discards[entry.digest.hex] ?? [:],
                        selection: selections[planned.feed.name]?[position])
                }
            }
        }
    }

    var inputDigest: String {
        FeedDigest.combined(feeds.flatMap { $0.files.map(\.digest.hex) })
    }
}

/// The first transaction of a run: the run, its files, labels and lists, all or nothing.
struct RunStart {
    let job: Job
    let plan: RunPlan
    let clock: Timestamp
    let seed: UInt64
    /// Of the run that is replayed; nil = the next one.
    var identifier: Int64?
    let holidays: Holidays
    /// Event time before which rows only build the stage's state.
    var since: Timestamp?
    /// Of the run that is replayed: from where on its deadline had passed.
    var deadline: RunRecord.Place?

    /// - Parameter champion: the model that scores, or nil for the stage's rules.
    func begin(in database: Database, champion: ModelVersion?, versions: [NamedText]) throws -> RunRecord {
        let runs = RunStore(database)
        try runs.register(job)
        var created = RunRecord(
            job: job.name, clock: clock, seed: seed, jobDigest: job.digest, policyDigest: job.policyDigest,
            inputDigest: plan.inputDigest, listDigest: "", model: champion?.name, modelVersion: champion?.version,
            modelDigest: champion?.digest, versions: versions)
        (created.holidays, created.since, created.deadline) = (holidays.text, since, deadline)
        var record = try runs.create(created)
        if let identifier { record = try runs.renumber(record, to: identifier) }
        let ingest = FeedIngest(database: database, job: job, run: record.id, clock: clock, selections: plan.selections)
        try plan.findings.apply(to: database, at: clock)
        for planned in plan.feeds {
            for (position, entry) in planned.files.enumerated() {
                var file = RunFile(
                    run: record.id, job: job.name, feed: planned.feed.name, position: position, name: entry.file.name,
                    path: entry.file.name, digest: entry.digest.hex, bytes: entry.digest.bytes)
                file.discards = plan.discards[entry.digest.hex] ?? [:]
                _ = try runs.add(file)
                if let selection = plan.selections[planned.feed.name]?[position] {
                    try SelectionStore(database).insert(selection, run: record.id, feed: planned.feed.name, position: position)
                }
            }
            switch planned.feed.role {
            case .labels: record.counts.labelsRead += try ingest.labels(planned)
            case .list: try ingest.list(planned)
            case .main, .table: break
            }
            guard planned.feed.role == .labels || planned.feed.role == .list else { continue }
            try FileGuard(planned.files.map { ($0.file, $0.digest.hex) }, stamps: plan.stamps).check(through: planned.files.count - 1)
        }
        record.listDigest = try Self.listDigest(job: job, clock: clock, database: database)
        record.labelsUntil =
            try Int64.fetchOne(database, sql: "SELECT max(id) FROM pipeline_labels WHERE job = ?", arguments: [job.name]) ?? 0
        if job.scoring != nil {
            let job = try job.scored()
            let decided = try job.decided()
            try ResultTable(
                name: job.results.table, job: job.name, key: decided.keyFields,
                values: decided.valueColumns.map { decided.schema.fields[$0] } + decided.answers
            ).create(in: database)
        }
        for feed in job.feeds { try LandingTable(feed, job: job.name)?.create(in: database) }
        try ChallengerStore(database).begin(run: record.id, job: job, at: clock)
        try runs.update(record)
        return record
    }

    static func listDigest(job: Job, clock: Timestamp, database: Database) throws -> String {
        let lists = job.feeds.filter { $0.role == .list }
        let digests = try lists.map { try ListStore(database).digest(job: job.name, list: $0.name, knownBy: clock) }
        return FeedDigest.combined(digests)
    }
}

extension Job {
    /// The job file that a run stored.
    static func stored(text: String, path: String) throws(Failure) -> Job {
        do throws(JobProblems) {
            return try load(bytes: Array(text.utf8), path: path)
        } catch {
            throw error.failure
        }
    }

    /// A path as stored, from the job file's folder.
    func resolved(_ path: String) -> String { path.hasPrefix("/") ? path : "\(directory)/\(path)" }
}

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

    var isEmpty: Bool { feeds.allSatisfy { $0.files.isEmpty } }

    /// Looks for files and takes their digests; those known already are left out.
    init(job: Job, warehouse: Warehouse) throws(Failure) {
        var planned: [PlannedFiles] = []
        for feed in job.feeds {
            var files: [(FeedFile, FeedDigest)] = []
            var seen: Set<String> = []
            for file in try FeedDiscovery.files(matching: feed.files, in: job.directory) {
                let digest = try FeedDigest(of: file)
                let known = try warehouse.read { try RunStore($0).file(job: job.name, feed: feed.name, digest: digest.hex) }
                if known == nil, seen.insert(digest.hex).inserted { files.append((file, digest)) }
            }
            planned.append(PlannedFiles(feed: feed, files: files))
        }
        feeds = planned
    }

    init(feeds: [PlannedFiles]) { self.feeds = feeds }

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

    /// - Parameter champion: the model that scores, or nil for the stage's rules.
    func begin(in database: Database, champion: ModelVersion?, versions: [NamedText]) throws -> RunRecord {
        let runs = RunStore(database)
        try runs.register(job)
        var record = try runs.create(
            RunRecord(
                job: job.name, clock: clock, seed: seed, jobDigest: job.digest, policyDigest: job.policyDigest,
                inputDigest: plan.inputDigest, listDigest: "", model: champion?.name, modelVersion: champion?.version,
                modelDigest: champion?.digest, versions: versions))
        if let identifier { record = try runs.renumber(record, to: identifier) }
        let ingest = FeedIngest(database: database, job: job, run: record.id, clock: clock)
        for planned in plan.feeds {
            for (position, entry) in planned.files.enumerated() {
                _ = try runs.add(
                    RunFile(
                        run: record.id, job: job.name, feed: planned.feed.name, position: position, name: entry.file.name,
                        path: entry.file.name, digest: entry.digest.hex, bytes: entry.digest.bytes))
            }
            switch planned.feed.role {
            case .labels: record.counts.labelsRead += try ingest.labels(planned.feed, files: planned.files.map(\.file))
            case .list: try ingest.list(planned.feed, files: planned.files.map(\.file))
            case .main: break
            }
        }
        record.listDigest = try Self.listDigest(job: job, clock: clock, database: database)
        record.labelsUntil =
            try Int64.fetchOne(database, sql: "SELECT max(id) FROM pipeline_labels WHERE job = ?", arguments: [job.name]) ?? 0
        try ResultTable(name: job.results.table, job: job.name, key: job.keyFields).create(in: database)
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

    /// Fields of the main feed's key, in order.
    var keyFields: [Field] { main.key.compactMap { main.schema[$0] } }
}

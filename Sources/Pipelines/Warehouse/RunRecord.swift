public import GRDB
public import Records

/// One execution of a job, as stored: what it read, with what, and what came of it.
public struct RunRecord: Hashable, Sendable {
    public enum Status: String, CaseIterable, Sendable, Codable {
        case running, done
        /// Rejects passed the limit: invisible to views and queues until accepted or discarded.
        case held
        case discarded
    }

    /// Counts of one run; `read == accepted + rejected`.
    public struct Counts: Hashable, Sendable {
        public var read: Int64 = 0
        public var accepted: Int64 = 0
        public var rejected: Int64 = 0
        public var late: Int64 = 0
        /// Rows already stored with the same content.
        public var unchanged: Int64 = 0
        /// Rows stored as a new version of a known key.
        public var corrected: Int64 = 0
        public var reviewItems: Int64 = 0
        public var labelsRead: Int64 = 0
        /// Accepted rows before `since`: they built the stage's state and were not decided.
        public var before: Int64 = 0
        /// Rows decided after the deadline, without the model.
        public var afterDeadline: Int64 = 0

        public init() {}
    }

    /// A block of a run: its file among those streamed, and the number of the row before its first.
    public struct Place: Hashable, Sendable {
        public var file: Int
        public var row: Int64

        public init(file: Int, row: Int64) { (self.file, self.row) = (file, row) }
    }

    public struct Outcome: Hashable, Sendable, Codable {
        public var name: String
        public var rows: Int64

        public init(name: String, rows: Int64) { (self.name, self.rows) = (name, rows) }
    }

    /// 0 until created.
    public var id: Int64
    public var job: String
    /// Fixed at the first start, as is `seed`.
    public var clock: Timestamp
    public var seed: UInt64
    public var status: Status
    public var jobDigest: String
    public var policyDigest: String
    public var inputDigest: String
    public var listDigest: String
    /// Nil when the stage's own rules score.
    public var model: String?
    public var modelVersion: Int?
    public var modelDigest: String?
    /// Engine, stage, libraries, processor class.
    public var versions: [NamedText]
    public var counts = Counts()
    /// Rows an outcome, in the policy's order.
    public var outcomes: [Outcome] = []
    /// Event time up to which the feed is consumed.
    public var watermark: Timestamp?
    public var stateBytes: Int64 = 0
    /// Labels up to this identifier are visible to the run; what people add meanwhile is for the next.
    public var labelsUntil: Int64 = 0
    /// `n:hash`, the audit chain's head when the run ended.
    public var head: String?
    /// The calendar's holidays as the run knew them, `2026-01-01,2026-01-12`; nil = none.
    public var holidays: String?
    /// Event time before which rows only build the stage's state; nil = every row is decided.
    public var since: Timestamp?
    /// From here on the deadline had passed and no model was asked; nil = it never had.
    public var deadline: Place?

    public init(
        id: Int64 = 0, job: String, clock: Timestamp, seed: UInt64, status: Status = .running, jobDigest: String, policyDigest: String,
        inputDigest: String, listDigest: String, model: String? = nil, modelVersion: Int? = nil, modelDigest: String? = nil,
        versions: [NamedText]
    ) {
        (self.id, self.job, self.clock, self.seed, self.status) = (id, job, clock, seed, status)
        (self.jobDigest, self.policyDigest, self.inputDigest, self.listDigest) = (jobDigest, policyDigest, inputDigest, listDigest)
        (self.model, self.modelVersion, self.modelDigest, self.versions) = (model, modelVersion, modelDigest, versions)
    }
}

extension RunRecord: FetchableRecord {
    public init(row: Row) throws {
        guard let status = Status(rawValue: row["status"]) else {
            throw Failure.storedValue(
                table: "pipeline_runs", column: "status", found: "an unknown status", expected: "running, done, held or discarded")
        }
        let versions = try row.json("versions", table: "pipeline_runs").members ?? []
        self.init(
            id: row["id"], job: row["job"], clock: row.timestamp("clock"), seed: UInt64(bitPattern: row["seed"]), status: status,
            jobDigest: row["job_digest"], policyDigest: row["policy_digest"], inputDigest: row["input_digest"],
            listDigest: row["list_digest"], model: row["model"], modelVersion: row["model_version"], modelDigest: row["model_digest"],
            versions: versions.map { NamedText($0.name, $0.value.string) })
        (counts.read, counts.accepted, counts.rejected) = (row["rows_read"], row["rows_accepted"], row["rows_rejected"])
        (counts.late, counts.unchanged, counts.corrected) = (row["rows_late"], row["rows_unchanged"], row["rows_corrected"])
        (counts.reviewItems, counts.labelsRead) = (row["review_items"], row["labels_read"])
        let outcomes = try row.json("outcomes", table: "pipeline_runs").members ?? []
        self.outcomes = outcomes.map { Outcome(name: $0.name, rows: $0.value.integer ?? 0) }
        (watermark, stateBytes, head) = (row.optionalTimestamp("watermark"), row["state_bytes"], row["head"])
        (labelsUntil, holidays, since) = (row["labels_until"], row["holidays"], row.optionalTimestamp("since"))
        (counts.before, counts.afterDeadline) = (row["rows_before"], row["rows_after_deadline"])
        if let file = row["deadline_file"] as Int?, let number = row["deadline_row"] as Int64? { deadline = Place(file: file, row: number) }
    }

    var versionsJSON: String { JSONValue.object(versions.map { .init($0.name, .optional($0.value)) }).json }
    var outcomesJSON: String { JSONValue.object(outcomes.map { .init($0.name, .integer($0.rows)) }).json }
}

/// One start of a process for a run.
public struct RunAttempt: Hashable, Sendable, FetchableRecord {
    /// 0 until begun.
    public var id: Int64
    public var run: Int64
    public var started: Timestamp
    public var ended: Timestamp?
    public var process: Int32
    public var host: String
    /// How it ended: `done`, `stopped`, an error's code; nil = running, or killed.
    public var ending: String?
    public var rows: Int64 = 0
    public var seconds: Double?
    public var cpuSeconds: Double?
    /// Peak resident memory in bytes.
    public var peakBytes: Int64?

    public init(id: Int64 = 0, run: Int64, started: Timestamp, process: Int32, host: String) {
        (self.id, self.run, self.started, self.process, self.host) = (id, run, started, process, host)
    }

    public init(row: Row) {
        self.init(id: row["id"], run: row["run"], started: row.timestamp("started"), process: row["process"], host: row["host"])
        (ended, ending, rows) = (row.optionalTimestamp("ended"), row["ending"], row["rows"])
        (seconds, cpuSeconds, peakBytes) = (row["seconds"], row["cpu_seconds"], row["peak_bytes"])
    }
}

/// One file of a feed, read or to be read by a run.
public struct RunFile: Hashable, Sendable, FetchableRecord {
    /// 0 until added.
    public var id: Int64
    public var run: Int64
    public var job: String
    public var feed: String
    /// Order of reading in the feed, from 0.
    public var position: Int
    public var name: String
    public var path: String
    /// SHA-256 of the file's bytes as they are on disk.
    public var digest: String
    public var bytes: Int64
    /// Nil until the file was read to its end.
    public var rowsRead: Int64?
    public var rowsRejected: Int64?
    /// Texts that make a row of this file a reject, a column each: its contract's `discard-row`.
    public var discards: [String: [String]] = [:]

    public init(
        id: Int64 = 0, run: Int64, job: String, feed: String, position: Int, name: String, path: String, digest: String, bytes: Int64
    ) {
        (self.id, self.run, self.job, self.feed, self.position) = (id, run, job, feed, position)
        (self.name, self.path, self.digest, self.bytes) = (name, path, digest, bytes)
    }

    public init(row: Row) {
        self.init(
            id: row["id"], run: row["run"], job: row["job"], feed: row["feed"], position: row["position"], name: row["name"],
            path: row["path"], digest: row["digest"], bytes: row["bytes"])
        (rowsRead, rowsRejected) = (row["rows_read"], row["rows_rejected"])
        guard let text = row["discards"] as String?, let members = JSONValue(parsing: text)?.members else { return }
        for member in members { discards[member.name] = member.value.elements?.compactMap(\.string) ?? [] }
    }

    var discardsJSON: String? {
        guard !discards.isEmpty else { return nil }
        return JSONValue.object(
            discards.sorted { $0.key < $1.key }.map { .init($0.key, .array($0.value.map { .text($0) })) }
        ).json
    }
}

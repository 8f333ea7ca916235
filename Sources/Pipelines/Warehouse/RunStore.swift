public import GRDB
public import Records

/// Runs, their attempts and files, over an open transaction.
public struct RunStore {
    public let database: Database

    public init(_ database: Database) { self.database = database }

    /// Keeps the bytes of a job file, once a digest.
    public func register(_ job: Job) throws(Failure) {
        try database.worded {
            try database.runCached(
                "INSERT OR IGNORE INTO pipeline_jobs (digest, job, path, text, policy_digest) VALUES (?, ?, ?, ?, ?)",
                [job.digest, job.name, job.path, job.text, job.policyDigest])
        }
    }

    /// Adds a run; its job file must be registered.
    public func create(_ run: RunRecord) throws(Failure) -> RunRecord {
        try database.worded {
            try database.runCached(
                """
                INSERT INTO pipeline_runs (job, clock, seed, status, job_digest, policy_digest, input_digest, list_digest, model,
                    model_version, model_digest, versions, holidays, since) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    run.job, run.clock.microseconds, Int64(bitPattern: run.seed), run.status.rawValue, run.jobDigest, run.policyDigest,
                    run.inputDigest, run.listDigest, run.model, run.modelVersion, run.modelDigest, run.versionsJSON, run.holidays,
                    run.since?.microseconds,
                ])
            var created = run
            created.id = database.lastInsertedRowID
            try update(created)
            return created
        }
    }

    /// Writes what changes during a run: status, counts, outcomes, digests of what was read, watermark, state, head.
    public func update(_ run: RunRecord) throws(Failure) {
        try database.worded {
            let counts = run.counts
            try database.runCached(
                """
                UPDATE pipeline_runs SET status = ?, input_digest = ?, list_digest = ?, rows_read = ?, rows_accepted = ?, rows_rejected = ?,
                    rows_late = ?, rows_unchanged = ?, rows_corrected = ?, review_items = ?, labels_read = ?, outcomes = ?, watermark = ?,
                    state_bytes = ?, labels_until = ?, head = ?, rows_before = ?, deadline_file = ?, deadline_row = ?,
                    rows_after_deadline = ? WHERE id = ?
                """,
                [
                    run.status.rawValue, run.inputDigest, run.listDigest, counts.read, counts.accepted, counts.rejected, counts.late,
                    counts.unchanged, counts.corrected, counts.reviewItems, counts.labelsRead, run.outcomesJSON,
                    run.watermark?.microseconds, run.stateBytes, run.labelsUntil, run.head, counts.before, run.deadline?.file,
                    run.deadline?.row, counts.afterDeadline, run.id,
                ])
            guard database.changesCount == 1 else { throw Failure.runMissing(run.id) }
        }
    }

    /// - Throws: no such run.
    public func run(_ id: Int64) throws(Failure) -> RunRecord {
        try database.worded {
            guard let run = try RunRecord.fetchOne(database, sql: "SELECT * FROM pipeline_runs WHERE id = ?", arguments: [id]) else {
                throw Failure.runMissing(id)
            }
            return run
        }
    }

    /// The run of a job that was started and has not ended: the one to resume.
    public func unfinished(job: String) throws(Failure) -> RunRecord? {
        try last(job: job, statuses: [.running])
    }

    /// The newest run of a job with one of the given statuses.
    public func last(job: String, statuses: [RunRecord.Status]) throws(Failure) -> RunRecord? {
        try database.worded {
            let marks = statuses.map { _ in "?" }.joined(separator: ", ")
            return try RunRecord.fetchOne(
                database, sql: "SELECT * FROM pipeline_runs WHERE job = ? AND status IN (\(marks)) ORDER BY id DESC LIMIT 1",
                arguments: [job] + StatementArguments(statuses.map(\.rawValue)))
        }
    }

    /// Newest first.
    public func list(job: String? = nil, limit: Int = .max) throws(Failure) -> [RunRecord] {
        try database.worded {
            try RunRecord.fetchAll(
                database, sql: "SELECT * FROM pipeline_runs WHERE ?1 IS NULL OR job = ?1 ORDER BY id DESC LIMIT ?2",
                arguments: [job, limit])
        }
    }
}

extension RunStore {
    public func begin(_ attempt: RunAttempt) throws(Failure) -> RunAttempt {
        try database.worded {
            try database.runCached(
                "INSERT INTO pipeline_attempts (run, started, process, host) VALUES (?, ?, ?, ?)",
                [attempt.run, attempt.started.microseconds, attempt.process, attempt.host])
            var begun = attempt
            begun.id = database.lastInsertedRowID
            return begun
        }
    }

    /// Writes how an attempt ended.
    public func end(_ attempt: RunAttempt) throws(Failure) {
        try database.worded {
            try database.runCached(
                "UPDATE pipeline_attempts SET ended = ?, ending = ?, rows = ?, seconds = ?, cpu_seconds = ?, peak_bytes = ? WHERE id = ?",
                [
                    attempt.ended?.microseconds, attempt.ending, attempt.rows, attempt.seconds, attempt.cpuSeconds, attempt.peakBytes,
                    attempt.id,
                ])
        }
    }

    /// In the order of their starts.
    public func attempts(run: Int64) throws(Failure) -> [RunAttempt] {
        try database.worded {
            try RunAttempt.fetchAll(database, sql: "SELECT * FROM pipeline_attempts WHERE run = ? ORDER BY id", arguments: [run])
        }
    }

    public func add(_ file: RunFile) throws(Failure) -> RunFile {
        try database.worded {
            try database.runCached(
                """
                INSERT INTO pipeline_files (run, job, feed, position, name, path, digest, bytes, rows_read, rows_rejected, discards)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    file.run, file.job, file.feed, file.position, file.name, file.path, file.digest, file.bytes, file.rowsRead,
                    file.rowsRejected, file.discardsJSON,
                ])
            var added = file
            added.id = database.lastInsertedRowID
            return added
        }
    }

    /// Writes the counts of a file that was read to its end.
    public func finish(_ file: RunFile) throws(Failure) {
        try database.worded {
            try database.runCached(
                "UPDATE pipeline_files SET rows_read = ?, rows_rejected = ? WHERE id = ?", [file.rowsRead, file.rowsRejected, file.id])
        }
    }

    /// In the order read.
    public func files(run: Int64) throws(Failure) -> [RunFile] {
        try database.worded {
            try RunFile.fetchAll(database, sql: "SELECT * FROM pipeline_files WHERE run = ? ORDER BY id", arguments: [run])
        }
    }

    /// The file with these bytes that a run of this job, not discarded, has or had to read; nil = new.
    public func file(job: String, feed: String, digest: String) throws(Failure) -> RunFile? {
        try database.worded {
            try RunFile.fetchOne(
                database,
                sql: """
                    SELECT f.* FROM pipeline_files f JOIN pipeline_runs r ON r.id = f.run
                    WHERE f.job = ? AND f.feed = ? AND f.digest = ? AND r.status <> 'discarded' ORDER BY f.id DESC LIMIT 1
                    """, arguments: [job, feed, digest])
        }
    }
}

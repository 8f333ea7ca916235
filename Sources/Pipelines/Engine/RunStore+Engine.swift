import GRDB
import Records

extension RunStore {
    /// The job file's text of the day.
    func jobText(digest: String) throws(Failure) -> String {
        try database.worded {
            guard let text = try String.fetchOne(database, sql: "SELECT text FROM pipeline_jobs WHERE digest = ?", arguments: [digest])
            else {
                throw Failure.jobTextMissing(digest)
            }
            return text
        }
    }

    /// Gives a run that has no children yet another identifier.
    func renumber(_ run: RunRecord, to identifier: Int64) throws(Failure) -> RunRecord {
        try database.worded {
            try database.execute(sql: "UPDATE pipeline_runs SET id = ? WHERE id = ?", arguments: [identifier, run.id])
            var renumbered = run
            renumbered.id = identifier
            return renumbered
        }
    }

    /// Labels up to this identifier were visible to the job's runs before; 0 = there was none.
    func labelsBefore(_ run: RunRecord) throws(Failure) -> Int64 {
        try database.worded {
            try Int64.fetchOne(
                database, sql: "SELECT max(labels_until) FROM pipeline_runs WHERE job = ? AND id < ?", arguments: [run.job, run.id]) ?? 0
        }
    }

    /// Event time up to which the job's runs before had consumed the feed.
    func watermark(before run: RunRecord) throws(Failure) -> Timestamp? {
        try database.worded {
            try Int64.fetchOne(
                database, sql: "SELECT max(watermark) FROM pipeline_runs WHERE job = ? AND id < ? AND status <> 'discarded'",
                arguments: [run.job, run.id]
            ).map { Timestamp(microseconds: $0) }
        }
    }

    /// The newest time that one of the job's runs before was told to decide from; nil = none was.
    func since(before run: RunRecord) throws(Failure) -> Timestamp? {
        try database.worded {
            try Int64.fetchOne(
                database, sql: "SELECT max(since) FROM pipeline_runs WHERE job = ? AND id < ? AND status <> 'discarded'",
                arguments: [run.job, run.id]
            ).map { Timestamp(microseconds: $0) }
        }
    }
}

extension LabelStore {
    /// Labels that people gave, in order of known time.
    func decisions(job: String) throws(Failure) -> [LabelEvent] {
        try database.worded {
            try Row.fetchAll(
                database, sql: "SELECT key, positive, known FROM pipeline_labels WHERE job = ? AND decision IS NOT NULL ORDER BY known, id",
                arguments: [job]
            ).map { LabelEvent(key: RecordKey.hash($0["key"]), isPositive: $0["positive"], known: $0.timestamp("known")) }
        }
    }
}

extension RunRecord {
    /// What the audit chain keeps of a finished run.
    var auditBody: JSONValue {
        // Only where they are: entries of runs without them stay what they were.
        var further: [JSONValue.Member] = []
        if let since { further.append(.init("since", .text(since.iso8601))) }
        if deadline != nil { further.append(.init("rows_after_deadline", .integer(counts.afterDeadline))) }
        return .object(
            [
                .init("job", .text(job)), .init("run", .integer(id)), .init("clock", .text(clock.iso8601)),
                .init("status", .text(status.rawValue)),
                .init("job_digest", .text(jobDigest)), .init("policy_digest", .text(policyDigest)),
                .init("input_digest", .text(inputDigest)),
                .init("list_digest", .text(listDigest)), .init("model", .optional(model)), .init("model_version", .integer(modelVersion)),
                .init("model_digest", .optional(modelDigest)), .init("rows_read", .integer(counts.read)),
                .init("rows_accepted", .integer(counts.accepted)), .init("rows_rejected", .integer(counts.rejected)),
                .init("review_items", .integer(counts.reviewItems)),
            ] + further)
    }
}

extension RunStore {
    /// Takes back the start of a run that wrote no chunk, with the tables it made: a corrected job file may lay them out anew.
    func forget(_ run: Int64) throws {
        let made = try String.fetchAll(
            database, sql: "SELECT name FROM pipeline_results WHERE job = (SELECT job FROM pipeline_runs WHERE id = ?) ORDER BY name",
            arguments: [run])
        for name in made where try Row.fetchOne(database, sql: "SELECT 1 FROM \(ResultTable.quoted(name)) LIMIT 1") == nil {
            try database.execute(sql: "DROP VIEW \(ResultTable.quoted(name + "_current"))")
            try database.execute(sql: "DROP TABLE \(ResultTable.quoted(name))")
            try database.execute(sql: "DELETE FROM pipeline_results WHERE name = ?", arguments: [name])
        }
        try DeliveryStore(database).forget(run: run)
        for table in [
            "pipeline_run_challengers", "pipeline_selections", "pipeline_labels", "pipeline_lists", "pipeline_rejects", "pipeline_files",
            "pipeline_attempts",
        ] {
            try database.execute(sql: "DELETE FROM \(table) WHERE run = ?", arguments: [run])
        }
        try database.execute(sql: "DELETE FROM pipeline_runs WHERE id = ?", arguments: [run])
    }
}

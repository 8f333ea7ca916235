import GRDB
import Records

extension Purge {
    /// Items that are decided or superseded, with claims, decisions and the labels these gave. Open ones stay, whatever their age.
    func reviewItems(_ job: Job, _ limit: Timestamp, after last: inout Int64, in database: Database) throws -> Batch {
        let undelivered = try undelivered(job, in: database)
        let ids = try Int64.fetchAll(
            database,
            sql: """
                SELECT i.id FROM pipeline_review_items i WHERE i.job = :job AND i.created < :limit AND i.id > :last
                AND (\(Self.isClosed)) AND \(RetainedTable.isNotHeld(job: ":job", key: "i.key"))
                AND (i.kind <> 'row' OR \(undelivered.isGiven(item: "i")))
                ORDER BY i.id LIMIT :count
                """, arguments: ["job": job.name, "limit": limit.microseconds, "last": last, "count": batch])
        last = ids.last ?? last
        let gone = try ReviewRemoval.delete(items: ids, in: database)
        return Batch(rows: gone.rows, decisions: gone.decisions, isLast: ids.count < batch)
    }

    /// Decided ("wait" closes nothing), or about a row of which a newer version has an item.
    private static let isClosed = """
        EXISTS (SELECT 1 FROM pipeline_decisions d WHERE d.item = i.id AND (i.kind = 'row' OR d.outcome <> '\(ReviewChoices.wait)'))
        OR i.kind = 'row' AND EXISTS (SELECT 1 FROM pipeline_review_items n WHERE n.job = i.job AND n.kind = 'row' AND n.key = i.key
            AND n.version > i.version)
        """

    /// Every version of keys of which the newest is old.
    func rows(
        of table: RetainedTable, _ job: Job, _ limit: Timestamp, after last: inout [DatabaseValue]?, in database: Database
    ) throws -> Batch {
        var arguments: StatementArguments = ["job": job.name, "count": batch]
        if table.time == nil { arguments += ["limit": limit.microseconds] } else { arguments += ["text": limit.iso8601] }
        for (index, value) in (last ?? []).enumerated() { arguments += ["last\(index)": value] }
        // Rows of tables are no outcomes: no receiver waits for them.
        let undelivered = table.hasScores ? try undelivered(job, in: database).list : "0"
        let keys = try Row.fetchAll(
            database, sql: table.oldKeysSQL(after: last != nil, undelivered: undelivered), arguments: arguments)
        var deleted = Batch(isLast: keys.count < batch)
        let delete = try database.makeStatement(sql: table.deleteSQL())
        for row in keys {
            let key = table.key.map { row[$0] as DatabaseValue }
            try delete.execute(arguments: StatementArguments(key))
            deleted.rows[table.name, default: 0] += database.changesCount
            last = key
            guard table.hasScores else { continue }
            try database.runCached("DELETE FROM pipeline_challenger_scores WHERE job = ? AND key = ?", [job.name, row["key_text"]])
            if database.changesCount > 0 { deleted.rows["pipeline_challenger_scores", default: 0] += database.changesCount }
        }
        return deleted
    }

    func suppressed(_ job: Job, _ limit: Timestamp, after last: inout Int64, in database: Database) throws -> Batch {
        try delete(
            from: "pipeline_suppressed", after: &last,
            where: "t.job = :job AND t.event_time < :limit AND \(RetainedTable.isNotHeld(job: ":job", key: "t.key"))",
            ["job": job.name, "limit": limit.microseconds], in: database)
    }

    /// Of feeds; those that decisions gave go with their items.
    func labels(_ job: Job, _ limit: Timestamp, after last: inout Int64, in database: Database) throws -> Batch {
        try delete(
            from: "pipeline_labels", after: &last,
            where: """
                t.job = :job AND t.known < :limit AND t.decision IS NULL AND \(RetainedTable.isNotHeld(job: ":job", key: "t.key"))
                """, ["job": job.name, "limit": limit.microseconds], in: database)
    }

    func rejects(_ job: Job, _ limit: Timestamp, after last: inout Int64, in database: Database) throws -> Batch {
        let holds = try HoldStore(database).active(job: job.name), named = NamedRejects(job, in: database)
        return try delete(
            from: "pipeline_rejects", after: &last,
            where: "t.run IN (SELECT id FROM pipeline_runs WHERE job = :job AND clock < :limit)",
            ["job": job.name, "limit": limit.microseconds], in: database
        ) { try named.held($0, by: holds) }
    }

    /// Rows of an internal table by their numbers. The newest stays: numbers go on after it, and runs and selections remember numbers.
    private func delete(
        from table: String, after last: inout Int64, where condition: String, _ arguments: StatementArguments, in database: Database,
        except kept: ([Int64]) throws -> Set<Int64> = { _ in [] }
    ) throws -> Batch {
        let ids = try Int64.fetchAll(
            database,
            sql: """
                SELECT t.id FROM \(table) t WHERE \(condition) AND t.id > :last AND t.id < (SELECT max(id) FROM \(table))
                ORDER BY t.id LIMIT :count
                """, arguments: arguments + ["last": last, "count": batch])
        last = ids.last ?? last
        let kept = try kept(ids), gone = ids.filter { !kept.contains($0) }
        for id in gone { try database.runCached("DELETE FROM \(table) WHERE id = ?", [id]) }
        return Batch(rows: gone.isEmpty ? [:] : [table: gone.count], isLast: ids.count < batch)
    }
}

/// Takes review items out with all that hangs on them.
enum ReviewRemoval {
    /// - Returns: rows deleted by table, and the decisions among them, whose audit entries the caller must empty.
    static func delete(items: [Int64], in database: Database) throws -> (rows: [String: Int], decisions: [Int64]) {
        var rows: [String: Int] = [:], decisions: [Int64] = []
        func count(_ table: String) {
            if database.changesCount > 0 { rows[table, default: 0] += database.changesCount }
        }
        for item in items {
            let own = try Int64.fetchAll(
                database.cachedStatement(sql: "SELECT id FROM pipeline_decisions WHERE item = ?"), arguments: [item])
            for decision in own {
                // The newest label's number must not be given again: runs remember up to which they know labels.
                try database.runCached(
                    """
                    UPDATE pipeline_labels SET key = '', decision = NULL WHERE decision = ?
                    AND id = (SELECT max(id) FROM pipeline_labels)
                    """, [decision])
                count("pipeline_labels")
                try database.runCached("DELETE FROM pipeline_labels WHERE decision = ?", [decision])
                count("pipeline_labels")
            }
            decisions += own
            try database.runCached("DELETE FROM pipeline_claims WHERE item = ?", [item])
            count("pipeline_claims")
            try database.runCached(
                "DELETE FROM pipeline_signatures WHERE id IN (SELECT id FROM pipeline_decisions WHERE item = ?)", [item])
            count("pipeline_signatures")
            try database.runCached("DELETE FROM pipeline_amounts WHERE id IN (SELECT id FROM pipeline_decisions WHERE item = ?)", [item])
            count("pipeline_amounts")
            try database.runCached("DELETE FROM pipeline_drafts WHERE item = ?", [item])
            count("pipeline_drafts")
            try database.runCached("DELETE FROM pipeline_decisions WHERE item = ?", [item])
            count("pipeline_decisions")
            try database.runCached("DELETE FROM pipeline_review_items WHERE id = ?", [item])
            count("pipeline_review_items")
        }
        return (rows, decisions)
    }
}

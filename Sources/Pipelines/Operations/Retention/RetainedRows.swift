import Connectors
import GRDB
import Records

/// A table of a job whose rows are known by a key: its scores, or a feed's rows.
struct RetainedTable {
    let name: String
    /// Columns of the key.
    let key: [String]
    /// Column with the event time; nil = rows are as old as their run.
    let time: String?
    /// With scores: challengers' scores and suppressed rows belong to its keys.
    let hasScores: Bool

    /// The tables of a job, scores first.
    static func all(of job: Job, in database: Database) throws -> [RetainedTable] {
        try Row.fetchAll(
            database, sql: "SELECT name, feed FROM pipeline_results WHERE job = ? ORDER BY feed IS NOT NULL, name", arguments: [job.name]
        ).map { row in
            let name: String = row["name"], feed: String? = row["feed"]
            let key = try database.primaryKey(name).columns.filter { $0 != "version" }
            let time = feed.map { feed in job.feeds.first { $0.name == feed }?.eventTime } ?? "event_time"
            return RetainedTable(name: name, key: key, time: time, hasScores: feed == nil)
        }
    }

    /// The key of a row as items, labels and holds have it.
    func keyText(_ row: String) -> String {
        key.map { "CAST(\(row).\(ResultTable.quoted($0)) AS TEXT)" }.joined(separator: " || char(31) || ")
    }

    var keyList: String { key.map(ResultTable.quoted).joined(separator: ", ") }

    /// Rows of which the newest version is older than the limit, in the order of their keys: `:limit` in microseconds, `:text` as text.
    ///
    /// - Parameter undelivered: runs of which no row goes.
    func oldKeysSQL(after last: Bool, undelivered: String) -> String {
        let table = ResultTable.quoted(name)
        let match = key.map { "n.\(ResultTable.quoted($0)) = r.\(ResultTable.quoted($0))" }.joined(separator: " AND ")
        let age =
            time.map { "r.\(ResultTable.quoted($0)) < :text" }
            ?? "r.run IN (SELECT id FROM pipeline_runs WHERE clock < :limit AND job = :job)"
        let order = key.map { "r.\(ResultTable.quoted($0))" }.joined(separator: ", ")
        let from = last ? "AND (\(order)) > (\(key.indices.map { ":last\($0)" }.joined(separator: ", ")))" : ""
        return """
            SELECT \(order), \(keyText("r")) AS key_text FROM \(table) r WHERE \(age) \(from)
            AND NOT EXISTS (SELECT 1 FROM \(table) n WHERE \(match) AND n.version > r.version)
            AND NOT EXISTS (SELECT 1 FROM \(table) n WHERE \(match) AND n.run IN (\(undelivered)))
            AND \(Self.isFree(job: ":job", key: keyText("r")))
            ORDER BY \(order) LIMIT :count
            """
    }

    func deleteSQL() -> String {
        "DELETE FROM \(ResultTable.quoted(name)) WHERE \(key.map { "\(ResultTable.quoted($0)) = ?" }.joined(separator: " AND "))"
    }

    /// No hold is in force on the job or the key, and no item about it is undecided.
    static func isFree(job: String, key: String) -> String {
        """
        \(isNotHeld(job: job, key: key))
        AND NOT EXISTS (SELECT 1 FROM pipeline_review_items i WHERE i.job = \(job) AND i.kind = 'row' AND i.key = \(key)
            AND NOT EXISTS (SELECT 1 FROM pipeline_decisions d WHERE d.item = i.id)
            AND NOT EXISTS (SELECT 1 FROM pipeline_review_items m WHERE m.job = i.job AND m.kind = 'row' AND m.key = i.key
                AND m.version > i.version))
        """
    }

    static func isNotHeld(job: String, key: String) -> String {
        """
        NOT EXISTS (SELECT 1 FROM pipeline_holds h WHERE h.action = 'place' AND h.job = \(job) AND (h.key IS NULL OR h.key = \(key))
            AND NOT EXISTS (SELECT 1 FROM pipeline_holds z WHERE z.job = h.job AND z.key IS h.key AND z.id > h.id))
        """
    }
}

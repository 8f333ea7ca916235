import Connectors
import Crypto
import GRDB
import Records

/// Compares what was written by some runs with what their recomputation wrote, table by table, and stops at the first difference.
final class ReplayComparison {
    private let live: Warehouse
    private let recomputed: Warehouse
    private let runs: [RunRecord]
    private let job: Job
    /// What the runs were made with this time.
    private let versions: [NamedText]
    private(set) var compared = 0
    /// Rows that a purge or an erasure took since.
    private var removed: RemovedRows

    init(live: Warehouse, recomputed: Warehouse, runs: [RunRecord], job: Job) throws(Failure) {
        (self.live, self.recomputed, self.runs, self.job) = (live, recomputed, runs, job)
        versions = try recomputed.read { try RunStore($0).list(job: job.name, limit: 1).first?.versions ?? [] }
        removed = try live.read { try RemovedRows($0, job: job, runs: runs) }
    }

    /// One table as seen by the comparison: equal rows have equal values in all columns, in an order that both sides share.
    private struct Table {
        var name: String
        /// What the rows are named by in a report.
        var key: [String]
        var sql: String
    }

    private var runList: String { runs.map { String($0.id) }.joined(separator: ", ") }

    private func tables() throws(Failure) -> [Table] {
        let ours = "run IN (\(runList))"
        return [
            Table(
                name: "pipeline_lists", key: ["list", "entry"],
                sql: "SELECT list, entry, known, run FROM pipeline_lists WHERE \(ours) ORDER BY run, list, id"),
            Table(
                name: "pipeline_labels", key: ["key"],
                sql: "SELECT key, positive, known, run, id FROM pipeline_labels WHERE \(ours) ORDER BY id"),
        ] + (try resultTables()) + [
            Table(
                name: "pipeline_run_challengers", key: ["version"],
                sql: "SELECT version, run, name, digest FROM pipeline_run_challengers WHERE \(ours) ORDER BY run, name, version"),
            Table(
                name: "pipeline_challenger_scores", key: ["key", "version", "model_version"],
                sql: """
                    SELECT key, version, model_version, run, score, outcome FROM pipeline_challenger_scores WHERE \(ours)
                    ORDER BY run, key, version, model_version
                    """),
            Table(
                name: "pipeline_rescores", key: ["run"],
                sql: "SELECT run, from_time, to_time FROM pipeline_rescores WHERE \(ours) ORDER BY run"),
            Table(
                name: "pipeline_review_items", key: ["key", "version"],
                sql: """
                    SELECT key, version, run, queue, event_time, score, value, currency, cause, suggested, interim, over_capacity,
                    sample_probability, reasons, evidence, fields, created, due, on_overdue
                    FROM pipeline_review_items WHERE \(ours) AND kind = 'row' ORDER BY run, id
                    """),
            Table(
                name: "pipeline_suppressed", key: ["key", "version"],
                sql: """
                    SELECT key, version, run, suppression, event_time, cause, outcome, if_positive, if_negative, review, currency
                    FROM pipeline_suppressed WHERE \(ours) ORDER BY run, id
                    """),
            Table(
                name: "pipeline_rejects", key: ["file", "row"],
                sql: """
                    SELECT file, "row", run, feed, line, "offset", column_name, code, found, expected, raw
                    FROM pipeline_rejects WHERE \(ours) ORDER BY run, id
                    """),
            Table(
                name: "pipeline_runs", key: ["id"],
                sql: """
                    SELECT id, clock, seed, job_digest, policy_digest, input_digest, list_digest, model, model_version, model_digest,
                    rows_read, rows_accepted, rows_rejected, rows_late, rows_unchanged, rows_corrected, review_items, labels_read, outcomes,
                    watermark, labels_until, since, rows_before, deadline_file, deadline_row, rows_after_deadline FROM pipeline_runs WHERE id IN (\(runList)) ORDER BY id
                    """),
        ]
    }

    /// The tables with the job's scores and landed rows, by name. Rows are compared in the order of their keys.
    private func resultTables() throws(Failure) -> [Table] {
        try live.read { database in
            try String.fetchAll(
                database, sql: "SELECT name FROM pipeline_results WHERE job = ? ORDER BY feed IS NOT NULL, name", arguments: [job.name]
            ).map { name in
                let key = try database.primaryKey(name).columns
                let order = key.map(ResultTable.quoted).joined(separator: ", ")
                return Table(
                    name: name, key: key,
                    sql: "SELECT * FROM \(ResultTable.quoted(name)) WHERE run IN (\(runList)) ORDER BY \(order)")
            }
        }
    }

    func firstDifference() throws(Failure) -> ReplayDifference? {
        for table in try tables() {
            if let difference = try firstDifference(in: table) { return difference }
        }
        return nil
    }

    private func firstDifference(in table: Table) throws(Failure) -> ReplayDifference? {
        try live.read { liveDatabase in
            try recomputed.read { scratchDatabase in
                let stored = try Row.fetchCursor(liveDatabase, sql: table.sql)
                let again = try Row.fetchCursor(scratchDatabase, sql: table.sql)
                while true {
                    let left = try stored.next()
                    var right = try again.next()
                    while let row = right, left != row, removed.explains(row, missingFrom: table.name, key: table.key, besides: left) {
                        right = try again.next()
                    }
                    switch (left, right) {
                    case (nil, nil): return nil
                    case (let left?, nil):
                        return difference(table, at: left, column: nil, stored: "a row", recomputed: "no such row")
                    case (nil, let right?):
                        return difference(table, at: right, column: nil, stored: "no such row", recomputed: "a row")
                    case (let left?, let right?):
                        compared += 1
                        if left != right, !removed.isRewritten(left, from: right, in: table.name) { return describe(table, left, right) }
                    }
                }
            }
        }
    }

    private func describe(_ table: Table, _ left: Row, _ right: Row) -> ReplayDifference {
        for name in table.key where left[name] as DatabaseValue != right[name] as DatabaseValue {
            return difference(
                table, at: left, column: nil, stored: "row \(text(table.key, left))", recomputed: "row \(text(table.key, right))")
        }
        for name in left.columnNames where left[name] as DatabaseValue != right[name] as DatabaseValue {
            if name == "features" { return features(table, left, right) }
            return difference(table, at: left, column: name, stored: shown(left[name], of: name), recomputed: shown(right[name], of: name))
        }
        return difference(table, at: left, column: nil, stored: "another row", recomputed: "another row")
    }

    /// Names the first feature that differs.
    private func features(_ table: Table, _ left: Row, _ right: Row) -> ReplayDifference {
        let names = (try? job.scoring.map { try Stages.definition(of: $0.stage).features.map(\.name) }) ?? []
        let (stored, again) = (PackedFeatures.unpack(left["features"]), PackedFeatures.unpack(right["features"]))
        for index in 0..<max(stored.count, again.count) {
            let a = index < stored.count ? stored[index] : nil, b = index < again.count ? again[index] : nil
            guard a?.bitPattern != b?.bitPattern else { continue }
            let name = index < names.count ? names[index] : String(index)
            return difference(
                table, at: left, column: "feature \(name)", stored: a.map { "\($0)" } ?? "none", recomputed: b.map { "\($0)" } ?? "none")
        }
        return difference(table, at: left, column: "features", stored: "other bytes", recomputed: "other bytes")
    }

    private func difference(_ table: Table, at row: Row, column: String?, stored: String, recomputed: String) -> ReplayDifference {
        let run: Int64 = (row["run"] as Int64?) ?? (row["id"] as Int64?) ?? 0
        return ReplayDifference(
            cause: cause(run: run, table: table.name), place: "\(table.name) \(text(table.key, row))\(column.map { ", \($0)" } ?? "")",
            stored: stored, recomputed: recomputed)
    }

    private func cause(run: Int64, table: String) -> ReplayDifference.Cause {
        let made = runs.first { $0.id == run }?.versions ?? versions
        func differs(_ name: String) -> Bool { made.first { $0.name == name } != versions.first { $0.name == name } }
        if differs("engine") || differs("stage") { return .code }
        // A run by rules alone names no library; the newest run's is compared only where both name one.
        if differs("library"), made.contains(where: { $0.name == "library" && $0.value != "none" }) { return .library }
        if differs("processor") { return .platform }
        return table == "pipeline_lists" ? .list : .stored
    }

    private func text(_ names: [String], _ row: Row) -> String {
        names.map { "\($0) \(shown(row[$0], of: $0))" }.joined(separator: " ")
    }

    /// Columns that speak of people, whatever their table: a difference goes into logs and mails.
    private static let personal: Set<String> = ["reasons", "evidence", "fields", "raw", "found"]

    private func isPersonal(_ column: String) -> Bool {
        if Self.personal.contains(column) { return true }
        let fields = job.feeds.flatMap { $0.columns.map(\.field) }
        let keys = job.feeds.flatMap(\.key)
        // Items, labels and scores have the row's key as a text, lists their entry.
        if column == "key" || column == "entry" { return fields.contains { $0.isPersonal && keys.contains($0.name) } }
        return fields.contains { $0.isPersonal && $0.name == column }
    }

    /// A value as it may be shown: of a personal one its length and the first digits of its digest, which tell two apart.
    private func shown(_ value: DatabaseValue, of column: String) -> String {
        let text = text(value)
        guard isPersonal(column), !value.isNull else { return text }
        if case .blob = value.storage { return text }
        return "(personal: \(text.count) characters, digest \(SHA256.hash(data: Array(text.utf8)).hex.prefix(8)))"
    }

    private func text(_ value: DatabaseValue) -> String {
        switch value.storage {
        case .null: "NULL"
        case .int64(let value): "\(value)"
        case .double(let value): "\(value)"
        case .string(let value): value
        case .blob(let data): "\(data.count) bytes"
        }
    }
}

import Foundation
import GRDB
import Models
import Records

/// The newest version of every row of a job, with what became known of it: the report's material, column by column.
struct ReportRows {
    var keys: [String] = []
    var times: [Timestamp] = []
    /// NaN = no score.
    var scores: [Float] = []
    var outcomes: [String] = []
    var runs: [Int64] = []
    var isCorrected: [Bool] = []
    var isLate: [Bool] = []
    /// What was last learnt about a row by the report's clock; nil = nothing.
    var known: [Bool?] = []
    var items: [Item?] = []
    /// Row-major; empty where the job stores none, or their number changed on the way.
    var features: [Float] = []
    var featureCount = 0

    var count: Int { keys.count }
    var days: [Int] { times.map(\.day) }

    /// What of a row's review item matters here.
    struct Item {
        var created: Timestamp
        var suggested: String
        /// Until somebody has decided: that of the day, or the overdue one.
        var standing: String
        var sampleProbability: Double?
        var isOverCapacity: Bool
        /// The last decision, its time and the seconds it took.
        var decision: (outcome: String, at: Timestamp, seconds: Double?)?
    }

    /// - Parameter now: labels and decisions after it are not seen.
    init(job: String, table: String, now: Timestamp, in database: Database) throws {
        let labels = try Self.labels(job: job, now: now, in: database)
        let queued = try Self.items(job: job, now: now, in: database)
        let columns = try database.columns(in: table).map(\.name)
        let key = Array(columns.prefix { $0 != "version" })
        let order = key.map(\.quotedDatabaseIdentifier).joined(separator: ", ")
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT \(order), version, run, event_time, score, outcome, late, features FROM \((table + "_current").quotedDatabaseIdentifier)
                WHERE run IN (SELECT id FROM pipeline_runs WHERE clock <= ?) ORDER BY event_time, \(order)
                """, arguments: [now.microseconds])
        var isUniform = true
        while let row = try rows.next() {
            let text = (0..<key.count).map { (column: Int) -> String in ReportSource.text(row[column]) }.joined(separator: "\u{1F}")
            guard let time = Timestamp(iso8601: row["event_time"] as String) else { continue }
            let version: Int = row["version"]
            keys.append(text)
            times.append(time)
            scores.append((row["score"] as Double?).map(Float.init) ?? .nan)
            outcomes.append(row["outcome"])
            runs.append(row["run"])
            isCorrected.append(version > 1)
            isLate.append(row["late"])
            known.append(labels[text])
            items.append(queued["\(text)\u{1F}\(version)"])
            let values = PackedFeatures.unpack(row["features"])
            if count == 1 { featureCount = values.count }
            isUniform = isUniform && values.count == featureCount
            if isUniform { features += values }
        }
        if !isUniform { (features, featureCount) = ([], 0) }
    }

    private static func labels(job: String, now: Timestamp, in database: Database) throws -> [String: Bool] {
        var labels: [String: Bool] = [:]
        let rows = try Row.fetchCursor(
            database, sql: "SELECT key, positive FROM pipeline_labels WHERE job = ? AND known <= ? ORDER BY known, id",
            arguments: [job, now.microseconds])
        while let row = try rows.next() { labels[row["key"]] = row["positive"] }
        return labels
    }

    private static func items(job: String, now: Timestamp, in database: Database) throws -> [String: Item] {
        var items: [String: Item] = [:]
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT i.key, i.version, i.created, i.suggested, i.interim, i.on_overdue, i.due, i.sample_probability, i.over_capacity,
                    d.outcome, d.decided, d.seconds
                FROM pipeline_review_items i
                LEFT JOIN pipeline_decisions d ON d.id = (
                    SELECT max(id) FROM pipeline_decisions WHERE item = i.id AND decided <= :now)
                WHERE i.job = :job AND i.kind = 'row' AND i.created <= :now
                """, arguments: ["job": job, "now": now.microseconds])
        while let row = try rows.next() {
            let isOverdue = now > row.timestamp("due")
            items["\(row["key"] as String)\u{1F}\(row["version"] as Int)"] = Item(
                created: row.timestamp("created"), suggested: row["suggested"], standing: isOverdue ? row["on_overdue"] : row["interim"],
                sampleProbability: row["sample_probability"], isOverCapacity: row["over_capacity"],
                decision: (row["outcome"] as String?).map { ($0, row.timestamp("decided"), row["seconds"]) })
        }
        return items
    }

    /// The outcome that holds: a person's, else that of the item as long as it is open, else the policy's.
    func effectiveOutcome(_ row: Int) -> String {
        guard let item = items[row] else { return outcomes[row] }
        return item.decision?.outcome ?? (outcomes[row] == "review" ? item.standing : outcomes[row])
    }
}

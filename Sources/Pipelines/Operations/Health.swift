public import Connectors
import Foundation
import GRDB
public import Models
public import Records

/// Figures for whoever watches a machine: the last success of each job and its age, rows, queues, and the size of the files.
public struct Health: Sendable {
    public struct Job: Sendable {
        public var name: String
        /// The clock of the last run that was done; nil = none yet.
        public var lastSuccess: Timestamp?
        /// Of its last due time, where the job file of its last run has a schedule.
        public var lastDue: Timestamp?
        public var rowsRead: Int64
        public var rowsRejected: Int64
        /// Review items without a decision, and when the oldest was made.
        public var openItems: Int64
        public var oldestItem: Timestamp?
        /// Decisions of the last 24 hours, and items made in them.
        public var decidedOfDay: Int64
        public var madeOfDay: Int64
        public var isOverdue: Bool
        /// Open items in 24 hours: those of now and as many new ones as a day of the last seven made, less what people can decide a day;
        /// nil where the job's last run has no queue.
        public var forecast: Int64?
        /// The last run, where its deadline had passed before its end.
        public var lateRun: RunRecord?
    }

    /// A language model that jobs or people called lately and that its maker ends soon.
    public struct EndingModel: Hashable, Sendable {
        public var model: String
        /// `2027-03-30`
        public var retires: String
        /// Below zero once it is gone.
        public var daysLeft: Int
    }

    public var jobs: [Job]
    /// Of the models called in the last 90 days, those that end within as many, the next first.
    public var endingModels: [EndingModel]
    public var databaseBytes: Int64
    public var logBytes: Int64
    public var freeBytes: Int64
    public var now: Timestamp

    /// - Parameter maximumAge: a job whose last success is older is overdue; nil = by its own schedule, an hour after it was due.
    /// - Parameter registry: when models end.
    public static func measure(
        _ warehouse: Warehouse, now: Timestamp, maximumAge: Timestamp.Span?, registry: ModelRegistry = .bundled
    ) throws(Failure) -> Health {
        let jobs = try warehouse.read { database in
            try String.fetchAll(database, sql: "SELECT DISTINCT job FROM pipeline_runs ORDER BY job").map { name in
                try job(name, database, now: now, maximumAge: maximumAge)
            }
        }
        func size(_ path: String) -> Int64 { (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int64) ?? 0 }
        let folder = URL(fileURLWithPath: warehouse.path).deletingLastPathComponent().path
        let called = try warehouse.read { database in
            try String.fetchAll(
                database, sql: "SELECT DISTINCT model FROM pipeline_ledger WHERE reserved_at > ? ORDER BY model",
                arguments: [(now - .days(90)).microseconds])
        }
        let ending = called.compactMap { model -> EndingModel? in
            guard let facts = registry.facts(of: model), let retires = facts.retires, let left = facts.daysLeft(at: now), left <= 90 else {
                return nil
            }
            return EndingModel(model: model, retires: retires, daysLeft: left)
        }
        return Health(
            jobs: jobs, endingModels: ending.sorted { ($0.daysLeft, $0.model) < ($1.daysLeft, $1.model) },
            databaseBytes: size(warehouse.path), logBytes: size("\(warehouse.path)-wal"),
            freeBytes: FileSystemFacts(path: folder)?.freeBytes ?? 0, now: now)
    }

    private static func job(_ name: String, _ database: Database, now: Timestamp, maximumAge: Timestamp.Span?) throws -> Job {
        let last = try RunStore(database).last(job: name, statuses: [.done])
        let newest = try RunStore(database).list(job: name, limit: 1).first
        let scheduled = newest.flatMap { try? RunStore(database).job(ofRun: $0.id) }
        var due: Timestamp?
        if let scheduled, let text = scheduled.schedule {
            due = CronExpression(text)?.lastDue(at: now - .hours(1), in: Zone(scheduled.zone) ?? .utc)
        }
        let day = (now - .hours(24)).microseconds
        let items = try Row.fetchOne(
            database,
            sql: """
                SELECT count(*) FILTER (WHERE NOT EXISTS (SELECT 1 FROM pipeline_decisions d WHERE d.item = i.id)) AS open,
                    min(created) FILTER (WHERE NOT EXISTS (SELECT 1 FROM pipeline_decisions d WHERE d.item = i.id)) AS oldest,
                    count(*) FILTER (WHERE created > :day) AS made, count(*) FILTER (WHERE created > :week) AS week
                FROM pipeline_review_items i WHERE job = :job
                """, arguments: ["job": name, "day": day, "week": (now - .days(7)).microseconds])
        let decided = try Int64.fetchOne(
            database,
            sql: """
                SELECT count(*) FROM pipeline_decisions d JOIN pipeline_review_items i ON i.id = d.item WHERE i.job = ? AND d.decided > ?
                """, arguments: [name, day])
        let forecast = scheduled?.scoring.map { scoring in
            max(0, ((items?["open"] as Int64?) ?? 0) + (((items?["week"] as Int64?) ?? 0) + 6) / 7 - Int64(scoring.review.capacityPerDay))
        }
        let isOverdue: Bool
        if let maximumAge {
            isOverdue = last.map { $0.clock < now - maximumAge } ?? true
        } else {
            isOverdue = due.map { due in last.map { $0.clock < due } ?? true } ?? false
        }
        return Job(
            name: name, lastSuccess: last?.clock, lastDue: due, rowsRead: newest?.counts.read ?? 0,
            rowsRejected: newest?.counts.rejected ?? 0,
            openItems: items?["open"] ?? 0, oldestItem: (items?["oldest"] as Int64?).map { Timestamp(microseconds: $0) },
            decidedOfDay: decided ?? 0, madeOfDay: items?["made"] ?? 0, isOverdue: isOverdue, forecast: forecast,
            lateRun: newest.flatMap { $0.deadline == nil ? nil : $0 })
    }

    /// The text format of Prometheus (exposition format 0.0.4), for node_exporter's textfile collector.
    public var prometheus: String {
        var text = ""
        func metric(_ name: String, _ help: String, _ values: [(labels: String, value: String)]) {
            guard !values.isEmpty else { return }
            text += "# HELP pipeline_\(name) \(help)\n# TYPE pipeline_\(name) gauge\n"
            for (labels, value) in values { text += "pipeline_\(name)\(labels) \(value)\n" }
        }
        func each(_ value: (Job) -> String?) -> [(String, String)] {
            jobs.compactMap { job in value(job).map { ("{job=\"\(Self.escaped(job.name))\"}", $0) } }
        }
        func seconds(_ time: Timestamp?) -> String? { time.map { "\($0.microseconds / 1_000_000)" } }
        metric("last_success_timestamp_seconds", "Clock of the last run that was done.", each { seconds($0.lastSuccess) })
        metric("overdue", "1 when the last success is too old.", each { $0.isOverdue ? "1" : "0" })
        metric("rows_read", "Rows read by the newest run.", each { "\($0.rowsRead)" })
        metric("rows_rejected", "Rows rejected by the newest run.", each { "\($0.rowsRejected)" })
        metric(
            "rows_after_deadline", "Rows that the newest run decided without the model.",
            each { "\($0.lateRun?.counts.afterDeadline ?? 0)" })
        metric("review_items_open", "Review items without a decision.", each { "\($0.openItems)" })
        metric("review_oldest_item_timestamp_seconds", "When the oldest open item was made.", each { seconds($0.oldestItem) })
        metric("review_decided_24h", "Decisions of the last 24 hours.", each { "\($0.decidedOfDay)" })
        metric("review_items_forecast", "Open review items expected in 24 hours.", each { $0.forecast.map { "\($0)" } })
        metric(
            "model_days_left", "Days until a model that is in use ends.",
            endingModels.map { ("{model=\"\(Self.escaped($0.model))\"}", "\($0.daysLeft)") })
        metric("database_bytes", "Size of the database file.", [("", "\(databaseBytes)")])
        metric("log_bytes", "Size of the write-ahead log.", [("", "\(logBytes)")])
        metric("free_bytes", "Free space of the database's file system.", [("", "\(freeBytes)")])
        metric("status_timestamp_seconds", "When these figures were taken.", [("", seconds(now) ?? "0")])
        return text
    }

    private static func escaped(_ text: String) -> String {
        text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"").replacingOccurrences(
            of: "\n", with: "\\n")
    }

    /// Writes the figures to a file that a reader never sees half.
    public func writePrometheus(to path: String) throws(Failure) {
        let partial = "\(path).partial"
        do {
            try Data(prometheus.utf8).write(to: URL(fileURLWithPath: partial))
        } catch {
            throw .prometheusFile(path)
        }
        // A collector runs under an account of its own; there is nothing personal in it.
        chmod(partial, 0o644)
        guard rename(partial, path) == 0 else { throw .prometheusFile(path) }
    }
}

extension Failure {
    static func prometheusFile(_ path: String) -> Failure {
        Failure(
            .usage, code: "status.prometheus", what: "the figures cannot be written", place: path,
            expected: "a file this account may write",
            remedy: "Change its permissions, or name another file with --prometheus.")
    }
}

public import Connectors
import GRDB
public import Records

/// One thing somebody is told: the state of a day, or something that needs a person. No personal data: names of jobs, files and counts.
public struct Notice: Hashable, Sendable {
    public enum Kind: String, Sendable {
        case digest, breach
    }

    public var kind: Kind
    /// What it is about, the same at every look: `held card-fraud run 12`. Told once a channel.
    public var subject: String
    /// One line.
    public var title: String
    public var lines: [String]
    public var made: Timestamp

    public init(_ kind: Kind, subject: String, title: String, lines: [String] = [], made: Timestamp) {
        (self.kind, self.subject, self.title, self.lines, self.made) = (kind, subject, title, lines, made)
    }

    public var text: String { ([title] + lines).joined(separator: "\n") + "\n" }

    /// What a webhook is sent.
    public var json: String {
        JSONValue.object([
            .init("kind", .text(kind.rawValue)), .init("subject", .text(subject)), .init("title", .text(title)),
            .init("text", .text(text)), .init("made", .text(made.iso8601)),
        ]).json
    }
}

extension Notice {
    /// Everything that needs a person now.
    ///
    /// - Parameter expected: jobs that should have run, by their files: one that never did is noticed too.
    public static func breaches(
        _ warehouse: Warehouse, health: Health, expected: [Job] = []
    ) throws(Failure) -> [Notice] {
        let now = health.now
        var notices: [Notice] = []
        func breach(_ subject: String, _ title: String, _ lines: [String] = []) {
            notices.append(Notice(.breach, subject: subject, title: title, lines: lines, made: now))
        }
        for job in health.jobs where job.isOverdue {
            let last = job.lastSuccess?.iso8601 ?? "never"
            breach("overdue \(job.name) since \(last)", "\(job.name) is overdue: its last success was \(last)")
        }
        for job in expected where !health.jobs.contains(where: { $0.name == job.name }) {
            // A job without a schedule is started by hand, when somebody wants it.
            guard let due = job.schedule.flatMap({ CronExpression($0) })?.lastDue(at: now - .hours(1), in: Zone(job.zone) ?? .utc) else {
                continue
            }
            breach("never-ran \(job.name)", "\(job.name) has never run", ["it was due at \(due.iso8601)"])
        }
        for status in try warehouse.read({ try JobStatus.all(in: $0, now: now) }) {
            for run in status.held {
                breach(
                    "held \(status.job) run \(run)", "run \(run) of \(status.job) is held",
                    ["`pipeline runs accept \(run)` or `pipeline runs discard \(run)`"])
            }
            for file in status.setAside { breach("set-aside \(status.job) \(file)", "\(status.job): \(file) is set aside") }
            for due in status.missing {
                breach(
                    "missing \(status.job) \(due.feed) \(due.period)",
                    "\(status.job): no delivery of '\(due.feed)' for \(due.period), due at \(due.due.iso8601)")
            }
        }
        for job in health.jobs {
            guard let run = job.lateRun else { continue }
            breach(
                "deadline \(job.name) run \(run.id)", "run \(run.id) of \(job.name) passed its deadline",
                ["\(Quantity.count(run.counts.afterDeadline, "row")) were decided without the model"])
        }
        for model in health.endingModels {
            breach(
                "model-ends \(model.model) \(model.retires)", "model \(model.model) ends on \(model.retires)",
                ["it was called in the last 90 days; `pipeline models check` lists successors"])
        }
        if health.freeBytes < 200_000_000 {
            breach("disk \(Self.day(now))", "the database's disk has \(Quantity.bytes(health.freeBytes)) left")
        }
        if health.logBytes > 1_000_000_000 {
            let holders = LogHolders.processes(database: warehouse.path).map { "process \($0.process), \($0.command)" }
            breach("log \(Self.day(now))", "the database's log has \(Quantity.bytes(health.logBytes)): a reader holds it", holders)
        }
        return notices
    }

    /// The state of a day (in UTC), once a day.
    public static func digest(_ health: Health) -> Notice {
        let late = health.jobs.filter(\.isOverdue).count
        var lines = health.jobs.map { job in
            "\(job.name): last success \(job.lastSuccess?.iso8601 ?? "never"); \(Quantity.count(job.rowsRead, "row")) read, "
                + "\(Quantity.count(job.rowsRejected)) rejected; \(Quantity.count(job.openItems, "open item"))"
                + (job.forecast.map { ", about \(Quantity.count($0)) by tomorrow" } ?? "")
        }
        lines.append(
            "database \(Quantity.bytes(health.databaseBytes)), log \(Quantity.bytes(health.logBytes)), \(Quantity.bytes(health.freeBytes)) free"
        )
        return Notice(
            .digest, subject: "digest \(day(health.now))",
            title: "\(Quantity.count(health.jobs.count, "job")), \(late == 0 ? "none" : Quantity.count(late)) overdue", lines: lines,
            made: health.now)
    }

    private static func day(_ time: Timestamp) -> String { String(time.iso8601.prefix(10)) }
}

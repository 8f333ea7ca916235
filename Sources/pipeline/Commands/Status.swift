import ArgumentParser
import Connectors
import Pipelines
import Records

/// `pipeline status`
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show where every job stands: last run, deliveries missing or next, open items, rejects, what is held or set aside.",
        discussion: """
            Exits with 0 whatever it shows; with --check, with 1 when a person is needed: a run is held, a file is set aside, a delivery is \
            missing, or an item about a delivery is open. Open items about rows are a queue's ordinary work and do not count. With \
            --max-age, with 1 when a job's last success is older, also when it never ran again: for monitors.

              pipeline status
              pipeline status --job card-fraud --check --quiet
              pipeline status --max-age 26h --prometheus /var/lib/node_exporter/pipeline.prom
            """)

    @Option(help: ArgumentHelp("Of this job only.", valueName: "name"), completion: Completions.jobs)
    var job: String?
    @Flag(help: "Exit with 1 when a person is needed.")
    var check = false
    @Option(
        name: .customLong("max-age"),
        help: ArgumentHelp("Exit with 1 when a job's last success is older than this, such as 26h.", valueName: "span"))
    var maximumAge: Timestamp.Span?
    @Option(help: ArgumentHelp("Also write figures for Prometheus' textfile collector.", valueName: "file"), completion: .file())
    var prometheus: String?
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let database = try warehouse.open(.read)
        defer { database.close() }
        let (job, now) = (job, warehouse.environment.now())
        let all = try database.read { try JobStatus.all(in: $0, job: job, now: now) }
        if all.isEmpty { output.console.note("No job has run yet.") }
        let health = try Health.measure(database, now: now, maximumAge: maximumAge)
        try format.write(StatusView.table(all, health), to: output.console)
        if format.format == .table { for line in all.flatMap(StatusView.remarks) { output.console.note(line) } }
        let watched = health.jobs.filter { job == nil || $0.name == job }
        if format.format == .table {
            if health.logBytes > 64_000_000 {
                for holder in LogHolders.processes(database: warehouse.database) {
                    output.console.note(
                        "process \(holder.process) (\(holder.command)) has the database open: the log cannot shrink meanwhile")
                }
            }
            for line in StatusView.overdue(watched) + (check ? [] : StatusView.health(health, watched)) { output.console.note(line) }
        }
        if let prometheus { try health.writePrometheus(to: prometheus) }
        if check, all.contains(where: \.needsPerson) { throw ExitCode(1) }
        if maximumAge != nil, watched.contains(where: \.isOverdue) { throw ExitCode(1) }
    }
}

/// Statuses as a listing, and what to do about them.
enum StatusView {
    /// What machines ask besides, about the job and the whole database, is hidden from people, who have it in sentences.
    static func table(_ all: [JobStatus], _ health: Health) -> Table {
        let jobs = Dictionary(health.jobs.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        return Table(
            columns: [
                .init("job"), .init("needs_person"), .init("last_run", .number), .init("status"), .init("clock"), .init("watermark"),
                .init("next_delivery"), .init("next_feed", hidden: true), .init("missing", .number),
                .init("missing_periods", hidden: true), .init("rows_open", .number), .init("deliveries_open", .number),
                .init("schema_open", .number), .init("control_open", .number), .init("rejects", .number), .init("held"),
                .init("set_aside", .number), .init("files_set_aside", hidden: true), .init("suppressions", hidden: true),
                .init("last_success", hidden: true), .init("overdue", hidden: true), .init("oldest_item", hidden: true),
                .init("items_forecast", .number, hidden: true), .init("rows_after_deadline", .number, hidden: true),
                .init("models_ending", hidden: true), .init("database_bytes", .number, hidden: true),
                .init("log_bytes", .number, hidden: true), .init("free_bytes", .number, hidden: true),
            ],
            rows: all.map { status in
                [
                    .text(status.job), .bool(status.needsPerson), .identifier(status.run.id), .text(status.run.status.rawValue),
                    .time(status.run.clock), .time(status.watermark), .time(status.next?.due), .text(status.next?.feed),
                    .count(status.missing.count), .list(status.missing.map { "\($0.feed) \($0.period)" }), .count(open(status, .row)),
                    .count(open(status, .delivery)), .count(open(status, .schema)), .count(open(status, .control)),
                    .count(status.rejects), .nested(held(status), .array(status.held.map { .integer($0) })),
                    .count(status.setAside.count), .list(status.setAside), suppressions(status),
                    .time(jobs[status.job]?.lastSuccess), .bool(jobs[status.job]?.isOverdue ?? false), .time(jobs[status.job]?.oldestItem),
                    jobs[status.job]?.forecast.map { .integer($0) } ?? .missing,
                    .integer(jobs[status.job]?.lateRun?.counts.afterDeadline ?? 0),
                    .list(health.endingModels.map { "\($0.model) \($0.retires)" }), .integer(health.databaseBytes),
                    .integer(health.logBytes), .integer(health.freeBytes),
                ]
            })
    }

    private static func suppressions(_ status: JobStatus) -> Cell {
        let values = status.suppressions.map { cost -> JSONValue in
            .object([
                .init("name", .text(cost.name)), .init("until", .optional(cost.until)), .init("active", .bool(cost.isActive)),
                .init("rows", .integer(cost.rows)), .init("positives", .integer(cost.positives)),
                .init("lost", .number(cost.lost.amountText)), .init("spared", .number(cost.spared.amountText)),
                .init("currency", .text(cost.lost.currency.code)),
            ])
        }
        return .nested(status.suppressions.map(\.name).joined(separator: ", "), .array(values))
    }

    private static func open(_ status: JobStatus, _ kind: ReviewItem.Kind) -> Int { status.open[kind] ?? 0 }

    private static func held(_ status: JobStatus) -> String {
        status.held.isEmpty ? "-" : status.held.map { "run \($0)" }.joined(separator: ", ")
    }

    static func overdue(_ jobs: [Health.Job]) -> [String] {
        jobs.filter(\.isOverdue).map { "\($0.name): overdue; last success \($0.lastSuccess?.iso8601 ?? "never")" }
    }

    /// Queues and the room left, for people.
    static func health(_ health: Health, _ jobs: [Health.Job]) -> [String] {
        var lines: [String] = []
        for job in jobs {
            if let oldest = job.oldestItem {
                lines.append(
                    "\(job.name): \(Quantity.count(job.openItems, "open item")), the oldest of \(oldest.iso8601); "
                        + "\(Quantity.count(job.decidedOfDay)) decided in 24 hours"
                        + (job.forecast.map { "; about \(Quantity.count($0)) open by tomorrow" } ?? ""))
            }
        }
        for job in jobs {
            guard let run = job.lateRun else { continue }
            lines.append(
                "\(job.name): run \(run.id) passed its deadline: \(Quantity.count(run.counts.afterDeadline, "row")) were decided without the model"
            )
        }
        lines += health.endingModels.map { "model \($0.model) ends on \($0.retires), in \(Quantity.count($0.daysLeft, "day"))" }
        lines.append(
            "database \(Quantity.bytes(health.databaseBytes)), log \(Quantity.bytes(health.logBytes)), \(Quantity.bytes(health.freeBytes)) free"
        )
        return lines
    }

    static func remarks(_ status: JobStatus) -> [String] {
        var lines = status.missing.map { "\(status.job): no delivery of '\($0.feed)' for \($0.period), due at \($0.due.iso8601)" }
        lines += status.setAside.map { "\(status.job): \($0) is set aside: `pipeline review list --kind schema`" }
        lines += status.held.map { "\(status.job): run \($0) is held: `pipeline runs accept \($0)` or `pipeline runs discard \($0)`" }
        lines += status.suppressions.filter { !$0.isActive }.map { cost in
            "\(status.job): suppression '\(cost.name)' \(cost.until.map { "ended on \($0)" } ?? "was removed"): \(cost.rows) rows were not reviewed, "
                + "which spared \(cost.spared); \(cost.positives) of them became known to be positive and cost \(cost.lost)"
        }
        if let run = status.unfinished { lines.append("\(status.job): run \(run) has not ended; the same command goes on with it") }
        return lines
    }
}

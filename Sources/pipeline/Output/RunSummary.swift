import Pipelines
import Records

/// What a run ends with: what happened, and the commands to type next.
struct RunSummary {
    let report: RunReport
    let job: Job
    let database: String

    var details: Details {
        guard let record = report.record else {
            let earlier = report.earlier.map { ", since run \($0.id)" } ?? ""
            return Details(
                title: "\(job.name): nothing new to read\(earlier).",
                [
                    .init("job", .text(job.name)),
                    .init("ending", .text(report.ending == .nothingNew ? "nothing-new" : report.ending.rawValue)), .init("run", .missing),
                ]
                .filter { !$0.cell.isMissing })
        }
        var sections = [Details.Section(nil, facts(record))]
        if job.scoring != nil { sections.append(Details.Section("outcomes", Self.outcomes(record))) }
        if report.feeds.count > 1 { sections.append(Details.Section("feeds", report.feeds.map(Self.feed))) }
        if let attempt = report.attempt { sections.append(Details.Section("this_attempt", Self.cost(attempt))) }
        sections.append(Details.Section("audit", [.init("head", .text(record.head))]))
        let how = report.wasResumed ? "resumed and " : ""
        return Details(title: "Run \(record.id) of \(job.name) \(how)\(record.status == .held ? "held" : "done")", sections: sections)
    }

    private func facts(_ record: RunRecord) -> [Details.Field] {
        let counts = record.counts
        func share(_ rows: Int64) -> String { rows == 0 || counts.read == 0 ? "" : Quantity.share(Double(rows) / Double(counts.read)) }
        var fields: [Details.Field] = [
            .init("run", .identifier(record.id)), .init("job", .text(job.name)),
            .init("ending", .text(report.ending == .nothingNew ? "nothing-new" : report.ending.rawValue)),
            .init("clock", .time(record.clock)),
            .init("rows_read", .integer(counts.read)), .init("rows_accepted", .integer(counts.accepted), remark: share(counts.accepted)),
            .init("rows_rejected", .integer(counts.rejected), remark: share(counts.rejected)),
        ]
        if job.scoring != nil { fields.append(.init("for_review", .integer(counts.reviewItems), remark: share(counts.reviewItems))) }
        if let since = record.since {
            fields.append(.init("since", .time(since)))
            fields.append(.init("rows_before", .integer(counts.before), remark: share(counts.before)))
        }
        if record.deadline != nil {
            fields.append(.init("rows_after_deadline", .integer(counts.afterDeadline), remark: share(counts.afterDeadline)))
        }
        if counts.late > 0 { fields.append(.init("rows_late", .integer(counts.late), remark: share(counts.late))) }
        if counts.unchanged > 0 { fields.append(.init("rows_unchanged", .integer(counts.unchanged))) }
        if counts.corrected > 0 { fields.append(.init("rows_corrected", .integer(counts.corrected))) }
        guard job.scoring != nil else { return fields }
        fields += [.init("labels_read", .integer(counts.labelsRead)), Self.model(record), .init("state", .bytes(record.stateBytes))]
        return fields
    }

    /// `entries  1,518, 2 rejected`
    private static func feed(_ feed: FeedRows) -> Details.Field {
        let rows = feed.rows
        return .init(
            feed.feed,
            .nested(
                "\(Quantity.count(rows.read)) rows, \(Quantity.count(rows.rejected)) rejected",
                .object([
                    .init("rows_read", .integer(rows.read)), .init("rows_rejected", .integer(rows.rejected)),
                ])))
    }

    static func model(_ record: RunRecord) -> Details.Field {
        if record.versions.contains(where: { $0.name == "stage" && $0.value == "none" }) {
            return .init("model", .nested("none: the job lands rows in tables", .null))
        }
        guard let name = record.model, let version = record.modelVersion else {
            return .init("model", .nested("no model yet: the stage's rules score", .null))
        }
        return .init(
            "model", .nested("\(name) version \(version)", .object([.init("name", .text(name)), .init("version", .integer(version))])))
    }

    static func outcomes(_ record: RunRecord) -> [Details.Field] {
        let total = Double(max(record.outcomes.reduce(0) { $0 + $1.rows }, 1))
        return record.outcomes.map { .init($0.name, .integer($0.rows), remark: Quantity.share(Double($0.rows) / total)) }
    }

    /// Of the attempt that ended the run; earlier ones stand in `runs show`.
    static func cost(_ attempt: RunAttempt) -> [Details.Field] {
        let seconds = attempt.seconds ?? 0
        return [
            .init("seconds", .seconds(seconds)),
            .init("rows_per_second", .integer(seconds > 0 ? Int64(Double(attempt.rows) / seconds) : 0)),
            .init("cpu_seconds", attempt.cpuSeconds.map { .seconds($0) } ?? .missing),
            .init("peak_memory", attempt.peakBytes.map { .bytes($0) } ?? .missing),
        ]
    }

    /// Commands for what is there to do.
    var hints: [String] {
        var hints: [String] = []
        if report.jobFileChanged {
            hints.append("note: the job file changed since this run began; the run went on with the file of that time.")
        }
        if let missing = report.missingModel { hints.append("note: \(missing.sentence)") }
        if let record = report.record, record.deadline != nil {
            hints.append(
                "note: the deadline passed: \(Quantity.count(record.counts.afterDeadline, "row")) were decided without the model, with the "
                    + "cause 'deadline' where no rule did. `pipeline run --rescore` or `pipeline backfill` asks the model about them.")
        }
        if let why = report.noPromise { hints.append("note: \(why)") }
        guard let record = report.record, report.ending == .done else { return hints }
        let option = database == "pipeline.db" ? "" : " --database \(database)"
        var commands: [String] = []
        if record.counts.reviewItems > 0, let queue = job.scoring?.review.queue {
            commands.append("pipeline review next --queue \(queue)\(option)")
        }
        if record.counts.rejected > 0 { commands.append("pipeline rejects list --run \(record.id)\(option)") }
        if record.model == nil, job.scoring?.train != nil { commands.append("pipeline train \(job.path)\(option)") }
        commands.append("pipeline replay \(job.path) --as-of \(record.clock.iso8601)\(option)")
        return hints + ["", "next:"] + commands.map { "  \($0)" }
    }
}

extension Cell {
    var isMissing: Bool { if case .missing = self { true } else { false } }
}

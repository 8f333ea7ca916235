import ArgumentParser
import Connectors
import Pipelines
import Records

/// `pipeline backfill`
struct BackfillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backfill", abstract: "Score a past period again, with everything said and kept: period, knowledge and policy.",
        discussion: """
            Nothing has a default: rows of --from up to, not including, --to get what the champion of --as-of and the policy of this digest \
            give them. What changes gets a new version in a run of its own; killed, it has not been. Another policy in the job file is \
            refused, and its digest named.

              pipeline backfill jobs/fraud.yaml --from 2026-02-01 --to 2026-03-01 --as-of 2026-03-07 --policy 9f86d081
            """)

    @OptionGroup var job: JobArgument
    @Option(help: ArgumentHelp("First event time, in ISO 8601.", valueName: "time"))
    var from: Timestamp
    @Option(help: ArgumentHelp("Event time to stop before.", valueName: "time"))
    var to: Timestamp
    @Option(help: ArgumentHelp("Champion, labels and lists are those known then; not before the last run.", valueName: "time"))
    var asOf: Timestamp
    @Option(help: ArgumentHelp("Digest of the policy, its first eight digits or more.", valueName: "digest"))
    var policy: String
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let backfill = try Backfill(from: from, to: to, asOf: asOf, policy: policy)
        let job = try job.load()
        let database = try warehouse.open(.write)
        defer { database.close() }
        let report = try backfill.run(job, in: database, environment: warehouse.environment)
        try format.write(RescoreView.details(report, job: job), to: output.console)
    }
}

/// What came of scoring rows again.
enum RescoreView {
    static func details(_ report: RescoreReport, job: Job) -> Details {
        let record = report.record
        return Details(
            title: record.map { "Run \($0.id) scored rows again" } ?? "Every row would get what it has: nothing was written",
            [
                .init("run", record.map { .identifier($0.id) } ?? .missing), .init("job", .text(job.name)),
                .init("rows", .integer(report.rows)), .init("changed", .integer(report.changed)),
                .init("model", .text(record?.model)), .init("model_version", record?.modelVersion.map { .identifier($0) } ?? .missing),
                .init("review_items", .integer(record?.counts.reviewItems ?? 0)), .init("audit_head", .text(record?.head)),
            ])
    }
}

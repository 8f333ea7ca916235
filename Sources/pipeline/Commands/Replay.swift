import ArgumentParser
import Connectors
import Foundation
import Pipelines
import Records

/// `pipeline replay`
struct Replay: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Recompute what was written by a past time, and compare.",
        discussion: """
            Runs every run of the job up to that time again from its feed files, with only what was known then, in a scratch database below \
            TMPDIR. Equal: exit 0. Else the first difference and its cause, exit 3. The database is only read.

              pipeline replay jobs/fraud.yaml --as-of 2026-02-01T00:00:00Z
            """)

    @OptionGroup var job: JobArgument
    @Option(help: ArgumentHelp("The time it is taken to be, in ISO 8601.", valueName: "time"))
    var asOf: Timestamp
    @Option(help: ArgumentHelp("Number of threads.", valueName: "count"))
    var threads = 2
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let console = output.console
        let job = try job.load()
        let database = try warehouse.open(.read)
        defer { database.close() }
        let environment = warehouse.environment
        let progress = Progress("replay", console: console)
        defer { progress.finish() }
        let report = try Replayer(warehouse: database, environment: environment, threads: threads)
            .replay(job, asOf: asOf, in: environment.scratchFolder) { progress.report(rows: $0.rows, fraction: $0.fraction) }
        progress.finish()
        if let difference = report.difference { throw difference.failure }
        try format.write(
            Details(
                title: "Replay of \(job.name) as of \(report.asOf.iso8601): equal",
                [
                    .init("job", .text(job.name)), .init("as_of", .time(report.asOf)), .init("equal", .bool(true)),
                    .init("runs", .nested(report.runs.map(String.init).joined(separator: ", "), .array(report.runs.map { .integer($0) }))),
                    .init("rows_compared", .count(report.compared)),
                ]), to: console)
        console.note(
            "\nCompared: results with scores, outcomes and features, review items, rejects, labels, list entries and the runs' counts.")
    }
}

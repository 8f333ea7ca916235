import ArgumentParser
import Connectors
import Pipelines
import Records

/// `pipeline purge`
struct PurgeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge", abstract: "Delete what a job's `retain` no longer keeps, and give the room back.",
        discussion: """
            Open items, rows under a legal hold, runs, files and models stay. Every deletion is in the audit chain, and `audit verify` holds: \
            entries about deleted decisions keep their hashes and lose their content. May be stopped and repeated; other programs go on.

              pipeline purge jobs/fraud.yaml --dry-run
              pipeline purge jobs/fraud.yaml
              pipeline purge jobs/fraud.yaml --compact
            """)

    @OptionGroup var job: JobArgument
    @Flag(name: .customLong("dry-run"), help: "Count what would go, and delete nothing.")
    var isDryRun = false
    @Flag(help: "Also write the whole file anew: needs room for a second copy, and once for files of versions that could not shrink.")
    var compact = false
    @Flag(name: .customLong("undelivered"), help: "Delete outcomes too that a receiver of `export results` was not given yet.")
    var takesUndelivered = false
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        if isDryRun, compact { throw ValidationError("--dry-run and --compact exclude each other") }
    }

    func run() throws {
        let job = try job.load()
        let database = try warehouse.open(.write)
        defer { database.close() }
        let report = try Purge(warehouse: database, environment: warehouse.environment, takesUndelivered: takesUndelivered).run(
            job, writes: !isDryRun)
        var given: Int64?
        if !isDryRun {
            if compact { try database.compact() } else { given = try database.reclaim() }
            if !compact, given == nil { output.console.note("The file cannot shrink piece by piece yet: --compact writes it anew, once.") }
        }
        try format.write(
            Table(
                columns: [.init("table"), .init("rows", .number)],
                rows: report.rows.sorted { $0.key < $1.key }.map { [.text($0.key), .count($0.value)] }), to: output.console)
        let console = output.console
        if report.undelivered > 0 {
            console.note(
                "Outcomes of \(Quantity.count(report.undelivered, "run")) stay until every receiver has them (`pipeline export results`); "
                    + "--undelivered deletes them as well.")
        }
        console.note(
            "\(isDryRun ? "Would delete" : "Deleted") \(Quantity.count(report.total, "row")); "
                + "\(Quantity.count(report.emptied, "audit entry", "audit entries")) \(isDryRun ? "would lose" : "lost") content; "
                + "\(Quantity.count(report.holds, "hold")) in force" + (given.map { "; \(Quantity.bytes($0)) given back" } ?? "") + ".")
    }
}

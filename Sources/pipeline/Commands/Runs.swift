import ArgumentParser
import Connectors
import Pipelines
import Records

/// `pipeline runs`
struct Runs: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List runs, look at one, and judge a held one.",
        discussion: """
            A run whose rejects pass the job's limit is held: its results stay invisible until somebody accepts or discards it.

              pipeline runs list --job card-fraud
              pipeline runs show 3
            """,
        subcommands: [RunsList.self, RunsShow.self, RunsAccept.self, RunsDiscard.self])
}

/// `pipeline runs list`
struct RunsList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List runs, newest first.", discussion: "  pipeline runs list --job card-fraud --format json")

    @Option(help: ArgumentHelp("Of this job only.", valueName: "name"), completion: Completions.jobs)
    var job: String?
    @OptionGroup var limit: LimitOptions
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let console = output.console
        let database = try warehouse.open(.read)
        defer { database.close() }
        let (job, count) = (job, limit.fetched(format.format))
        let runs = limit.cut(try database.read { try RunStore($0).list(job: job, limit: count) }, format.format, console: console)
        if runs.isEmpty { console.note("No runs yet: `pipeline run` makes the first.") }
        let table = Table(
            columns: [
                .init("run", .number), .init("job"), .init("status"), .init("clock"), .init("rows_read", .number),
                .init("rows_accepted", .number, hidden: true), .init("rejected", .number), .init("for_review", .number), .init("model"),
                .init("model_version", .number, hidden: true), .init("watermark", hidden: true), .init("audit_head", hidden: true),
            ],
            rows: runs.map { run in
                [
                    .identifier(run.id), .text(run.job), .text(run.status.rawValue), .time(run.clock), .integer(run.counts.read),
                    .integer(run.counts.accepted), .integer(run.counts.rejected), .integer(run.counts.reviewItems), model(run),
                    run.modelVersion.map { .count($0) } ?? .missing, .time(run.watermark), .text(run.head),
                ]
            })
        try format.write(table, to: console)
    }
}

/// With its version for people.
private func model(_ run: RunRecord) -> Cell {
    guard let name = run.model else { return .nested("rules", .null) }
    return .nested("\(name) \(run.modelVersion ?? 0)", .text(name))
}

/// `pipeline runs show`
struct RunsShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one run: counts, digests, versions, files and attempts.", discussion: "  pipeline runs show 3")

    @Argument(help: ArgumentHelp("The run's number.", valueName: "run"), completion: Completions.runs)
    var number: Int64
    @Flag(help: "List every file, not only how many a feed has.")
    var files = false
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let console = output.console
        let database = try warehouse.open(.read)
        defer { database.close() }
        let number = number
        let view = try database.read { database in
            let store = RunStore(database)
            return RunView(
                record: try store.run(number), files: try store.files(run: number), attempts: try store.attempts(run: number),
                rejects: try RejectStore(database).counts(run: number), deliveries: try ReviewStore(database).items(aboutFilesOf: number))
        }
        if format.format != .table { return try format.write(view.details, to: console) }
        try console.write(view.text(console.output, listsFiles: files))
    }
}

/// `pipeline runs accept`
struct RunsAccept: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept", abstract: "Make a held run's results visible.", discussion: "  pipeline runs accept 3")

    @Argument(help: ArgumentHelp("The run's number.", valueName: "run"), completion: Completions.runs)
    var number: Int64
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let database = try warehouse.open(.write)
        defer { database.close() }
        let record = try RunSettlement(warehouse: database, environment: warehouse.environment).accept(number)
        output.console.note("Run \(record.id) of \(record.job) is accepted: its results and review items are visible.")
    }
}

/// `pipeline runs discard`
struct RunsDiscard: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discard", abstract: "Leave a held run's results invisible for good.",
        discussion: """
            Only a job's last run can be discarded: the stage's state is computed anew without it. Its files can be read again once they are \
            mended.

              pipeline runs discard 3
            """)

    @Argument(help: ArgumentHelp("The run's number.", valueName: "run"), completion: Completions.runs)
    var number: Int64
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let database = try warehouse.open(.write)
        defer { database.close() }
        let (number, environment) = (number, warehouse.environment)
        let job = try database.read { try RunStore($0).job(ofRun: number) }
        let record = try RunSettlement(warehouse: database, environment: environment)
            .discard(number, of: job, workingIn: environment.scratchFolder)
        output.console.note("Run \(record.id) of \(record.job) is discarded; the next run reads its files again.")
    }
}

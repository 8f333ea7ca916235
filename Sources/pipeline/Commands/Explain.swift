import ArgumentParser
import Connectors
import Pipelines
import Records

/// `pipeline explain`
struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Explain a row: every version of its result, with features, run, review, decisions and labels.",
        discussion: """
            A key of several columns is given part by part, in the order of the job file. Rows of a table without a key are known by \
            their file and number.

              pipeline explain 288062
              pipeline explain 288062 --job card-fraud --format json
              pipeline explain 2026-03-03 4711 --job statement --table statement_entries
            """)

    @Argument(help: ArgumentHelp("The row's key.", valueName: "key"))
    var key: [String]
    @Option(
        help: ArgumentHelp("The job, by name or file; may be left out where there is one only.", valueName: "name|file"),
        completion: Completions.jobs)
    var job: String?
    @Option(help: ArgumentHelp("Look in this table of the job only.", valueName: "name"))
    var table: String?
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let console = output.console
        let named = try job.map { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") ? try Job.load(path: $0).name : $0 }
        let database = try warehouse.open(.read)
        defer { database.close() }
        let (key, table, now) = (key.joined(separator: "\u{1F}"), table, warehouse.environment.now())
        var explanation = try database.read { database in
            try Explanation(job: try named ?? RunStore(database).onlyJob(), key: key, table: table, now: now, in: database)
        }
        explanation.addLines(from: database)
        let view = ExplanationView(explanation: explanation)
        switch format.format {
        case .table: try console.write(view.text(console.output))
        case .json: try console.write(try view.json())
        case .csv: try console.write(view.versions.rendered(as: .csv))
        }
    }
}

extension RunStore {
    /// The only job that has runs.
    fileprivate func onlyJob() throws -> String {
        let jobs = Set(try list().map(\.job)).sorted()
        guard jobs.count == 1 else {
            throw Failure(
                .usage, code: "explain.job-needed", what: jobs.isEmpty ? "no job has run yet" : "there is more than one job",
                expected: jobs.isEmpty ? "" : "--job with one of \(jobs.joined(separator: ", "))",
                remedy: jobs.isEmpty ? "Run one with `pipeline run`." : "")
        }
        return jobs[0]
    }
}

import ArgumentParser
import Connectors
import Foundation
import Pipelines
import Records

/// `pipeline report`
struct Report: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write how a job does as a page, or what language models cost.",
        discussion:
            "With a job file alone it is `report job`.\n\n  pipeline report jobs/fraud.yaml --out report.html\n  pipeline report cost\n  pipeline report transfers",
        subcommands: [ReportJob.self, ReportCost.self, ReportTransfers.self], defaultSubcommand: ReportJob.self)
}

/// `pipeline report job`
struct ReportJob: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job",
        abstract: "Write how a job does as one HTML page: figures with intervals, calibration, money, queue, drift, changes.",
        discussion: """
            Computed from what the database holds, nothing else: the same database and clock give the same bytes. The page fetches nothing and \
            runs no script.

              pipeline report jobs/fraud.yaml --out report.html
            """)

    @OptionGroup var job: JobArgument
    @Option(
        help: ArgumentHelp("The file to write; standard output when not given.", valueName: "file"), completion: .file(extensions: ["html"])
    )
    var out: String?
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let console = output.console
        let (name, now) = (try job.load().name, warehouse.environment.now())
        let database = try warehouse.open(.read)
        defer { database.close() }
        let page = ReportPage(try database.read { try JobReport(job: name, now: now, in: $0) }).html
        guard let out else { return try console.write(page) }
        do {
            try Data(page.utf8).write(to: URL(fileURLWithPath: out), options: .atomic)
        } catch {
            throw Failure.reportNotWritten(out, cause: error.localizedDescription)
        }
        console.note("\(out) is written.")
    }
}

extension Failure {
    static func reportNotWritten(_ path: String, cause: String) -> Failure {
        Failure(
            .failed, code: "report.not-written", what: "the report cannot be written", place: path,
            remedy: "Name a file in a folder that is there and may be written.", cause: cause)
    }
}

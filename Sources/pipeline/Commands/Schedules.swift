import ArgumentParser
import Foundation
import Pipelines
import Records

/// `pipeline schedule`
struct Schedules: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule", abstract: "Print crontab lines or systemd units that start jobs by their schedules.",
        discussion: """
            Nothing is installed: look at the text, then install it. A job whose calendar has another zone than this machine is looked at every \
            five minutes by cron and runs once it is due in its own zone (`run --if-due`); systemd knows zones itself.

              pipeline schedule jobs/*.yaml --database /data/pipeline.db | crontab -
              pipeline schedule jobs/fraud.yaml --systemd --out /etc/systemd/system
            """)

    @Argument(help: ArgumentHelp("The job files.", valueName: "job"), completion: .file(extensions: ["yaml", "yml"]))
    var jobs: [String]
    @Flag(help: "Units for systemd instead of lines for cron.")
    var systemd = false
    @Option(help: ArgumentHelp("Write the units into this folder instead of printing them.", valueName: "folder"), completion: .directory)
    var out: String?
    @Option(help: ArgumentHelp("systemd: start up to this much later, by chance.", valueName: "span"))
    var randomDelay = "2min"
    @Option(help: ArgumentHelp("systemd: most memory of a run.", valueName: "bytes"))
    var memory = "2G"
    @Option(help: ArgumentHelp("systemd: most time of a run.", valueName: "span"))
    var time = "6h"
    @Option(help: ArgumentHelp("The program's path; this one when not given.", valueName: "file"))
    var program: String?
    @Option(help: ArgumentHelp("The machine's zone; this one's when not given.", valueName: "zone"))
    var systemZone: String?
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        if out != nil, !systemd { throw ValidationError("--out belongs to --systemd.") }
    }

    func run() throws {
        let folder = FileManager.default.currentDirectoryPath
        func absolute(_ path: String) -> String { URL(fileURLWithPath: path, relativeTo: URL(fileURLWithPath: folder)).standardized.path }
        let executable = program ?? (Bundle.main.executablePath ?? CommandLine.arguments[0])
        for path in jobs {
            let schedule = try Schedule(
                job: try Job.load(path: path), program: executable, jobFile: absolute(path), database: absolute(warehouse.database))
            guard systemd else {
                try output.console.write(schedule.crontab(systemZone: systemZone ?? TimeZone.current.identifier))
                continue
            }
            for (name, text) in schedule.systemd(randomDelay: randomDelay, memory: memory, time: time) {
                guard let out else {
                    try output.console.write("# \(name)\n\(text)\n")
                    continue
                }
                guard FileManager.default.createFile(atPath: "\(out)/\(name)", contents: Data(text.utf8)) else {
                    throw Failure.unitNotWritten(out)
                }
                output.console.note("wrote \(out)/\(name)")
            }
        }
    }
}

extension Failure {
    fileprivate static func unitNotWritten(_ folder: String) -> Failure {
        Failure(
            .usage, code: "schedule.folder", what: "the units cannot be written", place: folder,
            expected: "a folder this account may write",
            remedy: "Create it, or name another one with --out.")
    }
}

import ArgumentParser
import Connectors
import Foundation
import Pipelines
import Records

/// `pipeline export fine-tuning`
struct ExportFineTuning: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fine-tuning", abstract: "Write people's decisions as examples for fine-tuning: masked, split by time, each once.",
        discussion: """
            Writes training.jsonl, test.jsonl and card.md into a folder that is not there yet. An example is a row that came to review, with its \
            reasons, and the outcome that a person chose; the newest decision counts.

              pipeline export fine-tuning --job card-fraud --split 2026-06-01 --form bedrock-conversation --out tuning
            """)

    @Option(help: ArgumentHelp("The job, by name or file.", valueName: "name|file"), completion: Completions.jobs)
    var job: String
    @Option(help: ArgumentHelp("Event time from which on rows are for the test.", valueName: "time"))
    var split: Timestamp
    @Option(help: ArgumentHelp("bedrock-conversation, bedrock-prompt or openai.", valueName: "form"))
    var form = FineTuning.Form.openAI
    @Option(help: ArgumentHelp("Decisions known at this time; now when not given.", valueName: "time"))
    var asOf: Timestamp?
    @Option(help: ArgumentHelp("A folder that is not there yet.", valueName: "folder"), completion: .directory)
    var out: String
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let name = job.hasSuffix(".yaml") || job.hasSuffix(".yml") ? try Job.load(path: job).name : job
        let database = try warehouse.open(.read)
        defer { database.close() }
        let (split, known) = (split, asOf ?? warehouse.environment.now())
        let data = try database.read { try FineTuning(job: name, split: split, known: known, in: $0) }
        var files = [
            (name: "training.jsonl", text: FineTuning.lines(data.training, as: form)),
            (name: "test.jsonl", text: FineTuning.lines(data.test, as: form)),
        ]
        files.append((name: "card.md", text: data.card(form: form, files: files)))
        let folder = URL(fileURLWithPath: out)
        do {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o750])
            for file in files { try Data(file.text.utf8).write(to: folder.appendingPathComponent(file.name)) }
        } catch {
            throw Failure.fineTuningNotWritten(out, cause: error.localizedDescription)
        }
        output.console.note(
            "\(out): \(Quantity.count(data.training.count, "example")) to train on, \(data.test.count) to test on, "
                + "\(data.duplicates) left out as equal, \(Quantity.count(data.masked, "value")) masked.")
    }
}

extension Failure {
    static func fineTuningNotWritten(_ path: String, cause: String) -> Failure {
        Failure(
            .failed, code: "fine-tuning.not-written", what: "the examples cannot be written", place: path,
            remedy: "Name a folder that is not there yet, in one that is and may be written.", cause: cause)
    }
}

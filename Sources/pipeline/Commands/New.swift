import ArgumentParser
import Foundation
import Pipelines
import Records

/// `pipeline new`
struct New: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a first job file.", discussion: "  pipeline new job --from payments.csv", subcommands: [NewJob.self])
}

/// `pipeline new job`
struct NewJob: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job", abstract: "Write a commented job file from the head of a CSV or XML file.",
        discussion: """
            Encoding, delimiter and all else about how the file is written, types, key and event time are guessed and marked as guesses, with their evidence; what cannot be guessed is marked CHANGE_ME, and \
            `pipeline check` points at each. A file that is there already is not written over. Prints the path written.

              pipeline new job --from payments.csv --out jobs/payments.yaml
              pipeline new job --from messages.csv --stage support
              pipeline new job --from invoice.xml --table
            """)

    @Option(
        help: ArgumentHelp("The CSV or XML file, plain or gzip.", valueName: "file"), completion: .file(extensions: ["csv", "xml", "gz"]))
    var from: String
    @Flag(help: "Land the rows in a table of their own and decide nothing; of XML documents that is what is done in any case.")
    var table = false
    @Option(help: ArgumentHelp("The stage of the job: \(JobScaffold.stages.joined(separator: " or ")).", valueName: "stage"))
    var stage = "fraud"
    @Option(
        help: ArgumentHelp("The job file to write; the CSV file's name with .yaml, here, when not given.", valueName: "job"),
        completion: .file(extensions: ["yaml", "yml"]))
    var out: String?
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        guard JobScaffold.stages.contains(stage) else {
            throw ValidationError("--stage is '\(stage)', expected \(JobScaffold.stages.joined(separator: " or "))")
        }
    }

    func run() throws {
        let path = try out ?? "\(JobScaffold(from: from, jobPath: "job.yaml", isTable: table, stage: stage).name).yaml"
        let scaffold = try JobScaffold(from: from, jobPath: path, isTable: table, stage: stage)
        try TextFile.create(path, scaffold.text)
        let console = output.console
        try console.write(path + "\n")
        for line in scaffold.evidence + scaffold.doubts { console.note(line) }
        for sentence in scaffold.missing { console.note("CHANGE_ME: \(sentence)") }
        console.note("\nnext:\n  pipeline check \(path)\n  pipeline run \(path)")
    }
}

/// Text files that commands write.
enum TextFile {
    /// Writes a file that is not there yet.
    static func create(_ path: String, _ text: String) throws(Failure) {
        guard !FileManager.default.fileExists(atPath: path) else {
            throw Failure(
                .usage, code: "output.exists", what: "the file is there already", place: path,
                remedy: "Name another with --out, or remove it.")
        }
        try write(path, text)
    }

    /// Writes a file, and its folder where it is missing; the old one stays until the new one is whole.
    static func write(_ path: String, _ text: String) throws(Failure) {
        let url = URL(fileURLWithPath: path)
        do {
            try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url, options: .atomic)
        } catch {
            throw Failure(
                .failed, code: "output.file", what: "the file cannot be written", place: path, found: error.localizedDescription,
                expected: "a folder this account may write")
        }
    }
}

import ArgumentParser
import Connectors
import Models
import Pipelines
import Records

/// `pipeline models export`
struct ModelsExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a version to a file: its card, its bytes and a digest over both.",
        discussion: "Another database takes it with `models import`.\n\n  pipeline models export card-fraud 3 --out card-fraud-3.model")

    @OptionGroup var model: ModelVersionArguments
    @Option(help: ArgumentHelp("A file that is not there yet.", valueName: "file"), completion: .file())
    var out: String
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let database = try warehouse.open(.read)
        defer { database.close() }
        let (version, digest) = try ModelTransfer(warehouse: database, environment: warehouse.environment)
            .export(model.name, version: model.version, to: out)
        try format.write(
            Details(
                title: "Model \(version.name) version \(version.version) is in \(out)",
                [
                    .init("model", .text(version.name)), .init("version", .identifier(version.version)), .init("file", .text(out)),
                    .init("digest", .text(digest)),
                ]), to: output.console)
    }
}

/// `pipeline models import`
struct ModelsImport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take a model from a file into the catalog, as a candidate.",
        discussion: """
            A file of `models export` (of a sentence encoder too, before the models that rest on it), XGBoost's JSON or LightGBM's text (two classes, numeric splits). Those of other programs need a \
            sample: a CSV file with a column for each feature and `probability`, as their library gives it. A model that gives other \
            outputs is refused.

              pipeline models import model.json --job jobs/fraud.yaml --sample sample.csv --trained-to 2026-02-01 --reason "from the risk team"
            """)

    @Argument(help: ArgumentHelp("The model file.", valueName: "file"), completion: .file())
    var file: String
    @Option(help: ArgumentHelp("The job file whose model it is to be.", valueName: "file"), completion: .file(extensions: ["yaml", "yml"]))
    var job: String
    @Option(help: ArgumentHelp("Inputs and expected outputs.", valueName: "file"), completion: .file(extensions: ["csv"]))
    var sample: String?
    @Option(help: ArgumentHelp("Largest difference of a probability that is taken for the same.", valueName: "number"))
    var tolerance = 1e-5
    @Option(help: ArgumentHelp("First event time it was trained on, as its maker states.", valueName: "time"))
    var trainedFrom: Timestamp?
    @Option(help: ArgumentHelp("Event time its training rows end before, as its maker states.", valueName: "time"))
    var trainedTo: Timestamp?
    @OptionGroup var why: ReasonOption
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        if !(0...0.001).contains(tolerance) { throw ValidationError("--tolerance is \(tolerance), expected 0 to 0.001") }
    }

    func run() throws {
        let job = try Job.load(path: job)
        let database = try warehouse.open(.write)
        defer { database.close() }
        let settings = ModelImportSettings(
            sample: sample, tolerance: tolerance, trainedFrom: trainedFrom, trainedTo: trainedTo, statement: why.reason)
        let version = try ModelTransfer(warehouse: database, environment: warehouse.environment).load(file, for: job, settings: settings)
        var sections: [Details.Section] = [
            .init(
                nil,
                [
                    .init("model", .text(version.name)), .init("version", .identifier(version.version)), .init("role", .text("candidate")),
                    .init("digest", .digest(version.digest)),
                ])
        ]
        if let origin = version.card.origin { sections.append(PromotionView.origin(origin)) }
        try format.write(
            Details(title: "Model \(version.name) version \(version.version) is in the catalog", sections: sections), to: output.console)
        guard version.family != EncoderFiles.family else { return }
        output.console.note("\nnext:\n  pipeline models challenge \(version.name) \(version.version) --reason trial")
    }
}

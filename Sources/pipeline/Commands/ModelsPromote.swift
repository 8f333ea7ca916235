import ArgumentParser
import Connectors
import Models
import Pipelines
import Records

/// The version that a command is about.
struct ModelVersionArguments: ParsableArguments {
    @Argument(help: "The model's name.", completion: Completions.models)
    var name: String
    @Argument(help: "The version.")
    var version: Int
}

/// Why somebody does what they do; kept for ever.
struct ReasonOption: ParsableArguments {
    @Option(help: ArgumentHelp("Why; kept with the role for ever.", valueName: "text"))
    var reason: String

    func validate() throws {
        if reason.allSatisfy(\.isWhitespace) { throw ValidationError("--reason is empty, expected a sentence") }
    }
}

/// `pipeline models promote`
struct ModelsPromote: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promote", abstract: "Make a version the champion of a job, bound to a replay report.",
        discussion: """
            The champion scores all rows that come from now on; rows already scored keep their scores (`pipeline run --rescore` writes new \
            versions of them). Where the job says `train: { approvals: 2 }`, the version is proposed, and another operating-system account \
            must approve the same report.

              pipeline models promote card-fraud 3 --job jobs/fraud.yaml --replay-report report.json --reason "catches more by 12 %"
            """)

    @OptionGroup var model: ModelVersionArguments
    @Option(help: ArgumentHelp("The job file.", valueName: "file"), completion: .file(extensions: ["yaml", "yml"]))
    var job: String
    @Option(
        help: ArgumentHelp("What `pipeline replay --model` wrote about this version.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var replayReport: String?
    @OptionGroup var why: ReasonOption
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let job = try Job.load(path: job)
        let report = try replayReport.map { path throws(Failure) in try PromotionReport(path: path) }
        let database = try warehouse.open(.write)
        defer { database.close() }
        let standing = try ModelPromoter(warehouse: database, environment: warehouse.environment)
            .promote(model.name, version: model.version, for: job, report: report, reason: why.reason)
        try format.write(PromotionView.standing(standing), to: output.console)
        if standing.missing > 0, let digest = standing.promotion.reportDigest {
            output.console.note(
                "\nnext, under another account:\n  pipeline models approve \(model.name) \(model.version) --report-digest \(digest)")
        }
    }
}

/// `pipeline models approve`
struct ModelsApprove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve", abstract: "Stand behind a promotion that another account proposed.",
        discussion: """
            By the report itself, or by its digest; it must be the one that was proposed. An account counts once, whatever machine it \
            is used on.

              pipeline models approve card-fraud 3 --replay-report report.json --reason "looked at the 40 rows that change"
            """)

    @OptionGroup var model: ModelVersionArguments
    @Option(help: ArgumentHelp("The report that was looked at.", valueName: "file"), completion: .file(extensions: ["json"]))
    var replayReport: String?
    @Option(help: ArgumentHelp("Its SHA-256, instead of the file.", valueName: "hex"))
    var reportDigest: String?
    @OptionGroup var why: ReasonOption
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        if (replayReport == nil) == (reportDigest == nil) {
            throw ValidationError("Name the report by one of --replay-report and --report-digest")
        }
    }

    func run() throws {
        let digest = try replayReport.map { path throws(Failure) in try PromotionReport(path: path).digest } ?? reportDigest ?? ""
        let database = try warehouse.open(.write)
        defer { database.close() }
        let standing = try ModelPromoter(warehouse: database, environment: warehouse.environment)
            .approve(model.name, version: model.version, digest: digest.lowercased(), reason: why.reason)
        try format.write(PromotionView.standing(standing), to: output.console)
    }
}

/// `pipeline models challenge`
struct ModelsChallenge: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "challenge", abstract: "Let a version be scored beside what decides, from the next run on.",
        discussion:
            "Nothing it says decides anything; what it would have said is kept.\n\n  pipeline models challenge card-fraud 3 --reason trial")

    @OptionGroup var model: ModelVersionArguments
    @OptionGroup var why: ReasonOption
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let database = try warehouse.open(.write)
        defer { database.close() }
        let before = try ModelPromoter(warehouse: database, environment: warehouse.environment)
            .challenge(model.name, version: model.version, reason: why.reason)
        try format.write(roleDetails(model, before: before, now: .challenger), to: output.console)
    }
}

/// `pipeline models retire`
struct ModelsRetire: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retire", abstract: "Take a version out of service; it stays in the catalog.",
        discussion: """
            A job whose champion is retired is scored by its stage's rules until another version is promoted.

              pipeline models retire card-fraud 2 --reason "trained before the new terminals"
            """)

    @OptionGroup var model: ModelVersionArguments
    @OptionGroup var why: ReasonOption
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let database = try warehouse.open(.write)
        defer { database.close() }
        let before = try ModelPromoter(warehouse: database, environment: warehouse.environment)
            .retire(model.name, version: model.version, reason: why.reason)
        try format.write(roleDetails(model, before: before, now: .retired), to: output.console)
        if before == .champion { output.console.note("\nThere is no champion now: the stage's rules score until a version is promoted.") }
    }
}

private func roleDetails(_ model: ModelVersionArguments, before: ModelRole, now: ModelRole) -> Details {
    Details(
        title: "Model \(model.name) version \(model.version): \(now.rawValue)",
        [
            .init("model", .text(model.name)), .init("version", .identifier(model.version)), .init("role", .text(now.rawValue)),
            .init("before", .text(before.rawValue)),
        ])
}

import ArgumentParser
import Connectors
import Models
import Pipelines
import Records

/// `pipeline models`
struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "List model versions, read the card of one, and decide which one decides.",
        discussion: "Who was champion when is history and never overwritten.\n\n  pipeline models list\n  pipeline models show card-fraud",
        subcommands: [
            ModelsList.self, ModelsShow.self, ModelsPromote.self, ModelsApprove.self, ModelsChallenge.self, ModelsRetire.self,
            ModelsCompare.self, ModelsCheck.self, ModelsExport.self, ModelsImport.self,
        ])
}

/// `pipeline models list`
struct ModelsList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List model versions, newest first, with their role at the clock.",
        discussion: "  pipeline models list --format json\n  pipeline models list --as-of 2026-02-01")

    @Option(help: ArgumentHelp("Of this name only.", valueName: "name"), completion: Completions.models)
    var name: String?
    @Option(help: ArgumentHelp("As it was at this time, in ISO 8601; at the clock when not given.", valueName: "time"))
    var asOf: Timestamp?
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let console = output.console
        let database = try warehouse.open(.read)
        defer { database.close() }
        let (name, now) = (name, asOf ?? warehouse.environment.now())
        let isPast = asOf != nil
        let rows = try database.read { database in
            let store = ModelStore(database)
            return try store.versions(of: name).filter { !isPast || $0.created <= now }
                .map { (version: $0, role: try store.role(of: $0, asOf: now)) }
        }
        if rows.isEmpty { console.note("No models yet: `pipeline train` makes the first; until then the stage's rules score.") }
        let table = Table(
            columns: [
                .init("model"), .init("version", .number), .init("role"), .init("family"), .init("trained_from"), .init("trained_to"),
                .init("rows", .number), .init("positives", .number), .init("created"), .init("digest"),
            ],
            rows: rows.map { version, role in
                [
                    .text(version.name), .count(version.version), .text(role.rawValue), .text(version.family),
                    day(version.card.trainedFrom),
                    day(version.card.trainedTo), .count(version.card.rows), .count(version.card.positives), .time(version.created),
                    .digest(version.digest),
                ]
            })
        try format.write(table, to: console)
    }
}

/// The day for people, the whole time for programs.
private func day(_ time: String) -> Cell { .nested(String(time.prefix(10)), .text(time)) }

/// `pipeline models show`
struct ModelsShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a model version's card and the history of roles.",
        discussion: "The newest version when none is named.\n\n  pipeline models show card-fraud 2")

    @Argument(help: "The model's name.", completion: Completions.models)
    var name: String
    @Argument(help: "The version.")
    var version: Int?
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let console = output.console
        let database = try warehouse.open(.read)
        defer { database.close() }
        let (name, version, now) = (name, version, warehouse.environment.now())
        let (model, role, history, promotions) = try database.read { database in
            let store = ModelStore(database), proposals = PromotionStore(database)
            let model = try store.required(name, version: version)
            let promotions = try proposals.promotions(of: name).map { ($0, try proposals.approvals(of: $0.id)) }
            return (model, try store.role(of: model, asOf: now), try store.roleHistory(of: name), promotions)
        }
        let proposed = PromotionView.table(promotions)
        let roles = Table(
            columns: [.init("since"), .init("version", .number), .init("role"), .init("actor"), .init("reason")],
            rows: history.map { [.time($0.since), .count($0.version), .text($0.role.rawValue), .text($0.actor), .text($0.reason)] })
        var details = Self.details(model, role: role)
        if format.format != .table {
            details.sections.append(
                .init(
                    nil,
                    [
                        .init("roles", .nested("", .array(roles.objects))),
                        .init("promotions", .nested("", .array(proposed.objects))),
                    ]))
            return try format.write(details, to: console)
        }
        try format.write(details, to: console)
        let terminal = console.output
        try console.write("\n\(terminal.styled("roles", .bold))\n\(roles.text(terminal, indent: "  "))")
        guard !promotions.isEmpty else { return }
        try console.write("\n\(terminal.styled("promotions", .bold))\n\(proposed.text(terminal, indent: "  "))")
    }

    private static func details(_ model: ModelVersion, role: ModelRole) -> Details {
        let card = model.card
        return Details(
            title: "Model \(model.name) version \(model.version): \(role.rawValue)",
            sections: [
                .init(
                    nil,
                    [
                        .init("model", .text(model.name)), .init("version", .identifier(model.version)),
                        .init("role", .text(role.rawValue)), .init("owner", .text(card.owner ?? "not stated")),
                        .init("family", .text(model.family)), .init("created", .time(model.created)),
                        .init("digest", .digest(model.digest)),
                        .init("features", .list(model.featureNames)),
                    ]),
                .init(
                    "card",
                    [
                        .init("trained_from", .text(card.trainedFrom)), .init("trained_to", .text(card.trainedTo)),
                        .init("labels_known_by", .text(card.labelsKnownBy)), .init("rows", .count(card.rows)),
                        .init("positives", .count(card.positives)), .init("seed", .text(String(card.seed))),
                        .init("job_digest", .digest(card.jobDigest)), .init("input_digest", .digest(card.inputDigest)),
                        .init("stage", .text(card.stageVersion)), .init("library", .text(card.libraryVersion)),
                    ]),
            ] + (card.origin.map { [PromotionView.origin($0)] } ?? []) + [
                .init("parameters", card.parameters.sorted { $0.key < $1.key }.map { .init($0.key, .text($0.value)) })
            ] + (card.fitting.map(FittingView.sections) ?? []))
    }
}

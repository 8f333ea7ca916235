import ArgumentParser
import Connectors
import Foundation
import Models
import Pipelines
import Records

/// `pipeline models check`
struct ModelsCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check language models: when they end, where they may send a prompt, what they cost.",
        discussion: """
            Without a name: all that are known. With --job, the models that the job names; with --ledger, also those that were asked within \
            --days, and each that ends within --days opens an item in the queue `models` of that database, once. Exit code 78 when a model is \
            not known or can leave the regions allowed, 3 when one ends within --days.

              pipeline models check
              pipeline models check jp.anthropic.claude-haiku-4-5-20251001-v1:0 --region ap-northeast-1 --allowed-region ap-northeast-1 --allowed-region ap-northeast-3
              pipeline models check --job jobs/support.yaml --ledger pipeline.db
            """)

    @Argument(help: "Model ids, inference profiles or ARNs of Bedrock.")
    var models: [String] = []
    @Option(
        help: ArgumentHelp("A job file whose models are checked; repeat for more.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var job: [String] = []
    @Option(
        help: ArgumentHelp("A database whose calls tell which models are used.", valueName: "file"), completion: .file(extensions: ["db"]))
    var ledger: String?
    @Option(help: ArgumentHelp("Where calls are sent.", valueName: "name"))
    var region = ""
    @Option(help: ArgumentHelp("A region that a prompt may reach; repeat for more.", valueName: "name"))
    var allowedRegion: [String] = []
    @Option(help: ArgumentHelp("Days before its end that a model is reported.", valueName: "days"))
    var days = 90
    @Option(help: ArgumentHelp("The clock instead of now, in ISO 8601.", valueName: "time"))
    var clock: Timestamp?
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        guard (0...3_650).contains(days) else { throw ValidationError("--days is \(days), expected 0 to 3650") }
    }

    func run() throws {
        let console = output.console
        let now = Records.Environment.system(clock: clock).now()
        var uses = models.map { RetiringModels.Use(job: "", model: $0) }
        for path in job { uses += RetiringModels.uses(of: try Job.load(path: path)) }
        let database = try ledger.map { path throws(Failure) in try Warehouse(path: path) }
        defer { database?.close() }
        let days = days
        if let database { uses += try database.read { try RetiringModels.uses($0, at: now, days: days) } }
        let checked = RetiringModels(uses, at: now, days: days)
        try show(uses, now: now, console: console)
        if let database {
            // Items belong to a job: models named on the command line have none.
            let ofJobs = RetiringModels(uses.filter { !$0.job.isEmpty }, at: now, days: days)
            let opened = try database.write(durable: true) { try ofJobs.open(in: $0, at: now) }
            if opened > 0 { console.note("\(Quantity.count(opened, "item")) opened in the queue \(RetiringModels.queue).") }
        }
        guard checked.unknown.isEmpty else { throw Failure.modelsUnknown(checked.unknown.map(\.model)) }
        if !allowedRegion.isEmpty {
            for name in names(uses) { try ModelPlace(name, region: region).check(name, allowed: allowedRegion) }
        }
        guard checked.endings.isEmpty else {
            throw Failure.modelsEnd(checked.endings.map { "\($0.use.model) (\($0.daysLeft) days)" }, days: days)
        }
    }

    /// All that are known where none is asked for.
    private func names(_ uses: [RetiringModels.Use]) -> [String] {
        guard uses.isEmpty else {
            var seen = Set<String>()
            return uses.map(\.model).filter { seen.insert($0).inserted }
        }
        return job.isEmpty && ledger == nil ? ModelRegistry.bundled.models.map(\.model) : []
    }

    private func show(_ uses: [RetiringModels.Use], now: Timestamp, console: Console) throws {
        let registry = ModelRegistry.bundled
        let rows = names(uses).map { name -> [Cell] in
            let (facts, place) = (registry.facts(of: name), ModelPlace(name, region: region))
            let left = facts?.daysLeft(at: now)
            return [
                .text(name), .text(facts?.maker), dollars(facts?.promptPrice), dollars(facts?.answerPrice),
                facts.map { .count($0.context) } ?? .missing, .text(facts?.retires), left.map { .count($0) } ?? .missing,
                place.regions.map { .list($0) } ?? .text("not known"), .text(facts?.licence), .text(facts?.source), .text(facts?.read),
                energy(facts),
            ]
        }
        let table = Table(
            columns: [
                .init("model"), .init("maker"), .init("prompt_usd_per_million", .number), .init("answer_usd_per_million", .number),
                .init("context", .number), .init("retires"), .init("days_left", .number), .init("regions"), .init("licence", hidden: true),
                .init("source", hidden: true), .init("read", hidden: true), .init("wh_per_1000_answer_tokens", hidden: true),
            ], rows: rows)
        try format.write(table, to: console)
    }

    /// Billionths of a dollar a token are thousandths of a dollar a million.
    private func dollars(_ price: Int64?) -> Cell { price.map { .real(Double($0) / 1_000, decimals: 3) } ?? .missing }

    /// A range, never one number.
    private func energy(_ facts: ModelFacts?) -> Cell {
        guard let facts else { return .missing }
        let range = EnergyEstimate.range(1_000 * EnergyEstimate(facts).wattHoursPerToken, place: facts.place)
        func digits(_ value: Double) -> String { String((value * 1_000).rounded() / 1_000) }
        return .text("\(digits(range.lowerBound)) to \(digits(range.upperBound))")
    }
}

extension Failure {
    static func modelsEnd(_ models: [String], days: Int) -> Failure {
        Failure(
            .difference, code: "models.end", what: "models end soon", found: models.joined(separator: ", "),
            expected: "more than \(days) days", remedy: "Choose a successor, replay with it, then change the job.")
    }

    static func modelsUnknown(_ models: [String]) -> Failure {
        Failure(
            .job, code: "models.unknown", what: "models are not known", found: models.joined(separator: ", "),
            expected: "ids, profiles or addresses of models that `pipeline models check` lists",
            remedy: "Check the spelling; without facts no price, place or end can be told.")
    }
}

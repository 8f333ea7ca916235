import ArgumentParser
import Models
import Records

/// `pipeline models check`
struct ModelsCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check language models: when they end, where they may send a prompt, what they cost.",
        discussion: """
            Without a name: all that are known. Exit code 3 when a model named ends within --days; 78 when it can leave the regions allowed.

              pipeline models check
              pipeline models check jp.anthropic.claude-haiku-4-5-20251001-v1:0 --region ap-northeast-1 --allowed-region ap-northeast-1 --allowed-region ap-northeast-3
            """)

    @Argument(help: "Model ids, inference profiles or ARNs of Bedrock.")
    var models: [String] = []
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

    func run() throws {
        let console = output.console
        let now = Records.Environment.system(clock: clock).now()
        let registry = ModelRegistry.bundled
        var ending: [String] = []
        let named = models.isEmpty ? registry.models.map(\.model) : models
        let rows = named.map { name -> [Cell] in
            let (facts, place) = (registry.facts(of: name), ModelPlace(name, region: region))
            let left = facts?.daysLeft(at: now)
            if let left, left <= days { ending.append("\(name) (\(left) days)") }
            return [
                .text(name), .text(facts?.maker), dollars(facts?.promptPrice), dollars(facts?.answerPrice),
                facts.map { .count($0.context) } ?? .missing, .text(facts?.retires), left.map { .count($0) } ?? .missing,
                place.regions.map { .list($0) } ?? .text("not known"), .text(facts?.licence), .text(facts?.source), .text(facts?.read),
            ]
        }
        let table = Table(
            columns: [
                .init("model"), .init("maker"), .init("prompt_usd_per_million", .number), .init("answer_usd_per_million", .number),
                .init("context", .number), .init("retires"), .init("days_left", .number), .init("regions"), .init("licence", hidden: true),
                .init("source", hidden: true), .init("read", hidden: true),
            ], rows: rows)
        try format.write(table, to: console)
        if !allowedRegion.isEmpty {
            for name in named { try ModelPlace(name, region: region).check(name, allowed: allowedRegion) }
        }
        if !models.isEmpty, !ending.isEmpty { throw Failure.modelsEnd(ending, days: days) }
    }

    /// Billionths of a dollar a token are thousandths of a dollar a million.
    private func dollars(_ price: Int64?) -> Cell { price.map { .real(Double($0) / 1_000, decimals: 3) } ?? .missing }
}

extension Failure {
    static func modelsEnd(_ models: [String], days: Int) -> Failure {
        Failure(
            .difference, code: "models.end", what: "models end soon", found: models.joined(separator: ", "),
            expected: "more than \(days) days", remedy: "Choose a successor, replay with it, then change the job.")
    }
}

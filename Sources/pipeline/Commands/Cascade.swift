import ArgumentParser
import Foundation
import Models
import Pipelines
import Records

/// `pipeline cascade`
struct Cascade: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find the cheapest cascade of models that keeps a promised error, on answers that were kept.",
        discussion: """
            The file has a row for each question: the right answer, and what each model said. Models are named from the cheapest to the dearest. \
            All choices of them are compared, the thresholds of each tested (Learn then Test): of what is decided without a person, at most \
            --alpha is wrong, with 95 % confidence. A model without a column of doubts counts where it agrees with the first one. Nothing is \
            asked and nothing is written.

              pipeline classify --train train.csv --label category --answers --format csv > answers.csv
              pipeline cascade --answers answers.csv --truth category --step words=words,words_doubt,0 --step all=answer,doubt,0.001 --person 4
              pipeline cascade --answers kept.csv --truth intent --step own=answer,doubt,0 --step haiku=haiku,,0.002,haiku_seconds \\
                  --person 4 --alpha 0.02 --patience 5
            """)

    @Option(help: ArgumentHelp("A CSV file with questions and answers.", valueName: "file"), completion: .file(extensions: ["csv"]))
    var answers: String
    @Option(help: ArgumentHelp("The column with the right answers.", valueName: "name"))
    var truth: String
    @Option(
        help: ArgumentHelp(
            """
            A model: its name, then the columns of its answer and doubt, what a call costs, and the column of the seconds it took; the last \
            two may be left out, the doubt may be empty.
            """, valueName: "name=answer,doubt,cost,seconds"))
    var step: [String]
    @Option(help: ArgumentHelp("What a person's decision costs, in the unit of the calls' costs.", valueName: "cost"))
    var person: Double
    @Option(help: ArgumentHelp("Most wrong of the automatic answers, as a share.", valueName: "share"))
    var alpha = 0.01
    @Option(help: ArgumentHelp("Seconds after which an answer counts as none, and the next model is asked.", valueName: "seconds"))
    var patience: Double?
    @Flag(help: "Deal the doubts out anew among the rows: a control, under which nothing should be decided without a person.")
    var shuffled = false
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        for text in step where Self.parsed(text) == nil {
            throw ValidationError("--step is '\(text)', expected name=answer,doubt,cost,seconds")
        }
        guard alpha > 0, alpha < 1 else { throw ValidationError("--alpha is \(alpha), expected more than 0 and less than 1") }
        guard person >= 0 else { throw ValidationError("--person is \(person), expected 0 or more") }
    }

    private static func parsed(_ text: String) -> CascadeMeasurement.Step? {
        let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard halves.count == 2, !halves[0].isEmpty else { return nil }
        let parts = halves[1].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard (1...4).contains(parts.count), !parts[0].isEmpty else { return nil }
        func part(_ place: Int) -> String? { parts.count > place && !parts[place].isEmpty ? parts[place] : nil }
        guard let cost = Double(part(2) ?? "0"), cost >= 0, cost.isFinite else { return nil }
        return .init(name: halves[0], answer: parts[0], doubt: part(1), cost: cost, seconds: part(3))
    }

    func run() throws {
        let steps = step.compactMap(Self.parsed)
        var settings = CascadeMeasurement.Settings(truth: truth, steps: steps, personCost: person, alpha: alpha)
        (settings.patience, settings.isShuffled) = (patience, shuffled)
        let measured = try CascadeMeasurement(answers, settings)
        let choice = measured.choice
        var sections: [Details.Section] = [
            .init(
                nil,
                [
                    .init("rows", .count(measured.rows)), .init("alpha", .real(alpha, decimals: 4)),
                    .init("cascades_compared", .count(choice.compared)),
                    .init("asked", .list(choice.steps.map { steps[$0].name }, separator: ", ")),
                    .init("cost_a_row", .real(choice.cost, decimals: 5)),
                    .init("cost_a_row_people_only", .real(measured.people, decimals: 5)),
                ]),
            .init(
                "tested",
                [
                    .init("rows", .count(choice.thresholds.rows)), .init("automatic", .real(choice.thresholds.automationRate, decimals: 4)),
                    .init("wrong", .count(choice.thresholds.wrong)), .init("upper_limit", .real(choice.thresholds.upperLimit, decimals: 4)),
                    .init("resamples", .count(CascadeMeasurement.resamples)), .init("resamples_kept", .count(measured.resamplesKept)),
                    .init("resamples_automatic", .real(measured.resamplesAutomatic, decimals: 4)),
                ]),
        ]
        for (place, step) in steps.enumerated() {
            let own = choice.steps.firstIndex(of: place)
            sections.append(
                .init(
                    "step_\(step.name)",
                    [
                        .init("accuracy", .real(measured.accuracies[place], decimals: 4)), .init("cost", .real(step.cost, decimals: 6)),
                        .init(
                            "threshold",
                            own.flatMap { choice.thresholds.thresholds[$0] }.map { Cell.real(Double($0), decimals: 5) } ?? .missing),
                        .init("decides", own.map { Cell.real(choice.thresholds.decides[$0], decimals: 4) } ?? .missing),
                    ]))
        }
        if steps.count > 1 {
            sections.append(
                .init(
                    "escalated",
                    measured.escalations.map { .init("share_\(Int($0.share * 100))", .real($0.accuracy, decimals: 4)) }))
        }
        try format.write(Details(title: "Cascade", sections: sections), to: output.console)
    }
}

import ArgumentParser
import Connectors
import Models
import Pipelines
import Records

/// `pipeline models compare`
struct ModelsCompare: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Score two versions on the same labelled rows, after both training periods.",
        discussion: """
            Area under the ROC curve, average precision, and what the outcomes of the job's policy would have cost, each with the interval \
            of the difference over 1,000 resamples of whole entities (cards). Of cost, less is better.

              pipeline models compare card-fraud 2 3 --job jobs/fraud.yaml
            """)

    @Argument(help: "The model's name.", completion: Completions.models)
    var name: String
    @Argument(help: "A version.")
    var first: Int
    @Argument(help: "Another one.")
    var second: Int
    @Option(help: ArgumentHelp("The job file.", valueName: "file"), completion: .file(extensions: ["yaml", "yml"]))
    var job: String
    @Option(help: ArgumentHelp("First event time; the later end of the training periods when not given.", valueName: "time"))
    var from: Timestamp?
    @Option(help: ArgumentHelp("Event time to stop before; as far as labels are complete when not given.", valueName: "time"))
    var to: Timestamp?
    @Option(help: ArgumentHelp("How often entities are drawn anew.", valueName: "count"))
    var resamples = 1_000
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        if !(40...100_000).contains(resamples) { throw ValidationError("--resamples is \(resamples), expected 40 to 100000") }
        if first == second { throw ValidationError("Version \(first) is named twice, expected two versions") }
    }

    func run() throws {
        let console = output.console
        let job = try Job.load(path: job)
        let database = try warehouse.open(.read)
        defer { database.close() }
        let progress = Progress("compare", console: console)
        defer { progress.finish() }
        var rows: Int64 = 0
        let report = try ModelComparer(warehouse: database, environment: warehouse.environment, resamples: resamples)
            .compare(name, first, second, for: job, from: from, to: to) { count in
                rows += Int64(count)
                progress.report(rows: rows, fraction: nil)
            }
        progress.finish()
        try format.write(Self.table(report), to: console)
        console.note(
            "\n\(Quantity.count(report.rows)) rows from \(report.from) to \(report.to), \(Quantity.count(report.positives)) of them positive."
        )
    }

    /// A figure a row; outcomes as figures `rows_<outcome>` without an interval.
    private static func table(_ report: ModelComparison) -> Table {
        func number(_ value: Double, of figure: String) -> Cell {
            guard figure == "cost" else { return .real(value, decimals: 4) }
            guard let currency = Currency(report.currency), let minor = Int64(exactly: value.rounded()) else {
                return .real(value, decimals: 0)
            }
            return .money(Money(minor: minor, currency: currency))
        }
        let none = Cell.missing
        return Table(
            columns: [
                .init("figure"), .init("version_\(report.first)", .number), .init("version_\(report.second)", .number),
                .init("difference", .number), .init("lower", .number), .init("upper", .number), .init("not_better", .number),
            ],
            rows: report.figures.map { figure in
                [.text(figure.name)]
                    + [figure.first, figure.second, figure.difference, figure.lower, figure.upper].map { number($0, of: figure.name) }
                    + [.real(figure.shareNotBetter, decimals: 3)]
            }
                + report.outcomes.map { outcome in
                    [
                        .text("rows_\(outcome.outcome)"), .count(outcome.first), .count(outcome.second),
                        .count(outcome.second - outcome.first), none, none, none,
                    ]
                })
    }
}

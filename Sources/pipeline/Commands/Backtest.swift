import ArgumentParser
import Pipelines
import Records

/// `pipeline backtest`
struct Backtest: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Forecast a demand job's own past as if it were then, and measure the errors.",
        discussion: """
            From each of --origins past origins every item is forecast from what was known then and compared with what came; each figure \
            has its 95 % interval over resampled items. wQL and coverage judge the quantiles (10 to 90 %), RMSSE and RMSPE the mean, WAPE, MASE, \
            sMAPE and OWA (against Naive2, as in the M4 competition) the median. Nothing is written.

            Choose settings with --skip, which leaves the newest periods alone, and look at those once, at the end.

            With --shuffled, each item gets the forecast of another, in units of its own mean: the control that must be clearly worse.

            With --orders, orders are replayed instead: at each of the last --origins reviews the job's policy orders, and so do a forecast with \
            a safety factor, past sums without a forecast, Poisson demand, (s, S) by the power approximation, and one that knows what comes. \
            Their costs, service, stock and waste are compared.

              pipeline backtest jobs/demand.yaml
              pipeline backtest jobs/demand.yaml --orders --origins 12
              pipeline backtest jobs/demand.yaml --models auto,trees,combined --origins 4 --skip 40
              pipeline backtest jobs/demand-ubl.yaml --origins 2 --by place
              pipeline backtest jobs/forecasting/m4-hourly.yaml --ends own --origins 1 --lag 24 --models naive2,seasonal-naive
            """)

    @OptionGroup var job: JobArgument
    @Option(help: "Number of past origins.")
    var origins = 3
    @Option(help: ArgumentHelp("Periods ahead; the job's lead time and review when not given.", valueName: "periods"))
    var horizon: Int?
    @Option(help: ArgumentHelp("Periods between origins; the horizon when not given.", valueName: "periods"))
    var step: Int?
    @Option(help: ArgumentHelp("Leave the newest periods out.", valueName: "periods"))
    var skip = 0
    @Option(help: ArgumentHelp("Lag of the differences that scale RMSSE and MASE.", valueName: "periods"))
    var lag = 1
    @Option(help: ArgumentHelp("Leave out items with a shorter past before an origin.", valueName: "periods"))
    var leastHistory = 1
    @Option(help: ArgumentHelp("Models to compare, with commas; the job's when not given.", valueName: "names"))
    var models: String?
    @Option(help: ArgumentHelp("Resamples that the intervals rest on.", valueName: "count"))
    var resamples = 500
    @Option(help: "Count origins back from the newest period of the feed, or from each item's own (newest, own).")
    var ends = DemandBacktest.Ends.newest
    @Option(
        help: ArgumentHelp(
            "Give figures of each value of a column as well: one of the job's `hierarchy`, `attributes` or `location`.", valueName: "column"
        ))
    var by: String?
    @Flag(help: "Leave out items with a period that cannot be scored.")
    var whole = false
    @Flag(help: "Deal each forecast to another item: the control that must be clearly worse.")
    var shuffled = false
    @Flag(help: "Replay orders: what each inventory policy would have cost.")
    var orders = false
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    private var names: [String] { models.map { $0.split { $0 == "," || $0 == " " }.map(String.init) } ?? [] }

    func validate() throws {
        for (name, value, range) in [
            ("--origins", origins, 1...1_000), ("--horizon", horizon ?? 1, 1...732), ("--step", step ?? 1, 1...10_000),
            ("--skip", skip, 0...20_000), ("--lag", lag, 1...1_000), ("--least-history", leastHistory, 1...20_000),
            ("--resamples", resamples, 1...100_000),
        ] where !range.contains(value) {
            throw ValidationError("\(name) is \(value), expected \(range.lowerBound) to \(range.upperBound)")
        }
        if orders, !names.isEmpty || horizon != nil || step != nil || skip != 0 || ends != .newest || by != nil || whole || shuffled {
            throw ValidationError(
                "--orders takes the model and periods of the job: no --models, --horizon, --step, --skip, --ends, --by, --whole or --shuffled"
            )
        }
        if let unknown = names.first(where: { !DemandBacktest.models.contains($0) }) {
            throw ValidationError("--models has '\(unknown)', expected some of \(DemandBacktest.models.joined(separator: ", "))")
        }
    }

    func run() throws {
        let console = output.console
        let job = try job.load()
        let progress = Progress("backtest", console: console)
        defer { progress.finish() }
        var settings = DemandBacktest.Settings()
        (settings.origins, settings.horizon, settings.step, settings.skip) = (origins, horizon, step, skip)
        (settings.lag, settings.least, settings.resamples, settings.models) = (lag, leastHistory, resamples, names)
        (settings.ends, settings.onlyWhole, settings.isShuffled, settings.by) = (ends, whole, shuffled, by)
        var read: Int64 = 0
        func count(_ more: Int) {
            read += Int64(more)
            progress.report(rows: read, fraction: nil)
        }
        if orders {
            let (rows, currency) = try DemandOrderReplay(reviews: origins, resamples: resamples).measure(job, progress: count)
            progress.finish()
            return try format.write(OrdersView.table(rows, currency), to: console)
        }
        let rows = try DemandBacktest(settings).measure(job, progress: count)
        progress.finish()
        let groups: [Table.Column] = by == nil ? [] : [.init("group")]
        let columns: [Table.Column] =
            [.init("model")] + groups + [
                .init("items", .number), .init("periods", .number), .init("not_scored", .number), .init("measure"),
                .init("value", .number), .init("low", .number), .init("high", .number),
            ]
        let cells = rows.flatMap { row in
            row.measures.map { measure -> [Cell] in
                let group: [Cell] = by == nil ? [] : [.text(row.group ?? "(all)")]
                return [.text(row.model)] + group + [
                    .count(row.items), .count(row.periods), .count(row.skipped), .text(measure.name),
                    .real(measure.value, decimals: 4), .real(measure.low, decimals: 4), .real(measure.high, decimals: 4),
                ]
            }
        }
        try format.write(Table(columns: columns, rows: cells), to: console)
    }
}

import ArgumentParser
import Models
import Pipelines
import Records

/// `pipeline evaluate`
struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure a job's model settings on days after a training period.",
        discussion: """
            Trains on the period before, waits for the labels' delay, and tests; each figure with its 95 % interval over resampled cards. The \
            last seven full days are tested when none are named. Nothing is written.

            With --rolling, the weeks before the test days are tested one by one, and the test days left alone: settings are chosen there; \
            of automatic decisions the realised risk of each week is shown (of several segments the worst), no promise. \
            With --against, another job's model is tested on the same rows, and the difference in average precision has its interval.

            With --protocol, a job of the stage maintenance is measured on units it has not seen: `units` leaves out each fifth of the \
            training units in turn, which is what settings are chosen by; `last-row` predicts the last row of each unit of other files. A job \
            of the stage quality is measured on pieces it has not learnt from: `folds` leaves out each part of them in turn, `order` the last \
            30 %; with --inner, these are set aside and the others divided again, which is what settings are chosen by. `nab` measures the \
            streaming detector on series with labelled windows, as the Numenta Anomaly Benchmark does. \
            `leave-one-out` asks a job of the stage recommendations for each person's newest item from all else: it leaks time, and is \
            for checking figures that others published.

            Exits with 3 when automatic decisions break their promise on the test days; with --control, when the check finds it broken, as it must.

              pipeline evaluate jobs/fraud.yaml --format json
              pipeline evaluate jobs/fraud.yaml --test-from 2026-02-10 --test-to 2026-02-16
              pipeline evaluate jobs/handbook-full.yaml --against jobs/handbook.yaml --rolling 8
              pipeline evaluate jobs/fraud.yaml --control clear-everything
              pipeline evaluate jobs/cmapss-fd001.yaml --protocol units
            """)

    @OptionGroup var job: JobArgument
    @Option(help: ArgumentHelp("First day tested.", valueName: "day"), transform: Evaluate.day)
    var testFrom: Timestamp?
    @Option(help: ArgumentHelp("Last day tested.", valueName: "day"), transform: Evaluate.day)
    var testTo: Timestamp?
    @Option(help: ArgumentHelp("Resamples that the intervals rest on.", valueName: "count"))
    var resamples = 1_000
    @Flag(help: "Recommendations and quality: leave the test out and cut the rest again, to choose settings.")
    var inner = false
    @Flag(help: "Shuffle the scores first: the control that must find nothing.")
    var shuffled = false
    @Option(
        help: ArgumentHelp(
            "How many days at the end of training remove the cards of their frauds from the test; all when not given. The same for two models "
                + "makes them comparable.", valueName: "length"))
    var removalWindow: Timestamp.Span?
    @Option(help: ArgumentHelp("Test so many weeks before the test days instead of them.", valueName: "weeks"))
    var rolling: Int?
    @Option(
        help: ArgumentHelp("A second job, compared on the same rows of the --rolling weeks.", valueName: "job.yaml"), completion: .file())
    var against: String?
    @Option(
        help: ArgumentHelp(
            "Break the promise of automatic decisions on purpose: the check must find it.",
            valueName: Evaluator.Control.allCases.map(\.rawValue).joined(separator: "|")))
    var control: Evaluator.Control?
    @Option(
        name: .customLong("protocol"),
        help: ArgumentHelp(
            "How to measure: days; for maintenance last-row or units; for quality folds or order; nab for the detector; "
                + "leave-one-out for recommendations.", valueName: "name")
    )
    var method = Method.days
    @Option(help: ArgumentHelp("Parts that --protocol folds divides the pieces into.", valueName: "count"))
    var folds = 10
    @Option(help: ArgumentHelp("Deals the pieces into the parts of --protocol folds.", valueName: "number"))
    var seed: UInt64 = 1
    @Option(help: ArgumentHelp("Files tested by last-row, relative to the job file.", valueName: "pattern"))
    var testFiles: String?
    @Option(help: ArgumentHelp("File with the life left after each tested unit's last row, relative to the job file.", valueName: "file"))
    var truth: String?
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    static func day(_ text: String) throws -> Timestamp {
        guard text.utf8.count == 10, let day = Timestamp(iso8601: text) else { throw ValidationError("expected a day such as 2026-01-01") }
        return day
    }

    func validate() throws {
        if (testFrom == nil) != (testTo == nil) { throw ValidationError("--test-from and --test-to go together") }
        if let testFrom, let testTo, testTo < testFrom { throw ValidationError("--test-to is before --test-from") }
        if let rolling, !(1...520).contains(rolling) { throw ValidationError("--rolling is \(rolling), expected 1 to 520") }
        if against != nil, rolling == nil { throw ValidationError("--against needs --rolling, such as --rolling 8") }
        if rolling != nil, shuffled || control != nil { throw ValidationError("--rolling takes neither --shuffled nor --control") }
        if let removalWindow, removalWindow < .days(1) { throw ValidationError("--removal-window is below a day") }
        if method == .lastRow, testFiles == nil || truth == nil {
            throw ValidationError("--protocol last-row needs --test-files and --truth")
        }
        if method != .lastRow, testFiles != nil || truth != nil {
            throw ValidationError("--test-files and --truth are for --protocol last-row")
        }
        if !(2...100).contains(folds) { throw ValidationError("--folds is \(folds), expected 2 to 100") }
        if resamples < 1 { throw ValidationError("--resamples is \(resamples), expected 1 or more") }
    }

    /// The first option given that only a classifier's evaluation knows.
    private var classifierOption: String? {
        [
            ("--test-from", testFrom != nil), ("--shuffled", shuffled && method == .days), ("--removal-window", removalWindow != nil),
            ("--rolling", rolling != nil), ("--control", control != nil),
        ].first(where: \.1)?.0
    }

    func run() throws {
        let console = output.console
        let job = try job.load()
        if method != .days {
            if let option = classifierOption, option != "--shuffled" || method != .lastRow {
                throw ValidationError("\(option) is not for --protocol \(method.rawValue): the units left out are the protocol's")
            }
            return try evaluateByProtocol(job, console: console)
        }
        if RecommendationEvaluator.applies(to: job) {
            if let option = classifierOption {
                throw ValidationError("\(option) is not for recommendations: the cut in time is the protocol's")
            }
            return try evaluateRecommendations(job, console: console)
        }
        if inner {
            throw ValidationError(
                "--inner is for recommendations and --protocol folds; test earlier days with --test-from and --test-to, or --rolling")
        }
        if DemandBacktest.applies(to: job) { throw DemandBacktest.measuresInstead(of: job) }
        let progress = Progress("evaluate", console: console)
        defer { progress.finish() }
        let period = testFrom.flatMap { from in testTo.map { Evaluator.Period(days: from.day...$0.day) } }
        let removal = removalWindow.map { Int($0.microseconds / 86_400_000_000) }
        var rows: Int64 = 0
        func count(_ more: Int) {
            rows += Int64(more)
            progress.report(rows: rows, fraction: nil)
        }
        let evaluator = Evaluator(resamples: resamples)
        if let rolling {
            let other = try against.map { try Job.load(path: $0) }
            let report = try evaluator.roll(job, against: other, weeks: rolling, test: period, removal: removal, progress: count)
            progress.finish()
            return try write(report, to: console)
        }
        let report = try evaluator.evaluate(
            job, test: period, removal: removal, shuffled: shuffled, control: control, progress: count)
        progress.finish()
        try format.write(EvaluationView.details(report, shuffled: shuffled), to: console)
        guard let verdict = report.automatic else { return }
        let isBroken = verdict.segments.contains { $0.outcome == .violated }
        if control != nil {
            console.note(verdict.passes ? "The control was not found out: the check is worth nothing here." : "The control was found out.")
        } else if isBroken {
            console.note("Automatic decisions break their promise on these days.")
        }
        if control == nil ? isBroken : !verdict.passes { throw ExitCode(3) }
    }

    private func write(_ report: RollingReport, to console: Console) throws {
        try format.write(EvaluationView.rolling(report), to: console)
        let mean = report.meanAveragePrecision.map { Quantity.decimal($0, 3) } ?? "-"
        let cards = report.meanCardPrecision.map { Quantity.decimal($0, 3) } ?? "-"
        console.note("Mean average precision \(mean), mean card precision@100 \(cards), over \(report.weeks.count) weeks.")
        guard let other = report.against else { return }
        console.note("Wholly above \(other) on \(report.betterWeeks) of \(report.weeks.count) weeks.")
    }
}

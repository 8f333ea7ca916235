import ArgumentParser
import Pipelines
import Records

/// `pipeline evaluate`
struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure a job's model settings on days after a training period.",
        discussion: """
            Trains on the period before, waits for the labels' delay, and tests; each figure with its 95 % interval over resampled cards. The \
            last seven full days are tested when none are named. Nothing is written.

              pipeline evaluate jobs/fraud.yaml --format json
              pipeline evaluate jobs/fraud.yaml --test-from 2026-02-10 --test-to 2026-02-16
            """)

    @OptionGroup var job: JobArgument
    @Option(help: ArgumentHelp("First day tested.", valueName: "day"), transform: Evaluate.day)
    var testFrom: Timestamp?
    @Option(help: ArgumentHelp("Last day tested.", valueName: "day"), transform: Evaluate.day)
    var testTo: Timestamp?
    @Option(help: ArgumentHelp("Resamples that the intervals rest on.", valueName: "count"))
    var resamples = 1_000
    @Flag(help: "Shuffle the scores first: the control that must find nothing.")
    var shuffled = false
    @Option(
        name: .customLong("protocol"),
        help: ArgumentHelp("How to measure: days, or for maintenance last-row or units.", valueName: "name"))
    var method = Method.days
    @Option(help: ArgumentHelp("Files tested by last-row, relative to the job file.", valueName: "pattern"))
    var testFiles: String?
    @Option(help: ArgumentHelp("File with the life left after each tested unit's last row, relative to the job file.", valueName: "file"))
    var truth: String?
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    enum Method: String, ExpressibleByArgument, CaseIterable {
        case days
        case lastRow = "last-row"
        case units
    }

    static func day(_ text: String) throws -> Timestamp {
        guard text.utf8.count == 10, let day = Timestamp(iso8601: text) else { throw ValidationError("expected a day such as 2026-01-01") }
        return day
    }

    func validate() throws {
        if (testFrom == nil) != (testTo == nil) { throw ValidationError("--test-from and --test-to go together") }
        if let testFrom, let testTo, testTo < testFrom { throw ValidationError("--test-to is before --test-from") }
        if resamples < 1 { throw ValidationError("--resamples is \(resamples), expected 1 or more") }
    }

    func run() throws {
        let console = output.console
        let job = try job.load()
        let progress = Progress("evaluate", console: console)
        defer { progress.finish() }
        let period = testFrom.flatMap { from in testTo.map { Evaluator.Period(days: from.day...$0.day) } }
        var rows: Int64 = 0
        if method != .days {
            let report = try byProtocol(job)
            progress.finish()
            return try format.write(Self.details(report), to: console)
        }
        let report = try Evaluator(resamples: resamples).evaluate(job, test: period, shuffled: shuffled) { count in
            rows += Int64(count)
            progress.report(rows: rows, fraction: nil)
        }
        progress.finish()
        try format.write(Self.details(report, shuffled: shuffled), to: console)
    }

    private func byProtocol(_ job: Job) throws -> ProtocolReport {
        switch method {
        case .days: preconditionFailure("not a protocol")
        case .units: return try LifeEvaluator(resamples: resamples).units(job)
        case .lastRow:
            guard let testFiles else { throw Failure.protocolNeeds(method.rawValue, "--test-files") }
            guard let truth else { throw Failure.protocolNeeds(method.rawValue, "--truth") }
            return try LifeEvaluator(resamples: resamples).lastRows(job, test: testFiles, truth: truth, shuffled: shuffled)
        }
    }

    private static func details(_ report: ProtocolReport) -> Details {
        let figures = report.figures.map { figure in
            func text(_ value: Double?) -> String { value.map { Quantity.decimal($0, 3) } ?? "-" }
            let interval = figure.lower == nil ? "" : "  (\(text(figure.lower)) to \(text(figure.upper)))"
            return Details.Field(
                figure.name,
                .nested(
                    text(figure.value) + interval,
                    .object([.init("value", .real(figure.value)), .init("lower", .real(figure.lower)), .init("upper", .real(figure.upper))])
                ))
        }
        let facts: [Details.Field] = [.init("job", .text(report.job)), .init("protocol", .text(report.name))]
        return Details(
            title: "\(report.job): \(report.name)",
            sections: [.init(nil, facts + report.facts.map { .init($0.name, .text($0.value)) }), .init("figures", figures)])
    }

    private static func details(_ report: EvaluationReport, shuffled: Bool) -> Details {
        let facts: [Details.Field] = [
            .init("job", .text(report.job)), .init("family", .text(report.family)), .init("shuffled", .bool(shuffled)),
            .init("trained_from", .text(report.trainedFrom)), .init("trained_to", .text(report.trainedTo)),
            .init("tested_from", .text(report.testedFrom)), .init("tested_to", .text(report.testedTo)),
            .init("training_rows", .count(report.trainingRows)), .init("training_positives", .count(report.trainingPositives)),
            .init("test_rows", .count(report.testRows)), .init("test_positives", .count(report.testPositives)),
            .init("resamples", .count(report.resamples)),
        ]
        let figures = report.figures.map { figure in
            func text(_ value: Double?) -> String { value.map { Quantity.decimal($0, 3) } ?? "-" }
            return Details.Field(
                figure.name,
                .nested(
                    "\(text(figure.value))  (\(text(figure.lower)) to \(text(figure.upper)))",
                    .object([.init("value", .real(figure.value)), .init("lower", .real(figure.lower)), .init("upper", .real(figure.upper))])
                ))
        }
        return Details(
            title: "\(report.job): \(report.family), tested on days it has not seen\(shuffled ? ", scores shuffled" : "")",
            sections: [.init(nil, facts), .init("figures", figures)])
    }
}

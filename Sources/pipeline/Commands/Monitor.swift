import ArgumentParser
import Connectors
import Models
import Pipelines
import Records

/// `pipeline monitor`
struct MonitorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "monitor",
        abstract: "Show what automatic clearing misses, by the audit sample, and whether rows have drifted.",
        discussion: """
            Looks at the days up to the newest row scored. The miss rate comes from rows that were drawn for review with a known probability, \
            and has its 95 % interval; rows not reviewed yet widen nothing and are counted. Drift is tested with a false-alarm rate a year \
            that is set. Nothing is written; exits with 3 when a feature has drifted.

              pipeline monitor jobs/fraud.yaml
              pipeline monitor jobs/fraud.yaml --days 30 --reference 90 --format json
            """)

    @OptionGroup var job: JobArgument
    @Option(help: ArgumentHelp("Days judged, up to the newest row.", valueName: "days"))
    var days = 7
    @Option(help: ArgumentHelp("Days before them that they are compared with.", valueName: "days"))
    var reference = 28
    @Option(help: ArgumentHelp("Probability of any false alarm about drift in a year.", valueName: "share"))
    var falseAlarms = 0.05
    @Option(help: ArgumentHelp("How often this is called in a year.", valueName: "count"))
    var runsPerYear = 52
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        if !(1...366).contains(days) { throw ValidationError("--days is \(days), expected 1 to 366") }
        if !(1...3_660).contains(reference) { throw ValidationError("--reference is \(reference), expected 1 to 3660") }
        if !(falseAlarms > 0 && falseAlarms < 1) { throw ValidationError("--false-alarms is \(falseAlarms), expected above 0 and below 1") }
        if !(1...100_000).contains(runsPerYear) { throw ValidationError("--runs-per-year is \(runsPerYear), expected 1 to 100000") }
    }

    func run() throws {
        let console = output.console
        let job = try job.load()
        let database = try warehouse.open(.read)
        defer { database.close() }
        let report = try Monitor(
            warehouse: database, days: days, referenceDays: reference, yearlyRate: falseAlarms, runsPerYear: runsPerYear
        ).report(on: job, now: warehouse.environment.now())
        try format.write(MonitorView.details(report), to: console)
        if report.drift?.isAlarm == true { throw ExitCode(3) }
    }
}

/// A monitoring report as keys and values.
enum MonitorView {
    static func details(_ report: MonitoringReport) -> Details {
        let audit = report.audit
        var audited: [Details.Field] = [
            .init("cleared_rows", .count(audit.clearedRows)), .init("audited_rows", .count(audit.auditedRows)),
            .init("pending_rows", .count(audit.pendingRows)), .init("found_frauds", .count(audit.foundFrauds)),
            .init("missed_frauds", estimate(audit.missedFrauds) { Quantity.decimal($0, 1) }),
        ]
        if let rate = audit.missRate { audited.append(.init("miss_rate", estimate(rate) { Quantity.share($0) })) }
        if let risk = audit.realisedRisk { audited.append(.init("realised_risk", estimate(risk) { Quantity.share($0) })) }
        if let alpha = audit.alpha { audited.append(.init("promised", .share(alpha))) }
        audited.append(.init("width_factor", .real(audit.widthFactor, decimals: 2)))
        return Details(
            title: "\(report.job): the days from \(report.from.prefix(10)) to \(report.to.prefix(10))",
            sections: [
                .init(
                    nil,
                    [
                        .init("job", .text(report.job)), .init("from", .text(report.from)), .init("to", .text(report.to)),
                        .init("rows", .count(report.rows)), .init("reference_from", .text(report.referenceFrom)),
                        .init("reference_rows", .count(report.referenceRows)),
                    ]),
                .init("audit", audited), .init("drift", drift(report)),
            ])
    }

    private static func estimate(_ value: AuditEstimate, _ text: (Double) -> String) -> Cell {
        .nested(
            "\(text(value.estimate))  (\(text(value.lower)) to \(text(value.upper)))",
            .object([
                .init("estimate", .real(value.estimate)), .init("lower", .real(value.lower)), .init("upper", .real(value.upper)),
            ]))
    }

    private static func drift(_ report: MonitoringReport) -> [Details.Field] {
        guard let drift = report.drift else { return [.init("note", .text("no rows to compare, or their features are not stored"))] }
        let alarms = drift.columns.filter(\.isAlarm)
        return [
            .init("alarm", .bool(drift.isAlarm)), .init("can_alarm", .bool(drift.canAlarm)),
            .init("false_alarms_a_year", .share(report.yearlyFalseAlarms)),
            .init(
                "features",
                .nested(
                    alarms.isEmpty ? "none of \(drift.columns.count) has drifted" : alarms.map(\.name).joined(separator: ", "),
                    .array(
                        drift.columns.map { column in
                            .object([
                                .init("name", .text(column.name)), .init("p_value", .real(column.pValue)),
                                .init("adjusted_p_value", .real(column.adjustedPValue)), .init("alarm", .bool(column.isAlarm)),
                                .init("stability_index", .real(column.stabilityIndex)),
                            ])
                        }))),
        ]
    }
}

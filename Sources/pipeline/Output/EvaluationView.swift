import Models
import Pipelines
import Records

/// An evaluation as keys and values, and its tables.
enum EvaluationView {
    static func details(_ report: EvaluationReport, shuffled: Bool) -> Details {
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
        var sections: [Details.Section] = [.init(nil, facts), .init("figures", figures)]
        if let calibration = report.calibration { sections.append(.init("calibration", fields(calibration, report.fitting))) }
        if let missing = report.fitting.notAutomatic { sections.append(.init("automatic", [.init("note", .text(missing))])) }
        if let certificate = report.fitting.automatic, !certificate.segments.isEmpty {
            sections.append(.init("certificate", certificateFields(certificate)))
        }
        if let verdict = report.automatic { sections.append(.init("verification", verificationFields(verdict, report.control))) }
        if !report.slices.isEmpty { sections.append(.init("slices", SliceView.fields(report.slices))) }
        return Details(
            title: "\(report.job): \(report.family), tested on days it has not seen\(shuffled ? ", scores shuffled" : "")",
            sections: sections)
    }

    private static func fields(_ report: CalibrationReport, _ fitting: ModelFitting) -> [Details.Field] {
        [
            .init("kind", .text(fitting.calibration?.calibrator.kind.rawValue ?? "none")),
            .init("log_loss", .real(report.logLoss, decimals: 4)), .init("brier_score", .real(report.brierScore, decimals: 4)),
            .init("calibration_error", .real(report.calibrationError, decimals: 4)),
            .init("error_by_chance", .real(report.errorByChance, decimals: 4)),
        ]
    }

    static func certificateFields(_ certificate: SelectiveCertificate) -> [Details.Field] {
        promise(certificate.settings) + [
            .init("automation_rate", .share(certificate.automationRate)),
            .init("segments", segments(certificate, outcomes: [])),
        ]
    }

    private static func promise(_ settings: SelectiveSettings) -> [Details.Field] {
        var fields: [Details.Field] = []
        switch settings.risk {
        case .count: fields.append(.init("risk", .text("count")))
        case .share: fields.append(.init("risk", .text("share of what is cleared")))
        case .money(let cap): fields += [.init("risk", .text("amount")), .init("cap_minor_units", .real(cap, decimals: 0))]
        }
        return fields + [.init("alpha", .share(settings.alpha)), .init("confidence", .share(settings.confidence))]
    }

    private static func verificationFields(_ verdict: SelectiveVerdict, _ control: Evaluator.Control?) -> [Details.Field] {
        [
            .init("control", .text(control?.rawValue ?? "none")), .init("passes", .bool(verdict.passes)),
            .init("automation_rate", .share(verdict.certificate.automationRate)),
            .init("segments", segments(verdict.certificate, outcomes: verdict.segments.map(\.outcome.rawValue))),
        ]
    }

    /// A line a segment for people, an object for programs.
    private static func segments(_ certificate: SelectiveCertificate, outcomes: [String]) -> Cell {
        var (texts, values): ([String], [JSONValue]) = ([], [])
        for (place, segment) in certificate.segments.enumerated() {
            let outcome = outcomes.indices.contains(place) ? outcomes[place] : nil
            let cleared = segment.clearedShare.map { Quantity.share($0) } ?? "-"
            texts.append(
                "\(segment.name): \(outcome.map { "\($0), " } ?? "")cleared \(Quantity.share(segment.automationRate)) of rows "
                    + (certificate.settings.risk == .share
                        ? "of which \(cleared) are positive (\(segment.clearedFrauds) of \(segment.clearedRows); "
                        : "with \(cleared) of the fraud (\(segment.clearedFrauds) of \(segment.frauds); ")
                    + "upper limit \(Quantity.share(segment.upperLimit)))")
            values.append(
                .object([
                    .init("name", .text(segment.name)), .init("outcome", outcome.map { .text($0) } ?? .null),
                    .init("threshold", .real(segment.threshold.map(Double.init))), .init("rows", .integer(segment.rows)),
                    .init("cleared_rows", .integer(segment.clearedRows)), .init("frauds", .integer(segment.frauds)),
                    .init("cleared_frauds", .integer(segment.clearedFrauds)), .init("cleared_share", .real(segment.clearedShare)),
                    .init("upper_limit", .real(segment.upperLimit)), .init("p_value", .real(segment.pValue)),
                    .init("p_value_of_excess", .real(segment.pValueOfExcess)), .init("frauds_needed", .integer(segment.fraudsNeeded)),
                    .init("automation_rate", .real(segment.automationRate)), .init("ceiling", .real(segment.ceiling)),
                ]))
        }
        return .nested(texts.joined(separator: "; "), .array(values))
    }

    // MARK: Rolling weeks

    static func rolling(_ report: RollingReport) -> Table {
        let isAlone = report.against == nil, promisesNothing = report.weeks.allSatisfy { $0.automatic == nil }
        return Table(
            columns: [
                .init("week_from"), .init("rows", .number), .init("positives", .number), .init("auc", .number),
                .init("average_precision", .number), .init("card_precision_at_100", .number),
                .init("other_average_precision", .number, hidden: isAlone),
                .init("difference", .number, hidden: isAlone), .init("lower", .number, hidden: isAlone),
                .init("upper", .number, hidden: isAlone), .init("better", hidden: isAlone),
                .init("automation_rate", .number, hidden: promisesNothing), .init("cleared_fraud", .number, hidden: promisesNothing),
                .init("promise", hidden: promisesNothing),
            ],
            rows: report.weeks.map { week in
                func figure(_ value: Double?) -> Cell { value.map { .real($0, decimals: 3) } ?? .missing }
                let difference = week.difference
                return [
                    .text(String(week.from.prefix(10))), .count(week.rows), .count(week.positives), figure(week.rocAUC),
                    figure(week.averagePrecision), figure(week.cardPrecision), figure(difference?.first),
                    figure(difference?.difference.estimate), figure(difference?.difference.lower), figure(difference?.difference.upper),
                    difference == nil ? .missing : .bool(week.isBetter),
                    figure(week.automatic?.certificate.automationRate),
                    figure(week.automatic?.certificate.segments.compactMap(\.clearedShare).max()),
                    week.automatic.map {
                        .text($0.segments.contains { $0.outcome == .violated } ? "broken" : $0.passes ? "kept" : "too few")
                    }
                        ?? .missing,
                ]
            })
    }
}

/// Error gaps of slices.
enum SliceView {
    static func fields(_ slices: [EvaluationReport.SliceFigures]) -> [Details.Field] {
        slices.map { figures in
            let notable = figures.report.slices.filter(\.isNotable)
            let text =
                notable.isEmpty
                ? "no gap among \(figures.report.slices.count)"
                : notable.map { slice in
                    "\(slice.name): log loss \(Quantity.decimal(slice.error, 4)), elsewhere \(Quantity.decimal(slice.errorElsewhere, 4))"
                }.joined(separator: "; ")
            return .init(figures.by, .nested(text, .array(figures.report.slices.map(object))))
        }
    }

    private static func object(_ slice: SliceReport.Slice) -> JSONValue {
        .object([
            .init("name", .text(slice.name)), .init("rows", .integer(slice.rows)), .init("positives", .integer(slice.positives)),
            .init("error", .real(slice.error)), .init("error_elsewhere", .real(slice.errorElsewhere)), .init("gap", .real(slice.gap)),
            .init("lower", .real(slice.lower)), .init("upper", .real(slice.upper)), .init("notable", .bool(slice.isNotable)),
        ])
    }
}

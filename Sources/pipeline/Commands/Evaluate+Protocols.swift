import ArgumentParser
import Models
import Pipelines
import Records

extension Evaluate {
    /// How a job is measured.
    enum Method: String, ExpressibleByArgument, CaseIterable {
        case days
        case lastRow = "last-row"
        case units
        case folds
        case order
        case nab
        case leaveOneOut = "leave-one-out"
    }

    /// A job of the stage `maintenance` on units it has not seen, one of `quality` on pieces it has not learnt from, the detector on series
    /// with labelled windows.
    func evaluateByProtocol(_ job: Job, console: Console) throws {
        if method == .leaveOneOut {
            guard !inner, !shuffled else { throw ValidationError("--protocol leave-one-out takes neither --inner nor --shuffled") }
            return try leaveOneOut(job, console: console)
        }
        let (lives, pieces) = (LifeEvaluator(resamples: resamples), QualityEvaluator(resamples: resamples))
        let report =
            switch method {
            case .lastRow: try lives.lastRows(job, test: testFiles ?? "", truth: truth ?? "", shuffled: shuffled)
            case .units, .days, .leaveOneOut: try lives.units(job)
            case .folds: try pieces.folds(job, folds: folds, seed: seed, inner: inner, shuffled: shuffled)
            case .order: try pieces.order(job, inner: inner, shuffled: shuffled)
            case .nab: try AnomalyEvaluator(resamples: resamples).measure(job, shuffled: shuffled)
            }
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
        try format.write(
            Details(
                title: "\(report.job): \(report.name)",
                sections: [.init(nil, facts + report.facts.map { .init($0.name, .text($0.value)) }), .init("figures", figures)]),
            to: console)
    }
}

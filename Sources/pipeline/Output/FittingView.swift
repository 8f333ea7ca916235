import Models
import Pipelines
import Records

/// What training did besides the model itself, as sections of a card.
enum FittingView {
    static func sections(_ fitting: ModelFitting) -> [Details.Section] {
        var facts: [Details.Field] = [.init("learned", slice(fitting.learned))]
        facts += fitting.chosen.sorted { $0.key < $1.key }.map { .init("chosen_\($0.key)", .text($0.value)) }
        if fitting.positiveWeight != 1 { facts.append(.init("positive_weight", .real(fitting.positiveWeight, decimals: 1))) }
        if !fitting.signedFeatures.isEmpty { facts.append(.init("signed_features", .list(fitting.signedFeatures))) }
        if let calibrated = fitting.calibrated { facts.append(.init("calibrated", slice(calibrated))) }
        if let choice = fitting.calibration {
            facts.append(.init("calibration", .text(choice.calibrator.kind.rawValue)))
            let losses = choice.candidates.map { "\($0.kind.rawValue) \(Quantity.decimal($0.logLoss, 4))" }.joined(separator: ", ")
            facts.append(
                .init(
                    "log_losses", .nested(losses, .object(choice.candidates.map { .init($0.kind.rawValue, .real($0.logLoss)) }))))
        }
        if let selected = fitting.selected { facts.append(.init("selected", slice(selected))) }
        var sections: [Details.Section] = [.init("fitting", facts)]
        if let certificate = fitting.automatic {
            sections.append(.init("certificate", EvaluationView.certificateFields(certificate)))
        }
        if let missing = fitting.notAutomatic { sections.append(.init("automatic", [.init("note", .text(missing))])) }
        if !fitting.oddLabels.isEmpty {
            sections.append(.init("odd_labels", fitting.oddLabels.map { .init($0.kind.rawValue, .text($0.reason)) }))
        }
        return sections
    }

    private static func slice(_ slice: ModelFitting.Slice) -> Cell {
        .nested(
            "\(slice.from.prefix(10)) to \(slice.to.prefix(10)), \(Quantity.count(slice.rows)) rows, \(Quantity.count(slice.positives)) positive",
            .object([
                .init("from", .text(slice.from)), .init("to", .text(slice.to)), .init("rows", .integer(slice.rows)),
                .init("positives", .integer(slice.positives)),
            ]))
    }
}

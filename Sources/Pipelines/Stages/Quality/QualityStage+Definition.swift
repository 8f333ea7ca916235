public import Models
import Records

extension QualityStage {
    public static var definition: StageDefinition {
        StageDefinition(
            definition: Definition(
                name: "quality",
                summary:
                    "Scores pieces by how likely they are defective, says of which kind, and charts whether the process is in control.",
                parameters: [
                    Parameter(
                        "inputs", .text,
                        help: "Columns that describe a piece before it is inspected, numbers and texts, separated by blanks.",
                        example: "torque speed type"),
                    Parameter(
                        "derived", .expressions, optional: true, help: "Further features, each arithmetic over number columns.",
                        example: "{ power: torque * speed, heat: process - air }"),
                    Parameter(
                        "classes", .text, default: "",
                        help: "What inspection found: a text column, or a bool or int64 column for each kind, separated by blanks. Rows "
                            + "without a kind are not learnt from. Without it, labels say whether a piece is defective.",
                        example: "defect"),
                    Parameter("sound", .text, default: "", help: "Kinds that are no defects, separated by blanks.", example: "none"),
                    Parameter(
                        "classes-known-after", .span, default: "0s", help: "How long after its event time a piece's kind becomes known.",
                        example: "1d"),
                    Parameter(
                        "group", .column(["string", "int64"]), optional: true,
                        help: "Column that names the machine or product; each has charts and limits of its own.", example: "machine"),
                    Parameter(
                        "charts", .text, default: "", help: "Inputs and derived features with a control chart, separated by blanks.",
                        example: "torque power"),
                    Parameter(
                        "tests", .text, default: "shewhart",
                        help: "Tests of the charts, separated by blanks: shewhart, western-electric, ewma, cusum.",
                        example: "western-electric cusum"),
                    Parameter(
                        "subgroup", .integer(1...25), default: "1",
                        help: "Consecutive pieces of a group that make a point; 1: each piece is one.", example: "5"),
                    Parameter(
                        "spread", .choice(ControlLimits.Spread.allCases.map(\.rawValue)), default: "range",
                        help: "What the spread within subgroups is judged by: an R chart or an S chart.", example: "deviation"),
                    Parameter(
                        "average-weight", .number(0.001...1), default: "0.1", help: "EWMA: weight of the newest point.", example: "0.2"),
                    Parameter(
                        "average-limit", .number(0.1...10), default: "2.814",
                        help: "EWMA: limit in standard deviations of the average.", example: "2.7"),
                    Parameter(
                        "sum-slack", .number(0...10), default: "0.5", help: "CUSUM: half the shift to be found, in standard deviations.",
                        example: "0.5"),
                    Parameter(
                        "sum-limit", .number(0.1...100), default: "5", help: "CUSUM: sum that signals, in standard deviations.",
                        example: "4"),
                    Parameter(
                        "model", .model, default: "quality", help: "Model of the catalog that scores the features.", example: "plates"),
                    Parameter(
                        "forget", .span, default: "366d", help: "Charts of a group not seen for this long start anew.", example: "90d"),
                ]),
            version: 2, features: QualityNames(StageConfiguration(name: "quality", parameters: [:])).features, positive: "defective",
            negative: "sound")
    }

    public static func definition(for configuration: StageConfiguration) -> StageDefinition {
        var configured = definition
        configured.features = QualityNames(configuration).features
        return configured
    }

    /// Before there is a model: how far a number lies from its mean so far, `1 - (3 / distance)^2`.
    public func ruleScores(of matrix: FeatureMatrix) -> [Float] {
        let place = settings.names.pieceCount
        return (0..<matrix.rowCount).map { row in
            let distance = matrix.values[row * matrix.featureCount + place]
            return distance > 3 ? 1 - (3 / distance) * (3 / distance) : 0
        }
    }

    /// Signals of control charts first, then up to four features that raise the probability most.
    public func reasons(features values: ArraySlice<Float>, contributions: ArraySlice<Float>) -> [String] {
        let own = Array(values), names = settings.names, features = names.features
        guard own.count == features.count else { return [] }
        var reasons: [String] = []
        for (index, chart) in names.charts.enumerated() {
            let signals = ControlChart.Signals(rawValue: Int(own[names.pieceCount + 2 + index]))
            for (signal, meaning) in ControlChart.Signals.meanings where signals.contains(signal) { reasons.append("\(chart): \(meaning)") }
        }
        guard !contributions.isEmpty else {
            let distance = own[names.pieceCount]
            return distance > 3
                ? reasons + ["a number \(MaintenanceStage.text(distance, 1)) standard deviations from its mean so far"] : reasons
        }
        let strongest = contributions.prefix(names.pieceCount + 1).enumerated().filter { $0.element > 0 }
            .sorted { $0.element != $1.element ? $0.element > $1.element : $0.offset < $1.offset }
        return reasons
            + strongest.prefix(4).map { place, _ in "\(features[place].meaning): \(self.text(own[place], input: place))" }
    }

    private func text(_ value: Float, input: Int) -> String {
        if value.isNaN { return "missing" }
        // A number beyond what an `Int` holds is no place among texts.
        return Int(exactly: value).flatMap { name(ofText: $0, input: input) } ?? MaintenanceStage.text(value, 3)
    }
}

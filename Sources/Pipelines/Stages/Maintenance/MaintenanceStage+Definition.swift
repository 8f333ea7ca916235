public import Models
import Records

extension MaintenanceStage {
    public static var definition: StageDefinition {
        StageDefinition(
            definition: Definition(
                name: "maintenance",
                summary:
                    "Scores machines by how their sensors moved: how likely a failure is within the planning horizon, and the life left.",
                parameters: [
                    Parameter("unit", .column(["string", "int64"]), help: "Column that names the machine.", example: "unit"),
                    Parameter(
                        "sensors", .text, help: "Number columns that are measured, separated by blanks.",
                        example: "temperature vibration pressure"),
                    Parameter(
                        "conditions", .text, default: "",
                        help: "Number columns that say how the machine is driven, separated by blanks; operating conditions are found in "
                            + "them at training, and each sensor is judged within its condition.", example: "altitude speed throttle"),
                    Parameter(
                        "counter", .text, default: "",
                        help: "Number column that counts a unit's use since it was new or overhauled, if there is one: where it falls, the "
                            + "unit starts anew.", example: "hours"),
                    Parameter(
                        "model", .model, default: "maintenance", help: "Model of the catalog that scores the features.", example: "engines"),
                    Parameter("horizon", .integer(1...1_000_000), default: "30", help: "Planning horizon, in steps.", example: "30"),
                    Parameter("step", .span, default: "1h", help: "What counts as one of a unit's life.", example: "1h"),
                    Parameter(
                        "run-to-failure", .bool, default: "false",
                        help:
                            "Every unit of the training rows ran until it failed; its last row is its end of life. Otherwise a label on a "
                            + "row says that the unit failed there.", example: "true"),
                    Parameter(
                        "events", .feed, optional: true,
                        help:
                            "Table feed with an event log (errors, alarms, maintenance): a column named as the unit's, of its type, and an "
                            + "event time. A reading sees the events before or at its own time.", example: "errors"),
                    Parameter(
                        "event-kind", .text, default: "", help: "Column of the event log that says what kind of event it was.",
                        example: "code"),
                    Parameter(
                        "event-kinds", .text, default: "",
                        help: "Kinds that are counted, as the log writes them, separated by blanks; others are not looked at.",
                        example: "error1 error2"),
                    Parameter(
                        "events-known-after", .span, default: "0s",
                        help: "How long after its time an event stands in the log: readings before that do not see it.", example: "1h"),
                    Parameter(
                        "forget", .span, default: "366d", help: "A unit not seen for this long starts anew.", example: "90d"),
                ]),
            version: 3, features: MaintenanceFeatures(sensors: []).list, positive: "failing", negative: "sound")
    }

    public static func definition(for configuration: StageConfiguration) -> StageDefinition {
        var configured = definition
        configured.features =
            MaintenanceFeatures(
                sensors: MaintenanceSettings.names(configuration.text("sensors")), kinds: MaintenanceSettings.kinds(configuration)
            ).list
        return configured
    }

    /// Before there is a model: how far a sensor has moved since the unit's first readings, `1 - (4 / shift)^2` in standard errors, so
    /// that chance alone, with dozens of sensors, stays below a half.
    public func ruleScores(of matrix: FeatureMatrix) -> [Float] {
        (0..<matrix.rowCount).map { row in
            let shift = matrix.values[row * matrix.featureCount + 1]
            return shift > 4 ? 1 - (4 / shift) * (4 / shift) : 0
        }
    }

    /// Up to four features that raise the risk most, in words.
    public func reasons(features values: ArraySlice<Float>, contributions: ArraySlice<Float>) -> [String] {
        let own = Array(values), names = featureList
        guard own.count == names.count else { return [] }
        guard !contributions.isEmpty else {
            return own[1] > 4 ? ["a sensor moved by \(Self.text(own[1], 1)) standard errors since the unit's first 30 readings"] : []
        }
        let strongest = contributions.prefix(own.count).enumerated().filter { $0.element > 0 }
            .sorted { $0.element != $1.element ? $0.element > $1.element : $0.offset < $1.offset }
        return strongest.prefix(4).map { place, _ in
            place == 0 ? "\(Int(own[0])) readings of this unit so far" : "\(names[place].meaning): \(Self.text(own[place], 3))"
        }
    }

    /// With a fixed number of decimals; what is no finite number of fewer than 16 digits as Swift writes it.
    static func text(_ value: Float, _ decimals: Int) -> String {
        var json = JSONWriter()
        json.raw(value, decimals: decimals)
        return String(decoding: json.bytes, as: UTF8.self)
    }
}

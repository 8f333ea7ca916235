public import Models
import Records

extension AnomalyStage {
    public static var definition: StageDefinition {
        StageDefinition(
            definition: Definition(
                name: "anomaly",
                summary:
                    "Says of each reading of a machine how unusual it is for this machine, from the readings before it: no labels are needed.",
                parameters: [
                    Parameter("unit", .column(["string", "int64"]), help: "Column that names the machine.", example: "unit"),
                    Parameter(
                        "sensors", .text, help: "Number columns that are watched, each by itself, separated by blanks.",
                        example: "temperature vibration pressure"),
                    Parameter(
                        "false-alarms", .number(0.000001...0.2), default: "0.001",
                        help: "Largest share of the readings of a sensor without fault that alarm.", example: "0.001"),
                    Parameter(
                        "quiet", .integer(0...1_000_000), default: "200",
                        help: "Readings after an alarm of a sensor in which it alarms again only where its level is a fifth higher.",
                        example: "200"),
                    Parameter(
                        "model", .model, default: "anomaly", help: "Model of the catalog that scores the features, once there are labels.",
                        example: "alarms"),
                    Parameter("forget", .span, default: "366d", help: "A unit not seen for this long starts anew.", example: "90d"),
                ]),
            version: 1, features: features(sensors: []), positive: "faulty", negative: "sound")
    }

    public static func definition(for configuration: StageConfiguration) -> StageDefinition {
        var configured = definition
        configured.features = features(sensors: MaintenanceSettings.names(configuration.text("sensors")))
        return configured
    }

    /// Features before those of the sensors.
    static let leading = 3
    static let perSensor = 3

    static func features(sensors: [String]) -> [(name: String, meaning: String)] {
        [
            ("alarms", "sensors of this unit that alarm at this reading"),
            ("level", "highest level of its sensors: 3 where one reading in 1,000 is as unusual"),
            ("readings", "readings of this unit so far"),
        ]
            + sensors.flatMap { sensor in
                [
                    ("\(sensor)_level", "level of \(sensor): 3 where one reading in 1,000 is as unusual"),
                    ("\(sensor)_deviation", "standard deviations of \(sensor) above its mean so far"),
                    ("\(sensor)_jump", "standard deviations of \(sensor) above its mean of the last hundred readings or so"),
                ]
            }
    }

    /// Half and more where a sensor alarms; below by how near the highest level comes to an alarm.
    public func ruleScores(of matrix: FeatureMatrix) -> [Float] {
        (0..<matrix.rowCount).map { row in
            let (alarms, level) = (matrix.values[row * matrix.featureCount], matrix.values[row * matrix.featureCount + 1])
            let share = min(max(level / alarmLevel, 0), 100)
            return alarms > 0 ? 0.5 + 0.5 * (1 - 1 / max(share, 1)) : 0.49 * min(share, 1)
        }
    }

    /// The unit's newest readings with the levels they had when they came.
    public func evidence(forRow row: Int) -> [Evidence] {
        let trail = trail(ofRow: row)
        guard let levels = trail.last?.levels else { return [] }
        // Up to three sensors with the highest levels at the row.
        let shown = Array(levels.indices.sorted { (levels[$0], $1) > (levels[$1], $0) }.prefix(3))
        return [
            Evidence(
                title: "readings of this unit, newest first (level 3: one in 1,000 is as unusual)",
                columns: ["time"] + shown.flatMap { [settings.names[$0], "level"] },
                rows: trail.reversed().map { point in
                    [Timestamp(microseconds: point.time).iso8601]
                        + shown.flatMap { [Self.text(point.values[$0]), MaintenanceStage.text(point.levels[$0], 1)] }
                })
        ]
    }

    private static func text(_ value: Double) -> String { value.isNaN ? "" : "\(Float(value))" }

    public func reasons(features values: ArraySlice<Float>, contributions: ArraySlice<Float>) -> [String] {
        let own = Array(values)
        guard own.count == Self.leading + Self.perSensor * settings.names.count else { return [] }
        let levels = settings.names.indices.map { own[Self.leading + Self.perSensor * $0] }
        let order = levels.indices.filter { levels[$0] >= min(alarmLevel, 2) }.sorted { (levels[$0], $1) > (levels[$1], $0) }
        return order.prefix(4).map { place in
            let start = Self.leading + Self.perSensor * place
            let isJump = abs(own[start + 2]) > abs(own[start + 1])
            let deviation = own[start + (isJump ? 2 : 1)]
            let times = levels[place] < 9 ? " (about one in \(Self.whole(levels[place])))" : ""
            let side = deviation < 0 ? "below" : "above"
            return "\(settings.names[place]) is unusual for this machine, level \(MaintenanceStage.text(levels[place], 1))\(times): "
                + "\(MaintenanceStage.text(abs(deviation), 1)) standard deviations \(side) its \(isJump ? "recent mean" : "mean so far")"
        }
    }

    /// 10 to the level, to two digits, with thousands separated.
    private static func whole(_ level: Float) -> String {
        var (unit, rest) = (1, level)
        while rest >= 2 { (unit, rest) = (unit * 10, rest - 1) }
        var mantissa = Float(10)
        for _ in 0..<Int((rest - 1) * 100) { mantissa *= 1.023293 }
        return Quantity.count(Int64(Int(mantissa.rounded()) * unit))
    }
}

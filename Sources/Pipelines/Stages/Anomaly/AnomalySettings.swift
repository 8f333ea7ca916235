import Models
import Records

/// The stage's parameters, bound to the columns of its feed.
struct AnomalySettings {
    let unit: Int
    let sensors: [Int]
    let names: [String]
    let detector: SeriesDetector.Settings
    let forget: Int64

    init(_ configuration: StageConfiguration, schema: Schema) throws(Failure) {
        unit = try configuration.requiredColumn(of: "unit", in: schema)
        let names = configuration.names(of: "sensors")
        self.names = names
        guard !names.isEmpty else { throw .stageParameterMissing("anomaly", "sensors") }
        if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw .stageColumnTwice("anomaly", "sensors", twice)
        }
        sensors = try configuration.numberColumns(of: "sensors", in: schema)
        detector = SeriesDetector.Settings(falseAlarmRate: Self.rate(configuration), quiet: configuration.integer("quiet") ?? 200)
        forget = configuration.span("forget")?.microseconds ?? 366 * 86_400_000_000
        guard forget > 0 else { throw .stageSpanRange("anomaly", "forget") }
    }

    static func rate(_ configuration: StageConfiguration) -> Double {
        if case .number(let value)? = configuration.parameters["false-alarms"] { value } else { 0.001 }
    }
}

extension Failure {
    static func stageColumnTwice(_ stage: String, _ parameter: String, _ name: String) -> Failure {
        Failure(
            .job, code: "stage.column-twice", what: "a column is named twice", place: "\(stage).\(parameter)", found: "`\(name)` twice",
            expected: "each column once", remedy: "Remove one of them.")
    }
}

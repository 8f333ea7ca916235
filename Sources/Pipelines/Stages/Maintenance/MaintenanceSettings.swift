import Records

/// The stage's parameters, bound to the columns of its feed.
struct MaintenanceSettings {
    let unit: Int
    let sensors: [Int]
    let conditions: [Int]
    let counter: Int?
    let step: Int64
    let horizon: Float
    let runsToFailure: Bool
    let forget: Int64
    /// Name of the feed of the event log, and of its column of kinds; nil = there is none.
    let events: String?
    let eventKind: String?
    let eventDelay: Int64

    init(_ configuration: StageConfiguration, schema: Schema) throws(Failure) {
        func named(_ name: String, _ parameter: String) throws(Failure) -> Int {
            guard let index = schema.index(of: name) else {
                throw .stageColumnMissing("maintenance", parameter, name, nearest: Nearest.name(to: name, among: schema.fields.map(\.name)))
            }
            return index
        }
        func numbers(_ parameter: String) throws(Failure) -> [Int] {
            var result: [Int] = []
            for name in Self.names(configuration.text(parameter)) {
                let index = try named(name, parameter)
                switch schema.fields[index].type {
                case .int64, .float64, .decimal: result.append(index)
                default:
                    throw .stageColumnType("maintenance", parameter, name, schema.fields[index].type.name, ["int64", "float64", "decimal"])
                }
            }
            return result
        }
        guard let unitName = configuration.text("unit") else { throw .stageParameterMissing("maintenance", "unit") }
        unit = try named(unitName, "unit")
        guard !schema.fields[unit].isOptional else { throw .stageColumnOptional("maintenance", "unit", unitName) }
        sensors = try numbers("sensors")
        guard !sensors.isEmpty else { throw .stageParameterMissing("maintenance", "sensors") }
        conditions = try numbers("conditions")
        let counters = try numbers("counter")
        guard counters.count < 2 else { throw .stageParameterMany("maintenance", "counter", counters.count) }
        counter = counters.first
        step = configuration.span("step")?.microseconds ?? 3_600_000_000
        guard step > 0 else { throw .stageSpanRange("maintenance", "step") }
        horizon = Float(configuration.integer("horizon") ?? 30)
        if case .bool(let value)? = configuration.parameters["run-to-failure"] { runsToFailure = value } else { runsToFailure = false }
        forget = configuration.span("forget")?.microseconds ?? 366 * 86_400_000_000
        events = configuration.text("events").flatMap { $0.isEmpty ? nil : $0 }
        let kind = configuration.text("event-kind").flatMap { $0.isEmpty ? nil : $0 }
        eventKind = kind
        eventDelay = configuration.span("events-known-after")?.microseconds ?? 0
        let kinds = Self.names(configuration.text("event-kinds"))
        guard kind == nil || !kinds.isEmpty else { throw .stageParameterMissing("maintenance", "event-kinds") }
        guard kind != nil || kinds.isEmpty else { throw .stageParameterMissing("maintenance", "event-kind") }
        guard events != nil || kind == nil else { throw .stageParameterMissing("maintenance", "events") }
        guard kinds.count <= 50 else { throw .stageParameterMany("maintenance", "event-kinds", kinds.count) }
        if let twice = kinds.first(where: { kind in kinds.count { $0 == kind } > 1 }) {
            throw .stageColumnTwice("maintenance", "event-kinds", twice)
        }
    }

    /// Kinds of events with features of their own, as the log writes them; one that stands for all where the log has no kinds.
    static func kinds(_ configuration: StageConfiguration) -> [String] {
        guard let feed = configuration.text("events"), !feed.isEmpty else { return [] }
        let kinds = names(configuration.text("event-kinds"))
        return kinds.isEmpty ? ["event"] : kinds
    }

    /// Names of columns separated by blanks.
    static func names(_ text: String?) -> [String] { (text ?? "").split(whereSeparator: \.isWhitespace).map(String.init) }
}

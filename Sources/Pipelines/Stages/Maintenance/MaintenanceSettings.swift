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
        unit = try configuration.requiredColumn(of: "unit", in: schema)
        sensors = try configuration.numberColumns(of: "sensors", in: schema)
        guard !sensors.isEmpty else { throw .stageParameterMissing("maintenance", "sensors") }
        conditions = try configuration.numberColumns(of: "conditions", in: schema)
        let counters = try configuration.numberColumns(of: "counter", in: schema)
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
        guard kinds.count <= 50 else { throw .stageNames("maintenance", "event-kinds", kinds.count, most: 50) }
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

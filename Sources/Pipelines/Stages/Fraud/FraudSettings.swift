import Records

/// The stage's parameters, resolved against the feed's schema.
struct FraudSettings: Sendable {
    var customer: Int
    var terminal: Int
    var amount: Int
    var customerIsText: Bool
    var terminalIsText: Bool
    var currency: Currency
    var minorUnits: Double
    var delay: Int64
    var lateness: Int64
    var zone: Zone
    var features: FraudFeatures

    /// A card's rows are walked along, a terminal's only looked up by their time.
    var keptOfCards: KeptBeside { features == .full ? .timesAndPayments : .nothing }
    var keptOfTerminals: KeptBeside { features == .full ? .times : .nothing }

    /// How long rows are remembered before the start of the watermark's day: whatever a window of a row at most `lateness` late reaches.
    var memory: Int64 {
        let profile = features == .full ? FraudState.recentWidth + FraudState.quietWidth : 0
        return max(FraudWindows.widths[FraudWindows.count - 1] + delay, profile) + lateness
    }

    /// Two states with different fingerprints must not be mixed.
    var fingerprint: UInt64 {
        RecordKey.hash("\(customerIsText) \(terminalIsText) \(currency.code) \(delay) \(lateness) \(zone.name) \(features.rawValue)")
    }

    init(_ configuration: StageConfiguration, schema: Schema) throws(Failure) {
        func column(_ parameter: String, _ types: [String]) throws(Failure) -> Int {
            guard let name = configuration.text(parameter) else { throw .stageParameterMissing("fraud", parameter) }
            guard let index = schema.index(of: name) else {
                throw .stageColumnMissing("fraud", parameter, name, nearest: Nearest.name(to: name, among: schema.fields.map(\.name)))
            }
            let field = schema.fields[index]
            guard types.contains(field.type.name) else { throw .stageColumnType("fraud", parameter, name, field.type.name, types) }
            guard !field.isOptional else { throw .stageColumnOptional("fraud", parameter, name) }
            return index
        }
        func span(_ parameter: String, _ standard: Timestamp.Span) throws(Failure) -> Int64 {
            let span = configuration.span(parameter) ?? standard
            guard span >= .zero, span <= .days(366) else { throw .stageSpanRange("fraud", parameter) }
            return span.microseconds
        }
        customer = try column("customer", ["string", "int64"])
        terminal = try column("terminal", ["string", "int64"])
        amount = try column("amount", ["money"])
        customerIsText = schema.fields[customer].type == .string
        terminalIsText = schema.fields[terminal].type == .string
        guard case .money(let currency) = schema.fields[amount].type else {
            throw .stageColumnType("fraud", "amount", schema.fields[amount].name, schema.fields[amount].type.name, ["money"])
        }
        self.currency = currency
        features = FraudFeatures(configuration)
        minorUnits = Double(currency.minorUnits)
        delay = try span("delay", .days(7))
        lateness = try span("lateness", .days(1))
        let name = configuration.text("zone") ?? "UTC"
        guard let zone = Zone(name) else {
            throw .stageZone("fraud", name, nearest: Nearest.name(to: name, among: Zone.knownNames))
        }
        self.zone = zone
    }
}

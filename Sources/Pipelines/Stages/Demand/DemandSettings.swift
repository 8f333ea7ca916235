import Models
import Records

/// What a period is.
enum DemandPeriod: String, CaseIterable, Sendable {
    /// `step`: a second of the time column, whose numbers (`format: epoch-seconds`) count the steps of data without a calendar.
    case hour, day, week, month, step

    /// Number of the period that holds an instant. Weeks begin on Monday. Hours and steps are counted in UTC, so that none is missing or
    /// doubled where clocks change.
    func number(at microseconds: Int64, _ zone: inout Zone) -> Int {
        switch self {
        case .step: return Int((microseconds - (microseconds < 0 ? 999_999 : 0)) / 1_000_000)
        case .hour: return Int((microseconds - (microseconds < 0 ? 3_599_999_999 : 0)) / 3_600_000_000)
        case .day, .week, .month:
            return number(ofDay: Timestamp(microseconds: microseconds + zone.offset(at: microseconds)).day)
        }
    }

    /// When a period begins, in microseconds.
    func start(of number: Int, _ zone: inout Zone) -> Int64 {
        switch self {
        case .step: Int64(number) * 1_000_000
        case .hour: Int64(number) * 3_600_000_000
        case .day, .week, .month: zone.microseconds(local: Int64(firstDay(of: number)) * 86_400_000_000)
        }
    }

    private func number(ofDay day: Int) -> Int {
        switch self {
        case .hour, .step, .day: return day
        case .week: return (day + 3) >= 0 ? (day + 3) / 7 : (day + 3 - 6) / 7
        case .month:
            let parts = Timestamp(microseconds: Int64(day) * 86_400_000_000).parts
            return parts.year * 12 + parts.month - 1
        }
    }

    /// First day of a period, that of hours and steps as UTC has it.
    func firstDay(of number: Int) -> Int {
        switch self {
        case .hour: Timestamp(microseconds: Int64(number) * 3_600_000_000).day
        case .step: Timestamp(microseconds: Int64(number) * 1_000_000).day
        case .day: number
        case .week: number * 7 - 3
        case .month: Timestamp.days(year: number / 12, month: number % 12 + 1, day: 1)
        }
    }

    /// Periods of a season, rising; those of steps are the job's to name.
    var seasons: [Int] {
        switch self {
        case .hour: [24, 168]
        case .day: [7]
        case .week: [52]
        case .month: [12]
        case .step: []
        }
    }
}

/// What the model over all items is used for.
enum DemandGlobalUse: String, CaseIterable, Sendable {
    case none, trees, combined
}

/// Whether the period of the newest row counts.
enum DemandLast: String, CaseIterable, Sendable {
    /// It does where the newest row stands as late in its period as those of the periods before it did.
    case auto
    case counts, open
}

/// What a period without a row means.
enum DemandGap: String, CaseIterable, Sendable { case zero, missing, closed }

/// The stage's parameters, resolved against the feed's schema.
struct DemandSettings: Sendable {
    static let stage = "demand"
    static let knownTypes = ["float64", "int64", "bool"]
    var item: Int
    var itemIsText: Bool
    var units: Int
    /// Nil = every unit costs 1 of the currency.
    var unitCost: Int?
    var currency: Currency
    var stockout: Int?
    var period: DemandPeriod
    /// Periods of a season, rising; empty = none.
    var seasons: [Int]
    var gap: DemandGap
    var zone: Zone
    /// Whether the period of the newest row is over.
    var last: DemandLast
    var series: DemandSeriesSettings
    var supply: DemandSupplySettings
    /// Nil = chosen per item.
    var model: LocalModel?
    /// Forecasts from outside alone.
    var usesOutside: Bool
    /// Models that need much time are among the candidates.
    var isThorough: Bool
    /// Estimated seconds of one core a series that choosing its models may take; nil = no limit.
    var budget: Double?
    var leadTime: Int
    var review: Int
    /// Share of the unit's cost: of holding it for a period, and of missing one.
    var holding: Double
    var margin: Double
    var service: Double?
    var pack: Double
    var leastOrder: Double
    var correlation: Double
    /// Periods remembered an item.
    var history: Int
    var stock: String?
    /// Columns of what is known in advance of a period, such as price and promotion.
    var known: [Int]
    /// Their names, as the plan's columns are called.
    var knownNames: [String]
    /// The table feed that says what is planned.
    var plan: String?
    /// Whether one model over all items forecasts, alone or in the mean with each item's own.
    var global: DemandGlobalUse
    var trees: Int
    /// Trees work on logarithms, for effects that multiply; nil = both ways are weighed.
    var multiplies: Bool?
    /// Times the largest value seen, which no forecast is above.
    var ceiling: Double
    /// Intervals of the trees are set by the two spans before the origin.
    var calibrates: Bool
    /// Days since 1970 that are holidays by the job's calendar; its file, not the stage's parameters, says them.
    var holidays: Set<Int> = []

    /// Periods that are forecast: as far as an order placed now is of use.
    var exposure: Int { max(cover, (supply.leadTimes?.last ?? 0) + review, supply.shelfLife.map { leadTime + $0 } ?? 0) }

    /// Periods that an order placed now must last for, at the usual lead time.
    var cover: Int { leadTime + review }

    /// Two states with different fingerprints must not be mixed.
    var fingerprint: UInt64 {
        let units = series.unitSizes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return RecordKey.hash(
            "\(itemIsText) \(currency.code) \(period.rawValue) \(zone.name) \(history) \(stockout != nil) \(knownNames) "
                + "\(series.location != nil) \(series.hierarchyNames) \(series.attributeNames) \(series.addsRows) \(units) "
                + "\(series.externalNames)")
    }

    init(_ configuration: StageConfiguration, schema: Schema) throws(Failure) {
        let columns = DemandColumns(configuration, schema)
        func number(_ parameter: String) -> Double? {
            if case .number(let value)? = configuration.parameters[parameter] { value } else { nil }
        }
        item = try columns.column("item", ["string", "int64"])
        itemIsText = schema.fields[item].type == .string
        units = try columns.column("units", ["float64", "int64"])
        (unitCost, currency) = try columns.unitCost
        stockout = configuration.text("stockout") == nil ? nil : try columns.column("stockout", ["bool"])
        period = configuration.text("period").flatMap { DemandPeriod(rawValue: $0) } ?? .day
        seasons = try Self.seasons(configuration) ?? period.seasons
        gap = configuration.text("gaps").flatMap { DemandGap(rawValue: $0) } ?? .zero
        last = configuration.text("last-period").flatMap { DemandLast(rawValue: $0) } ?? .auto
        let name = configuration.text("model") ?? "auto"
        model = LocalModel(rawValue: name)
        usesOutside = name == "outside"
        isThorough = name == "thorough" || name == "combined" && configuration.text("own-models") == "thorough"
        budget = number("time-budget").map { $0 / 1_000 }
        global = DemandGlobalUse(rawValue: name) ?? .none
        trees = configuration.integer("trees") ?? 150
        switch configuration.text("effects") {
        case "add": multiplies = false
        case "multiply": multiplies = true
        default: multiplies = nil
        }
        if case .bool(let value)? = configuration.parameters["calibrate"] { calibrates = value } else { calibrates = true }
        ceiling = number("ceiling") ?? 1.5
        plan = configuration.text("plan")
        (knownNames, known) = try columns.known
        leadTime = configuration.integer("lead-time") ?? 1
        review = configuration.integer("review") ?? 1
        holding = number("holding") ?? 0.002
        margin = number("margin") ?? 0.4
        service = number("service")
        pack = Double(configuration.integer("pack") ?? 1)
        leastOrder = Double(configuration.integer("minimum-order") ?? 0)
        correlation = number("correlation") ?? 0.2
        history = configuration.integer("history") ?? 1_100
        stock = configuration.text("stock")
        zone = try Self.zone(configuration)
        series = try DemandSeriesSettings(configuration, schema: schema)
        supply = try DemandSupplySettings(configuration)
        if let times = supply.leadTimes { leadTime = times[times.count / 2] }
        try check(schema)
    }

    private static func seasons(_ configuration: StageConfiguration) throws(Failure) -> [Int]? {
        guard let named = configuration.text("seasons") else { return nil }
        let seasons = named.split { $0 == "," || $0 == " " }.map { Int($0) ?? 0 }.sorted()
        guard seasons.allSatisfy({ (2...1_000).contains($0) }) else {
            throw .demandValue("seasons", found: named, expected: "lengths of seasons in periods, 2 to 1000, such as 24 168")
        }
        return seasons
    }

    private static func zone(_ configuration: StageConfiguration) throws(Failure) -> Zone {
        let name = configuration.text("zone") ?? "UTC"
        guard let zone = Zone(name) else { throw .stageZone(stage, name, nearest: Nearest.name(to: name, among: Zone.knownNames)) }
        return zone
    }

    /// What parameters say of one another.
    private func check(_ schema: Schema) throws(Failure) {
        let stage = Self.stage
        guard itemIsText || series.hierarchy.isEmpty else {
            throw .stageColumnType(stage, "hierarchy", schema.fields[item].name, "int64", ["string, so that results of groups have names"])
        }
        // As a number a group's place would be 0, which may be the name of one.
        if let location = series.location, !series.hierarchy.isEmpty, schema.fields[location].type != .string {
            throw .stageColumnType(
                stage, "location", schema.fields[location].name, "int64", ["string, so that results of groups have no place"])
        }
        if plan != nil, knownNames.isEmpty { throw .stageParameterMissing(stage, "covariates") }
    }

    /// The period of an instant.
    func period(of microseconds: Int64, _ zone: inout Zone) -> Int {
        period.number(at: microseconds, &zone)
    }
}

import Models
import Records

/// What names a series, what it belongs to, and how its rows are taken.
struct DemandSeriesSettings: Sendable {
    /// Column of the place where the item is sold; a series is then an item at a place.
    var location: Int?
    /// Columns whose values are the groups of a hierarchy, and their names.
    var hierarchy: [Int] = []
    var hierarchyNames: [String] = []
    /// Nil = forecasts of groups are left as they are.
    var reconciliation: Reconciliation.Method? = .minimumTrace
    /// Columns of what an item is like, the first the one that must agree: a new item borrows from those that are like it.
    var attributes: [Int] = []
    var attributeNames: [String] = []
    /// Items with fewer periods borrow.
    var coldPeriods = 6
    /// A period has many rows, each named by its time: their units are added.
    var addsRows = false
    /// Column of the unit that a row's number counts, and pieces in each.
    var unit: Int?
    var unitSizes: [String: Double] = [:]
    /// Position of the price among the covariates: zero and less are not known.
    var price: Int?
    /// Table feeds: of items, of forecasts made elsewhere, of what is known of periods for all items alike.
    var catalog: String?
    var outside: String?
    var external: String?
    var externalNames: [String] = []

    /// Values that a row says of its item: groups, then attributes.
    var labels: [Int] { hierarchy + attributes }

    init(_ configuration: StageConfiguration, schema: Schema) throws(Failure) {
        let stage = DemandSettings.stage
        func column(_ name: String, of parameter: String, _ types: [String]) throws(Failure) -> Int {
            guard let index = schema.index(of: name) else {
                throw .stageColumnMissing(stage, parameter, name, nearest: Nearest.name(to: name, among: schema.fields.map(\.name)))
            }
            let type = schema.fields[index].type.name
            guard types.contains(type) else { throw .stageColumnType(stage, parameter, name, type, types) }
            return index
        }
        func names(_ parameter: String) -> [String] {
            (configuration.text(parameter) ?? "").split { $0 == "," || $0 == " " }.map(String.init)
        }
        if let name = configuration.text("location") {
            let index = try column(name, of: "location", ["string", "int64"])
            guard !schema.fields[index].isOptional else { throw .stageColumnOptional(stage, "location", name) }
            location = index
        }
        hierarchyNames = names("hierarchy")
        for name in hierarchyNames { hierarchy.append(try column(name, of: "hierarchy", ["string", "int64"])) }
        reconciliation =
            configuration.text("reconcile") == "none"
            ? nil : configuration.text("reconcile").flatMap { Reconciliation.Method(rawValue: $0) } ?? .minimumTrace
        attributeNames = names("attributes")
        catalog = configuration.text("catalog")
        for name in attributeNames {
            // Attributes of a catalog need not stand in every row of the sales.
            if catalog != nil, schema.index(of: name) == nil { continue }
            attributes.append(try column(name, of: "attributes", ["string", "int64"]))
        }
        guard attributes.isEmpty || attributes.count == attributeNames.count else {
            throw .demandValue(
                "attributes", found: "some of the sales, some of the catalog alone", expected: "all as columns of the main feed, or none")
        }
        coldPeriods = configuration.integer("cold-start") ?? 6
        addsRows = configuration.text("rows-per-period") == "many"
        try readUnits(configuration, column)
        if let name = configuration.text("price") {
            price = try Self.place(of: name, among: names("covariates"))
        }
        outside = configuration.text("outside")
        external = configuration.text("external")
        externalNames = names("external-columns")
        if external != nil, externalNames.isEmpty {
            throw .stageParameterMissing(stage, "external-columns")
        }
        try checkPartners(configuration)
    }

    /// A setting without the one that it is about says nothing, and who wrote it meant something.
    private func checkPartners(_ configuration: StageConfiguration) throws(Failure) {
        func refuse(_ parameter: String, without partner: String, _ isAlone: Bool) throws(Failure) {
            guard isAlone else { return }
            throw .demandValue(parameter, found: "it without `\(partner)`", expected: "both, or neither")
        }
        try refuse("reconcile", without: "hierarchy", hierarchyNames.isEmpty && reconciliation != .minimumTrace)
        try refuse("unit-sizes", without: "unit", unit == nil && configuration.text("unit-sizes") != nil)
        try refuse("external-columns", without: "external", external == nil && !externalNames.isEmpty)
        try refuse("catalog", without: "attributes", catalog != nil && attributeNames.isEmpty)
        try refuse("cold-start", without: "attributes", coldPeriods != 6 && attributeNames.isEmpty)
    }

    private static func place(of price: String, among covariates: [String]) throws(Failure) -> Int {
        guard let place = covariates.firstIndex(of: price) else {
            throw .demandValue("price", found: "`\(price)`", expected: "one of `covariates`: \(covariates.joined(separator: ", "))")
        }
        return place
    }

    private mutating func readUnits(
        _ configuration: StageConfiguration, _ column: (String, String, [String]) throws(Failure) -> Int
    ) throws(Failure) {
        guard let name = configuration.text("unit") else { return }
        unit = try column(name, "unit", ["string"])
        let text = configuration.text("unit-sizes") ?? ""
        for part in text.split(whereSeparator: { $0 == "," || $0 == " " }) {
            let pair = part.split(separator: "=")
            guard pair.count == 2, let size = Double(pair[1]), size > 0, size.isFinite else {
                throw .demandValue("unit-sizes", found: "`\(part)`", expected: "a unit and its pieces, such as EA=1 CS=12")
            }
            unitSizes[String(pair[0])] = size
        }
        if unitSizes.isEmpty { throw .stageParameterMissing(DemandSettings.stage, "unit-sizes") }
    }
}

/// How orders come and what they cost, besides holding and missing.
struct DemandSupplySettings: Sendable {
    /// Equally likely lead times in periods, rising; nil = always `lead-time`.
    var leadTimes: [Int]?
    /// Periods after which what has not sold is thrown away; nil = it keeps.
    var shelfLife: Int?
    /// What throwing a unit away costs, as a share of its cost.
    var waste = 1.0
    /// Major units of the currency.
    var orderCost = 0.0
    /// Most that all orders of a run may cost, in major units; nil = no limit.
    var budget: Double?

    init(_ configuration: StageConfiguration) throws(Failure) {
        func number(_ parameter: String) -> Double? {
            if case .number(let value)? = configuration.parameters[parameter] { value } else { nil }
        }
        if let text = configuration.text("lead-times") {
            let times = text.split { $0 == "," || $0 == " " }.map { Int($0) ?? -1 }.sorted()
            guard !times.isEmpty, times.count <= 1_000, times.allSatisfy({ (0...366).contains($0) }) else {
                throw .demandValue("lead-times", found: "`\(text)`", expected: "past lead times in periods, 0 to 366, such as 2 3 3 5")
            }
            leadTimes = times
        }
        shelfLife = configuration.integer("shelf-life")
        waste = number("waste") ?? 1
        if shelfLife == nil, waste != 1 { throw .demandValue("waste", found: "it without `shelf-life`", expected: "both, or neither") }
        orderCost = number("order-cost") ?? 0
        budget = number("order-budget")
    }
}

extension Failure {
    static func demandValue(_ parameter: String, found: String, expected: String) -> Failure {
        Failure(
            .job, code: "stage.demand-value", what: "the parameter cannot be read", place: "\(DemandSettings.stage).\(parameter)",
            found: found, expected: expected, remedy: "`pipeline describe \(DemandSettings.stage)` shows what each parameter holds.")
    }
}

import Records

/// The feed's columns that parameters name.
struct DemandColumns {
    private let configuration: StageConfiguration
    private let schema: Schema

    init(_ configuration: StageConfiguration, _ schema: Schema) { (self.configuration, self.schema) = (configuration, schema) }

    /// The place of a column that every row has.
    ///
    /// - Throws: a parameter that is missing, a column that is, or is of another type, or optional.
    func column(_ parameter: String, _ types: [String]) throws(Failure) -> Int {
        let stage = DemandSettings.stage
        guard let name = configuration.text(parameter) else { throw .stageParameterMissing(stage, parameter) }
        let index = try place(of: name, parameter, types)
        guard !schema.fields[index].isOptional else { throw .stageColumnOptional(stage, parameter, name) }
        return index
    }

    private func place(of name: String, _ parameter: String, _ types: [String]) throws(Failure) -> Int {
        let stage = DemandSettings.stage
        guard let index = schema.index(of: name) else {
            throw .stageColumnMissing(stage, parameter, name, nearest: Nearest.name(to: name, among: schema.fields.map(\.name)))
        }
        let type = schema.fields[index].type.name
        guard types.contains(type) else { throw .stageColumnType(stage, parameter, name, type, types) }
        return index
    }

    /// What a unit costs, and in which currency: that of the column, else the one that is named.
    var unitCost: (column: Int?, currency: Currency) {
        get throws(Failure) {
            let place = configuration.text("unit-cost") == nil ? nil : try column("unit-cost", ["money"])
            if let place, case .money(let currency) = schema.fields[place].type { return (place, currency) }
            let name = configuration.text("currency") ?? "EUR"
            guard let currency = Currency(name) else {
                throw .demandValue("currency", found: name, expected: "an ISO 4217 code such as EUR")
            }
            return (place, currency)
        }
    }

    /// Names and places of what is known in advance.
    var known: (names: [String], places: [Int]) {
        get throws(Failure) {
            let names = (configuration.text("covariates") ?? "").split { $0 == "," || $0 == " " }.map(String.init)
            var places: [Int] = []
            for name in names { places.append(try place(of: name, "covariates", DemandSettings.knownTypes)) }
            return (names, places)
        }
    }
}

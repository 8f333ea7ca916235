import Models
import Records

/// The stage's parameters, bound to the columns of its feed.
struct QualitySettings {
    static let numberTypes = ["int64", "float64", "decimal", "bool"]
    /// Kinds of texts told apart in one column; what comes later is a missing value.
    static let mostLevels = 1_000

    let names: QualityNames
    /// Columns of `names.inputs`.
    let inputs: [Int]
    let derived: [DerivedFeature]
    let classes: [Int]
    /// Of one text column; else a column is a class.
    let hasClassTexts: Bool
    let classDelay: Timestamp.Span
    let group: Int?
    /// What is charted: a place in inputs, or after them in derived features.
    let charted: [Int]
    let chart: ControlChart.Settings
    let subgroup: Int
    let spread: ControlLimits.Spread
    let forget: Int64
    /// Everything that what is learnt of training rows depends on.
    let plan: String

    init(_ configuration: StageConfiguration, schema: Schema) throws(Failure) {
        func column(_ name: String, _ parameter: String) throws(Failure) -> Int {
            guard let index = schema.index(of: name) else {
                throw .stageColumnMissing("quality", parameter, name, nearest: Nearest.name(to: name, among: schema.fields.map(\.name)))
            }
            return index
        }
        func type(_ index: Int, _ parameter: String, _ types: [String]) throws(Failure) {
            let field = schema.fields[index]
            guard types.contains(field.type.name) else {
                throw .stageColumnType("quality", parameter, field.name, field.type.name, types)
            }
        }
        names = QualityNames(configuration)
        guard !names.inputs.isEmpty else { throw .stageParameterMissing("quality", "inputs") }
        var inputs: [Int] = []
        for name in names.inputs {
            inputs.append(try column(name, "inputs"))
            try type(inputs[inputs.count - 1], "inputs", Self.numberTypes + ["string"])
        }
        var derived: [DerivedFeature] = []
        for (name, text) in names.derived { derived.append(try DerivedFeature(name, text, schema: schema)) }
        let numbers = names.inputs + names.derived.map(\.name), all = names.features.map(\.name)
        for (index, name) in all.enumerated() where all[..<index].contains(name) { throw .qualityNameTwice(name) }
        var classes: [Int] = []
        for name in names.classes { classes.append(try column(name, "classes")) }
        let isText = classes.count == 1 && schema.fields[classes[0]].type == .string
        if !isText {
            for index in classes { try type(index, "classes", ["bool", "int64"]) }
            if !classes.isEmpty {
                for name in names.sound where !names.classes.contains(name) { throw .qualitySound(name, known: names.classes) }
            }
        }
        let used = derived.reduce(into: Set(inputs)) { $0.formUnion($1.columns) }
        for index in classes where used.contains(index) { throw .qualityClassUsed(schema.fields[index].name) }
        var charted: [Int] = []
        for name in names.charts {
            guard let place = numbers.firstIndex(of: name) else {
                throw .stageColumnMissing("quality", "charts", name, nearest: Nearest.name(to: name, among: numbers))
            }
            if place < inputs.count { try type(inputs[place], "charts", Self.numberTypes) }
            charted.append(place)
        }
        group = try configuration.text("group").map { name throws(Failure) in try column(name, "group") }
        (self.inputs, self.derived, self.classes, self.charted) = (inputs, derived, classes, charted)
        hasClassTexts = isText
        classDelay = configuration.span("classes-known-after") ?? .zero
        chart = try Self.chart(configuration)
        subgroup = configuration.integer("subgroup") ?? 1
        spread = configuration.text("spread").flatMap { ControlLimits.Spread(rawValue: $0) } ?? .range
        forget = configuration.span("forget")?.microseconds ?? 366 * 86_400_000_000
        plan =
            ([names.inputs, names.charts].map { $0.joined(separator: " ") } + derived.map { "\($0.name) = \($0.text)" }
            + [configuration.text("group") ?? "", "\(subgroup)", spread.rawValue]).joined(separator: "\n")
    }

    private static func chart(_ configuration: StageConfiguration) throws(Failure) -> ControlChart.Settings {
        func number(_ name: String, _ usual: Double) -> Double {
            switch configuration.parameters[name] {
            case .number(let value)?: value
            case .integer(let value)?: Double(value)
            default: usual
            }
        }
        var tests: Set<ControlChart.Test> = []
        let known = ControlChart.Test.allCases.map(\.rawValue)
        for name in MaintenanceSettings.names(configuration.text("tests") ?? "shewhart") {
            guard let test = ControlChart.Test(rawValue: name) else {
                throw .stageColumnMissing("quality", "tests", name, nearest: Nearest.name(to: name, among: known))
            }
            tests.insert(test)
        }
        return ControlChart.Settings(
            tests: tests, weight: number("average-weight", 0.1), averageLimit: number("average-limit", 2.814),
            slack: number("sum-slack", 0.5), sumLimit: number("sum-limit", 5))
    }

    static func isNumber(_ type: ColumnType) -> Bool { numberTypes.contains(type.name) }
}

/// The names that the parameters give, without a feed: enough to name the features.
struct QualityNames {
    let inputs: [String]
    let derived: [(name: String, expression: String)]
    let classes: [String]
    let sound: [String]
    let charts: [String]

    init(_ configuration: StageConfiguration) {
        inputs = MaintenanceSettings.names(configuration.text("inputs"))
        derived = DerivedFeature.declarations(configuration.text("derived"))
        classes = MaintenanceSettings.names(configuration.text("classes"))
        sound = MaintenanceSettings.names(configuration.text("sound"))
        charts = MaintenanceSettings.names(configuration.text("charts"))
    }

    /// Features that stand for the piece alone; what follows them depends on the pieces before.
    var pieceCount: Int { inputs.count + derived.count }

    var features: [(name: String, meaning: String)] {
        inputs.map { ($0, $0) } + derived.map { ($0.name, "\($0.name) (\($0.expression))") } + [
            ("unusual", "largest distance of a number from its mean so far, in standard deviations"),
            ("signals", "signals of all control charts at this row"),
        ]
            + charts.map {
                (
                    "chart_\($0)",
                    "signals of the control chart of \($0), a bit each: 1, 2, 4, 8 Western Electric, 16 EWMA, 32 and 64 CUSUM, 128 spread"
                )
            }
    }
}

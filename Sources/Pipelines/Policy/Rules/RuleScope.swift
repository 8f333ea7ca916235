import Connectors
import Records

/// What the names of a condition may mean: columns of the main feed, features of the stage, list feeds.
struct RuleScope {
    struct Column {
        var field: Field
        /// The only texts that an enum column can hold; nil = any.
        var values: [String]?
    }
    struct Feature {
        var name: String
        var unit: FeatureUnit?
    }

    /// Of the main feed, in its order; those that could not be read are left out and named in `unreadable`.
    var columns: [Column]
    var unreadable: [String] = []
    /// The label of the row: never part of a condition.
    var label: String?
    /// In matrix order; nil = the stage is not known.
    var features: [Feature]?
    /// The currency of features in money.
    var currency: Currency?
    var lists: [String]
    /// By which hours, days and years are judged.
    var calendar: RuleCalendar

    func column(_ name: String) -> Int? { columns.firstIndex { $0.field.name == name } }

    func feature(_ name: String) -> Int? { features?.firstIndex { $0.name == name } }

    /// Every name that could stand where a value stands.
    var names: [String] { columns.map(\.field.name).filter { $0 != label } + (features ?? []).map(\.name) }
}

extension RuleScope {
    /// Of a job that passed its check.
    ///
    /// - Parameter featureNames: of the stage as configured, in matrix order.
    /// - Throws: a stage that is not listed, or is configured wrongly.
    init(_ job: ScoringJob, featureNames: [String]) throws(Failure) {
        let units = try Stages.definition(of: job.stage).units
        let decided = try job.decided()
        self.init(
            columns: decided.isFinished ? decided.schema.fields.map { Column(field: $0) } : job.main.columns.map { Column($0) },
            label: job.main.labelColumn, features: featureNames.map { Feature(name: $0, unit: units[$0]) },
            currency: Self.currency(of: job.stage, columns: job.main.columns),
            lists: job.feeds.filter { $0.role == .list }.map(\.name),
            calendar: RuleCalendar(zone: job.zone, fiscalYear: job.policy.fiscalYear))
    }

    /// Of the first money column that the stage is given.
    static func currency(of stage: StageConfiguration, columns: [FeedColumn]) -> Currency? {
        guard let parameters = Stages.named(stage.name)?.definition.definition.parameters else { return nil }
        for parameter in parameters where parameter.kind == .column(["money"]) {
            let column = stage.text(parameter.name).flatMap { name in columns.first { $0.field.name == name } }
            if case .money(let currency)? = column?.field.type { return currency }
        }
        return nil
    }
}

extension RuleScope.Column {
    init(_ column: FeedColumn) {
        let values = column.field.type == .string ? column.spelling.values?.map(\.meaning) : nil
        self.init(field: column.field, values: values)
    }
}

/// What a value of a condition is.
enum RuleType: Hashable {
    case truth, number, text, span, time, date, weekday
    case money(Currency)

    /// `a number`, `money in EUR`
    var name: String {
        switch self {
        case .truth: "true or false"
        case .number: "a number"
        case .text: "a text"
        case .span: "a length of time"
        case .time: "a time"
        case .date: "a date"
        case .weekday: "a weekday"
        case .money(let currency): "money in \(currency.code)"
        }
    }

    static let weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
}

/// A condition with every name resolved and every type known: what `RuleProgram` is made of.
indirect enum RuleTerm {
    /// A number per row; missing where the column is. Money in minor units, times in microseconds, dates in days, lengths of time in
    /// microseconds.
    enum Value {
        case column(Int, divisor: Double)
        case feature(Int, factor: Double)
        case constant(Double)
        case part(RuleCalendar.Part, column: Int)
        indirect case arithmetic(RuleNode.Arithmetic, Value, Value)
    }

    case compare(RuleNode.Comparison, Value, Value)
    /// Whole numbers are compared as such, however large.
    case compareIntegers(RuleNode.Comparison, column: Int, Int64)
    case texts(column: Int, Set<String>)
    case sameText(column: Int, other: Int)
    case numbers(Value, [Double])
    case list(column: Int, name: String)
    case flag(column: Int)
    case constant(Bool)
    case missingColumn(Int)
    case missing(Value)
    case not(RuleTerm)
    case all([RuleTerm])
    case any([RuleTerm])
}

/// What a column holds.
public enum ColumnType: Hashable, Sendable {
    case int64
    case float64
    case bool
    case string
    /// Microseconds since 1970 in UTC.
    case timestamp
    /// Minor units of the currency.
    case money(Currency)
    /// An exact decimal number: the value times ten to the power of the scale (0...18), as an integer.
    case decimal(scale: Int)
    /// Days since 1970-01-01, of no zone.
    case date

    /// As written in a job file: `int64`, `float64`, `bool`, `string`, `timestamp`, `money`, `decimal`, `date`.
    public var name: String {
        switch self {
        case .int64: "int64"
        case .float64: "float64"
        case .bool: "bool"
        case .string: "string"
        case .timestamp: "timestamp"
        case .money: "money"
        case .decimal: "decimal"
        case .date: "date"
        }
    }

    public static let names = ["int64", "float64", "decimal", "money", "bool", "string", "date", "timestamp"]

    /// What ten to the power of it multiplies the value, where it is kept as a scaled integer: the currency's decimals of money, the
    /// scale of a decimal; nil for other types.
    public var scale: Int? {
        switch self {
        case .money(let currency): currency.exponent
        case .decimal(let scale): scale
        default: nil
        }
    }
}

/// One named column of a schema.
public struct Field: Hashable, Sendable {
    public let name: String
    public let type: ColumnType
    /// A value may be missing (then the validity bit is off); otherwise a missing value rejects the row.
    public let isOptional: Bool
    /// Personal data: masked before it leaves the machine, absent from error texts and logs.
    public let isPersonal: Bool

    public init(_ name: String, _ type: ColumnType, optional: Bool = false, personal: Bool = false) {
        (self.name, self.type, isOptional, isPersonal) = (name, type, optional, personal)
    }
}

/// The columns of a feed or a table, in order; names are unique.
public struct Schema: Hashable, Sendable {
    public let fields: [Field]

    public init(_ fields: [Field]) {
        precondition(Set(fields.map(\.name)).count == fields.count, "column names of a schema are unique")
        self.fields = fields
    }

    public func index(of name: String) -> Int? { fields.firstIndex { $0.name == name } }

    public subscript(_ name: String) -> Field? { fields.first { $0.name == name } }
}

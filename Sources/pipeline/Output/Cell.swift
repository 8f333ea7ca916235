import Pipelines
package import Records

/// One value to be shown: for people in tables, in full precision in CSV, typed in JSON.
package enum Cell: Sendable, Hashable {
    case missing
    case text(String)
    case integer(Int64)
    /// Shown with a fixed count of decimals.
    case real(Double, decimals: Int)
    /// In 0...1, shown as a percentage.
    case share(Double)
    case bool(Bool)
    case time(Timestamp)
    case money(Money)
    case bytes(Int64)
    case seconds(Double)
    /// A hash: shown by its first digits.
    case digest(String)
    /// Anything nested: its text for people, its value for programs.
    case nested(String, JSONValue)

    package static func text(_ value: String?) -> Cell { value.map { .text($0) } ?? .missing }
    package static func time(_ value: Timestamp?) -> Cell { value.map { .time($0) } ?? .missing }
    /// A number that is typed in commands: without separators.
    package static func identifier(_ value: some BinaryInteger) -> Cell { .nested(String(value), .integer(value)) }
    package static func count(_ value: some BinaryInteger) -> Cell { .integer(Int64(value)) }
    package static func list(_ values: [String], separator: String = ", ") -> Cell {
        .nested(values.joined(separator: separator), .array(values.map { .text($0) }))
    }

    /// For people; safe to show on a terminal.
    package var shown: String {
        switch self {
        case .missing: "-"
        case .text(let value): DisplayWidth.visible(value)
        case .integer(let value): Quantity.count(value)
        case .real(let value, let decimals): Quantity.decimal(value, decimals)
        case .share(let value): Quantity.share(value)
        case .bool(let value): value ? "yes" : "no"
        case .time(let value): value.iso8601
        case .money(let value): "\(Quantity.money(value))"
        case .bytes(let value): Quantity.bytes(value)
        case .seconds(let value): Quantity.seconds(value)
        case .digest(let value): String(value.prefix(12))
        case .nested(let text, _): DisplayWidth.visible(text)
        }
    }

    /// Typed; money as an exact decimal, its currency apart (``currency``).
    package var json: JSONValue {
        switch self {
        case .missing: .null
        case .text(let value), .digest(let value): .text(value)
        case .integer(let value), .bytes(let value): .integer(value)
        case .real(let value, _), .share(let value), .seconds(let value): .real(value)
        case .bool(let value): .bool(value)
        case .time(let value): .text(value.iso8601)
        case .money(let value): .number(value.amountText)
        case .nested(_, let value): value
        }
    }

    /// As in JSON, texts without their quotes, nothing for a missing value.
    package var plain: String {
        switch json {
        case .null: ""
        case .text(let value): value
        case let value: value.json
        }
    }

    package var currency: Cell {
        if case .money(let value) = self { .text(value.currency.code) } else { .missing }
    }
}

package import Records

/// Why the text of one field is no value of its column; `none` where it is one.
package enum ValueFault: UInt8, Sendable {
    case none
    case type, range, missing, encoding, tooLong

    /// Not to be asked of `none`, which rejects nothing.
    package var code: Reject.Code {
        switch self {
        case .none, .type: .type
        case .range: .range
        case .missing: .missing
        case .encoding: .encoding
        case .tooLong: .tooLong
        }
    }

    /// What would have been right there, as a noun phrase.
    package func expected(in column: FeedColumn) -> String {
        switch self {
        case .encoding: return "text in UTF-8"
        case .tooLong: return "at most 1 GiB of text in a block of records"
        case .range:
            switch column.field.type {
            case .int64: return "an integer of at most 64 bits"
            case .money(let currency): return "an amount in \(currency.code) of at most 64 bits of minor units"
            default: return "a number that 64-bit floating point can hold"
            }
        case .none, .type, .missing: return Self.expectation(of: column)
        }
    }

    private static func expectation(of column: FeedColumn) -> String {
        switch column.field.type {
        case .int64: "an integer"
        case .float64: "a number"
        case .bool: "true or false (or 1/0, yes/no, t/f)"
        case .string: "a text"
        case .timestamp: "a timestamp like \(TimestampPattern.example(of: column.format))"
        case .money(let currency) where currency.exponent == 0: "an amount in \(currency.code) without decimals"
        case .money(let currency): "an amount in \(currency.code) with at most \(currency.exponent) decimals"
        }
    }

    /// What stood there, fit to be shown: at most 200 bytes of it; `(personal)` in personal columns.
    package static func found(_ text: UnsafeBufferPointer<UInt8>, in column: FeedColumn) -> String {
        if text.isEmpty { return "nothing" }
        if column.field.isPersonal { return "(personal)" }
        return shown(text)
    }

    /// At most 200 bytes, cut between characters; bytes that are not UTF-8 become U+FFFD.
    package static func shown(_ text: UnsafeBufferPointer<UInt8>) -> String {
        var result = String(decoding: UnsafeBufferPointer(rebasing: text.prefix(200)), as: UTF8.self)
        // The cut may have split the last character, and a repaired byte takes three.
        if text.count > 200, result.unicodeScalars.last == "\u{FFFD}" { result.unicodeScalars.removeLast() }
        while result.utf8.count > 200 { result.unicodeScalars.removeLast() }
        return result
    }
}

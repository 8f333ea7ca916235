package import Records

/// Why the text of one field is no value of its column; `none` where it is one.
package enum ValueFault: UInt8, Sendable {
    case none
    case type, range, missing, encoding, tooLong
    /// More decimals than the column holds.
    case decimals
    /// None of the declared values.
    case unknownValue
    /// Another currency than the column's.
    case currency
    /// A sign in a number whose sign is elsewhere.
    case signed
    /// A day that its era did not have.
    case era

    /// Not to be asked of `none`, which rejects nothing.
    package var code: Reject.Code {
        switch self {
        case .none, .type, .decimals, .signed: .type
        case .range, .era: .range
        case .missing: .missing
        case .encoding: .encoding
        case .tooLong: .tooLong
        case .unknownValue: .unknownValue
        case .currency: .currency
        }
    }

    /// What would have been right there, as a noun phrase.
    /// - Parameter text: what stood there; where a declaration would read it, the phrase ends with that.
    package func expected(in column: FeedColumn, text: UnsafeBufferPointer<UInt8>? = nil) -> String {
        switch self {
        case .encoding: return "text in UTF-8"
        case .tooLong: return "at most 1 GiB of text in a block of records"
        case .range: return Self.range(of: column)
        case .era: return "a day of its era: \(JapaneseEra.summary)"
        case .decimals: return "\(Self.expectation(of: column)), or `rounding: half-even` or `half-up` to round them"
        case .signed: return "\(Self.plainExpectation(of: column)) and without a sign, which \(column.source) gives"
        case .unknownValue: return Self.values(of: column, nearest: text)
        case .currency: return Self.expectation(of: column)
        case .type:
            let hint = text.flatMap { SpellingGuess.hint(for: $0, in: column) } ?? ""
            return Self.expectation(of: column) + hint
        case .none, .missing: return Self.expectation(of: column)
        }
    }

    private static func range(of column: FeedColumn) -> String {
        switch column.field.type {
        case .int64: "an integer of at most 64 bits"
        case .money(let currency): "an amount in \(currency.code) of at most 64 bits of minor units"
        case .decimal(let scale): "a number of at most 64 bits with \(decimals(scale))"
        case .timestamp, .date: "a day from 0001-01-01 to 9999-12-31 (and not 1900-02-29, which never was)"
        default: "a number that 64-bit floating point can hold"
        }
    }

    private static func decimals(_ count: Int) -> String { count == 1 ? "1 decimal" : "\(count) decimals" }

    private static func expectation(of column: FeedColumn) -> String {
        switch column.companion {
        case .sign: return values(of: column, nearest: nil)
        case .currency(let currency): return "\(currency.code) in \(column.source), the currency that the column declares"
        case nil: break
        }
        return column.spelling.values != nil ? values(of: column, nearest: nil) : plainExpectation(of: column)
    }

    private static func plainExpectation(of column: FeedColumn) -> String {
        let isDate = column.field.type == .date
        switch column.field.type {
        case .int64: return "an integer"
        case .float64: return "a number"
        case .bool: return "true or false (or 1/0, yes/no, t/f)"
        case .string: return "a text"
        case .timestamp, .date:
            let formats = column.formats.isEmpty ? ["iso"] : column.formats
            let examples = formats.map { TimeForm.example(of: $0, isDate: isDate) }
            return "\(isDate ? "a date" : "a timestamp") like \(examples.joined(separator: " or "))"
        case .money(let currency) where currency.exponent == 0: return "an amount in \(currency.code) without decimals"
        case .money(let currency): return "an amount in \(currency.code) with at most \(decimals(currency.exponent))"
        case .decimal(scale: 0): return "a number without decimals"
        case .decimal(let scale): return "a number with at most \(decimals(scale))"
        }
    }

    /// `one of CRDT, DBIT (nearest: DBIT)`
    private static func values(of column: FeedColumn, nearest text: UnsafeBufferPointer<UInt8>?) -> String {
        var names = column.spelling.values?.map(\.written) ?? []
        var place = ""
        if case .sign(let sign) = column.companion {
            names = sign.negative + sign.positive
            place = " in \(sign.source)"
        }
        names = names.map { $0.isEmpty ? "nothing" : $0 }
        var result = names.count == 1 ? names[0] : "one of \(names.prefix(20).joined(separator: ", "))"
        if names.count > 20 { result += " and \(names.count - 20) more" }
        result += place
        if let text, !column.field.isPersonal, let nearest = Nearest.name(to: shown(text), among: names) {
            result += " (nearest: \(nearest))"
        }
        return result
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

/// What the careful way of scanning goes by.
struct FieldRules {
    let delimiter: UInt8
    /// Equal to the delimiter when nothing is ever quoted.
    let quote: UInt8
    /// Fields are separated by runs of spaces and tabs; those around a record do not count.
    var isBlankSeparated = false
    /// A quote inside an unquoted field is a fault.
    var isStrict = false
    /// Text after a closing quote belongs to the field; spaces around quotes do not.
    var isLenient = false
    /// A backslash takes the meaning from the character after it.
    var hasBackslash = false

    var hasQuotes: Bool { quote != delimiter }
    /// Quotes must be looked at wherever they stand, not only where a field starts.
    var looksAtAllQuotes: Bool { hasQuotes && (isStrict || isLenient) }
    /// The fast way knows neither.
    var allowsFastScan: Bool { !isBlankSeparated && !hasBackslash }

    @inline(__always)
    func isDelimiter(_ byte: UInt8) -> Bool { byte == delimiter || isBlankSeparated && (byte == 32 || byte == 9) }

    /// The same without quotes.
    var literal: FieldRules {
        var rules = FieldRules(delimiter: delimiter, quote: delimiter)
        (rules.isBlankSeparated, rules.hasBackslash) = (isBlankSeparated, hasBackslash)
        return rules
    }
}

/// Reads the fields of a record one after another, byte by byte.
struct CarefulRecord {
    enum Outcome { case delimiter, lineEnd, end, more, unclosed }

    /// How a field's text is got from its bytes.
    enum Shape: UInt8 {
        /// As they stand.
        case plain
        /// They start behind an opening quote: doubled quotes, escapes, and perhaps text behind the closing quote.
        case quoted
        /// Unquoted, with escapes.
        case escaped
    }

    struct Field {
        var outcome: Outcome
        var start = 0
        var end = 0
        var shape = Shape.plain
        /// Where the record ends when this is its last field, and what follows the delimiter or line end.
        var recordEnd = 0
        var next = 0
    }

    let rules: FieldRules
    /// Line ends inside fields so far; `\r\n` counts once.
    private(set) var lines: Int64 = 0
    private(set) var hasTextAfterQuote = false
    private(set) var hasStrayQuote = false

    init(rules: FieldRules) { self.rules = rules }

    /// The field at `first`, in bytes that end at `end`.
    mutating func field(_ bytes: UnsafePointer<UInt8>, _ first: Int, _ end: Int, isFinal: Bool) -> Field {
        var field = Field(outcome: .more, start: first)
        var open = first
        if rules.isLenient, rules.delimiter != 32 {
            while open < end, bytes[open] == 32 { open += 1 }
            if open == end, !isFinal { return field }
        }
        guard rules.hasQuotes, open < end, bytes[open] == rules.quote else { return unquoted(field, bytes, end, isFinal) }
        field.start = open + 1
        var at = open + 1
        while true {
            while at < end, bytes[at] != rules.quote, !(rules.hasBackslash && bytes[at] == 92) {
                countLine(bytes, at, end)
                at += 1
            }
            if at == end {
                field.outcome = isFinal ? .unclosed : .more
                return field
            }
            // The byte after a quote decides whether it closes.
            if at + 1 == end, !isFinal { return field }
            if bytes[at] != rules.quote {
                field.shape = .quoted
                if at + 1 < end { countLine(bytes, at + 1, end) }
                at = min(at + 2, end)
                continue
            }
            guard at + 1 < end, bytes[at + 1] == rules.quote else { break }
            field.shape = .quoted
            at += 2
        }
        field.end = at
        return afterQuote(field, bytes, end, isFinal)
    }

    @inline(__always)
    private mutating func countLine(_ bytes: UnsafePointer<UInt8>, _ at: Int, _ end: Int) {
        if bytes[at] == 10 || bytes[at] == 13 && !(at + 1 < end && bytes[at + 1] == 10) { lines += 1 }
    }

    private mutating func unquoted(_ begun: Field, _ bytes: UnsafePointer<UInt8>, _ end: Int, _ isFinal: Bool) -> Field {
        var field = begun
        var at = field.start
        while at < end, !rules.isDelimiter(bytes[at]), bytes[at] != 10, bytes[at] != 13 {
            if rules.hasBackslash, bytes[at] == 92 {
                if at + 1 == end, !isFinal { return field }
                field.shape = .escaped
                if at + 1 < end { countLine(bytes, at + 1, end) }
                at = min(at + 2, end)
                continue
            }
            if rules.isStrict, rules.hasQuotes, bytes[at] == rules.quote { hasStrayQuote = true }
            at += 1
        }
        if at == end, !isFinal { return field }
        field.end = at
        return finish(field, at, bytes, end, isFinal)
    }

    /// What stands between a closing quote, where `field` ends, and the delimiter or line end.
    private mutating func afterQuote(_ quoted: Field, _ bytes: UnsafePointer<UInt8>, _ end: Int, _ isFinal: Bool) -> Field {
        var field = quoted
        let tail = field.end + 1
        var at = tail
        while at < end, !rules.isDelimiter(bytes[at]), bytes[at] != 10, bytes[at] != 13 {
            if rules.hasBackslash, bytes[at] == 92 {
                if at + 1 == end, !isFinal { return field }
                if at + 1 < end { countLine(bytes, at + 1, end) }
                at += 1
            }
            at = min(at + 1, end)
        }
        if at == end, !isFinal { return field }
        if rules.isLenient {
            var last = at
            while last > tail, bytes[last - 1] == 32 { last -= 1 }
            if last > tail { (field.end, field.shape) = (last, .quoted) }
        } else if at > tail {
            hasTextAfterQuote = true
        }
        return finish(field, at, bytes, end, isFinal)
    }

    /// The field's text ends before `at`, where a delimiter, a line end or the end stands.
    private func finish(_ text: Field, _ first: Int, _ bytes: UnsafePointer<UInt8>, _ end: Int, _ isFinal: Bool) -> Field {
        var field = text
        var at = first
        if rules.isBlankSeparated {
            while at < end, rules.isDelimiter(bytes[at]) { at += 1 }
            if at == end, !isFinal { return field }
            if at < end, at > first, bytes[at] != 10, bytes[at] != 13 {
                (field.next, field.outcome) = (at, .delimiter)
                return field
            }
        }
        (field.recordEnd, field.next) = (at, at)
        guard at < end else {
            field.outcome = .end
            return field
        }
        field.next = at + 1
        if bytes[at] == rules.delimiter {
            field.outcome = .delimiter
            return field
        }
        if bytes[at] == 13 {
            if at + 1 == end, !isFinal { return field }
            if at + 1 < end, bytes[at + 1] == 10 { field.next = at + 2 }
        }
        field.outcome = .lineEnd
        return field
    }
}

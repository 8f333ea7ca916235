/// What one cell of a sample looks like, for judging where cells end.
struct SampleCell {
    enum Kind {
        case empty, number, time, truth
        /// Letters, digits, `_`, `-`, `.`, `/`, `@`: no blank, no quote.
        case word
        case text
        /// Text with a comma in it.
        case commaText
        /// Text that another delimiter or a quote would cut.
        case suspicious
        /// A quote at one end, where quotes mean nothing.
        case halfQuoted
    }

    let bytes: [UInt8]
    let wasQuoted: Bool
    let kind: Kind

    /// - Parameter isBlankSeparated: cells end at blanks, so that a comma in one is more than punctuation.
    /// - Parameter areQuotesLiteral: quotes stand for themselves.
    init(_ bytes: [UInt8], wasQuoted: Bool, isBlankSeparated: Bool = false, areQuotesLiteral: Bool = false) {
        self.bytes = Self.trimmed(bytes)
        self.wasQuoted = wasQuoted
        let kind = Self.kind(of: self.bytes, wasQuoted: wasQuoted)
        if areQuotesLiteral, kind == .suspicious, (self.bytes.first == 34) != (self.bytes.last == 34), !self.bytes.contains(124) {
            self.kind = .halfQuoted
        } else {
            self.kind = isBlankSeparated && kind == .commaText ? .suspicious : kind
        }
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
    var isTyped: Bool { kind == .number || kind == .time || kind == .truth }

    /// How likely it is a whole value, 0 to 1.
    var plausibility: Double {
        if wasQuoted { return isTyped || kind == .empty ? 1 : 0.95 }
        switch kind {
        case .empty, .number, .time, .truth: return 1
        case .word: return 0.95
        case .text: return 0.85
        case .commaText: return 0.75
        case .suspicious: return 0.1
        case .halfQuoted: return 0.4
        }
    }

    private static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
        var first = 0, last = bytes.count
        while first < last, bytes[first] == 32 { first += 1 }
        while last > first, bytes[last - 1] == 32 { last -= 1 }
        return Array(bytes[first..<last])
    }

    private static let truths: Set<String> = ["true", "false", "yes", "no", "ja", "nein", "oui", "non"]
    private static let missing: Set<String> = ["na", "n/a", "null", "nan", "\\n", "none", "-", "?", "-0-", "nil", "."]

    private static func kind(of bytes: [UInt8], wasQuoted: Bool) -> Kind {
        if bytes.isEmpty { return .empty }
        if bytes.count <= 5 {
            let lower = String(decoding: bytes, as: UTF8.self).lowercased()
            if missing.contains(lower) { return .empty }
            if truths.contains(lower) { return .truth }
        }
        if NumberShape(bytes) != nil { return .number }
        if isTime(bytes) { return .time }
        if wasQuoted { return .text }
        if bytes.contains(where: { $0 == 124 || $0 < 32 }) { return .suspicious }
        if bytes.first == 34 || bytes.last == 34 || bytes.first == 39 || bytes.last == 39 { return .suspicious }
        // Prose has a space after a semicolon.
        for at in bytes.indices where bytes[at] == 59 {
            if at + 1 == bytes.count || bytes[at + 1] != 32 { return .suspicious }
        }
        for at in bytes.indices.dropFirst().dropLast() where bytes[at] == 44 {
            // A comma between digits is a cell cut in two, or a number not understood.
            if isDigit(bytes[at - 1]), isDigit(bytes[at + 1]) { return .suspicious }
        }
        if bytes.contains(44) || bytes.contains(59) { return .commaText }
        return bytes.contains(where: { $0 == 32 || $0 == 34 || $0 == 40 || $0 == 58 }) ? .text : .word
    }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }

    /// Dates, times of day and both, of any usual form: groups of digits and what may stand between them.
    static func isTime(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 4, bytes.count <= 35 else { return false }
        var shape = "", digits = 0
        func close() {
            if digits > 0 { shape += digits <= 2 ? "2" : digits == 4 ? "4" : digits == 3 || digits > 4 ? "f" : "" }
            digits = 0
        }
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            if scalar.value >= 48, scalar.value <= 57 {
                digits += 1
                continue
            }
            let followsDigit = digits > 0
            close()
            switch scalar {
            case "/", "-": shape += "-"
            case ".": shape += "."
            case ",": shape += ","
            case ":": shape += ":"
            case " ": shape += " "
            case "T" where followsDigit: shape += " "
            case "Z" where followsDigit: shape += "Z"
            case "+": shape += "+"
            case "年", "月": shape += "-"
            case "日": shape += "D"
            default:
                // Names of months, and Japanese eras before the year.
                guard scalar.properties.isAlphabetic else { return false }
                if !shape.hasSuffix("a") { shape += "a" }
            }
        }
        close()
        return dates.contains { date in
            shape == date || shape.hasPrefix(date + " ") && clock(shape.dropFirst(date.count + 1))
        } || clock(Substring(shape))
    }

    private static let dates = [
        "4-2-2", "2-2-4", "2-2-2", "4.2.2", "2.2.4", "2.2.2", "2-a-4", "2-a-2", "2 a 4", "a 2. 4", "4-2-2D", "a2-2-2D", "a2.2.2", "4-2",
        "2.a.4",
    ]

    private static func clock(_ shape: Substring) -> Bool {
        var rest = shape
        guard rest.hasPrefix("2:2") else { return false }
        rest = rest.dropFirst(3)
        if rest.hasPrefix(":2") { rest = rest.dropFirst(2) }
        if rest.hasPrefix(".") || rest.hasPrefix(","), let digit = rest.dropFirst().first, "24f".contains(digit) {
            rest = rest.dropFirst(2)
        }
        return ["", "Z", "+2:2", "-2:2", "+4", "-4", "+2", "-2", " a"].contains(String(rest))
    }
}

/// How a number is written, where a text is one.
struct NumberShape {
    enum Mark { case none, dot, comma }
    /// The decimal mark; `none` also where it cannot be told (`1,234`).
    var decimal = Mark.none
    /// A single mark before exactly three digits: thousands or decimals.
    var ambiguous = Mark.none

    init?(_ bytes: [UInt8]) {
        var text = bytes[...]
        func dropEnds(_ tokens: [String]) {
            for token in tokens.map({ Array($0.utf8) }) {
                if text.starts(with: token) { text = text.dropFirst(token.count) }
                if text.count >= token.count, Array(text.suffix(token.count)) == token { text = text.dropLast(token.count) }
            }
            while text.first == 32 { text = text.dropFirst() }
            while text.last == 32 { text = text.dropLast() }
        }
        dropEnds(["€", "$", "£", "¥", "%", "EUR", "USD", "CHF", "JPY", "円", "▲", "△"])
        if text.first == 40, text.last == 41 { text = text.dropFirst().dropLast() }
        if text.first == 43 || text.first == 45 { text = text.dropFirst() } else if text.last == 45 { text = text.dropLast() }
        if let mark = text.firstIndex(where: { $0 == 101 || $0 == 69 }), mark > text.startIndex {
            var exponent = text[text.index(after: mark)...]
            if exponent.first == 43 || exponent.first == 45 { exponent = exponent.dropFirst() }
            guard !exponent.isEmpty, exponent.allSatisfy(SampleCell.isDigit) else { return nil }
            text = text[..<mark]
        }
        guard let first = text.first, let last = text.last, SampleCell.isDigit(last), SampleCell.isDigit(first) || first == 46 else {
            return nil
        }
        // Groups of digits and the marks between them.
        var groups = [0], marks: [UInt8] = []
        for byte in text {
            if SampleCell.isDigit(byte) {
                groups[groups.count - 1] += 1
            } else if byte == 44 || byte == 46 || byte == 39 || byte == 32 {
                marks.append(byte)
                groups.append(0)
            } else {
                return nil
            }
        }
        guard !marks.isEmpty else { return }
        guard let decimalMark = marks.last, let tail = groups.last else { return nil }
        let kind: Mark = decimalMark == 44 ? .comma : decimalMark == 46 ? .dot : .none
        if marks.count == 1 {
            if kind == .none {
                guard groups[0] >= 1, groups[0] <= 3, tail == 3 else { return nil }
            } else if tail == 3, groups[0] >= 1, groups[0] <= 3, bytes.first != 48 {
                ambiguous = kind
                decimal = kind == .dot ? .dot : .none
            } else {
                decimal = kind
            }
            return
        }
        // Several marks: thousands of one kind, perhaps a decimal mark of another at the end.
        let thousands = marks[0]
        let isLastDecimal = decimalMark != thousands && kind != .none
        let inner = isLastDecimal ? marks.dropLast() : marks[...]
        guard inner.allSatisfy({ $0 == thousands }), groups[0] >= 1, groups[0] <= 3 else { return nil }
        guard groups[1..<(isLastDecimal ? groups.count - 1 : groups.count)].allSatisfy({ $0 == 3 }) else { return nil }
        decimal = isLastDecimal ? kind : thousands == 44 ? .dot : thousands == 46 ? .comma : .none
    }
}

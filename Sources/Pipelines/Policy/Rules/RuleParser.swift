import Records

/// Reads a rule's condition. `or` binds loosest, then `and`, `not`, comparisons, `+ -`, `* /`, a sign.
struct RuleParser {
    private let scalars: [Unicode.Scalar]
    private var at = 0
    private var nodes = 0
    private var depth = 0

    /// Larger conditions are refused, so that none exhausts the stack.
    private static let mostNodes = 1_000
    private static let mostDepth = 100

    private init(_ text: String) { scalars = Array(text.unicodeScalars) }

    /// - Throws: the first thing that cannot be read, and where.
    static func parse(_ text: String) throws(RuleProblem) -> RuleExpression {
        var parser = RuleParser(text)
        let root = try parser.any()
        parser.skipSpace()
        if parser.at < parser.scalars.count { throw parser.unexpected(after: root) }
        return RuleExpression(root)
    }

    // MARK: Operators

    private mutating func any() throws(RuleProblem) -> RuleNode {
        let first = try all()
        var parts = [first]
        while takeWord("or") { parts.append(try all()) }
        return parts.count == 1 ? first : try node(.any(parts), from: first.place.lowerBound)
    }

    private mutating func all() throws(RuleProblem) -> RuleNode {
        let first = try not()
        var parts = [first]
        while takeWord("and") { parts.append(try not()) }
        return parts.count == 1 ? first : try node(.all(parts), from: first.place.lowerBound)
    }

    private mutating func not() throws(RuleProblem) -> RuleNode {
        skipSpace()
        let start = at
        guard takeWord("not") else { return try comparison() }
        try descend()
        let inner = try not()
        depth -= 1
        return try node(.not(inner), from: start)
    }

    private mutating func comparison() throws(RuleProblem) -> RuleNode {
        let left = try sum()
        let start = left.place.lowerBound
        if let comparison = try takeComparison() {
            let right = try sum()
            return try node(.comparison(comparison, left, right), from: start)
        }
        let before = at
        let isNegated = takeWord("not")
        if takeWord("in") {
            let inner = try membership(of: left)
            return isNegated ? try node(.not(inner), from: start) : inner
        }
        if isNegated { at = before }
        guard takeWord("is") else { return left }
        let isNot = takeWord("not")
        guard takeWord("missing") else { throw problem("`is missing` or `is not missing`") }
        let inner = try node(.isMissing(left), from: start)
        return isNot ? try node(.not(inner), from: start) : inner
    }

    /// `in blocked`, or `in ("DE", "FR")`.
    private mutating func membership(of operand: RuleNode) throws(RuleProblem) -> RuleNode {
        let start = operand.place.lowerBound
        skipSpace()
        guard take("(") else {
            guard let name = takeName(dashes: true) else { throw problem("a list feed, or values in parentheses") }
            return try node(.isIn(operand, list: name), from: start)
        }
        var values: [RuleNode] = []
        repeat { values.append(try sum()) } while take(",")
        guard take(")") else { throw problem("`,` or `)`") }
        return try node(.isOneOf(operand, values), from: start)
    }

    private mutating func sum() throws(RuleProblem) -> RuleNode {
        var left = try product()
        while let operation: RuleNode.Arithmetic = take("+") ? .plus : take("-") ? .minus : nil {
            let right = try product()
            left = try node(.arithmetic(operation, left, right), from: left.place.lowerBound)
        }
        return left
    }

    private mutating func product() throws(RuleProblem) -> RuleNode {
        var left = try signed()
        while let operation: RuleNode.Arithmetic = take("*") ? .times : take("/") ? .over : nil {
            let right = try signed()
            left = try node(.arithmetic(operation, left, right), from: left.place.lowerBound)
        }
        return left
    }

    private mutating func signed() throws(RuleProblem) -> RuleNode {
        skipSpace()
        let start = at
        let isNegative = take("-")
        guard isNegative || take("+") else { return try primary() }
        try descend()
        let inner = try signed()
        depth -= 1
        return isNegative ? try node(.negative(inner), from: start) : inner
    }

    private mutating func primary() throws(RuleProblem) -> RuleNode {
        skipSpace()
        let start = at
        guard at < scalars.count else { throw problem("a column, a feature or a value") }
        if take("(") {
            try descend()
            let inner = try any()
            depth -= 1
            guard take(")") else { throw problem("`)`") }
            return inner
        }
        let scalar = scalars[at]
        if scalar == "\"" || scalar == "'" { return try quoted(scalar) }
        if Self.isDigit(scalar) || (scalar == "." && at + 1 < scalars.count && Self.isDigit(scalars[at + 1])) { return try number() }
        guard !Self.isReserved(peekWord()), let name = takeName(dashes: false) else { throw problem("a column, a feature or a value") }
        if name == "true" || name == "false" { return try node(.truth(name == "true"), from: start) }
        guard at < scalars.count, scalars[at] == "." else { return try node(.name(name, part: nil), from: start) }
        at += 1
        guard let part = takeName(dashes: false) else { throw problem("a name after the point") }
        return try node(.name(name, part: part), from: start)
    }

    // MARK: Values

    private mutating func quoted(_ quote: Unicode.Scalar) throws(RuleProblem) -> RuleNode {
        let start = at
        var text = String.UnicodeScalarView()
        at += 1
        while at < scalars.count {
            if scalars[at] == quote {
                at += 1
                guard at < scalars.count, scalars[at] == quote else { return try node(.text(String(text)), from: start) }
            }
            text.append(scalars[at])
            at += 1
        }
        at = start
        throw RuleProblem(offset: start, message: .ruleSyntax(found: "a text without an end", expected: "`\(quote)` at its end"))
    }

    /// `220`, `1.5e3`, `220 EUR`, `2d`, `2026-03-01`, `2026-03-01T12:00:00Z`.
    private mutating func number() throws(RuleProblem) -> RuleNode {
        let start = at
        if let date = try date() { return date }
        func skipDigits(_ at: inout Int) { while at < scalars.count, Self.isDigit(scalars[at]) { at += 1 } }
        skipDigits(&at)
        if at < scalars.count, scalars[at] == "." {
            at += 1
            skipDigits(&at)
        }
        if at < scalars.count, scalars[at] == "e" || scalars[at] == "E" {
            var end = at + 1
            if end < scalars.count, scalars[end] == "+" || scalars[end] == "-" { end += 1 }
            if end < scalars.count, Self.isDigit(scalars[end]) {
                at = end
                skipDigits(&at)
            }
        }
        let digits = text(start..<at)
        let word = peekWord()
        if let span = Timestamp.Span(digits + word), !word.isEmpty {
            at += word.unicodeScalars.count
            return try node(.span(span), from: start)
        }
        guard word.isEmpty, Double(digits)?.isFinite ?? false else {
            at = start
            throw RuleProblem(
                offset: start,
                message: .ruleSyntax(
                    found: "'\(digits)\(word)'", expected: "a number, an amount such as `25 EUR`, or a length of time such as `2d`"))
        }
        if let money = try money(digits, from: start) { return money }
        return try node(.number(digits), from: start)
    }

    /// A number before three capital letters is an amount.
    private mutating func money(_ digits: String, from start: Int) throws(RuleProblem) -> RuleNode? {
        let end = at
        skipSpace()
        let word = peekWord()
        guard Currency(word) != nil else {
            at = end
            return nil
        }
        at += word.unicodeScalars.count
        guard let money = Money("\(digits) \(word)") else {
            throw RuleProblem(
                offset: start,
                message: .ruleSyntax(found: "'\(digits) \(word)'", expected: "an amount with no more decimals than its currency has"))
        }
        return try node(.money(money), from: start)
    }

    private mutating func date() throws(RuleProblem) -> RuleNode? {
        let start = at
        var end = at
        while end < scalars.count, Self.isDigit(scalars[end]) || "-:.TZ+".unicodeScalars.contains(scalars[end]) { end += 1 }
        let pattern = Array("0000-00-00".unicodeScalars)
        guard end - start >= 10,
            zip(pattern, scalars[start...]).allSatisfy({ $0 == "0" ? Self.isDigit($1) : $0 == $1 }),
            end - start == 10 || scalars[start + 10] == "T"
        else { return nil }
        guard let time = Timestamp(iso8601: text(start..<end)) else {
            throw RuleProblem(
                offset: start,
                message: .ruleSyntax(
                    found: "'\(text(start..<end))'", expected: "a date such as 2026-03-01, or a time such as 2026-03-01T12:00:00Z"))
        }
        at = end
        return try node(end - start == 10 ? .date(time.day) : .time(time), from: start)
    }

    // MARK: Characters

    private mutating func node(_ kind: RuleNode.Kind, from start: Int) throws(RuleProblem) -> RuleNode {
        nodes += 1
        guard nodes <= Self.mostNodes else {
            throw RuleProblem(
                offset: start, message: .ruleSyntax(found: "more than \(Self.mostNodes) parts", expected: "a shorter condition"))
        }
        return RuleNode(kind, at: start..<at)
    }

    private mutating func descend() throws(RuleProblem) {
        depth += 1
        guard depth <= Self.mostDepth else {
            throw RuleProblem(
                offset: at, message: .ruleSyntax(found: "more than \(Self.mostDepth) levels", expected: "fewer parentheses in each other"))
        }
    }

    private mutating func skipSpace() { while at < scalars.count, scalars[at].properties.isWhitespace { at += 1 } }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        skipSpace()
        guard at < scalars.count, scalars[at] == scalar else { return false }
        at += 1
        return true
    }

    private mutating func takeWord(_ word: String) -> Bool {
        skipSpace()
        guard peekWord() == word else { return false }
        at += word.unicodeScalars.count
        return true
    }

    /// Letters, digits and underscores from here; empty where there is none.
    private func peekWord() -> String {
        var end = at
        while end < scalars.count, Self.isWord(scalars[end]) { end += 1 }
        return text(at..<end)
    }

    private mutating func takeName(dashes: Bool) -> String? {
        skipSpace()
        var end = at
        while end < scalars.count, Self.isWord(scalars[end]) || (dashes && scalars[end] == "-") { end += 1 }
        let name = text(at..<end)
        guard JobValue.isName(name, dashes: dashes) else { return nil }
        at = end
        return name
    }

    private mutating func takeComparison() throws(RuleProblem) -> RuleNode.Comparison? {
        skipSpace()
        var end = at
        while end < scalars.count, "<>=!".unicodeScalars.contains(scalars[end]) { end += 1 }
        guard end > at else { return nil }
        let symbol = text(at..<end)
        guard let comparison = RuleNode.Comparison(rawValue: symbol) else {
            let remedy = symbol == "==" ? "Write `=`." : symbol == "<>" ? "Write `!=`." : symbol == "!" ? "Write `not`." : ""
            throw RuleProblem(
                offset: at, message: .ruleSyntax(found: "'\(symbol)'", expected: "one of > >= < <= = !=", remedy: remedy))
        }
        at = end
        return comparison
    }

    private func text(_ range: Range<Int>) -> String { String(String.UnicodeScalarView(scalars[range])) }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { scalar.value >= 48 && scalar.value <= 57 }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        isDigit(scalar) || scalar == "_" || (scalar.value | 32 >= 97 && scalar.value | 32 <= 122)
    }

    private static func isReserved(_ word: String) -> Bool { ["and", "or", "not", "in"].contains(word) }

    // MARK: Words

    private mutating func problem(_ expected: String) -> RuleProblem {
        skipSpace()
        return RuleProblem(offset: at, message: .ruleSyntax(found: found, expected: expected))
    }

    /// After a whole condition, or a value that is none.
    private func unexpected(after node: RuleNode) -> RuleProblem {
        let symbols = ["&&": "Write `and`.", "||": "Write `or`."]
        let rest = text(at..<min(at + 2, scalars.count))
        return RuleProblem(
            offset: at,
            message: .ruleSyntax(found: found, expected: "a comparison, `and`, `or`, or the end", remedy: symbols[rest] ?? ""))
    }

    private var found: String {
        guard at < scalars.count else { return "the end" }
        let word = peekWord()
        return word.isEmpty ? "'\(scalars[at])'" : "'\(word)'"
    }
}

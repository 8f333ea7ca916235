/// Why a text is no path, as a phrase: `']' is missing`.
struct XMLPathProblem: Error { let phrase: String }

/// Reads the paths of `rows` and `from`: the part of XPath that can be followed while a document streams by.
///
/// ```
/// source    = alternative { "|" alternative } ; alternative = 'text' | function | value
/// function  = ("first" | "last" | "count" | "exists" | "join" | "string" | "normalize-space") "(" value [ "," 'text' ] ")"
/// value     = [ "/" | "//" | ".." { "/" ".." } | "ancestor::" name ] steps [ "@" name | "text()" | "string()" | "name()" ] [ "where" condition ]
/// step      = (name | "*" | "**" "/" name) { "[" condition "]" }
/// name      = [ prefix ":" | "{" namespace "}" ] local
/// ```
struct XMLPathParser {
    private let bytes: [UInt8]
    private var at = 0
    private let namespaces: XMLNamespaces

    private init(_ text: String, _ namespaces: XMLNamespaces) {
        (bytes, self.namespaces) = (Array(text.utf8), namespaces)
    }

    static func rows(_ text: String, _ namespaces: XMLNamespaces) throws(XMLPathProblem) -> XMLRowsPath {
        var parser = XMLPathParser(text, namespaces)
        var paths: [[XMLStep]] = []
        repeat { paths.append(try parser.rowPath()) } while parser.take("|")
        try parser.finish()
        return XMLRowsPath(text: text, paths: paths)
    }

    static func source(_ text: String, _ namespaces: XMLNamespaces) throws(XMLPathProblem) -> XMLSource {
        var parser = XMLPathParser(text, namespaces)
        var alternatives: [XMLSource.Alternative] = []
        repeat { alternatives.append(try parser.alternative()) } while parser.take("|")
        try parser.finish()
        return XMLSource(text: text, alternatives: alternatives)
    }

    /// Elements below a row, for `explode`.
    static func steps(_ text: String, _ namespaces: XMLNamespaces) throws(XMLPathProblem) -> [XMLStep] {
        var parser = XMLPathParser(text, namespaces)
        let path = try parser.valuePath()
        try parser.finish()
        guard path.value == .ownText, !path.steps.isEmpty else { throw XMLPathProblem(phrase: "it names no element") }
        return path.steps
    }

    // MARK: Rows and columns

    private mutating func rowPath() throws(XMLPathProblem) -> [XMLStep] {
        var isDescendant = take("//")
        if !isDescendant { _ = take("/") }
        var steps: [XMLStep] = []
        repeat {
            if takeDescendantMark() { isDescendant = true }
            steps.append(try step(isDescendant: isDescendant))
            isDescendant = take("//")
        } while isDescendant || take("/")
        try whereClause(&steps)
        return steps
    }

    private mutating func alternative() throws(XMLPathProblem) -> XMLSource.Alternative {
        if let text = try quoted() { return .literal(text) }
        let start = at
        if let function = word(), take("(") {
            let selections: [String: XMLSource.Selection] = [
                "first": .first, "last": .last, "count": .count, "exists": .exists, "join": .joined(", "), "string": .first,
                "normalize-space": .first,
            ]
            // `string()` takes no path: it is what a path ends in.
            if var selection = peek(")") ? nil : selections[function] {
                var (origin, path) = try value()
                if function == "string", path.value == .ownText { path.value = .wholeText }
                if function == "join", take(",") {
                    guard let separator = try quoted() else { throw problem("a separator in quotes is missing") }
                    selection = .joined(separator)
                }
                guard take(")") else { throw problem("')' is missing") }
                return .path(origin, path, selection, isSpaceNormalized: function == "normalize-space")
            }
            guard ["text", "name", "string"].contains(function), peek(")") else {
                throw XMLPathProblem(phrase: "'\(function)' is no function here")
            }
        }
        at = start
        let (origin, path) = try value()
        return .path(origin, path, .first, isSpaceNormalized: false)
    }

    private mutating func value() throws(XMLPathProblem) -> (XMLSource.Origin, XMLValuePath) {
        var origin = XMLSource.Origin.row(up: 0)
        space()
        if peek("/") {
            origin = .document
            if !peek("//") { _ = take("/") }
        } else if take("ancestor::") {
            origin = .ancestor(try nameTest(isAttribute: false))
            guard take("/") else { throw problem("nothing is taken from the ancestor") }
        } else {
            var up = 0
            while peek("..") {
                _ = take("..")
                up += 1
                guard take("/") else { return (.row(up: up), XMLValuePath(steps: [], value: .ownText)) }
            }
            origin = .row(up: up)
        }
        return (origin, try valuePath())
    }

    /// Steps down and what is taken there; `.` for the element itself.
    private mutating func valuePath() throws(XMLPathProblem) -> XMLValuePath {
        var steps: [XMLStep] = []
        var value = XMLValuePath.Value.ownText
        var isDescendant = false
        if take(".") {
            guard peek("//") || peek("/") else {
                try whereClause(&steps)
                return XMLValuePath(steps: [], value: .ownText)
            }
            isDescendant = take("//")
            if !isDescendant { _ = take("/") }
        } else if take("//") {
            isDescendant = true
        }
        while true {
            if take("@") {
                guard !isDescendant else { throw XMLPathProblem(phrase: "'//@' names no element") }
                value = .attribute(try nameTest(isAttribute: true))
                break
            }
            if let taken = takeValueFunction() {
                value = taken
                break
            }
            if takeDescendantMark() { isDescendant = true }
            steps.append(try step(isDescendant: isDescendant))
            isDescendant = take("//")
            if !isDescendant, !take("/") { break }
        }
        try whereClause(&steps)
        return XMLValuePath(steps: steps, value: value)
    }

    private mutating func takeValueFunction() -> XMLValuePath.Value? {
        if take("text()") { return .ownText }
        if take("string()") { return .wholeText }
        if take("name()") { return .name }
        return nil
    }

    /// `**/` in front of a name.
    private mutating func takeDescendantMark() -> Bool { take("**/") }

    /// `where condition`, of the path's last element.
    private mutating func whereClause(_ steps: inout [XMLStep]) throws(XMLPathProblem) {
        let start = at
        guard word() == "where", isSpace(at) else {
            at = start
            return
        }
        guard !steps.isEmpty else { throw XMLPathProblem(phrase: "'where' follows no element") }
        steps[steps.count - 1].conditions.append(try condition())
    }

    private mutating func step(isDescendant: Bool) throws(XMLPathProblem) -> XMLStep {
        var step = XMLStep(isDescendant: isDescendant, name: try nameTest(isAttribute: false))
        while peek("[") {
            _ = take("[")
            let condition = try condition()
            guard take("]") else { throw problem("']' is missing") }
            let isAlone =
                switch condition {
                case .position, .last: true
                default: !condition.isPositional
                }
            guard isAlone else { throw XMLPathProblem(phrase: "a position stands alone in its brackets") }
            if condition.isPositional, isDescendant { throw XMLPathProblem(phrase: "positions are not counted behind '//'") }
            step.conditions.append(condition)
        }
        guard step.conditions.count(where: \.isPositional) <= 1 else { throw XMLPathProblem(phrase: "a step has one position at most") }
        return step
    }

    private mutating func nameTest(isAttribute: Bool) throws(XMLPathProblem) -> XMLNameTest {
        space()
        if take("*") { return XMLNameTest(local: nil, namespace: isAttribute ? nil : namespaces.unprefixed) }
        if take("{") {
            let start = at
            while at < bytes.count, bytes[at] != UInt8(ascii: "}") { at += 1 }
            guard at < bytes.count else { throw problem("'}' is missing") }
            let uri = String(decoding: bytes[start..<at], as: UTF8.self)
            at += 1
            let namespace = uri.isEmpty ? XMLNamespaceTest.none : .patterns([uri])
            if take("*") { return XMLNameTest(local: nil, namespace: namespace) }
            guard let local = word() else { throw problem("a name is missing") }
            return XMLNameTest(local: local, namespace: namespace)
        }
        guard let name = word() else { throw problem("a name is missing") }
        guard at < bytes.count, bytes[at] == UInt8(ascii: ":"), at + 1 == bytes.count || bytes[at + 1] != UInt8(ascii: ":") else {
            return XMLNameTest(local: name, namespace: isAttribute ? nil : namespaces.unprefixed)
        }
        at += 1
        guard let namespace = namespaces[name] else {
            let known = namespaces.prefixes.joined(separator: ", ")
            throw XMLPathProblem(phrase: "the prefix '\(name)' is not in 'namespaces' (there are \(known))")
        }
        if take("*") { return XMLNameTest(local: nil, namespace: namespace) }
        guard let local = word() else { throw problem("a name is missing") }
        return XMLNameTest(local: local, namespace: namespace)
    }

    // MARK: Conditions

    private mutating func condition() throws(XMLPathProblem) -> XMLCondition {
        var left = try conjunction()
        while takeWord("or") { left = .or(left, try conjunction()) }
        return left
    }

    private mutating func conjunction() throws(XMLPathProblem) -> XMLCondition {
        var left = try negation()
        while takeWord("and") { left = .and(left, try negation()) }
        return left
    }

    private mutating func negation() throws(XMLPathProblem) -> XMLCondition {
        if take("(") {
            let inner = try condition()
            guard take(")") else { throw problem("')' is missing") }
            return inner
        }
        let start = at
        guard let function = word(), take("(") else {
            at = start
            return try comparison()
        }
        switch function {
        case "not":
            let inner = try condition()
            guard take(")") else { throw problem("')' is missing") }
            return .not(inner)
        case "last":
            guard take(")") else { throw problem("')' is missing") }
            return .last
        case "position":
            guard take(")"), let order = order(), let number = number() else { throw problem("position() is compared with a number") }
            return .position(order, Int(number))
        case "contains", "starts-with":
            let path = try valuePath()
            guard take(","), let text = try quoted(), take(")") else { throw problem("a text in quotes and ')' are missing") }
            return .test(path, function == "contains" ? .contains(text) : .startsWith(text))
        default:
            at = start
            return try comparison()
        }
    }

    private mutating func comparison() throws(XMLPathProblem) -> XMLCondition {
        space()
        if at < bytes.count, bytes[at] >= 48, bytes[at] <= 57, let position = number() {
            guard position >= 1, position == position.rounded(), position < 1e9 else { throw problem("positions count from 1") }
            return .position(.equal, Int(position))
        }
        let path = try valuePath()
        if takeWord("is") {
            let isEqual = !takeWord("not")
            guard let text = try quoted() ?? word() else { throw problem("a text is missing") }
            return .test(path, .text(isEqual: isEqual, text))
        }
        guard let order = order() else { return .test(path, .exists) }
        if let text = try quoted() {
            guard order == .equal || order == .unequal else { throw problem("texts are compared by = and != only") }
            return .test(path, .text(isEqual: order == .equal, text))
        }
        guard let number = number() else { throw problem("a text in quotes or a number is missing") }
        return .test(path, .number(order, number))
    }

    private mutating func order() -> XMLOrder? {
        if take("!=") { return .unequal }
        if take("<=") { return .lessOrEqual }
        if take(">=") { return .greaterOrEqual }
        if take("=") { return .equal }
        if take("<") { return .less }
        return take(">") ? .greater : nil
    }

    // MARK: Tokens

    private func isSpace(_ index: Int) -> Bool { index < bytes.count && (bytes[index] == 32 || bytes[index] >= 9 && bytes[index] <= 13) }

    private mutating func space() { while isSpace(at) { at += 1 } }

    private mutating func peek(_ token: String) -> Bool {
        space()
        return bytes[at...].starts(with: token.utf8)
    }

    private mutating func take(_ token: String) -> Bool {
        guard peek(token) else { return false }
        at += token.utf8.count
        return true
    }

    private mutating func takeWord(_ wanted: String) -> Bool {
        let start = at
        if word() == wanted { return true }
        at = start
        return false
    }

    static func isNameByte(_ byte: UInt8) -> Bool {
        byte > 127 || byte >= 48 && byte <= 57 || byte >= 65 && byte <= 90 || byte >= 97 && byte <= 122 || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }

    /// A name without prefix; nil where none stands.
    private mutating func word() -> String? {
        space()
        let start = at
        guard at < bytes.count, Self.isNameByte(bytes[at]), !(bytes[at] >= 48 && bytes[at] <= 57), bytes[at] != UInt8(ascii: "-"),
            bytes[at] != UInt8(ascii: ".")
        else { return nil }
        while at < bytes.count, Self.isNameByte(bytes[at]) { at += 1 }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }

    private mutating func quoted() throws(XMLPathProblem) -> String? {
        space()
        guard at < bytes.count, bytes[at] == UInt8(ascii: "'") || bytes[at] == UInt8(ascii: "\"") else { return nil }
        let quote = bytes[at]
        guard let end = bytes[(at + 1)...].firstIndex(of: quote) else { throw problem("a quote is not closed") }
        let text = String(decoding: bytes[(at + 1)..<end], as: UTF8.self)
        at = end + 1
        return text
    }

    private mutating func number() -> Double? {
        space()
        let start = at
        if at < bytes.count, bytes[at] == UInt8(ascii: "-") { at += 1 }
        while at < bytes.count, bytes[at] >= 48 && bytes[at] <= 57 || bytes[at] == UInt8(ascii: ".") { at += 1 }
        if let number = Double(String(decoding: bytes[start..<at], as: UTF8.self)) { return number }
        at = start
        return nil
    }

    private mutating func finish() throws(XMLPathProblem) {
        space()
        if at < bytes.count { throw problem("it does not end here") }
    }

    /// The phrase, and where.
    private func problem(_ phrase: String) -> XMLPathProblem {
        let rest = String(decoding: bytes[min(at, bytes.count)...], as: UTF8.self).prefix(20)
        return XMLPathProblem(phrase: rest.isEmpty ? "\(phrase) at its end" : "\(phrase) at '\(rest)'")
    }
}

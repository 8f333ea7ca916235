/// A namespace that a name insists on.
enum XMLNamespaceTest: Hashable {
    /// The name stands in no namespace.
    case none
    /// Its URI matches one of these; `*` stands for any characters.
    case patterns([String])

    func matches(_ uri: String?) -> Bool {
        switch self {
        case .none: uri == nil
        case .patterns(let patterns): uri.map { uri in patterns.contains { Self.matches($0, uri) } } ?? false
        }
    }

    private static func matches(_ pattern: String, _ uri: String) -> Bool {
        let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard parts.count > 1, let first = parts.first, let last = parts.last else { return pattern == uri }
        guard uri.hasPrefix(first), uri.hasSuffix(last), uri.count >= first.count + last.count else { return false }
        var rest = uri.dropFirst(first.count).dropLast(last.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let range = rest.firstRange(of: part) else { return false }
            rest = rest[range.upperBound...]
        }
        return true
    }
}

/// What an element or attribute must be called.
struct XMLNameTest: Hashable {
    /// Nil = any name.
    var local: String?
    /// Nil = any namespace, or none.
    var namespace: XMLNamespaceTest?
}

struct XMLStep: Hashable {
    /// At any depth below the step before, not only right below it.
    var isDescendant: Bool
    var name: XMLNameTest
    /// All must hold, in their order.
    var conditions: [XMLCondition] = []
}

/// What stands in brackets behind a step.
indirect enum XMLCondition: Hashable {
    case and(XMLCondition, XMLCondition)
    case or(XMLCondition, XMLCondition)
    case not(XMLCondition)
    /// Some value at the path compares so.
    case test(XMLValuePath, XMLComparison)
    /// The element's number among its siblings that pass the step so far, from 1.
    case position(XMLOrder, Int)
    case last

    var isPositional: Bool {
        switch self {
        case .and(let left, let right), .or(let left, let right): left.isPositional || right.isPositional
        case .not(let inner): inner.isPositional
        case .test: false
        case .position, .last: true
        }
    }
}

enum XMLOrder: UInt8, Hashable {
    case equal, unequal, less, lessOrEqual, greater, greaterOrEqual

    @inline(__always)
    func holds<Value: Comparable>(_ left: Value, _ right: Value) -> Bool {
        switch self {
        case .equal: left == right
        case .unequal: left != right
        case .less: left < right
        case .lessOrEqual: left <= right
        case .greater: left > right
        case .greaterOrEqual: left >= right
        }
    }
}

enum XMLComparison: Hashable {
    case exists
    case text(isEqual: Bool, String)
    case number(XMLOrder, Double)
    case contains(String)
    case startsWith(String)
}

/// Steps down from an element to a value.
struct XMLValuePath: Hashable {
    enum Value: Hashable {
        /// The element's text without its children's.
        case ownText
        /// With it, in document order.
        case wholeText
        case name
        case attribute(XMLNameTest)
    }

    var steps: [XMLStep]
    var value: Value
}

/// Where rows are: one or several paths from the top of the document.
struct XMLRowsPath: Hashable {
    let text: String
    let paths: [[XMLStep]]

    static func isAnchored(_ path: [XMLStep]) -> Bool { !path.contains { $0.isDescendant } }
}

/// Where a column's values are: the first alternative that gives any text counts.
struct XMLSource: Hashable {
    enum Origin: Hashable {
        /// The row itself, or an element so many levels above it.
        case row(up: Int)
        /// The nearest element of that name around the row.
        case ancestor(XMLNameTest)
        case document
    }

    /// What to make of a path that occurs more than once.
    enum Selection: Hashable {
        case first, last, count, exists
        case joined(String)
    }

    enum Alternative: Hashable {
        case path(Origin, XMLValuePath, Selection, isSpaceNormalized: Bool)
        case literal(String)
    }

    let text: String
    let alternatives: [Alternative]
}

/// Prefixes that paths may use, with the namespaces they stand for.
struct XMLNamespaces: Hashable {
    private var patterns: [String: [String]] = [
        "xml": ["http://www.w3.org/XML/1998/namespace"], "xsi": ["http://www.w3.org/2001/XMLSchema-instance"],
    ]

    /// - Parameter text: `prefix=pattern` items with white space between; one without a prefix is for element names that have none.
    /// - Returns: nil for anything else.
    init?(_ text: String) {
        for item in text.split(whereSeparator: \.isWhitespace) {
            let halves = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            // A URI with a query has a `=` as well, but then something other than a name before it.
            let isPrefixed = halves.count == 2 && !halves[0].isEmpty && halves[0].utf8.allSatisfy { XMLPathParser.isNameByte($0) }
            let (prefix, pattern) = isPrefixed ? (halves[0], halves[1]) : ("", String(item))
            guard !pattern.isEmpty else { return nil }
            patterns[prefix, default: []].append(pattern)
        }
    }

    /// For element names without a prefix.
    var unprefixed: XMLNamespaceTest? { self[""] }

    subscript(prefix: String) -> XMLNamespaceTest? { patterns[prefix].map { .patterns($0) } }

    var prefixes: [String] { patterns.keys.filter { !$0.isEmpty }.sorted() }
}

import Records

/// A rule's condition as parsed: names are not resolved yet, types not known.
///
/// Two expressions are equal when they are written alike, wherever their parts stand; ``text`` is also the same where only spacing,
/// needless parentheses or the spelling of numbers differ.
public struct RuleExpression: Hashable, Sendable {
    let root: RuleNode

    init(_ root: RuleNode) { self.root = root }

    /// In one fixed spelling: every number as the shortest text of its value, parentheses wherever one operator holds another.
    public var text: String { root.text }

    /// `<name> > | >= | < | <= <number>` or `<name> in <list>`, the forms of the first version, in its spelling; nil = anything else.
    var simpleText: String? {
        switch root.kind {
        case .comparison(let comparison, let left, let right):
            guard comparison != .equal, comparison != .notEqual, case .name(let name, nil) = left.kind, let value = right.literal else {
                return nil
            }
            return "\(name) \(comparison.rawValue) \(value)"
        case .isIn(let operand, let list):
            guard case .name(let name, nil) = operand.kind else { return nil }
            return "\(name) in \(list)"
        default: return nil
        }
    }
}

/// A part of an expression and where it stands.
struct RuleNode: Hashable, Sendable {
    enum Comparison: String, CaseIterable, Sendable {
        case greater = ">", greaterOrEqual = ">=", less = "<", lessOrEqual = "<=", equal = "=", notEqual = "!="
    }
    enum Arithmetic: String, Sendable {
        case plus = "+", minus = "-", times = "*", over = "/"
    }
    indirect enum Kind: Hashable, Sendable {
        /// Digits as written, `220.50`.
        case number(String)
        case money(Money)
        case span(Timestamp.Span)
        case text(String)
        /// Days since 1970-01-01, of no zone.
        case date(Int)
        case time(Timestamp)
        case truth(Bool)
        /// `amount`, or `time.hour` with its part.
        case name(String, part: String?)
        case negative(RuleNode)
        case arithmetic(Arithmetic, RuleNode, RuleNode)
        case comparison(Comparison, RuleNode, RuleNode)
        case isIn(RuleNode, list: String)
        case isOneOf(RuleNode, [RuleNode])
        case isMissing(RuleNode)
        case not(RuleNode)
        case all([RuleNode])
        case any([RuleNode])
    }

    var kind: Kind
    /// Unicode scalars of the expression's text.
    var place: Range<Int>

    init(_ kind: Kind, at place: Range<Int>) { (self.kind, self.place) = (kind, place) }

    static func == (left: RuleNode, right: RuleNode) -> Bool { left.kind == right.kind }

    func hash(into hasher: inout Hasher) { hasher.combine(kind) }

    /// The digits of a plain number with its sign.
    var literalText: String? {
        switch kind {
        case .number(let digits): digits
        case .negative(let node): if case .number(let digits) = node.kind { "-\(digits)" } else { nil }
        default: nil
        }
    }

    var literal: Double? { literalText.flatMap { Double($0) } }

    var text: String {
        switch kind {
        case .number(let digits): return Double(digits).map { "\($0)" } ?? digits
        case .money(let money): return money.description
        case .span(let span): return span.text
        case .text(let text): return "\"\(text.replacing("\"", with: "\"\""))\""
        case .date(let days): return Timestamp.isoDate(days: Int64(days))
        case .time(let time): return time.iso8601
        case .truth(let value): return value ? "true" : "false"
        case .name(let name, let part): return part.map { "\(name).\($0)" } ?? name
        case .negative(let node): return literal.map { "\($0)" } ?? "-\(node.inner)"
        case .arithmetic(let operation, let left, let right): return "\(left.inner) \(operation.rawValue) \(right.inner)"
        case .comparison(let comparison, let left, let right): return "\(left.inner) \(comparison.rawValue) \(right.inner)"
        case .isIn(let operand, let list): return "\(operand.inner) in \(list)"
        case .isOneOf(let operand, let values): return "\(operand.inner) in (\(values.map(\.text).joined(separator: ", ")))"
        case .isMissing(let operand): return "\(operand.inner) is missing"
        case .not(let node): return "not \(node.inner)"
        case .all(let nodes): return nodes.map(\.inner).joined(separator: " and ")
        case .any(let nodes): return nodes.map(\.inner).joined(separator: " or ")
        }
    }

    /// As a part of something larger.
    private var inner: String {
        switch kind {
        case .number, .money, .span, .text, .date, .time, .truth, .name: text
        case .negative where literal != nil: text
        default: "(\(text))"
        }
    }
}

extension Timestamp.Span {
    /// Whole seconds in the largest unit that holds them: `2d` for 48 hours.
    fileprivate var text: String {
        let seconds = microseconds / 1_000_000
        for (unit, length) in [("d", Int64(86_400)), ("h", 3_600), ("m", 60)] where seconds != 0 && seconds % length == 0 {
            return "\(seconds / length)\(unit)"
        }
        return "\(seconds)s"
    }
}

/// What is wrong with an expression, and at which Unicode scalar of its text.
struct RuleProblem: Error {
    var offset: Int
    var message: JobFinding.Message
}

import Records

/// Resolves an expression's names and checks its types, gathering every problem on the way.
///
/// A function returns nil only after it has noted a problem, or where a column has one of its own.
struct RuleTyping {
    let scope: RuleScope
    private(set) var problems: [RuleProblem] = []

    init(_ scope: RuleScope) { self.scope = scope }

    /// A value with its type, and what a plain number beside it means.
    struct Typed {
        var type: RuleType
        var value: RuleTerm.Value
        var node: RuleNode
        /// The column whose whole numbers the value is, unchanged; with the power of ten by which they are scaled.
        var whole: (column: Int, scale: Int)?
        /// A text column.
        var textColumn: Int?
        /// Microseconds that one plain number beside it means; nil = a plain number does not go with it.
        var bareSpan: Double?
        var isLiteral = false
    }

    mutating func note(_ message: JobFinding.Message, at node: RuleNode) {
        problems.append(RuleProblem(offset: node.place.lowerBound, message: message))
    }

    // MARK: Conditions

    mutating func condition(_ node: RuleNode) -> RuleTerm? {
        switch node.kind {
        case .truth(let value): return .constant(value)
        case .not(let inner): return condition(inner).map { .not($0) }
        case .all(let nodes): return conditions(nodes).map { .all($0) }
        case .any(let nodes): return conditions(nodes).map { .any($0) }
        case .comparison(let comparison, let left, let right): return compare(comparison, left, right, node)
        case .isIn(let operand, let list): return isIn(operand, list: list, node: node)
        case .isOneOf(let operand, let values): return isOneOf(operand, values)
        case .isMissing(let operand): return isMissing(operand)
        case .name(let name, nil):
            if let column = scope.column(name), scope.columns[column].field.type == .bool, name != scope.label {
                return .flag(column: column)
            }
            guard let typed = value(node) else { return nil }
            note(.ruleNoCondition(node.text, type: typed.type.name), at: node)
            return nil
        default:
            guard let typed = value(node) else { return nil }
            note(.ruleNoCondition(node.text, type: typed.type.name), at: node)
            return nil
        }
    }

    private mutating func conditions(_ nodes: [RuleNode]) -> [RuleTerm]? {
        var terms: [RuleTerm] = []
        for node in nodes { if let term = condition(node) { terms.append(term) } }
        return terms.count == nodes.count ? terms : nil
    }

    private mutating func compare(
        _ comparison: RuleNode.Comparison, _ left: RuleNode, _ right: RuleNode, _ node: RuleNode
    ) -> RuleTerm? {
        if let term = flagTest(comparison, left, right) { return term }
        guard let (first, second) = pair(left, right) else { return nil }
        if let term = textTest(comparison, first, second) { return term }
        guard let (a, b) = unified(first, second, node: node) else { return nil }
        guard a.type != .weekday || comparison == .equal || comparison == .notEqual else {
            note(.ruleOrder(RuleType.weekday.name, comparison.rawValue), at: node)
            return nil
        }
        if let whole = a.whole, let number = wholeNumber(b, scale: whole.scale) {
            return .compareIntegers(comparison, column: whole.column, number)
        }
        if let whole = b.whole, let number = wholeNumber(a, scale: whole.scale) {
            return .compareIntegers(comparison.mirrored, column: whole.column, number)
        }
        return .compare(comparison, a.value, b.value)
    }

    /// `online = true`; nil where neither side is a truth.
    private mutating func flagTest(_ comparison: RuleNode.Comparison, _ left: RuleNode, _ right: RuleNode) -> RuleTerm? {
        guard comparison == .equal || comparison == .notEqual else { return nil }
        let pairs = [(left, right), (right, left)]
        for (one, other) in pairs {
            guard case .truth(let value) = other.kind, isFlag(one), let term = condition(one) else { continue }
            return value == (comparison == .equal) ? term : .not(term)
        }
        return nil
    }

    private func isFlag(_ node: RuleNode) -> Bool {
        guard case .name(let name, nil) = node.kind, let column = scope.column(name) else { return false }
        return scope.columns[column].field.type == .bool
    }

    /// A text column against a text or another text column.
    private mutating func textTest(_ comparison: RuleNode.Comparison, _ first: Typed, _ second: Typed) -> RuleTerm? {
        guard first.type == .text, second.type == .text else { return nil }
        guard comparison == .equal || comparison == .notEqual else {
            note(.ruleOrder(RuleType.text.name, comparison.rawValue), at: first.node)
            return .constant(false)
        }
        let term: RuleTerm
        switch (first.textColumn, second.textColumn) {
        case (let a?, let b?): term = .sameText(column: a, other: b)
        case (let column?, nil): term = .texts(column: column, texts(of: [second.node], column: column))
        case (nil, let column?): term = .texts(column: column, texts(of: [first.node], column: column))
        case (nil, nil): term = .constant(first.node == second.node)
        }
        return comparison == .equal ? term : .not(term)
    }

    /// The literals; one that an enum column can never hold is a problem.
    private mutating func texts(of nodes: [RuleNode], column: Int) -> Set<String> {
        var texts: Set<String> = []
        for node in nodes {
            guard case .text(let text) = node.kind else { continue }
            if let values = scope.columns[column].values, !values.contains(text) {
                note(.ruleEnumValue(text, column: scope.columns[column].field.name, values: values), at: node)
            }
            texts.insert(text)
        }
        return texts
    }

    private mutating func isIn(_ operand: RuleNode, list: String, node: RuleNode) -> RuleTerm? {
        var isKnown = true
        if !scope.lists.contains(list) {
            problems.append(
                RuleProblem(
                    offset: node.place.upperBound - list.unicodeScalars.count,
                    message: .unknownName("list feed", found: list, names: scope.lists)))
            isKnown = false
        }
        guard case .name(let name, nil) = operand.kind else {
            note(.ruleListOperand(operand.text), at: operand)
            return nil
        }
        guard let column = column(name, at: operand) else { return nil }
        return isKnown ? .list(column: column, name: list) : nil
    }

    private mutating func isOneOf(_ operand: RuleNode, _ values: [RuleNode]) -> RuleTerm? {
        guard let first = value(operand) else { return nil }
        if let column = first.textColumn {
            for node in values {
                guard let typed = value(node) else { return nil }
                guard typed.type == .text, typed.textColumn == nil else {
                    note(.ruleTypes(first.described, typed.described), at: node)
                    return nil
                }
            }
            return .texts(column: column, texts(of: values, column: column))
        }
        var numbers: [Double] = []
        for node in values {
            guard let typed = value(node, beside: first.type), let (_, b) = unified(first, typed, node: node) else { return nil }
            guard case .constant(let number) = b.value else {
                note(.ruleNotConstant(node.text), at: node)
                return nil
            }
            numbers.append(number)
        }
        return .numbers(first.value, numbers)
    }

    private mutating func isMissing(_ operand: RuleNode) -> RuleTerm? {
        if case .name(let name, nil) = operand.kind, let column = scope.column(name), name != scope.label { return .missingColumn(column) }
        return value(operand).map { .missing($0.value) }
    }

    /// A column by name, with the problem of one that is not there.
    private mutating func column(_ name: String, at node: RuleNode) -> Int? {
        if name == scope.label {
            note(.labelUsed(name), at: node)
            return nil
        }
        if let column = scope.column(name) { return column }
        if !scope.unreadable.contains(name) {
            note(.ruleColumn(name, names: scope.columns.map(\.field.name).filter { $0 != scope.label }), at: node)
        }
        return nil
    }
}

extension RuleNode.Comparison {
    /// The same with the sides changed.
    var mirrored: RuleNode.Comparison {
        switch self {
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .equal, .notEqual: self
        }
    }
}

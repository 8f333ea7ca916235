import Records

extension RuleTyping {
    /// Both sides of an operator; a weekday's name is one only beside a weekday.
    mutating func pair(_ left: RuleNode, _ right: RuleNode) -> (Typed, Typed)? {
        if left.isWeekdayName, !right.isWeekdayName {
            guard let second = value(right), let first = value(left, beside: second.type) else { return nil }
            return (first, second)
        }
        let first = value(left), second = value(right, beside: first?.type)
        guard let first, let second else { return nil }
        return (first, second)
    }

    mutating func value(_ node: RuleNode, beside other: RuleType? = nil) -> Typed? {
        switch node.kind {
        case .number(let digits): return Typed(type: .number, value: .constant(Double(digits) ?? 0), node: node, isLiteral: true)
        case .money(let money): return Typed(type: .money(money.currency), value: .constant(Double(money.minor)), node: node)
        case .span(let span): return Typed(type: .span, value: .constant(Double(span.microseconds)), node: node)
        case .date(let days): return Typed(type: .date, value: .constant(Double(days)), node: node)
        case .time(let time): return Typed(type: .time, value: .constant(Double(time.microseconds)), node: node)
        case .text: return Typed(type: .text, value: .constant(0), node: node)
        case .truth: return Typed(type: .truth, value: .constant(0), node: node)
        case .name(let name, let part): return named(name, part: part, node: node, beside: other)
        case .negative(let inner): return negated(inner, node: node)
        case .arithmetic(let operation, let left, let right): return arithmetic(operation, left, right, node: node)
        case .comparison, .isIn, .isOneOf, .isMissing, .not, .all, .any:
            return condition(node) == nil ? nil : Typed(type: .truth, value: .constant(0), node: node)
        }
    }

    // MARK: Names

    private mutating func named(_ name: String, part: String?, node: RuleNode, beside other: RuleType?) -> Typed? {
        guard let part else {
            if other == .weekday {
                if let day = RuleType.weekdays.firstIndex(of: name) {
                    return Typed(type: .weekday, value: .constant(Double(day)), node: node)
                }
                note(.unknownName("weekday", found: name, names: RuleType.weekdays), at: node)
                return nil
            }
            return columnOrFeature(name, node: node)
        }
        if let column = scope.column(name), name != scope.label {
            let type = scope.columns[column].field.type
            if type == .timestamp || type == .date, let part = RuleCalendar.Part(rawValue: part) {
                return timePart(part, of: column, node: node)
            }
        }
        // `terminal.gap` is the feature `terminal_gap`.
        if let feature = scope.feature("\(name)_\(part)") { return self.feature(feature, node: node) }
        guard scope.features != nil, !scope.unreadable.contains(name) else { return nil }
        let parts = scope.column(name).map { scope.columns[$0].field.type } == .timestamp ? RuleCalendar.Part.allCases.map(\.rawValue) : []
        let dotted = (scope.features ?? []).compactMap { feature in
            feature.name.hasPrefix("\(name)_") ? "\(name).\(feature.name.dropFirst(name.count + 1))" : nil
        }
        note(.ruleOperand("\(name).\(part)", names: parts.map { "\(name).\($0)" } + dotted + scope.names), at: node)
        return nil
    }

    private func timePart(_ part: RuleCalendar.Part, of column: Int, node: RuleNode) -> Typed {
        let type: RuleType =
            switch part {
            case .weekday: .weekday
            case .date: .date
            case .hour, .month, .quarter, .year: .number
            }
        return Typed(type: type, value: .part(part, column: column), node: node)
    }

    private mutating func columnOrFeature(_ name: String, node: RuleNode) -> Typed? {
        if name == scope.label {
            note(.labelUsed(name), at: node)
            return nil
        }
        if let column = scope.column(name) { return self.column(column, node: node) }
        if let feature = scope.feature(name) { return self.feature(feature, node: node) }
        if !scope.unreadable.contains(name), scope.features != nil { note(.ruleOperand(name, names: scope.names), at: node) }
        return nil
    }

    private func column(_ column: Int, node: RuleNode) -> Typed {
        switch scope.columns[column].field.type {
        case .int64: return Typed(type: .number, value: .column(column, divisor: 1), node: node, whole: (column, 0))
        case .float64: return Typed(type: .number, value: .column(column, divisor: 1), node: node)
        case .decimal(let scale):
            return Typed(type: .number, value: .column(column, divisor: scale.powerOfTen), node: node, whole: (column, scale))
        case .money(let currency):
            return Typed(type: .money(currency), value: .column(column, divisor: 1), node: node, whole: (column, 0))
        case .timestamp: return Typed(type: .time, value: .column(column, divisor: 1), node: node, whole: (column, 0))
        case .date: return Typed(type: .date, value: .column(column, divisor: 1), node: node, whole: (column, 0))
        case .string: return Typed(type: .text, value: .constant(0), node: node, textColumn: column)
        case .bool: return Typed(type: .truth, value: .constant(0), node: node)
        }
    }

    private func feature(_ index: Int, node: RuleNode) -> Typed {
        switch scope.features?[index].unit {
        case nil: return Typed(type: .number, value: .feature(index, factor: 1), node: node)
        case .money:
            guard let currency = scope.currency else { return Typed(type: .number, value: .feature(index, factor: 1), node: node) }
            return Typed(type: .money(currency), value: .feature(index, factor: Double(currency.minorUnits)), node: node)
        case .time(let unit):
            let factor = Double(unit.microseconds)
            return Typed(type: .span, value: .feature(index, factor: factor), node: node, bareSpan: factor)
        }
    }

    // MARK: Arithmetic

    private mutating func negated(_ inner: RuleNode, node: RuleNode) -> Typed? {
        guard var typed = value(inner) else { return nil }
        switch typed.type {
        case .number, .money, .span: break
        default:
            note(.ruleArithmetic("-", typed.described), at: node)
            return nil
        }
        if case .constant(let number) = typed.value {
            typed.value = .constant(-number)
        } else {
            typed.value = .arithmetic(.minus, .constant(0), typed.value)
        }
        (typed.node, typed.whole) = (node, nil)
        return typed
    }

    private mutating func arithmetic(_ operation: RuleNode.Arithmetic, _ left: RuleNode, _ right: RuleNode, node: RuleNode) -> Typed? {
        guard let (first, second) = pair(left, right) else { return nil }
        let (a, b): (Typed, Typed), type: RuleType
        switch operation {
        case .plus, .minus:
            if let found = timeArithmetic(operation, first, second, node: node) { return found }
            guard let same = unified(first, second, node: node) else { return nil }
            guard [.number, .span].contains(same.0.type) || same.0.type.isMoney else {
                note(.ruleArithmetic(operation.rawValue, first.described), at: node)
                return nil
            }
            (a, b, type) = (same.0, same.1, same.0.type)
        case .times, .over:
            guard let result = product(operation, first.type, second.type) else {
                note(.ruleTypes(first.described, second.described, operation: operation.rawValue), at: node)
                return nil
            }
            (a, b, type) = (first, second, result)
        }
        let bare = type == .span ? a.bareSpan ?? b.bareSpan : nil
        if case .constant(let x) = a.value, case .constant(let y) = b.value {
            return Typed(
                type: type, value: .constant(RuleProgram.apply(operation, x, y)), node: node, bareSpan: bare,
                isLiteral: a.isLiteral && b.isLiteral)
        }
        return Typed(type: type, value: .arithmetic(operation, a.value, b.value), node: node, bareSpan: bare)
    }

    /// `time - opened`, `time + 2d`; nil = neither side is a time or date.
    private func timeArithmetic(_ operation: RuleNode.Arithmetic, _ first: Typed, _ second: Typed, node: RuleNode) -> Typed? {
        switch (first.type, second.type) {
        case (.time, .time) where operation == .minus:
            return Typed(type: .span, value: .arithmetic(.minus, first.value, second.value), node: node)
        case (.date, .date) where operation == .minus:
            let days = RuleTerm.Value.arithmetic(.minus, first.value, second.value)
            return Typed(
                type: .span, value: .arithmetic(.times, days, .constant(86_400_000_000)), node: node, bareSpan: 86_400_000_000)
        case (.time, .span): return Typed(type: .time, value: .arithmetic(operation, first.value, second.value), node: node)
        default: return nil
        }
    }

    private func product(_ operation: RuleNode.Arithmetic, _ left: RuleType, _ right: RuleType) -> RuleType? {
        switch (left, right) {
        case (.number, .number): .number
        case (.money, .number), (.span, .number): left
        case (.number, .money) where operation == .times, (.number, .span) where operation == .times: right
        case (.money, .money) where operation == .over && left == right, (.span, .span) where operation == .over: .number
        default: nil
        }
    }

    // MARK: Types that go together

    /// Both as one type: a plain number beside money is in its major units, beside a feature's length of time in the feature's own unit; a
    /// date beside a time is its midnight.
    mutating func unified(_ first: Typed, _ second: Typed, node: RuleNode) -> (Typed, Typed)? {
        if first.type == second.type, first.type != .truth, first.type != .text { return (first, second) }
        if let converted = converted(second, to: first) { return (first, converted) }
        if let converted = converted(first, to: second) { return (converted, second) }
        note(.ruleTypes(first.described, second.described), at: node)
        return nil
    }

    private func converted(_ typed: Typed, to other: Typed) -> Typed? {
        guard case .constant(let number) = typed.value else { return nil }
        var result = typed
        switch (typed.type, other.type) {
        case (.number, .money(let currency)) where typed.isLiteral:
            let exact = typed.node.literalText.flatMap { $0.scaled(by: currency.exponent) }
            result.value = .constant(exact.map { Double($0) } ?? number * Double(currency.minorUnits))
        case (.number, .span) where typed.isLiteral:
            guard let factor = other.bareSpan else { return nil }
            result.value = .constant(number * factor)
        case (.date, .time):
            guard case .date(let days) = typed.node.kind, var zone = Zone(scope.calendar.zone) else { return nil }
            result.value = .constant(Double(zone.microseconds(local: Int64(days) * 86_400_000_000)))
        default: return nil
        }
        result.type = other.type
        return result
    }

    /// The constant in the units of a column's whole numbers; nil where it falls between two of them.
    func wholeNumber(_ typed: Typed, scale: Int) -> Int64? {
        guard case .constant(let number) = typed.value else { return nil }
        if scale > 0 || typed.type == .number { return typed.node.literalText.flatMap { $0.scaled(by: scale) } }
        return Int64(exactly: number)
    }
}

extension RuleTyping.Typed {
    /// `'amount' is money in EUR`
    var described: String { "'\(node.text)' is \(type.name)" }
}

extension RuleType {
    var isMoney: Bool { if case .money = self { true } else { false } }
}

extension RuleNode {
    var isWeekdayName: Bool {
        if case .name(let name, nil) = kind { RuleType.weekdays.contains(name) } else { false }
    }
}

extension Int {
    /// Ten to its power.
    var powerOfTen: Double { (0..<self).reduce(1) { product, _ in product * 10 } }
}

extension String {
    /// Decimal digits as a whole number of the given decimals; nil where they do not fit, or where there is an exponent.
    func scaled(by decimals: Int) -> Int64? {
        let isNegative = hasPrefix("-")
        let halves = drop { $0 == "-" }.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count <= 2, halves.allSatisfy({ $0.utf8.allSatisfy { $0 >= 48 && $0 <= 57 } }) else { return nil }
        var fraction = halves.count == 2 ? halves[1] : ""
        while fraction.count > decimals, fraction.last == "0" { fraction.removeLast() }
        guard fraction.count <= decimals else { return nil }
        let digits = halves[0] + fraction + String(repeating: "0", count: decimals - fraction.count)
        guard let value = Int64(digits.isEmpty ? "0" : digits) else { return nil }
        return isNegative ? -value : value
    }
}

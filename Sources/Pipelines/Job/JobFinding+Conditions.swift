import Records

/// Words for conditions of rules and suppressions.
extension JobFinding.Message {
    static func ruleSyntax(found: String, expected: String, remedy: String = "") -> Self {
        Self(code: "job.rule-syntax", what: "the condition cannot be read", found: found, expected: expected, remedy: remedy)
    }

    static func ruleOperand(_ name: String, names: [String]) -> Self {
        Self(
            code: "job.rule-operand", what: "no such column or feature", found: "'\(name)'",
            expected: "a column of the main feed, or a feature of the stage", remedy: nearest(name, names, otherwise: ""))
    }

    static func ruleColumn(_ name: String, names: [String]) -> Self {
        Self(
            code: "job.no-column", what: "no such column in the main feed", found: "'\(name)'",
            remedy: nearest(name, names, otherwise: "Its columns: \(list(names))."))
    }

    /// - Parameters:
    ///   - left: `'amount' is money in EUR`
    ///   - operation: nil = a comparison.
    static func ruleTypes(_ left: String, _ right: String, operation: String? = nil) -> Self {
        Self(
            code: "job.rule-types", what: "types that do not go together", found: "\(left), \(right)",
            expected: operation.map { "two that `\($0)` can take" } ?? "two of one type",
            remedy: operation == nil ? "Write amounts as `220 EUR`, lengths of time as `2d`, texts in quotes." : "")
    }

    static func ruleArithmetic(_ operation: String, _ operand: String) -> Self {
        Self(
            code: "job.rule-types", what: "`\(operation)` does not go with this type", found: operand,
            expected: "a number, money or a length of time")
    }

    static func ruleOrder(_ type: String, _ comparison: String) -> Self {
        Self(
            code: "job.rule-types", what: "no order among such values", found: "`\(comparison)` with \(type)",
            expected: "`=`, `!=` or `in`")
    }

    static func ruleNoCondition(_ text: String, type: String) -> Self {
        Self(
            code: "job.rule-types", what: "not a condition", found: "'\(text)' is \(type)", expected: "true or false",
            remedy: "Compare it with something.")
    }

    static func ruleEnumValue(_ text: String, column: String, values: [String]) -> Self {
        Self(
            code: "job.unknown-name", what: "column '\(column)' never has this value", found: "'\(text)'",
            expected: "one of \(list(values))", remedy: nearest(text, values, otherwise: ""))
    }

    static func ruleListOperand(_ text: String) -> Self {
        Self(
            code: "job.rule-types", what: "only a column can be looked up in a list feed", found: "'\(text)'",
            expected: "a column of the main feed")
    }

    static func sameSuppression(_ name: String) -> Self {
        Self(code: "job.same-rule", what: "two suppressions have the same name", found: "'\(name)'", remedy: "Rename one.")
    }

    static func suppressionEnded(_ name: String, until: String) -> Self {
        Self(
            severity: .warning, code: "job.suppression-ended", what: "suppression '\(name)' has ended", found: "until \(until)",
            remedy: "Remove it, or set another day; `pipeline status` says what it cost.")
    }

    static func ruleNotConstant(_ text: String) -> Self {
        Self(
            code: "job.rule-types", what: "only values stand in parentheses after `in`", found: "'\(text)'", expected: "a value",
            remedy: "Write `=` and `or` instead.")
    }
}

import Models
import Records

/// The job's `rules:`, bound to columns, features and lists; first match wins.
struct RuleSet: Sendable {
    private enum Operand: Sendable {
        case feature(Int)
        /// A number column, and what one unit of the rule's value is in it (minor units of money).
        case column(Int, scale: Double)
        case list(column: Int, entries: Set<String>)
    }

    private struct Bound: Sendable {
        var operand: Operand
        var comparison: PolicySettings.Rule.Comparison
        var value: Double
        var outcome: Int
    }

    private let rules: [Bound]

    init(_ policy: PolicySettings, schema: Schema, featureNames: [String], lists: [String: Set<String>]) throws(Failure) {
        var bound: [Bound] = []
        for rule in policy.rules {
            let outcome = policy.outcomes.firstIndex { $0.name == rule.outcome } ?? 0
            bound.append(
                Bound(
                    operand: try Self.operand(of: rule, schema: schema, featureNames: featureNames, lists: lists),
                    comparison: rule.comparison, value: Double(rule.value) ?? 0, outcome: outcome))
        }
        rules = bound
    }

    private static func operand(
        of rule: PolicySettings.Rule, schema: Schema, featureNames: [String], lists: [String: Set<String>]
    ) throws(Failure) -> Operand {
        if rule.comparison == .isIn {
            guard let column = schema.index(of: rule.operand) else { throw .ruleOperand(rule, columns: schema, features: featureNames) }
            return .list(column: column, entries: lists[rule.value] ?? [])
        }
        if let column = schema.index(of: rule.operand) {
            let scale = schema.fields[column].type.scale ?? 0
            return .column(column, scale: (0..<scale).reduce(1) { product, _ in product * 10 })
        }
        guard let feature = featureNames.firstIndex(of: rule.operand) else {
            throw .ruleOperand(rule, columns: schema, features: featureNames)
        }
        return .feature(feature)
    }

    func firstMatch(batch: RecordBatch, features: FeatureMatrix, row: Int) -> (rule: Int, outcome: Int)? {
        guard !rules.isEmpty else { return nil }
        for (index, rule) in rules.enumerated() where matches(rule, batch: batch, features: features, row: row) {
            return (index, rule.outcome)
        }
        return nil
    }

    private func matches(_ rule: Bound, batch: RecordBatch, features: FeatureMatrix, row: Int) -> Bool {
        let left: Double
        var right = rule.value
        switch rule.operand {
        case .list(let column, let entries):
            guard let text = batch.columns[column].text(row) else { return false }
            return entries.contains(text)
        case .feature(let index):
            left = Double(features.values[row * features.featureCount + index])
        case .column(let index, let scale):
            let column = batch.columns[index]
            guard column.isValid(row) else { return false }
            left = column.type == .float64 ? column.doubles[row] : Double(column.integers[row])
            right *= scale
        }
        switch rule.comparison {
        case .greater: return left > right
        case .greaterOrEqual: return left >= right
        case .less: return left < right
        case .lessOrEqual: return left <= right
        case .isIn: return false
        }
    }
}

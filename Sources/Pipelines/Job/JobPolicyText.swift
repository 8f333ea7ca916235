import Connectors
import Crypto
import Foundation
import Records

/// What decides a row, written one fact a line in a fixed order: two job files with the same text here decide alike.
enum JobPolicyText {
    static func digest(policy: PolicySettings?, review: ReviewSettings?, lists: [JobFeed]) -> String {
        SHA256.hash(data: Array(text(policy: policy, review: review, lists: lists).utf8)).hex
    }

    /// Comments, spacing, key order and how a number is written (`220` or `220.0`) leave no trace; order of outcomes and rules does.
    static func text(policy: PolicySettings?, review: ReviewSettings?, lists: [JobFeed]) -> String {
        var lines: [String] = ["policy 1"]
        for outcome in policy?.outcomes ?? [] {
            let pay =
                switch outcome.cost.pay {
                case .fixed(let money): "fixed \(money.minor) \(money.currency.code)"
                case .column(let name): "column \(name)"
                }
            lines.append(
                "outcome \(outcome.name) \(outcome.cost.when.rawValue) \(pay) \(outcome.isReversible ? "reversible" : "final")"
                    + (outcome.isForPeople ? " by-people" : "") + (outcome.amount.map { " amount \($0)" } ?? ""))
        }
        if let automatic = policy?.automatic { lines.append(automatic.text) }
        for rule in policy?.rules ?? [] {
            // Conditions of the first version keep the line that they had, so that their jobs keep their digest.
            let condition = rule.condition.simpleText ?? "when \(rule.condition.text) then"
            lines.append("rule \(rule.name) \(condition) \(rule.outcome)")
        }
        for suppression in policy?.suppressions ?? [] {
            lines.append("suppression \(suppression.name) until \(suppression.until) when \(suppression.condition.text)")
        }
        // Only where it is declared, so that other jobs keep their digest.
        if let month = policy?.fiscalYear, month != 1 { lines.append("fiscal-year \(month)") }
        if let deadline = policy?.deadline { lines.append("deadline \(deadline.after.microseconds) \(deadline.outcome)") }
        for list in lists.sorted(by: { $0.name < $1.name }) {
            let column = list.columns.first { $0.field.name == list.key.first }
            lines.append("list \(list.name) \(list.files) \(column?.source ?? "") known \(list.knownTime ?? "")")
        }
        guard let review else { return lines.joined(separator: "\n") + "\n" }
        lines.append(
            "review \(review.queue) \(review.capacityPerDay) \(review.overCapacity) \(review.dueBusinessDays) \(review.onOverdue) "
                + "\(review.auditSample)")
        // Only where it is asked for, so that other jobs keep their digest.
        if let once = review.oncePer { lines.append("once-per \(once.column) \(once.within.microseconds)") }
        return lines.joined(separator: "\n") + "\n"
    }
}

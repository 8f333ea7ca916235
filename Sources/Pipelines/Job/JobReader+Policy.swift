import Connectors
import Foundation
import Records

extension JobReader {
    func readPolicy(
        _ top: JobMapping, feeds: ReadFeeds, stage: StageDefinition?, configuration: StageConfiguration?
    ) -> PolicySettings? {
        var outcomes: [PolicySettings.Outcome]?
        var automatic: AutomaticSettings?
        if let policy = top["policy"].flatMap({ JobMapping($0, .policy, place: top.place(of: "policy")) }), let list = policy["outcomes"] {
            outcomes = readOutcomes(
                list, place: policy.place(of: "outcomes"), main: feeds.main, stage: stage, hasReview: top["review"] != nil)
            automatic = policy["automatic"].flatMap {
                readAutomatic($0, place: policy.place(of: "automatic"), outcomes: outcomes ?? [], main: feeds.main, stage: stage, top: top)
            }
        }
        let scope = feeds.main.map {
            RuleScope($0, lists: feeds.lists, stage: stage, configuration: configuration, calendar: calendar(top))
        }
        let rules = top["rules"].map { readRules($0, outcomes: outcomes, scope: scope) } ?? []
        let suppressions = top["suppressions"].map { readSuppressions($0, scope: scope) } ?? []
        guard let outcomes, let rules, let suppressions else { return nil }
        var settings = PolicySettings(outcomes: outcomes, rules: rules, automatic: automatic)
        settings.suppressions = suppressions
        settings.fiscalYear = calendar(top).fiscalYear
        return settings
    }

    private func readOutcomes(
        _ value: JobValue, place: JobPlace, main: FeedColumns?, stage: StageDefinition?, hasReview: Bool
    ) -> [PolicySettings.Outcome]? {
        guard let mapping = JobMapping(value, place: place, expected: "a mapping of names to outcomes") else { return nil }
        var outcomes: [PolicySettings.Outcome] = []
        for entry in mapping.entries {
            checkName(entry)
            let section = JobMapping(entry.value, .outcome, place: entry.place)
            let cost = section?["cost"].flatMap { readCost($0, main: main, stage: stage) }
            let reversible = section?["reversible"].map { $0.bool() } ?? false
            // An outcome whose cost is wrong still exists: its name may be used elsewhere.
            let fallback = PolicySettings.Cost(when: .always, pay: .column(""))
            var outcome = PolicySettings.Outcome(name: entry.name, cost: cost ?? fallback, isReversible: reversible ?? false)
            outcome.isForPeople = section?["by"]?.choice(["anyone", "people"], of: "way to choose an outcome") == "people"
            outcome.amount = section?["amount"]?.name()
            outcomes.append(outcome)
        }
        // What only people choose is no choice of the policy's.
        if outcomes.count(where: { $0.name != "review" && !$0.isForPeople }) < 2 { mapping.report(.fewOutcomes) }
        if hasReview, !outcomes.contains(where: { $0.name == "review" }) { mapping.report(.noReviewOutcome) }
        return outcomes
    }

    private func readCost(_ value: JobValue, main: FeedColumns?, stage: StageDefinition?) -> PolicySettings.Cost? {
        guard value.isMapping else {
            return readPay(value, main: main).map { PolicySettings.Cost(when: .always, pay: $0) }
        }
        guard let cost = JobMapping(value, .cost) else { return nil }
        let pay = cost["pay"].flatMap { readPay($0, main: main) }
        var when: PolicySettings.When?
        if let word = cost["if"], let stage {
            switch word.choice([stage.positive, stage.negative], of: "class of the stage") {
            case stage.positive?: when = .positive
            case stage.negative?: when = .negative
            default: when = nil
            }
        }
        guard let pay, let when else { return nil }
        return PolicySettings.Cost(when: when, pay: pay)
    }

    private func readPay(_ value: JobValue, main: FeedColumns?) -> PolicySettings.Pay? {
        let expected = "an amount such as `25 EUR`, or a money column of the main feed"
        guard let text = value.text(expected) else { return nil }
        if let money = Money(text) {
            note(money.currency, at: value)
            if money.minor < 0 { value.report(.wrongValue(found: value.shown, expected: "an amount of 0 or more")) }
            return .fixed(money)
        }
        guard JobValue.isName(text, dashes: false) else {
            value.report(.wrongValue(found: value.shown, expected: expected, remedy: "Write amount, space, currency."))
            return nil
        }
        guard let main else { return .column(text) }
        guard let field = main.field(text, at: value) else { return nil }
        guard case .money = field.type else {
            value.report(.columnType(text, found: field.type.name, expected: "money"))
            return nil
        }
        if field.isOptional { value.report(.optionalColumn(text, use: "a cost")) }
        return .column(text)
    }

    // MARK: rules

    private func readRules(
        _ value: JobValue, outcomes: [PolicySettings.Outcome]?, scope: RuleScope?
    ) -> [PolicySettings.Rule]? {
        guard let list = value.list("a list of rules, `- { name: …, when: …, then: … }`") else { return nil }
        var rules: [PolicySettings.Rule] = []
        for item in list {
            guard let rule = JobMapping(item, .rule) else { continue }
            let name = rule["name"].flatMap { $0.name() }
            if let name, rules.contains(where: { $0.name == name }) { rule["name"]?.report(.sameRule(name)) }
            let condition = rule["when"].flatMap { readCondition($0, scope: scope) }
            let outcome = rule["then"].flatMap { readOutcome($0, outcomes: outcomes) }
            guard let name, let condition, let outcome else { continue }
            rules.append(PolicySettings.Rule(name: name, condition: condition, outcome: outcome))
        }
        return rules
    }

    static func isNumber(_ field: Field) -> Bool {
        switch field.type {
        case .int64, .float64, .money, .decimal: true
        case .bool, .string, .timestamp, .date: false
        }
    }

    private func readOutcome(_ value: JobValue, outcomes: [PolicySettings.Outcome]?) -> String? {
        guard let outcomes else { return value.text("an outcome") }
        return value.choice(outcomes.map(\.name), of: "outcome")
    }

    // MARK: review

    func readReview(_ top: JobMapping, outcomes: [PolicySettings.Outcome]?, main: FeedColumns?) -> ReviewSettings? {
        guard let value = top["review"], let review = JobMapping(value, .review, place: top.place(of: "review")) else { return nil }
        let queue = review["queue"].flatMap { $0.name() }
        let capacity = review["capacity"].flatMap { value in
            value.read("items a day, such as 100/day") { text in
                guard text.hasSuffix("/day"), let count = Int(text.dropLast(4)), count >= 0 else { return nil as Int? }
                return count
            }
        }
        let due = review["due"].flatMap { value in
            value.read("business days, such as 2bd") { text in
                guard text.hasSuffix("bd"), let count = Int(text.dropLast(2)), (1...365).contains(count) else { return nil as Int? }
                return count
            }
        }
        let overCapacity = review["over-capacity"].flatMap { readStandIn($0, outcomes: outcomes) }
        let onOverdue = review["on-overdue"].flatMap { readStandIn($0, outcomes: outcomes) }
        let sample = review["audit-sample"].map { $0.percent() } ?? 0
        let unit = review["once-per"].flatMap { value in value.text("a column's name").map { (name: $0, value: value) } }
        if let unit, let main { _ = main.field(unit.name, at: unit.value) }
        let within = review["within"].map { $0.span() } ?? .days(7)
        guard let queue, let capacity, let overCapacity, let due, let onOverdue, let sample else { return nil }
        var settings = ReviewSettings(
            queue: queue, capacityPerDay: capacity, overCapacity: overCapacity, dueBusinessDays: due, onOverdue: onOverdue,
            auditSample: sample)
        settings.oncePer = unit.flatMap { unit in within.map { (unit.name, $0) } }
        return settings
    }

    /// An outcome that applies while nobody has looked: any but `review`.
    private func readStandIn(_ value: JobValue, outcomes: [PolicySettings.Outcome]?) -> String? {
        if value.scalar == "review" {
            value.report(.reviewAsDefault)
            return nil
        }
        guard let outcomes else { return value.text("an outcome") }
        return value.choice(outcomes.map(\.name).filter { $0 != "review" }, of: "outcome")
    }
}

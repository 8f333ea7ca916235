package import Models
package import Records

/// The job's `rules:`, bound to columns, features and lists; first match wins.
struct RuleSet: Sendable {
    private let programs: [RuleProgram]
    private let outcomes: [Int]

    /// - Parameters:
    ///   - scope: what the conditions' names mean.
    ///   - lists: entries known at the run's clock, by list feed.
    /// - Throws: a condition that does not fit the job.
    init(_ policy: PolicySettings, scope: RuleScope, lists: [String: Set<String>]) throws(Failure) {
        var programs: [RuleProgram] = []
        for rule in policy.rules {
            programs.append(try RuleProgram(rule.condition, scope: scope, lists: lists, name: "rule '\(rule.name)'"))
        }
        self.programs = programs
        outcomes = policy.rules.map { rule in policy.outcomes.firstIndex { $0.name == rule.outcome } ?? 0 }
    }

    func outcome(ofRule rule: Int) -> Int { outcomes[rule] }

    /// The first rule whose condition is true, a row; -1 = none.
    func firstMatches(batch: RecordBatch, features: FeatureMatrix) -> [Int] {
        var matches = [Int](repeating: -1, count: batch.count)
        var registers = RuleRegisters()
        for (rule, program) in programs.enumerated() {
            program.run(batch: batch, features: features, registers: &registers)
            let flags = registers.flags[0]
            for row in matches.indices where matches[row] < 0 && flags[row] == 2 { matches[row] = rule }
        }
        return matches
    }
}

extension RuleProgram {
    /// - Parameter name: of what the condition belongs to, for the error.
    init(_ condition: RuleExpression, scope: RuleScope, lists: [String: Set<String>], name: String) throws(Failure) {
        var typing = RuleTyping(scope)
        let term = typing.condition(condition.root)
        guard let term, typing.problems.isEmpty else { throw .ruleCondition(name, condition.text, typing.problems.first?.message) }
        self.init(term, types: scope.columns.map(\.field.type), lists: lists, calendar: scope.calendar)
    }
}

extension RuleExpression {
    /// The condition of each row of a job's main feed: true, false or unknown (nil).
    ///
    /// - Parameters:
    ///   - features: of the rows, as the job's stage gives them.
    ///   - lists: entries by list feed.
    /// - Throws: a condition that does not fit the job.
    package func truths(
        of batch: RecordBatch, features: FeatureMatrix, in job: ScoringJob, lists: [String: Set<String>] = [:]
    ) throws(Failure) -> [Bool?] {
        let names = try Stages.definition(of: job.stage).features.map(\.name)
        let program = try RuleProgram(self, scope: try RuleScope(job, featureNames: names), lists: lists, name: "condition")
        var registers = RuleRegisters()
        program.run(batch: batch, features: features, registers: &registers)
        return registers.flags[0].map { $0 == 1 ? nil : $0 == 2 }
    }

    /// - Throws: what cannot be read, with the column at which it stands.
    package init(parsing text: String) throws(Failure) {
        do throws(RuleProblem) {
            self = try RuleParser.parse(text)
        } catch {
            throw .ruleCondition("column \(error.offset + 1)", text, error.message)
        }
    }
}

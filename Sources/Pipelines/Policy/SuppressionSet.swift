import Models
import Records

/// The job's `suppressions:`, bound to columns, features and lists: which rows, and until when, are not reviewed.
struct SuppressionSet: Sendable {
    let names: [String]
    private let programs: [RuleProgram]
    /// Event time before which each holds.
    private let ends: [Int64]
    private let firstCause: Int
    /// What may have sent a row to review: the cost, the lack of a model, or a rule.
    private let triggers: Int

    /// - Parameter firstCause: index of the first suppression's first cause among the policy's; each has one a trigger.
    init(
        _ suppressions: [PolicySettings.Suppression], scope: RuleScope, lists: [String: Set<String>], rules: Int, firstCause: Int
    ) throws(Failure) {
        var programs: [RuleProgram] = []
        for suppression in suppressions {
            programs.append(
                try RuleProgram(suppression.condition, scope: scope, lists: lists, name: "suppression '\(suppression.name)'"))
        }
        self.programs = programs
        names = suppressions.map(\.name)
        ends = suppressions.map { $0.end(in: scope.calendar.zone).microseconds }
        (self.firstCause, triggers) = (firstCause, 2 + rules)
    }

    /// The first suppression that applies, a row; -1 = none. Nil where the job has none at all.
    func firstMatches(batch: RecordBatch, features: FeatureMatrix, times timeColumn: Int) -> [Int]? {
        guard !programs.isEmpty else { return nil }
        var matches = [Int](repeating: -1, count: batch.count)
        var registers = RuleRegisters()
        let times = batch.columns[timeColumn].integers
        for (index, program) in programs.enumerated() where times.contains(where: { $0 < ends[index] }) {
            program.run(batch: batch, features: features, registers: &registers)
            let flags = registers.flags[0]
            for row in matches.indices where matches[row] < 0 && flags[row] == 2 && times[row] < ends[index] { matches[row] = index }
        }
        return matches
    }

    /// - Parameter cause: for which the row would have been reviewed.
    func cause(_ suppression: Int, instead cause: UInt16) -> UInt16 {
        let trigger = cause < Policy.Cause.firstRule ? Int(cause) : Int(cause - Policy.Cause.firstRule) + 2
        return UInt16(firstCause + suppression * triggers + min(trigger, triggers - 1))
    }

    /// Which suppression a cause names; nil = none.
    func index(ofCause cause: UInt16) -> Int? {
        guard !names.isEmpty, Int(cause) >= firstCause else { return nil }
        // Causes that are no suppression's come after theirs.
        let index = (Int(cause) - firstCause) / triggers
        return index < names.count ? index : nil
    }
}

extension PolicySettings.Suppression {
    /// The first moment at which it does not apply any more: the midnight after its last day.
    func end(in zone: String) -> Timestamp {
        var zone = Zone(zone) ?? .utc
        return Timestamp(microseconds: zone.microseconds(local: Int64(until + 1) * 86_400_000_000))
    }
}

extension Policy {
    /// What an outcome turns out to cost a row whose class is known, in minor units; nil = the policy has no such outcome.
    func price(of outcome: String, batch: RecordBatch, row: Int, isPositive: Bool) -> Double? {
        outcomes.firstIndex(of: outcome).map { cost($0, batch: batch, row: row, probability: isPositive ? 1 : 0) }
    }

    /// It costs nothing when nothing is wrong: the row goes on as if nobody had looked.
    func isFreeWhenNegative(_ outcome: String) -> Bool { outcomes.firstIndex(of: outcome).map { isFree($0) } ?? false }

    /// The suppression that kept a row from review, by its ruling's cause.
    func suppression(of cause: UInt16) -> String? { suppressions.index(ofCause: cause).map { suppressions.names[$0] } }

    var hasSuppressions: Bool { !suppressions.names.isEmpty }
}

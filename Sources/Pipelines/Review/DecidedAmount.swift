import GRDB
public import Records

/// The number that a decision states besides its outcome, such as what a buyer orders instead of what was proposed.
public struct DecidedAmount: Hashable, Sendable, Codable, CustomStringConvertible {
    /// At least 0.
    public var amount: Double
    /// The job's word: `units`.
    public var unit: String

    public init(amount: Double, unit: String) { (self.amount, self.unit) = (amount, unit) }

    /// Whole numbers without a point.
    public var text: String { Int64(exactly: amount).map { "\($0)" } ?? "\(amount)" }
    public var description: String { "\(text) \(unit)" }

    /// Far beyond what anybody orders, and within what a number holds exactly.
    private static let most = 1e15

    /// A number as a person types it, digits in groups or not: `1200`, `1,200.5` or `1 200`.
    ///
    /// - Throws: anything else, a number below zero.
    public static func number(_ text: String) throws(Failure) -> Double {
        let bare = text.filter { !$0.isWhitespace && $0 != "'" }
        let parts = bare.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        // A comma parts groups of three before the point; anything else might be a decimal comma, which must not be guessed.
        let isGrouped = parts[0].count == 1 || parts[0].dropFirst().allSatisfy { $0.count == 3 } && (1...3).contains(parts[0][0].count)
        let isPlain = bare.utf8.allSatisfy { (48...57).contains($0) || $0 == 44 || $0 == 46 } && (parts.count < 2 || parts[1].count == 1)
        guard isGrouped, isPlain, let number = Double(bare.replacing(",", with: "")), (0...most).contains(number) else {
            throw .reviewAmount(found: "'\(text)'", expected: "a number of at least 0, with a point before decimals")
        }
        return number
    }
}

extension ReviewChoices {
    /// What a decision for an outcome states as a number.
    ///
    /// - Parameter text: as it was typed; nil or empty = nothing was.
    /// - Throws: a number where the outcome takes none, none where it needs one, a text that is no number.
    public func amount(_ text: String?, outcome: String) throws(Failure) -> DecidedAmount? {
        let typed = text.flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 }
        guard let choice = choices.first(where: { $0.outcome == outcome }) else { return nil }
        switch (typed, choice.amount) {
        case (nil, nil): return nil
        case (let typed?, let unit?): return DecidedAmount(amount: try DecidedAmount.number(typed), unit: unit)
        case (nil, let unit?): throw .reviewAmount(found: "no number for `\(outcome)`", expected: "how many \(unit)")
        case (let typed?, nil):
            throw .reviewAmount(found: "'\(typed)' for `\(outcome)`", expected: "no number: the job declares none for this outcome")
        }
    }
}

extension AuditChain {
    /// With the decision's item and outcome, so that a number cannot be moved to another.
    func appendAmount(of decision: ReviewDecision) throws {
        guard let row = try Row.fetchOne(database, sql: AuditSubject.amount.sql + " WHERE a.id = ?", arguments: [decision.id]) else {
            return
        }
        try append(
            .amount, subject: decision.id, body: AuditSubject.body(row), actor: decision.person.actor, host: decision.person.host,
            at: Timestamp(microseconds: decision.decided))
    }
}

extension AuditSubject {
    static let amount = AuditSubject(
        kind: .amount, table: "pipeline_amounts",
        sql: """
            SELECT a.*, d.item AS decision_item, d.outcome AS decision_outcome
            FROM pipeline_amounts a LEFT JOIN pipeline_decisions d ON d.id = a.id
            """)
}

extension Failure {
    static func reviewAmount(found: String, expected: String) -> Failure {
        Failure(
            .usage, code: "review.amount", what: "the number that the decision states cannot be taken", found: found, expected: expected,
            remedy: "Nothing was decided: give it again.")
    }
}

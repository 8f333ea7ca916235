public import Records

/// A review item's life as a value: events in, actions out. Knows no database and no clock; `ReviewQueue` does the I/O around it.
///
/// Only facts are held (claim, last decision, newer version); what they mean at a given time is computed.
public struct ReviewItemState: Hashable, Sendable {
    public struct Claim: Hashable, Sendable {
        public var person: ReviewPerson
        public var since: Timestamp
        /// The lease's end; from then on anybody may take the item.
        public var until: Timestamp

        public init(person: ReviewPerson, since: Timestamp, until: Timestamp) {
            (self.person, self.since, self.until) = (person, since, until)
        }
    }

    /// The last decision, as far as it matters here.
    public struct Decided: Hashable, Sendable {
        public var id: Int64
        public var outcome: String
        public var at: Timestamp

        public init(id: Int64, outcome: String, at: Timestamp) { (self.id, self.outcome, self.at) = (id, outcome, at) }
    }

    public enum Phase: Hashable, Sendable {
        case open
        case claimed(Claim)
        case decided
        /// A later version of the key's result has an item of its own.
        case superseded(by: Int64)
    }

    public enum Event: Hashable, Sendable {
        case claim(by: ReviewPerson, at: Timestamp, lease: Timestamp.Span)
        case release(by: ReviewPerson, at: Timestamp)
        /// - `replacing`: takes the place of an earlier decision.
        case decide(outcome: String, isPositive: Bool?, reason: String, by: ReviewPerson, at: Timestamp, replacing: Bool)
    }

    public enum Action: Hashable, Sendable {
        case storeClaim(Claim)
        case dropClaim
        case appendDecision(seconds: Double?, supersedes: Int64?)
        case appendLabel(isPositive: Bool)
        /// Nothing is written.
        case refuse(Refusal)
    }

    public enum Refusal: Hashable, Sendable {
        case claimed(Claim)
        case notClaimed
        case alreadyDecided(Decided)
        case superseded(by: Int64)
        case noReason
        case nothingToReplace
        case unknownOutcome(String)
        /// The time given lies before the last decision: a wrong clock.
        case beforeLastDecision(Decided)
    }

    /// The outcome until a person has decided; the one from `due` on.
    public let interim: String
    public let onOverdue: String
    public let due: Timestamp
    /// What a person may choose; empty = not restricted here.
    public var outcomes: [String]
    public private(set) var claim: Claim?
    public private(set) var decision: Decided?
    /// The last decision, when it was to wait: the item is still open.
    public private(set) var putOff: Decided?
    public private(set) var newerItem: Int64?

    public init(
        interim: String, onOverdue: String, due: Timestamp, outcomes: [String] = [], claim: Claim? = nil, decision: Decided? = nil,
        putOff: Decided? = nil, newerItem: Int64? = nil
    ) {
        (self.interim, self.onOverdue, self.due, self.outcomes) = (interim, onOverdue, due, outcomes)
        (self.claim, self.decision, self.putOff, self.newerItem) = (claim, decision, putOff, newerItem)
    }

    /// A decision stands before a newer version, a newer version before a claim.
    public func phase(at now: Timestamp) -> Phase {
        if decision != nil { return .decided }
        if let newerItem { return .superseded(by: newerItem) }
        if let claim, now < claim.until { return .claimed(claim) }
        return .open
    }

    /// Past its due time and undecided.
    public func isOverdue(at now: Timestamp) -> Bool { decision == nil && newerItem == nil && now > due }

    /// The outcome that holds at `now`: the last decision's, else the overdue one, else the interim one.
    public func effectiveOutcome(at now: Timestamp) -> String {
        decision?.outcome ?? (isOverdue(at: now) ? onOverdue : interim)
    }

    public mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .claim(let person, let now, let lease): claim(by: person, at: now, lease: lease)
        case .release(let person, let now): release(by: person, at: now)
        case .decide(let outcome, let isPositive, let reason, let person, let now, let replacing):
            decide(outcome, isPositive: isPositive, reason: reason, by: person, at: now, replacing: replacing)
        }
    }

    private mutating func claim(by person: ReviewPerson, at now: Timestamp, lease: Timestamp.Span) -> [Action] {
        var since = now
        switch phase(at: now) {
        case .decided: return decision.map { [.refuse(.alreadyDecided($0))] } ?? []
        case .superseded(let item): return [.refuse(.superseded(by: item))]
        case .claimed(let running) where running.person != person: return [.refuse(.claimed(running))]
        // A running lease of the same person is renewed and goes on counting.
        case .claimed(let running): since = running.since
        case .open: break
        }
        let claim = Claim(person: person, since: since, until: now + lease)
        self.claim = claim
        return [.storeClaim(claim)]
    }

    private mutating func release(by person: ReviewPerson, at now: Timestamp) -> [Action] {
        guard let claim else { return [.refuse(.notClaimed)] }
        guard claim.person == person else { return [.refuse(now < claim.until ? .claimed(claim) : .notClaimed)] }
        self.claim = nil
        return [.dropClaim]
    }

    private mutating func decide(
        _ outcome: String, isPositive: Bool?, reason: String, by person: ReviewPerson, at now: Timestamp, replacing: Bool
    ) -> [Action] {
        guard outcomes.isEmpty || outcomes.contains(outcome) else { return [.refuse(.unknownOutcome(outcome))] }
        guard reason.contains(where: { !$0.isWhitespace }) else { return [.refuse(.noReason)] }
        if let decision {
            guard replacing else { return [.refuse(.alreadyDecided(decision))] }
            guard now >= decision.at else { return [.refuse(.beforeLastDecision(decision))] }
        } else {
            if let newerItem { return [.refuse(.superseded(by: newerItem))] }
            if replacing { return [.refuse(.nothingToReplace)] }
            if case .claimed(let running) = phase(at: now), running.person != person { return [.refuse(.claimed(running))] }
        }
        // An expired lease nobody else took still tells how long this person looked.
        let since = claim.flatMap { $0.person == person ? $0.since : nil }
        let seconds = since.map { Double(max(0, now.microseconds - $0.microseconds)) / 1_000_000 }
        var actions: [Action] = [.appendDecision(seconds: seconds, supersedes: (decision ?? putOff)?.id)]
        if let isPositive { actions.append(.appendLabel(isPositive: isPositive)) }
        if claim != nil { actions.append(.dropClaim) }
        claim = nil
        return actions
    }

    /// Told after `appendDecision` was done, with the id the decision got.
    public mutating func didDecide(_ decision: Decided) { self.decision = decision }

    /// Told when an item of a later version of the same key was queued.
    public mutating func didSupersede(by item: Int64) { newerItem = item }
}

public import Connectors
import GRDB
public import Records

/// The queue as people use it: claim, next, release, decide. Each call is one immediate transaction, so that any number of processes may
/// work on one file and no item is handed out twice while its lease runs.
public struct ReviewQueue: Sendable {
    public let warehouse: Warehouse

    public init(_ warehouse: Warehouse) { self.warehouse = warehouse }

    /// Takes an item until `now + lease`. Again by the same person: the lease is renewed.
    ///
    /// - Throws: no such item; somebody else's lease runs (exit 75, with who and until when); decided or superseded.
    public func claim(_ id: Int64, by person: ReviewPerson, now: Timestamp, lease: Timestamp.Span) throws(Failure) -> ReviewEntry {
        try warehouse.write { try ReviewQueue.claim(id, by: person, now: now, lease: lease, in: $0) }
    }

    /// Claims the item that pays most: the highest value at stake among open ones that nobody has claimed; nil = none.
    ///
    /// A person who holds a running lease in this queue gets that item again, unless `another` is true.
    public func next(
        in queue: String, by person: ReviewPerson, now: Timestamp, lease: Timestamp.Span, another: Bool = false
    ) throws(Failure) -> ReviewEntry? {
        try warehouse.write { database in
            let store = ReviewStore(database)
            let held = another ? nil : try store.held(queue: queue, by: person, now: now)
            guard let id = try held ?? store.candidate(queue: queue, now: now) else { return nil }
            return try ReviewQueue.claim(id, by: person, now: now, lease: lease, in: database)
        }
    }

    /// Gives a claimed item back.
    public func release(_ id: Int64, by person: ReviewPerson, now: Timestamp) throws(Failure) {
        try warehouse.write { database in
            var entry = try ReviewStore(database).show(id)
            for action in entry.state.handle(.release(by: person, at: now)) {
                switch action {
                case .dropClaim: try ReviewQueue.dropClaim(id, in: database)
                case .refuse(let refusal): throw Failure.review(refusal, item: id, outcomes: [])
                default: break
                }
            }
        }
    }

    /// Appends a decision, its label and its audit entry; survives power loss once this returns. A reason that holds a sentence of a draft
    /// kept with the item is recorded as signed from it, edited or not.
    ///
    /// - Parameters:
    ///   - outcome: one of `outcomes`, the policy's without `review`.
    ///   - isPositive: what the row was, when the outcome says so; becomes a label known from `now`. To take an earlier label back, state
    ///     the opposite.
    ///   - amount: what the outcome states as a number, by ``ReviewChoices/amount(_:outcome:)``.
    ///   - replacing: must be true to take the place of an earlier decision, which stays on record.
    /// - Throws: somebody else's lease runs; already decided and not `replacing`; corrected since; unknown outcome; no
    ///   reason; a time before the item was made or before its last decision.
    public func decide(
        _ id: Int64, outcome: String, isPositive: Bool?, reason: String, amount: DecidedAmount? = nil, by person: ReviewPerson,
        now: Timestamp, outcomes: [String],
        replacing: Bool = false
    ) throws(Failure) -> ReviewEntry {
        try warehouse.write(durable: true) { database in
            let store = ReviewStore(database)
            var entry = try store.show(id)
            let notBefore = try store.decisions(of: id).last.map { Timestamp(microseconds: $0.decided) } ?? entry.item.created
            guard now >= notBefore else { throw Failure.reviewBackdated(item: id, at: now, notBefore: notBefore) }
            entry.state.outcomes = outcomes
            let event = ReviewItemState.Event.decide(
                outcome: outcome, isPositive: isPositive, reason: reason, by: person, at: now, replacing: replacing)
            var decision: ReviewDecision?
            for action in entry.state.handle(event) {
                switch action {
                case .refuse(let refusal): throw Failure.review(refusal, item: id, outcomes: outcomes)
                case .appendDecision(let seconds, let supersedes):
                    decision = try ReviewQueue.append(
                        [id, outcome, isPositive, reason, person.actor, person.host, now.microseconds, seconds, supersedes], in: database)
                case .appendLabel(let isPositive) where entry.item.kind == .row:
                    try LabelStore(database).insert([
                        LabelFact(job: entry.item.job, key: entry.item.key, isPositive: isPositive, known: now, decision: decision?.id)
                    ])
                case .dropClaim: try ReviewQueue.dropClaim(id, in: database)
                case .storeClaim, .appendLabel: break
                }
            }
            if let decision {
                try AuditChain(database).append(decision, of: entry.item)
                if let amount {
                    try database.runCached(
                        "INSERT INTO pipeline_amounts (id, amount, unit) VALUES (?, ?, ?)", [decision.id, amount.amount, amount.unit])
                    try AuditChain(database).appendAmount(of: decision)
                }
                try DraftStore(database).sign(decision, of: entry.item)
                entry.state = try store.show(id).state
            }
            entry.state.outcomes = []
            entry.decisions = try store.decisions(of: id)
            return entry
        }
    }

    private static func claim(
        _ id: Int64, by person: ReviewPerson, now: Timestamp, lease: Timestamp.Span, in database: Database
    ) throws -> ReviewEntry {
        var entry = try ReviewStore(database).show(id)
        for action in entry.state.handle(.claim(by: person, at: now, lease: lease)) {
            switch action {
            case .storeClaim(let claim):
                try database.runCached(
                    """
                    INSERT INTO pipeline_claims (item, actor, host, since, until) VALUES (?, ?, ?, ?, ?) ON CONFLICT (item) DO UPDATE
                    SET actor = excluded.actor, host = excluded.host, since = excluded.since, until = excluded.until
                    """, [id, person.actor, person.host, claim.since.microseconds, claim.until.microseconds])
            case .refuse(let refusal): throw Failure.review(refusal, item: id, outcomes: [])
            default: break
            }
        }
        return entry
    }

    private static func append(_ values: StatementArguments, in database: Database) throws -> ReviewDecision? {
        try ReviewDecision.fetchOne(
            database.cachedStatement(
                sql: """
                    INSERT INTO pipeline_decisions (item, outcome, positive, reason, actor, host, decided, seconds, supersedes)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *
                    """), arguments: values)
    }

    private static func dropClaim(_ id: Int64, in database: Database) throws {
        try database.runCached("DELETE FROM pipeline_claims WHERE item = ?", [id])
    }
}

public import GRDB
public import Records

/// What a person is asked to decide: one version of one row's result, or something about a delivery, as it was when it was queued. Never
/// changed.
public struct ReviewItem: Hashable, Sendable {
    /// What an item is about.
    public enum Kind: String, CaseIterable, Sendable, Codable {
        /// A row's result; its decision may become a label.
        case row
        /// A delivery that is missing, late, short, doubled, renamed, broken off, or lacks rows of the file it corrects.
        case delivery
        /// A delivery whose columns, types or values are not those known so far.
        case schema
        /// Control figures that a delivery states and its rows do not give.
        case control
    }

    /// 0 until stored.
    public var id: Int64 = 0
    public var kind: Kind = .row
    /// 0 where there was none: nothing came, so nothing ran.
    public var run: Int64
    public var job: String
    public var queue: String
    /// The row's key, as `RecordKey.text`; of another kind, the feed, what is wrong and which delivery: `transactions/missing/2026-06-02`.
    public var key: String
    /// Version of the key's result, from 1.
    public var version: Int
    public var eventTime: Timestamp
    /// In 0...1; nil when a rule asked for review without a score.
    public var score: Double?
    /// Value at stake.
    public var value: Money
    /// Why it is here: `cost`, `rule:<name>`, `audit-sample`, `correction`.
    public var cause: String
    /// The outcome the policy would choose.
    public var suggested: String
    /// The outcome that holds until a person has decided.
    public var interim: String
    /// Queued beyond the day's capacity.
    public var isOverCapacity: Bool
    /// Probability with which it was drawn into the audit sample, in 0...1; nil = it is here for another cause.
    public var sampleProbability: Double?
    /// In words, strongest first.
    public var reasons: [String]
    public var evidence: [Evidence]
    /// The row's own columns, in the feed's order.
    public var fields: [NamedText]
    public var created: Timestamp
    public var due: Timestamp
    /// The outcome that holds from `due` on when nobody has decided.
    public var onOverdue: String

    public init(
        run: Int64, job: String, queue: String, key: String, version: Int, eventTime: Timestamp, score: Double?, value: Money,
        cause: String, suggested: String, interim: String, isOverCapacity: Bool = false, sampleProbability: Double? = nil,
        reasons: [String] = [], evidence: [Evidence] = [], fields: [NamedText] = [], created: Timestamp, due: Timestamp, onOverdue: String
    ) {
        (self.run, self.job, self.queue, self.key, self.version) = (run, job, queue, key, version)
        (self.eventTime, self.score, self.value, self.cause) = (eventTime, score, value, cause)
        (self.suggested, self.interim, self.isOverCapacity) = (suggested, interim, isOverCapacity)
        (self.sampleProbability, self.reasons, self.evidence, self.fields) = (sampleProbability, reasons, evidence, fields)
        (self.created, self.due, self.onOverdue) = (created, due, onOverdue)
    }
}

extension ReviewItem: FetchableRecord {
    public init(row: Row) throws {
        let table = "pipeline_review_items"
        guard let currency = Currency(row["currency"]) else {
            throw Failure.storedValue(table: table, column: "currency", found: "another text", expected: "an ISO 4217 code")
        }
        self.init(
            run: row["run"] ?? 0, job: row["job"], queue: row["queue"], key: row["key"], version: row["version"],
            eventTime: row.timestamp("event_time"), score: row["score"], value: Money(minor: row["value"], currency: currency),
            cause: row["cause"], suggested: row["suggested"], interim: row["interim"], isOverCapacity: row["over_capacity"],
            sampleProbability: row["sample_probability"],
            reasons: ReviewItem.texts(try row.json("reasons", table: table)),
            evidence: Evidence.tables(try row.json("evidence", table: table)),
            fields: (try row.json("fields", table: table).members ?? []).map { NamedText($0.name, $0.value.string) },
            created: row.timestamp("created"), due: row.timestamp("due"), onOverdue: row["on_overdue"])
        id = row["id"]
        guard let kind = Kind(rawValue: row["kind"]) else {
            throw Failure.storedValue(
                table: table, column: "kind", found: "an unknown kind",
                expected: Kind.allCases.map(\.rawValue).joined(separator: ", "))
        }
        self.kind = kind
    }

    fileprivate static func texts(_ value: JSONValue?) -> [String] { (value?.elements ?? []).map { $0.string ?? "" } }

    var reasonsJSON: String { JSONValue.array(reasons.map { .text($0) }).json }

    var evidenceJSON: String {
        var json = JSONWriter()
        json.evidence(evidence)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    var fieldsJSON: String { JSONValue.object(fields.map { .init($0.name, .optional($0.value)) }).json }
}

extension Evidence {
    /// Of the array that `JSONWriter.evidence` writes.
    static func tables(_ value: JSONValue?) -> [Evidence] {
        (value?.elements ?? []).map { table in
            Evidence(
                title: table["title"]?.string ?? "", columns: ReviewItem.texts(table["columns"]),
                rows: (table["rows"]?.elements ?? []).map(ReviewItem.texts))
        }
    }
}

/// What a person decided. Append-only: a later decision of the same item supersedes.
public struct ReviewDecision: Hashable, Sendable, Codable, FetchableRecord {
    public var id: Int64
    public var item: Int64
    public var outcome: String
    /// What the row was, when the decision says so: it becomes a label.
    public var isPositive: Bool?
    public var reason: String
    public var person: ReviewPerson
    /// Microseconds since 1970.
    public var decided: Int64
    /// Seconds between claim and decision; nil without a claim.
    public var seconds: Double?
    /// The decision this one takes the place of.
    public var supersedes: Int64?
    /// The model's draft that the reason began as; nil = a person wrote it, or the row was read without its signature.
    public var draft: Int64?
    /// Whether the reason is another text than that draft.
    public var isDraftEdited: Bool?
    /// What it states as a number; nil = nothing, or the row was read without it.
    public var amount: DecidedAmount?

    public init(row: Row) {
        (id, item, outcome, isPositive) = (row["id"], row["item"], row["outcome"], row["positive"])
        (reason, person) = (row["reason"], ReviewPerson(actor: row["actor"], host: row["host"]))
        (decided, seconds, supersedes) = (row["decided"], row["seconds"], row["supersedes"])
        if row.hasColumn("draft") { (draft, isDraftEdited) = (row["draft"], row["edited"]) }
        if row.hasColumn("amount"), let amount = row["amount"] as Double? { self.amount = DecidedAmount(amount: amount, unit: row["unit"]) }
    }
}

/// Who looks at an item: an operating-system account on a host.
public struct ReviewPerson: Hashable, Sendable, Codable, CustomStringConvertible {
    public var actor: String
    public var host: String

    public init(actor: String, host: String) { (self.actor, self.host) = (actor, host) }

    public init(_ environment: Environment) { self.init(actor: environment.actor, host: environment.host) }

    public var description: String { "\(actor)@\(host)" }
}

public import GRDB
public import Records

/// One entry of the audit chain, as stored.
public struct AuditEntry: Hashable, Sendable, FetchableRecord {
    public enum Kind: String, CaseIterable, Sendable {
        /// A person's decision; subject: its id. The body holds the whole row and what it was about.
        case decision
        /// A decision whose reason began as a model's draft; subject: the decision's id. The body holds the draft's number, model and time.
        case signature
        /// The number that a decision states; subject: the decision's id. The body holds it, its unit, the item and the outcome.
        case amount
        /// A model version's change of role; subject: its id. The body holds the whole row and the model's digest.
        case role
        /// A run that ended; subject: its id. The body holds counts and digests.
        case run
        /// A proposal to make a model version the champion; subject: its id. The body holds the whole row.
        case promotion
        /// A further account that stands behind a promotion; subject: its id. The body holds the whole row and what it approves.
        case approval
        /// A legal hold, placed or released; subject: its id. The body holds the whole row.
        case hold
        /// Rows older than a job's `retain` were deleted. The body holds the job, limits, counts, and which entries were emptied.
        case purge
        /// A person was forgotten. The body holds the job, counts and the reason, never the person, and which entries were emptied.
        case erase
    }

    /// 1, 2, 3, ... without gaps.
    public var id: Int64
    public var at: Timestamp
    public var actor: String
    public var host: String
    /// A `Kind`'s raw value.
    public var kind: String
    public var subject: Int64?
    /// Canonical JSON.
    public var body: String
    /// Hash of the entry before; of the first, `genesis`.
    public var previous: String
    public var hash: String

    /// What stands before the first entry: 64 zeros.
    public static let genesis = String(repeating: "0", count: 64)

    public init(row: Row) {
        (id, at, actor, host, kind) = (row["id"], row.timestamp("at"), row["actor"], row["host"], row["kind"])
        (subject, body, previous, hash) = (row["subject"], row["body"], row["previous"], row["hash"])
    }

    init(id: Int64, at: Timestamp, actor: String, host: String, kind: String, subject: Int64?, body: String, previous: String) {
        (self.id, self.at, self.actor, self.host, self.kind) = (id, at, actor, host, kind)
        (self.subject, self.body, self.previous, hash) = (subject, body, previous, "")
    }

    /// All columns but `hash`, the previous hash included, unambiguously.
    var encoding: CanonicalEncoding {
        var encoding = CanonicalEncoding(domain: "pipeline audit 1")
        encoding.append(previous)
        encoding.append(id)
        encoding.append(at.microseconds)
        for text in [actor, host, kind] { encoding.append(text) }
        encoding.append(subject)
        encoding.append(body)
        return encoding
    }
}

/// A place in the chain, to be kept outside the database: `n:hash`, n entries and the hash of the last.
public struct AuditHead: Hashable, Sendable, CustomStringConvertible {
    public var entries: Int64
    public var hash: String

    public static let genesis = AuditHead(entries: 0, hash: AuditEntry.genesis)

    public init(entries: Int64, hash: String) { (self.entries, self.hash) = (entries, hash) }

    /// Nil unless the text is a number, a colon and 64 lower-case hex digits.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let entries = Int64(parts[0]), entries >= 0, parts[1].utf8.count == 64,
            parts[1].utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
        else { return nil }
        self.init(entries: entries, hash: String(parts[1]))
    }

    public var description: String { "\(entries):\(hash)" }
}

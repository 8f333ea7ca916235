public import GRDB
public import Records

/// Entries of list feeds (blocked terminals, sanctioned names), over an open transaction. Append-only.
public struct ListStore {
    public let database: Database

    public init(_ database: Database) { self.database = database }

    public struct Entry: Hashable, Sendable {
        public var text: String
        public var known: Timestamp

        public init(_ text: String, known: Timestamp) { (self.text, self.known) = (text, known) }
    }

    /// Appends, in the order given.
    public func insert(_ entries: some Sequence<Entry>, job: String, list: String, run: Int64) throws(Failure) {
        try database.worded {
            let statement = try database.cachedStatement(
                sql: "INSERT INTO pipeline_lists (job, list, entry, known, run) VALUES (?, ?, ?, ?, ?)")
            for entry in entries { try statement.execute(arguments: [job, list, entry.text, entry.known.microseconds, run]) }
        }
    }

    /// Each entry known at `time` once, with the earliest known time, sorted by the bytes of its text.
    public func entries(job: String, list: String, knownBy time: Timestamp) throws(Failure) -> [Entry] {
        try database.worded {
            try Row.fetchAll(
                database,
                sql: """
                    SELECT entry, min(known) AS known FROM pipeline_lists WHERE job = ? AND list = ? AND known <= ?
                    GROUP BY entry ORDER BY entry
                    """, arguments: [job, list, time.microseconds]
            ).map { Entry($0["entry"], known: $0.timestamp("known")) }
        }
    }

    /// SHA-256 over the length-prefixed texts and known times of `entries(job:list:knownBy:)`, lower-case hex.
    public func digest(job: String, list: String, knownBy time: Timestamp) throws(Failure) -> String {
        var encoding = CanonicalEncoding(domain: "pipeline list 1")
        for entry in try entries(job: job, list: list, knownBy: time) {
            encoding.append(entry.text)
            encoding.append(entry.known.microseconds)
        }
        return encoding.sha256
    }
}

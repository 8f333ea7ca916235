import GRDB
import Records

/// A file of a feed as it came, stored once.
struct Delivery: Hashable, Sendable, FetchableRecord {
    enum State: String, Sendable {
        case taken, duplicate, quarantined, frozen
        /// Set aside, then accepted by a person.
        case released
        /// Set aside, then refused by a person.
        case leftOut = "left-out"
    }

    var id: Int64 = 0
    var job: String
    var feed: String
    var name: String
    var digest: String
    var bytes: Int64
    /// When it came: its last change, but never later than the clock of the run that saw it first.
    var seen: Timestamp
    var state: State
    /// Runs that read it are held.
    var holds = false
    var rows: Int64
    var rejected: Int64
    /// Sum of the column that is added up, an exact decimal.
    var total: String?
    var schema: String

    init(
        job: String, feed: String, name: String, digest: String, bytes: Int64, seen: Timestamp, state: State, rows: Int64,
        rejected: Int64, total: String?, schema: String
    ) {
        (self.job, self.feed, self.name, self.digest, self.bytes) = (job, feed, name, digest, bytes)
        (self.seen, self.state, self.rows, self.rejected) = (seen, state, rows, rejected)
        (self.total, self.schema) = (total, schema)
    }

    init(row: Row) throws {
        guard let state = State(rawValue: row["state"]) else {
            throw Failure.storedValue(
                table: "pipeline_deliveries", column: "state", found: "an unknown state", expected: "taken, duplicate, quarantined, …")
        }
        self.init(
            job: row["job"], feed: row["feed"], name: row["name"], digest: row["digest"], bytes: row["bytes"],
            seen: row.timestamp("seen"), state: state, rows: row["rows"], rejected: row["rejected"], total: row["total"],
            schema: row["schema"])
        (id, holds) = (row["id"], row["holds"])
    }
}

/// Deliveries and what feeds looked like, over an open transaction.
struct DeliveryStore {
    let database: Database

    init(_ database: Database) { self.database = database }

    /// Adds a delivery, or gives the one back that is there already.
    func add(_ delivery: Delivery) throws -> Delivery {
        try database.runCached(
            """
            INSERT OR IGNORE INTO pipeline_deliveries (job, feed, name, digest, bytes, seen, state, holds, rows, rejected, total, schema)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                delivery.job, delivery.feed, delivery.name, delivery.digest, delivery.bytes, delivery.seen.microseconds,
                delivery.state.rawValue, delivery.holds, delivery.rows, delivery.rejected, delivery.total, delivery.schema,
            ])
        return try find(job: delivery.job, feed: delivery.feed, digest: delivery.digest, name: delivery.name) ?? delivery
    }

    func find(job: String, feed: String, digest: String, name: String) throws -> Delivery? {
        try Delivery.fetchOne(
            database, sql: "SELECT * FROM pipeline_deliveries WHERE job = ? AND feed = ? AND digest = ? AND name = ?",
            arguments: [job, feed, digest, name])
    }

    func setState(_ state: Delivery.State, of delivery: Int64) throws {
        try database.runCached("UPDATE pipeline_deliveries SET state = ? WHERE id = ?", [state.rawValue, delivery])
    }

    /// Those that a run read or was to read, the newest last.
    func taken(job: String, feed: String) throws -> [Delivery] {
        try Delivery.fetchAll(
            database,
            sql: "SELECT * FROM pipeline_deliveries WHERE job = ? AND feed = ? AND state IN ('taken', 'released') ORDER BY seen, id",
            arguments: [job, feed])
    }

    func all(job: String, feed: String? = nil) throws -> [Delivery] {
        try Delivery.fetchAll(
            database, sql: "SELECT * FROM pipeline_deliveries WHERE job = ?1 AND (?2 IS NULL OR feed = ?2) ORDER BY id",
            arguments: [job, feed])
    }

    /// Names of files that a contract keeps from being read.
    func setAside(job: String) throws -> Set<String> {
        Set(
            try String.fetchAll(
                database,
                sql: "SELECT name FROM pipeline_deliveries WHERE job = ? AND state IN ('quarantined', 'frozen', 'left-out')",
                arguments: [job]))
    }

    /// Takes back the deliveries of a run that is taken back: its files count as not read.
    func forget(run: Int64) throws {
        let files = """
            SELECT d.id FROM pipeline_deliveries d JOIN pipeline_files f ON f.job = d.job AND f.feed = d.feed AND f.digest = d.digest
            WHERE f.run = ? AND d.state = 'taken'
                AND NOT EXISTS (SELECT 1 FROM pipeline_files g JOIN pipeline_runs r ON r.id = g.run
                    WHERE g.digest = f.digest AND g.job = f.job AND g.run <> f.run AND r.status <> 'discarded')
            """
        try database.execute(sql: "DELETE FROM pipeline_feed_schemas WHERE delivery IN (\(files))", arguments: [run])
        try database.execute(sql: "DELETE FROM pipeline_deliveries WHERE id IN (\(files))", arguments: [run])
    }

    // MARK: Shapes

    /// What the feed looks like, as far as known; nil before its first file.
    func shape(job: String, feed: String) throws -> FeedShape? {
        try String.fetchOne(
            database, sql: "SELECT schema FROM pipeline_feed_schemas WHERE job = ? AND feed = ? ORDER BY id DESC LIMIT 1",
            arguments: [job, feed]
        ).flatMap(FeedShape.init(json:))
    }

    /// Appends a shape where it is another than the last.
    func append(_ shape: FeedShape, of delivery: Delivery, cause: String, known: Timestamp) throws {
        guard try self.shape(job: delivery.job, feed: delivery.feed) != shape else { return }
        try database.runCached(
            "INSERT INTO pipeline_feed_schemas (job, feed, known, delivery, cause, schema) VALUES (?, ?, ?, ?, ?, ?)",
            [delivery.job, delivery.feed, known.microseconds, delivery.id, cause, shape.json])
    }
}

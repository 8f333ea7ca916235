public import Connectors
import GRDB
public import Records

/// Forgets one person: deletes what is known to be about them, takes their name out of everything else, and looks for it in the file.
///
/// - The rows' keys come from tables, items and the feed files that are still there.
/// - Rows, items with decisions, labels and scores of their keys are deleted, rejects that hold the name too; where others' items,
///   reasons or masked prompts mention them, `(erased)` stands instead. The stage's state loses the name.
/// - The audit chain keeps numbers, hashes and links of the entries concerned and loses their content; `audit verify` holds.
/// - Afterwards the file is written anew (`Warehouse.compact`) and its bytes are searched, the log's too.
///
/// Feed files and backups are not touched: whoever runs them deletes there.
public struct Erasure {
    public struct Report: Hashable, Sendable {
        /// Rows deleted, by table.
        public var deleted: [String: Int] = [:]
        /// Rows that stay without the name, by table.
        public var rewritten: [String: Int] = [:]
        /// Rows deleted or rewritten, by table.
        public var rows: [String: Int] { deleted.merging(rewritten, uniquingKeysWith: +) }
        public var keys = 0
        /// Audit entries whose content went.
        public var emptied = 0
        public var wasInState = false
        /// Where the name still stands, in the file's bytes; nil = nowhere.
        public var left: String?
        /// What is left of its bytes is part of longer names, which are somebody else's.
        public var isWithinOthers = false
    }

    /// The name is never shown, stored or logged.
    let job: Job
    /// Column of the main feed or of a table feed.
    let column: String
    let value: String
    let warehouse: Warehouse
    let environment: Environment

    public static let mark = "(erased)"

    /// - Throws: a column that no feed of the job has; a value shorter than the search can tell from chance (4 bytes).
    public init(
        _ value: String, in column: String, of job: Job, warehouse: Warehouse, environment: Environment
    ) throws(Failure) {
        let columns = job.feeds.flatMap { $0.columns.map(\.field.name) }
        guard columns.contains(column) else { throw .eraseColumn(column, columns: Array(Set(columns)).sorted()) }
        guard value.utf8.count >= 4, value != Self.mark else { throw .eraseShort() }
        (self.job, self.column, self.value) = (job, column, value)
        (self.warehouse, self.environment) = (warehouse, environment)
    }

    /// One transaction for the rows, then the file; both can be repeated.
    ///
    /// - Parameter keys: further rows that are this person's, which neither the database nor feed files that are still there can tell.
    /// - Returns: with `left`, where the name is still in the file: `Failure.eraseLeft` words it.
    /// - Throws: a run of the job is going on; a hold; an item that nobody has decided.
    public func run(keys further: [String] = [], reason: String) throws(Failure) -> Report {
        guard !reason.allSatisfy(\.isWhitespace) else { throw .holdReason() }
        let lock = try JobLock(job: job.name, database: warehouse.path, environment: environment)
        let known = try PersonFeed.keys(job: job, column: column, value: value, in: warehouse).union(further)
        var report = try withExtendedLifetime(lock) { () throws(Failure) in
            try warehouse.write(durable: true) { try erase(known: known, reason: reason, in: $0) }
        }
        try warehouse.compact()
        (report.left, report.isWithinOthers) = try ErasureProof(value, in: warehouse).search()
        return report
    }

    private func erase(known: Set<String>, reason: String, in database: Database) throws -> Report {
        guard !reason.contains(value) else { throw Failure.eraseReason() }
        var report = Report()
        let found = try PersonRows(job: job, column: column, value: value, in: database)
        let keys = found.keys.union(known)
        try refuseHeldOrOpen(keys, in: database)
        report.keys = keys.count
        let deleted = try found.delete(keys: keys, in: database, &report.deleted, rewritten: &report.rewritten)
        report.wasInState = try forgetState(in: database)
        let rewritten = try found.rewrite(in: database, deleted: &report.deleted, rewritten: &report.rewritten)
        func counts(_ rows: [String: Int]) -> JSONValue {
            .object(rows.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .integer($0.value)) })
        }
        report.emptied = try AuditChain(database).remove(
            [(.decision, deleted + rewritten), (.signature, deleted), (.amount, deleted)], as: .erase,
            saying: [
                .init("job", .text(job.name)), .init("reason", .text(reason)), .init("rows", counts(report.deleted)),
                .init("rewritten", counts(report.rewritten)),
            ], by: environment)
        // Decisions of which only a reason was rewritten are there still: the chain states them anew.
        for id in rewritten {
            guard let row = try Row.fetchOne(database, sql: AuditSubject.decision.sql + " WHERE d.id = ?", arguments: [id]) else {
                continue
            }
            try AuditChain(database).append(
                .decision, subject: id, body: AuditSubject.body(row), actor: row["actor"], host: row["host"],
                at: Timestamp(microseconds: row["decided"]))
        }
        return report
    }

    private func refuseHeldOrOpen(_ keys: Set<String>, in database: Database) throws {
        if let hold = try HoldStore(database).active(job: job.name).first(where: { $0.key.map(keys.contains) ?? true }) {
            throw Failure.eraseHeld(hold)
        }
        for key in keys.sorted() {
            let open = try ReviewStore(database).history(job: job.name, key: key).first {
                $0.state.decision == nil && $0.state.newerItem == nil
            }
            if let open { throw Failure.eraseOpen(item: open.item.id) }
        }
    }

    /// - Throws: the state holds the name and the stage cannot let go of it.
    private func forgetState(in database: Database) throws -> Bool {
        let store = CheckpointStore(database, job: job.name)
        guard let scoring = job.scoring, var checkpoint = try store.load() else { return false }
        let saved = try store.state()
        if saved.base.isEmpty, saved.deltas.isEmpty { return false }
        let type = try Stages.required(scoring.stage.name)
        guard type is any ForgettingStage.Type else {
            let needle = Array(value.utf8)
            guard ([saved.base] + saved.deltas).allSatisfy({ $0.firstRange(of: needle) == nil }) else {
                throw Failure.eraseState(scoring.stage.name)
            }
            return false
        }
        let stage = try type.init(configuration: scoring.stage, schema: scoring.main.schema)
        try stage.restore(base: saved.base, deltas: saved.deltas)
        guard let forgetting = stage as? any ForgettingStage, forgetting.forget(value) else { return false }
        let base = stage.base()
        var sequence: Int64 = 0
        try store.append(.base(base), sequence: &sequence)
        (checkpoint.cursor.baseBytes, checkpoint.cursor.deltaBytes) = (base.count, 0)
        try store.save(checkpoint)
        return true
    }
}

extension Failure {
    static func eraseColumn(_ column: String, columns: [String]) -> Failure {
        Failure(
            .usage, code: "erase.column", what: "no feed of the job has such a column", place: "column '\(column)'",
            expected: "one of \(columns.joined(separator: ", "))", remedy: "Name the column that holds the person's name or number.")
    }

    static func eraseShort() -> Failure {
        Failure(
            .usage, code: "erase.short", what: "the value is too short to be told from chance", expected: "4 bytes or more",
            remedy: "Name the person by a longer value, in another column.")
    }

    static func eraseReason() -> Failure {
        Failure(
            .usage, code: "erase.reason", what: "the reason holds what is to be forgotten", expected: "a text without it",
            remedy: "Name the request by its number: the reason stays in the audit chain.")
    }

    static func eraseHeld(_ hold: Hold) -> Failure {
        Failure(
            .tryAgain, code: "erase.held", what: "a legal hold keeps rows of this person", place: "hold \(hold.id)",
            remedy: "Nothing was erased. `pipeline hold release \(hold.id)` once nobody needs it.")
    }

    static func eraseOpen(item: Int64) -> Failure {
        Failure(
            .tryAgain, code: "erase.open", what: "an item about this person is not decided yet", place: "item \(item)",
            remedy: "Nothing was erased. Decide it first (`pipeline review show \(item)`), then repeat the command.")
    }

    static func eraseState(_ stage: String) -> Failure {
        Failure(
            .failed, code: "erase.state", what: "the stage's state holds the name, and the stage cannot let go of it",
            place: "stage '\(stage)'",
            remedy: "Nothing was erased. Take the person out of the feed files, then run the job on a new database.")
    }

    static func eraseHeldReject(_ reject: Int64, _ hold: Hold) -> Failure {
        Failure(
            .tryAgain, code: "erase.held", what: "a legal hold keeps a reject that names this person", place: "reject \(reject)",
            remedy: "Nothing was erased. `pipeline hold list` shows the holds; \(hold.id) is the first of the job's.")
    }

    public static func eraseLeft(_ place: String) -> Failure {
        Failure(
            .difference, code: "erase.left", what: "the rows are erased, and the value is still in the database's bytes", place: place,
            remedy: "Where it belongs to somebody else too, that is right; else erase it there by its own column.")
    }
}

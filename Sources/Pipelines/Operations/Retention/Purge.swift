public import Connectors
import GRDB
public import Records

/// Deletes what a job's `retain` no longer keeps, in transactions of a few thousand rows, each with its entry in the audit chain: a purge
/// that is killed has deleted some rows and says of each that it did.
///
/// Never deleted: what a hold keeps, outcomes that a receiver is still to be given, open items and their rows, runs, files, models, lists, and the chain, whose entries about deleted
/// decisions lose their content and keep their hashes. Newest rows of tables whose numbers are counted on stay.
public struct Purge {
    public struct Report: Hashable, Sendable {
        /// Rows deleted, or that would be, by table, in the order of their names.
        public var rows: [String: Int] = [:]
        /// Audit entries whose content went with their rows.
        public var emptied = 0
        public var holds = 0
        /// Runs that a receiver is still to be given, whose outcomes stayed.
        public var undelivered = 0
        public var total: Int { rows.values.reduce(0, +) }
    }

    let warehouse: Warehouse
    let environment: Environment
    /// Keys a transaction.
    let batch: Int
    /// Also takes outcomes that a receiver was not given yet, and never will be.
    let takesUndelivered: Bool

    public init(warehouse: Warehouse, environment: Environment, batch: Int = 5_000, takesUndelivered: Bool = false) {
        (self.warehouse, self.environment, self.batch) = (warehouse, environment, batch)
        self.takesUndelivered = takesUndelivered
    }

    func undelivered(_ job: Job, in database: Database) throws -> UndeliveredRows {
        takesUndelivered ? UndeliveredRows() : try UndeliveredRows(job: job.name, in: database)
    }

    /// - Parameter writes: false = counts what would go, and rolls it back.
    /// - Throws: the job has no `retain`; a hold keeps the whole job.
    public func run(_ job: Job, writes: Bool = true) throws(Failure) -> Report {
        guard let settings = job.retention else { throw .retainMissing(job) }
        let holds = try warehouse.read { try HoldStore($0).active(job: job.name) }
        if let hold = holds.first(where: { $0.key == nil }) { throw .purgeHeld(hold) }
        var report = Report()
        report.holds = holds.count
        report.undelivered = try warehouse.read { try undelivered(job, in: $0).runs.count }
        let now = environment.now()
        typealias Step = (Job, Timestamp, inout Int64, Database) throws -> Batch
        func purge(_ subject: String, _ span: Timestamp.Span?, _ body: Step) throws(Failure) {
            guard let span else { return }
            var last: Int64 = 0
            let limit = now - span
            try self.purge(subject, job, limit, writes, &report) { try body(job, limit, &last, $0) }
        }
        try purge("review", settings.review) { try reviewItems($0, $1, after: &$2, in: $3) }
        for table in try warehouse.read({ try RetainedTable.all(of: job, in: $0) }) {
            guard let span = table.hasScores ? settings.results : settings.tables[table.name] else { continue }
            var last: [DatabaseValue]?
            let limit = now - span
            try self.purge(table.name, job, limit, writes, &report) { try rows(of: table, job, limit, after: &last, in: $0) }
        }
        try purge("pipeline_suppressed", settings.results) { try suppressed($0, $1, after: &$2, in: $3) }
        try purge("pipeline_labels", settings.labels) { try labels($0, $1, after: &$2, in: $3) }
        try purge("pipeline_rejects", settings.rejects) { try rejects($0, $1, after: &$2, in: $3) }
        return report
    }

    /// What one transaction deleted.
    struct Batch {
        var rows: [String: Int] = [:]
        var decisions: [Int64] = []
        var isLast: Bool
    }

    private func purge(
        _ subject: String, _ job: Job, _ limit: Timestamp, _ writes: Bool, _ report: inout Report,
        _ body: (Database) throws -> Batch
    ) throws(Failure) {
        while true {
            var emptied = 0
            func step(_ database: Database) throws -> Batch {
                let batch = try body(database)
                guard !batch.rows.isEmpty else { return batch }
                let counts = batch.rows.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .integer($0.value)) }
                emptied = try AuditChain(database).remove(
                    [(.decision, batch.decisions), (.signature, batch.decisions), (.amount, batch.decisions)], as: .purge,
                    saying: [
                        .init("job", .text(job.name)), .init("subject", .text(subject)), .init("before", .text(limit.iso8601)),
                        .init("rows", .object(counts)),
                    ], by: environment)
                return batch
            }
            let done: Batch
            if writes {
                done = try warehouse.write(durable: true, step)
            } else {
                done = try rehearse(step)
            }
            report.rows.merge(done.rows, uniquingKeysWith: +)
            report.emptied += emptied
            if done.isLast { return }
        }
    }

    /// Runs a step and takes it back.
    private func rehearse(_ step: (Database) throws -> Batch) throws(Failure) -> Batch {
        do {
            return try warehouse.pool.writeWithoutTransaction { database in
                var found: Batch?
                try database.inTransaction(.immediate) {
                    found = try step(database)
                    return .rollback
                }
                return found!
            }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw .warehouse(error, path: warehouse.path)
        }
    }
}

extension Failure {
    static func retainMissing(_ job: Job) -> Failure {
        Failure(
            .job, code: "purge.retain", what: "the job keeps everything", place: job.path,
            expected: "lines such as retain: { results: 730d, rejects: 90d }",
            remedy: "Add them to the job file.")
    }

    static func purgeHeld(_ hold: Hold) -> Failure {
        Failure(
            .tryAgain, code: "purge.held", what: "a legal hold keeps everything of the job", place: "job '\(hold.job)', hold \(hold.id)",
            remedy: "Nothing was deleted. `pipeline hold release \(hold.id)` once nobody needs it.")
    }
}

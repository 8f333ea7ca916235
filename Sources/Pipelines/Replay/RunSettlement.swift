public import Connectors
import GRDB
public import Records

/// What a person does about a run that is held because too many rows were rejected.
public struct RunSettlement: Sendable {
    let warehouse: Warehouse
    let environment: Environment

    public init(warehouse: Warehouse, environment: Environment) { (self.warehouse, self.environment) = (warehouse, environment) }

    /// Makes a held run's results and review items visible.
    ///
    /// - Throws: no such run, or one that is not held.
    public func accept(_ run: Int64) throws(Failure) -> RunRecord {
        try warehouse.write(durable: true) { database in
            var record = try held(run, in: database)
            record.status = .done
            return try settle(record, in: database)
        }
    }

    /// Takes a held run back: its results, landed rows, review items, labels and list entries are removed, its files count as not read, and the
    /// stage's state is made anew from the runs before. The run itself and its rejects stay.
    ///
    /// - Parameters:
    ///   - job: the run's job file, whose folder the paths of its feeds start from.
    ///   - folder: where the state is recomputed.
    /// - Throws: no such run, one that is not held, a later run of the job, a feed file of an earlier run that is gone.
    public func discard(_ run: Int64, of job: Job, workingIn folder: String) throws(Failure) -> RunRecord {
        let lock = try JobLock(job: job.name, database: warehouse.path, environment: environment)
        defer { withExtendedLifetime(lock) {} }
        let rebuilder = StateRebuilder(warehouse: warehouse, environment: environment, folder: folder)
        _ = try warehouse.read { try held(run, in: $0) }
        let rebuilt = try rebuilder.rebuild(job, leavingOut: run)
        return try warehouse.write(durable: true) { database in
            var record = try held(run, in: database)
            if let later = try RunStore(database).list(job: record.job, limit: 1).first, later.id > run {
                throw Failure.runNotLast(run, last: later.id)
            }
            try DeliveryStore(database).forget(run: run)
            try database.execute(sql: "DELETE FROM pipeline_selections WHERE run = ?", arguments: [run])
            try database.execute(sql: "DELETE FROM pipeline_review_items WHERE run = ? AND kind = 'row'", arguments: [run])
            let written = try String.fetchAll(
                database, sql: "SELECT name FROM pipeline_results WHERE job = ? ORDER BY name", arguments: [record.job])
            let tables =
                ["pipeline_labels", "pipeline_lists", "pipeline_challenger_scores", "pipeline_suppressed"] + written.map(ResultTable.quoted)
            for table in tables { try database.execute(sql: "DELETE FROM \(table) WHERE run = ?", arguments: [run]) }
            try StateRebuilder.install(rebuilt, job: record.job, in: database)
            record.status = .discarded
            return try settle(record, in: database)
        }
    }

    private func held(_ run: Int64, in database: Database) throws(Failure) -> RunRecord {
        let record = try RunStore(database).run(run)
        guard record.status == .held else { throw .runNotHeld(run, status: record.status.rawValue) }
        return record
    }

    private func settle(_ record: RunRecord, in database: Database) throws -> RunRecord {
        var record = record
        record.head = try AuditChain(database).append(
            .run, subject: record.id, body: record.auditBody, actor: environment.actor, host: environment.host, at: environment.now()
        ).description
        try RunStore(database).update(record)
        return record
    }
}

import Connectors
import GRDB
import Records

/// Makes a job's stage state anew from its history, by running the history again in a warehouse of its own.
///
/// Needed when a run is discarded, whose rows the state has seen, and when the stage has another version, or other parameters, than the one
/// that wrote the state.
struct StateRebuilder {
    let warehouse: Warehouse
    let environment: Environment
    let folder: String

    /// The state after the given runs, to be put into the live warehouse by `install`.
    struct Rebuilt {
        fileprivate var checkpoint: Checkpoint?
        fileprivate var parts: [(kind: String, sequence: Int64, data: Blob)] = []

        /// Takes the engine's own memory back: only the stage's state is another.
        mutating func keep(_ cursor: StreamCursor) {
            guard var checkpoint else { return }
            let made = checkpoint.cursor
            checkpoint.cursor = cursor
            checkpoint.cursor.preparation = made.preparation
            (checkpoint.cursor.baseBytes, checkpoint.cursor.deltaBytes) = (made.baseBytes, made.deltaBytes)
            self.checkpoint = checkpoint
        }
    }

    /// - Parameters:
    ///   - leavingOut: the run that is being discarded.
    ///   - asOfNow: every run is read with this job file instead of its own, as if the job had been so from the start.
    ///   - preparation: what the stage is prepared by in every run; nil = by the run's own model.
    func rebuild(
        _ job: Job, leavingOut discarded: Int64?, asOfNow: Bool = false, preparation: Preparation? = nil
    ) throws(Failure) -> Rebuilt {
        guard job.scoring != nil else { return Rebuilt() }
        let runs = try warehouse.read { database in
            try RunStore(database).list(job: job.name).filter { $0.id != discarded && [.done, .held].contains($0.status) }
        }.reversed()
        guard !runs.isEmpty else { return Rebuilt() }
        let scratch = try ScratchWarehouse(folder: folder)
        defer { scratch.remove() }
        let replayer = Replayer(warehouse: warehouse, environment: environment)
        for run in runs {
            if let difference = try replayer.recompute(
                run, job: job, in: scratch.warehouse, asOfNow: asOfNow, preparation: preparation, progress: { _ in })
            {
                throw difference.failure
            }
        }
        return try scratch.warehouse.read { database in
            let rows = try Row.fetchAll(
                database, sql: "SELECT kind, sequence, data FROM pipeline_state WHERE job = ? ORDER BY sequence", arguments: [job.name])
            return Rebuilt(
                checkpoint: try CheckpointStore(database, job: job.name).load(),
                parts: rows.map { ($0["kind"], $0["sequence"], $0["data"]) })
        }
    }

    /// Puts a rebuilt state in place of the job's, in the caller's transaction.
    static func install(_ rebuilt: Rebuilt, job: String, in database: Database) throws {
        let store = CheckpointStore(database, job: job)
        try store.clear()
        if let checkpoint = rebuilt.checkpoint { try store.save(checkpoint) }
        for part in rebuilt.parts { try store.put(part.data, kind: part.kind, sequence: part.sequence) }
    }
}

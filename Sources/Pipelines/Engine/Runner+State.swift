import Connectors
import GRDB
import Records

extension Runner {
    /// State that another version of the stage wrote, or the stage with other parameters, is made anew from the feed files before a new run
    /// builds on it.
    ///
    /// With other parameters every earlier run is read with the job file as it is now: the state is the one that the job would have had if
    /// it had been so from the start. What was written stays.
    func renewOutdatedState(of job: Job) throws(Failure) {
        guard let scoring = job.scoring, let saved = try warehouse.read({ try SavedState(of: job, in: $0) }) else { return }
        let version = try Stages.required(scoring.stage.name).definition.version
        let isOtherVersion = saved.stageVersion != 0 && saved.stageVersion != version
        let isOtherStage =
            if saved.jobDigest == job.digest { false } else { try !canRestore(saved, job: job, isOtherVersion: isOtherVersion) }
        guard isOtherVersion || isOtherStage else { return }
        let folder = environment.variables["TMPDIR"] ?? "/tmp"
        let rebuilt = try StateRebuilder(warehouse: warehouse, environment: environment, folder: folder)
            .rebuild(job, leavingOut: nil, asOfNow: isOtherStage)
        try warehouse.write { try StateRebuilder.install(rebuilt, job: job.name, in: $0) }
    }

    /// State of a stage that was prepared in another way, by no model or by an earlier champion, is made anew from the feed files: every
    /// earlier run is read with the stage prepared as it is to be now. What was written stays, and what the engine itself remembers.
    func renewState(of job: Job, preparedBy preparation: Preparation) throws(Failure) {
        guard let saved = try warehouse.read({ try CheckpointStore($0, job: job.name).load() }) else { return }
        guard saved.cursor.stageVersion != 0, saved.cursor.preparation != preparation.digest else { return }
        let folder = environment.variables["TMPDIR"] ?? "/tmp"
        var rebuilt = try StateRebuilder(warehouse: warehouse, environment: environment, folder: folder)
            .rebuild(job, leavingOut: nil, preparation: preparation)
        rebuilt.keep(saved.cursor)
        let made = rebuilt
        try warehouse.write { try StateRebuilder.install(made, job: job.name, in: $0) }
    }

    /// How many decisions that the state does not know would change what the job's stage gives; 0 where together they change nothing.
    func newDecisions(of job: Job, before clock: Timestamp) throws(Failure) -> Int {
        guard let scoring = job.scoring, let type = try Stages.required(scoring.stage.name) as? any DecidedStage.Type else { return 0 }
        let known = try warehouse.read { database -> (decisions: [StageDecision], last: Timestamp)? in
            guard let saved = try CheckpointStore(database, job: job.name).load() else { return nil }
            let decisions = try ReviewStore(database).decisions(ofJob: job.name, about: type.deciding.column, before: clock.microseconds)
            return (decisions, try RunStore(database).run(saved.run).clock)
        }
        guard let known else { return 0 }
        // A run hears what was decided before its clock; a decision may have been stored a moment after one that had begun later. What is older
        // was heard, and the state is not read for it.
        guard known.decisions.contains(where: { $0.decided >= known.last - .hours(1) }) else { return 0 }
        let stage = try type.init(configuration: scoring.stage, schema: scoring.main.schema)
        let state = try warehouse.read { try CheckpointStore($0, job: job.name).state() }
        if !state.base.isEmpty || !state.deltas.isEmpty { try stage.restore(base: state.base, deltas: state.deltas) }
        return stage.unheard(known.decisions, at: clock)
    }

    /// Whether the job's stage takes the state as its own. One of another version is judged by the stage's parameters alone.
    private func canRestore(_ saved: SavedState, job: Job, isOtherVersion: Bool) throws(Failure) -> Bool {
        let job = try job.scored()
        if isOtherVersion {
            let text = try warehouse.read { try RunStore($0).jobText(digest: saved.jobDigest) }
            let before = try Job.stored(text: text, path: job.job.path).scoring?.stage
            return before?.name == job.stage.name && before?.parameters == job.stage.parameters
        }
        if saved.base.isEmpty, saved.deltas.isEmpty { return true }
        let stage = try Stages.required(job.stage.name).init(configuration: job.stage, schema: job.main.schema)
        do throws(Failure) {
            try stage.restore(base: saved.base, deltas: saved.deltas)
            return true
        } catch {
            return false
        }
    }
}

/// A stage's state as a run left it, and by what.
private struct SavedState {
    let stageVersion: Int
    let jobDigest: String
    let base: [UInt8]
    let deltas: [[UInt8]]

    /// Nil when the job has none yet.
    init?(of job: Job, in database: Database) throws {
        let store = CheckpointStore(database, job: job.name)
        guard let checkpoint = try store.load() else { return nil }
        stageVersion = checkpoint.cursor.stageVersion
        jobDigest = try RunStore(database).run(checkpoint.run).jobDigest
        // Where the job is the same, the state is not looked at here.
        let state = jobDigest == job.digest ? ([], [], 0) : try store.state()
        (base, deltas) = (state.0, state.1)
    }
}

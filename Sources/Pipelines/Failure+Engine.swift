package import Records

/// Wording of what stops a run.
extension Failure {
    static func resultTableTaken(_ name: String, by owner: String?) -> Failure {
        Failure(
            .job, code: "results.taken", what: "the result table is taken", place: name,
            found: owner.map { "a table of job '\($0)'" } ?? "a table that no job made", expected: "a name of its own for each job",
            remedy: "Choose another name under `results:`.")
    }

    static func resultTableLayout(_ name: String, found: String, expected: String) -> Failure {
        Failure(
            .job, code: "results.layout", what: "the result table has another key", place: name, found: found, expected: expected,
            remedy: "Choose another name under `results:`, or set the key back.")
    }

    static func tableKey(_ name: String, found: String, expected: String) -> Failure {
        Failure(
            .job, code: "table.key", what: "the table has another key", place: name, found: found, expected: expected,
            remedy: "Choose another name under `table:`, or set the key back.")
    }

    static func tableColumn(_ name: String, _ column: String, found: String, expected: String) -> Failure {
        Failure(
            .job, code: "table.column", what: "a column of the table has another type", place: "\(name).\(column)", found: found,
            expected: expected, remedy: "Give the column another name, or choose another name under `table:`.")
    }

    static func stateDamaged(job: String, part: Int64) -> Failure {
        Failure(
            .failed, code: "database.damaged", what: "the stage's state of job '\(job)' is damaged", place: "pipeline_state",
            found: "part \(part) with another sum", expected: "the bytes that were written",
            remedy: "Restore the last backup; keep this file for inspection.")
    }

    static func ruleCondition(_ subject: String, _ condition: String, _ problem: JobFinding.Message?) -> Failure {
        Failure(
            .job, code: problem?.code ?? "job.rule-syntax", what: "a condition does not fit the job", place: subject,
            found: "\(condition)\(problem.map { ": \($0.what) \($0.found)" } ?? "")", expected: problem?.expected ?? "",
            remedy: "`pipeline check` names every mistake.")
    }

    static func runSince(_ job: String, why: String) -> Failure {
        Failure(
            .usage, code: "run.since", what: "the job has no rows to leave out", place: "job '\(job)'", found: why,
            expected: "a stage that decides each row as it comes", remedy: "Leave --since out.")
    }

    static func runSinceOther(_ run: RunRecord, asked: Timestamp) -> Failure {
        Failure(
            .usage, code: "run.since-other", what: "an unfinished run was begun otherwise", place: "run \(run.id)", found: asked.iso8601,
            expected: run.since?.iso8601 ?? "no --since", remedy: "Give it as it was, or leave --since out: the run goes on as it began.")
    }

    static func runLocked(job: String, holder: String?) -> Failure {
        Failure(
            .tryAgain, code: "run.locked", what: "another run of this job is under way", place: "job '\(job)'",
            found: holder.map { "\($0) holds its lock" } ?? "its lock is held",
            expected: "one run of a job at a time", remedy: "Wait until it ends, then start the same command again.")
    }

    static func rehearsalUnfinished(job: String, run: Int64) -> Failure {
        Failure(
            .usage, code: "run.unfinished", what: "nothing can be measured while a run is unfinished", place: "job '\(job)'",
            found: "run \(run) is under way or was stopped", expected: "a job between its runs",
            remedy: "Start the same command without --no-write first: it ends the run.")
    }

    static func rehearsalPreparation(job: String) -> Failure {
        Failure(
            .usage, code: "run.preparation", what: "nothing can be measured before the stage's state was made anew", place: "job '\(job)'",
            found: "a model that prepares its stage in another way than the last run's", expected: "the model of the last run",
            remedy: "Start the same command without --no-write first.")
    }

    static func runStopped(job: String, run: Int64, chunk: Int) -> Failure {
        Failure(
            .tryAgain, code: "run.stopped", what: "run \(run) was asked to stop and did", place: "job '\(job)'",
            found: "\(chunk) chunks written, none half", remedy: "Start the same command again: it goes on from there.")
    }

    /// - Parameter feed: named where the job has more than one.
    package static func runHeld(job: String, feed: String? = nil, run: Int64, rejected: Int64, read: Int64, limit: Double) -> Failure {
        Failure(
            .held, code: "run.held", what: "run \(run) is held: too many rejects",
            place: "job '\(job)'\(feed.map { ", feed '\($0)'" } ?? "")",
            found: "\(rejected) of \(read) rows rejected", expected: "at most \(percent(limit))",
            remedy: "Look at `pipeline rejects list --run \(run)`, then `pipeline runs accept \(run)` or `pipeline runs discard \(run)`.")
    }

    static func runStageChanged(_ run: Int64, found: String, made: String) -> Failure {
        Failure(
            .failed, code: "run.stage-changed", what: "an unfinished run was started with another version of the stage",
            place: "run \(run)",
            found: found, expected: made, remedy: "Let the version of the program that started the run end it, then upgrade.")
    }

    static func runNotHeld(_ run: Int64, status: String) -> Failure {
        Failure(
            .usage, code: "run.not-held", what: "the run is not held", place: "run \(run)", found: "status \(status)",
            expected: "status held",
            remedy: "`pipeline runs list` shows which runs are held.")
    }

    static func runNotLast(_ run: Int64, last: Int64) -> Failure {
        Failure(
            .usage, code: "run.not-last", what: "only a job's last run can be discarded", place: "run \(run)",
            found: "run \(last) after it",
            expected: "no later run of the job", remedy: "Accept the run, and send corrections as a new file.")
    }

    static func fileChanged(_ name: String, run: Int64) -> Failure {
        Failure(
            .failed, code: "run.file-changed", what: "a feed file changed while its run was unfinished", place: name,
            found: "another content than at the start of run \(run)", expected: "the same bytes",
            remedy: "Put the file back as it was, then start the same command again; send corrections as a new file.")
    }

    static func jobTextMissing(_ digest: String) -> Failure {
        Failure(
            .failed, code: "run.job-text-missing", what: "the job file of a run is not in the database", place: "pipeline_jobs",
            found: "no text with digest \(digest)", expected: "the text that the run stored",
            remedy: "Restore a backup: somebody removed it.")
    }

    static func stageUnknown(_ name: String, known: [String]) -> Failure {
        Failure(
            .job, code: "job.stage-unknown", what: "there is no such stage", place: name, expected: known.joined(separator: ", "),
            remedy: Nearest.name(to: name, among: known).map { "Did you mean '\($0)'?" } ?? "`pipeline list stages` shows them.")
    }

    static func modelMissing(_ name: String, known: [String]) -> Failure {
        Failure(
            .failed, code: "model.missing", what: "the model is not in the catalog", place: name,
            found: known.isEmpty ? "no model at all" : Set(known).sorted().joined(separator: ", "), expected: "a model of this name",
            remedy: Nearest.name(to: name, among: Set(known).sorted()).map { "Did you mean '\($0)'?" } ?? "Train it with `pipeline train`.")
    }

    static func modelFeatures(_ model: String, found: [String], expected: [String]) -> Failure {
        Failure(
            .job, code: "model.features", what: "the model does not fit the job", place: model,
            found: "features \(found.joined(separator: ", "))", expected: "features \(expected.joined(separator: ", "))",
            remedy: "Train a model for this job, or name another under `model:`.")
    }

    static func percent(_ share: Double) -> String {
        let thousandths = (share * 100_000).rounded() / 1_000
        return thousandths == thousandths.rounded() ? "\(Int(thousandths)) %" : "\(thousandths) %"
    }
}

/// Wording of what stops scoring rows again.
extension Failure {
    static func rescoreBlocked(job: String, run: Int64, status: String) -> Failure {
        Failure(
            .usage, code: "rescore.blocked", what: "rows cannot be scored again while a run is unsettled", place: "job '\(job)'",
            found: "run \(run) is \(status)", expected: "runs that are done or discarded",
            remedy: status == "held"
                ? "`pipeline runs accept \(run)` or `pipeline runs discard \(run)` first." : "Let `pipeline run` end it first.")
    }

    static func rescoreUnsuited(_ job: String) -> Failure {
        Failure(
            .job, code: "rescore.unsuited", what: "the job's rows cannot be scored again", place: "job '\(job)'",
            found: "results without stored features", expected: "`results: { features: true }` and a stage that scores rows",
            remedy: "Store features; rows from then on can be scored again.")
    }

    static func rescoreNoModel(_ job: String) -> Failure {
        Failure(
            .usage, code: "rescore.no-champion", what: "there is no champion to score rows again with", place: "job '\(job)'",
            remedy: "`pipeline models promote` names one.")
    }

    static func rescoreNothing(_ job: String) -> Failure {
        Failure(
            .usage, code: "rescore.nothing", what: "there are no rows to score again", place: "job '\(job)'", found: "no run yet",
            remedy: "`pipeline run` scores them first.")
    }

    static func rescoreFile(_ name: String, run: Int64) -> Failure {
        Failure(
            .failed, code: "rescore.file-changed", what: "a feed file is not what a run read", place: name,
            found: "another content than in run \(run)", expected: "the same bytes", remedy: "Put the file back as it was.")
    }

    static func rescoreFeatures(_ job: String, found: Int, expected: Int) -> Failure {
        Failure(
            .failed, code: "rescore.features", what: "rows of the period have features of another version of the stage",
            place: "job '\(job)'", found: "\(found) features", expected: "\(expected)",
            remedy: "Begin later, with --from: at the first row that this version of the stage scored.")
    }
}

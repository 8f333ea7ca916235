import ArgumentParser
import Connectors
import Pipelines
import Records

/// `pipeline run`
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read what is new in a job's feeds: score it and queue what people must decide, or land it in tables.",
        discussion: """
            Reads the files that no run of this job has read yet. Stopped or killed, it goes on from its last chunk when the same command is \
            given again. Without a model the stage's own rules score.

              pipeline run jobs/fraud.yaml
              pipeline run jobs/fraud.yaml --database /data/fraud.db --format json
              pipeline run jobs/fraud.yaml --rescore --from 2026-02-01 --to 2026-03-01
              pipeline run jobs/fraud.yaml --if-due --quiet
              pipeline run jobs/fraud.yaml --since 2026-03-01
            """)

    @OptionGroup var job: JobArgument
    @Option(help: ArgumentHelp("1 reads, scores and writes in turn; more overlap them. The results are the same.", valueName: "count"))
    var threads = 2
    @Flag(
        name: .customLong("if-due"),
        help: "Do nothing unless the job's schedule was due, in its own zone, since its last run: for a crontab line every few minutes.")
    var ifDue = false
    @Option(
        help: ArgumentHelp(
            "Decide rows from this event time on, in ISO 8601; earlier ones are read and only build the stage's state. Kept with the run.",
            valueName: "time"))
    var since: Timestamp?
    @Flag(name: .customLong("no-write"), help: "Read and score, but write nothing: for measuring.")
    var writesNothing = false
    @Flag(help: "Read nothing new: score rows of the past again with today's champion and policy; what changes gets a new version.")
    var rescore = false
    @Option(help: ArgumentHelp("With --rescore: first event time, in ISO 8601.", valueName: "time"))
    var from: Timestamp?
    @Option(help: ArgumentHelp("With --rescore: event time to stop before.", valueName: "time"))
    var to: Timestamp?
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        if !(1...256).contains(threads) { throw ValidationError("--threads is \(threads), expected 1 to 256") }
        if !rescore, from != nil || to != nil { throw ValidationError("--from and --to go with --rescore") }
        if rescore, since != nil { throw ValidationError("--since goes without --rescore, which has --from and --to") }
        if rescore, writesNothing { throw ValidationError("--rescore and --no-write exclude each other") }
    }

    func run() throws {
        let console = output.console
        let job = try job.load()
        let database = try warehouse.open(.write)
        defer { database.close() }
        if rescore { return try rescored(job, in: database, console: console) }
        if ifDue, let next = try notDue(job, in: database) {
            return console.note("\(job.name): not due; next at \(next.iso8601).")
        }
        let flag = StopFlag()
        let signals = StopSignals(flag) { signal in
            let more = signal == "SIGINT" ? " Ctrl-C again ends it at once." : ""
            console.note("\(signal): the run ends after this chunk; the same command goes on from there.\(more)")
        } onEnd: {
            console.note("SIGINT again: ended at once. What the last chunk wrote stands; the same command goes on from there.")
        }
        defer { signals.cancel() }
        let progress = Progress(job.name, console: console)
        defer { progress.finish() }
        var options = RunOptions(
            threads: threads, shouldStop: { flag.isSet }, progress: { progress.report(rows: $0.rows, fraction: $0.fraction) },
            writes: !writesNothing)
        let helpers = try LanguageModels(job: job, options: warehouse)
        options.models = helpers.supplier
        let runner = Runner(warehouse: database, environment: warehouse.environment, options: options)
        let ended = Result { () throws(Failure) in try runner.run(job, since: since) }
        progress.finish()
        // Stopped or failed, it has asked and paid too.
        if let sentence = helpers.close() { console.note(sentence) }
        let report = try ended.get()
        let summary = RunSummary(report: report, job: job, database: warehouse.database)
        try format.write(summary.details, to: console)
        for hint in writesNothing ? [] : summary.hints { console.note(hint) }
        if report.heeded > 0 {
            console.note(
                "No row is new: run for \(report.heeded) decision\(report.heeded == 1 ? "" : "s") made in the queue since the run before.")
        }
        for note in report.notes { console.note("delivery: \(note)") }
        for (file, reason) in report.waiting { console.note("not read yet: \(file): \(reason)") }
        if report.ending == .held, let record = report.record, let reason = report.holdReasons.first {
            throw reason.failure(of: record, namesFeed: report.feeds.count > 1)
        }
    }

    private func rescored(_ job: Job, in database: Warehouse, console: Console) throws {
        let report = try Rescorer(warehouse: database, environment: warehouse.environment).rescore(job, from: from, to: to)
        try format.write(RescoreView.details(report, job: job), to: console)
    }

    /// When the job is due next, if it is not due now. A run that was begun and has not ended is always due.
    private func notDue(_ job: Job, in database: Warehouse) throws(Failure) -> Timestamp? {
        let last = try database.read { try RunStore($0).list(job: job.name, limit: 1).first }
        let due = try JobDue.look(job, lastRun: last?.clock, now: warehouse.environment.now())
        return due.isDue || last?.status == .running ? nil : due.next ?? .distantFuture
    }
}

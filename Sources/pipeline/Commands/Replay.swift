import ArgumentParser
import Connectors
import Foundation
import Pipelines
import Records

/// `pipeline replay`
struct Replay: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Recompute what was written by a past time and compare; or ask what another policy or model would have done.",
        discussion: """
            With --as-of: runs every run of the job up to that time again from its feed files, with only what was known then, in a scratch \
            database below TMPDIR. Equal: exit 0. Else the first difference and its cause, exit 3.

            With --policy or --model: decides the rows of a period again, and reports what changes: outcomes, money saved or lost with \
            intervals, review items a day and their forecast. The database is only read, either way.

            With --offers: a recommendations job's offers made again at the begin of past weeks, by its own policy and another job file's, \
            and met with what people bought; where runs drew offers with stored probabilities, also what each policy would have caused.

            With --orders: a demand job's past months under the job's policy and others, each ordering from what was known at each review: cost, \
            service, stock and waste. Only the feed is read.

            With --fleet: a maintenance job's policies against simulated machines that live on under them, in money and downtime.

              pipeline replay jobs/fraud.yaml --as-of 2026-02-01T00:00:00Z
              pipeline replay jobs/fraud.yaml --policy other.yaml --from 2026-02-01 --to 2026-03-01 --changes changes.csv
              pipeline replay jobs/fraud.yaml --model 2 --from 2026-02-01 --to 2026-03-01 --report report.json
              pipeline replay jobs/recommendations.yaml --offers --policy other.yaml --weeks 8
              pipeline replay jobs/demand.yaml --orders --reviews 12
              pipeline replay jobs/maintenance.yaml --fleet --seeds 1...10 --policies at-failure,left:20,learned,age,oracle
            """)

    @OptionGroup var job: JobArgument
    @Option(help: ArgumentHelp("The time it is taken to be, in ISO 8601.", valueName: "time"))
    var asOf: Timestamp?
    @Option(help: ArgumentHelp("Number of threads.", valueName: "count"))
    var threads = 2
    @Option(
        help: ArgumentHelp("A job file, or its policy, rules, suppressions or review alone, to try.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var policy: String?
    @Option(help: ArgumentHelp("The version of the job's model to try.", valueName: "version"))
    var model: Int?
    @Option(help: ArgumentHelp("First event time decided again; the first there is when not given.", valueName: "time"))
    var from: Timestamp?
    @Option(help: ArgumentHelp("Event time before which they are; all there are when not given.", valueName: "time"))
    var to: Timestamp?
    @Option(help: ArgumentHelp("Write the rows that changed, with reasons, to this CSV file.", valueName: "file"))
    var changes: String?
    @Option(help: ArgumentHelp("Write the report to this JSON file: `models promote` takes it.", valueName: "file"))
    var report: String?
    @OptionGroup(title: "Orders") var inventory: OrderOptions
    @OptionGroup(title: "Simulated fleet") var simulated: FleetOptions
    @OptionGroup(title: "Past offers") var offerOptions: OfferOptions
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    private var isTrial: Bool { policy != nil || model != nil }

    func validate() throws {
        if inventory.orders {
            for (name, isGiven) in [
                ("--as-of", asOf != nil), ("--from", from != nil), ("--to", to != nil), ("--changes", changes != nil),
                ("--report", report != nil), ("--policy", policy != nil), ("--model", model != nil), ("--fleet", simulated.fleet),
                ("--offers", offerOptions.offers),
                (simulated.givenOption ?? "", simulated.givenOption != nil),
            ] where isGiven { throw ValidationError("\(name) does not go with --orders, which compares the policies that there are") }
            return
        }
        if let option = inventory.givenOption { throw ValidationError("\(option) goes with --orders") }
        if offerOptions.offers {
            for (name, isGiven) in [
                ("--as-of", asOf != nil), ("--from", from != nil), ("--to", to != nil), ("--changes", changes != nil),
                ("--report", report != nil), ("--model", model != nil), ("--fleet", simulated.fleet),
            ] where isGiven { throw ValidationError("\(name) does not go with --offers, which looks at whole weeks") }
            if let option = simulated.givenOption { throw ValidationError("\(option) goes with --fleet") }
            return
        }
        guard offerOptions.weeks == nil else { throw ValidationError("--weeks goes with --offers") }
        if simulated.fleet {
            for (name, isGiven) in [
                ("--as-of", asOf != nil), ("--from", from != nil), ("--to", to != nil), ("--changes", changes != nil),
                ("--report", report != nil),
            ] where isGiven { throw ValidationError("\(name) does not go with --fleet, which simulates days of its own") }
            return
        }
        if let option = simulated.givenOption { throw ValidationError("\(option) goes with --fleet") }
        guard isTrial || asOf != nil else {
            throw ValidationError("one of --as-of, --policy, --model, --orders, --fleet and --offers is needed")
        }
        guard !isTrial || asOf == nil else { throw ValidationError("--as-of does not go with --policy or --model") }
        guard isTrial || (from == nil && to == nil) else { throw ValidationError("--from and --to go with --policy or --model") }
        if let from, let to, to <= from { throw ValidationError("--to is not after --from") }
        guard isTrial || (changes == nil && report == nil) else {
            throw ValidationError("--changes and --report go with --policy or --model")
        }
    }

    func run() throws {
        if inventory.orders { return try replayOrders() }
        if simulated.fleet { return try replayFleet() }
        if offerOptions.offers { return try replayOffers() }
        if let asOf { try replay(asOf: asOf) } else { try compare() }
    }

    /// The job with the policy of `--policy` in place of its own.
    func withPolicy(_ job: Job) throws(Failure) -> Job? {
        do throws(JobProblems) {
            return try policy.map { path throws(JobProblems) in try job.withPolicy(ofFile: path) }
        } catch {
            throw error.failure
        }
    }

    private func compare() throws {
        let console = output.console
        let job = try job.load()
        let other = try withPolicy(job)
        let database = try warehouse.open(.read)
        defer { database.close() }
        let environment = warehouse.environment
        let progress = Progress("replay", console: console)
        defer { progress.finish() }
        let file = try changes.map { path throws(Failure) in try WhatIfChanges(path: path, of: job) }
        var write: ((WhatIfChange) throws(Failure) -> Void)?
        if let file { write = { change throws(Failure) in try file.write(change) } }
        let report = try WhatIf(warehouse: database, environment: environment, threads: threads)
            .compare(
                job, trial: .init(policy: other, modelVersion: model), from: from, to: to, in: environment.scratchFolder, change: write
            ) { progress.report(rows: $0.rows, fraction: $0.fraction) }
        try file?.close()
        progress.finish()
        if let path = self.report { try Self.write(report.json, to: path) }
        try format.write(WhatIfView.details(report), to: console)
        if let file, let changes { console.note("\n\(Quantity.count(file.count)) changed rows are in \(changes).") }
    }

    private static func write(_ json: JSONValue, to path: String) throws(Failure) {
        do {
            try Data((OutputFormat.json(json) + "\n").utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw Failure(
                .usage, code: "whatif.file", what: "the report cannot be written", place: path, found: error.localizedDescription,
                expected: "a path that this account may write")
        }
    }

    private func replay(asOf: Timestamp) throws {
        let console = output.console
        let job = try job.load()
        let database = try warehouse.open(.read)
        defer { database.close() }
        let environment = warehouse.environment
        let progress = Progress("replay", console: console)
        defer { progress.finish() }
        let report = try Replayer(warehouse: database, environment: environment, threads: threads)
            .replay(job, asOf: asOf, in: environment.scratchFolder) { progress.report(rows: $0.rows, fraction: $0.fraction) }
        progress.finish()
        if let difference = report.difference { throw difference.failure }
        try format.write(
            Details(
                title: "Replay of \(job.name) as of \(report.asOf.iso8601): equal",
                [
                    .init("job", .text(job.name)), .init("as_of", .time(report.asOf)), .init("equal", .bool(true)),
                    .init("runs", .nested(report.runs.map(String.init).joined(separator: ", "), .array(report.runs.map { .integer($0) }))),
                    .init("rows_compared", .count(report.compared)),
                ]), to: console)
        console.note(
            "\nCompared: results with scores, outcomes and features, review items, rejects, labels, list entries and the runs' counts.")
    }
}

import ArgumentParser
import Connectors
import Foundation
import Pipelines
import Records

/// Options of `pipeline replay --fleet`.
struct FleetOptions: ParsableArguments {
    @Flag(help: "Replay policies against a simulated fleet, which lives on under them.")
    var fleet = false

    @Option(
        help: ArgumentHelp(
            "Policies, with commas: \(FleetPolicy.forms.joined(separator: ", ")). When not given, at-failure,age,left:20,learned,oracle.",
            valueName: "names"))
    var policies: String?
    @Option(help: ArgumentHelp("Fleets, one a seed: 7, or 1...10, which is what is taken when not given.", valueName: "numbers"))
    var seeds: String?
    @Option(help: ArgumentHelp("Machines of a fleet; 40 when not given.", valueName: "count"))
    var machines: Int?
    @Option(help: ArgumentHelp("Days that it lives; 365 when not given.", valueName: "count"))
    var days: Int?
    @Option(help: ArgumentHelp("Hours of normal work that a life lasts in the middle; 1,500 when not given.", valueName: "hours"))
    var life: Int?
    @Option(help: ArgumentHelp("Hours that a machine stands for a planned repair; 12 when not given.", valueName: "hours"))
    var repairHours: Int?
    @Option(help: ArgumentHelp("Hours that a machine stands after a failure; 24 when not given.", valueName: "hours"))
    var failureHours: Int?

    /// The first that was given.
    var givenOption: String? {
        [
            ("--policies", policies != nil), ("--seeds", seeds != nil), ("--machines", machines != nil), ("--days", days != nil),
            ("--life", life != nil), ("--repair-hours", repairHours != nil), ("--failure-hours", failureHours != nil),
        ].first(where: \.1)?.0
    }

    func configuration(threads: Int) throws -> FleetReplay.Configuration {
        let names = (policies ?? "at-failure,age,left:20,learned,oracle").split(separator: ",", omittingEmptySubsequences: false)
        var chosen: [FleetPolicy] = []
        for name in names {
            let name = name.trimmingCharacters(in: .whitespaces)
            guard let policy = FleetPolicy(name) else { throw Failure.fleetPolicy(name) }
            chosen.append(policy)
        }
        var configuration = FleetReplay.Configuration(seeds: try numbers(), policies: chosen)
        configuration.machines = machines ?? configuration.machines
        configuration.days = days ?? configuration.days
        configuration.life = life ?? configuration.life
        configuration.repairHours = repairHours ?? configuration.repairHours
        configuration.failureHours = failureHours ?? configuration.failureHours
        configuration.threads = threads
        return configuration
    }

    private func numbers() throws -> [UInt64] {
        let text = seeds ?? "1...10"
        let ends = text.components(separatedBy: "...").map { UInt64($0) }
        if ends.count == 1, let only = ends[0] { return [only] }
        guard ends.count == 2, let first = ends[0], let last = ends[1], first <= last, last - first < 1_000 else {
            throw ValidationError("--seeds is '\(text)', expected a number, or two such as 1...10 (at most 1,000 seeds)")
        }
        return Array(first...last)
    }
}

extension Replay {
    func replayFleet() throws {
        let console = output.console
        let replay = try FleetReplay(try simulated.configuration(threads: threads))
        let own = try job.load()
        let tried = try withPolicy(own) ?? own
        // A job that has not run has no database yet, and no champion.
        let database = FileManager.default.fileExists(atPath: warehouse.database) ? try warehouse.open(.read) : nil
        defer { database?.close() }
        let progress = Progress("replay", console: console)
        defer { progress.finish() }
        let report = try replay.measure(
            tried, modelVersion: model, warehouse: database, environment: warehouse.environment
        ) { progress.report(rows: $0, fraction: $1) }
        progress.finish()
        try format.write(FleetView.table(report), to: console)
        for note in FleetView.notes(report) { console.note(note) }
    }
}

import ArgumentParser
import Connectors
import Foundation
import Pipelines
import Records

/// Options of `pipeline replay --offers`.
struct OfferOptions: ParsableArguments {
    @Flag(help: "Replay policies of recommendations on past weeks: the job's own, and that of --policy, a whole job file.")
    var offers = false
    @Option(help: ArgumentHelp("Past weeks; 4 when not given.", valueName: "count"))
    var weeks: Int?

    func validate() throws {
        guard (1...520).contains(weeks ?? 4) else { throw ValidationError("--weeks is \(weeks ?? 0), expected 1 to 520") }
    }
}

extension Replay {
    func replayOffers() throws {
        let console = output.console
        let own = try job.load()
        var others: [(name: String, job: Job)] = []
        if let policy {
            do throws(JobProblems) {
                others = [(name: URL(fileURLWithPath: policy).deletingPathExtension().lastPathComponent, job: try Job.load(path: policy))]
            } catch {
                throw error.failure
            }
        }
        // A job that has not run has no database yet, and no log.
        let database = FileManager.default.fileExists(atPath: warehouse.database) ? try warehouse.open(.read) : nil
        defer { database?.close() }
        let progress = Progress("replay", console: console)
        defer { progress.finish() }
        let report = try OfferReplay(weeks: offerOptions.weeks ?? 4, threads: threads).measure(own, others: others, warehouse: database) {
            progress.report(rows: Int64($0), fraction: Double($0) / Double($1))
        }
        progress.finish()
        try format.write(OfferReplayView.details(report), to: console)
        for note in OfferReplayView.notes(report) { console.note(note) }
    }
}

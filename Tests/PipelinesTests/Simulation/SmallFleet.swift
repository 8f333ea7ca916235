import Connectors
import Foundation
import Pipelines
import Records

/// `jobs/maintenance.yaml` over a small simulated fleet in a folder of its own, read twice a day.
final class SmallFleet {
    let folder = FileManager.default.temporaryDirectory.appending(path: "small-fleet-\(UUID())").path
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized.path
    static let clock = Timestamp(.init(year: 2025, month: 6, day: 1))

    init() throws {
        let simulation = try MaintenanceSimulation(.init(machines: 16, days: 150, every: 12, life: 900, seed: 3, gzipLevel: 1))
        _ = try simulation.write(to: "\(folder)/data")
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// - Parameter changes: what of the job's text is replaced besides.
    func job(_ changes: [(from: String, to: String)] = []) throws -> Job {
        var text = try String(contentsOfFile: "\(Self.root)/jobs/maintenance.yaml", encoding: .utf8)
        for (from, to) in [
            ("../sample-data/maintenance/", "data/"), ("step: 6h", "step: 12h"), ("horizon: 28", "horizon: 14"),
            ("last: 300d", "last: 140d"), ("trees: 200", "trees: 60"), ("cap: 150", "cap: 60"),
            ("rate: 0.05", "rate: 0.15"), ("weight: 50", "weight: 20"),
        ] + changes {
            precondition(text.contains(from), "the job has '\(from)'")
            text = text.replacing(from, with: to)
        }
        return try Job.load(bytes: Array(text.utf8), path: "\(folder)/job.yaml")
    }

    static func shipped(_ name: String) throws -> Job { try Job.load(path: "\(root)/jobs/\(name).yaml") }

    static func configuration(_ policies: [FleetPolicy], seeds: [UInt64] = [1, 2, 3], threads: Int = 2) -> FleetReplay.Configuration {
        var configuration = FleetReplay.Configuration(seeds: seeds, policies: policies)
        (configuration.machines, configuration.days, configuration.life, configuration.threads) = (12, 150, 900, threads)
        return configuration
    }

    static func measured(
        _ job: Job, _ configuration: FleetReplay.Configuration, warehouse: Warehouse? = nil, version: Int? = nil
    ) throws -> [FleetPolicy: FleetReport.Row] {
        let report = try FleetReplay(configuration).measure(
            job, modelVersion: version, warehouse: warehouse, environment: .fixed(clock))
        return Dictionary(uniqueKeysWithValues: report.rows.map { ($0.policy, $0) })
    }
}

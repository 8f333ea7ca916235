import Foundation
import Pipelines
import Records
import Testing

/// Published protocols by the shipped jobs, and the control that must be worse.
@Suite struct DemandProtocolTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized.path
    static let data = ProcessInfo.processInfo.environment["PIPELINE_SHARED_DATA"] ?? root + "/../shared/data"
    static let hasData = FileManager.default.fileExists(atPath: data + "/demand/m4_hourly.csv.gz")
    static let names = ["carparts", "juice", "m3-monthly", "m4-hourly", "online-retail", "rossmann", "uci-weekly"]

    static func measures(_ job: Job, _ change: (inout DemandBacktest.Settings) -> Void) throws -> [[String: Double]] {
        var settings = DemandBacktest.Settings()
        (settings.origins, settings.resamples) = (1, 40)
        change(&settings)
        return try DemandBacktest(settings).measure(job).map { row in
            Dictionary(uniqueKeysWithValues: row.measures.map { ($0.name, $0.value) })
        }
    }

    @Test("the jobs of published sets are read without a finding, but for the files that are not the project's", arguments: names)
    func jobs(name: String) throws {
        let text = try #require(FileManager.default.contents(atPath: "\(Self.root)/jobs/forecasting/\(name).yaml"))
        #expect(try Job.load(bytes: Array(text), path: "jobs/forecasting/\(name).yaml").scored().stage.name == "demand")
    }

    @Test("Naive2 and seasonal naive of M4 hourly are the published ones to the last digit", .enabled(if: hasData))
    func published() throws {
        let path = "\(Self.root)/jobs/forecasting/m4-hourly.yaml"
        let text = try String(contentsOfFile: path, encoding: .utf8).replacing("../../../shared/data", with: Self.data)
        let job = try Job.load(bytes: Array(text.utf8), path: path)
        let rows = try Self.measures(job) { ($0.ends, $0.lag, $0.models) = (.own, 24, ["naive2", "seasonal-naive"]) }
        func rounded(_ row: [String: Double], _ name: String) -> String { String(format: "%.3f", row[name] ?? .nan) }
        #expect(rows.map { rounded($0, "smape") } == ["18.383", "13.912"])
        #expect(rows.map { rounded($0, "mase") } == ["2.395", "1.193"])
        #expect(rows[0]["owa"] == 1 && abs((rows[1]["owa"] ?? .nan) - 0.6275) < 5e-4)
        let shuffled = try Self.measures(job) {
            ($0.ends, $0.lag, $0.models, $0.isShuffled) = (.own, 24, ["seasonal-naive"], true)
        }
        #expect(shuffled[0]["owa"] ?? 0 > 2 * (rows[1]["owa"] ?? .nan))
    }

    /// Four items of sixty weeks that end in different weeks, each with a course of its own.
    static func shop(_ folder: String) throws -> Job {
        var lines = ["SERIES,T,UNITS"]
        for item in 0..<4 {
            for step in 0..<(60 + item) { lines.append("\(item),\(step),\(20 + 15 * ((step + item * 3) % 12 < 6 ? 1 : 0))") }
        }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: folder + "/a.csv"))
        var text = try String(contentsOfFile: "\(root)/jobs/forecasting/uci-weekly.yaml", encoding: .utf8)
        for (old, new) in [
            ("../../../shared/data/demand/uci_weekly_dev.csv.gz", "a.csv"), ("from: series_id, ", "from: SERIES, "),
            ("type: timestamp, format", "from: T, type: timestamp, format"), ("{ type: float64 }", "{ from: UNITS, type: float64 }"),
            ("model: combined", "model: seasonal-naive\n      seasons: \"12\""),
        ] {
            #expect(text.contains(old), "\(old)")
            text.replace(old, with: new)
        }
        try Data(text.utf8).write(to: URL(filePath: folder + "/job.yaml"))
        return try Job.load(path: folder + "/job.yaml")
    }

    @Test("origins count back from each item's own end, and forecasts dealt to other items are worse")
    func ends() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let job = try Self.shop(folder)
        let own = try Self.measures(job) { $0.ends = .own }[0]
        #expect(own["wape"] == 0 && own["smape"] == 0 && own["coverage"] == 1)
        // To the newest period of all, three items have no rows for one to three weeks: zeros, which nobody forecast.
        let newest = try Self.measures(job) { _ in }[0]
        #expect(newest["smape"] ?? 0 > 10)
        let shuffled = try Self.measures(job) { ($0.ends, $0.isShuffled) = (.own, true) }[0]
        #expect(shuffled["wape"] ?? 0 > 0.2 && shuffled["wql"] ?? 0 > 0.2)
    }
}

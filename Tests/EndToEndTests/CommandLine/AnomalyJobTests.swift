import Foundation
import GRDB
import Testing

/// The shipped anomaly job over a real machine's temperature, and the benchmark's own measure, through the shipped program.
@Suite("Watching without a history of failures")
struct AnomalyJobTests {
    private static let shared =
        ProcessInfo.processInfo.environment["PIPELINE_SHARED_DATA"]
        ?? ShippedProgram.root.appendingPathComponent("../shared/data").path

    private func copied(_ job: String, _ changes: [(from: String, to: String)]) throws -> ShippedProgram {
        let program = try ShippedProgram()
        var text = try String(contentsOf: ShippedProgram.root.appendingPathComponent("jobs/\(job)"), encoding: .utf8)
        for change in changes {
            #expect(text.contains(change.from))
            text = text.replacing(change.from, with: change.to)
        }
        try text.write(to: program.folder.appendingPathComponent("job.yaml"), atomically: true, encoding: .utf8)
        return program
    }

    @Test("what went wrong with a real machine becomes an item within the benchmark's windows; the run replays to the byte")
    func sample() throws {
        let program = try copied("anomaly.yaml", [("../sample-data", ShippedProgram.root.path + "/sample-data")])
        defer { program.remove() }
        let run = try program.run("run", "job.yaml", "--clock", "2013-12-24T00:00:00Z")
        #expect(run.code == 0, "\(run.errors)")
        let queue = try DatabaseQueue(path: program.folder.appendingPathComponent("pipeline.db").path)
        defer { try? queue.close() }
        let (rows, items) = try queue.read { database in
            (
                try Int.fetchOne(database, sql: "SELECT count(*) FROM machine_alarms"),
                try String.fetchAll(database, sql: "SELECT time FROM machine_alarms WHERE outcome = 'review' ORDER BY time")
            )
        }
        #expect(rows == 6_000)
        let windows = [("2013-12-10T06:25", "2013-12-12T05:36"), ("2013-12-15T17:50", "2013-12-17T17:01")]
        for window in windows { #expect(items.contains { $0 >= window.0 && $0 < window.1 }, "\(items)") }
        // One reading in a thousand, and what is outside the windows no more than that.
        #expect(items.count { item in !windows.contains { item >= $0.0 && item < $0.1 } } <= 6, "\(items)")
        let shown = try program.run("review", "next", "--queue", "watch", "--clock", "2013-12-24T01:00:00Z")
        #expect(shown.output.contains("is unusual for this machine"), "\(shown.output)\(shown.errors)")
        let replay = try program.run("replay", "job.yaml", "--as-of", "2013-12-24T00:00:00Z", "--format", "json")
        #expect((replay.json as? [String: Any])?["equal"] as? Bool == true, "\(replay.output)")
    }

    @Test("rows in two runs give what one run gives")
    func twoRuns() throws {
        func levels(_ parts: [Range<Int>]) throws -> [String] {
            let program = try copied("anomaly.yaml", [("../sample-data/anomaly/*.csv.gz", "feed/*.csv")])
            defer { program.remove() }
            let feed = program.folder.appendingPathComponent("feed")
            try FileManager.default.createDirectory(at: feed, withIntermediateDirectories: true)
            for (number, part) in parts.enumerated() {
                let lines = part.map { row in
                    "M\(row % 2),2026-01-0\(1 + row / 1_000) 0\(row / 100 % 10):\(10 + row % 50):\(10 + row / 50 % 2),\(row % 97 == 0 ? 30 : row % 13)"
                }
                try (["MACHINE,TIME,TEMPERATURE"] + lines).joined(separator: "\n").appending("\n")
                    .write(to: feed.appendingPathComponent("\(number).csv"), atomically: true, encoding: .utf8)
                #expect(try program.run("run", "job.yaml", "--clock", "2026-02-0\(number + 1)T00:00:00Z").code == 0)
            }
            let queue = try DatabaseQueue(path: program.folder.appendingPathComponent("pipeline.db").path)
            defer { try? queue.close() }
            return try queue.read {
                try String.fetchAll(
                    $0,
                    sql: "SELECT machine || time || outcome || score || hex(features) FROM machine_alarms_current ORDER BY machine, time")
            }
        }
        let whole = try levels([0..<2_000])
        #expect(whole.count > 1_000)
        #expect(try levels([0..<700, 700..<1_500, 1_500..<2_000]) == whole)
    }

    @Test(
        "on the half of the Numenta benchmark at hand the detector reaches 55 the official way, and turned round in time it does not",
        .enabled(if: FileManager.default.fileExists(atPath: shared + "/maintenance/nab"), "PIPELINE_SHARED_DATA has no maintenance/nab"))
    func benchmark() throws {
        let program = try copied("nab.yaml", [("../../shared/data", Self.shared)])
        defer { program.remove() }
        func standard(_ more: String...) throws -> (value: Double, apart: Double) {
            let run = try program.run(
                arguments: ["evaluate", "job.yaml", "--protocol", "nab", "--resamples", "40", "--format", "json"] + more)
            #expect(run.code == 0, "\(run.errors)")
            let figures = try #require((run.json as? [String: Any])?["figures"] as? [String: Any])
            func value(_ name: String) throws -> Double {
                try #require((figures[name] as? [String: Any])?["value"] as? Double, "\(run.output)")
            }
            return (try value("standard"), try value("standard_threshold_of_other_series"))
        }
        let (found, control) = try (standard(), standard("--shuffled"))
        #expect(found.value > 55 && found.apart > 55, "\(found)")
        #expect(control.value < found.value - 20, "\(control)")
    }
}

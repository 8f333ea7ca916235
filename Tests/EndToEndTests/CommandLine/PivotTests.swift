import Foundation
import GRDB
import Testing

/// Observations in long form, through the shipped program.
@Suite("From observation to row")
struct PivotTests {
    private static let sensors = ["hours", "speed", "load", "temperature", "vibration", "pressure", "current"]

    /// A job with three tables of the same day: wide CSV, long CSV and MTConnect documents.
    private static func job(sequence: Bool = true, tolerance: String = "2s") -> String {
        let wide = sensors.map { "      \($0): { from: \($0.uppercased()), type: float64, optional: true }" }.joined(separator: "\n")
        let measures = sensors.map { "        \($0): \($0)" }.joined(separator: "\n")
        return """
            version: 1
            job: machines
            feeds:
              wide:
                role: table
                table: wide
                format: csv
                files: readings/*.csv
                columns:
                  machine: { from: MACHINE, type: string }
                  time: { from: TIME, type: timestamp }
            \(wide)
                key: [machine, time]
                event-time: time
              long:
                role: table
                table: long
                format: csv
                files: long/*.csv
                columns:
                  machine: { type: string }
                  time: { type: timestamp }
                  what: { type: string }
                  value: { type: float64, optional: true, nulls: UNAVAILABLE }
                pivot:
                  name: what
                  value: value
                  tolerance: \(tolerance)
                  measures:
            \(measures)
                key: [machine, time]
                event-time: time
              documents:
                role: table
                table: documents
                format: xml
                files: mtconnect/*.xml
                rows: //ComponentStream/Samples/*
                columns:
                  machine: { from: ancestor::DeviceStream/@name, type: string }
                  time: { from: "@timestamp", type: timestamp }
                  what: { from: "@name", type: string }
                  value: { from: string(), type: float64, optional: true, nulls: UNAVAILABLE }
                  sequence: { from: "@sequence", type: int64 }
                pivot:
                  name: what
                  value: value
            \(sequence ? "      sequence: sequence" : "      tolerance: 0s")
                  measures:
            \(measures)
                key: [machine, time]
                event-time: time

            """
    }

    /// One day of five machines as wide CSV and MTConnect documents, and the same as observations in another order.
    private func plant(_ job: String) throws -> ShippedProgram {
        let program = try ShippedProgram()
        let made = try program.run(
            "simulate", "maintenance", "--machines", "5", "--days", "1", "--broken-per-million", "0", "--plain", "--mtconnect-day",
            "2025-01-01", "--out", ".")
        #expect(made.code == 0)
        try job.write(to: program.folder.appendingPathComponent("job.yaml"), atomically: true, encoding: .utf8)
        let folder = program.folder.appendingPathComponent("readings")
        let file = try #require(try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil).first)
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        var observations: [String] = []
        for line in lines.dropFirst() {
            for (place, sensor) in Self.sensors.enumerated() {
                let value = line[2 + place]
                // A second late, which the tolerance allows; the first of a row keeps its time.
                let time = place == 0 ? String(line[1]) : String(line[1]).replacing("00Z", with: "01Z")
                observations.append("\(line[0]),\(time),\(sensor),\(value.isEmpty || value == "NaN" ? "UNAVAILABLE" : String(value))")
            }
            observations.append("\(line[0]),\(line[1]),noise,1")
        }
        // Backwards, and interleaved: where an observation stands in its file says nothing.
        let backwards = Array(observations.reversed())
        let odd = backwards.indices.filter { $0 % 2 == 1 }.map { backwards[$0] }
        let even = backwards.indices.filter { $0 % 2 == 0 }.map { backwards[$0] }
        let text = (["machine,time,what,value"] + odd + even).joined(separator: "\n") + "\n"
        try FileManager.default.createDirectory(at: program.folder.appendingPathComponent("long"), withIntermediateDirectories: true)
        try text.write(to: program.folder.appendingPathComponent("long/a.csv"), atomically: true, encoding: .utf8)
        return program
    }

    private func rows(_ table: String, of program: ShippedProgram) throws -> [String] {
        let queue = try DatabaseQueue(path: program.folder.appendingPathComponent("pipeline.db").path)
        defer { try? queue.close() }
        let columns = (["machine", "time"] + Self.sensors).joined(separator: ", ")
        return try queue.read { try Row.fetchAll($0, sql: "SELECT \(columns) FROM \(table)_current ORDER BY machine, time") }
            .map { row in row.map { "\($1)" }.joined(separator: " ") }
    }

    @Test("wide rows, observations in any order and overlapping MTConnect answers give the same rows")
    func same() throws {
        let program = try plant(Self.job())
        defer { program.remove() }
        let run = try program.run("run", "job.yaml", "--format", "json")
        let facts = try #require(run.json as? [String: Any])
        #expect(run.code == 0 && facts["rows_rejected"] as? Int == 0)
        let wide = try rows("wide", of: program)
        #expect(wide.count == 20)
        #expect(try rows("long", of: program) == wide)
        // The simulated answers hold every sensor, also where the file lacks one.
        let documents = try rows("documents", of: program)
        #expect(documents.count == wide.count)
        for (document, row) in zip(documents, wide) where !row.contains("NULL") { #expect(document == row) }
        #expect(try program.run("run", "job.yaml").output.contains("nothing new"))
    }

    @Test("without the sequence, what two answers hold comes twice; without a tolerance, a second makes two rows")
    func controls() throws {
        let program = try plant(Self.job(sequence: false, tolerance: "0s"))
        defer { program.remove() }
        let run = try program.run("run", "job.yaml", "--format", "json")
        let facts = try #require(run.json as? [String: Any])
        // Three of four documents repeat five rows each.
        #expect(facts["rows_unchanged"] as? Int == 15)
        #expect(try rows("long", of: program).count == 40)
    }

    @Test("a pivot without a unit, with a wrong type or a column that is taken, is found by check")
    func findings() throws {
        for (text, other, said) in [
            (
                "key: [machine, time]\n    event-time: time\n  documents", "key: [time]\n    event-time: time\n  documents",
                "without a unit and a time"
            ),
            ("value: { type: float64, optional: true, nulls: UNAVAILABLE }", "value: { type: string }", "float64"),
            ("        hours: hours", "        machine: hours", "machine"),
        ] {
            let changed = Self.job().replacing(text, with: other)
            #expect(changed != Self.job())
            let program = try plant(changed)
            defer { program.remove() }
            let check = try program.run("check", "job.yaml")
            #expect(check.code == 78)
            #expect((check.output + check.errors).contains(said), "\(check.errors)")
        }
    }
}

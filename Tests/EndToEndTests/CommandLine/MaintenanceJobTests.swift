import Foundation
import GRDB
import Testing

/// The shipped maintenance job over its sample fleet, through the shipped program.
@Suite("From sensor to work order")
struct MaintenanceJobTests {
    /// - Parameter changed: what of the job's text is replaced.
    private func fleet(_ changed: (from: String, to: String)? = nil) throws -> ShippedProgram {
        let program = try ShippedProgram()
        let made = try program.run(
            "simulate", "maintenance", "--machines", "16", "--days", "150", "--every", "12", "--seed", "3", "--life", "900", "--out", "data"
        )
        #expect(made.code == 0)
        var text = try String(contentsOf: ShippedProgram.root.appendingPathComponent("jobs/maintenance.yaml"), encoding: .utf8)
            .replacing("../sample-data/maintenance/", with: "data/").replacing("step: 6h", with: "step: 12h")
            .replacing("horizon: 28", with: "horizon: 14").replacing("last: 300d", with: "last: 110d").replacing(
                "trees: 200", with: "trees: 60"
            )
            .replacing("cap: 150", with: "cap: 60")
        if let changed {
            #expect(text.contains(changed.from))
            text = text.replacing(changed.from, with: changed.to)
        }
        try text.write(to: program.folder.appendingPathComponent("job.yaml"), atomically: true, encoding: .utf8)
        return program
    }

    /// Machine and days since 2025 of each item that is no audit sample, in order.
    private func asked(_ program: ShippedProgram) throws -> [(machine: String, day: Double)] {
        let queue = try DatabaseQueue(path: program.folder.appendingPathComponent("pipeline.db").path)
        defer { try? queue.close() }
        return try queue.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT machine, julianday(time) - julianday('2025-01-01') AS day FROM machine_states
                    WHERE outcome = 'review' ORDER BY machine, time
                    """
            ).map { ($0["machine"], $0["day"]) }
        }
    }

    private func trained(_ program: ShippedProgram, promoting: Bool = false) throws {
        let train = try program.run("train", "job.yaml", "--as-of", "2025-05-01", "--clock", "2025-05-01T00:00:00Z")
        #expect(train.code == 0, "\(train.errors)")
        if promoting {
            let promoted = try program.run(
                "models", "promote", "machines", "1", "--job", "job.yaml", "--reason", "the first", "--clock", "2025-05-01T00:00:00Z")
            #expect(promoted.code == 0, "\(promoted.errors)")
        }
        let run = try program.run("run", "job.yaml", "--clock", "2025-06-01T00:00:00Z")
        #expect(run.code == 0, "\(run.errors)")
    }

    @Test("a machine is asked about once a week; without the key, reading after reading")
    func once() throws {
        let program = try fleet(),
            other = try fleet(("  once-per: machine      # one question about a machine a week, not one a reading\n  within: 7d\n", ""))
        defer { for program in [program, other] { program.remove() } }
        func shortest(_ items: [(machine: String, day: Double)]) -> Double {
            zip(items, items.dropFirst()).filter { $0.machine == $1.machine }.map { $1.day - $0.day }.min() ?? .infinity
        }
        try trained(program)
        let once = try asked(program)
        #expect(once.count > 20)
        #expect(shortest(once) >= 7 - 1e-6)
        try trained(other)
        let always = try asked(other)
        #expect(shortest(always) < 1)
        #expect(always.count > 3 * once.count)
    }

    @Test("an item says life left, a repair-by date with what it saves, and what moved; the run replays to the byte")
    func item() throws {
        let program = try fleet()
        defer { program.remove() }
        try trained(program)
        let item = try program.run("review", "next", "--queue", "workshop", "--clock", "2025-06-01T01:00:00Z")
        #expect(item.code == 0, "\(item.errors)")
        for part in ["life left:", "repair", "expected", "at failure", "SENSOR", "HEALTH"] {
            #expect(item.output.contains(part), "\(part)")
        }
        // The course of three sensors, a line each, that ends at the newest reading.
        let lines = item.output.split(separator: "\n").map(String.init)
        let title = try #require(lines.firstIndex { $0.contains("newest at the right, in standard deviations of the fleet") })
        for line in lines[(title + 1)...].prefix(3) {
            let words = line.split(separator: " ").map(String.init)
            #expect(words.count > 6 && words[1].allSatisfy { "▁▂▃▄▅▆▇█".contains($0) } && words[1].count <= 60, "\(line)")
            let (low, high) = (try #require(Double(words[2])), try #require(Double(words[4].dropLast())))
            let now = try #require(words.last.flatMap { Double($0) })
            #expect(low <= -2 && high >= 2 && (low...high).contains(now), "\(line)")
            let height = "▁▂▃▄▅▆▇█".firstIndex(of: words[1].last ?? " ").map { "▁▂▃▄▅▆▇█".distance(from: "▁▂▃▄▅▆▇█".startIndex, to: $0) }
            #expect(abs(Double(try #require(height)) - (now - low) / (high - low) * 8) <= 1.05, "\(line)")
        }
        let replay = try program.run("replay", "job.yaml", "--as-of", "2025-06-01T00:00:00Z", "--format", "json")
        #expect((replay.json as? [String: Any])?["equal"] as? Bool == true, "\(replay.output)")
    }

    /// Scores and stored features of the rows from April on.
    private func scored(_ program: ShippedProgram) throws -> [String] {
        let queue = try DatabaseQueue(path: program.folder.appendingPathComponent("pipeline.db").path)
        defer { try? queue.close() }
        return try queue.read { database in
            try String.fetchAll(
                database,
                sql: """
                    SELECT machine || ' ' || time || ' ' || score || ' ' || hex(features) FROM machine_states_current
                    WHERE time >= '2025-04-01' ORDER BY machine, time
                    """)
        }
    }

    @Test("a model that comes after the first run finds the machines' past as it would have prepared it; both runs replay")
    func preparedLater() throws {
        let late = try fleet(), whole = try fleet()
        defer { for program in [late, whole] { program.remove() } }
        let files = FileManager.default, readings = late.folder.appendingPathComponent("data/readings")
        let aside = late.folder.appendingPathComponent("aside")
        try files.createDirectory(at: aside, withIntermediateDirectories: true)
        let later = try files.contentsOfDirectory(atPath: readings.path).filter { $0 >= "2025-04" }
        #expect(later.count == 2)
        for name in later { try files.moveItem(at: readings.appendingPathComponent(name), to: aside.appendingPathComponent(name)) }
        #expect(try late.run("run", "job.yaml", "--clock", "2025-04-01T01:00:00Z").code == 0)
        for name in later { try files.moveItem(at: aside.appendingPathComponent(name), to: readings.appendingPathComponent(name)) }
        // Where rows were scored already, a person promotes; the first model of an empty database is the champion at once.
        try trained(late, promoting: true)
        try trained(whole)
        let (after, once) = try (scored(late), scored(whole))
        #expect(after.count > 300)
        let different = zip(after, once).enumerated().first { $0.element.0 != $0.element.1 }?.offset
        #expect(after.count == once.count && different == nil, "\(different ?? -1)")
        let replay = try late.run("replay", "job.yaml", "--as-of", "2025-06-01T00:00:00Z", "--format", "json")
        #expect((replay.json as? [String: Any])?["equal"] as? Bool == true, "\(replay.output)\(replay.errors)")
        let other = try late.run("run", "job.yaml", "--rescore", "--clock", "2025-06-02T00:00:00Z")
        #expect(other.code == 64 && other.errors.contains("pipeline evaluate"), "\(other.errors)")
    }

    @Test("an event log is joined as of its time, in training and in runs; later deliveries change no earlier row, and the run replays")
    func eventLog() throws {
        let program = try fleet(
            ("      step: 12h", "      events: log\n      event-kind: code\n      event-kinds: hot door\n      step: 12h"))
        defer { program.remove() }
        let job = program.folder.appendingPathComponent("job.yaml"), files = FileManager.default
        let feed = """
              log:
                role: table
                table: machine_log
                format: csv
                files: log/*.csv
                columns:
                  machine: { from: MACHINE, type: string }
                  time:    { from: TIME, type: timestamp }
                  code:    { from: CODE, type: string }
                event-time: time

            stages:
            """
        try String(contentsOf: job, encoding: .utf8).replacing("\nstages:", with: "\n" + feed).write(
            to: job, atomically: true, encoding: .utf8)
        let log = program.folder.appendingPathComponent("log")
        try files.createDirectory(at: log, withIntermediateDirectories: true)
        func write(_ name: String, _ rows: [String]) throws {
            try (["MACHINE,TIME,CODE"] + rows).joined(separator: "\n").appending("\n")
                .write(to: log.appendingPathComponent(name), atomically: true, encoding: .utf8)
        }
        try write("1.csv", ["M0001,2025-02-01T00:00:00Z,hot", "M0001,2025-02-01T12:00:00Z,hot", "M0002,2025-03-01T00:00:00Z,door"])
        try trained(program)
        let path = program.folder.appendingPathComponent("pipeline.db").path
        func counted(_ machine: String, _ time: String) throws -> (row: String, features: String) {
            let queue = try DatabaseQueue(path: path)
            defer { try? queue.close() }
            return try queue.read { database in
                let row = try #require(
                    try Row.fetchOne(
                        database, sql: "SELECT score, hex(features) AS features FROM machine_states_current WHERE machine = ? AND time = ?",
                        arguments: [machine, time]))
                let score: Double = row["score"], features: String = row["features"]
                return ("\(score)", features)
            }
        }
        // The last eight features are those of the two kinds: the log's counts are little-endian floats, 2 is 00000040.
        let seen = try counted("M0001", "2025-02-02T00:00:00Z"), before = try counted("M0001", "2025-01-31T12:00:00Z")
        #expect(seen.features.suffix(64).hasPrefix("000000400000004000000040"), "\(seen.features.suffix(64))")
        #expect(before.features.suffix(64).hasPrefix("000000000000000000000000"), "\(before.features.suffix(64))")
        try write("2.csv", ["M0001,2025-02-01T18:00:00Z,hot"])
        #expect(try program.run("run", "job.yaml", "--clock", "2025-06-02T00:00:00Z").code == 0)
        #expect(try counted("M0001", "2025-02-02T00:00:00Z") == seen)
        let replay = try program.run("replay", "job.yaml", "--as-of", "2025-06-02T00:00:00Z", "--format", "json")
        #expect((replay.json as? [String: Any])?["equal"] as? Bool == true, "\(replay.output)\(replay.errors)")
    }

    @Test("days after the training period find failures ahead; shuffled scores find nothing; rolling weeks are refused")
    func evaluated() throws {
        let program = try fleet()
        defer { program.remove() }
        func auc(_ more: String...) throws -> (value: Double, lower: Double) {
            let run = try program.run(
                arguments: ["evaluate", "job.yaml", "--test-from", "2025-05-01", "--test-to", "2025-05-20", "--format", "json"] + more)
            #expect(run.code == 0, "\(run.errors)")
            let figures = (run.json as? [String: Any])?["figures"] as? [String: Any]
            let figure = try #require(figures?["auc"] as? [String: Any], "\(run.output)")
            return (try #require(figure["value"] as? Double), try #require(figure["lower"] as? Double))
        }
        #expect(try auc().lower > 0.8)
        #expect(try abs(auc("--shuffled").value - 0.5) < 0.15)
        #expect(try program.run("evaluate", "job.yaml", "--rolling", "2").code != 0)
    }
}

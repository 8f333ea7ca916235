import Foundation
import GRDB
import Testing

/// Jobs that land rows in tables, through the shipped program.
@Suite("From feed to table")
struct TableJobTests {
    /// A program's folder with the shipped job over the sample statement.
    private func statement() throws -> ShippedProgram {
        let program = try ShippedProgram()
        for name in ["jobs", "sample-data"] {
            try FileManager.default.createSymbolicLink(
                at: program.folder.appendingPathComponent(name), withDestinationURL: ShippedProgram.root.appendingPathComponent(name))
        }
        return program
    }

    @Test("the shipped statement becomes two tables that add up; explained, exported, replayed")
    func story() throws {
        let program = try statement()
        defer { program.remove() }
        let job = "jobs/statement.yaml"
        #expect(try program.run("check", job).output.contains("statement_entries, statement_balances"))
        let run = try program.run("run", job, "--clock", "2026-03-04T02:00:00Z", "--format", "json")
        let facts = try #require(run.json as? [String: Any])
        #expect(run.code == 0 && facts["rows_read"] as? Int == 1_520 && facts["rows_rejected"] as? Int == 0)
        #expect(facts["outcomes"] == nil && facts["model"] == nil)
        let queue = try DatabaseQueue(path: program.folder.appendingPathComponent("pipeline.db").path)
        let sums = try queue.read {
            try Row.fetchOne(
                $0,
                sql: """
                    SELECT (SELECT sum(amount) FROM statement_entries_current) AS entries,
                    (SELECT amount FROM statement_balances_current WHERE kind = 'OPBD') AS opening,
                    (SELECT amount FROM statement_balances_current WHERE kind = 'CLBD') AS closing
                    """)
        }
        try queue.close()
        let row = try #require(sums)
        let (entries, opening, closing) = (row["entries"] as Int, row["opening"] as Int, row["closing"] as Int)
        #expect(entries == 5_099_321 && opening - entries == closing)

        let explained = try program.run("explain", "SIMULATED-CARDS", "100650", "--format", "json")
        let version = ((explained.json as? [String: Any])?["versions"] as? [[String: Any]])?.first
        let origin = version?["origin"] as? [String: Any]
        #expect(version?["table"] as? String == "statement_entries" && origin?["row"] as? Int == 1 && origin?["line"] as? Int == 32)
        #expect(origin?["file"] as? String == "../sample-data/fraud/camt/2026-03-03.xml.gz")
        #expect(try program.run("runs", "show", "1").output.contains("balances"))

        let exported = try program.run("export", "statement_entries", "--out", "entries.csv", "--columns", "reference", "amount")
        #expect(exported.code == 0 && exported.errors.contains("entries.csv: 1,518 rows of statement_entries"))
        let lines = try String(contentsOf: program.folder.appendingPathComponent("entries.csv"), encoding: .utf8).split(separator: "\r\n")
        #expect(lines.count == 1_519 && lines[1] == "100650,16.01")
        let again = try program.run("export", "statement_entries", "--out", "entries.csv")
        #expect(again.code == 64 && again.errors.contains("the file is there already"))
        #expect(try program.run("export", "statement_entries", "--out", "entries.csv", "--force", "--quiet").errors.isEmpty)
        #expect(try program.run("export", "statement_entries", "--run", "1", "--current", "--out", "x.csv").code == 64)

        let replay = try program.run("replay", job, "--as-of", "2026-03-05", "--format", "json")
        #expect((replay.json as? [String: Any])?["equal"] as? Bool == true)
        #expect(try program.run("train", job).errors.contains("the job decides nothing"))
        #expect(try program.run("run", job).output.contains("nothing new to read, since run 1"))
    }

    @Test("rejects of one feed hold the run and name the feed")
    func held() throws {
        let program = try ShippedProgram()
        defer { program.remove() }
        try Self.rows(50, broken: [7, 9]).write(to: program.folder.appendingPathComponent("a.csv"), atomically: true, encoding: .utf8)
        try Self.rows(900).write(to: program.folder.appendingPathComponent("b.csv"), atomically: true, encoding: .utf8)
        try (Self.job + Self.feed("few", "a.csv") + Self.feed("many", "b.csv")).write(
            to: program.folder.appendingPathComponent("job.yaml"), atomically: true, encoding: .utf8)
        let run = try program.run("run", "job.yaml", "--clock", "2026-06-01")
        #expect(run.code == 65)
        #expect(
            run.errors.contains(
                "run 1 is held: too many rejects (job 'landing', feed 'few'): 2 of 50 rows rejected, expected at most 1 %."),
            "\(run.errors)")
        let rejects = try program.run("rejects", "list", "--run", "1", "--format", "json").json as? [[String: Any]]
        #expect(rejects?.count == 2 && rejects?.first?["feed"] as? String == "few")
        #expect(try program.run("runs", "accept", "1", "--clock", "2026-06-02").code == 0)
    }

    @Test("a run that is killed ends, started again, with the same database")
    func killed() throws {
        let program = try ShippedProgram()
        defer { program.remove() }
        try Self.rows(150_000).write(to: program.folder.appendingPathComponent("a.csv"), atomically: true, encoding: .utf8)
        try Self.rows(60_000).write(to: program.folder.appendingPathComponent("b.csv"), atomically: true, encoding: .utf8)
        try (Self.job + Self.feed("first", "a.csv") + Self.feed("second", "b.csv")).write(
            to: program.folder.appendingPathComponent("job.yaml"), atomically: true, encoding: .utf8)
        func arguments(_ database: String) -> [String] { ["run", "job.yaml", "--clock", "2026-06-01", "--database", database, "--quiet"] }
        let start = Date()
        #expect(try program.run(arguments: arguments("whole.db")).code == 0)
        let length = Date().timeIntervalSince(start)
        func path(_ name: String) -> String { program.folder.appendingPathComponent(name).path }
        var hits = 0
        for point in 1...5 {
            let name = "killed-\(point).db"
            let process = Process()
            process.executableURL = ShippedProgram.products.appendingPathComponent("pipeline")
            process.arguments = arguments(name)
            process.currentDirectoryURL = program.folder
            (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
            try process.run()
            Thread.sleep(forTimeInterval: length * Double(point) / 6)
            if process.isRunning { hits += 1 }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            #expect(try program.run(arguments: arguments(name)).code == 0)
            #expect(try WarehouseComparison.firstDifference(path("whole.db"), path(name)) == nil, "killed at \(point) of 6")
        }
        #expect(hits > 0)
        // The comparison would see one changed value.
        let queue = try DatabaseQueue(path: path("killed-1.db"))
        try queue.write { try $0.execute(sql: "UPDATE second SET amount = amount + 1 WHERE id = 40000") }
        try queue.close()
        #expect(try WarehouseComparison.firstDifference(path("whole.db"), path("killed-1.db"))?.hasPrefix("second: ") == true)
    }

    private static let job = "version: 1\njob: landing\nfeeds:\n"

    private static func feed(_ name: String, _ file: String) -> String {
        """
          \(name):
            role: table
            table: \(name)
            format: csv
            files: \(file)
            columns: { id: { type: int64 }, name: { type: string }, at: { type: timestamp }, amount: { type: money, currency: EUR } }
            key: id

        """
    }

    private static func rows(_ count: Int, broken: Set<Int> = []) -> String {
        var text = "id,name,at,amount\n"
        for row in 1...count {
            text += "\(row),name \(row % 997),2026-05-\(10 + row % 20)T10:00:00Z,\(broken.contains(row) ? "x" : "\(row % 500).25")\n"
        }
        return text
    }
}

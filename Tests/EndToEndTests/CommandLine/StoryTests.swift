import Foundation
import GRDB
import Testing
import pipeline

/// The whole path through the shipped program, on simulated data.
@Suite("From feed to decision and back")
struct StoryTests {
    /// A folder with simulated cards and the fraud job over them.
    private static func bank(customers: Int = 250, days: Int = 45) throws -> ShippedProgram {
        let program = try ShippedProgram()
        let simulated = try program.run(
            "simulate", "fraud", "--customers", "\(customers)", "--terminals", "100", "--days", "\(days)", "--seed", "7",
            "--broken-per-million", "400",
            "--level", "1", "--out", "data")
        #expect(simulated.code == 0)
        let job = try String(contentsOf: ShippedProgram.root.appendingPathComponent("jobs/fraud.yaml"), encoding: .utf8)
            .replacing("../sample-data/fraud/", with: "data/").replacing("minimum-positives: 50", with: "minimum-positives: 5")
        try job.write(to: program.folder.appendingPathComponent("fraud.yaml"), atomically: true, encoding: .utf8)
        return program
    }

    private static func object(_ result: ShippedProgram.Result, code: Int32 = 0) throws -> [String: Any] {
        #expect(result.code == code, "\(result.errors)")
        return try #require(result.json as? [String: Any])
    }

    private static func edit(_ program: ShippedProgram, _ sql: String) throws {
        let queue = try DatabaseQueue(path: program.folder.appendingPathComponent("pipeline.db").path)
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }

    /// The one decision as an example: the customer is a pseudonym in it.
    private static func fineTuning(of program: ShippedProgram, clock: String) throws {
        for (form, mark) in [
            ("openai", "assistant"), ("bedrock-conversation", "bedrock-conversation-2024"), ("bedrock-prompt", "completion"),
        ] {
            let arguments = [
                "export", "fine-tuning", "--job", "fraud.yaml", "--split", "2026-01-01", "--out", form, "--form", form, "--clock", clock,
            ]
            #expect(try program.run(arguments: arguments).code == 0)
            let folder = program.folder.appendingPathComponent(form)
            let test = try String(contentsOf: folder.appendingPathComponent("test.jsonl"), encoding: .utf8)
            let training = try String(contentsOf: folder.appendingPathComponent("training.jsonl"), encoding: .utf8)
            #expect(training.isEmpty && test.split(separator: "\n").count == 1 && test.contains(mark) && test.contains("hold"))
            #expect(test.contains("<FIELD_1>"))
            let card = try String(contentsOf: folder.appendingPathComponent("card.md"), encoding: .utf8)
            #expect(card.contains("| test | 1 |") && card.contains("SHA-256"))
            // What is there is not written over.
            #expect(try program.run(arguments: arguments).code == 1)
        }
    }

    @Test("simulate, check, train, run, decide, replay, verify; then nothing is new, and an edit is found")
    func story() throws {
        let program = try Self.bank()
        defer { program.remove() }
        #expect(try program.run("check", "fraud.yaml").code == 0)
        let model = try Self.object(
            program.run("train", "fraud.yaml", "--as-of", "2026-02-10", "--clock", "2026-02-10T00:00:00Z", "--format", "json"))
        #expect(model["version"] as? Int == 1 && model["role"] as? String == "champion")

        let clock = "2026-02-15T02:00:00Z"
        let run = try Self.object(program.run("run", "fraud.yaml", "--clock", clock, "--format", "json"))
        let (read, accepted) = (try #require(run["rows_read"] as? Int), try #require(run["rows_accepted"] as? Int))
        let rejected = try #require(run["rows_rejected"] as? Int)
        #expect(read > 10_000 && read == accepted + rejected && rejected > 0 && (run["for_review"] as? Int ?? 0) > 0)
        #expect((run["model"] as? [String: Any])?["version"] as? Int == 1)
        let head = try #require((run["audit"] as? [String: Any])?["head"] as? String)

        let rejects = try program.run("rejects", "list", "--run", "1", "--format", "json").json as? [[String: Any]]
        #expect(rejects?.count == rejected && !(rejects?.contains { $0["raw"] != nil } ?? true))

        let item = try Self.object(program.run("review", "next", "--clock", clock, "--format", "json"))
        let number = try #require(item["item"] as? Int)
        #expect((item["claimed_by"] as? String)?.isEmpty == false && (item["reasons"] as? [String])?.isEmpty == false)
        let decision = try Self.object(
            program.run("review", "decide", "\(number)", "hold", "--reason", "asked the card holder", "--clock", clock, "--format", "json"))
        #expect(decision["says"] as? String == "fraud" && decision["outcome"] as? String == "hold")
        #expect(try program.run("review", "decide", "\(number)", "clear", "--reason", "again", "--clock", clock).code == 64)
        let screen = try program.run("review", "show", "\(number)", "--clock", clock).output
        #expect(screen.contains("asked the card holder") && screen.contains("at stake"))

        #expect(screen.split(separator: "\n").allSatisfy { DisplayWidth.of($0) <= 100 })

        let key = try #require(item["key"] as? String)
        let explained = try Self.object(program.run("explain", key, "--job", "fraud.yaml", "--format", "json"))
        #expect((explained["versions"] as? [[String: Any]])?.first?["outcome"] is String && (explained["labels"] as? [Any])?.count == 1)
        #expect(try program.run("explain", key).output.contains("asked the card holder"))
        #expect(try program.run("explain", "no such key").code == 64)

        try Self.fineTuning(of: program, clock: clock)

        let again = try program.run("run", "fraud.yaml", "--clock", clock)
        #expect(again.code == 0 && again.output.contains("nothing new to read, since run 1"))

        let replay = try Self.object(program.run("replay", "fraud.yaml", "--as-of", clock, "--format", "json"))
        #expect(replay["equal"] as? Bool == true && (replay["rows_compared"] as? Int ?? 0) > accepted)
        let audit = try Self.object(program.run("audit", "verify", "--head", head, "--format", "json"))
        #expect(audit["decisions"] as? Int == 1 && audit["runs"] as? Int == 1)

        try Self.edit(program, "UPDATE fraud_scores SET score = score / 2 WHERE score > 0.1")
        let altered = try program.run("replay", "fraud.yaml", "--as-of", clock)
        #expect(
            altered.code == 3 && altered.output.isEmpty && altered.errors.contains("fraud_scores") && altered.errors.contains("score"),
            "\(altered)")
        try Self.edit(program, "UPDATE pipeline_decisions SET reason = 'something else'")
        let found = try program.run("audit", "verify")
        #expect(found.code == 3 && found.output.isEmpty && found.errors.contains("pipeline_decisions 1, reason"))
    }

    @Test("every listing is the same rows as table, JSON and CSV")
    func formats() throws {
        let program = try Self.bank(customers: 120, days: 30)
        defer { program.remove() }
        #expect(try program.run("run", "fraud.yaml", "--clock", "2026-02-01", "--quiet").code == 0)
        for listing in [["runs", "list"], ["rejects", "list"], ["review", "list"], ["models", "list"], ["list"]] {
            let json = try #require(try program.run(arguments: listing + ["--format", "json"]).json as? [[String: Any]], "\(listing)")
            let csv = try program.run(arguments: listing + ["--format", "csv"])
            let names = csv.csv.first ?? []
            #expect(!names.isEmpty && csv.code == 0)
            #expect(json.allSatisfy { Set($0.keys) == Set(names) }, "\(listing)")
            let table = try program.run(
                arguments: listing + ["--limit", "3"].prefix(listing == ["list"] || listing == ["models", "list"] ? 0 : 2))
            #expect(
                table.code == 0 && table.output.split(separator: "\n").count - 1 == min(json.count, listing == ["list"] ? .max : 3),
                "\(listing)")
        }
        for thing in [["runs", "show", "1"], ["review", "show", "1"]] {
            #expect(try program.run(arguments: thing + ["--format", "json"]).json is [String: Any])
            #expect(try program.run(arguments: thing + ["--format", "csv"]).code == 0)
            #expect(try program.run(arguments: thing).output.split(separator: "\n").count > 10)
        }
    }

    @Test("a run with too many rejects is held with exit 65 and invisible, until it is accepted")
    func held() throws {
        let program = try Self.bank(customers: 120, days: 30)
        defer { program.remove() }
        let path = program.folder.appendingPathComponent("fraud.yaml")
        try String(contentsOf: path, encoding: .utf8).replacing("limit: 1%", with: "limit: 0%").write(
            to: path, atomically: true, encoding: .utf8)
        let run = try program.run("run", "fraud.yaml", "--clock", "2026-02-01")
        #expect(run.code == 65 && run.output.contains("held") && run.errors.contains("pipeline runs accept 1"))
        #expect((try program.run("review", "list", "--format", "json").json as? [Any])?.isEmpty == true)
        #expect(try program.run("runs", "accept", "1", "--clock", "2026-02-01").code == 0)
        #expect((try program.run("review", "list", "--format", "json").json as? [Any])?.isEmpty == false)
        #expect(try program.run("runs", "accept", "1", "--clock", "2026-02-01").code == 64)
        #expect(try program.run("audit", "verify").code == 0)
    }

    @Test("SIGTERM ends a run after its chunk with exit 75, and the same command goes on from there")
    func terminated() throws {
        let program = try Self.bank(customers: 2_500, days: 45)
        defer { program.remove() }
        let process = Process()
        process.executableURL = ShippedProgram.products.appendingPathComponent("pipeline")
        process.arguments = ["run", "fraud.yaml", "--clock", "2026-02-15"]
        process.currentDirectoryURL = program.folder
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try process.run()
        // The run has begun once its attempt is written; the first of three chunks takes longer than this loop.
        let file = program.folder.appendingPathComponent("pipeline.db").path
        for _ in 0..<2_000 where process.isRunning {
            let begun = try? DatabaseQueue(path: file).read { try Int.fetchOne($0, sql: "SELECT count(*) FROM pipeline_attempts") }
            if begun == 1 { break }
            usleep(2_000)
        }
        process.terminate()
        process.waitUntilExit()
        #expect(process.terminationStatus == 75)
        let resumed = try program.run("run", "fraud.yaml", "--clock", "2026-02-15")
        #expect(resumed.code == 0 && resumed.output.contains("resumed and done"))
    }

    @Test("a second Ctrl-C ends a run at once and says so, and the same command goes on from there")
    func interruptedTwice() throws {
        let program = try Self.bank(customers: 2_500, days: 45)
        defer { program.remove() }
        let process = Process()
        process.executableURL = ShippedProgram.products.appendingPathComponent("pipeline")
        process.arguments = ["run", "fraud.yaml", "--clock", "2026-02-15"]
        process.currentDirectoryURL = program.folder
        let errors = Pipe()
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, errors)
        try process.run()
        let file = program.folder.appendingPathComponent("pipeline.db").path
        for _ in 0..<2_000 where process.isRunning {
            let begun = try? DatabaseQueue(path: file).read { try Int.fetchOne($0, sql: "SELECT count(*) FROM pipeline_attempts") }
            if begun == 1 { break }
            usleep(2_000)
        }
        // Its next transaction waits for this one, so it cannot end by itself between the two.
        var configuration = Configuration()
        (configuration.busyMode, configuration.allowsUnsafeTransactions) = (.timeout(5), true)
        let database = try DatabaseQueue(path: file, configuration: configuration)
        try database.inDatabase { try $0.execute(sql: "BEGIN IMMEDIATE") }
        process.interrupt()
        var said = ""
        while !said.contains("Ctrl-C again"), process.isRunning {
            said += String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
        }
        process.interrupt()
        process.waitUntilExit()
        try database.inDatabase { try $0.execute(sql: "ROLLBACK") }
        said += String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGINT)
        #expect(said.contains("Ctrl-C again ends it at once.") && said.contains("SIGINT again: ended at once."), "\(said)")
        let resumed = try program.run("run", "fraud.yaml", "--clock", "2026-02-15")
        #expect(resumed.code == 0 && resumed.output.contains("done"))
    }
}

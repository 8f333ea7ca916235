import Foundation
import GRDB
import Records
import Synchronization
import Testing

/// The shipped support job with a model to ask, through the shipped program and a server of this test.
private struct MessageBank {
    let program: ShippedProgram
    static let canaries = ["C9999", "canary@example.com"]
    private static let clock = ["--clock", "2026-05-01T00:00:00Z", "--database", "support.db"]

    /// Trained without asking anybody.
    init() throws {
        program = try ShippedProgram()
        let root = ShippedProgram.root
        // A canary and an address in some messages: the customer's own number is a personal column.
        let lines = try String(contentsOf: root.appendingPathComponent("sample-data/support/messages.csv"), encoding: .utf8)
            .split(separator: "\n")
        let edited = lines.enumerated().map { number, line -> String in
            let cells = line.split(separator: ",", maxSplits: 3, omittingEmptySubsequences: false)
            guard number > 0, number % 40 == 1, cells.count == 4, !cells[3].hasPrefix("\"") else { return String(line) }
            return "\(cells[0]),\(cells[1]),\(Self.canaries[0]),my number is \(Self.canaries[0]) and \(Self.canaries[1]) \(cells[3])"
        }
        try edited.joined(separator: "\n").write(
            to: program.folder.appendingPathComponent("messages.csv"), atomically: true, encoding: .utf8)
        try write(ask: "ask: openai:small, ask-endpoint: \"http://127.0.0.1:1/v1\",")
        let trained = try program.run(arguments: ["train", "job.yaml"] + Self.clock)
        try #require(trained.code == 0, "\(trained.errors)")
        try FileManager.default.copyItem(atPath: path("support.db"), toPath: path("trained.db"))
    }

    private func path(_ name: String) -> String { program.folder.appendingPathComponent(name).path }

    func write(ask: String) throws {
        var text = try String(contentsOf: ShippedProgram.root.appendingPathComponent("jobs/support.yaml"), encoding: .utf8)
        text = text.replacing("../sample-data/support/messages.csv", with: "messages.csv")
            .replacing("../sample-data/", with: "\(ShippedProgram.root.path)/sample-data/")
            .replacing("languages: en ja,", with: "languages: en ja, ask-when: unsure, ask-above: 0.0, \(ask)")
        try text.write(toFile: path("job.yaml"), atomically: true, encoding: .utf8)
    }

    /// Runs from the trained database, or from where a run stopped.
    func run(environment: [String: String] = [:], fresh: Bool = true, onStart: (Int32) -> Void = { _ in }) throws -> ShippedProgram.Result {
        if fresh {
            for name in ["support.db", "support.db-wal", "support.db-shm"] { try? FileManager.default.removeItem(atPath: path(name)) }
            try FileManager.default.copyItem(atPath: path("trained.db"), toPath: path("support.db"))
        }
        return try program.run(arguments: ["run", "job.yaml"] + Self.clock, environment: environment)
    }

    /// Starts a run and says its process; it is waited for elsewhere.
    func started() throws -> Process {
        let process = Process()
        process.executableURL = ShippedProgram.products.appendingPathComponent("pipeline")
        process.arguments = ["run", "job.yaml"] + Self.clock
        process.currentDirectoryURL = program.folder
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        return process
    }

    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        let queue = try DatabaseQueue(path: path("support.db"))
        defer { try? queue.close() }
        return try queue.read(body)
    }

    /// Open items that say a model gave no answer, and rows in the result table.
    func counts() throws -> (unanswered: Int, rows: Int) {
        try read { database in
            (
                try Int.fetchOne(
                    database, sql: "SELECT count(*) FROM pipeline_review_items WHERE evidence LIKE '%no answer%'") ?? 0,
                try Int.fetchOne(database, sql: "SELECT count(*) FROM support_messages_current") ?? 0
            )
        }
    }
}

@Suite("A run that asks a model", .serialized) struct AskingRunTests {
    @Test("sends nothing personal: no canary is in anything that the server received, though messages with them were sent")
    func canary() throws {
        let bank = try MessageBank()
        defer { bank.program.remove() }
        let server = try PlainServer { wire, _ in PlainServer.chat(wire) }
        defer { server.stop() }
        try bank.write(ask: "ask: openai:small, ask-endpoint: \"\(server.address)/v1\",")
        let run = try bank.run()
        #expect(run.code == 0 && run.errors.contains("all answered"), "\(run.errors)")
        let wires = server.received
        #expect(wires.count > 20)
        for canary in MessageBank.canaries { #expect(!wires.contains { $0.contains(canary) }, "\(canary)") }
        #expect(wires.contains { $0.contains("<FIELD_1>") && $0.contains("<EMAIL_1>") })
        // The ledger has what was sent, and no more.
        let kept = try bank.read { try String.fetchAll($0, sql: "SELECT prompt || coalesce(answer, '') FROM pipeline_ledger") }
        #expect(!kept.isEmpty && !kept.contains { text in MessageBank.canaries.contains { text.contains($0) } })
    }

    @Test("that is killed between an answer and its settlement asks each question at most once more, and counts it")
    func killed() throws {
        let bank = try MessageBank()
        defer { bank.program.remove() }
        let victim = Mutex<Process?>(nil)
        let asked = Mutex<[String]>([])
        let server = try PlainServer { wire, _ in
            let reply = PlainServer.chat(wire)
            guard wire.contains("<data-") else { return reply }
            let count = asked.withLock { asked in
                asked.append(wire.split(separator: "\n\n", maxSplits: 1).last.map(String.init) ?? "")
                return asked.count
            }
            // The answer is on its way when the process dies.
            if count == 12, let process = victim.withLock({ $0 }) { kill(process.processIdentifier, SIGKILL) }
            return reply
        }
        defer { server.stop() }
        try bank.write(ask: "ask: openai:small, ask-endpoint: \"\(server.address)/v1\",")
        for name in ["support.db-wal", "support.db-shm"] {
            try? FileManager.default.removeItem(at: bank.program.folder.appendingPathComponent(name))
        }
        let process = try bank.started()
        victim.withLock { $0 = process }
        process.waitUntilExit()
        try #require(process.terminationReason == .uncaughtSignal)
        victim.withLock { $0 = nil }
        let again = try bank.run(fresh: false)
        #expect(again.code == 0, "\(again.errors)")
        var sends: [String: Int] = [:]
        for question in asked.withLock({ $0 }) { sends[question, default: 0] += 1 }
        let repeated = sends.values.count { $0 > 1 }
        let (lost, duplicates, settled) = try bank.read { database in
            (
                try Int.fetchOne(database, sql: "SELECT count(*) FROM pipeline_ledger WHERE state = 'lost'") ?? 0,
                try Int.fetchOne(database, sql: "SELECT count(*) FROM pipeline_ledger WHERE duplicate") ?? 0,
                try Int.fetchOne(database, sql: "SELECT count(*) FROM pipeline_ledger WHERE state = 'settled'") ?? 0
            )
        }
        #expect(sends.values.allSatisfy { $0 <= 2 } && lost > 0)
        #expect(duplicates == lost && repeated <= duplicates && settled == sends.count, "\(repeated) \(duplicates) \(lost) \(settled)")
    }

    /// How a server, or its absence, fails, and what the run says.
    private struct Trouble: CustomTestStringConvertible {
        var testDescription: String
        var code: String
        var environment: [String: String] = [:]
        var isBedrock = true
        var reply: @Sendable (String) -> PlainServer.Reply = { _ in .told(500, "{}") }
    }

    private static func refusal(_ status: Int, _ name: String, _ message: String) -> @Sendable (String) -> PlainServer.Reply {
        { _ in .told(status, PlainServer.json(["message": message]), headers: ["x-amzn-ErrorType": name]) }
    }

    private static let keys = ["AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"]
    private static let troubles: [Trouble] = [
        .init(testDescription: "no credentials", code: "remote.no-credentials"),
        .init(
            testDescription: "wrong region", code: "remote.credentials-refused", environment: keys,
            reply: refusal(403, "InvalidSignatureException", "Credential should be scoped to a valid region.")),
        .init(
            testDescription: "clock skew", code: "remote.clock-skew", environment: keys,
            reply: refusal(403, "InvalidSignatureException", "Signature expired: 20260101T000000Z is now earlier than 20260501T000000Z")),
        .init(
            testDescription: "model not granted", code: "remote.access-denied", environment: keys,
            reply: refusal(403, "AccessDeniedException", "You don't have access to the model with the specified model ID.")),
        .init(
            testDescription: "context too long", code: "remote.context-too-long", environment: keys,
            reply: refusal(400, "ValidationException", "Input is too long for requested model.")),
        .init(
            testDescription: "schema not met", code: "language.answer-form", isBedrock: false,
            reply: { wire in wire.contains("<data-") ? PlainServer.chatReply("a banana") : PlainServer.chat(wire) }),
        .init(
            testDescription: "gone in the middle of an answer", code: "remote.cut", isBedrock: false,
            reply: { wire in wire.contains("<data-") ? .cut("{\"choices\":[{\"message\":{\"content\":\"car") : PlainServer.chat(wire) }),
    ]

    @Test("goes on whatever fails, marks the items that had no answer, and says how many and why")
    func troubles() throws {
        let bank = try MessageBank()
        defer { bank.program.remove() }
        // The others where PIPELINE_TEST_ALL is set: each run waits for its repetitions.
        let isWhole = ProcessInfo.processInfo.environment["PIPELINE_TEST_ALL"] != nil
        for trouble in Self.troubles where isWhole || ["no credentials", "clock skew", "schema not met"].contains(trouble.testDescription) {
            let server = try PlainServer { wire, _ in trouble.reply(wire) }
            defer { server.stop() }
            try bank.write(
                ask: trouble.isBedrock
                    ? "ask: \"bedrock:us.anthropic.claude-haiku-4-5-20251001-v1:0\", ask-region: us-east-1,"
                    : "ask: openai:small, ask-endpoint: \"\(server.address)/v1\",")
            var environment = [
                "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": server.address, "AWS_EC2_METADATA_DISABLED": "true", "HOME": bank.program.folder.path,
                "AWS_BEARER_TOKEN_BEDROCK": "", "AWS_PROFILE": "", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "",
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "",
            ]
            environment.merge(trouble.environment) { $1 }
            let run = try bank.run(environment: environment)
            let said = "\(trouble.testDescription): \(run.errors)"
            #expect(run.code == 0, "\(said)")
            #expect(run.errors.contains("questions got no answer") && run.errors.contains(trouble.code), "\(said)")
            let (unanswered, rows) = try bank.counts()
            #expect(unanswered > 0 && rows == 1_194, "\(said)")
        }
        // The control: a server that answers leaves no such mark.
        let server = try PlainServer { wire, _ in PlainServer.chat(wire) }
        defer { server.stop() }
        try bank.write(ask: "ask: openai:small, ask-endpoint: \"\(server.address)/v1\",")
        let run = try bank.run()
        #expect(run.code == 0 && !run.errors.contains("got no answer"))
        #expect(try bank.counts().unanswered == 0)
    }

    @Test("check refuses a model, a profile, a router and a server that can leave the regions allowed, and takes one that cannot")
    func regions() throws {
        let bank = try MessageBank()
        defer { bank.program.remove() }
        let router = "arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/anthropic.claude:1"
        let asked = [
            ("bedrock:jp.anthropic.claude-haiku-4-5-20251001-v1:0", "", true),
            ("bedrock:global.anthropic.claude-haiku-4-5-20251001-v1:0", "", false),
            ("bedrock:us.anthropic.claude-haiku-4-5-20251001-v1:0", "", false), ("bedrock:\(router)", "", false),
            ("openai:small", " ask-endpoint: \"http://127.0.0.1:8080/v1\",", true),
            ("openai:small", " ask-endpoint: \"https://api.example.com/v1\",", false),
        ]
        for (model, more, isAllowed) in asked {
            try bank.write(
                ask: "ask: \"\(model)\",\(more) ask-region: ap-northeast-1, ask-regions: \"ap-northeast-1 ap-northeast-3\",")
            let check = try bank.program.run("check", "job.yaml")
            #expect(check.code == (isAllowed ? 0 : 78), "\(model): \(check.output)\(check.errors)")
            if !isAllowed { #expect((check.output + check.errors).contains("regions"), "\(check.output)\(check.errors)") }
        }
    }

    @Test("a note is drafted about an item, checked, edited and signed as the reason of a decision")
    func draft() throws {
        let bank = try MessageBank()
        defer { bank.program.remove() }
        try bank.write(ask: "")
        #expect(try bank.run().code == 0)
        let server = try PlainServer { _, _ in
            PlainServer.chatReply(
                PlainServer.json([
                    "happened": "The score says so [score]. It cost 4711 yen [score]. Nobody cited this.", "flagged": "See [cause].",
                    "check": "Ask whether it was meant so [suggested].",
                ]))
        }
        defer { server.stop() }
        let list = try bank.program.run("review", "list", "--queue", "support", "--database", "support.db", "--format", "csv")
        let item = try #require(list.csv.dropFirst().first?.first, "\(list.errors)")
        let base = ["--database", "support.db", "--clock", "2026-05-01T01:00:00Z"]
        let draft = try bank.program.run(
            arguments: ["review", "draft", item, "--model", "openai:small", "--endpoint", "\(server.address)/v1"] + base)
        #expect(draft.code == 0 && draft.output.contains("The score says so"), "\(draft.errors)")
        // A number that was not sent, and a sentence without a citation, are dropped and named.
        #expect(!draft.output.contains("4711") && !draft.output.contains("Nobody cited"))
        #expect(draft.errors.contains("dropped a sentence of `happened`"))
        // The note stands with the item, for the terminal and as data.
        let screen = try bank.program.run(arguments: ["review", "show", item] + base)
        #expect(screen.output.contains("Drafted note") && screen.output.contains("The score says so"), "\(screen.errors)")
        let shown = try bank.program.run(arguments: ["review", "show", item, "--format", "json"] + base)
        let kept = try #require(JSONValue(parsing: shown.output)?["draft"], "\(shown.output)")
        #expect(kept["model"]?.string == "small" && kept["drafted"]?.string?.hasPrefix("2026-05-01T01:00:00") == true, "\(kept.json)")
        #expect(kept["cites"]?.elements?.compactMap(\.string) == ["score", "cause", "suggested"])
        let note = bank.program.folder.appendingPathComponent("note.txt")
        try (draft.output + "Edited: I called.\n").write(to: note, atomically: true, encoding: .utf8)
        let signed = try bank.program.run(arguments: ["review", "decide", item, "reply", "--reason", "@note.txt"] + base)
        #expect(signed.code == 0, "\(signed.errors)")
        let reason = try bank.read { try String.fetchOne($0, sql: "SELECT reason FROM pipeline_decisions ORDER BY id DESC LIMIT 1") }
        #expect(reason?.contains("Edited: I called.") == true && reason?.contains("The score says so") == true)
        #expect(signed.output.contains("signed from draft 1, edited"), "\(signed.output)")
        let audit = try bank.program.run("audit", "verify", "--database", "support.db")
        #expect(audit.code == 0, "\(audit.errors)")
        // Asked again, the ledger answers.
        let before = server.received.count
        _ = try bank.program.run(
            arguments: ["review", "draft", item, "--model", "openai:small", "--endpoint", "\(server.address)/v1"] + base)
        #expect(server.received.count == before)
    }
}

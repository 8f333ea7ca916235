import Foundation
import Testing

@Suite("documents on the command line") struct DocumentsTests {
    @Test("are kept once, found with their citation as of a time, and what is not found is said so")
    func life() throws {
        let program = try ShippedProgram()
        defer { program.remove() }
        try "Goods can be returned within 30 days.\n\nRefunds take five working days.\n".write(
            to: program.folder.appendingPathComponent("returns.txt"), atomically: true, encoding: .utf8)
        let add = ["documents", "add", "returns.txt", "--from", "2026-04-01T00:00:00Z", "--clock", "2026-04-02T00:00:00Z"]
        let first = try program.run(arguments: add)
        #expect(first.code == 0 && first.errors.contains("version 1 is kept: 2 passages"))
        #expect(try program.run(arguments: add).errors.contains("is there already"))
        let list = try program.run("documents", "list", "--format", "csv")
        #expect(list.csv.count == 2 && list.csv[1][0] == "returns")
        let hit = try program.run("documents", "search", "refund", "--as-of", "2026-05-01T00:00:00Z", "--format", "csv")
        #expect(hit.csv.count == 2 && hit.csv[1][0] == "returns@1#2")
        let early = try program.run("documents", "search", "refund", "--as-of", "2026-04-01T12:00:00Z", "--format", "csv")
        #expect(early.csv.count == 1 && early.errors.contains("Nothing was found"))
        let asked = try program.run(
            "ask", "--model", "openai:m", "--endpoint", "http://127.0.0.1:1/v1", "--documents", "pipeline.db", "Who won the cup?")
        #expect(asked.code == 1 && asked.errors.contains("the documents do not answer the question"))
    }

    @Test("an encoder that runs here places passages once, and a question by it; it and a model elsewhere exclude each other")
    func encoded() throws {
        let program = try ShippedProgram()
        defer { program.remove() }
        let encoder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/encoder").path
        try "I lost my card.\n\nZebra, giraffe, lion!\n".write(
            to: program.folder.appendingPathComponent("cards.txt"), atomically: true, encoding: .utf8)
        #expect(try program.run("documents", "add", "cards.txt").code == 0)
        let first = try program.run("documents", "embed", "--encoder", encoder)
        #expect(first.code == 0 && first.errors.contains("2 passages placed by encoder:encoder@"), "\(first.errors)")
        #expect(try program.run("documents", "embed", "--encoder", encoder).errors.contains("0 passages placed"))
        // Words that this encoder does not know are all the same to it: a question without a word of the passage stands where that does.
        let question = ["documents", "search", "Apple, pear, plum!", "--format", "csv"]
        #expect(try program.run(arguments: question).csv.count == 1)
        let found = try program.run(arguments: question + ["--encoder", encoder])
        #expect(found.code == 0 && found.csv.count >= 2 && found.csv[1][0] == "cards@1#2", "\(found.output) \(found.errors)")
        #expect(try program.run("documents", "embed", "--encoder", encoder, "--embedder", "openai:m").code == 64)
        #expect(try program.run("documents", "embed").code == 64)
        let missing = try program.run("documents", "embed", "--encoder", "nowhere")
        #expect(missing.code == 64 && missing.errors.contains("a folder holds no sentence encoder"), "\(missing.errors)")
    }

    @Test("a question that a model places is reserved and settled in the ledger, and the cap holds")
    func placed() throws {
        let program = try ShippedProgram()
        defer { program.remove() }
        try "Goods can be returned within 30 days.\n".write(
            to: program.folder.appendingPathComponent("returns.txt"), atomically: true, encoding: .utf8)
        #expect(try program.run("documents", "add", "returns.txt").code == 0)
        let vector = (["1"] + Array(repeating: "0", count: 255)).joined(separator: ",")
        let server = try PlainServer { _, _ in .told(200, #"{"embedding": [\#(vector)], "inputTextTokenCount": 12}"#) }
        defer { server.stop() }
        let environment = [
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": server.address, "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_BEARER_TOKEN_BEDROCK": "",
        ]
        func search(_ cap: String) throws -> ShippedProgram.Result {
            try program.run(
                arguments: [
                    "documents", "search", "May I bring goods back?", "--embedder", "bedrock:amazon.titan-embed-text-v2:0", "--dimensions",
                    "256", "--region", "us-east-1", "--cap", cap, "--format", "csv",
                ], environment: environment)
        }
        let refused = try search("0")
        #expect(refused.code != 0 && refused.errors.contains("budget") && server.received.isEmpty, "\(refused.errors)")
        let found = try search("1")
        #expect(found.code == 0 && server.received.count == 1, "\(found.errors)")
        let cost = try program.run("report", "cost", "--format", "csv")
        #expect(cost.csv.contains { $0.contains("documents") && $0.contains("amazon.titan-embed-text-v2:0") }, "\(cost.output)")
    }
}

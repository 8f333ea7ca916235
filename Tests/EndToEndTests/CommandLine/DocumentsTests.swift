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
}

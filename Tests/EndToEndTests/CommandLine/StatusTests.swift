import Foundation
import Testing

@Suite("pipeline status") struct StatusTests {
    @Test("says what needs a person, and with --check exits with 1 until somebody has looked")
    func status() throws {
        let bank = try SmallBank()
        defer { bank.remove() }
        func status(_ arguments: String...) throws -> ShippedProgram.Result {
            try bank.program.run(arguments: ["status", "--clock", SmallBank.clock] + arguments)
        }
        try bank.put(("a.csv", SmallBank.rows))
        #expect(try bank.run().code == 0)
        #expect(try status("--check", "--quiet").code == 0)
        try SmallBank.brokenGzip().write(to: bank.program.folder.appendingPathComponent("transactions/b.csv"))
        #expect(try bank.run().code == 65)
        let held = try status("--format", "json")
        #expect(held.code == 0)
        let job = try #require((held.json as? [[String: Any]])?.first)
        #expect(job["job"] as? String == "bank" && job["needs_person"] as? Bool == true && job["status"] as? String == "held")
        #expect(job["held"] as? [Int] == [2] && job["deliveries_open"] as? Int == 1 && job["rejects"] as? Int == 1)
        let checked = try status("--check")
        #expect(checked.code == 1)
        #expect(checked.errors == "bank: run 2 is held: `pipeline runs accept 2` or `pipeline runs discard 2`\n")
        #expect(try bank.program.run("runs", "accept", "2", "--quiet").code == 0)
        #expect(try status("--check", "--quiet").code == 1)
        let items = try #require(try bank.program.run("review", "list", "--kind", "delivery", "--format", "json").json as? [[String: Any]])
        let item = try #require(items.first?["item"] as? Int)
        #expect(
            try bank.program.run("review", "decide", String(item), "accept", "--reason", "the sender lost the rest", "--quiet").code == 0)
        #expect(try status("--check", "--quiet").code == 0)
        let unknown = try status("--job", "bnak")
        #expect(unknown.code == 64 && unknown.errors.hasPrefix("error: no job of this name has run: 'bnak', expected bank. Did you mean"))
    }

    @Test("of a run names the deliveries it has questions about")
    func runsShow() throws {
        let bank = try SmallBank()
        defer { bank.remove() }
        try SmallBank.brokenGzip().write(to: bank.program.folder.appendingPathComponent("transactions/b.csv"))
        #expect(try bank.run().code == 65)
        let shown = try bank.program.run("runs", "show", "1")
        #expect(shown.output.contains("deliveries\n") && shown.output.contains("broken-off"))
    }
}

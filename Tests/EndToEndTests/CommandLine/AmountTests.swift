import Foundation
import Testing

@Suite("a buyer's other amount on the command line") struct AmountTests {
    @Test("is asked for where the job declares it, kept with the decision, shown, audited and given to the next system")
    func change() throws {
        let program = try ShippedProgram()
        defer { program.remove() }
        let job = ShippedProgram.root.appendingPathComponent("jobs/demand.yaml").path
        #expect(try program.run("run", job, "--quiet").code == 0)
        let items = try program.run("review", "list", "--queue", "buying", "--format", "csv").csv
        let item = try #require(items.dropFirst().first?.first)
        func decide(_ outcome: String, _ more: String...) throws -> ShippedProgram.Result {
            try program.run(
                arguments: ["review", "decide", item, outcome, "--reason", "the fair is in town", "--format", "json"] + more)
        }
        for refused in [try decide("change"), try decide("change", "--amount", "1,5"), try decide("order", "--amount", "120")] {
            #expect(refused.code == 64 && refused.errors.contains("the number that the decision states"), "\(refused.errors)")
        }
        let decided = try decide("change", "--amount", "1,200")
        #expect((decided.json as? [String: Any])?["amount"] as? Double == 1_200, "\(decided.output) \(decided.errors)")
        #expect(try program.run("review", "show", item).output.contains("change 1200 units"))
        let audit = try program.run("audit", "verify", "--format", "json").json as? [String: Any]
        #expect(audit?["amounts"] as? Int == 1)
        #expect(try program.run("export", "results", "--job", "demand", "--to", "erp", "--folder", ".").code == 0)
    }
}

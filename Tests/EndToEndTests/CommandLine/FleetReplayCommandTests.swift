import Foundation
import Testing

/// `pipeline replay --fleet` through the shipped program.
@Suite("Maintenance policies against a simulated fleet")
struct FleetReplayCommandTests {
    /// The shipped job over a small fleet of its own, without a database.
    private func program() throws -> ShippedProgram {
        let program = try ShippedProgram()
        let made = try program.run(
            "simulate", "maintenance", "--machines", "16", "--days", "150", "--every", "12", "--seed", "3", "--life", "900", "--out", "data"
        )
        #expect(made.code == 0)
        let text = try String(contentsOf: ShippedProgram.root.appendingPathComponent("jobs/maintenance.yaml"), encoding: .utf8)
            .replacing("../sample-data/maintenance/", with: "data/").replacing("step: 6h", with: "step: 12h")
            .replacing("horizon: 28", with: "horizon: 14").replacing("last: 300d", with: "last: 140d").replacing(
                "trees: 200", with: "trees: 60"
            ).replacing("cap: 150", with: "cap: 60").replacing("rate: 0.05", with: "rate: 0.15").replacing("weight: 50", with: "weight: 20")
        try text.write(to: program.folder.appendingPathComponent("job.yaml"), atomically: true, encoding: .utf8)
        return program
    }

    private let small = ["replay", "job.yaml", "--fleet", "--seeds", "1...3", "--machines", "10", "--days", "150", "--life", "900"]

    @Test("says what each policy costs, the same twice and for any number of threads; nothing is written")
    func figures() throws {
        let program = try program()
        defer { program.remove() }
        let arguments = small + ["--policies", "at-failure,left:10,learned,age,oracle", "--format", "json"]
        let run = try program.run(arguments: arguments)
        #expect(run.code == 0, "\(run.errors)")
        #expect(try program.run(arguments: arguments + ["--threads", "1"]).output == run.output)
        let rows = try #require(run.json as? [[String: Any]])
        #expect(rows.compactMap { $0["policy"] as? String } == ["at-failure", "left:10", "learned", "age", "oracle"])
        func number(_ row: Int, _ name: String) throws -> Double { try #require(rows[row][name] as? Double, "\(name) of \(rows[row])") }
        let costs = try (0..<5).map { try number($0, "cost") }
        #expect(costs[0] > costs[2] && costs[0] > costs[3] && costs[3] > costs[1], "\(costs)")
        #expect(costs.allSatisfy { $0 >= costs[4] }, "\(costs)")
        #expect(try number(4, "failures") == 0)
        #expect(try number(0, "life_used") == 1)
        #expect(try number(2, "saved_low") > 0)
        #expect(rows[0]["saved"] is NSNull && rows[0]["cost_currency"] as? String == "EUR")
        #expect(try number(3, "age_hours") > 100)
        for part in ["Model: trained for this replay on", "age repairs after", "2,500.00 EUR", "12,000.00 EUR"] {
            #expect(run.errors.contains(part), "\(part): \(run.errors)")
        }
        #expect(!FileManager.default.fileExists(atPath: program.folder.appendingPathComponent("pipeline.db").path))
    }

    @Test("asks the model of the database, or another version, under another policy")
    func model() throws {
        let program = try program()
        defer { program.remove() }
        #expect(try program.run("train", "job.yaml", "--clock", "2025-06-01T00:00:00Z").code == 0)
        let own = try program.run(arguments: small + ["--policies", "plan"])
        #expect(own.code == 0 && own.errors.contains("Model: machines version 1."), "\(own.errors)")
        #expect(try program.run(arguments: small + ["--policies", "plan", "--model", "1"]).output == own.output)
        let missing = try program.run(arguments: small + ["--policies", "plan", "--model", "7"])
        #expect(missing.code != 0 && missing.errors.contains("machines version 7"), "\(missing.errors)")
        try """
        policy:
          outcomes:
            run-on: { cost: { if: failing, pay: 500 EUR } }
            repair: { cost: { if: sound,   pay: 2500 EUR }, reversible: true }
            review: { cost: 150 EUR }
        """.write(to: program.folder.appendingPathComponent("cheap.yaml"), atomically: true, encoding: .utf8)
        let cheap = try program.run(arguments: small + ["--policies", "plan", "--policy", "cheap.yaml"])
        #expect(cheap.code == 0 && cheap.errors.contains("500.00 EUR") && cheap.output != own.output, "\(cheap.errors)")
    }

    @Test(
        "options that make no sense are refused by name",
        arguments: [
            (["--fleet", "--policies", "atfailure"], "Did you mean 'at-failure'?"), (["--fleet", "--policies", "left:0"], "left:STEPS"),
            (["--fleet", "--policies", "plan,plan"], "named twice"), (["--fleet", "--seeds", "5...1"], "--seeds is '5...1'"),
            (["--fleet", "--seeds", "one"], "--seeds is 'one'"), (["--fleet", "--machines", "0"], "machines"),
            (["--fleet", "--as-of", "2025-02-01"], "--as-of does not go with --fleet"),
            (["--policies", "plan"], "--policies goes with --fleet"),
            (["--as-of", "2025-02-01", "--days", "9"], "--days goes with --fleet"),
            ([], "--as-of, --policy, --model, --orders, --fleet and --offers"),
        ])
    func refused(_ options: [String], _ part: String) throws {
        let program = try ShippedProgram()
        defer { program.remove() }
        let job = ShippedProgram.root.appendingPathComponent("jobs/maintenance.yaml").path
        let run = try program.run(arguments: ["replay", job] + options)
        #expect(run.code == 64 && run.errors.contains(part), "\(run.code) \(run.errors)")
    }

    @Test("a job over other columns is told which ones the fleet has")
    func otherColumns() throws {
        let program = try ShippedProgram()
        defer { program.remove() }
        let job = ShippedProgram.root.appendingPathComponent("jobs/cmapss-fd001.yaml").path
        let run = try program.run("replay", job, "--fleet")
        #expect(run.code == 64 && run.errors.contains("MACHINE, TIME, HOURS"), "\(run.code) \(run.errors)")
    }
}

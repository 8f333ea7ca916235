import Foundation
import Testing

/// A bank that starts with nothing, through the command line alone: rules, decisions, a refusal with a date, a challenger, a promotion.
@Suite("From nothing to the first promotion")
struct ZeroToPromotionTests {
    private let program: ShippedProgram

    init() throws {
        program = try ShippedProgram()
        let simulated = try program.run(
            "simulate", "fraud", "--customers", "200", "--terminals", "90", "--days", "50", "--seed", "7", "--level", "1", "--out", "data")
        #expect(simulated.code == 0)
        let job = try String(contentsOf: ShippedProgram.root.appendingPathComponent("jobs/fraud.yaml"), encoding: .utf8)
            .replacing("../sample-data/fraud/", with: "data/").replacing("capacity: 100/day", with: "capacity: 20/day")
        // Plain training: what is tested is the way, not the slices.
        try Self.plain(job).write(to: program.folder.appendingPathComponent("fraud.yaml"), atomically: true, encoding: .utf8)
        try FileManager.default.createDirectory(
            at: program.folder.appendingPathComponent("later"), withIntermediateDirectories: true)
        for name in try files("data/transactions").dropFirst(15) { try move(name, from: "data/transactions", to: "later") }
    }

    /// The job as it ships, with one window and a lower minimum.
    private static func plain(_ job: String) -> String {
        var lines: [Substring] = []
        for line in job.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.contains("window: {") {
                lines.append("  window: { last: 30d, label-delay: 7d }")
            } else if line.contains("minimum-positives:") {
                lines.append("  minimum-positives: 40")
            } else if ["early-stopping:", "class-weight:", "monotone:", "automatic:"].contains(where: { line.contains($0) }) {
                continue
            } else {
                lines.append(line)
            }
        }
        return lines.joined(separator: "\n")
    }

    private func files(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: program.folder.appendingPathComponent(folder).path).sorted()
    }

    private func move(_ name: String, from: String, to: String) throws {
        try FileManager.default.moveItem(
            at: program.folder.appendingPathComponent("\(from)/\(name)"), to: program.folder.appendingPathComponent("\(to)/\(name)"))
    }

    private func deliver(_ count: Int) throws {
        for name in try files("later").prefix(count) { try move(name, from: "later", to: "data/transactions") }
    }

    private func object(_ arguments: String...) throws -> [String: Any] {
        let result = try program.run(arguments: arguments + ["--format", "json"])
        #expect(result.code == 0, "\(arguments): \(result.errors)")
        return try #require(result.json as? [String: Any], "\(arguments): \(result.output)")
    }

    @Test("rules and a random sample fill the queue, decisions become labels, and the first model is promoted before it decides")
    func story() throws {
        defer { program.remove() }
        // Nothing: no model, no label. The stage's rules and a random sample ask for decisions.
        let first = try object("run", "fraud.yaml", "--clock", "2026-01-16T02:00:00Z")
        #expect(first["model"] is NSNull)
        let queue = try #require(
            program.run("review", "list", "--limit", "1000", "--clock", "2026-01-16T02:00:00Z", "--format", "json").json as? [[String: Any]]
        )
        #expect(queue.contains { $0["cause"] as? String == "no-model" } && queue.contains { $0["cause"] as? String == "audit-sample" })
        for _ in 0..<3 {
            let item = try object("review", "next", "--clock", "2026-01-16T03:00:00Z")
            let number = try #require(item["item"] as? Int)
            _ = try object("review", "decide", "\(number)", "hold", "--reason", "card holder says no", "--clock", "2026-01-16T03:00:00Z")
        }

        // Too early: counts and a date.
        let early = try program.run("train", "fraud.yaml", "--clock", "2026-01-16T04:00:00Z")
        #expect(early.code == 1 && early.output.isEmpty)
        #expect(early.errors.contains("positive labels in") && early.errors.contains("40 or more"), "\(early.errors)")
        #expect(early.errors.contains("At this pace"), "\(early.errors)")

        // A month later: the first model is a challenger, and the rules go on deciding.
        try deliver(25)
        #expect(try object("run", "fraud.yaml", "--clock", "2026-02-10T02:00:00Z")["model"] is NSNull)
        let model = try object("train", "fraud.yaml", "--clock", "2026-02-10T03:00:00Z")
        #expect(model["role"] as? String == "challenger" && model["version"] as? Int == 1)
        try deliver(5)
        #expect(try object("run", "fraud.yaml", "--clock", "2026-02-15T02:00:00Z")["model"] is NSNull)

        // A person puts it in charge; from then on it scores, and a next version is the champion at once.
        let promoted = try program.run(
            "models", "promote", "card-fraud", "1", "--job", "fraud.yaml", "--reason", "finds what the rules miss", "--clock",
            "2026-02-15T03:00:00Z")
        #expect(promoted.code == 0, "\(promoted.errors)")
        try deliver(5)
        let scored = try object("run", "fraud.yaml", "--clock", "2026-02-20T02:00:00Z")
        #expect((scored["model"] as? [String: Any])?["version"] as? Int == 1)
        #expect(try object("models", "show", "card-fraud", "1", "--clock", "2026-02-20T03:00:00Z")["role"] as? String == "champion")
        #expect(try program.run("audit", "verify").code == 0)
        let monitored = try object("monitor", "fraud.yaml", "--clock", "2026-02-20T03:00:00Z", "--days", "5", "--reference", "20")
        #expect((monitored["audit"] as? [String: Any])?["cleared_rows"] as? Int ?? 0 > 0)
    }
}

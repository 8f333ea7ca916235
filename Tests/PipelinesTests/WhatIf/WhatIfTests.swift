import Connectors
import Foundation
import GRDB
import PipelineTesting
import Pipelines
import Records
import Testing

@Suite("a what-if replay", .serialized) struct WhatIfTests {
    static let from = Timestamp(.init(year: 2026, month: 1, day: 1)), to = Timestamp(.init(year: 2026, month: 3, day: 1))

    /// Two runs by rules, a model, a run by the model.
    private func history(trains: Bool = true, edit: (String) -> String = { $0 }) throws -> (bank: BankFixture, warehouse: Warehouse) {
        let bank = try BankFixture(delivered: 25, edit: edit)
        let warehouse = try bank.warehouse()
        let day = BankFixture.clock
        _ = try bank.runner(warehouse, at: day).run(bank.job())
        try bank.deliver(5)
        _ = try bank.runner(warehouse, at: day + .days(1)).run(bank.job())
        if trains { _ = try Trainer(warehouse: warehouse, environment: .fixed(day + .days(2))).train(bank.job()) }
        try bank.deliver(12)
        _ = try bank.runner(warehouse, at: day + .days(3)).run(bank.job())
        return (bank, warehouse)
    }

    private func compare(
        _ bank: BankFixture, _ warehouse: Warehouse, policy: String? = nil, model: Int? = nil, from: Timestamp = from, to: Timestamp = to,
        now: Timestamp = BankFixture.clock + .days(4)
    ) throws -> (report: WhatIfReport, changes: [WhatIfChange]) {
        var other: Job?
        if let policy {
            let path = "\(bank.folder)/other.yaml"
            try policy.write(toFile: path, atomically: true, encoding: .utf8)
            other = try bank.job().withPolicy(ofFile: path)
        }
        var changes: [WhatIfChange] = []
        let report = try WhatIf(warehouse: warehouse, environment: .fixed(now)).compare(
            bank.job(), trial: .init(policy: other, modelVersion: model), from: from, to: to, in: bank.folder,
            change: { change throws(Failure) in changes.append(change) })
        return (report, changes)
    }

    @Test("with the same policy changes nothing, saves nothing, and leaves every table as it was")
    func same() throws {
        let (bank, warehouse) = try history()
        let before = try WarehouseDump.text(of: warehouse, leavingOut: [])
        let stored = try warehouse.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM bank_scores_current") ?? 0 }
        for policy in [
            BankFixture.job, "rules:\n" + BankFixture.job.components(separatedBy: "rules:\n")[1].components(separatedBy: "review:")[0],
        ] {
            let (report, changes) = try compare(bank, warehouse, policy: policy)
            #expect(report.rows == stored)
            #expect(report.changed == 0)
            #expect(changes.isEmpty)
            #expect(report.saved == .zero)
            #expect(report.unknownRows == 0)
            #expect(report.moves.allSatisfy { $0.from == $0.to })
            #expect(report.moves.reduce(0) { $0 + $1.rows } == stored)
            #expect(report.queueBefore == report.queueAfter)
            #expect(try report.policyDigest == bank.job().policyDigest)
        }
        // Its own model scores the rows of its own run as they were.
        let last = try warehouse.read { database in
            try Row.fetchOne(database, sql: "SELECT min(event_time), max(event_time) FROM bank_scores WHERE run = 3")
        }
        let lastRow = try #require(last)
        let firstText: String = lastRow[0]
        let first = try #require(Timestamp(iso8601: firstText))
        let model = try compare(bank, warehouse, model: 1, from: first + .days(1))
        #expect(model.report.changed == 0)
        #expect(model.report.rows > 0)
        #expect(model.report.modelDigest != nil)
        #expect(try WarehouseDump.text(of: warehouse, leavingOut: []) == before)
    }

    @Test("counts what changes as a run under the other policy does, and prices it")
    func other() throws {
        let (bank, warehouse) = try history()
        let before = try WarehouseDump.text(of: warehouse, leavingOut: [])
        let rules = "rules:\n  - { name: large, when: amount > 60 EUR and not terminal in blocked, then: review }\n"
        let (report, changes) = try compare(bank, warehouse, policy: rules)
        #expect(report.changed > 0)
        #expect(changes.count == report.changed)
        #expect(try WarehouseDump.text(of: warehouse, leavingOut: []) == before)
        // The same history under the other rules, by the engine.
        let text =
            BankFixture.job.components(separatedBy: "rules:\n")[0] + rules + "review:"
            + (BankFixture.job.components(separatedBy: "review:").last ?? "")
        let folder = bank.folder
        let twin = try bank.warehouse("twin.db")
        defer { withExtendedLifetime(folder) {} }
        try text.write(toFile: bank.jobPath, atomically: true, encoding: .utf8)
        _ = try bank.runner(twin).run(bank.job())
        try BankFixture.job.write(toFile: bank.jobPath, atomically: true, encoding: .utf8)
        let large = try twin.read {
            try Set(Int64.fetchAll($0, sql: "SELECT \"transaction\" FROM bank_scores WHERE cause = 'rule: large'"))
        }
        let moved = Set(changes.filter { $0.causeAfter == "rule: large" }.compactMap { Int64($0.key[0]) })
        #expect(!moved.isEmpty)
        #expect(moved.isSubset(of: large), "whatever the scores, the rule matches the same rows")
        let byModel = try warehouse.read {
            try Set(Int64.fetchAll($0, sql: "SELECT \"transaction\" FROM bank_scores_current WHERE run = 3"))
        }
        for change in changes {
            #expect(change.outcomeBefore != change.outcomeAfter)
            // The stage's own rules have nothing to say about a row that they do not suspect.
            if let key = Int64(change.key[0]), byModel.contains(key) { #expect(!change.reasonsBefore.isEmpty) }
        }
        #expect(changes.contains { Int64($0.key[0]).map(byModel.contains) ?? false })
        // From clear to review: 4 EUR are spent, and what was taken is saved.
        let toReview = try #require(changes.first { $0.outcomeBefore == "clear" && $0.outcomeAfter == "review" })
        #expect(toReview.savedIfNegative == -400)
        #expect(toReview.savedIfPositive > 6_000 - 400 - 1)
        let known = report.moves.filter { $0.from != $0.to }.reduce(0) { $0 + $1.saved }
        #expect(report.savedKnown.estimate == known)
        #expect(report.savedKnown.lower <= known && known <= report.savedKnown.upper)
        #expect(report.savedKnown.lower < report.savedKnown.upper)
        #expect(report.queueAfter.mean.estimate > report.queueBefore.mean.estimate)
    }

    @Test("computes features again where the job stores none, and finds the same")
    func withoutFeatures() throws {
        let rules = "rules: [{ name: burst, when: customer_count_1d > 2 and amount > 20 EUR, then: hold }]\n"
        let (bank, warehouse) = try history()
        let stored = try compare(bank, warehouse, policy: rules)
        let (poor, empty) = try history { $0.replacing("results: bank_scores", with: "results: { table: bank_scores, features: false }") }
        let again = try compare(poor, empty, policy: rules)
        #expect(stored.report.changed > 0)
        #expect(again.report.moves == stored.report.moves)
        #expect(again.changes.map(\.key) == stored.changes.map(\.key))
        #expect(try FileManager.default.contentsOfDirectory(atPath: poor.folder).allSatisfy { !$0.hasPrefix("pipeline-replay") })
    }

    @Test("bounds what is not known by the audit sample, within what every labelling could come to")
    func unknown() throws {
        // Nobody reports fraud: only audits say anything of what was cleared.
        let (bank, warehouse) = try history(trains: false) { text in
            let start = text.range(of: "  chargebacks:")!, end = text.range(of: "  blocked:\n")!
            var text = text
            text.removeSubrange(start.lowerBound..<end.lowerBound)
            let train = text.range(of: "train:\n")!, policy = text.range(of: "policy:\n")!
            text.removeSubrange(train.lowerBound..<policy.lowerBound)
            return text.replacing("audit-sample: 2%", with: "audit-sample: 20%").replacing(", model: bank,", with: ",")
        }
        // Only more is held than before: no change can lose by a fraud that it lets go.
        let rules = """
            rules:
              - { name: blocked-terminal, when: terminal in blocked, then: hold }
              - { name: large, when: amount > 60 EUR, then: hold }
              - { name: burst, when: customer_count_1d > 12, then: review }

            """
        let blind = try compare(bank, warehouse, policy: rules).report
        #expect(blind.auditedRows == 0)
        #expect(blind.unknownRows == blind.changed && blind.changed > 20)
        #expect(blind.savedUnknown.lower < 0 && blind.savedUnknown.upper > 0, "all genuine, or all fraud")
        // A person finds all audited rows genuine.
        let queue = ReviewQueue(warehouse), person = ReviewPerson(actor: "ann", host: "desk")
        let items = try warehouse.read { database in
            try Int64.fetchAll(database, sql: "SELECT id FROM pipeline_review_items WHERE sample_probability IS NOT NULL ORDER BY id")
        }
        for id in items {
            _ = try queue.decide(
                id, outcome: "clear", isPositive: false, reason: "looked", by: person, now: BankFixture.clock + .days(3),
                outcomes: ["clear", "hold"])
        }
        let audited = try compare(bank, warehouse, policy: rules).report
        #expect(audited.auditedRows > 3)
        #expect(audited.savedUnknown.lower == blind.savedUnknown.lower, "none may be fraud")
        #expect(audited.savedUnknown.upper < blind.savedUnknown.upper, "not all can be fraud any more")
        #expect(audited.savedUnknown.estimate == audited.savedUnknown.lower)
    }

    @Test("refuses a period without rows, another's sections, and what is wrong in the other policy, in its own lines")
    func refusals() throws {
        let bank = try BankFixture(customers: 20, days: 5)
        let warehouse = try bank.warehouse()
        _ = try bank.runner(warehouse).run(bank.job())
        #expect(throws: Failure.self) { try compare(bank, warehouse, policy: BankFixture.job, from: Self.to, to: Self.to + .days(1)) }
        #expect(throws: Failure.self) { try compare(bank, warehouse, model: 7) }
        func problems(_ text: String) -> [String] {
            do throws(Error) {
                let path = "\(bank.folder)/wrong.yaml"
                try text.write(toFile: path, atomically: true, encoding: .utf8)
                _ = try bank.job().withPolicy(ofFile: path)
                return []
            } catch {
                return (error as? JobProblems)?.findings.map { "\($0.line):\($0.column) \($0.code)" } ?? ["\(error)"]
            }
        }
        #expect(problems("rules:\n  - { name: a, when: amout > 3, then: hold }\n") == ["2:22 job.rule-operand"])
        #expect(problems("# nothing\nfeed: x\n") == ["2:1 job.unknown-key"])
        #expect(problems("rules: [{ name: a, when: amount > 3, then: hold }]\n").isEmpty)
    }
}

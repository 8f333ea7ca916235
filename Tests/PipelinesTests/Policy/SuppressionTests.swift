import Connectors
import Foundation
import GRDB
import PipelineTesting
import Pipelines
import Records
import Testing

@Suite("a suppression", .serialized) struct SuppressionTests {
    private static let until = "2026-01-20"
    private let rules = """
          - { name: burst, when: customer_count_1d > 12, then: review }
        """

    private func bank(_ suppressions: String) throws -> BankFixture {
        try BankFixture {
            $0.replacing(rules, with: "  - { name: large, when: amount > 60 EUR, then: review }\n\(suppressions)")
        }
    }

    private func suppressed(until: String = until) -> String {
        "suppressions:\n  - { name: sale, when: amount < 100 EUR, until: \(until), reason: the sale, owner: risk }"
    }

    private func outcomes(_ warehouse: Warehouse) throws -> [Int64: (outcome: String, cause: String?, time: String)] {
        try warehouse.read { database in
            let rows = try Row.fetchAll(database, sql: "SELECT \"transaction\", outcome, cause, event_time FROM bank_scores_current")
            return Dictionary(uniqueKeysWithValues: rows.map { ($0[0], ($0[1], $0[2], $0[3])) })
        }
    }

    @Test("takes rows out of review up to its last day, and no other, each with what would have sent it there")
    func effect() throws {
        let plain = try bank(""), quiet = try bank(suppressed())
        let (before, after) = (try plain.warehouse(), try quiet.warehouse())
        _ = try plain.runner(before).run(plain.job())
        _ = try quiet.runner(after).run(quiet.job())
        let (left, right) = (try outcomes(before), try outcomes(after))
        #expect(left.count == right.count)
        var changed = 0
        for (key, old) in left {
            let new = try #require(right[key])
            guard new.outcome != old.outcome || new.cause != old.cause else { continue }
            changed += 1
            #expect(old.outcome == "review")
            #expect(new.outcome == "clear")
            #expect(new.cause == "suppressed: sale (\(old.cause ?? "cost"))")
            #expect(new.time < "2026-01-21")
        }
        #expect(changed > 10)
        let recorded = try after.read { database in
            try Row.fetchAll(database, sql: "SELECT key, cause, if_negative, review, outcome FROM pipeline_suppressed ORDER BY id")
        }
        #expect(recorded.count == changed)
        for row in recorded {
            let key = try #require(Int64(row["key"] as String))
            #expect(right[key]?.cause == row["cause"] as String)
            #expect((row["if_negative"] as Int64, row["review"] as Int64) == (0, 400))
        }
        let items = try after.read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM pipeline_review_items WHERE cause LIKE 'suppressed%'")
        }
        #expect(items == 0)
        // A suppressed row is decided without a person, so it may be drawn for audit like others.
        let report = try Replayer(warehouse: after, environment: .fixed(BankFixture.clock)).replay(
            quiet.job(), asOf: .distantFuture, in: quiet.folder)
        #expect(report.difference == nil)
    }

    @Test("when it has ended, status tells what it cost, and `check` that it is over")
    func cost() throws {
        let bank = try bank(suppressed())
        let warehouse = try bank.warehouse()
        _ = try bank.runner(warehouse).run(bank.job())
        func status(_ day: Int) throws -> SuppressionCost {
            let now = Timestamp(.init(year: 2026, month: 1, day: day))
            return try #require(try warehouse.read { try JobStatus.all(in: $0, now: now) }.first?.suppressions.first)
        }
        #expect(try status(20).isActive)
        #expect(try !status(21).isActive)
        let late = try #require(try warehouse.read { try JobStatus.all(in: $0, now: BankFixture.clock) }.first?.suppressions.first)
        let expected = try warehouse.read { database in
            try Row.fetchOne(
                database,
                sql: """
                    SELECT count(*), sum(key IN (SELECT key FROM pipeline_labels WHERE positive = 1)),
                    sum(CASE WHEN key IN (SELECT key FROM pipeline_labels WHERE positive = 1) THEN if_positive ELSE 0 END)
                    FROM pipeline_suppressed
                    """)
        }
        let row = try #require(expected)
        #expect(late.rows == row[0] && late.rows > 10)
        #expect(late.positives == row[1])
        #expect(late.lost.minor == row[2])
        #expect(late.spared.minor == Int64(late.rows) * 400)
        func warnings(_ day: Int) -> [String] {
            Job.check(path: bank.jobPath, now: Timestamp(.init(year: 2026, month: 1, day: day))).findings.map(\.code)
        }
        #expect(!warnings(20).contains("job.suppression-ended"))
        #expect(warnings(21).contains("job.suppression-ended"))
    }

    @Test("is checked like a rule, and every key of it is needed")
    func findings() {
        let start = "  - { name: blocked, when: terminal in blocked, then: hold }\n"
        expect(
            (
                start,
                "\(start)suppressions:\n  - { name: sale, when: ⟦1⟧amout > 3, until: ⟦2⟧2026-13-01, reason: r, owner: o }\n"
                    + "  - ⟦3⟧{ name: nobody, when: amount > 3, until: 2026-12-31, reason: r }\n"
                    + "  - { name: twice, when: amount > 3, until: 2026-12-31, reason: r, owner: o }\n"
                    + "  - { name: ⟦4⟧twice, when: amount > 3, until: 2026-12-31, reason: r, owner: o }\n"
            ),
            give: [
                """
                ⟦1⟧ error: no such column or feature (suppressions[0].when): 'amout', expected a column of the main feed, or a feature of the \
                stage. Did you mean 'amount'?
                """,
                "⟦2⟧ error: wrong value (suppressions[0].until): '2026-13-01', expected a day such as 2026-12-31.",
                """
                ⟦3⟧ error: 'owner' is missing (suppressions[1]): expected a text. Add it, for example `owner: payments-risk@example.com`.
                """,
                "⟦4⟧ error: two suppressions have the same name (suppressions[3].name): 'twice'. Rename one.",
            ])
    }
}

import Connectors
import Foundation
import GRDB
import Models
import PipelineTesting
import Pipelines
import Records
import Testing

@Suite("monitoring") struct MonitorTests {
    private static func bank(_ edit: @escaping (String) -> String = { $0 }) throws -> BankFixture {
        try BankFixture(customers: 120, days: 50) { edit($0.replacing("audit-sample: 2%", with: "audit-sample: 20%")) }
    }

    private func scored(_ bank: BankFixture) throws -> Warehouse {
        let warehouse = try bank.warehouse()
        _ = try Trainer(warehouse: warehouse, environment: .fixed(BankFixture.clock)).train(bank.job())
        _ = try bank.runner(warehouse).run(bank.job())
        return warehouse
    }

    private func decide(_ item: Int64, isFraud: Bool, _ warehouse: Warehouse) throws {
        _ = try ReviewQueue(warehouse).decide(
            item, outcome: isFraud ? "hold" : "clear", isPositive: isFraud, reason: "audited", by: ReviewPerson(actor: "ann", host: "desk"),
            now: BankFixture.clock + .hours(1), outcomes: ["clear", "hold"])
    }

    /// Decides the audit sample's items; of those with a known chargeback, as fraud.
    private func decideAll(_ warehouse: Warehouse) throws -> Int {
        let items: [(id: Int64, isFraud: Bool)] = try warehouse.read { database in
            try GRDB.Row.fetchAll(
                database,
                sql: """
                    SELECT id, EXISTS (SELECT 1 FROM pipeline_labels l WHERE l.job = i.job AND l.key = i.key AND l.positive) AS fraud
                    FROM pipeline_review_items i WHERE cause = 'audit-sample' ORDER BY id
                    """
            ).map { ($0["id"], $0["fraud"]) }
        }
        for item in items { try decide(item.id, isFraud: item.isFraud, warehouse) }
        return items.count
    }

    @Test("the miss rate's interval holds the true share of cleared frauds, and undecided audits are counted as pending")
    func missRate() throws {
        let bank = try Self.bank()
        let warehouse = try scored(bank)
        let job = try bank.job()
        let monitor = Monitor(warehouse: warehouse, days: 45, referenceDays: 5)
        let before = try monitor.report(on: job, now: BankFixture.clock + .days(1))
        #expect(before.audit.auditedRows == 0 && before.audit.pendingRows > 100 && before.audit.clearedRows > 1_000)
        #expect(before.audit.missRate.map { $0.lower == 0 } == true)
        let drawn = try decideAll(warehouse)
        let after = try monitor.report(on: job, now: BankFixture.clock + .days(1))
        #expect(after.audit.auditedRows > 100 && after.audit.pendingRows == 0 && after.audit.auditedRows <= drawn)
        let truth = try warehouse.read {
            try Double.fetchOne(
                $0,
                sql: """
                    SELECT avg(EXISTS (SELECT 1 FROM pipeline_labels l WHERE l.job = 'bank' AND l.key = CAST(s."transaction" AS TEXT)
                        AND l.positive AND l.run IS NOT NULL)) FROM bank_scores_current s WHERE outcome = 'clear' AND event_time >= ?
                    """, arguments: [after.from])
        }
        let rate = try #require(after.audit.missRate)
        #expect(try (rate.lower...rate.upper).contains(#require(truth)))
        #expect(rate.upper < 0.05 && after.audit.widthFactor < 2)
        #expect(after.audit.realisedRisk.map { $0.upper <= 1 } == true)
        // Nothing that was decided later counts.
        #expect(try monitor.report(on: job, now: BankFixture.clock).audit.auditedRows == 0)
    }

    @Test("no drift is found where there is none, and a shift of one feature is")
    func drift() throws {
        let bank = try Self.bank()
        let warehouse = try scored(bank)
        let job = try bank.job()
        let monitor = Monitor(warehouse: warehouse, days: 7, referenceDays: 28)
        let quiet = try #require(monitor.report(on: job, now: BankFixture.clock).drift)
        #expect(quiet.canAlarm && quiet.columns.count == 15)
        #expect(!quiet.columns.contains { $0.name == "amount" && $0.isAlarm })
        // Amounts of the last week ten times as large.
        try warehouse.write { database in
            let rows = try GRDB.Row.fetchAll(
                database,
                sql:
                    "SELECT \"transaction\" AS key, features FROM bank_scores WHERE event_time >= (SELECT datetime(max(event_time), '-6 days') FROM bank_scores)"
            )
            for row in rows {
                var data: Data = row["features"]
                let amount = data.withUnsafeBytes { $0.loadUnaligned(as: Float.self) } * 10
                withUnsafeBytes(of: amount) { data.replaceSubrange(0..<4, with: $0) }
                try database.execute(
                    sql: "UPDATE bank_scores SET features = ? WHERE \"transaction\" = ?", arguments: [data, row["key"] as Int64])
            }
        }
        let shifted = try #require(monitor.report(on: job, now: BankFixture.clock).drift)
        #expect(shifted.columns.contains { $0.name == "amount" && $0.isAlarm } && shifted.isAlarm)
    }

    @Test("odd labels are named in the card before anybody trusts the model: a burst of decisions against the evidence")
    func labels() throws {
        let bank = try Self.bank { $0.replacing("last: 30d", with: "last: 300d").replacing("trees: 20", with: "trees: 60") }
        let warehouse = try scored(bank)
        let job = try bank.job()
        let plain = try Trainer(warehouse: warehouse, environment: .fixed(BankFixture.clock + .days(1))).train(job, asOf: BankFixture.clock)
        #expect(plain.version.card.fitting?.oddLabels == [])
        let surelyGenuine = try warehouse.read {
            try Int64.fetchAll(
                $0, sql: "SELECT id FROM pipeline_review_items WHERE cause = 'audit-sample' AND score < 0.009 ORDER BY id LIMIT 60")
        }
        #expect(surelyGenuine.count == 60)
        for item in surelyGenuine { try decide(item, isFraud: true, warehouse) }
        let later = Trainer(warehouse: warehouse, environment: .fixed(BankFixture.clock + .days(1)))
        let odd = try later.train(job, asOf: BankFixture.clock + .days(1)).version.card.fitting?.oddLabels ?? []
        #expect(Set(odd.map(\.kind)).isSuperset(of: [.burst, .againstEvidence]), "\(odd)")
        #expect(odd.allSatisfy { $0.rows > 0 && $0.reason.hasSuffix(".") })
    }

    @Test("a job without results has nothing to monitor")
    func nothing() throws {
        let bank = try Self.bank()
        let warehouse = try bank.warehouse()
        let job = try bank.job()
        #expect(throws: Failure.self) { try Monitor(warehouse: warehouse).report(on: job, now: BankFixture.clock) }
    }
}

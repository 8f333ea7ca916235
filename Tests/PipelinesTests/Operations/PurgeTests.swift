import Connectors
import Foundation
import GRDB
import Pipelines
import Records
import Testing

@Suite("A purge") struct PurgeTests {
    private static let limit = "2026-02-13T02:00:00Z"

    @Test("deletes what is older than `retain`, keeps open items with their rows, and the chain verifies against every earlier head")
    func deletes() throws {
        let bank = try RetainedBank()
        let old = try bank.count("SELECT count(*) FROM bank_scores WHERE event_time < ?", [Self.limit])
        let decided = try bank.count("SELECT count(*) FROM pipeline_decisions")
        let rejects = try bank.count("SELECT count(*) FROM pipeline_rejects")
        #expect(old > 100 && decided > 20 && rejects > 2)
        let rehearsed = try bank.purge(writes: false)
        #expect(try bank.count("SELECT count(*) FROM bank_scores WHERE event_time < ?", [Self.limit]) == old)
        let report = try bank.purge()
        // A rehearsal takes every batch back, so each entry of the chain is counted from the start.
        #expect(report.rows == rehearsed.rows && report.emptied == decided)
        #expect(
            try String.fetchAll(
                bank, "SELECT CAST(\"transaction\" AS TEXT) FROM bank_scores WHERE event_time < '\(Self.limit)'") == [bank.open])
        #expect(try bank.count("SELECT count(*) FROM landed WHERE booked < ?", [Self.limit]) == 1)
        #expect(try bank.count("SELECT count(*) FROM pipeline_review_items") == 1)
        #expect(try bank.count("SELECT count(*) FROM pipeline_decisions") == 0)
        // The newest number stays.
        #expect(try bank.count("SELECT count(*) FROM pipeline_rejects") == 1)
        try bank.warehouse.read { database in
            let verified = try AuditChain(database).verify(against: bank.head)
            #expect(verified.emptied == decided && verified.decisions == 0)
            #expect(try Row.fetchAll(database, sql: "PRAGMA foreign_key_check").isEmpty)
        }
        #expect(try bank.purge().total == 0)
        #expect(try bank.warehouse.reclaim() ?? 0 > 0)
    }

    @Test("is no excuse: a decision deleted without it, or an entry emptied without it, is still found")
    func control() throws {
        let bank = try RetainedBank()
        let last = try bank.count("SELECT max(id) FROM pipeline_decisions")
        // One decision more is younger than the purge's limit.
        try bank.warehouse.write { database in
            try database.execute(
                sql: "UPDATE pipeline_review_items SET created = ? WHERE id IN (SELECT item FROM pipeline_decisions WHERE id = ?)",
                arguments: [RetainedBank.purged.microseconds, last])
        }
        _ = try bank.purge()
        let remaining = try bank.warehouse.read { try AuditChain($0).verify() }
        #expect(remaining.decisions == 1)
        for change in [
            "DELETE FROM pipeline_labels WHERE decision = \(last); DELETE FROM pipeline_decisions WHERE id = \(last)",
            "UPDATE pipeline_audit SET body = '' WHERE kind = 'decision' AND subject = \(last)",
            "UPDATE pipeline_audit SET body = '{}' WHERE body = ''",
            "UPDATE pipeline_audit SET hash = replace(hash, 'a', 'b') WHERE body = ''",
            "DELETE FROM pipeline_audit WHERE kind = 'purge'",
        ] {
            #expect { try Self.verify(bank, after: change) } throws: { ($0 as? Failure)?.kind == .difference }
        }
    }

    /// Verifies what `sql` makes of the database, which is taken back.
    private static func verify(_ bank: RetainedBank, after sql: String) throws {
        try bank.warehouse.pool.writeWithoutTransaction { database in
            var found: (any Error)?
            try database.inTransaction {
                try database.execute(sql: sql)
                do { _ = try AuditChain(database).verify() } catch { found = error }
                return .rollback
            }
            if let found { throw found }
        }
    }

    @Test("keeps what a legal hold keeps until it is released, and of a held job everything")
    func holds() throws {
        let bank = try RetainedBank()
        let held = try #require(
            try bank.warehouse.read { try Int64.fetchOne($0, sql: "SELECT \"transaction\" FROM bank_scores ORDER BY event_time LIMIT 1") })
        let environment = Environment.fixed(RetainedBank.purged)
        let hold = try bank.warehouse.write { try HoldStore($0).place(job: "bank", key: "\(held)", reason: "case 17", by: environment) }
        let whole = try bank.warehouse.write { try HoldStore($0).place(job: "bank", key: nil, reason: "case 18", by: environment) }
        #expect { try bank.purge() } throws: { ($0 as? Failure)?.code == "purge.held" }
        try bank.warehouse.write { try HoldStore($0).release(whole.id, reason: "closed", by: environment) }
        _ = try bank.purge()
        #expect(try bank.count("SELECT count(*) FROM bank_scores WHERE \"transaction\" = ?", [held]) == 1)
        try bank.warehouse.write { try HoldStore($0).release(hold.id, reason: "closed", by: environment) }
        _ = try bank.purge()
        #expect(try bank.count("SELECT count(*) FROM bank_scores WHERE \"transaction\" = ?", [held]) == 0)
        #expect(try bank.warehouse.read { try AuditChain($0).verify().holds } == 4)
    }

    @Test("keeps rejects in which a held key stands, and only those")
    func heldRejects() throws {
        let bank = try RetainedBank()
        let raw = try #require(
            try bank.warehouse.read {
                try Data.fetchOne($0, sql: "SELECT raw FROM pipeline_rejects WHERE instr(raw, CAST(',' AS BLOB)) > 1 ORDER BY id LIMIT 1")
            })
        let key = try #require(String(decoding: raw, as: UTF8.self).split(separator: ",").first.map(String.init))
        let before = try bank.count("SELECT count(*) FROM pipeline_rejects")
        _ = try bank.warehouse.write {
            try HoldStore($0).place(job: "bank", key: key, reason: "case 17", by: .fixed(RetainedBank.purged))
        }
        _ = try bank.purge()
        let kept = try bank.warehouse.read { try Data.fetchAll($0, sql: "SELECT raw FROM pipeline_rejects") }
        #expect(kept.contains(raw) && before > kept.count + 1)
        // All but the newest name the key: without the hold they go.
        #expect(kept.dropLast().allSatisfy { String(decoding: $0, as: UTF8.self).hasPrefix(key) })
    }

    @Test("takes no outcome that a receiver was not given yet, nor a decision; once given they go, and on demand")
    func undelivered() throws {
        let bank = try RetainedBank(delivered: 25)
        func export() throws {
            _ = try OutboundExport(
                job: "bank", receiver: "core", form: .csv, warehouse: bank.warehouse, environment: .fixed(RetainedBank.ran)
            ).run(folder: bank.bank.folder)
        }
        try export()
        try bank.bank.deliver(20)
        _ = try bank.bank.runner(bank.warehouse, at: RetainedBank.ran + .hours(2)).run(bank.job)
        let items = try bank.warehouse.read { try ReviewStore($0).list(now: RetainedBank.ran + .hours(3)) }
        let late = try #require(items.first { $0.item.run == 2 && $0.state.decision == nil })
        _ = try ReviewQueue(bank.warehouse).decide(
            late.item.id, outcome: "hold", isPositive: true, reason: "stolen", by: .ann, now: RetainedBank.ran + .hours(4),
            outcomes: ["clear", "hold"])
        let waiting = try bank.count("SELECT count(*) FROM bank_scores WHERE run = 2")
        let given = try bank.count("SELECT count(*) FROM bank_scores WHERE run = 1")
        let first = try bank.purge()
        #expect(first.undelivered == 1)
        #expect(try bank.count("SELECT count(*) FROM bank_scores WHERE run = 2") == waiting)
        #expect(try bank.count("SELECT count(*) FROM bank_scores WHERE run = 1") < given)
        #expect(try bank.count("SELECT count(*) FROM pipeline_decisions WHERE item = ?", [late.item.id]) == 1)
        // On demand they go: what it would take is counted, and taken back.
        let all = try Purge(warehouse: bank.warehouse, environment: .fixed(RetainedBank.purged), takesUndelivered: true)
            .run(bank.job, writes: false)
        #expect(all.rows["bank_scores"] ?? 0 > 0 && all.undelivered == 0)
        try export()
        let second = try bank.purge()
        #expect(second.undelivered == 0 && second.rows["bank_scores"] == all.rows["bank_scores"])
        #expect(try bank.count("SELECT count(*) FROM pipeline_decisions WHERE item = ?", [late.item.id]) == 0)
    }

    @Test("leaves a history that replays; a row missing that it did not take is a difference")
    func replays() throws {
        let bank = try RetainedBank()
        _ = try bank.purge()
        func replay() throws -> ReplayReport {
            try Replayer(warehouse: bank.warehouse, environment: .fixed(RetainedBank.purged))
                .replay(bank.job, asOf: RetainedBank.ran, in: bank.bank.folder)
        }
        #expect(try replay().difference == nil)
        try bank.warehouse.write {
            try $0.execute(sql: "DELETE FROM bank_scores WHERE \"transaction\" = (SELECT max(\"transaction\") FROM bank_scores)")
        }
        #expect(try replay().difference != nil)
    }

    @Test("of rows that `train` learns from is a finding of `check`")
    func tooShort() throws {
        for name in ["results", "labels", "review"] {
            #expect {
                try BankFixture { $0 + "\nretain: { \(name): 36d }\n" }.job()
            } throws: { "\($0)".contains("retain") }
        }
        // Decisions teach as labels of feeds do; rejects teach nothing.
        #expect(try BankFixture { $0 + "\nretain: { review: 37d, rejects: 1d }\n" }.job().retention?.review == .days(37))
        #expect(try BankFixture { $0 + "\nretain: { results: 37d }\n" }.job().retention?.results == .days(37))
    }
}

extension String {
    fileprivate static func fetchAll(_ bank: RetainedBank, _ sql: String) throws -> [String] {
        try bank.warehouse.read { try String.fetchAll($0, sql: sql) }
    }
}

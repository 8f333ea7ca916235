import Connectors
import Foundation
import GRDB
import Pipelines
import Records
import Testing

@Suite("Forgetting a person") struct ErasureTests {
    /// The person with most decided items, who is in no open one.
    private func person(_ bank: RetainedBank) throws -> String {
        let name = try bank.warehouse.read { database in
            try String.fetchOne(
                database,
                sql: """
                    SELECT l.customer FROM landed l JOIN pipeline_review_items i ON i.key = CAST(l."transaction" AS TEXT)
                    WHERE l.customer <> (SELECT customer FROM landed WHERE CAST("transaction" AS TEXT) = ?)
                    GROUP BY l.customer ORDER BY count(*) DESC, 1 LIMIT 1
                    """, arguments: [bank.open])
        }
        return try #require(name)
    }

    private func erase(_ name: String, _ bank: RetainedBank) throws -> Erasure.Report {
        try Erasure(name, in: "customer", of: bank.job, warehouse: bank.warehouse, environment: .fixed(RetainedBank.purged))
            .run(reason: "request 17")
    }

    private func bytes(_ bank: RetainedBank) -> [Data] {
        ["", "-wal"].map { FileManager.default.contents(atPath: bank.warehouse.path + $0) ?? Data() }
    }

    @Test("leaves no trace of the name in the file or its log, and a chain that verifies against the head before")
    func nowhere() throws {
        let bank = try RetainedBank()
        let name = try person(bank)
        #expect(bytes(bank).contains { $0.firstRange(of: Data(name.utf8)) != nil })
        let others = try bank.count("SELECT count(*) FROM bank_scores")
        let own = try bank.count("SELECT count(*) FROM landed WHERE customer = ?", [name])
        // A row that is broken in a column that only the job's main feed reads lands, and has no score.
        let scored = try bank.count(
            "SELECT count(*) FROM bank_scores WHERE \"transaction\" IN (SELECT \"transaction\" FROM landed WHERE customer = ?)", [name])
        #expect(try bank.count("SELECT count(*) FROM owners WHERE customer = ?", [name]) == 1)
        // Nor does the owner's number, which is a transaction of somebody else, take that one away.
        let report = try erase(name, bank)
        #expect(report.keys == own && report.wasInState && report.emptied > 0 && own > 10)
        #expect(bytes(bank).allSatisfy { $0.firstRange(of: Data(name.utf8)) == nil })
        #expect(try bank.count("SELECT count(*) FROM bank_scores") == others - scored)
        try bank.warehouse.read { database in
            let verified = try AuditChain(database).verify(against: bank.head)
            #expect(verified.emptied == report.emptied)
            #expect(try Row.fetchAll(database, sql: "PRAGMA foreign_key_check").isEmpty)
        }
        // The feed files still say which keys they were, and nothing of them is left.
        let again = try erase(name, bank)
        #expect(again.rows.isEmpty && again.emptied == 0 && !again.wasInState)
    }

    @Test("finds scores by the feed files where the database does not say whose they are, and the history still replays")
    func feeds() throws {
        let bank = try BankFixture(customers: 30, days: 20, broken: 0)
        let warehouse = try bank.warehouse(), job = try bank.job()
        _ = try bank.runner(warehouse, at: RetainedBank.ran).run(job)
        let (name, open) = try warehouse.write { database in
            // Nobody is asked about the first card that has an item: its items go, as if there had been none.
            let fields = try String.fetchOne(database, sql: "SELECT fields FROM pipeline_review_items ORDER BY id LIMIT 1") ?? ""
            let name = JSONValue(parsing: fields)?["customer"]?.string ?? ""
            let items = try Int.fetchOne(
                database, sql: "SELECT count(*) FROM pipeline_review_items WHERE instr(fields, ?) > 0", arguments: [name])
            return (name, items ?? 0)
        }
        #expect(open > 0)
        for entry in try warehouse.read({ try ReviewStore($0).list(now: RetainedBank.ran) })
        where entry.item.fields.contains(where: { $0.value == name }) {
            _ = try ReviewQueue(warehouse).decide(
                entry.item.id, outcome: "clear", isPositive: false, reason: "of \(name)", by: .ann, now: RetainedBank.ran + .hours(1),
                outcomes: ["clear", "hold"])
        }
        let before = try warehouse.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM bank_scores") ?? 0 }
        let report = try Erasure(name, in: "customer", of: job, warehouse: warehouse, environment: .fixed(RetainedBank.purged))
            .run(reason: "request 18")
        #expect(report.keys > open)
        #expect(try warehouse.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM bank_scores") } == before - report.keys)
        func replay() throws -> ReplayDifference? {
            try Replayer(warehouse: warehouse, environment: .fixed(RetainedBank.purged)).replay(
                job, asOf: RetainedBank.ran, in: bank.folder
            )
            .difference
        }
        #expect(try replay() == nil)
        // An erasure excuses its own marks and counts only.
        try warehouse.write { try $0.execute(sql: "UPDATE pipeline_review_items SET evidence = replace(evidence, 'EUR', 'USD')") }
        #expect(try replay() != nil)
        try warehouse.write { try $0.execute(sql: "UPDATE pipeline_review_items SET evidence = replace(evidence, 'USD', 'EUR')") }
        #expect(try replay() == nil)
        // It counted the rows that it rewrote apart from those it deleted: none more may be other than they were.
        try warehouse.write { database in
            let terminal = "json_extract(fields, '$.terminal')"
            try database.execute(
                sql: "UPDATE pipeline_review_items SET fields = replace(fields, \(terminal), ?) WHERE instr(fields, ?) = 0",
                arguments: [Erasure.mark, Erasure.mark])
            #expect(database.changesCount > report.rewritten["pipeline_review_items"] ?? 0)
        }
        #expect(try replay() != nil)
    }

    @Test("would be found out if something were left: deleted rows alone leave the name in the file")
    func control() throws {
        let bank = try RetainedBank()
        let name = try person(bank)
        try bank.warehouse.write { database in
            for table in ["landed", "owners"] { try database.execute(sql: "DELETE FROM \(table) WHERE customer = ?", arguments: [name]) }
        }
        let place = try #require(try bank.warehouse.place(of: Array(name.utf8)))
        #expect(place.contains("pipeline_"))
    }

    @Test("changes no score of anybody else in the runs that follow")
    func others() throws {
        let (forgetful, other) = (try RetainedBank(delivered: 40), try RetainedBank(delivered: 40))
        let name = try person(forgetful)
        _ = try erase(name, forgetful)
        for bank in [forgetful, other] {
            try bank.bank.deliver(10)
            _ = try bank.bank.runner(bank.warehouse, at: RetainedBank.ran + .days(10)).run(bank.job)
        }
        func scores(_ bank: RetainedBank) throws -> [Row] {
            try bank.warehouse.read {
                try Row.fetchAll(
                    $0,
                    sql: """
                        SELECT s.* FROM bank_scores s JOIN landed l ON l."transaction" = s."transaction"
                        WHERE s.run = 2 AND l.customer <> ? ORDER BY 1
                        """, arguments: [name])
            }
        }
        let (after, undisturbed) = (try scores(forgetful), try scores(other))
        #expect(after.count > 100 && after.count == undisturbed.count)
        // The terminals' sums still have the person's earlier rows: features, and so scores, are the same.
        #expect(zip(after, undisturbed).allSatisfy { $0["score"] as Double? == $1["score"] && $0["features"] as Data? == $1["features"] })
    }

    @Test("is refused while a hold is in force or an item is open, and then touches nothing")
    func refused() throws {
        let bank = try RetainedBank()
        let name = try person(bank)
        let key = try #require(
            try bank.warehouse.read {
                try String.fetchOne($0, sql: "SELECT CAST(\"transaction\" AS TEXT) FROM landed WHERE customer = ?", arguments: [name])
            })
        let rows = try bank.count("SELECT count(*) FROM bank_scores")
        let hold = try bank.warehouse.write {
            try HoldStore($0).place(job: "bank", key: key, reason: "case 17", by: .fixed(RetainedBank.purged))
        }
        #expect { try erase(name, bank) } throws: { ($0 as? Failure)?.code == "erase.held" }
        try bank.warehouse.write { try HoldStore($0).release(hold.id, reason: "closed", by: .fixed(RetainedBank.purged)) }
        let busy = try #require(
            try bank.warehouse.read {
                try String.fetchOne(
                    $0, sql: "SELECT customer FROM landed WHERE CAST(\"transaction\" AS TEXT) = ?", arguments: [bank.open])
            })
        #expect { try erase(busy, bank) } throws: { ($0 as? Failure)?.code == "erase.open" }
        #expect(try bank.count("SELECT count(*) FROM bank_scores") == rows)
        #expect { try erase("abc", bank) } throws: { ($0 as? Failure)?.code == "erase.short" }
    }
}

import Connectors
import Foundation
import GRDB
import PipelineTesting
import Pipelines
import Records
import Synchronization
import Testing

@Suite("a job that lands rows in tables") struct TableRunTests {
    private func count(_ table: String, _ condition: String = "1", in warehouse: Warehouse) throws -> Int {
        try warehouse.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table) WHERE \(condition)") ?? -1 }
    }

    @Test("needs no stage: every row of both feeds is in its table, typed, with its run, file and number")
    func lands() throws {
        let fixture = try StatementFixture(days: 3, entries: 200)
        let warehouse = try fixture.warehouse()
        let report = try fixture.run(warehouse)
        let record = try #require(report.record)
        #expect(report.ending == .done)
        #expect(record.counts.read == 606 && record.counts.accepted == 606 && record.counts.rejected == 0)
        #expect(record.watermark?.iso8601 == "2026-05-03T19:00:00Z")
        #expect(report.feeds.map(\.feed) == ["entries", "balances"])
        #expect(report.feeds.map(\.rows.read) == [600, 6])
        let row = try warehouse.read {
            try Row.fetchOne($0, sql: "SELECT *, typeof(amount) AS type FROM statement_entries WHERE reference = 'R2-90'")
        }
        let found = try #require(row)
        let names = ["statement", "reference", "amount", "booked", "note", "version", "run", "file", "row"]
        #expect(Array(found.columnNames) == names + ["record", "type"])
        let values = names.map { (found[$0] as DatabaseValue).description }
        #expect(
            values == [
                "\"S2\"", "\"R2-90\"", "9020", "\"2026-05-02T10:00:00Z\"", "\"note 90\"", "1", "1", "\"statements/day-2.xml\"", "90",
            ])
        #expect(found["type"] as String == "integer")
        #expect(try count("statement_entries_current", "note IS NULL", in: warehouse) == 402)
        #expect(try count("statement_balances_current", "kind = 'CLBD'", in: warehouse) == 3)
        #expect(try fixture.run(warehouse).ending == .nothingNew)
    }

    @Test("writes the same bytes on one thread and on two, and when it is stopped after every chunk")
    func sameBytes() throws {
        let fixture = try StatementFixture()
        let dumps = try [1, 2].map { threads in
            let warehouse = try fixture.warehouse("threads-\(threads).db")
            _ = try fixture.run(warehouse, threads: threads)
            return try WarehouseDump.text(of: warehouse)
        }
        #expect(WarehouseDump.firstDifference(dumps[0], dumps[1]) == nil)
        let stopped = try fixture.warehouse("stopped.db")
        var stops = 0
        while stops < 100 {
            let asked = Atomic<Int>(0)
            do {
                _ = try fixture.run(stopped, threads: stops % 2 + 1) { asked.wrappingAdd(1, ordering: .relaxed).newValue > 1 }
                break
            } catch let failure as Failure where failure.code == "run.stopped" {
                stops += 1
            }
        }
        #expect(stops > 5)
        #expect(try WarehouseDump.firstDifference(dumps[0], WarehouseDump.text(of: stopped)) == nil)
        // The comparison would see one changed value.
        try stopped.write { try $0.execute(sql: "UPDATE statement_entries SET amount = amount + 1 WHERE reference = 'R1-1'") }
        #expect(try WarehouseDump.firstDifference(dumps[0], WarehouseDump.text(of: stopped)) != nil)
    }

    @Test("makes a corrected row a new version, counts what is unchanged, and rejects what one file holds twice")
    func versions() throws {
        let fixture = try StatementFixture(days: 1, entries: 100)
        let warehouse = try fixture.warehouse()
        _ = try fixture.run(warehouse)
        let twice = "<Ntry><Ref>R1-7</Ref><Amt Ccy=\"EUR\">7.17</Amt><Dt>2026-05-01T17:00:00Z</Dt></Ntry>\n"
        try fixture.write(day: 1, entries: 102, name: "day-1-again", extra: twice) { $0 == 5 ? "5.55" : nil }
        let record = try #require(try fixture.run(warehouse, at: StatementFixture.clock + .days(1)).record)
        #expect(record.counts.read == 105 && record.counts.corrected == 1)
        // R1-7 is unchanged both times: the first file holds it, not this one.
        #expect(record.counts.unchanged == 102 && record.counts.rejected == 0)
        #expect(try count("statement_entries", in: warehouse) == 103)
        #expect(try count("statement_entries_current", in: warehouse) == 102)
        let amounts = try warehouse.read {
            try Int.fetchAll($0, sql: "SELECT amount FROM statement_entries WHERE reference = 'R1-5' ORDER BY version")
        }
        #expect(amounts == [515, 555])
        try fixture.write(day: 2, entries: 50, extra: twice.replacing("R1-7", with: "R2-1x") + twice.replacing("R1-7", with: "R2-1x"))
        let held = try fixture.run(warehouse, at: StatementFixture.clock + .days(2))
        #expect(held.record?.counts.rejected == 1)
        let rejects = try warehouse.read { try RejectStore($0).list(run: 3) }
        #expect(rejects.map(\.feed) == ["entries"] && rejects.first?.reject.code == .duplicate && rejects.first?.reject.row == 52)
        // More than one in a hundred of this feed.
        #expect(held.ending == .held)
        #expect(held.feeds.map(\.isOverLimit) == [true, false])
        #expect(try count("statement_entries_current", "statement = 'S2'", in: warehouse) == 0)
    }

    @Test("judges rejects by feed: few among all rows hold the run when they are many of their feed's")
    func limits() throws {
        let fixture = try StatementFixture(days: 1, entries: 600)
        try fixture.write(
            day: 2, entries: 0,
            extra: "<Bal><Cd>OPBD</Cd><Amt>one</Amt></Bal>")
        let warehouse = try fixture.warehouse()
        let report = try fixture.run(warehouse)
        #expect(report.ending == .held)
        #expect(report.record?.counts.rejected == 1)
        #expect(report.feeds.filter(\.isOverLimit).map(\.feed) == ["balances"])
        let settled = RunSettlement(warehouse: warehouse, environment: .fixed(StatementFixture.clock))
        _ = try settled.discard(1, of: fixture.job(), workingIn: fixture.folder)
        #expect(try count("statement_entries", in: warehouse) == 0)
        // What was discarded is read again once it is put right.
        try fixture.write(day: 2, entries: 10)
        #expect(try fixture.run(warehouse).ending == .done)
        #expect(try count("statement_entries_current", in: warehouse) == 610)
    }

    @Test("knows rows without a key by file and number")
    func withoutKey() throws {
        let fixture = try StatementFixture(days: 2, entries: 30) { $0.replacing("    key: reference\n", with: "") }
        let warehouse = try fixture.warehouse()
        _ = try fixture.run(warehouse)
        #expect(try count("statement_entries_current", in: warehouse) == 60)
        try fixture.write(day: 2, entries: 30) { $0 == 4 ? "0.01" : nil }
        let record = try fixture.run(warehouse, at: StatementFixture.clock + .days(1)).record
        #expect(record?.counts.corrected == 1 && record?.counts.unchanged == 31)
        let key = "statements/day-2.xml\u{1F}4"
        var explanation = try warehouse.read {
            try Explanation(job: "statements", key: key, table: "statement_entries", now: StatementFixture.clock, in: $0)
        }
        explanation.addLines(from: warehouse)
        #expect(explanation.versions.map(\.version) == [1, 2])
        #expect(explanation.versions.map { $0.columns.first { $0.name == "amount" }?.value } == ["4.14 EUR", "0.01 EUR"])
        // The file is no longer the one that the first run read.
        #expect(explanation.versions.map(\.origin?.line) == [nil, 8])
    }

    @Test("adds a column that the job file adds, and says which column or key cannot be changed")
    func layout() throws {
        let fixture = try StatementFixture(days: 1, entries: 20)
        let warehouse = try fixture.warehouse()
        _ = try fixture.run(warehouse)
        let currency = "      currency:  { from: Amt/@Ccy, type: string }\n      kind: "
        try fixture.writeJob(
            StatementFixture.job.replacing("      kind: ", with: currency).replacing(
                "reference: { from: Ref, type: string }", with: "reference: { from: Ref, type: string, personal: true }"))
        try fixture.write(day: 2, entries: 20)
        #expect(try fixture.run(warehouse, at: StatementFixture.clock + .days(1)).ending == .done)
        #expect(try count("statement_balances_current", "currency = 'EUR'", in: warehouse) == 2)
        #expect(try count("statement_balances_current", "currency IS NULL", in: warehouse) == 2)

        func failure(_ old: String, _ new: String) throws -> String? {
            try fixture.write(day: 3, entries: 20)
            try fixture.writeJob(StatementFixture.job.replacing(old, with: new))
            do {
                _ = try fixture.run(warehouse, at: StatementFixture.clock + .days(2))
                return nil
            } catch let failure as Failure {
                return failure.description
            }
        }
        #expect(
            try failure(
                "amount:    { from: Amt, type: money, currency: EUR }\n    key: [", "amount:    { from: Amt, type: float64 }\n    key: [")
                    == """
                    a column of the table has another type (statement_balances.amount): money EUR, expected float64. Give the column another \
                    name, or choose another name under `table:`.
                    """)
        #expect(
            try failure("key: [statement, kind]", "key: statement") == """
                the table has another key (statement_balances): statement, kind, expected statement. Choose another name under `table:`, \
                or set the key back.
                """)
        #expect(
            try failure("job: statements", "job: others") == """
                the result table is taken (statement_entries): a table of job 'statements', expected a name of its own for each job. \
                Choose another name under `results:`.
                """)
    }

    @Test("is replayed equal, and a changed value is found")
    func replay() throws {
        let fixture = try StatementFixture(days: 2, entries: 150)
        let warehouse = try fixture.warehouse()
        _ = try fixture.run(warehouse)
        try fixture.write(day: 3, entries: 150) { $0 == 3 ? "1.00" : nil }
        _ = try fixture.run(warehouse, at: StatementFixture.clock + .days(1))
        let replayer = Replayer(warehouse: warehouse, environment: .fixed(StatementFixture.clock))
        let report = try replayer.replay(fixture.job(), asOf: .distantFuture, in: fixture.folder)
        #expect(report.difference == nil && report.runs == [1, 2] && report.compared > 450)
        try warehouse.write { try $0.execute(sql: "UPDATE statement_balances SET amount = 0 WHERE statement = 'S2' AND kind = 'CLBD'") }
        let altered = try replayer.replay(fixture.job(), asOf: .distantFuture, in: fixture.folder)
        #expect(altered.difference?.cause == .stored)
        #expect(altered.difference?.place == "statement_balances statement S2 kind CLBD version 1, amount")
    }

    @Test("whose first run could not begin leaves no table behind once it is put right")
    func forgotten() throws {
        let fixture = try StatementFixture(days: 1, entries: 20)
        let warehouse = try fixture.warehouse()
        let asked = Atomic<Bool>(false)
        #expect(throws: Failure.self) {
            try fixture.run(warehouse) { asked.exchange(true, ordering: .relaxed) || true }
        }
        try fixture.writeJob(StatementFixture.job.replacing("key: [statement, kind]", with: "key: kind"))
        #expect(try fixture.run(warehouse).ending == .done)
        let key = try warehouse.read { try $0.primaryKey("statement_balances").columns }
        #expect(key == ["kind", "version"])
    }
}

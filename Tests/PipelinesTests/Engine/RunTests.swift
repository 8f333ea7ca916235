import Connectors
import Foundation
import GRDB
import PipelineTesting
import Pipelines
import Records
import Synchronization
import Testing

@Suite("a run") struct RunTests {
    @Test("accounts for every row, and says so when nothing is new")
    func everyRow() throws {
        let bank = try BankFixture()
        let warehouse = try bank.warehouse()
        let report = try bank.runner(warehouse).run(bank.job())
        let record = try #require(report.record)
        #expect(report.ending == .done)
        #expect(record.counts.read == record.counts.accepted + record.counts.rejected)
        #expect(record.counts.rejected > 0)
        #expect(record.model == nil)
        let (results, rejects, items, outcomes) = try warehouse.read { database in
            (
                try Int64.fetchOne(database, sql: "SELECT count(*) FROM bank_scores"),
                try Int64.fetchOne(database, sql: "SELECT count(*) FROM pipeline_rejects WHERE feed = 'transactions'"),
                try Int64.fetchOne(database, sql: "SELECT count(*) FROM pipeline_review_items"),
                try Int64.fetchOne(database, sql: "SELECT count(*) FROM bank_scores WHERE outcome = 'review'")
            )
        }
        #expect(results == record.counts.accepted)
        #expect(rejects == record.counts.rejected)
        #expect(items == record.counts.reviewItems)
        #expect(outcomes == record.outcomes.first { $0.name == "review" }?.rows)
        let again = try bank.runner(warehouse).run(bank.job())
        #expect(again.ending == .nothingNew)
        #expect(again.earlier?.id == record.id)
    }

    @Test("writes the same bytes on one thread and on several")
    func threads() throws {
        let bank = try BankFixture()
        let dumps = try [1, 2, 4].map { threads in
            let warehouse = try bank.warehouse("threads-\(threads).db")
            _ = try Trainer(warehouse: warehouse, environment: .fixed(BankFixture.clock)).train(bank.job())
            _ = try bank.runner(warehouse, options: BankFixture.options(threads: threads)).run(bank.job())
            return try WarehouseDump.text(of: warehouse)
        }
        #expect(WarehouseDump.firstDifference(dumps[0], dumps[1]) == nil)
        #expect(WarehouseDump.firstDifference(dumps[0], dumps[2]) == nil)
        #expect(dumps[0].contains("audit-sample"))
    }

    @Test("that is stopped after every chunk and started again ends with the same bytes")
    func stopped() throws {
        let bank = try BankFixture()
        let undisturbed = try bank.warehouse("undisturbed.db")
        _ = try bank.runner(undisturbed).run(bank.job())
        let stopped = try bank.warehouse("stopped.db")
        var stops = 0
        while stops < 1_000 {
            // One question is answered with no, so that each start gets at least one block further.
            let asked = Atomic<Int>(0)
            let options = BankFixture.options(threads: stops % 2 + 1) { asked.wrappingAdd(1, ordering: .relaxed).newValue > 1 }
            do {
                let report = try bank.runner(stopped, options: options).run(bank.job())
                #expect(report.wasResumed)
                break
            } catch let failure as Failure where failure.code == "run.stopped" {
                #expect(failure.kind == .tryAgain)
                stops += 1
            }
        }
        #expect(stops > 5)
        #expect(try WarehouseDump.firstDifference(WarehouseDump.text(of: undisturbed), WarehouseDump.text(of: stopped)) == nil)
    }

    @Test("over several days equals what one day after the other gives: features know the runs before")
    func continues() throws {
        let whole = try BankFixture()
        let one = try whole.warehouse()
        _ = try whole.runner(one).run(whole.job())
        let parts = try BankFixture(delivered: 20)
        let several = try parts.warehouse()
        for day in 0..<4 {
            _ = try parts.runner(several, at: BankFixture.clock + .days(Int64(day))).run(parts.job())
            try parts.deliver(10)
        }
        let sql = "SELECT \"transaction\", version, event_time, score, outcome, late, record, hex(features) FROM bank_scores ORDER BY 1, 2"
        let (left, right) = try (one.read { try Row.fetchAll($0, sql: sql) }, several.read { try Row.fetchAll($0, sql: sql) })
        #expect(left.count > 3_000)
        #expect(left == right)
    }

    @Test("is refused while another one of the job holds the lock")
    func locked() throws {
        let bank = try BankFixture(days: 10)
        let warehouse = try bank.warehouse()
        let inside = Mutex<Failure?>(nil)
        let job = try bank.job()
        let other = bank.runner(warehouse)
        var options = BankFixture.options()
        options.progress = { _ in
            do throws(Failure) { _ = try other.run(job) } catch { inside.withLock { $0 = error } }
        }
        _ = try bank.runner(warehouse, options: options).run(job)
        let failure = try #require(inside.withLock { $0 })
        #expect(failure.code == "run.locked")
        #expect(failure.kind == .tryAgain)
    }
}

import Connectors
import Foundation
import GRDB
import PipelineTesting
import Pipelines
import Records
import Synchronization
import Testing

/// A job that scores a main feed and lands another feed beside it.
@Suite("a job with a main feed and a table") struct MixedJobTests {
    private static let table = """
        feeds:
          desk:
            role: table
            table: chargeback_desk
            format: csv
            files: chargebacks/*.csv.gz
            columns: { transaction: { from: TRANSACTION_ID, type: int64 }, fraud: { from: FRAUD, type: bool }, known: { from: KNOWN, type: timestamp } }
            key: [transaction, known]

        """

    private func bank(delivered: Int? = nil) throws -> BankFixture {
        try BankFixture(days: 30, delivered: delivered) { $0.replacing("feeds:\n", with: Self.table) }
    }

    private func dump(_ warehouse: Warehouse, _ sql: String) throws -> [Row] { try warehouse.read { try Row.fetchAll($0, sql: sql) } }

    private static let scores =
        "SELECT \"transaction\", version, event_time, score, outcome, record, hex(features) FROM bank_scores ORDER BY 1, 2"

    @Test("scores as one without the table does, whatever the threads, and however often it is stopped")
    func sameScores() throws {
        let (mixed, plain) = try (bank(), BankFixture(days: 30))
        let alone = try plain.warehouse()
        _ = try plain.runner(alone).run(plain.job())
        let one = try mixed.warehouse("one.db"), two = try mixed.warehouse("two.db"), stopped = try mixed.warehouse("stopped.db")
        let report = try mixed.runner(one, options: BankFixture.options(threads: 1)).run(mixed.job())
        _ = try mixed.runner(two).run(mixed.job())
        #expect(report.feeds.map(\.feed) == ["desk", "transactions"])
        #expect(report.feeds.allSatisfy { $0.rows.read > 0 })
        #expect(report.feeds.reduce(0) { $0 + $1.rows.read } == report.record?.counts.read)
        #expect(try dump(one, Self.scores) == dump(alone, Self.scores))
        let landed = try dump(one, "SELECT count(*) AS n FROM chargeback_desk_current").first?["n"] as Int?
        #expect(landed == Int(report.feeds[0].rows.read) && landed ?? 0 > 3)
        #expect(try WarehouseDump.firstDifference(WarehouseDump.text(of: one), WarehouseDump.text(of: two)) == nil)
        var stops = 0
        while stops < 1_000 {
            let asked = Atomic<Int>(0)
            let options = BankFixture.options(threads: stops % 2 + 1) { asked.wrappingAdd(1, ordering: .relaxed).newValue > 1 }
            do {
                _ = try mixed.runner(stopped, options: options).run(mixed.job())
                break
            } catch let failure as Failure where failure.code == "run.stopped" {
                stops += 1
            }
        }
        #expect(stops > 3)
        #expect(try WarehouseDump.firstDifference(WarehouseDump.text(of: one), WarehouseDump.text(of: stopped)) == nil)
    }

    @Test("is replayed equal over several runs; a run that is held and discarded leaves both tables as they were")
    func replay() throws {
        let mixed = try bank(delivered: 20)
        let warehouse = try mixed.warehouse()
        _ = try mixed.runner(warehouse).run(mixed.job())
        let before = try dump(warehouse, Self.scores)
        try "TRANSACTION_ID,FRAUD,KNOWN\n1,1,yesterday\n2,1,2026-01-05\n".write(
            toFile: "\(mixed.folder)/chargebacks/9999.csv", atomically: true, encoding: .utf8)
        try mixed.deliver(5)
        let edited = try String(contentsOfFile: mixed.jobPath, encoding: .utf8).replacing("chargebacks/*.csv.gz", with: "chargebacks/*")
        try edited.write(toFile: mixed.jobPath, atomically: true, encoding: .utf8)
        let held = try mixed.runner(warehouse, at: BankFixture.clock + .days(1)).run(mixed.job())
        #expect(held.ending == .held && held.feeds.map(\.isOverLimit) == [true, false])
        _ = try RunSettlement(warehouse: warehouse, environment: .fixed(BankFixture.clock + .days(2)))
            .discard(2, of: mixed.job(), workingIn: mixed.folder)
        #expect(try dump(warehouse, Self.scores) == before)
        try FileManager.default.removeItem(atPath: "\(mixed.folder)/chargebacks/9999.csv")
        _ = try mixed.runner(warehouse, at: BankFixture.clock + .days(3)).run(mixed.job())
        let report = try Replayer(warehouse: warehouse, environment: .fixed(BankFixture.clock))
            .replay(mixed.job(), asOf: .distantFuture, in: mixed.folder)
        #expect(report.difference == nil && report.runs == [1, 3])
    }

    @Test("that names a model which is not in the catalog says so and names the nearest; one without any model yet does not")
    func misspelt() throws {
        let bank = try BankFixture(days: 40)
        let warehouse = try bank.warehouse()
        let first = try bank.runner(warehouse).run(bank.job())
        #expect(first.missingModel == nil)
        _ = try Trainer(warehouse: warehouse, environment: .fixed(BankFixture.clock)).train(bank.job())
        let text = try String(contentsOfFile: bank.jobPath, encoding: .utf8)
        try text.replacing("model: bank", with: "model: bnak").replacing("job: bank", with: "job: other").replacing(
            "bank_scores", with: "other_scores"
        ).write(toFile: bank.jobPath, atomically: true, encoding: .utf8)
        let second = try bank.runner(warehouse, at: BankFixture.clock + .days(1)).run(bank.job())
        #expect(second.missingModel?.sentence == "there is no model 'bnak', so the stage's rules score. Did you mean 'bank'?")
    }
}

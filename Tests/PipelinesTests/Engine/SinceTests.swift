import Connectors
import Foundation
import GRDB
import PipelineTesting
import Pipelines
import Records
import Testing

@Suite("A run since a time", .serialized) struct SinceTests {
    private func since(_ warehouse: Warehouse) throws -> Timestamp {
        let texts = try warehouse.read { try String.fetchAll($0, sql: "SELECT event_time FROM bank_scores ORDER BY event_time") }
        return try #require(Timestamp(iso8601: texts[texts.count * 2 / 3]))
    }

    /// Rows from a time on: key and features, as text.
    private func rows(_ warehouse: Warehouse, from time: Timestamp = .distantPast) throws -> [String] {
        try warehouse.read {
            try String.fetchAll(
                $0, sql: "SELECT \"transaction\" || ' ' || hex(features) FROM bank_scores WHERE event_time >= ? ORDER BY \"transaction\"",
                arguments: [time.iso8601])
        }
    }

    @Test("decides later rows with the features that the whole feed gives them, and says how many it left out")
    func decides() throws {
        let bank = try BankFixture(customers: 30, days: 20)
        let (all, later) = (try bank.warehouse("all.db"), try bank.warehouse("later.db"))
        let whole = try bank.runner(all).run(bank.job())
        let since = try since(all)
        let report = try bank.runner(later).run(bank.job(), since: since)
        let wanted = try rows(all, from: since)
        #expect(try rows(later) == wanted && !wanted.isEmpty)
        let record = try #require(report.record), counts = record.counts
        #expect(record.since == since && counts.accepted == whole.record?.counts.accepted)
        #expect(counts.before == counts.accepted - Int64(wanted.count) && counts.before > 0)
        #expect(record.outcomes.reduce(0) { $0 + $1.rows } == Int64(wanted.count))
        #expect(try later.read { try RunStore($0).run(record.id) } == record)
        // Without the earlier files the same rows have other features: it is their history that counts.
        let files = try bank.transactionFiles()
        for name in files.prefix(files.count / 2) {
            let path = "\(bank.folder)/transactions/\(name)"
            try FileManager.default.moveItem(atPath: path, toPath: "\(bank.folder)/later/\(name)")
        }
        let without = try bank.warehouse("without.db")
        _ = try bank.runner(without).run(bank.job())
        #expect(try rows(without, from: since) != wanted)
    }

    @Test("is replayed as it was; a run that says another time is a difference")
    func replayed() throws {
        let bank = try BankFixture(customers: 30, days: 20)
        let (all, later) = (try bank.warehouse("all.db"), try bank.warehouse("later.db"))
        _ = try bank.runner(all).run(bank.job())
        let since = try since(all)
        _ = try bank.runner(later).run(bank.job(), since: since)
        func difference() throws -> ReplayDifference? {
            try Replayer(warehouse: later, environment: .fixed(BankFixture.clock)).replay(bank.job(), asOf: .distantFuture, in: bank.folder)
                .difference
        }
        #expect(try difference() == nil)
        try later.write { try $0.execute(sql: "UPDATE pipeline_runs SET since = since + 86400000000") }
        #expect(try difference() != nil)
    }

    @Test("goes on as it began: the same command without the time, or with it; another time is refused")
    func resumed() throws {
        let bank = try BankFixture(customers: 30, days: 20)
        let (whole, cut) = (try bank.warehouse("whole.db"), try bank.warehouse("cut.db"))
        _ = try bank.runner(whole).run(bank.job())
        let since = try since(whole)
        let undisturbed = try bank.warehouse("undisturbed.db")
        _ = try bank.runner(undisturbed).run(bank.job(), since: since)
        let stopping = bank.runner(cut, options: BankFixture.options(stop: { true }))
        var options = BankFixture.options()
        let blocks = Blocks()
        options.shouldStop = { blocks.next() > 5 }
        #expect { try stopping.run(bank.job(), since: since) } throws: { ($0 as? Failure)?.code == "run.stopped" }
        #expect { try bank.runner(cut, options: options).run(bank.job(), since: since) } throws: {
            ($0 as? Failure)?.code == "run.stopped"
        }
        #expect { try bank.runner(cut).run(bank.job(), since: since + .days(1)) } throws: { ($0 as? Failure)?.code == "run.since-other" }
        _ = try bank.runner(cut).run(bank.job())
        #expect(
            WarehouseDump.firstDifference(try WarehouseDump.text(of: cut), try WarehouseDump.text(of: undisturbed)) == nil)
    }

    @Test("is kept where the job file is corrected before the first chunk, and what it left out is not decided by a later delivery")
    func corrected() throws {
        let bank = try BankFixture(customers: 30, days: 20)
        let (whole, cut) = (try bank.warehouse("whole.db"), try bank.warehouse("cut.db"))
        _ = try bank.runner(whole).run(bank.job())
        let since = try since(whole)
        #expect { try bank.runner(cut, options: BankFixture.options(stop: { true })).run(bank.job(), since: since) } throws: {
            ($0 as? Failure)?.code == "run.stopped"
        }
        let text = try String(contentsOfFile: bank.jobPath, encoding: .utf8)
        try (text + "\n# corrected\n").write(toFile: bank.jobPath, atomically: true, encoding: .utf8)
        let record = try #require(try bank.runner(cut).run(bank.job()).record)
        #expect(record.since == since && record.counts.before > 0)
        // The first day comes once more under another name, together with what the run before decided.
        let files = try bank.transactionFiles(), folder = "\(bank.folder)/transactions"
        for (name, copy) in [(files[0], "z1.csv.gz"), (files[files.count - 1], "z2.csv.gz")] {
            // The same rows in a file with another time in its head, so that it is not taken for the same delivery.
            var data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
            data[4] = 1
            try data.write(to: URL(fileURLWithPath: "\(folder)/\(copy)"))
        }
        let decided = try rows(cut)
        let again = try #require(try bank.runner(cut, at: BankFixture.clock + .days(1)).run(bank.job()).record)
        #expect(again.counts.unchanged == again.counts.accepted && again.counts.unchanged > 0)
        #expect(try rows(cut) == decided)
    }

    @Test("is refused where rows only go into tables, and nothing is touched")
    func refused() throws {
        let statements = try StatementFixture(days: 1)
        let warehouse = try statements.warehouse()
        let runner = Runner(warehouse: warehouse, environment: .fixed(StatementFixture.clock))
        #expect { try runner.run(statements.job(), since: StatementFixture.clock) } throws: { ($0 as? Failure)?.code == "run.since" }
        #expect(try warehouse.read { try RunStore($0).list() }.isEmpty)
    }
}

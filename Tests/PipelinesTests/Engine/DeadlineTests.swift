import Connectors
import Foundation
import GRDB
import PipelineTesting
import Pipelines
import Records
import Testing

@Suite("A job's deadline", .serialized) struct DeadlineTests {
    private static let after = "\ndeadline: { after: 1h, outcome: hold }\n"

    /// A bank with a champion, and files that no run has read.
    private func bank(_ further: String = after) throws -> (bank: BankFixture, warehouse: Warehouse) {
        let bank = try BankFixture(customers: 40, delivered: 30) { $0 + further }
        let warehouse = try bank.warehouse()
        _ = try bank.runner(warehouse).run(bank.job())
        _ = try Trainer(warehouse: warehouse, environment: .fixed(BankFixture.clock + .days(1))).train(bank.job())
        try bank.deliver(20)
        return (bank, warehouse)
    }

    /// A clock that has passed the deadline from a block on.
    private func options(passingAt block: Int, stop: @escaping @Sendable () -> Bool = { false }) -> RunOptions {
        var options = BankFixture.options(stop: stop)
        let blocks = Blocks()
        options.elapsed = { blocks.next() >= block ? 3_600 : 0 }
        return options
    }

    private func run(_ bank: BankFixture, _ warehouse: Warehouse, _ options: RunOptions = BankFixture.options()) throws -> RunRecord {
        let report = try bank.runner(warehouse, at: BankFixture.clock + .days(2), options: options).run(bank.job())
        return try #require(report.record)
    }

    private func texts(_ warehouse: Warehouse, _ sql: String) throws -> [String] {
        try warehouse.read { try String.fetchAll($0, sql: sql) }
    }

    @Test("decides every row: those before it by the model as ever, those after it by rules and by the outcome it declares")
    func decides() throws {
        let (bank, warehouse) = try bank()
        let copy = try WarehouseBackup.make(of: warehouse, to: "\(bank.folder)/undisturbed.db")
        let record = try run(bank, warehouse, options(passingAt: 5))
        let counts = record.counts
        #expect(record.status == .done && record.deadline != nil && counts.afterDeadline > 0 && counts.afterDeadline < counts.accepted)
        #expect(try texts(warehouse, "SELECT 1 FROM bank_scores WHERE run = 2").count == Int(counts.accepted))
        let after = try texts(warehouse, "SELECT DISTINCT outcome || ' ' || cause FROM bank_scores WHERE run = 2 AND cause = 'deadline'")
        #expect(after == ["hold deadline"])
        let rows = "SELECT \"transaction\" || score || outcome FROM bank_scores WHERE run = 2 ORDER BY \"transaction\""
        let late = try texts(warehouse, rows)
        let undisturbed = try Warehouse(path: copy.path)
        let whole = try run(bank, undisturbed)
        #expect(whole.deadline == nil && whole.counts.accepted == counts.accepted && whole.counts.afterDeadline == 0)
        let same = zip(late, try texts(undisturbed, rows)).count { $0 == $1 }
        #expect(same >= Int(counts.accepted - counts.afterDeadline) && same < Int(counts.accepted))
        // What the stage remembers is the same: the next day's rows have the features that they would have had.
        let states = try [warehouse, undisturbed].map {
            try texts($0, "SELECT kind || sequence || hex(data) FROM pipeline_state ORDER BY kind, sequence")
        }
        #expect(states[0] == states[1])
        let health = try Health.measure(warehouse, now: BankFixture.clock + .days(2), maximumAge: nil)
        #expect(try Notice.breaches(warehouse, health: health).contains { $0.subject == "deadline bank run 2" })
        let calm = try Health.measure(undisturbed, now: BankFixture.clock + .days(2), maximumAge: nil)
        #expect(try !Notice.breaches(undisturbed, health: calm).contains { $0.subject.hasPrefix("deadline") })
    }

    @Test("is replayed where it was, whatever the clock says then; another place is a difference")
    func replayed() throws {
        let (bank, warehouse) = try bank()
        _ = try run(bank, warehouse, options(passingAt: 5))
        func difference() throws -> ReplayDifference? {
            try Replayer(warehouse: warehouse, environment: .fixed(BankFixture.clock)).replay(
                bank.job(), asOf: .distantFuture, in: bank.folder
            ).difference
        }
        #expect(try difference() == nil)
        try warehouse.write { try $0.execute(sql: "UPDATE pipeline_runs SET deadline_file = NULL, deadline_row = NULL") }
        #expect(try difference() != nil)
    }

    @Test("that had passed when a run was stopped has passed when it goes on")
    func resumed() throws {
        let (bank, warehouse) = try bank()
        let asked = Blocks()
        #expect {
            try run(bank, warehouse, options(passingAt: 1, stop: { asked.next() > 8 }))
        } throws: {
            ($0 as? Failure)?.code == "run.stopped"
        }
        let record = try run(bank, warehouse, options(passingAt: .max))
        #expect(record.counts.afterDeadline == record.counts.accepted)
        #expect(record.deadline == RunRecord.Place(file: 0, row: 0))
    }

    @Test("can be made up for: the rows are scored again, and what changes has a new version")
    func rescored() throws {
        let (bank, warehouse) = try bank()
        let record = try run(bank, warehouse, options(passingAt: 5))
        let report = try Rescorer(warehouse: warehouse, environment: .fixed(BankFixture.clock + .days(3))).rescore(bank.job())
        #expect(report.changed >= record.counts.afterDeadline / 2)
        #expect(try texts(warehouse, "SELECT 1 FROM bank_scores_current WHERE cause = 'deadline'").isEmpty)
    }

    @Test("clears nothing where the job promises a risk, even where it declares so; without a promise it does")
    func promised() throws {
        func outcomes(_ automatic: String) throws -> Set<String> {
            let bank = try TrainSlicesTests.bank(automatic) { $0 + "\ndeadline: { after: 1h, outcome: clear }\n" }
            let warehouse = try bank.warehouse()
            _ = try Trainer(warehouse: warehouse, environment: .fixed(BankFixture.clock)).train(bank.job())
            let report = try bank.runner(warehouse, options: options(passingAt: 1)).run(bank.job())
            #expect(report.record?.counts.afterDeadline == report.record?.counts.accepted)
            return Set(try texts(warehouse, "SELECT DISTINCT outcome || ' ' || cause FROM bank_scores WHERE cause NOT LIKE 'rule: %'"))
        }
        #expect(try outcomes(TrainSlicesTests.automatic) == ["review no-promise"])
        #expect(try outcomes("") == ["clear deadline"])
    }

    @Test("asks no clock where the job declares none, and changes nothing while there is no model")
    func control() throws {
        var asking = BankFixture.options()
        asking.elapsed = {
            Issue.record("a clock was asked")
            return 0
        }
        let (bank, warehouse) = try bank("")
        #expect(try run(bank, warehouse, asking).deadline == nil)
        let other = try BankFixture(customers: 20, days: 8) { $0 + Self.after }
        #expect(try run(other, other.warehouse(), asking).deadline == nil)
    }

    @Test("by the system's clock passes too")
    func monotonic() throws {
        let (bank, warehouse) = try bank("\ndeadline: { after: 1ms }\n".replacing("1ms", with: "1s"))
        var options = BankFixture.options(threads: 1)
        options.progress = { _ in Thread.sleep(forTimeInterval: 0.15) }
        let record = try run(bank, warehouse, options)
        #expect(record.counts.afterDeadline > 0)
        #expect(try texts(warehouse, "SELECT DISTINCT outcome FROM bank_scores WHERE cause = 'deadline'") == ["review"])
        let item = try texts(warehouse, "SELECT reasons FROM pipeline_review_items WHERE cause = 'deadline' LIMIT 1")
        #expect(item.first?.contains("no model scored this row") == true)
    }
}

@Suite struct DeadlineFindingTests {
    @Test("a deadline has a length above zero and an outcome of the job's")
    func wrong() {
        expect(
            ("job: card-fraud", "deadline: { after: ⟦2⟧0s, outcome: ⟦3⟧hodl }\njob: card-fraud"),
            give: [
                "⟦2⟧ error: wrong value (deadline.after): '0s', expected a length of time above zero.",
                "⟦3⟧ error: no such outcome (deadline.outcome): 'hodl', expected one of clear, hold, review. Did you mean 'hold'?",
            ])
        expect(
            ("job: card-fraud", "deadline: ⟦1⟧soon\njob: card-fraud"),
            give: [
                "⟦1⟧ error: wrong value (deadline): 'soon', expected a length of time such as 90s, 5m, 2h, 7d or 4w."
            ])
        expect(("job: card-fraud", "deadline: { after: 90m }\njob: card-fraud"), give: [])
    }
}

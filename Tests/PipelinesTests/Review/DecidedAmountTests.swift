import Connectors
import Foundation
import GRDB
import Pipelines
import Records
import Testing

@Suite("The number that a decision states") struct DecidedAmountTests {
    @Test(
        "is read as people type it",
        arguments: [
            ("120", 120), ("0", 0), ("1,200", 1_200), ("12,345,678.25", 12_345_678.25), ("1 200", 1_200), ("1'200", 1_200), (" 7.5 ", 7.5),
            (".5", 0.5),
        ])
    func read(_ text: String, number: Double) throws { #expect(try DecidedAmount.number(text) == number) }

    @Test(
        "is refused where it could mean two things, or none",
        arguments: [
            "1,5", "1,50", "12,34,567", "1.2.3", "1.200,5", "-1", "+1", "1e3", "nan", "inf", "twelve", "0x10", "1,2000", "9999999999999999",
        ])
    func refused(_ text: String) {
        let told = #expect(throws: Failure.self) { try DecidedAmount.number(text) }
        #expect(told?.code == "review.amount" && told?.kind == .usage)
    }

    @Test("stands where the job declares one, and nowhere else")
    func declared() throws {
        let bank = try BankFixture(days: 3)
        let text = try String(contentsOfFile: bank.jobPath, encoding: .utf8)
        func job(_ more: String) throws -> Job {
            try Job.load(
                bytes: Array(text.replacing("    review:", with: "    part: { cost: 1 EUR, by: people\(more) }\n    review:").utf8),
                path: bank.jobPath)
        }
        let (with, without) = (try job(", amount: euros"), try job(""))
        #expect(with.policyDigest != without.policyDigest)
        let choices = try ReviewChoices(job: with)
        #expect(try choices.amount("12", outcome: "part") == DecidedAmount(amount: 12, unit: "euros"))
        #expect(try choices.amount(nil, outcome: "hold") == nil && choices.amount(" ", outcome: "hold") == nil)
        for (text, outcome) in [("12", "hold"), (nil, "part"), ("", "part")] {
            #expect(throws: Failure.self) { try choices.amount(text, outcome: outcome) }
        }
        #expect(throws: Failure.self) { try ReviewChoices(job: without).amount("12", outcome: "part") }
        #expect(throws: JobProblems.self) { try job(", amount: 7 euros") }
    }

    private func decided() throws -> WarehouseFixture {
        let fixture = try WarehouseFixture()
        try fixture.insert([fixture.item("a"), fixture.item("b")])
        let queue = ReviewQueue(fixture.warehouse)
        for (item, amount) in [(Int64(1), DecidedAmount(amount: 120, unit: "units")), (2, nil)] {
            _ = try queue.decide(
                item, outcome: "change", isPositive: nil, reason: "the fair", amount: amount, by: .ann, now: .at(2), outcomes: ["change"])
        }
        return fixture
    }

    @Test("is kept with the decision, and a second thought states its own")
    func kept() throws {
        let fixture = try decided()
        let entry = try ReviewQueue(fixture.warehouse).decide(
            1, outcome: "change", isPositive: nil, reason: "less", amount: DecidedAmount(amount: 60, unit: "units"), by: .ann, now: .at(3),
            outcomes: ["change"], replacing: true)
        #expect(entry.decisions.map { $0.amount?.description } == ["120 units", "60 units"])
        #expect(try fixture.warehouse.read { try ReviewStore($0).show(2).decisions.map(\.amount) } == [nil])
        #expect(try fixture.warehouse.read { try AuditChain($0).verify().amounts } == 2)
    }

    @Test(
        "that was changed, taken away, put in or moved is found",
        arguments: [
            "UPDATE pipeline_amounts SET amount = 1200", "UPDATE pipeline_amounts SET unit = 'cases'", "DELETE FROM pipeline_amounts",
            "INSERT INTO pipeline_amounts VALUES (2, 5, 'units')", "UPDATE pipeline_amounts SET id = 2",
        ])
    func audited(_ change: String) throws {
        let fixture = try decided()
        #expect(try fixture.warehouse.read { try AuditChain($0).verify().amounts } == 1)
        try fixture.warehouse.pool.writeWithoutTransaction { database in
            try database.inTransaction {
                try database.execute(sql: change)
                #expect(throws: Failure.self) { try AuditChain(database).verify() }
                return .rollback
            }
        }
    }

    @Test("goes with its item in a purge, and the chain verifies")
    func purged() throws {
        let bank = try RetainedBank()
        let item = try bank.warehouse.read { database in
            try #require(try ReviewStore(database).list(filter: .decided, now: RetainedBank.ran + .hours(2)).first).item.id
        }
        _ = try ReviewQueue(bank.warehouse).decide(
            item, outcome: "hold", isPositive: true, reason: "half", amount: DecidedAmount(amount: 5, unit: "euros"), by: .ann,
            now: RetainedBank.ran + .hours(3), outcomes: ["clear", "hold"], replacing: true)
        let report = try bank.purge()
        #expect(report.rows["pipeline_amounts"] == 1)
        try bank.warehouse.read { (database) throws -> Void in
            #expect(try AuditChain(database).verify(against: bank.head).amounts == 0)
            #expect(try Row.fetchAll(database, sql: "PRAGMA foreign_key_check").isEmpty)
        }
    }
}

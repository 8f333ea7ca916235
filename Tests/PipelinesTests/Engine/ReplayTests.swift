import Connectors
import Foundation
import GRDB
import PipelineTesting
import Pipelines
import Records
import Testing

@Suite("a replay", .serialized) struct ReplayTests {
    /// A bank with a history: two runs by rules, a model, decisions, a run by the model.
    private func history() throws -> (bank: BankFixture, warehouse: Warehouse) {
        let bank = try BankFixture(delivered: 25)
        let warehouse = try bank.warehouse()
        let day = BankFixture.clock
        _ = try bank.runner(warehouse, at: day).run(bank.job())
        try bank.deliver(5)
        _ = try bank.runner(warehouse, at: day + .days(1)).run(bank.job())
        try bank.deliver(10)
        _ = try Trainer(warehouse: warehouse, environment: .fixed(day + .days(2))).train(bank.job())
        let queue = ReviewQueue(warehouse)
        let person = ReviewPerson(actor: "ann", host: "desk")
        for step in 0..<5 {
            let now = day + .days(2) + .minutes(Int64(step))
            guard let entry = try queue.next(in: "fraud", by: person, now: now, lease: .minutes(10)) else { break }
            _ = try queue.decide(
                entry.item.id, outcome: "hold", isPositive: true, reason: "stolen card", by: person, now: now + .seconds(30),
                outcomes: ["clear", "hold"])
        }
        _ = try bank.runner(warehouse, at: day + .days(3)).run(bank.job())
        return (bank, warehouse)
    }

    private func replay(_ bank: BankFixture, _ warehouse: Warehouse, asOf: Timestamp = .distantFuture) throws -> ReplayReport {
        try Replayer(warehouse: warehouse, environment: .fixed(BankFixture.clock)).replay(bank.job(), asOf: asOf, in: bank.folder)
    }

    @Test("of an untouched warehouse is equal at every time, and leaves it as it was")
    func equal() throws {
        let (bank, warehouse) = try history()
        let before = try WarehouseDump.text(of: warehouse, leavingOut: [])
        let models = try warehouse.read { try String?.fetchAll($0, sql: "SELECT model FROM pipeline_runs ORDER BY id") }
        #expect(models == [nil, nil, "bank"])
        var compared = 0
        for day in 0...3 {
            let report = try replay(bank, warehouse, asOf: BankFixture.clock + .days(Int64(day)))
            #expect(report.difference == nil)
            #expect(report.runs == Array([1, 2, 3].prefix([1, 2, 2, 3][day])))
            #expect(report.compared >= compared)
            compared = report.compared
        }
        #expect(compared > 2_000)
        #expect(try WarehouseDump.text(of: warehouse, leavingOut: []) == before)
        #expect(throws: Failure.self) { try replay(bank, warehouse, asOf: BankFixture.clock - .days(1)) }
    }

    struct Tampering: Sendable, CustomTestStringConvertible {
        var name: String
        var sql: String
        var cause: ReplayDifference.Cause
        var place: String
        var testDescription: String { name }
    }

    static let tamperings = [
        Tampering(
            name: "a stored score",
            sql:
                "UPDATE bank_scores SET score = score + 1e-9 WHERE \"transaction\" = (SELECT \"transaction\" FROM bank_scores WHERE run = 3 LIMIT 1)",
            cause: .stored, place: ", score"),
        Tampering(
            name: "a stored feature",
            sql:
                "UPDATE bank_scores SET features = CAST(substr(features, 1, 16) || x'01' || substr(features, 18) AS BLOB) WHERE \"transaction\" = (SELECT max(\"transaction\") FROM bank_scores)",
            cause: .stored, place: "feature "),
        Tampering(
            name: "an outcome",
            sql:
                "UPDATE bank_scores SET outcome = 'clear' WHERE \"transaction\" = (SELECT \"transaction\" FROM bank_scores WHERE outcome = 'hold' LIMIT 1)",
            cause: .stored, place: ", outcome"),
        Tampering(
            name: "a removed result", sql: "DELETE FROM bank_scores WHERE \"transaction\" = (SELECT max(\"transaction\") FROM bank_scores)",
            cause: .stored, place: "bank_scores transaction"),
        Tampering(
            name: "a model byte",
            sql: "UPDATE pipeline_models SET artefact = CAST(substr(artefact, 1, 400) || x'00' || substr(artefact, 402) AS BLOB)",
            cause: .model, place: "model bank version 1"),
        Tampering(
            name: "who was champion", sql: "UPDATE pipeline_champions SET since = since + 172800000000", cause: .model, place: "champion at"
        ),
        Tampering(
            name: "a list entry", sql: "UPDATE pipeline_lists SET entry = 'T00004' WHERE entry = 'T00003'", cause: .list,
            place: "pipeline_lists list blocked entry T00004"),
        Tampering(
            name: "when a list entry was known", sql: "UPDATE pipeline_lists SET known = known + 1", cause: .list, place: "known"),
        Tampering(
            name: "a label", sql: "UPDATE pipeline_labels SET positive = 1 - positive WHERE id = 1", cause: .stored,
            place: "pipeline_labels"),
        Tampering(
            name: "a review item's value", sql: "UPDATE pipeline_review_items SET value = 1 WHERE id = 3", cause: .stored, place: ", value"),
        Tampering(
            name: "a reject", sql: "UPDATE pipeline_rejects SET found = 'x' WHERE id = 1", cause: .stored, place: ", found"),
        Tampering(
            name: "the job file", sql: "UPDATE pipeline_jobs SET text = replace(text, '25 EUR', '20 EUR')", cause: .job,
            place: "job file of run"),
    ]

    @Test("names what was altered", arguments: tamperings)
    func names(_ tampering: Tampering) throws {
        let (bank, warehouse) = try history()
        try warehouse.write { database in
            try database.execute(sql: tampering.sql)
            #expect(database.totalChangesCount > 0)
        }
        let difference = try #require(try replay(bank, warehouse).difference)
        #expect(difference.cause == tampering.cause)
        #expect(difference.place.contains(tampering.place), "\(difference.place)")
        #expect(difference.stored != difference.recomputed)
        #expect(difference.failure.kind == .difference)
    }

    @Test("names a difference without the personal values of its columns")
    func personal() throws {
        let bank = try RetainedBank(delivered: 20)
        let name = try #require(
            try bank.warehouse.read { try String.fetchOne($0, sql: "SELECT customer FROM owners ORDER BY owner LIMIT 1") })
        try bank.warehouse.write {
            try $0.execute(sql: "UPDATE owners SET customer = 'Erika Mustermann' WHERE customer = ?", arguments: [name])
        }
        let difference = try #require(
            try Replayer(warehouse: bank.warehouse, environment: .fixed(RetainedBank.ran)).replay(
                bank.job, asOf: .distantFuture, in: bank.bank.folder
            ).difference)
        #expect(difference.place.hasSuffix(", customer") && difference.stored != difference.recomputed)
        #expect(difference.stored.hasPrefix("(personal: 16 characters, digest "))
        for text in [difference.failure.description, difference.stored, difference.recomputed, difference.place] {
            #expect(!text.contains("Mustermann") && !text.contains(name))
        }
    }

    @Test("computes from the feed files: it works with the results emptied, and names a file that changed")
    func fromFiles() throws {
        let (bank, warehouse) = try history()
        try warehouse.write { try $0.execute(sql: "DELETE FROM bank_scores") }
        let emptied = try #require(try replay(bank, warehouse).difference)
        #expect(emptied.stored == "no such row" && emptied.recomputed == "a row")
        let name = try #require(bank.transactionFiles().first)
        try Data("x".utf8).write(to: URL(fileURLWithPath: "\(bank.folder)/transactions/\(name)"))
        let changed = try #require(try replay(bank, warehouse).difference)
        #expect(changed.cause == .input)
        #expect(changed.place == "file transactions/\(name)")
    }
}

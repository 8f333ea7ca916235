import Connectors
import Foundation
import GRDB
import Models
import PipelineTesting
import Pipelines
import Records
import Testing

@Suite("a job that starts with nothing") struct ColdStartTests {
    private static func bank(capacity: Int, sample: String = "0%", delivered: Int? = nil, edit: @escaping (String) -> String = { $0 })
        throws
        -> BankFixture
    {
        try BankFixture(customers: 120, days: 30, delivered: delivered) { text in
            edit(
                text.replacing("capacity: 5/day", with: "capacity: \(capacity)/day").replacing(
                    "audit-sample: 2%", with: "audit-sample: \(sample)"))
        }
    }

    private struct Item {
        var day: String
        var probability: Double?
    }

    /// Items of rows, leaving out those that a declared rule asked for.
    private func items(_ warehouse: Warehouse) throws -> [Item] {
        try warehouse.read { database in
            try GRDB.Row.fetchAll(
                database,
                sql: """
                    SELECT date(event_time / 1000000, 'unixepoch') AS day, sample_probability FROM pipeline_review_items
                    WHERE cause IN ('no-model', 'audit-sample') ORDER BY event_time
                    """
            ).map { Item(day: $0["day"], probability: $0["sample_probability"]) }
        }
    }

    @Test("suspicion and a random sample of known probability fill the queue up to its capacity, from the second day on")
    func filled() throws {
        let bank = try Self.bank(capacity: 20)
        let warehouse = try bank.warehouse()
        _ = try bank.runner(warehouse).run(bank.job())
        let items = try items(warehouse)
        let days = Set(items.map(\.day)).sorted()
        let first = try #require(days.first)
        // Nothing is known on the first day: no row is drawn then.
        #expect(items.allSatisfy { $0.day != first || $0.probability == nil })
        let later = days.dropFirst(7)
        let perDay = later.map { day in items.count { $0.day == day } }
        let mean = Double(perDay.reduce(0, +)) / Double(perDay.count)
        #expect(mean > 14 && mean < 26, "\(perDay)")
        #expect(items.contains { $0.probability == nil && $0.day == days.last } || items.contains { $0.probability == nil })
        let probabilities = items.compactMap(\.probability)
        #expect(probabilities.count > 40 && probabilities.allSatisfy { $0 > 0 && $0 <= 1 })
    }

    @Test("twice the capacity brings about twice the items")
    func capacity() throws {
        func count(_ capacity: Int) throws -> Int {
            let bank = try Self.bank(capacity: capacity)
            let warehouse = try bank.warehouse()
            _ = try bank.runner(warehouse).run(bank.job())
            return try items(warehouse).count
        }
        let (few, many) = (try count(10), try count(20))
        #expect(Double(many) > 1.5 * Double(few), "\(few) and \(many)")
    }

    @Test("the queue is the same whether days come one run after the other or at once, however blocks are cut")
    func runs() throws {
        let whole = try Self.bank(capacity: 12)
        let one = try whole.warehouse()
        _ = try whole.runner(one).run(whole.job())
        let parts = try Self.bank(capacity: 12, delivered: 11)
        let several = try parts.warehouse()
        let options = RunOptions(threads: 1, chunkRows: 400, blockRows: 61)
        for delivered in [0, 9, 10] {
            try parts.deliver(delivered)
            _ = try parts.runner(several, at: BankFixture.clock + .days(Int64(delivered)), options: options).run(parts.job())
        }
        func keys(_ warehouse: Warehouse) throws -> [String] {
            try warehouse.read {
                try String.fetchAll(
                    $0,
                    sql:
                        "SELECT key || ' ' || cause || ' ' || coalesce(sample_probability, '') FROM pipeline_review_items WHERE kind = 'row' ORDER BY key"
                )
            }
        }
        #expect(try keys(one) == keys(several))
        #expect(try keys(one).count > 100)
    }

    @Test("training with too few labels refuses with counts and a date, or with the window it would take")
    func refuses() throws {
        func failure(_ edit: @escaping (String) -> String, delivered: Int?) throws -> Failure? {
            let bank = try Self.bank(capacity: 12, delivered: delivered, edit: edit)
            let warehouse = try bank.warehouse()
            let job = try bank.job()
            do throws(Failure) {
                _ = try Trainer(warehouse: warehouse, environment: .fixed(BankFixture.clock)).train(job)
                return nil
            } catch {
                return error
            }
        }
        let early = try #require(
            try failure(
                { $0.replacing("minimum-positives: 5", with: "minimum-positives: 25").replacing("last: 30d", with: "last: 300d") },
                delivered: 20))
        #expect(early.code == "train.positives-few" && early.expected == "25 or more")
        #expect(early.found.contains("positive labels in"))
        #expect(early.remedy.contains("At this pace there will be enough on 2026-"), "\(early)")
        let long = try #require(
            try failure(
                { $0.replacing("minimum-positives: 5", with: "minimum-positives: 500").replacing("last: 30d", with: "last: 10d") },
                delivered: nil))
        #expect(long.remedy.contains("At this pace a window of "), "\(long)")
        let none = try #require(
            try failure({ $0.replacing("last: 30d, label-delay: 7d", with: "last: 1h, label-delay: 1d") }, delivered: 3))
        #expect(none.remedy.contains("None is known yet"), "\(none)")
        #expect(try failure({ $0 }, delivered: nil) == nil)
    }

    @Test("the first model is a challenger where the job has run on its stage's rules, and the champion where it has not")
    func firstRole() throws {
        let bank = try Self.bank(capacity: 12)
        let warehouse = try bank.warehouse()
        let trainer = Trainer(warehouse: warehouse, environment: .fixed(BankFixture.clock + .days(1)))
        #expect(try trainer.usualRole(for: bank.job()) == .champion)
        _ = try bank.runner(warehouse).run(bank.job())
        #expect(try trainer.usualRole(for: bank.job()) == .challenger)
        _ = try trainer.train(bank.job(), role: .challenger)
        #expect(try trainer.usualRole(for: bank.job()) == .challenger)
        _ = try trainer.train(bank.job(), role: .champion)
        #expect(try trainer.usualRole(for: bank.job()) == .champion)
    }
}

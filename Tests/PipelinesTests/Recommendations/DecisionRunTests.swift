import Connectors
import Foundation
import GRDB
import Pipelines
import Records
import Testing

/// Runs that have no new row to read, and decisions to heed.
@Suite struct DecisionRunTests {
    private let shop: OfferReplayTests.Shop
    private let warehouse: Warehouse

    init() throws {
        shop = try OfferReplayTests.Shop()
        warehouse = try Warehouse(path: shop.folder + "/pipeline.db")
    }

    private static func day(_ number: Int) -> Timestamp { Timestamp(.init(year: 2026, month: 1, day: number)) }

    private func job(_ more: String = "decisions: { hold: block, show: none }") throws -> Job {
        try shop.job("job", "family: popularity, settings: { window: 100 }, calibrate: false, \(more)")
    }

    private func write(_ name: String, _ rows: [String]) throws {
        let text = "user,item,time,quantity,price\n" + rows.map { $0 + ",2.00\n" }.joined()
        try Data(text.utf8).write(to: URL(fileURLWithPath: shop.folder + "/orders/\(name).csv"))
    }

    private func run(_ job: Job, _ day: Int, writes: Bool = true) throws -> RunReport {
        let clock = Self.day(day)
        return try Runner(warehouse: warehouse, environment: .fixed(clock), options: RunOptions(writes: writes)).run(job)
    }

    private func offered() throws -> Set<String> {
        try warehouse.read {
            Set(
                try String.fetchAll(
                    $0, sql: "SELECT item FROM shop_offers_current WHERE about = 'user' AND kind <> 'withdrawn' AND outcome = 'show'"))
        }
    }

    private func decide(_ item: String, _ outcome: String, _ day: Int, replacing: Bool = false) throws {
        let time = Self.day(day)
        let entry = try #require(
            try warehouse.read { try ReviewStore($0).list(filter: .all, now: time) }.first {
                $0.item.fields.contains(NamedText("about", "item")) && $0.item.fields.contains(NamedText("item", item))
            })
        _ = try ReviewQueue(warehouse).decide(
            entry.item.id, outcome: outcome, isPositive: nil, reason: "r", by: .ann, now: time, outcomes: ["show", "hold"],
            replacing: replacing)
    }

    private func replay(_ job: Job) throws -> ReplayReport {
        try Replayer(warehouse: warehouse, environment: .fixed(Self.day(31))).replay(job, asOf: .distantFuture, in: shop.folder)
    }

    private func rows() throws -> Int { try warehouse.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM shop_offers") ?? 0 } }

    @Test("a word in the queue is heeded by the next run though no row is new; the run after it does nothing; a replay agrees")
    func heeded() throws {
        let job = try job()
        try write("1", ["a,x,2026-01-05T00:00:00,1", "a,y,2026-01-06T00:00:00,1", "b,x,2026-01-06T00:00:01,1"])
        _ = try run(job, 12)
        #expect(try offered() == ["x", "y"])
        #expect(try run(job, 13).ending == .nothingNew)
        try decide("x", "hold", 13)
        // A rehearsal says what the run would be made for, and writes nothing.
        let before = try rows(), rehearsed = try run(job, 14, writes: false)
        #expect(try rehearsed.ending == .done && rows() == before)
        let heard = try run(job, 14)
        #expect(heard.ending == .done && heard.heeded == 1 && heard.record?.id == 2 && heard.record?.counts.read == 0)
        #expect(try offered() == ["y"])
        let after = try rows()
        #expect(after > before)
        let again = try run(job, 15)
        #expect(try again.ending == .nothingNew && again.heeded == 0 && rows() == after)
        // Taken back on the day of the next run, at its very clock: the one after it hears it.
        try decide("x", "show", 16, replacing: true)
        #expect(try run(job, 16).ending == .nothingNew)
        #expect(try run(job, 17).heeded == 1)
        #expect(try offered() == ["x", "y"])
        // With new rows a word needs no run of its own, and none comes after.
        try decide("y", "hold", 17)
        try write("2", ["b,z,2026-01-17T00:00:00,1"])
        #expect(try run(job, 18).heeded == 0)
        #expect(try offered() == ["x", "z"] && run(job, 19).ending == .nothingNew)
        let report = try replay(job)
        #expect(report.difference == nil && report.runs == [1, 2, 3, 4])
        // The control: a replay that lacks the word finds that something differs.
        try warehouse.write { try $0.execute(sql: "DELETE FROM pipeline_decisions WHERE id = 3") }
        let without = try replay(job)
        #expect(without.difference != nil)
    }

    @Test("a word that says nothing, or what was said before, makes no run, and neither does one where the job gives it no meaning")
    func idle() throws {
        try write("1", ["a,x,2026-01-05T00:00:00,1", "a,y,2026-01-06T00:00:00,1", "b,x,2026-01-06T00:00:01,1"])
        let job = try job()
        _ = try run(job, 12)
        try decide("x", "show", 13)
        #expect(try run(job, 14).ending == .nothingNew)
        try decide("x", "hold", 14, replacing: true)
        try decide("x", "show", 15, replacing: true)
        // Said and taken back before anybody heard it.
        #expect(try run(job, 16).ending == .nothingNew)
        try decide("y", "hold", 16)
        let plain = try self.job("rest: 0")
        #expect(try run(plain, 17).ending == .nothingNew)
        #expect(try run(try self.job(), 17).heeded > 0)
        #expect(try offered() == ["x"])
    }
}

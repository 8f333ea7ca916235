import Connectors
import Foundation
import GRDB
import Pipelines
import Records
import Testing

/// Places that a later run does not fill any more.
@Suite struct WithdrawnOfferTests {
    typealias Line = ShopFixture.Line

    @Test("the stage takes back what stood and is not given again, once, certain not to be shown")
    func stage() throws {
        let stage = try ShopFixture.stage(["family": .text("repeat")])
        _ = try stage.absorb(ShopFixture.input([Line("u", 1, "a")]))
        stage.stood([
            StandingResult(key: ["user", "gone", "1"], subject: "c"), StandingResult(key: ["user", "u", "1"], subject: "a"),
            StandingResult(key: ["user", "u", "2"], subject: "b"), StandingResult(key: ["user", "u", "2"], subject: "b"),
        ])
        let results = try ShopFixture.results(stage, clock: 2)
        let withdrawn = results.filter { $0.kind == "withdrawn" }
        #expect(withdrawn.map { "\($0.about) \($0.subject) \($0.item)" } == ["user gone ", "user u "])
        #expect(withdrawn.map(\.reason) == ["c is no longer offered here", "b is no longer offered here"])
        #expect(withdrawn.map(\.suspicion) == [1, 1])
        #expect(ShopFixture.offers(results.filter { $0.kind != "withdrawn" }, to: "u") == ["a"])
        // What stood before is not asked for twice.
        stage.stood([])
        #expect(try ShopFixture.results(stage, clock: 2).contains { $0.kind == "withdrawn" } == false)
    }

    /// Subject, place and item of what a reader of the table would send, whatever its time.
    private func standing(_ warehouse: Warehouse) throws -> [String] {
        try warehouse.read { database in
            try String.fetchAll(
                database,
                sql: """
                    SELECT subject || ' ' || place || ' ' || item FROM shop_offers_current WHERE about = 'user' AND outcome = 'show'
                    AND kind <> 'withdrawn' ORDER BY 1
                    """)
        }
    }

    @Test("a mailer that reads the table sends what stands and nothing else, also after a second run at the same time; a replay agrees")
    func runs() throws {
        let shop = try OfferReplayTests.Shop()
        let warehouse = try Warehouse(path: shop.folder + "/pipeline.db")
        defer { warehouse.close() }
        let job = try shop.job("job", "family: repeat, settings: { fill: 0 }, calibrate: false")
        func write(_ name: String, _ rows: [String]) throws {
            let text = "user,item,time,quantity,price\n" + rows.map { $0 + ",2.00\n" }.joined()
            try Data(text.utf8).write(to: URL(fileURLWithPath: shop.folder + "/orders/\(name).csv"))
        }
        try write("1", ["a,x,2026-01-05T00:00:00,1", "a,y,2026-01-06T00:00:00,1", "b,x,2026-01-06T00:00:01,1"])
        try shop.run(job, afterWeek: 0, in: warehouse)
        #expect(try standing(warehouse).sorted() == ["a 1 y", "a 2 x", "b 1 x"])
        // The same moment: a return that was late, so that `event_time` tells nobody which places stand.
        try write("2", ["a,y,2026-01-06T00:00:01,-1"])
        try shop.run(job, afterWeek: 0, in: warehouse)
        #expect(try standing(warehouse) == ["a 1 x", "b 1 x"])
        // A run without news takes nothing back a second time; a place that is filled again stands again.
        try write("3", ["b,z,2026-01-07T00:00:00,1"])
        try shop.run(job, afterWeek: 1, in: warehouse)
        #expect(try standing(warehouse) == ["a 1 x", "b 1 z", "b 2 x"])
        try write("4", ["a,z,2026-01-14T00:00:00,1"])
        try shop.run(job, afterWeek: 2, in: warehouse)
        #expect(try standing(warehouse) == ["a 1 z", "a 2 x", "b 1 z", "b 2 x"])
        let takenBack = try warehouse.read {
            try Row.fetchAll(
                $0, sql: "SELECT subject, place, run, outcome, item FROM shop_offers WHERE kind = 'withdrawn' AND about = 'user'")
        }
        #expect(
            takenBack.map { "\($0["subject"] as String) \($0["place"] as Int) \($0["run"] as Int) \($0["outcome"] as String)" } == [
                "a 2 2 hold"
            ])
        let report = try Replayer(warehouse: warehouse, environment: .fixed(Timestamp(.init(year: 2026, month: 3, day: 1)))).replay(
            job, asOf: .distantFuture, in: shop.folder)
        #expect(report.difference == nil && report.runs == [1, 2, 3, 4])
        // The control: without the rows that take back, the table would offer what came back.
        try warehouse.write { try $0.execute(sql: "DELETE FROM shop_offers WHERE run > 2 OR kind = 'withdrawn'") }
        #expect(try standing(warehouse).contains("a 2 x"))
    }
}

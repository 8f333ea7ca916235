import Connectors
import Foundation
import GRDB
import Models
import PipelineTesting
import Pipelines
import Records
import Testing

/// Policies of offers compared on past weeks, and judged from what runs drew.
@Suite struct OfferReplayTests {
    /// Twelve weeks of a small shop in a folder of its own; every person has two items that they buy in seven weeks of ten.
    final class Shop {
        let folder: String
        private static let start = Timestamp(.init(year: 2026, month: 1, day: 5))

        init() throws {
            folder = FileManager.default.temporaryDirectory.path + "/offers-\(UInt64.random(in: 0 ... .max))"
            try FileManager.default.createDirectory(atPath: folder + "/orders", withIntermediateDirectories: true)
        }

        deinit { try? FileManager.default.removeItem(atPath: folder) }

        func write(weeks: Range<Int>) throws {
            for week in weeks {
                var random = SeededGenerator(seed: UInt64(week) + 3)
                var text = "user,item,time,quantity,price\n"
                for person in (0..<60).sorted(by: { ($0 % 7, $0) < ($1 % 7, $1) }) {
                    var items = [person % 12, (person + 3) % 12].filter { _ in Int.random(in: 0..<10, using: &random) < 7 }
                    items.append(min(Int.random(in: 0..<12, using: &random), Int.random(in: 0..<12, using: &random)))
                    let time = Self.start + .days(Int64(week * 7 + person % 7)) + .minutes(Int64(person))
                    for item in Set(items).sorted() { text += "p\(person),i\(item),\(time.iso8601.dropLast()),1,\(item + 1).00\n" }
                }
                try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/orders/w\(week + 10).csv"))
            }
        }

        func job(_ name: String, _ settings: String, horizon: Int = 7, catalogue: Bool = false) throws -> Job {
            let table = """
                  catalogue:
                    role: table
                    table: shop_catalogue
                    format: csv
                    files: catalogue.csv
                    columns: { item: { type: string }, category: { type: string }, known: { type: timestamp, zone: UTC } }
                    key: [item, known]
                    event-time: known
                """
            let text = """
                version: 1
                job: shop
                owner: shop@example.com
                calendar: { zone: UTC }
                feeds:
                  orders:
                    role: main
                    format: csv
                    files: orders/*.csv
                    columns:
                      user:     { type: string }
                      item:     { type: string }
                      time:     { type: timestamp, zone: UTC }
                      quantity: { type: int64 }
                      price:    { type: money, currency: EUR }
                    key: [user, item, time]
                    event-time: time
                    lateness: 1d
                \(catalogue ? table : "")
                stages:
                  - recommendations:
                      { user: user, item: item, quantity: quantity, price: price, horizon: \(horizon), count: 3\(catalogue ? ", items: catalogue" : ""), \(settings) }
                policy:
                  outcomes:
                    show:   { cost: { if: doubtful, pay: 20 EUR }, reversible: true }
                    hold:   { cost: { if: sound, pay: 5 EUR }, reversible: true }
                    review: { cost: 1 EUR }
                review: { queue: shop, capacity: 10/day, over-capacity: hold, due: 1bd, on-overdue: hold }
                results: shop_offers
                """
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name).yaml"))
            return try Job.load(path: "\(folder)/\(name).yaml")
        }

        func run(_ job: Job, afterWeek week: Int, in warehouse: Warehouse) throws {
            let clock = Self.start + .days(Int64(week * 7 + 7))
            _ = try Runner(warehouse: warehouse, environment: .fixed(clock)).run(job)
        }
    }

    @Test("what people buy again beats what most people buy, by an interval above zero; the same policy is ahead by nothing")
    func compared() throws {
        let shop = try Shop()
        try shop.write(weeks: 0..<12)
        let own = try shop.job("job", "family: popularity")
        let report = try OfferReplay(weeks: 3, resamples: 200).measure(
            own, others: [("repeat", try shop.job("repeat", "family: repeat")), ("same", own)])
        #expect(report.cuts.count == 3 && report.people == 60 && report.runs.isEmpty)
        #expect(report.rows.map(\.policy) == ["own", "repeat", "same"])
        let (popularity, again, same) = (report.rows[0], report.rows[1], report.rows[2])
        #expect(popularity.offers == 3 && popularity.hitsAhead == nil && popularity.logged == nil)
        // Two items that are bought in seven weeks of ten, and a third by chance.
        #expect((1.2...2.2).contains(again.hits.estimate))
        #expect(try #require(again.hitsAhead).lower > 0.3)
        #expect(try #require(again.valueAhead).lower > 0)
        #expect(again.coverage > popularity.coverage)
        let nothing = try #require(same.hitsAhead)
        #expect(nothing.estimate == 0 && nothing.lower == 0 && nothing.upper == 0)
    }

    @Test("hits are those counted by hand, in the seven days after each cut")
    func byHand() throws {
        let shop = try Shop()
        let rows = [
            "a,x,2026-01-01T00:00:00", "b,x,2026-01-02T00:00:00", "a,y,2026-01-03T00:00:00", "b,y,2026-01-04T00:00:00",
            "a,x,2026-01-12T00:00:00", "b,y,2026-01-13T00:00:00", "b,x,2026-01-14T00:00:00", "a,y,2026-01-18T00:00:00",
        ]
        let text = "user,item,time,quantity,price\n" + rows.map { $0 + ",1,2.00\n" }.joined()
        try Data(text.utf8).write(to: URL(fileURLWithPath: shop.folder + "/orders/all.csv"))
        let report = try OfferReplay(weeks: 1, resamples: 20).measure(try shop.job("job", "family: repeat"))
        // The cut is the 11th: both have bought x and y, both are offered x and y; b takes both, a takes both (the last on the 18th itself).
        #expect(report.cuts.map(\.iso8601) == ["2026-01-11T00:00:00Z"])
        #expect(report.rows[0].offers == 2 && report.rows[0].hits.estimate == 2 && report.rows[0].value.estimate == 4)
        #expect(report.rows[0].coverage == 1)
        #expect(throws: Failure.self) { try OfferReplay(weeks: 40).measure(try shop.job("job", "family: repeat")) }
    }

    @Test("runs that drew say what another policy would bring, and wrong probabilities are found out")
    func logged() throws {
        let shop = try Shop()
        let warehouse = try Warehouse(path: shop.folder + "/pipeline.db")
        defer { warehouse.close() }
        try shop.write(weeks: 0..<7)
        let own = try shop.job("job", "family: popularity, explore: 0.5")
        for week in 7..<12 {
            try shop.write(weeks: week..<week + 1)
            try shop.run(own, afterWeek: week, in: warehouse)
        }
        let firm = try shop.job("firm", "family: popularity")
        func report() throws -> OfferReplayReport {
            try OfferReplay(weeks: 5, resamples: 20).measure(own, others: [("firm", firm)], warehouse: warehouse)
        }
        let right = try report()
        // The last run has no seven days behind it.
        #expect(right.runs.count == 4)
        let (same, other) = (try #require(right.rows[0].logged), try #require(right.rows[1].logged))
        #expect(same.hits.isPlausible && other.hits.isPlausible && same.hits.decisions == 4 * 60 * 3)
        #expect(same.hits.unsupported == 0 && other.hits.unsupported == 0)
        // The own policy is what was shown: each decision weighs 1.
        #expect(abs(same.hits.effective - 720) < 1e-6 && other.hits.effective < 720)
        // Nobody's purchases depend on what is offered here, so the estimate must be what the lists met: within four standard errors.
        for interval in [other.hits.ips, other.hits.snips, other.hits.doublyRobust] {
            #expect(abs(interval.estimate - right.rows[1].hits.estimate) < interval.upper - interval.lower)
        }
        try warehouse.write { try $0.execute(sql: "UPDATE shop_offers SET propensity = 0.5 WHERE kind = 'drawn'") }
        #expect(try #require(report().rows[0].logged).hits.isPlausible == false)
        // A place that a run did not fill has the time of the run that did, and is none of its offers.
        try warehouse.write {
            try $0.execute(sql: "UPDATE shop_offers SET event_time = '2026-01-01T00:00:00Z' WHERE about = 'user' AND place = 1")
        }
        #expect(try #require(report().rows[0].logged).hits.decisions == 4 * 60 * 2)
        // By another job file it is not known what the runs could have shown.
        let changed = try OfferReplay(weeks: 5, resamples: 20).measure(
            try shop.job("job", "family: popularity, explore: 0.4"), warehouse: warehouse)
        #expect(changed.otherRuns == right.runs && changed.runs.isEmpty && changed.rows[0].logged == nil && right.otherRuns.isEmpty)
    }

    @Test("what drawn offers bring is counted over the job's own horizon")
    func longer() throws {
        let shop = try Shop()
        let warehouse = try Warehouse(path: shop.folder + "/pipeline.db")
        defer { warehouse.close() }
        try shop.write(weeks: 0..<7)
        let own = try shop.job("job", "family: popularity, explore: 0.5", horizon: 14)
        for week in 7..<12 {
            try shop.write(weeks: week..<week + 1)
            try shop.run(own, afterWeek: week, in: warehouse)
        }
        let report = try OfferReplay(weeks: 5, resamples: 20).measure(own, warehouse: warehouse)
        // The last two runs have no fourteen days behind them.
        #expect(report.runs.count == 3)
        let logged = try #require(report.rows[0].logged)
        #expect(logged.hits.isPlausible && logged.hits.decisions == 3 * 60 * 3)
        // Two weeks bring more than the one that lists are met with, and less than twice as much: most is bought again.
        #expect(logged.hits.ips.estimate > report.rows[0].hits.estimate * 1.1)
        #expect(logged.hits.ips.estimate < report.rows[0].hits.estimate * 2)
    }

    @Test("a table is taken as known then, and one that was not known yet as it first was, which is said")
    func tables() throws {
        let shop = try Shop()
        try shop.write(weeks: 0..<12)
        let rows = (0..<12).map { "i\($0),c\($0 % 2),2026-03-20T00:00:00\n" }.joined()
        try Data(("item,category,known\n" + rows).utf8).write(to: URL(fileURLWithPath: shop.folder + "/catalogue.csv"))
        let own = try shop.job("job", "family: popularity", catalogue: true)
        let capped = try shop.job("capped", "family: popularity, per-category: 1", catalogue: true)
        let report = try OfferReplay(weeks: 2, resamples: 20).measure(own, others: [("capped", capped)])
        #expect(report.laterTables.map(\.feed) == ["catalogue"])
        #expect(report.rows.map(\.offers) == [3, 2])
    }
}

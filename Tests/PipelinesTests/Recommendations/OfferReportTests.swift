import Connectors
import Foundation
import Pipelines
import Records
import Testing

/// The offers' part of a report.
@Suite struct OfferReportTests {
    private func report(_ days: Double, control: Bool = false, goesOn: Bool = false, unmet: Bool = false) throws -> (
        offers: OfferReport, page: String
    ) {
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
        // Of the first offers a buys one again within seven days, b one of them a day too late; the return takes y from a's list.
        try write(
            "2",
            unmet
                ? ["c,q,2026-01-14T00:00:00,1", "c,w,2026-01-15T00:00:00,1"]
                : [
                    "a,x,2026-01-12T00:00:00,1", "b,x,2026-01-14T00:00:00,1", "b,z,2026-01-14T00:00:01,1",
                    control ? "a,q,2026-01-14T00:00:02,1" : "a,y,2026-01-14T00:00:02,-1",
                ])
        try shop.run(job, afterWeek: 1, in: warehouse)
        if goesOn {
            try write("3", ["c,w,2026-01-22T00:00:00,1"])
            try shop.run(job, afterWeek: 2, in: warehouse)
        }
        let now = Timestamp(.init(year: 2026, month: 1, day: 19)) + .minutes(Int64(days * 1_440))
        let report = try warehouse.read { try JobReport(job: "shop", now: now, in: $0) }
        return (try #require(report.offers), ReportPage(report).html)
    }

    @Test("counts people, offers, items, places taken back and what was bought within the horizon, as by hand")
    func figures() throws {
        let (offers, page) = try report(0)
        #expect(offers.moments.map(\.people) == [2, 2] && offers.moments.map(\.offers) == [3, 3])
        #expect(offers.moments.map(\.items) == [2, 2] && offers.moments.map(\.withdrawn) == [0, 1])
        // The second offers are a week old on the 21st; the first were met by one purchase of one person.
        #expect(offers.moments.map(\.hits) == [1, nil] && offers.moments.map(\.buyers) == [1, nil])
        #expect(offers.standing == 3 && offers.itemsSold == 2)
        #expect(offers.kinds.map(\.name) == ["repeat"] && offers.kinds.map(\.offers) == [3])
        #expect(offers.reasons.map(\.name) == ["because of an earlier purchase"])
        #expect(page.contains("What was bought of what was offered") && page.contains("places taken back last"))
        // A week later by the clock, but no purchase is known from then on; then one is.
        #expect(try report(3).offers.moments.map(\.hits) == [1, nil])
        #expect(try report(8, goesOn: true).offers.moments.map(\.hits) == [1, 0, nil])
        // The control: without the return nothing is taken back.
        #expect(try report(0, control: true).offers.moments.map(\.withdrawn) == [0, 0])
    }

    @Test("names beside the bars are whole, and offers that nobody took are said instead of drawn on an axis of zeros")
    func drawing() throws {
        let page = try report(0).page
        #expect(page.contains(">because of an earlier purchase</text>") && page.contains(">Offers bought within 7 days"))
        let marks = page.components(separatedBy: ">Offers bought within 7 days").last?.components(separatedBy: "</svg>").first ?? ""
        for mark in [">0.00</text>", ">0.25</text>", ">0.50</text>"] {
            #expect(marks.components(separatedBy: mark).count == 2, "\(mark) once")
        }
        let (offers, unmet) = try report(0, unmet: true)
        #expect(offers.moments.first?.hits == 0)
        #expect(unmet.contains("nothing was bought within 7 days") && !unmet.contains(">Offers bought within 7 days"))
    }

    @Test("a reason is counted by the words of its first part")
    func words() {
        #expect(OfferReport.leading("bought often +1.20, sells well +0.50, all else -1.00") == "bought often")
        #expect(OfferReport.leading("because of A7 +0.31, all else +0.01") == "because of an earlier purchase")
        #expect(OfferReport.leading("drawn to learn about it; sells well -0.20, all else +0.10") == "sells well")
        #expect(OfferReport.leading("new in the catalogue") == "new in the catalogue")
    }
}

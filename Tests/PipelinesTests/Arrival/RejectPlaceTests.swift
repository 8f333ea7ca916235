import Connectors
import Foundation
import GRDB
import Pipelines
import Records
import Testing

@Suite("a row that arrives late") struct RejectPlaceTests {
    @Test("within the lateness is scored as of its own time, and flagged")
    func withinLateness() throws {
        let feed = try SmallFeed()
        let warehouse = try feed.warehouse()
        let ordered = [
            "1,2026-01-05 10:00:00,C1,T1,10.00", "2,2026-01-05 11:00:00,C1,T1,20.00", "3,2026-01-05 12:00:00,C1,T1,30.00",
        ]
        try feed.put("a.csv", ([SmallFeed.header] + [ordered[0], ordered[2], ordered[1]]).joined(separator: "\n") + "\n")
        let report = try feed.run(warehouse)
        #expect(report.record?.counts.late == 1 && report.record?.counts.rejected == 0)
        let clean = try SmallFeed()
        let other = try clean.warehouse()
        try clean.put("a.csv", ([SmallFeed.header] + ordered).joined(separator: "\n") + "\n")
        try clean.run(other)
        let sql = "SELECT hex(features), late FROM bank_scores WHERE \"transaction\" = 2"
        let (late, punctual) = try (warehouse.read { try Row.fetchOne($0, sql: sql) }, other.read { try Row.fetchOne($0, sql: sql) })
        #expect(late?[0] as String? == punctual?[0] as String?)
        #expect(late?[1] as Int? == 1 && punctual?[1] as Int? == 0)
    }

    @Test("does not become late because one row's clock was years ahead: that row alone is a reject")
    func farFuture() throws {
        let feed = try SmallFeed()
        let warehouse = try feed.warehouse()
        let ahead = "90001,2099-01-01 00:00:00,C1,T1,1.00"
        try feed.put("a.csv", SmallFeed.rows(1...40) + ahead + "\n" + SmallFeed.rows(41...200).dropFirst(SmallFeed.header.count + 1))
        let report = try feed.run(warehouse)
        #expect(report.record?.counts.rejected == 1 && report.record?.counts.accepted == 200 && report.record?.counts.late == 0)
        let reject = try #require(try warehouse.read { try RejectStore($0).list() }.first?.reject)
        #expect(
            reject.code == .future && reject.line == 42 && reject.found == "2099-01-01T00:00:00Z"
                && String(decoding: reject.raw, as: UTF8.self) == ahead)
    }

    @Test("beyond it is a reject that names its line, its offset and its bytes, as a duplicate does", arguments: [1, 2, 97, 8_192])
    func places(_ blockRows: Int) throws {
        let feed = try SmallFeed()
        let warehouse = try feed.warehouse()
        let late = "\"90001\",2026-01-02 00:00:00,C1,\"T,1\",1.00"
        let doubled = "3,2026-01-05 00:03:00,C3,T3,3.50"
        let content = SmallFeed.rows(1...300) + "\n\n" + late + "\n" + doubled + "\n" + SmallFeed.rows(301...400).dropFirst(61)
        try feed.put("a.csv", content)
        var options = RunOptions(threads: 2, blockRows: blockRows)
        options.chunkRows = 150
        try feed.run(warehouse, options: options)
        let rejects = try warehouse.read { try RejectStore($0).list() }.map(\.reject)
        #expect(rejects.map(\.code) == [.late, .duplicate])
        for (reject, text) in zip(rejects, [late, doubled]) {
            let place = try #require(content.range(of: "\n" + text, options: .backwards)).lowerBound
            #expect(String(decoding: reject.raw, as: UTF8.self) == text)
            #expect(reject.offset == Int64(content[...place].utf8.count))
            #expect(reject.line == Int64(content[...place].count { $0 == "\n" } + 1))
        }
    }
}

import Connectors
import Foundation
import GRDB
import Pipelines
import Records
import Testing

@Suite("a file that breaks off inside quotes") struct CutDeliveryTests {
    /// Three whole rows, and a fourth whose quote the end of the delivery cut off.
    private static let cut = SmallFeed.rows(1...3) + "4,2026-01-05 10:00:00,\"C1\n5,2026-01-05 10:00:00,C1,T1,1.00\n"

    @Test("holds its run, keeps the rows before, and tells a person how many are known to be there")
    func held() throws {
        let feed = try SmallFeed()
        try feed.put("a.csv", Self.cut)
        let warehouse = try feed.warehouse()
        let report = try feed.run(warehouse)
        #expect(report.ending == .held && report.holdReasons == [.brokenFile("in/a.csv")])
        #expect(report.record?.counts.read == 4 && report.record?.counts.accepted == 3)
        let shown = try warehouse.read { database in
            (
                try String.fetchAll(database, sql: "SELECT code || ' ' || found FROM pipeline_rejects"),
                try Int.fetchOne(database, sql: "SELECT count(*) FROM bank_scores_current")
            )
        }
        #expect(shown.0 == ["malformed a quote that is not closed"])
        #expect(shown.1 == 0)
        #expect(try feed.items(warehouse).count == 1)
    }

    @Test("is read as far as it goes where the feed accepts broken files; a file with its quote closed is done")
    func accepted() throws {
        let accepting = try SmallFeed(edit: {
            $0.replacing("rejects: { limit: 50% }", with: "rejects: { limit: 50%, broken-file: accept }")
        })
        try accepting.put("a.csv", Self.cut)
        #expect(try accepting.run(accepting.warehouse()).ending == .done)
        let whole = try SmallFeed()
        try whole.put("a.csv", Self.cut.replacing("\"C1\n5,", with: "\"C1\",T1,2.00\n5,"))
        let report = try whole.run(whole.warehouse())
        #expect(report.ending == .done && report.record?.counts.accepted == 5)
    }
}

/// Decision 5, the other half: `RejectPlaceTests` has the row that comes twice with the same content.
@Suite("a key twice within a run") struct RepeatedKeyTests {
    @Test("is a new version where the content differs, whether a chunk lies between or not", arguments: [1, 2, 8_192])
    func versions(_ blockRows: Int) throws {
        let feed = try SmallFeed()
        let line = "1,2026-01-05 00:01:00,C1,T1,1.50\n"
        try feed.put(
            "a.csv",
            SmallFeed.rows(1...5) + line + "1,2026-01-05 00:02:00,C1,T1,9.75\n"
                + SmallFeed.rows(6...8).dropFirst(SmallFeed.header.count + 1))
        let warehouse = try feed.warehouse()
        var options = RunOptions()
        (options.blockRows, options.chunkRows) = (blockRows, blockRows)
        let report = try feed.run(warehouse, options: options)
        #expect(report.ending == .done && report.record?.counts.read == 10)
        let versions = try warehouse.read {
            try String.fetchAll(
                $0, sql: "SELECT version || ' ' || event_time FROM bank_scores WHERE \"transaction\" = 1 ORDER BY version")
        }
        #expect(versions == ["1 2026-01-05T00:01:00Z", "2 2026-01-05T00:02:00Z"])
        let codes = try warehouse.read { try String.fetchAll($0, sql: "SELECT code FROM pipeline_rejects") }
        #expect(codes == ["duplicate"])
        #expect(try warehouse.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM bank_scores_current") } == 8)
    }
}

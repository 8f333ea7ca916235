import Connectors
import GRDB
import PipelineTesting
import Pipelines
import Records
import Testing

/// Rows go into a result table in the order of its key; what they become must be that of the feed's order.
@Suite("Rows in any order") struct RowOrderTests {
    /// Keys come in no order, again with the same content, and again with another.
    private func rows(_ key: (Int) -> String) -> String {
        var random = SeededGenerator(seed: 77)
        return SmallFeed.header + "\n"
            + (0..<600).map { _ in
                let number = Int.random(in: -60...60, using: &random), amount = Int.random(in: 1...2, using: &random)
                return "\(key(number)),2026-01-05 10:\((number + 60) / 20)\(abs(number) % 10):00,C\(number & 3),T1,\(amount).00\n"
            }.joined()
    }

    private func table(_ feed: SmallFeed, blockRows: Int, chunkRows: Int) throws -> [String] {
        let warehouse = try feed.warehouse("\(blockRows).db")
        var options = RunOptions(threads: 2, blockRows: blockRows)
        options.chunkRows = chunkRows
        let report = try feed.run(warehouse, options: options)
        let counts = report.record?.counts
        let rows = try warehouse.read { database in
            try Row.fetchAll(database, sql: "SELECT *, hex(features) AS f FROM bank_scores ORDER BY \"transaction\", version").map {
                "\($0["transaction"] as DatabaseValue) \($0["version"] as Int) \($0["event_time"] as String) \($0["record"] as Int64) \($0["f"] as String)"
            }
        }
        let rejects = try warehouse.read { try RejectStore($0).list() }.map { "\($0.reject.code) \($0.reject.line)" }
        #expect(rows.count > 121 && rejects.count > 100)
        return rows + rejects.sorted() + ["\(counts?.corrected ?? 0) \(counts?.rejected ?? 0) \(counts?.accepted ?? 0)"]
    }

    @Test("versions and duplicates are those of the feed's order, whatever the block", arguments: [false, true])
    func versions(ofTexts: Bool) throws {
        // Texts that differ behind the first eight bytes, some the beginning of others.
        let feed = try SmallFeed { job in
            ofTexts ? job.replacing("TRANSACTION_ID, type: int64", with: "TRANSACTION_ID, type: string") : job
        }
        try feed.put("a.csv", rows { ofTexts ? "order-number-\(String(repeating: "9", count: $0 & 3))\($0)" : "\($0)" })
        let one = try table(feed, blockRows: 1, chunkRows: 50)
        for blockRows in [7, 64, 8_192] { #expect(try table(feed, blockRows: blockRows, chunkRows: 1_000) == one, "\(blockRows)") }
    }
}

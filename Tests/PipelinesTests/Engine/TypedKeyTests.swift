import Connectors
import Foundation
import GRDB
import PipelineTesting
import Pipelines
import Records
import Testing

@Suite("keys of exact types") struct TypedKeyTests {
    /// A bank whose rows are named by a decimal and a date.
    private func bank() throws -> BankFixture {
        try BankFixture(days: 6) { job in
            guard let start = job.range(of: "  chargebacks:"), let end = job.range(of: "  blocked:\n") else { return job }
            var job = job
            job.removeSubrange(start.lowerBound..<end.lowerBound)
            let day = #"day: { from: TX_DATETIME, type: date, format: "yyyy-MM-dd HH:mm:ss" }"#
            return job.replacing("TRANSACTION_ID, type: int64 }", with: "TRANSACTION_ID, type: decimal, scale: 2 }\n      \(day)")
                .replacing("    key: transaction\n", with: "    key: [transaction, day]\n")
        }
    }

    @Test("decimals and dates are text in a result table, found again by a second run")
    func tables() throws {
        let bank = try bank(), warehouse = try bank.warehouse()
        let job = try bank.job()
        #expect(job.feeds[0].key == ["transaction", "day"])
        let report = try bank.runner(warehouse).run(job)
        let accepted = try #require(report.record).counts.accepted
        try warehouse.read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT typeof("transaction") AS a, typeof(day) AS b, "transaction" AS c, day AS d, event_time AS e FROM bank_scores
                    """)
            #expect(Int64(rows.count) == accepted)
            for row in rows {
                #expect(row["a"] == "text" && row["b"] == "text")
                #expect((row["c"] as String).hasSuffix(".00"))
                #expect((row["e"] as String).hasPrefix(row["d"] as String))
            }
        }
        // The same rows in another file: all known already.
        let name = try #require(try bank.transactionFiles().first)
        try FileManager.default.copyItem(atPath: "\(bank.folder)/transactions/\(name)", toPath: "\(bank.folder)/transactions/z-\(name)")
        _ = try bank.runner(warehouse).run(try bank.job())
        let after = try warehouse.read { try Int64.fetchOne($0, sql: "SELECT count(*) FROM bank_scores") }
        #expect(after == accepted)
    }

    @Test("a key's hash is that of its text, whatever its type; scaled and unscaled integers do not collide by chance")
    func hashes() {
        let dates = Column(type: .date, integers: [0, 20_781]), decimals = Column(type: .decimal(scale: 2), integers: [150, -5])
        let batch = RecordBatch(
            schema: Schema([Field("a", .date), Field("b", .decimal(scale: 2))]), columns: [dates, decimals], rowNumbers: [1, 2])
        #expect(RecordKey.hashes(of: batch, columns: [0]) == ["1970-01-01", "2026-11-24"].map { RecordKey.hash($0) })
        #expect(RecordKey.hashes(of: batch, columns: [1]) == ["1.50", "-0.05"].map { RecordKey.hash($0) })
        #expect(RecordKey.text(of: batch, columns: [0, 1], row: 1) == "2026-11-24\u{1F}-0.05")
        #expect(RecordKey.hashes(of: batch, columns: [1]) != [150, -5].map { RecordKey.hash("\($0)") })
    }
}

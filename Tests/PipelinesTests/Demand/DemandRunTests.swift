import Connectors
import Foundation
import GRDB
import Pipelines
import Records
import Testing

/// Whole runs of the job over tables that are partly unusable.
@Suite struct DemandRunTests {
    private static let clock = Timestamp(seconds: 20_160 * 86_400)

    /// Sixty days of ten units, and counts of stock of which the first alone can be used.
    private static func job(_ shop: borrowing DemandBacktestTests.Shop, isStrict: Bool = false) throws -> Job {
        let job = try shop.job(units: Array(repeating: 10, count: 60))
        try DemandBacktestTests.Shop.write(
            [
                "ITEM,COUNTED,ON_HAND,ON_ORDER", "A,2025-01-01,40,0", "A,2025-01-02,,0", ",2025-01-02,5,0", "A,2025-01-03,2000000000000,0",
            ], to: "\(shop.folder)/sample-data/demand/stock/a.csv")
        guard !isStrict else { return job }
        let text = try String(contentsOfFile: job.path, encoding: .utf8)
        try DemandBacktestTests.Shop.write(
            [text.replacing("    key: [item, counted]\n", with: "    key: [item, counted]\n    rejects: { limit: 100% }\n")], to: job.path)
        return try Job.load(path: job.path)
    }

    @Test("rows of a table that cannot be used are rejects, the run goes on, and the row that can be used is")
    func goesOn() throws {
        let shop = DemandBacktestTests.Shop(), job = try Self.job(shop)
        let warehouse = try Warehouse(path: "\(shop.folder)/pipeline.db")
        let report = try Runner(warehouse: warehouse, environment: .fixed(Self.clock)).run(job)
        #expect(report.ending == .done)
        let counts = try #require(report.record).counts
        #expect(counts.read == 64 && counts.accepted == 61 && counts.rejected == 3, "nothing is lost")
        let rejects = try warehouse.read { try RejectStore($0).list(run: 1) }
        #expect(rejects.map(\.feed) == ["stock", "stock", "stock"])
        #expect(rejects.map(\.reject.row) == [2, 3, 4] && rejects.map(\.reject.code) == [.missing, .missing, .range])
        let found = try warehouse.read { database in
            try Row.fetchOne(
                database,
                sql:
                    "SELECT stock, expected, order_units, (SELECT count(*) FROM demand_stock_current) AS counted FROM demand_orders_current"
            )
        }
        let row = try #require(found)
        #expect(row["stock"] as Double == 40 && row["expected"] as Double == 100 && row["order_units"] as Double == 60)
        #expect(row["counted"] as Int == 1)
    }

    @Test("and the same run is held where the job allows that table so few rejects")
    func control() throws {
        let shop = DemandBacktestTests.Shop(), job = try Self.job(shop, isStrict: true)
        let warehouse = try Warehouse(path: "\(shop.folder)/pipeline.db")
        let report = try Runner(warehouse: warehouse, environment: .fixed(Self.clock)).run(job)
        #expect(report.ending == .held && report.feeds.filter(\.isOverLimit).map(\.feed) == ["stock"])
        #expect(try warehouse.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM demand_orders_current") } == 0)
    }
}

import Connectors
import Foundation
import GRDB
import PipelineTesting
import Pipelines
import Records
import Testing

/// The bank's job of the repository, on a simulated bank.
@Suite struct FinanceOfferTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Offers that break what the sentence says, each counted in the database by the tables that the run itself wrote.
    private struct Broken {
        var offers = 0
        var risk = 0
        var limits = 0
    }

    private func run(edit: (String) -> String = { $0 }) throws -> Broken {
        let folder = FileManager.default.temporaryDirectory.path + "/bank-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let simulation = try FinanceOfferSimulation(customers: 120, products: 40, days: 150, seed: 4)
        _ = try simulation.write(to: folder + "/data")
        let text = try String(contentsOf: Self.root.appendingPathComponent("jobs/finance-offers.yaml"), encoding: .utf8)
        // Lists so long that whatever may be offered is.
        let long = text.replacing("../sample-data/finance-offers/", with: "data/").replacing("      count: 5\n", with: "      count: 40\n")
        try Data(edit(long).utf8)
            .write(to: URL(fileURLWithPath: folder + "/job.yaml"))
        let warehouse = try Warehouse(path: folder + "/pipeline.db")
        defer { warehouse.close() }
        let clock = Timestamp(.init(year: 2025, month: 6, day: 1))
        _ = try Runner(warehouse: warehouse, environment: .fixed(clock)).run(try Job.load(path: folder + "/job.yaml"))
        return try warehouse.read { database in
            func count(_ condition: String) throws -> Int {
                try Int.fetchOne(
                    database,
                    sql: """
                        SELECT count(*) FROM finance_offers AS o JOIN bank_products AS p ON p.item = o.item
                        JOIN bank_customers AS c ON c.user = o.subject WHERE o.about = 'user' AND (\(condition))
                        """) ?? 0
            }
            return Broken(
                offers: try count("TRUE"), risk: try count("c.risk IS NULL OR p.risk > c.risk"),
                limits: try count("c.segment = 'young' AND p.category = 'themes'"))
        }
    }

    @Test("nobody is offered a product above their risk class, or what their segment may not have")
    func suitable() throws {
        let found = try run()
        #expect(found.offers > 400 && found.risk == 0 && found.limits == 0)
    }

    @Test("the same queries find both where the job does not read the tables that say so")
    func control() throws {
        let found = try run {
            $0.replacing("      users: customers\n", with: "").replacing("      items: products\n", with: "")
                .replacing("      limits: limits\n", with: "")
        }
        #expect(found.offers > 400 && found.risk > 0 && found.limits > 0)
    }
}

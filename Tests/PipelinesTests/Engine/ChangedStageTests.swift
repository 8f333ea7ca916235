import Connectors
import Foundation
import GRDB
import Pipelines
import Records
import Testing

@Suite("a stage whose parameters change between runs") struct ChangedStageTests {
    private static let longer: @Sendable (String) -> String = { $0.replacing("lateness: 30d }", with: "lateness: 30d, delay: 3d }") }

    private func features(_ warehouse: Warehouse, run: Int64) throws -> [String] {
        try warehouse.read {
            try String.fetchAll(
                $0, sql: "SELECT \"transaction\" || ' ' || hex(features) FROM bank_scores WHERE run = ? ORDER BY \"transaction\"",
                arguments: [run])
        }
    }

    /// Two deliveries; the job file is edited before the second one.
    private func run(before: (String) -> String, after: (String) -> String) throws -> (warehouse: Warehouse, feed: SmallFeed) {
        let feed = try SmallFeed(edit: before)
        let warehouse = try feed.warehouse()
        try feed.put("a.csv", SmallFeed.rows(1...200, day: 1))
        try feed.run(warehouse)
        try feed.setJob(edit: after)
        try feed.put("b.csv", SmallFeed.rows(201...300, day: 8))
        let report = try feed.run(warehouse, at: SmallFeed.clock + .days(1))
        #expect(report.ending == .done && report.record?.counts.accepted == 100)
        return (warehouse, feed)
    }

    @Test("goes on from the state it would have had with them from the start; what was written stays")
    func renewed() throws {
        let changed = try run(before: { $0 }, after: Self.longer)
        let always = try run(before: Self.longer, after: Self.longer)
        let never = try run(before: { $0 }, after: { $0 })
        let (second, expected) = (try features(changed.warehouse, run: 2), try features(always.warehouse, run: 2))
        #expect(second.count == 100 && second == expected)
        #expect(try features(changed.warehouse, run: 1) == features(never.warehouse, run: 1))
        // The control: the parameter tells in these rows.
        #expect(try features(never.warehouse, run: 2) != expected)
    }

    @Test("needs the earlier files: without them the run says which one, and nothing is written")
    func filesGone() throws {
        let feed = try SmallFeed()
        let warehouse = try feed.warehouse()
        try feed.put("a.csv", SmallFeed.rows(1...50, day: 1))
        try feed.run(warehouse)
        try feed.remove("a.csv")
        try feed.setJob(edit: Self.longer)
        try feed.put("b.csv", SmallFeed.rows(51...60, day: 9))
        let failure = try feed.failure(warehouse, at: SmallFeed.clock + .days(1))
        #expect(failure?.description.contains("in/a.csv") == true, "\(failure?.description ?? "none")")
        #expect(try warehouse.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM pipeline_runs") } == 1)
    }

    @Test("a change elsewhere in the job file leaves the state as it is")
    func elsewhere() throws {
        let cheaper = try run(before: { $0 }, after: { $0.replacing("cost: 4 EUR", with: "cost: 5 EUR") })
        let never = try run(before: { $0 }, after: { $0 })
        #expect(try features(cheaper.warehouse, run: 2) == features(never.warehouse, run: 2))
    }
}

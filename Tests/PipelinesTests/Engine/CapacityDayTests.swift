import Connectors
import GRDB
import Pipelines
import Records
import Testing

@Suite("A day's capacity") struct CapacityDayTests {
    @Test("is that of the job's calendar: in Tokyo the first items after midnight there, which is 15:00 in UTC, are within it")
    func tokyo() throws {
        let bank = try BankFixture(customers: 40, days: 12, broken: 0) { text in
            "calendar: { zone: Asia/Tokyo }\n"
                + text.replacing("capacity: 5/day", with: "capacity: 2/day")
                .replacing("customer_count_1d > 12", with: "customer_count_1d > 1")
        }
        let warehouse = try bank.warehouse()
        // A row a block: the watermark is the row's own time.
        _ = try bank.runner(warehouse, options: RunOptions(chunkRows: 500, blockRows: 1)).run(bank.job())
        let items = try warehouse.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT event_time, over_capacity FROM pipeline_review_items WHERE cause <> 'audit-sample' ORDER BY event_time, id
                    """
            ).map { (day: ($0.timestamp("event_time") + .hours(9)).day, isOver: $0["over_capacity"] as Bool) }
        }
        let days = Dictionary(grouping: items, by: \.day)
        #expect(days.count > 8 && days.values.contains { $0.count > 4 })
        for (_, items) in days { #expect(items.map(\.isOver) == items.indices.map { $0 >= 2 }) }
    }
}

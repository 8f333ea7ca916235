import Connectors
import Foundation
import GRDB
import Pipelines
import Records

/// A small bank that keeps its rows for a time, lands them in a table too, and has decided all but one of its items. Its table of owners has
/// numbers that are those of transactions, too.
struct RetainedBank {
    static let ran = Timestamp(iso8601: "2026-02-20T02:00:00Z")!
    static let purged = Timestamp(iso8601: "2026-03-25T02:00:00Z")!
    let bank: BankFixture
    let warehouse: Warehouse
    let job: Job
    /// Key of the item that nobody has decided.
    let open: String
    let head: String

    init(delivered: Int? = nil) throws {
        bank = try BankFixture(customers: 30, delivered: delivered, broken: 4_000) { text in
            text.replacing("feeds:\n", with: Self.landed).replacing("last: 30d", with: "last: 3d")
                + "\nretain: { results: 40d, tables: { landed: 40d }, rejects: 10d, review: 10d, labels: 40d }\n"
        }
        let owners = (0...30).map { "\($0 + 1),C\(String(format: "%06d", $0))\n" }.joined()
        try ("owner,customer\n" + owners).write(toFile: bank.folder + "/owners.csv", atomically: true, encoding: .utf8)
        (warehouse, job) = (try bank.warehouse(), try bank.job())
        _ = try bank.runner(warehouse, at: Self.ran).run(job)
        let items = try warehouse.read { try ReviewStore($0).list(now: Self.ran) }
        // The oldest row's stays open: by its age it would go.
        let left = items.indices.min { items[$0].item.eventTime < items[$1].item.eventTime } ?? 0
        for (index, entry) in items.enumerated() where index != left {
            _ = try ReviewQueue(warehouse).decide(
                entry.item.id, outcome: "clear", isPositive: false, reason: "looked at", by: .ann, now: Self.ran + .hours(1),
                outcomes: ["clear", "hold"])
        }
        open = items[left].item.key
        head = try warehouse.read { try AuditChain($0).head().description }
    }

    func purge(writes: Bool = true, at now: Timestamp = RetainedBank.purged) throws -> Purge.Report {
        try Purge(warehouse: warehouse, environment: .fixed(now), batch: 50).run(job, writes: writes)
    }

    func count(_ sql: String, _ arguments: StatementArguments = []) throws -> Int {
        try warehouse.read { try Int.fetchOne($0, sql: sql, arguments: arguments) ?? -1 }
    }

    private static let landed = """
        feeds:
          landed:
            role: table
            format: csv
            files: transactions/*.csv.gz
            columns:
              transaction: { from: TRANSACTION_ID, type: int64 }
              booked:      { from: TX_DATETIME, type: timestamp, format: "yyyy-MM-dd HH:mm:ss", zone: UTC }
              customer:    { from: CUSTOMER_ID, type: string, personal: true }
            key: transaction
            event-time: booked
            rejects: { limit: 5% }
            table: landed
          owners:
            role: table
            format: csv
            files: owners.csv
            columns: { owner: { type: int64 }, customer: { type: string, personal: true } }
            key: owner
            table: owners

        """
}

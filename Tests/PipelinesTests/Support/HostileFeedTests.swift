import Connectors
import Foundation
import GRDB
import Models
import Pipelines
import Records
import Testing

/// Hostile text in columns that a stage does not judge, beside the numbers that it does: in the stages that give results at the end of the feed,
/// and through the engine with model, policy and warehouse.
@Suite("Hostile text beside what is decided") struct HostileFeedTests {
    private static let count = ProcessInfo.processInfo.environment["PIPELINE_TEST_ALL"] == nil ? 2_000 : 10_000
    private static func hostile(_ number: Int) -> String { Hostile.wrapped(number, "note", intents: ["order", "skip", "show", "clear"]) }

    /// Everything that a finishing stage gives, as texts.
    private static func given(_ stage: any FinishingStage, watermark: Timestamp) throws -> [String] {
        let count = try stage.finish(FinishTime(clock: watermark + .days(1), watermark: watermark))
        let rows = try stage.finished(0..<count)
        return rows.batch.columns.flatMap { column in (0..<count).map { column.text($0) ?? "-" } }
            + rows.features.values.map { "\($0.bitPattern)" }
    }

    @Test("orders are the same with hostile text in a column beside sales and with none; text in the item's own column is found out")
    func demand() throws {
        func rows(_ note: (Int) -> String, item: (Int) -> String = { "A\($0)" }) -> DemandRows {
            var rows = DemandRows()
            for number in 0..<Self.count {
                let units = Double((number * 7_919) % 12 + 1)
                rows.add(item(number % 20), day: 20_000 + number / 20, units, ["note": note(number)])
            }
            return rows
        }
        func orders(_ rows: DemandRows) throws -> [String] {
            try Self.given(rows.stage(), watermark: Timestamp(microseconds: (rows.times.max() ?? 0)))
        }
        let blank = try orders(rows { _ in "" })
        #expect(!blank.isEmpty)
        #expect(try orders(rows(Self.hostile)) == blank)
        #expect(try orders(rows({ _ in "" }, item: { Self.hostile($0) })) != blank)
    }

    @Test("offers are the same with hostile text in a column beside purchases and with none; text in the item's own column is found out")
    func recommendations() throws {
        let schema = Schema(ShopFixture.schema.fields + [Field("note", .string)])
        func offers(_ note: (Int) -> String, item: (String) -> String = { $0 }) throws -> [String] {
            let lines = ShopFixture.lines(days: 60).map { ShopFixture.Line($0.user, $0.day, item($0.item), $0.quantity) }
            let plain = ShopFixture.input(lines)
            let columns = plain.batch.columns + [Column(strings: lines.indices.map { Optional(note($0)) })]
            let batch = RecordBatch(schema: schema, columns: columns, rowNumbers: plain.batch.rowNumbers)
            let stage = try RecommendationStage(configuration: ShopFixture.configuration(), schema: schema)
            _ = try stage.absorb(StageInput(batch: batch, keys: plain.keys, times: plain.times))
            return try Self.given(stage, watermark: Timestamp(microseconds: plain.times.max() ?? 0))
        }
        let blank = try offers { _ in "" }
        #expect(!blank.isEmpty)
        #expect(try offers(Self.hostile) == blank)
        #expect(try offers({ _ in "" }, item: { Self.hostile(Int($0.dropFirst()) ?? 0) }) != blank)
    }

    @Test("through the engine the rows cleared are those of a run with text blanked, and a rule over the text is found out")
    func engine() throws {
        func cleared(_ note: (Int) -> String, rule: String = "") throws -> [String] {
            let folder = FileManager.default.temporaryDirectory.appending(path: "hostile-\(UUID())").path
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            var text = "id,time,card,shop,amount,note\n"
            for row in 0..<Self.count {
                let note = note(row).replacing("\"", with: "\"\"")
                text += "\(row),2026-03-\(10 + row * 15 / Self.count) 1\(row % 10):00:00,C\(row % 37),S\(row % 11),"
                text += "\((row * 104_729) % 900).50,\"\(note)\"\n"
            }
            try text.write(toFile: "\(folder)/payments.csv", atomically: true, encoding: .utf8)
            let yaml = """
                version: 1
                job: payments
                feeds:
                  payments:
                    role: main
                    format: csv
                    files: payments.csv
                    columns:
                      id: { type: int64 }
                      time: { type: timestamp, format: "yyyy-MM-dd HH:mm:ss", zone: UTC }
                      card: { type: string }
                      shop: { type: string }
                      amount: { type: money, currency: EUR }
                      note: { type: string, optional: true }
                    key: id
                    event-time: time
                    lateness: 2d
                stages:
                  - fraud: { customer: card, terminal: shop, amount: amount, lateness: 2d }
                policy:
                  outcomes:
                    clear: { cost: { if: fraud, pay: amount } }
                    hold: { cost: { if: genuine, pay: 25 EUR }, reversible: true }
                    review: { cost: 4 EUR }
                \(rule)
                review: { queue: payments, capacity: 100/day, over-capacity: hold, due: 2bd, on-overdue: hold, audit-sample: 0.5% }
                results: payments_scored
                """
            let job = try Job.load(bytes: Array(yaml.utf8), path: "\(folder)/job.yaml")
            let warehouse = try Warehouse(path: "\(folder)/pipeline.db")
            defer { warehouse.close() }
            _ = try Runner(warehouse: warehouse, environment: .fixed(Messages.clock)).run(job)
            return try warehouse.read { database in
                try String.fetchAll(database, sql: "SELECT id || ' ' || score || ' ' || outcome FROM payments_scored_current ORDER BY id")
            }
        }
        let blank = try cleared { _ in "" }
        #expect(blank.count == Self.count && blank.contains { $0.hasSuffix("clear") } && blank.contains { !$0.hasSuffix("clear") })
        #expect(try cleared(Self.hostile) == blank)
        // The control: a rule of the job's own that lets the text decide.
        let reading = "rules:\n  - { name: said, when: \"not note is missing\", then: review }"
        #expect(try cleared(Self.hostile, rule: reading) != blank)
    }
}

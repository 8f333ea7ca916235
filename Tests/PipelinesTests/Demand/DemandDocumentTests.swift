import Connectors
import Foundation
import Pipelines
import Records
import Testing

/// UBL documents as the history of demand and the stock of a job.
@Suite struct DemandDocumentTests {
    static func job() throws -> Job { try Job.load(path: "\(FamilyJob.root)/jobs/demand-ubl.yaml") }

    /// Batches and rejects of one file of a feed.
    static func read(_ name: String, _ path: String, of job: Job) throws -> (batches: [RecordBatch], rejects: [Reject]) {
        let feed = try #require(job.feeds.first { $0.name == name })
        let reader = try XMLFormat.reader(
            of: FeedFile(path: path, name: "document.xml"), columns: feed.columns, options: feed.options, from: .start, blockRows: 1_000,
            bufferBytes: 1 << 16)
        var batches: [RecordBatch] = [], rejects: [Reject] = []
        while let block = try reader.next() {
            batches.append(block.batch)
            rejects += block.rejects
        }
        return (batches, rejects)
    }

    static func rows(_ batches: [RecordBatch]) -> [[String]] {
        batches.flatMap { batch in (0..<batch.count).map { row in batch.columns.map { $0.text(row) ?? "-" } } }
    }

    @Test("the stage makes of documents what it makes of the same sales as CSV")
    func simulated() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = DemandSimulation.Configuration(items: 10, days: 60, seed: 3, gzipLevel: nil)
        configuration.documents = true
        let summary = try DemandSimulation(configuration).write(to: folder)
        #expect(summary.files == 8)
        let job = try Self.job(), scoring = try job.scored()
        let stage = try DemandStage(configuration: scoring.stage, schema: scoring.main.schema)
        let stock = try Self.read("stock", "\(folder)/ubl/stock/2025-03-01.xml", of: job)
        for batch in stock.batches { try stage.absorb(batch, ofTable: "stock") }
        var sold: [String: Double] = [:], cases = 0, latest = Int64.min
        for month in ["2025-01", "2025-02", "2025-03"] {
            let (batches, rejects) = try Self.read("activity", "\(folder)/ubl/activity/\(month).xml", of: job)
            #expect(rejects.isEmpty)
            for batch in batches {
                let times = try #require(batch["day"]).integers
                latest = max(latest, times.max() ?? .min)
                #expect(
                    try stage.absorb(StageInput(batch: batch, keys: RecordKey.hashes(of: batch, columns: [0, 1, 2]), times: times)) == [])
                for row in 0..<batch.count {
                    let isCase = batch["unit"]?.text(row) == "CS"
                    cases += isCase ? 1 : 0
                    sold[batch["item"]?.text(row) ?? "", default: 0] += (batch["units"]?.doubles[row] ?? 0) * (isCase ? 12 : 1)
                }
            }
        }
        #expect(sold.values.reduce(0, +) == Double(summary.units) && cases > 0)
        let outcome = try DemandOutcome(stage, watermark: latest)
        #expect(Set(outcome.names).count == sold.count)
        let csv = try String(contentsOfFile: "\(folder)/stock/2025-03-01.csv", encoding: .utf8).split(separator: "\n").dropFirst()
        for line in csv {
            let cells = line.split(separator: ",").map(String.init)
            guard outcome.names.contains(cells[0]) else { continue }
            #expect(String(Int(outcome.number("stock", cells[0]))) == cells[2], "\(line)")
        }
        // What a unit costs comes from the stock's value: an order is worth that many cents a unit.
        for name in outcome.names where outcome.number("order_units", name) > 0 && outcome.number("stock", name) > 0 {
            let cost = outcome.number("order_value", name) / outcome.number("order_units", name)
            #expect(cost >= 50 && cost <= 4_050, "\(name) \(cost)")
        }
    }

    @Test(
        "the documents of OASIS are read: sales at places, stock with its value; shipments are no sales", .enabled(if: FamilyJob.hasShared))
    func published() throws {
        let job = try Self.job(), folder = "\(FamilyJob.shared)/retail-xml"
        let (sales, rejects) = try Self.read("activity", "\(folder)/UBL-ProductActivity-2.1-Example-3.xml", of: job)
        #expect(rejects.isEmpty)
        let rows = Self.rows(sales)
        #expect(!rows.isEmpty && rows.allSatisfy { $0[4] == "NAR" && !$0[1].isEmpty })
        #expect(rows.contains { $0[0] == "SH009" || $0[0] == "DD88" })
        let shipments = try Self.read("activity", "\(folder)/UBL-ProductActivity-2.1-Example-1.xml", of: job)
        #expect(Self.rows(shipments.batches).isEmpty && shipments.rejects.isEmpty)
        let stock = try Self.read("stock", "\(folder)/UBL-InventoryReport-2.1-Example.xml", of: job)
        #expect(Self.rows(stock.batches).map(\.[0]) == ["DD88", "DA008", "BA058"])
        #expect(stock.batches.flatMap { $0["on_hand"]?.doubles ?? [] } == [10, 15, 5])
        let scoring = try job.scored()
        let stage = try DemandStage(configuration: scoring.stage, schema: scoring.main.schema)
        for batch in stock.batches { try stage.absorb(batch, ofTable: "stock") }
        var refused: [RowRefusal] = [], latest = Int64.min
        for batch in sales {
            let times = try #require(batch["day"]).integers
            latest = max(latest, times.max() ?? .min)
            refused += try stage.absorb(StageInput(batch: batch, keys: RecordKey.hashes(of: batch, columns: [0, 1, 2]), times: times))
        }
        #expect(refused == [])
        let outcome = try DemandOutcome(stage, watermark: latest)
        #expect(outcome.names.count == rows.count && outcome.names.allSatisfy { outcome.feature("history", $0) == 1 })
    }
}

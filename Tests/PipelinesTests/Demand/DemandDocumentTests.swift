import Connectors
import Foundation
import Pipelines
import Records
import Testing

/// UBL documents as the history of demand and the stock of a job.
@Suite struct DemandDocumentTests {
    static func job(_ name: String = "demand-ubl") throws -> Job { try Job.load(path: "\(FamilyJob.root)/jobs/\(name).yaml") }

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
        // Sales, activity, orders and invoices of three months, two of the stock, forecasts of four Sundays.
        #expect(summary.files == 18)
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
        "orders and invoices of the same sales are the same history; what customers forecast is weighed", arguments: ["orders", "invoices"])
    func traded(kind: String) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = DemandSimulation.Configuration(items: 10, days: 60, seed: 3, gzipLevel: nil)
        configuration.documents = true
        let summary = try DemandSimulation(configuration).write(to: folder)
        func outcome(of name: String, _ feed: String, without part: String = "") throws -> (DemandOutcome, pieces: Double) {
            let job = try Self.job(name), scoring = try job.scored()
            let stage = try DemandStage(configuration: scoring.stage, schema: scoring.main.schema)
            for batch in try Self.read("stock", "\(folder)/ubl/stock/2025-03-01.xml", of: job).batches {
                #expect(try stage.absorb(batch, ofTable: "stock") == [])
            }
            for day in ["02-02", "02-09", "02-16", "02-23"] where job.feeds.contains(where: { $0.name == "forecasts" }) && part.isEmpty {
                let (batches, rejects) = try Self.read("forecasts", "\(folder)/ubl/forecasts/2025-\(day).xml", of: job)
                #expect(rejects.isEmpty && !batches.isEmpty)
                for batch in batches { #expect(try stage.absorb(batch, ofTable: "forecasts") == []) }
            }
            var latest = Int64.min, pieces = 0.0
            let keys = scoring.main.key.compactMap { scoring.main.schema.index(of: $0) }
            for month in ["2025-01", "2025-02", "2025-03"] {
                let (batches, rejects) = try Self.read(feed, "\(folder)/ubl/\(feed)/\(month).xml", of: job)
                #expect(rejects.isEmpty)
                for batch in batches {
                    let times = try #require(batch["day"]).integers
                    latest = max(latest, times.max() ?? .min)
                    let input = StageInput(batch: batch, keys: RecordKey.hashes(of: batch, columns: keys), times: times)
                    #expect(try stage.absorb(input) == [])
                    for row in 0..<batch.count {
                        pieces += (batch["units"]?.doubles[row] ?? 0) * (batch["unit"]?.text(row) == "CS" ? 12 : 1)
                    }
                }
            }
            return (try DemandOutcome(stage, watermark: latest), pieces)
        }
        let (activity, _) = try outcome(of: "demand-ubl", "activity")
        let (alone, pieces) = try outcome(of: "demand-\(kind)-ubl", kind, without: "forecasts")
        #expect(pieces == Double(summary.units) && alone.names.count == activity.names.count && alone.names.count > 5)
        for name in alone.names {
            #expect(alone.feature("history", name) == activity.feature("history", name), "\(name)")
            let (own, other) = (alone.number("expected", name), activity.number("expected", name))
            // The place belongs to an item's name there, so that what is drawn for it has another seed.
            #expect(abs(own - other) <= 0.05 * other + 0.5, "\(name): \(own) \(other)")
        }
        guard kind == "orders" else { return }
        let (weighed, _) = try outcome(of: "demand-orders-ubl", kind)
        #expect(weighed.names.contains { weighed.text("model", $0).contains("outside") })
        #expect(!alone.names.contains { alone.text("model", $0).contains("outside") })
    }

    @Test(
        "an order and invoices of OASIS and of EN 16931 are read line by line", .enabled(if: FamilyJob.hasShared),
        arguments: [
            ("orders", "UBL-Order-2.1-Example.xml"), ("invoices", "UBL-Invoice-2.1-Example.xml"),
            ("invoices", "en16931-ubl-tc434-example1.xml"),
        ])
    func publishedTrade(feed: String, file: String) throws {
        let job = try Self.job("demand-\(feed)-ubl")
        let (batches, rejects) = try Self.read(feed, "\(FamilyJob.shared)/retail-xml/\(file)", of: job)
        #expect(rejects.isEmpty, "\(rejects)")
        let rows = Self.rows(batches)
        #expect(!rows.isEmpty && rows.allSatisfy { !$0[2].isEmpty && !$0[3].isEmpty && Double($0[4]) != nil }, "\(rows)")
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

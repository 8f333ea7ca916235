import Connectors
import Foundation
import GRDB
import Models
import Pipelines
import Records

/// A warehouse in a folder of its own, with one job and one run; removed when the test ends.
final class WarehouseFixture {
    static let clock = Timestamp(iso8601: "2026-03-01T00:00:00Z")!
    let folder: URL
    let warehouse: Warehouse
    let run: RunRecord
    var path: String { folder.appendingPathComponent("pipeline.db").path }

    init() throws {
        var name = "pipeline-test-"
        for _ in 0..<4 { name += String(UInt32.random(in: 0...UInt32.max), radix: 36) }
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        warehouse = try Warehouse(path: folder.appendingPathComponent("pipeline.db").path)
        run = try warehouse.write { database in
            try database.execute(sql: "INSERT INTO pipeline_jobs VALUES ('j1', 'card-fraud', 'fraud.yaml', 'version: 1', 'p1')")
            return try RunStore(database).create(WarehouseFixture.newRun())
        }
    }

    deinit {
        warehouse.close()
        try? FileManager.default.removeItem(at: folder)
    }

    static func newRun() -> RunRecord {
        RunRecord(
            job: "card-fraud", clock: clock, seed: .max - 1, jobDigest: "j1", policyDigest: "p1", inputDigest: "i1", listDigest: "l1",
            versions: [NamedText("engine", "1"), NamedText("xgboost", nil)])
    }

    func item(_ key: String, version: Int = 1, value: Int64 = 100, run: Int64? = nil) -> ReviewItem {
        ReviewItem(
            run: run ?? self.run.id, job: "card-fraud", queue: "fraud", key: key, version: version, eventTime: Self.clock - .days(1),
            score: 0.5, value: Money(minor: value, currency: Currency("EUR")!), cause: "cost", suggested: "hold", interim: "hold",
            sampleProbability: version == 1 ? nil : 0.005, reasons: ["an amount 9 times the card's mean", "日本 \"quoted\"\n"],
            evidence: [Evidence(title: "last ten transactions of this card", columns: ["time", "amount"], rows: [["t", "1.00"], []])],
            fields: [NamedText("time", "2026"), NamedText("amount", nil), NamedText("a", "b")], created: Self.clock,
            due: Self.clock + .days(2), onOverdue: "report")
    }

    func insert(_ items: [ReviewItem]) throws { try warehouse.write { try ReviewStore($0).insert(items) } }

    static let card = ModelCard(
        trainedFrom: "2026-01-01T00:00:00Z", trainedTo: "2026-02-01T00:00:00Z", labelsKnownBy: "2026-02-08T00:00:00Z", rows: 10,
        positives: 2,
        parameters: ["trees": "100", "depth": "3"], seed: 7, jobDigest: "j1", inputDigest: "i1", stageVersion: "fraud 1",
        libraryVersion: "xgboost 1.7.4")

    @discardableResult
    func addModel(_ bytes: [UInt8], at now: Timestamp = clock) throws -> ModelVersion {
        try warehouse.write {
            try ModelStore($0).add(
                name: "card-fraud", family: "boosting", featureNames: ["amount", "hour"], card: Self.card, artefact: bytes, at: now)
        }
    }
}

extension Timestamp {
    static func at(_ days: Int64) -> Timestamp { WarehouseFixture.clock + .days(days) }
}

extension ReviewPerson {
    static let ann = ReviewPerson(actor: "ann", host: "desk-1")
    static let bob = ReviewPerson(actor: "bob", host: "desk-2")
}

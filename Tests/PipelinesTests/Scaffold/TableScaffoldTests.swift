import Connectors
import Foundation
import GRDB
import PipelineTesting
import Pipelines
import Records
import Testing

/// `pipeline new job --table`: from a file to rows in a table without a line of YAML typed.
@Suite struct TableScaffoldTests {
    /// Makes a job from a file, checks it, runs it, and gives the rows of its table.
    private func land(_ file: String, named name: String, isTable: Bool = true) throws -> (job: Job, rows: [Row], text: String) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("scaffold-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.copyItem(atPath: file, toPath: "\(folder)/\(name)")
        let path = "\(folder)/job.yaml"
        let scaffold = try JobScaffold(from: "\(folder)/\(name)", jobPath: path, isTable: isTable)
        try scaffold.text.write(toFile: path, atomically: true, encoding: .utf8)
        let check = Job.check(path: path)
        #expect(check.findings.map(\.description) == [], "\(scaffold.text)")
        #expect(scaffold.missing == [])
        let job = try #require(check.job)
        let warehouse = try Warehouse(path: "\(folder)/pipeline.db")
        defer { warehouse.close() }
        let report = try Runner(warehouse: warehouse, environment: .fixed(StatementFixture.clock)).run(job)
        #expect(report.ending == .done && report.record?.counts.rejected == 0)
        let table = try #require(job.feeds.first?.table)
        return (job, try warehouse.read { try Row.fetchAll($0, sql: "SELECT * FROM \"\(table)_current\"") }, scaffold.text)
    }

    @Test("the sample statement gives its entries, with the account above them and a key")
    func statement() throws {
        let (job, rows, text) = try land(
            ShippedJobTests.root + "/sample-data/fraud/camt/2026-03-03.xml.gz", named: "2026-03-03_statement.xml.gz")
        let feed = try #require(job.feeds.first)
        #expect(rows.count == 1_518)
        #expect(feed.options["rows"] == .text("Document/BkToCstmrStmt/Stmt/Ntry"), "\(text)")
        #expect(feed.columns.contains { $0.source == "NtryRef" } && feed.columns.contains { $0.source == "Amt/@Ccy" })
        #expect(feed.columns.contains { $0.source == "../Id" })
        #expect(feed.key.count == 2)
        #expect(feed.files == "*_statement.xml.gz")
    }

    @Test("an invoice gives its lines", .enabled(if: FileManager.default.fileExists(atPath: ShippedJobTests.sharedData + "/retail-xml")))
    func invoice() throws {
        let (job, rows, text) = try land(ShippedJobTests.sharedData + "/retail-xml/UBL-Invoice-2.1-Example.xml", named: "invoice.xml")
        #expect(job.feeds.first?.options["rows"] == .text("Invoice/InvoiceLine"), "\(text)")
        #expect(rows.count == 5)
    }

    @Test("a CSV file gives a table with its columns, also where they are called as the table's own")
    func csv() throws {
        let folder = FileManager.default.temporaryDirectory.path
        let file = "\(folder)/scaffold-\(UUID().uuidString).csv"
        defer { try? FileManager.default.removeItem(atPath: file) }
        let lines = (1...60).map {
            "A\($0),\($0 % 7).25,2026-05-\(10 + $0 % 20)T10:00:00Z,\($0 % 3 == 0 ? "" : "x, y")".replacing("x, y", with: "\"x, y\"")
                + ",\($0)"
        }
        try (["reference,amount,booked,note,version"] + lines).joined(separator: "\n").write(
            toFile: file, atomically: true, encoding: .utf8)
        let (job, rows, _) = try land(file, named: "export.csv")
        #expect(rows.count == 60)
        #expect(job.feeds.first?.key == ["reference"])
        #expect(job.feeds.first?.columns.last?.source == "version")
        #expect(rows.first?["version_2"] as Int? != nil)
    }

    @Test("a document without repeated elements, and one with a document type, are refused")
    func refused() throws {
        func refusal(_ text: String) throws -> String {
            let file = "\(FileManager.default.temporaryDirectory.path)/scaffold-\(UUID().uuidString).xml"
            defer { try? FileManager.default.removeItem(atPath: file) }
            try text.write(toFile: file, atomically: true, encoding: .utf8)
            do {
                return try JobScaffold(from: file, jobPath: "job.yaml", isTable: true).text
            } catch {
                return error.found
            }
        }
        #expect(try refusal("<?xml version=\"1.0\"?><a><b>1</b></a>") == "no element that is repeated and holds values")
        #expect(try refusal("<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x \"y\">]><a/>") == "a document type declaration (DOCTYPE)")
    }
}

import Connectors
import Foundation
import Pipelines
import Records
import Testing

@Suite("Simulated statement")
struct StatementDayTests {
    private static func columns(_ sources: [String], time format: String?) throws -> [FeedColumn] {
        let euro = try #require(Currency("EUR"))
        return [
            FeedColumn(field: Field("transaction", .int64), source: sources[0]),
            FeedColumn(field: Field("time", .timestamp), source: sources[1], format: format),
            FeedColumn(field: Field("customer", .string, personal: true), source: sources[2]),
            FeedColumn(field: Field("terminal", .string), source: sources[3]),
            FeedColumn(field: Field("amount", .money(euro)), source: sources[4]),
        ]
    }

    private static func rows(_ format: any FeedFormat.Type, _ path: String) throws -> (rows: [String], rejects: [Reject]) {
        let isXML = format.definition.name == "xml"
        let columns =
            isXML
            ? try columns(
                [
                    "NtryDtls/TxDtls/Refs/TxId", "BookgDt/DtTm", "NtryDtls/TxDtls/CardTx/Card/AddtlCardData",
                    "NtryDtls/TxDtls/CardTx/POI/Id/Id", "Amt",
                ], time: nil)
            : try columns(["TRANSACTION_ID", "TX_DATETIME", "CUSTOMER_ID", "TERMINAL_ID", "TX_AMOUNT"], time: "yyyy-MM-dd HH:mm:ss")
        let reader = try format.reader(
            of: FeedFile(path: path, name: "day"), columns: columns,
            options: isXML ? ["rows": .text("Document/BkToCstmrStmt/Stmt/Ntry")] : [:], from: .start, blockRows: 500, bufferBytes: 1 << 16)
        var rows: [String] = []
        var rejects: [Reject] = []
        while let block = try reader.next() {
            rows += (0..<block.batch.count).map { row in block.batch.columns.map { $0.text(row) ?? "-" }.joined(separator: "|") }
            rejects += block.rejects
        }
        return (rows, rejects)
    }

    private static let sample = URL(filePath: #filePath).appending(path: "../../../../sample-data/fraud").standardized.path

    @Test("the statement of a day gives exactly the rows of its CSV file")
    func sameRows() throws {
        let statement = try Self.rows(XMLFormat.self, Self.sample + "/camt/2026-03-03.xml.gz")
        let csv = try Self.rows(CSVFormat.self, Self.sample + "/transactions/2026-03-03.csv.gz")
        #expect(statement.rows == csv.rows)
        #expect(statement.rows.count > 1_000 && statement.rejects.isEmpty && csv.rejects.isEmpty)
        // The control: another day's rows are others.
        #expect(try Self.rows(CSVFormat.self, Self.sample + "/transactions/2026-03-04.csv.gz").rows != statement.rows)
    }

    @Test("each broken line of the sample is one reject, and no other line is lost")
    func brokenLines() throws {
        var rows = 0
        var rejects: [Reject] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: Self.sample + "/transactions").sorted() {
            let day = try Self.rows(CSVFormat.self, Self.sample + "/transactions/\(name)")
            rows += day.rows.count
            rejects += day.rejects
        }
        #expect(rejects.map(\.code) == [.fieldCount, .type, .type, .missing, .missing, .quoting, .fieldCount])
        #expect(rows == 107_397 - 7)
    }
}

import Connectors
import Foundation
import Records
import Testing

/// Not a check but a measurement, run by Benchmarks/feeds/xml.py.
@Suite struct XMLSpeedTests {
    private static let file = ProcessInfo.processInfo.environment["PIPELINE_SPEED_XML"]

    @Test("reads a statement, five typed columns", .enabled(if: file != nil, "set PIPELINE_SPEED_XML"))
    func speed() throws {
        let path = try #require(Self.file)
        let size = try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
        let columns = [
            FeedColumn(field: Field("ref", .int64), source: "NtryRef"), FeedColumn(field: Field("amount", .float64), source: "Amt"),
            FeedColumn(field: Field("currency", .string), source: "Amt/@Ccy"),
            FeedColumn(field: Field("sign", .string), source: "CdtDbtInd"),
            FeedColumn(field: Field("id", .string), source: "NtryDtls/TxDtls/Refs/EndToEndId"),
        ]
        var best = Double.infinity
        var rows = 0
        for _ in 0..<(size < 500_000_000 ? 3 : 1) {
            rows = 0
            let start = clock()
            let reader = try XMLFormat.reader(
                of: FeedFile(path: path, name: "f"), columns: columns, options: ["rows": .text("Document/BkToCstmrStmt/Stmt/Ntry")],
                from: .start, blockRows: 8_192, bufferBytes: 1 << 18)
            while let block = try reader.next() { rows += block.rowsRead }
            best = min(best, Double(clock() - start) / Double(CLOCKS_PER_SEC))
        }
        print("{\"cpu\": \(best), \"rows\": \(rows)}")
    }
}

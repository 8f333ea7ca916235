import Connectors
import Foundation
import Records
import Testing

/// Not a check but a measurement, for a quiet machine:
/// `PIPELINE_SPEED_FILE=transactions.csv swift test -c release --disable-testable-imports --filter CSVSpeed`
@Suite struct CSVSpeedTests {
    private static let file = ProcessInfo.processInfo.environment["PIPELINE_SPEED_FILE"]

    @Test("reads a file like sample-data/fraud", .enabled(if: file != nil, "set PIPELINE_SPEED_FILE"))
    func speed() throws {
        let path = try #require(Self.file)
        let euro = try #require(Currency("EUR"))
        let columns = [
            FeedColumn(field: Field("transaction", .int64), source: "TRANSACTION_ID"),
            FeedColumn(field: Field("time", .timestamp), source: "TX_DATETIME", format: "yyyy-MM-dd HH:mm:ss"),
            FeedColumn(field: Field("customer", .string), source: "CUSTOMER_ID"),
            FeedColumn(field: Field("terminal", .string), source: "TERMINAL_ID"),
            FeedColumn(field: Field("amount", .money(euro)), source: "TX_AMOUNT"),
        ]
        var best = Double.infinity
        var rows = 0, offset: Int64 = 0
        for _ in 0..<5 {
            let reader = try CSVFormat.reader(
                of: FeedFile(path: path, name: "f"), columns: columns, options: [:], from: .start, blockRows: 8_192, bufferBytes: 1 << 18)
            rows = 0
            let start = clock()
            while let block = try reader.next() {
                rows += block.rowsRead
                offset = block.end.offset
            }
            best = min(best, Double(clock() - start) / Double(CLOCKS_PER_SEC))
        }
        print("\(rows) rows, \(offset) bytes, \(best) CPU s, \(Double(offset) / best / 1e6) MB/s, \(best / Double(rows) * 1e9) ns a row")
    }
}

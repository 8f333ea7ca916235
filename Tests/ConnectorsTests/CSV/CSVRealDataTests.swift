import Connectors
import Foundation
import Records
import Testing

/// Real data is not part of the project (its licence does not allow it): these tests are skipped where it is absent.
enum SharedData {
    static let path: String = {
        if let path = ProcessInfo.processInfo.environment["PIPELINE_SHARED_DATA"] { return path }
        // <package>/Tests/ConnectorsTests/CSV/<this file>
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return package.deletingLastPathComponent().appendingPathComponent("shared/data").path
    }()

    static func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path + "/" + name) }
}

@Suite struct CSVRealDataTests {
    @Test(
        "a day of real card transactions has the rows and frauds of its manifest",
        .enabled(if: SharedData.has("fraud/transactions/2018-05-01.csv.gz"), "PIPELINE_SHARED_DATA has no fraud/transactions"))
    func fraud() throws {
        let manifest = try String(contentsOfFile: SharedData.path + "/fraud/MANIFEST.csv", encoding: .utf8)
        let entry = try #require(manifest.split(separator: "\n").first { $0.hasPrefix("2018-05-01") }).split(separator: ",")
        let (rows, frauds) = try (#require(Int(entry[1])), #require(Int(entry[2])))
        let file = try #require(try FeedDiscovery.files(matching: "fraud/transactions/2018-05-01*", in: SharedData.path).first)
        #expect(try FeedDigest(of: file).hex == entry[4])
        let euro = try #require(Currency("EUR"))
        let reader = try CSVFormat.reader(
            of: file,
            columns: [
                FeedColumn(field: Field("time", .timestamp), source: "TX_DATETIME", format: "yyyy-MM-dd HH:mm:ss"),
                FeedColumn(field: Field("fraud", .bool), source: "TX_FRAUD"),
                FeedColumn(field: Field("amount", .money(euro)), source: "TX_AMOUNT"),
            ], options: [:], from: .start, blockRows: 1_000, bufferBytes: 1 << 16)
        var count = 0
        var positives: Int64 = 0
        while let block = try reader.next() {
            #expect(block.rejects == [])
            count += block.batch.count
            positives += block.batch.columns[1].integers.reduce(0, +)
            #expect(block.batch.columns[0].integers.allSatisfy { Timestamp(microseconds: $0).iso8601.hasPrefix("2018-05-01T") })
        }
        #expect(count == rows && positives == Int64(frauds))
    }
}

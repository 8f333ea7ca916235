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

    @Test(
        "the turbofan files, separated by runs of spaces, have the rows of their README",
        .enabled(if: SharedData.has("maintenance/cmapss/train_FD001.txt.gz"), "PIPELINE_SHARED_DATA has no maintenance/cmapss"),
        arguments: [("train_FD001", 20_631, 26), ("test_FD001", 13_096, 26), ("train_FD003", 24_720, 26), ("RUL_FD001", 100, 1)])
    func turbofans(_ name: String, _ rows: Int, _ fields: Int) throws {
        let columns = (1...fields).map { FeedColumn(field: Field("c\($0)", $0 <= 2 ? .int64 : .float64), source: "\($0)") }
        let reader = try CSVFormat.reader(
            of: FeedFile(path: "\(SharedData.path)/maintenance/cmapss/\(name).txt.gz", name: name), columns: columns,
            options: ["delimiter": .text("blanks"), "header": .bool(false)], from: .start, blockRows: 1_000, bufferBytes: 1 << 16)
        var count = 0
        while let block = try reader.next() {
            #expect(block.rejects == [])
            count += block.batch.count
        }
        #expect(count == rows)
    }

    @Test(
        "the sanctions lists, with -0- for nothing and Ctrl-Z at the end, are read whole",
        .enabled(if: SharedData.has("finance-xml/sanctions/ofac_sdn_2018-12.csv.gz"), "PIPELINE_SHARED_DATA has no finance-xml/sanctions"),
        arguments: [("sdn", 12), ("alt", 5), ("add", 6)])
    func sanctions(_ name: String, _ fields: Int) throws {
        let columns = (1...fields).map {
            FeedColumn(
                field: Field("c\($0)", $0 == 1 ? .int64 : .string, optional: $0 > 1), source: "\($0)", nulls: ["-0-", "-0- "])
        }
        let file = FeedFile(path: "\(SharedData.path)/finance-xml/sanctions/ofac_\(name)_2018-12.csv.gz", name: name)
        let reader = try CSVFormat.reader(
            of: file, columns: columns, options: ["header": .bool(false)], from: .start, blockRows: 1_000, bufferBytes: 1 << 16)
        var count = 0
        while let block = try reader.next() {
            #expect(block.rejects.map { "\($0.row) \($0.code) \($0.found)" } == [])
            count += block.batch.count
            #expect(block.batch.columns[2].text(0) != "-0- ")
        }
        #expect(count > 5_000)
    }
}

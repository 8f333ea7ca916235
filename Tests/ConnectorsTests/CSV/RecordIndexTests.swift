import Connectors
import Foundation
import PipelineTesting
import Records
import Testing

/// Most records are found and read many at once; with a `comment` that no line has, each is read alone. Both must give the same.
@Suite struct RecordIndexTests {
    private static func columns() throws -> [FeedColumn] {
        let euro = try #require(Currency("EUR"))
        return [
            FeedColumn(field: Field("id", .int64), source: "id"),
            FeedColumn(field: Field("time", .timestamp), source: "time", format: "yyyy-MM-dd HH:mm:ss"),
            FeedColumn(field: Field("shop", .string, optional: true), source: "shop"),
            FeedColumn(field: Field("amount", .money(euro)), source: "amount"),
            FeedColumn(field: Field("rate", .float64, optional: true), source: "rate"),
            FeedColumn(field: Field("exact", .decimal(scale: 4)), source: "rate2"),
            FeedColumn(field: Field("flag", .bool), source: "flag"),
            FeedColumn(field: Field("count", .int64, optional: true), source: "count", nulls: ["0", "NA"]),
            FeedColumn(field: Field("note", .string), source: "note"),
        ]
    }
    private static let header = "id,time,shop,amount,rate,rate2,flag,count,note"

    /// Records of usual shape, and one odd piece in about `oddity`.
    private static func document(_ seed: UInt64, records: Int, oddity: Int) -> [UInt8] {
        var dice = SeededGenerator(seed: seed)
        func pick<T>(_ values: [T]) -> T { values[Int.random(in: 0..<values.count, using: &dice)] }
        let lineEnd = pick(["\n", "\r\n"])
        var bytes = Array((header + lineEnd).utf8)
        for row in 0..<records {
            func field(_ usual: [String], _ odd: [String]) -> String {
                Int.random(in: 0..<oddity, using: &dice) == 0 ? pick(odd) : pick(usual)
            }
            let record = [
                field(
                    ["\(row)", "-\(row)", "12345678", "123456789012", "\"77\"", "1234567890123456"],
                    ["", "+5", "x", "9223372036854775808", "1 ", "--1", "12345678901234567"]),
                field(
                    ["2018-05-01 00:01:21", "\"2019-12-31 23:59:59\""], ["2018-02-30 00:00:00", "2018-05-01", "", "2018-05-01 00:01:2x"]),
                field(
                    [
                        "plain", "", "\"with, comma\"", "\"two \"\"quotes\"\"\"", "é€😀", "\"\"", "\"\"\"\"",
                        "a text of more than thirty-two bytes, to be copied in a loop".replacingOccurrences(of: ",", with: ";"),
                        "exactly thirty-two bytes of text",
                    ],
                    ["5\" pipe", "\"after\"x", "\"line\nend\"", "\"line\r\nend\"", "\"open", " \"x\" ", "a\"\"b"]),
                field(
                    ["18.71", "-3.5", "1", "123456.78", "0.00", "\"7.25\"", "1234567890.12"],
                    ["18.711", "5.", ".5", "-", "1.2.3", "1e3", "", "99999999999999999"]),
                field(
                    ["0.5", "-1.25", "3", "", "99999999", "0.1234567890123456", "1234.567"],
                    [".5", "5.", "1e300", "1e999", "-", "nan", ".", "1.2.3"]),
                field(["1.25", "-0.0001", "7", "12345.67"], ["1.00001", "5.", "", "12345678901234.5"]),
                field(["true", "0", "1", "no"], ["maybe", ""]), field(["1", "0", "NA", "22"], ["", "none"]),
                field(["last", "\"a\"\"b\"", "x"], ["", "one,more", "", "\"q\"z"]),
            ]
            bytes += Array((record.joined(separator: ",") + lineEnd).utf8)
            switch Int.random(in: 0..<oddity * 4, using: &dice) {
            case 0: bytes += Array(lineEnd.utf8)
            case 1: bytes += Array((header + lineEnd).utf8)
            case 2: bytes += Array("few,fields\r".utf8)
            case 3: bytes += [0xFF, 44]
            default: break
            }
        }
        if Bool.random(using: &dice) { bytes.removeLast(lineEnd.utf8.count) }
        return bytes
    }

    private static func read(_ bytes: [UInt8], one: Bool, blockRows: Int, bufferBytes: Int) throws -> [String] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("f.csv")
        try Data(bytes).write(to: file)
        let reader = try CSVFormat.reader(
            of: FeedFile(path: file.path, name: "f.csv"), columns: columns(), options: one ? ["comment": .text("~~~")] : [:], from: .start,
            blockRows: blockRows, bufferBytes: bufferBytes)
        var lines: [String] = []
        while let block = try reader.next() {
            for row in 0..<block.batch.count {
                lines.append("\(block.batch.rowNumbers[row]): \(block.batch.columns.map { $0.text(row) ?? "-" })")
            }
            lines += block.rejects.map { "\($0)" } + ["\(block.end)"]
        }
        return lines
    }

    @Test("records read many at once are those read one by one, with their rejects and places", arguments: 1...12 as ClosedRange<UInt64>)
    func agrees(_ seed: UInt64) throws {
        for (round, oddity) in [3, 20, 100, 1_000].enumerated() {
            let bytes = Self.document(seed * 10 + UInt64(round), records: 400, oddity: oddity)
            for (blockRows, bufferBytes) in [(8_192, 1 << 18), (37, 1_000), (300, 64)] {
                let many = try Self.read(bytes, one: false, blockRows: blockRows, bufferBytes: bufferBytes)
                let one = try Self.read(bytes, one: true, blockRows: blockRows, bufferBytes: bufferBytes)
                let first = zip(many, one).first { $0 != $1 }
                #expect(many == one, "seed \(seed), oddity \(oddity), buffer \(bufferBytes): \(first.map { "\($0)" } ?? "lengths")")
            }
        }
    }

    @Test("most records of such a document are usual ones, so that many are read at once")
    func isUsual() throws {
        let lines = try Self.read(Self.document(7, records: 400, oddity: 1_000), one: false, blockRows: 8_192, bufferBytes: 1 << 18)
        #expect(lines.count > 390)
    }

    @Test("the comparison sees a byte that differs in any tenth of the document")
    func negativeControl() throws {
        let bytes = Self.document(3, records: 100, oddity: 1_000)
        let before = try Self.read(bytes, one: false, blockRows: 50, bufferBytes: 500)
        for tenth in 1..<10 {
            var changed = bytes
            let at = try #require(changed[(changed.count * tenth / 10)...].firstIndex { $0 >= 49 && $0 <= 56 })
            changed[at] += 1
            let after = try Self.read(changed, one: true, blockRows: 50, bufferBytes: 500)
            #expect(before != after, "byte \(at)")
        }
    }
}

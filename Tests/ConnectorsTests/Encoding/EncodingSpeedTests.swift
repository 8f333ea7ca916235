import Connectors
import Foundation
import Records
import Testing

/// Not a check but a measurement, for a quiet machine:
/// `PIPELINE_SPEED=1 swift test -c release --disable-testable-imports --filter EncodingSpeed`
@Suite struct EncodingSpeedTests {
    private static let isOn = ProcessInfo.processInfo.environment["PIPELINE_SPEED"] != nil

    private static let mostlyASCII = "1000234,2026-03-01 12:30:15,CUSTOMER-99812,TERMINAL-11,1200.50,東京都港区,card present\n"
    private static let japanese = "株式会社山田商店,東京都千代田区丸の内一丁目,売上は前年を上回りました。カタカナとひらがな,備考なし\n"
    private static let halfWidth = "ｶﾌﾞｼｷｶﾞｲｼｬ ﾔﾏﾀﾞｼｮｳﾃﾝ,ﾄｳｷｮｳﾄ ﾁﾖﾀﾞｸ,1200\n"
    private static let german = "1000234;2026-03-01;Jörg Müller;Mühlenstraße 12;Köln;12,50;geprüft\n"

    @Test("decodes text in each encoding", .enabled(if: isOn, "set PIPELINE_SPEED"))
    func speed() throws {
        for (name, text, export, encoding) in [
            ("mostly ASCII", Self.mostlyASCII, .cp932, .cp932), ("Japanese", Self.japanese, .cp932, .cp932),
            ("half-width kana", Self.halfWidth, .cp932, .cp932), ("German", Self.german, .windows1252, .windows1252),
            ("German", Self.german, .latin1, .latin1), ("Japanese", Self.japanese, .utf8, .utf8),
        ] as [(String, String, ExportEncoding, TextEncoding)] {
            var encoder = TextEncoder(export), line: [UInt8] = []
            #expect(Array(text.utf8).withUnsafeBufferPointer { encoder.encode($0, into: &line) } == 0)
            Self.measure(name, line, encoding)
        }
        for (name, text) in [("mostly ASCII", Self.mostlyASCII), ("Japanese", Self.japanese)] {
            Self.measure(name, text.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }, .utf16LE)
            Self.measure(name, text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }, .utf16BE)
        }
    }

    @Test("reads a CSV file in CP932 beside the same one in UTF-8", .enabled(if: isOn, "set PIPELINE_SPEED"))
    func endToEnd() throws {
        for (name, text, fields) in [("mostly ASCII", Self.mostlyASCII, 7), ("Japanese", Self.japanese, 4)] {
            let columns = (1...fields).map { FeedColumn(field: Field("c\($0)", .string), source: "\($0)") }
            let folder = try TemporaryFolder()
            for (export, encoding) in [(ExportEncoding.utf8, "utf-8"), (.cp932, "cp932")] {
                var encoder = TextEncoder(export), line: [UInt8] = []
                #expect(Array(text.utf8).withUnsafeBufferPointer { encoder.encode($0, into: &line) } == 0)
                let rows = (24 << 20) / text.utf8.count
                let file = try folder.write("f.csv", Array(repeatElement(line, count: rows).joined()))
                var best = Double.infinity
                for _ in 0..<4 {
                    let start = clock()
                    let reader = try CSVFormat.reader(
                        of: file, columns: columns, options: ["header": .bool(false), "encoding": .text(encoding)], from: .start,
                        blockRows: 8_192, bufferBytes: 1 << 18)
                    var read = 0
                    while let block = try reader.next() { read += block.batch.count }
                    best = min(best, Double(clock() - start) / Double(CLOCKS_PER_SEC))
                    #expect(read == rows)
                }
                print("CSV in \(encoding), \(name): \(rows * line.count) bytes, \(Int(best / Double(rows) * 1e9)) ns a row")
            }
        }
    }

    private static func measure(_ name: String, _ line: [UInt8], _ encoding: TextEncoding) {
        let bytes = Array(repeatElement(line, count: (1 << 20) / line.count).joined())
        let room = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count * 3)
        defer { room.deallocate() }
        var best = Double.infinity
        for _ in 0..<20 {
            var decoder = TextDecoder(encoding)
            let start = clock()
            let step = bytes.withUnsafeBufferPointer { decoder.decode($0, into: room) }
            best = min(best, Double(clock() - start) / Double(CLOCKS_PER_SEC))
            #expect(step.taken == bytes.count)
        }
        print("\(encoding.rawValue), \(name): \(Int(Double(bytes.count) / best / 1e6)) MB/s")
    }
}

import Connectors
import PipelineTesting
import Records
import Testing

/// One table in every encoding: `a|b`, two rows with characters whose second byte is `\` or `|` in CP932, a row that cannot be decoded.
struct EncodedTable: CustomTestStringConvertible, Sendable {
    let encoding: String
    let bytes: [UInt8]
    /// Offset in the file of the bytes that are no character, and the bytes; nil where the encoding has none.
    let fault: (offset: Int64, shown: String)?
    let rows: [[String?]]

    var testDescription: String { encoding }

    private static func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }

    static let all: [EncodedTable] = [
        EncodedTable(
            encoding: "cp932",
            bytes: ascii("id|name\n1|") + [0x83, 0x5C, 0x83, 0x7C, 0x95, 0x5C] + ascii("\r\n2|\"") + [0x83, 0x7C] + ascii("|x\"\n3|") + [
                0xB1, 0x81, 0x20,
            ]
                + ascii("\n4|") + [0x93, 0xFA, 0x96, 0x7B] + ascii("\n5|last"),
            fault: (30, "the byte 81 at offset 30"), rows: [["1", "ソポ表"], ["2", "ポ|x"], ["4", "日本"], ["5", "last"]]),
        EncodedTable(
            encoding: "euc-jp",
            bytes: ascii("id|name\n1|") + [0xA5, 0xBD, 0xA5, 0xDD] + ascii("\r\n2|\"") + [0xA5, 0xDD] + ascii("|x\"\n3|") + [0xA5, 0x20]
                + ascii("\n4|") + [0xC6, 0xFC, 0xCB, 0xDC] + ascii("\n5|last"),
            fault: (27, "the byte A5 at offset 27"), rows: [["1", "ソポ"], ["2", "ポ|x"], ["4", "日本"], ["5", "last"]]),
        EncodedTable(
            encoding: "iso-2022-jp",
            bytes: ascii("id|name\n1|\u{1B}$B%=%]\u{1B}(B\r\n2|\"\u{1B}$B%]\u{1B}(B|x\"\n4|\u{1B}$BF|K\\\u{1B}(B\n5|last"),
            fault: nil, rows: [["1", "ソポ"], ["2", "ポ|x"], ["4", "日本"], ["5", "last"]]),
        EncodedTable(
            encoding: "utf-16",
            bytes: [0xFF, 0xFE] + "id|name\n1|ソポ表\r\n2|\"ポ|x\"\n4|日😀\n5|last".utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] },
            fault: nil, rows: [["1", "ソポ表"], ["2", "ポ|x"], ["4", "日😀"], ["5", "last"]]),
        EncodedTable(
            encoding: "utf-16be", bytes: "id|name\n1|é\r\n2|\"ポ|x\"\n4|日\n5|last".utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] },
            fault: nil, rows: [["1", "é"], ["2", "ポ|x"], ["4", "日"], ["5", "last"]]),
        EncodedTable(
            encoding: "windows-1252",
            bytes: ascii("id|name\n1|") + [0x80, 0xE9] + ascii("\n2|\"|\"\r\n3|a") + [0x81] + ascii("\n4|c\n5|last"),
            fault: (23, "the byte 81 at offset 23"), rows: [["1", "€é"], ["2", "|"], ["4", "c"], ["5", "last"]]),
        EncodedTable(
            encoding: "latin-1", bytes: ascii("id|name\n1|") + [0xE9] + ascii("\n2|\"|\"\r\n4|c\n5|last"), fault: nil,
            rows: [["1", "é"], ["2", "|"], ["4", "c"], ["5", "last"]]),
    ]

    var options: [String: ParameterValue] { ["encoding": .text(encoding), "delimiter": .text("|")] }
    static let columns = [
        FeedColumn(field: Field("id", .int64), source: "id"), FeedColumn(field: Field("name", .string, optional: true), source: "name"),
    ]
}

@Suite struct CSVEncodingTests {
    @Test("fields are cut after decoding, and what cannot be decoded is a reject with its place in the file", arguments: EncodedTable.all)
    func tables(_ table: EncodedTable) throws {
        for size in [1, 2, 3, 5, 1_000] {
            let result = try readCSV(table.bytes, columns: EncodedTable.columns, options: table.options, bufferBytes: size)
            #expect(result.rows == table.rows, "buffer \(size)")
            guard let fault = table.fault else {
                #expect(result.rejects == [])
                continue
            }
            #expect(result.rejects.count == 1 && result.rejects[0].contains("encoding name: \(fault.shown) | text in \(table.encoding)"))
            // As it stands in the file, not decoded.
            let raw = try #require(result.raws.first)
            #expect(raw.first == UInt8(ascii: "3") && table.bytes.split(separator: 10).contains { $0.elementsEqual(raw) })
        }
    }

    @Test("the contract of feed formats holds in every encoding", arguments: EncodedTable.all)
    func contract(_ table: EncodedTable) throws {
        let contract = FeedContract(
            CSVFormat.self, document: table.bytes, columns: EncodedTable.columns, options: table.options, rows: table.rows,
            rejectedRows: table.fault == nil ? [] : [3])
        #expect(try contract.differences() == [])
    }

    @Test("damaged files of every encoding are read to the end", arguments: EncodedTable.all)
    func damaged(_ table: EncodedTable) throws {
        let check = FeedMutationCheck(
            CSVFormat.self, document: table.bytes + table.bytes, columns: EncodedTable.columns, options: table.options,
            tokens: FeedMutation.csvTokens, seed: 5)
        #expect(try check.differences(rounds: 120) == [])
    }

    @Test("a file that ends inside a character is not read on behind its end", arguments: EncodedTable.all)
    func endsInside(_ table: EncodedTable) throws {
        for tail in [[0x83], [0xA5], [0x41], [0x1B, 0x24]] as [[UInt8]] {
            for size in [1, 16, 1_000] {
                let whole = try readCSV(table.bytes + tail, columns: EncodedTable.columns, options: table.options, bufferBytes: size)
                let rest = try readCSV(
                    table.bytes + tail, columns: EncodedTable.columns, options: table.options, from: whole.end, bufferBytes: size)
                #expect(rest.rows == [] && rest.rejects == [], "\(tail), buffer \(size)")
            }
        }
    }

    @Test("a byte of another encoding is found only when the encoding is declared")
    func negativeControl() throws {
        // Read as Latin-1 the second byte of ポ cuts the field.
        let table = EncodedTable.all[0]
        let options: [String: ParameterValue] = ["encoding": .text("latin-1"), "delimiter": .text("|")]
        #expect(try readCSV(table.bytes, columns: EncodedTable.columns, options: options).rows != table.rows)
    }
}

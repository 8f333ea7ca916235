import Connectors
import Foundation
import Records
import Testing

/// All that a reader gives of some bytes, as texts.
struct CSVResult: Equatable {
    var rows: [[String?]] = []
    /// `row:line:offset code column? found | expected`
    var rejects: [String] = []
    var raws: [[UInt8]] = []
    var end = FeedPosition.start
}

/// Reads bytes as a CSV file whose columns are all texts unless given.
func readCSV(
    _ bytes: [UInt8], columns: [FeedColumn], options: [String: ParameterValue] = [:], from position: FeedPosition = .start,
    blockRows: Int = 100,
    bufferBytes: Int = 1 << 16
) throws -> CSVResult {
    let folder = try TemporaryFolder()
    let file = try folder.write("f.csv", bytes)
    let reader = try CSVFormat.reader(
        of: file, columns: columns, options: options, from: position, blockRows: blockRows, bufferBytes: bufferBytes)
    var result = CSVResult()
    while let block = try reader.next() {
        for row in 0..<block.batch.count { result.rows.append(block.batch.columns.map { $0.text(row) }) }
        for reject in block.rejects {
            let column = reject.column.map { " \($0):" } ?? ""
            result.rejects.append(
                "\(reject.row):\(reject.line):\(reject.offset) \(reject.code.rawValue)\(column) \(reject.found) | \(reject.expected)")
            result.raws.append(reject.raw)
        }
        result.end = block.end
    }
    return result
}

func textColumns(_ names: String...) -> [FeedColumn] { names.map { FeedColumn(field: Field($0, .string, optional: true), source: $0) } }

@Suite struct CSVReaderTests {
    @Test(
        "the forms of RFC 4180 and the documented deviations are read",
        arguments: [
            ("a,b\n1,2\n", [["1", "2"]]), ("a,b\r\n1,2\r\n", [["1", "2"]]), ("a,b\r1,2\r", [["1", "2"]]), ("a,b\n1,2", [["1", "2"]]),
            ("a,b\n1,2\r\n3,4\r5,6\n", [["1", "2"], ["3", "4"], ["5", "6"]]), ("\u{FEFF}a,b\n1,2", [["1", "2"]]),
            ("\n\r\n\na,b\n\n\n1,2\n\r\n\r\r3,4\n\n", [["1", "2"], ["3", "4"]]),
            ("\"a\",\"b\"\n\"1\",\"2\"", [["1", "2"]]), ("a,b\n\"x,y\",\"p\nq\"\n", [["x,y", "p\nq"]]),
            ("a,b\n\"x\"\"y\",\"\"\"\"\n", [["x\"y", "\""]]), ("a,b\n\"x\"\"y\",2", [["x\"y", "2"]]),
            ("a,b\n\"x\"\"y\",2\n1,\"\"\"\"\"\"\n3,\"4\"\n", [["x\"y", "2"], ["1", "\"\""], ["3", "4"]]),
            ("a,b\nx\"y,\"z\"\n", [["x\"y", "z"]]), ("a,b\n,\n", [[nil, nil]]), ("a,b\n\"\",\n", [[nil, nil]]),
            ("a,b\n1,\"2\"", [["1", "2"]]),
            ("b,a\n1,2\n", [["2", "1"]]), ("x,a,y,b,z\n0,1,0,2,0\n", [["1", "2"]]), ("a,b\n 1 , 2 \n", [[" 1 ", " 2 "]]), ("a,b\n", []),
            ("a,b", []),
            ("a,b\n\"\r\n\",\"\"\"\r\"\"\"\r\n", [["\r\n", "\"\r\""]]),
        ] as [(String, [[String?]])])
    func forms(_ text: String, _ rows: [[String?]]) throws {
        for size in [1, 2, 3, 1_000] {
            let result = try readCSV(Array(text.utf8), columns: textColumns("a", "b"), bufferBytes: size)
            #expect(result.rows == rows && result.rejects == [], "buffer \(size)")
        }
    }

    @Test("delimiter, quote and header are settings")
    func settings() throws {
        let text = Array("a;b\n'1;2';\"3\"\n".utf8)
        #expect(
            try readCSV(text, columns: textColumns("a", "b"), options: ["delimiter": .text(";"), "quote": .text("'")]).rows == [
                ["1;2", "\"3\""]
            ])
        let none = try readCSV(Array("a,b\n\"1,2\n".utf8), columns: textColumns("a", "b"), options: ["quote": .text("")])
        #expect(none.rows == [["\"1", "2"]])
        for delimiter in ["tab", "\t", "\\t"] {
            #expect(
                try readCSV(Array("a\tb\n1\t2".utf8), columns: textColumns("a", "b"), options: ["delimiter": .text(delimiter)]).rows == [
                    ["1", "2"]
                ])
        }
        let headless = try readCSV(Array("1,2,3\n4,5\n6,7,8".utf8), columns: textColumns("3", "1"), options: ["header": .bool(false)])
        #expect(headless.rows == [["3", "1"], ["8", "6"]])
        #expect(headless.rejects == ["2:2:6 field-count 2 fields | 3 fields as in the first record"])
        let resumed = try readCSV(
            Array("1,2,3\n4,5\n6,7,8".utf8), columns: textColumns("3"), options: ["header": .bool(false)],
            from: FeedPosition(offset: 10, row: 2, line: 3))
        #expect(resumed.rows == [["8"]] && resumed.end == FeedPosition(offset: 15, row: 3, line: 4))
    }

    @Test("records with a wrong shape are rejects with their place")
    func shapes() throws {
        let text = "a,b\n1,2\n3\n4,5,6\n\"7\"x,8\n\"\n\n\",9\n10,\"11\n12,13\n"
        for size in [1, 5, 100] {
            let result = try readCSV(Array(text.utf8), columns: textColumns("a", "b"), bufferBytes: size)
            #expect(result.rows == [["1", "2"], ["\n\n", "9"]])
            #expect(
                result.rejects == [
                    "2:3:8 field-count 1 field | 2 fields as in the header", "3:4:10 field-count 3 fields | 2 fields as in the header",
                    "4:5:16 quoting text after a closing quote | a delimiter or a line end after a closing quote",
                    "6:9:30 malformed a quote that is not closed | a closing quote before the file ends",
                ])
            #expect(result.raws.map { String(decoding: $0, as: UTF8.self) } == ["3", "4,5,6", "\"7\"x,8", "10,\"11\n12,13\n"])
        }
    }

    @Test("values that do not fit are rejects with column, found and expected")
    func values() throws {
        let euro = try #require(Currency("EUR"))
        let columns = [
            FeedColumn(field: Field("i", .int64), source: "i", nulls: ["NA"]), FeedColumn(field: Field("m", .money(euro)), source: "m"),
            FeedColumn(field: Field("t", .timestamp, personal: true), source: "t"), FeedColumn(field: Field("s", .string), source: "s"),
        ]
        var bytes = Array("i,m,t,s\n1,1.5,2018-01-01,x\n,1,2018-01-01,x\nNA,1,2018-01-01,x\n1,1.555,2018-01-01,x\n".utf8)
        bytes +=
            Array("99999999999999999999,1,2018-01-01,x\n1,1,yesterday,x\n\"1\"\"2\",1,2018-01-01,x\n1,1,2018-01-01,".utf8) + [0xFF, 10]
        let result = try readCSV(bytes, columns: columns)
        #expect(result.rows == [["1", "1.50", "2018-01-01T00:00:00Z", "x"]])
        #expect(
            result.rejects == [
                "2:3:27 missing i: nothing | an integer", "3:4:43 missing i: NA | an integer",
                "4:5:61 type m: 1.555 | an amount in EUR with at most 2 decimals, or `rounding: half-even` or `half-up` to round them",
                "5:6:82 range i: 99999999999999999999 | an integer of at most 64 bits",
                "6:7:118 type t: (personal) | a timestamp like 2018-08-08T12:34:56", "7:8:134 type i: 1\"2 | an integer",
                "8:9:156 encoding s: the byte FF at offset 171 | text in UTF-8",
            ])
    }

    @Test("a record of more than 1 MiB is a reject, wherever buffers are cut, and what follows is read")
    func tooLong() throws {
        let limit = 1 << 20
        for (filler, isQuoted) in [("x", false), ("\n", true), ("\r\n", true)] {
            for extra in [-8, 0, 1, 2, 3, 70_000] {
                var field = String(repeating: filler, count: (limit + extra) / filler.utf8.count)
                while field.utf8.count < limit + extra - (isQuoted ? 4 : 2) { field += "y" }
                field = String(field.utf8.prefix(limit + extra - (isQuoted ? 4 : 2))) ?? field
                let record = isQuoted ? "\"\(field)\",b" : "\(field),b"
                #expect(record.utf8.count == limit + extra)
                let bytes = Array("a,b\n1,2\n\(record)\r\n3,4\n".utf8)
                let results = try [1 << 12, 100_003, 1 << 22].map { try readCSV(bytes, columns: textColumns("b"), bufferBytes: $0) }
                #expect(results[0] == results[1] && results[1] == results[2], "\(filler) \(extra)")
                #expect(results[0].rows == (extra <= 0 ? [["2"], ["b"], ["4"]] : [["2"], ["4"]]))
                #expect(results[0].rejects == (extra <= 0 ? [] : ["2:3:8 too-long more than 1 MiB | a record of at most 1 MiB"]))
                #expect(results[0].raws.allSatisfy { $0 == Array(record.utf8.prefix(1 << 16)) })
            }
        }
        // Never closed: one reject, in bounded memory, for any length.
        let open = Array("a,b\n1,2\n\"".utf8) + [UInt8](repeating: 10, count: 3 << 20)
        for bufferBytes in [1 << 14, 1 << 22] {
            let result = try readCSV(open, columns: textColumns("b"), bufferBytes: bufferBytes)
            #expect(result.rejects == ["2:3:8 malformed a quote that is not closed | a closing quote before the file ends"])
            #expect(result.rows == [["2"]])
        }
    }

    @Test("many fields are read, mapped or not")
    func wide() throws {
        let names = (0..<300).map { "c\($0)" }, values = (0..<300).map { "\($0)" }
        for header in [names.joined(separator: ","), names.map { "\"\($0)\"" }.joined(separator: ",")] {
            for size in [7, 4_096] {
                let bytes = Array(
                    (header + "\n" + values.joined(separator: ",") + "\n" + values.map { "\"\($0)\"" }.joined(separator: ",") + "\n1\n")
                        .utf8)
                let result = try readCSV(bytes, columns: textColumns("c0", "c63", "c64", "c299"), bufferBytes: size)
                #expect(result.rows == [["0", "63", "64", "299"], ["0", "63", "64", "299"]])
                #expect(result.rejects.count == 1)
            }
        }
    }

    @Test("a damaged stream is said in words")
    func damage() throws {
        let text = Array("a,b\n1,2\n3,4\n".utf8)
        let whole = Gzip.compressed(text, level: 0)
        let cut = try readCSV(Array(whole.dropLast(10)), columns: textColumns("a", "b"))
        #expect(cut.rows == [["1", "2"]] && cut.rejects == ["2:3:8 malformed a gzip stream that breaks off | a whole gzip stream"])
        var flipped = whole
        flipped[flipped.count - 8] ^= 1
        let corrupt = try readCSV(flipped, columns: textColumns("a", "b"))
        #expect(
            corrupt.rows.count == 2
                && corrupt.rejects == ["3:4:12 malformed corrupt gzip data (incorrect data check) | a sound gzip stream"])
        let trailing = try readCSV(whole + [1, 2, 3], columns: textColumns("a", "b"))
        #expect(
            trailing.rows.count == 2
                && trailing.rejects == ["3:4:12 malformed bytes after the gzip stream that are not gzip | the end of the file"])
        let headless = try readCSV(Array(whole.prefix(12)), columns: textColumns("a", "b"))
        #expect(headless.rows == [] && headless.rejects == ["1:1:0 malformed a gzip stream that breaks off | a whole gzip stream"])
    }
}

import Connectors
import PipelineTesting
import Records
import Testing

/// One text, some settings, what must come of it.
struct DialectCase: CustomTestStringConvertible, Sendable {
    let name: String
    let text: String
    let options: [String: ParameterValue]
    let rows: [[String?]]
    /// The starts of the rejects, `row:line:offset code`.
    var rejects: [String] = []
    var columns = ["a", "b"]

    var testDescription: String { name }

    static let all: [DialectCase] = [
        DialectCase(
            name: "runs of blanks, leading and trailing ones", text: "  a   b \n1 2  \n\t3\t  4\n \n\n5  6",
            options: ["delimiter": .text("blanks")],
            rows: [["1", "2"], ["3", "4"], ["5", "6"]]),
        DialectCase(
            name: "blanks in quotes", text: "a b\n\"1 2\" 3\n \"\" 4 \r\n", options: ["delimiter": .text("blanks")],
            rows: [["1 2", "3"], [nil, "4"]]),
        DialectCase(
            name: "preamble, header, units", text: "Report, \"of\n2026\n\na,b\nkg,m\n1,2\n",
            options: ["skip": .integer(2), "skip-after-header": .integer(1)], rows: [["1", "2"]]),
        DialectCase(
            name: "comments", text: "# \"one\na,b\n#two, \"and\n1,2\n3,#4\n#end", options: ["comment": .text("#")],
            rows: [["1", "2"], ["3", "#4"]]),
        DialectCase(
            name: "a trailer by its start", text: "a,b\n1,2\nT,\"1\nT,9\n", options: ["trailer": .text("T,")], rows: [["1", "2"]]),
        DialectCase(
            name: "a trailer by lines", text: "a,b\n1,2\nTotal,\"2\n\nend\r\n\n\u{1A}", options: ["trailer-lines": .integer(2)],
            rows: [["1", "2"]]),
        DialectCase(name: "Ctrl-Z at the end", text: "a,b\n1,2\n\u{1A}", options: [:], rows: [["1", "2"]]),
        DialectCase(name: "Ctrl-Z behind a quote", text: "a,b\n1,\"2\"\u{1A}\u{1A}", options: [:], rows: [["1", "2"]]),
        DialectCase(
            name: "Ctrl-Z inside is text", text: "a,b\n1,\u{1A}2\n", options: [:], rows: [["1", "\u{1A}2"]]),
        DialectCase(
            name: "files put one behind the other", text: "a,b\n1,2\na,b\n3,4\n\u{FEFF}a,b\r\n5,6\n", options: [:],
            rows: [["1", "2"], ["3", "4"], ["5", "6"]]),
        DialectCase(
            name: "a row that equals the header", text: "a,b\na,b\n", options: ["repeated-header": .text("row")], rows: [["a", "b"]]),
        DialectCase(
            name: "ragged, rejected", text: "a,b\n1\n1,2,3\n", options: [:], rows: [], rejects: ["1:2:4 field-count", "2:3:6 field-count"]),
        DialectCase(
            name: "ragged, padded", text: "a,b\n1\n1,2,3\n", options: ["ragged": .text("pad")], rows: [["1", nil]],
            rejects: ["2:3:6 field-count"]),
        DialectCase(
            name: "ragged, cut", text: "a,b\n1\n1,2,3\n1,2,\n", options: ["ragged": .text("cut")], rows: [["1", "2"], ["1", "2"]],
            rejects: ["1:2:4 field-count"]),
        DialectCase(
            name: "ragged, both", text: "a,b\n1\n1,2,3\n", options: ["ragged": .text("pad-and-cut")], rows: [["1", nil], ["1", "2"]]),
        DialectCase(
            name: "ragged without a header", text: "1\n1,2\n", options: ["ragged": .text("pad"), "header": .bool(false)],
            rows: [["1", nil], ["1", "2"]], columns: ["1", "2"]),
        DialectCase(
            name: "quotes, normal", text: "a,b\nx\"y,1\n\"x\"y,2\n \"x,y\" \n", options: [:], rows: [["x\"y", "1"], [" \"x", "y\" "]],
            rejects: ["2:3:10 quoting"]),
        DialectCase(
            name: "quotes, strict", text: "a,b\nx\"y,1\n\"x\"y,2\n\"x\"\"\",3\n", options: ["quotes": .text("strict")],
            rows: [["x\"", "3"]],
            rejects: ["1:2:4 quoting", "2:3:10 quoting"]),
        DialectCase(
            name: "quotes, lenient", text: "a,b\nx\"y,1\n\"x\"y\"z\",2\n \"x,y\" ,3\n\"x\" y,\"4\nz\"\n\"p\"\"\"q,6\n",
            options: ["quotes": .text("lenient")],
            rows: [["x\"y", "1"], ["xy\"z\"", "2"], ["x,y", "3"], ["x y", "4\nz"], ["p\"q", "6"]]),
        DialectCase(
            name: "a quote that never closes, lenient", text: "a,b\n1,\"2\n3,4\n", options: ["quotes": .text("lenient")],
            rows: [["1", "\"2"], ["3", "4"]]),
        DialectCase(
            name: "a quote that never closes, normal", text: "a,b\n1,\"2\n3,4\n", options: [:], rows: [], rejects: ["1:2:4 malformed"]),
        DialectCase(
            name: "quotes, literal", text: "a,b\n\"x,y\"\n\"1,2\n", options: ["quotes": .text("literal")],
            rows: [["\"x", "y\""], ["\"1", "2"]]),
        DialectCase(
            name: "backslashes", text: "a,b\n\"x\\\"y\",1\\,2\n\\N,\"c:\\\\d\"\n\"p\"\"q\",line\\\nbreak\nz\\",
            options: ["escape": .text("backslash"), "ragged": .text("pad")],
            rows: [["x\"y", "1,2"], ["\\N", "c:\\d"], ["p\"q", "line\nbreak"], ["z\\", nil]]),
        DialectCase(
            name: "backslashes mean nothing by default", text: "a,b\nc:\\,\"d\\\"\n", options: [:], rows: [["c:\\", "d\\"]]),
        DialectCase(
            name: "NUL bytes", text: "a,b\n1,2\n1,\0\n3,4\n\0\0\0", options: [:], rows: [["1", "2"], ["3", "4"]],
            rejects: ["2:3:8 encoding", "4:5:16 field-count"]),
        DialectCase(
            name: "the same name twice", text: "a,b,a\n1,2,3\n", options: [:], rows: [["1", "3"]], columns: ["a#1", "a#2"]),
        DialectCase(
            name: "spaces around names", text: " a ,\"b \"\n1,2\n", options: [:], rows: [["1", "2"]]),
        DialectCase(
            name: "a name that looks numbered", text: "a#2,a\n1,2\n", options: [:], rows: [["1", "2"]], columns: ["a#2", "a"]),
        DialectCase(
            name: "semicolons and bars", text: "a|b\n1;5|\"2|3\"\n", options: ["delimiter": .text("|")], rows: [["1;5", "2|3"]]),
        DialectCase(name: "CR alone, the last without", text: "a,b\r1,2\r\"3\r\",4", options: [:], rows: [["1", "2"], ["3\r", "4"]]),
    ]
}

@Suite struct CSVDialectTests {
    @Test("each dialect is read as documented, wherever buffers are cut", arguments: DialectCase.all)
    func dialects(_ test: DialectCase) throws {
        let columns = test.columns.map { FeedColumn(field: Field($0, .string, optional: true), source: $0) }
        for size in [1, 2, 3, 7, 1_000] {
            let result = try readCSV(Array(test.text.utf8), columns: columns, options: test.options, bufferBytes: size)
            #expect(result.rows == test.rows, "buffer \(size)")
            #expect(result.rejects.map { String($0.prefix { $0 != "|" }) }.map { Self.start($0) } == test.rejects, "buffer \(size)")
        }
    }

    private static func start(_ reject: String) -> String { reject.split(separator: " ").prefix(2).joined(separator: " ") }

    @Test("each dialect goes on from the end of every block as if it had never stopped", arguments: DialectCase.all)
    func resumes(_ test: DialectCase) throws {
        let columns = test.columns.map { FeedColumn(field: Field($0, .string, optional: true), source: $0) }
        let folder = try TemporaryFolder()
        let file = try folder.write("f.csv", Array(test.text.utf8))
        for blockRows in [1, 2] {
            let reader = try CSVFormat.reader(
                of: file, columns: columns, options: test.options, from: .start, blockRows: blockRows, bufferBytes: 5)
            var blocks: [FeedBlock] = []
            while let block = try reader.next() { blocks.append(block) }
            for (index, block) in blocks.enumerated() {
                for bufferBytes in [1, 100] {
                    let again = try CSVFormat.reader(
                        of: file, columns: columns, options: test.options, from: block.end, blockRows: blockRows, bufferBytes: bufferBytes)
                    for expected in blocks[(index + 1)...] {
                        let found = try #require(try again.next())
                        #expect(found.rejects == expected.rejects && found.end == expected.end)
                        #expect(found.batch.rowNumbers == expected.batch.rowNumbers)
                    }
                    #expect(try again.next() == nil)
                }
            }
        }
    }

    @Test("the trailer is given to those who compare totals")
    func trailer() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("f.csv", Array("a|b\n1|2\nTRAILER|1|\"12|50\"\n3|4\nTRAILER|2|\"5\"\"0\"\n\u{1A}".utf8))
        let byStart = try CSVFormat.trailer(of: file, options: ["delimiter": .text("|"), "trailer": .text("TRAILER|")])
        #expect(byStart?.lines.map(\.text) == ["TRAILER|1|\"12|50\"", "TRAILER|2|\"5\"\"0\""])
        #expect(byStart?.lines.map(\.fields) == [["TRAILER", "1", "12|50"], ["TRAILER", "2", "5\"0"]])
        let byLines = try CSVFormat.trailer(of: file, options: ["delimiter": .text("|"), "trailer-lines": .integer(1)])
        #expect(byLines?.lines.map(\.fields) == [["TRAILER", "2", "5\"0"]])
        #expect(try CSVFormat.trailer(of: file, options: [:]) == nil)
        #expect(try CSVFormat.trailer(of: file, options: ["trailer": .text("END")])?.lines == [])
    }

    @Test("lines that are no rows may be of any length; records that are too long are rejects in every dialect")
    func long() throws {
        let long = String(repeating: "x\"", count: 700_000)
        for size in [1 << 12, 1 << 22] {
            let skipped = try readCSV(
                Array("\(long)\n#\(long)\na,b\n#\(long)\n1,2\nT\(long)\r\n3,4\n#\(long)".utf8), columns: textColumns("a", "b"),
                options: ["skip": .integer(1), "comment": .text("#"), "trailer": .text("T")], bufferBytes: size)
            #expect(skipped.rows == [["1", "2"], ["3", "4"]] && skipped.rejects == [])
            #expect(skipped.end.line == 9)
            for options: [String: ParameterValue] in [
                ["escape": .text("backslash")], ["delimiter": .text("blanks")], ["quotes": .text("lenient")], ["quotes": .text("strict")],
            ] {
                let d = options["delimiter"] == nil ? "," : " "
                let bytes = Array("a\(d)b\n1\(d)2\n3\(d)\(long)\n5\(d)6\n".utf8)
                let result = try readCSV(bytes, columns: textColumns("a", "b"), options: options, bufferBytes: size)
                #expect(result.rows == [["1", "2"], ["5", "6"]], "\(options)")
                #expect(result.rejects == ["2:3:8 too-long more than 1 MiB | a record of at most 1 MiB"], "\(options)")
            }
            // A quoted record of more than 1 MiB: with lenient quotes, its lines are records.
            let open = Array("a,b\n1,\"2\n".utf8) + Array(repeating: Array("3,4\n".utf8), count: 300_000).joined() + Array("5,6\"\n".utf8)
            let lenient = try readCSV(open, columns: textColumns("a", "b"), options: ["quotes": .text("lenient")], bufferBytes: size)
            #expect(lenient.rows.count == 300_002 && lenient.rejects == [])
            let blank = Array("a b\n".utf8) + [UInt8](repeating: 32, count: 1_200_000) + Array("\n1 2\n".utf8)
            let blanks = try readCSV(blank, columns: textColumns("a", "b"), options: ["delimiter": .text("blanks")], bufferBytes: size)
            #expect(blanks.rows == [["1", "2"]] && blanks.rejects.count == 1)
        }
    }
}

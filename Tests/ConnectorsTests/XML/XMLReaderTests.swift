import Connectors
import Foundation
import Records
import Testing

@Suite("XML: blocks, rejects and hostile documents")
struct XMLReaderTests {
    private static let columns = [
        XMLSamples.column("id", "@id", .int64, optional: false), XMLSamples.column("name", "name"),
        XMLSamples.column("amount", "amount", .float64, optional: false), XMLSamples.column("day", "../day"),
    ]

    /// Rows of many lengths; every seventh lacks its amount, every eleventh has text in it.
    private static func document(_ count: Int) -> String {
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<list>\n<day>Freitag &amp; more</day>\n"
        for row in 0..<count {
            let amount = row % 7 == 6 ? "" : row % 11 == 10 ? "<amount>zw\u{f6}lf</amount>" : "<amount>\(row).5</amount>"
            let name = String(repeating: "n\u{e4}<!-- c -->&lt;", count: row % 5)
            text += "<row id=\"\(row)\"><name>\(name)</name>\n\(amount)</row>\n"
        }
        return text + "</list>\n"
    }

    @Test("blocks, rejects and positions do not depend on where libxml2's pieces are cut")
    func pieceCuts() throws {
        // The parser gets pieces of 64 KiB: a comment in front moves the cut over each byte of two rows.
        let document = Self.document(60)
        let whole = try XMLSamples.blocks(document.utf8, rows: "list/row", Self.columns, blockRows: 7)
        #expect(whole.map(\.rowsRead) == [7, 7, 7, 7, 7, 7, 7, 7, 4])
        let target = (1 << 16) - document.utf8.count / 2
        for shift in 0..<220 {
            let comment = "<!--" + String(repeating: "-+", count: target / 2) + String(repeating: "+", count: shift) + "-->"
            let shifted = document.replacing("<list>", with: comment + "<list>")
            let moved = Int64(comment.utf8.count)
            let cut = try XMLSamples.blocks(shifted.utf8, rows: "list/row", Self.columns, blockRows: 7)
            #expect(XMLSamples.lines(cut) == XMLSamples.lines(whole), "\(shift)")
            let rejects = XMLSamples.rejects(cut).map { reject in
                var reject = reject
                reject.offset -= moved
                return reject
            }
            #expect(rejects == XMLSamples.rejects(whole), "\(shift)")
            #expect(cut.map(\.end.offset) == whole.map { $0.end.offset + moved }, "\(shift)")
        }
    }

    @Test("a document of another kind is an error that names both, whether or not rows would be found in it; one of the kind is read")
    func otherDocument() throws {
        let kind: [String: ParameterValue] = ["document": .text("list")]
        for rows in ["list/row", "//row"] {
            let blocks = try XMLSamples.blocks(Self.document(9).utf8, rows: rows, Self.columns, options: kind)
            #expect(blocks.map(\.rowsRead) == [9])
            #expect(
                try XMLSamples.blocks("<m:list xmlns:m='urn:m'/>".utf8, rows: rows, Self.columns, options: kind).allSatisfy {
                    $0.rowsRead == 0
                })
        }
        // Without the option such a file gives no rows, and no word.
        #expect(try XMLSamples.blocks("<html/>".utf8, rows: "//row", Self.columns).allSatisfy { $0.rowsRead == 0 })
        for text in ["<html/>", "<html><list/></html>", Self.document(9).replacing("list>", with: "other>")] {
            let failure = #expect(throws: Failure.self) {
                try XMLSamples.blocks(text.utf8, rows: "//row", Self.columns, options: kind)
            }
            #expect(failure?.code == "xml.other-document" && failure?.expected.contains("'list'") == true, "\(text.prefix(20))")
        }
    }

    @Test("a reader started at a block's end goes on as if it had read on")
    func resume() throws {
        let document = Self.document(60)
        let whole = try XMLSamples.blocks(document.utf8, rows: "list/row", Self.columns, blockRows: 7)
        for index in whole.indices {
            let rest = try XMLSamples.blocks(document.utf8, rows: "list/row", Self.columns, from: whole[index].end, blockRows: 7)
            #expect(XMLSamples.lines(rest) == XMLSamples.lines(Array(whole[(index + 1)...])))
            #expect(XMLSamples.rejects(rest) == XMLSamples.rejects(Array(whole[(index + 1)...])))
            #expect(rest.map(\.end) == whole[(index + 1)...].map(\.end))
        }
        #expect(throws: Failure.xmlFileShorter("sample.xml", rows: 6, expected: 7)) {
            try XMLSamples.blocks(Self.document(6).utf8, rows: "list/row", Self.columns, from: whole[0].end)
        }
    }

    @Test("a reject has the row's line, offset and source text, and says what was wrong")
    func rejects() throws {
        let document = Self.document(20)
        let rejects = XMLSamples.rejects(try XMLSamples.blocks(document.utf8, rows: "list/row", Self.columns))
        #expect(rejects.map(\.row) == [7, 11, 14])
        #expect(rejects.map(\.code) == [.missing, .type, .missing])
        let bytes = Array(document.utf8)
        for reject in rejects {
            let start = Int(reject.offset)
            #expect(bytes[start..<(start + reject.raw.count)].elementsEqual(reject.raw))
            #expect(String(decoding: reject.raw, as: UTF8.self).hasPrefix("<row id=\"\(reject.row - 1)\">"))
            #expect(String(decoding: reject.raw, as: UTF8.self).hasSuffix("</row>"))
            #expect(reject.line == Int64(bytes[..<start].filter { $0 == 10 }.count + 1))
        }
        #expect(rejects[1].column == "amount" && rejects[1].found == "zwölf" && rejects[1].expected == "a number")
    }

    @Test("a document broken in the middle keeps its complete rows and gives one malformed reject with line and message")
    func broken() throws {
        let document = Self.document(30).replacing("<row id=\"20\"><name>", with: "<row id=\"20\"><nam>")
        var seen: Set<[Reject]> = []
        for bytes in [1, 3, 17, 1 << 16] {
            let blocks = try XMLSamples.blocks(document.utf8, rows: "list/row", Self.columns, blockRows: 4, bufferBytes: bytes)
            let rejects = XMLSamples.rejects(blocks)
            #expect(blocks.reduce(0) { $0 + $1.rowsRead } == 21)
            #expect(XMLSamples.lines(blocks).last?.hasPrefix("19|") == true)
            #expect(rejects.last?.code == .malformed && rejects.last?.row == 21 && rejects.last?.line == 44)
            #expect(rejects.last?.found == "Opening and ending tag mismatch: nam line 44 and name")
            seen.insert(rejects)
            let resumed = try XMLSamples.blocks(document.utf8, rows: "list/row", Self.columns, from: blocks[2].end, blockRows: 4)
            #expect(XMLSamples.rejects(resumed).last == rejects.last)
            let ended = try XMLSamples.blocks(document.utf8, rows: "list/row", Self.columns, from: blocks[blocks.count - 1].end)
            #expect(ended.isEmpty)
        }
        #expect(seen.count == 1)
    }

    @Test("a document cut at any byte keeps the rows that are complete, and says so once")
    func truncated() throws {
        let document = Array(Self.document(6).utf8)
        let whole = XMLSamples.lines(try XMLSamples.blocks(document, rows: "list/row", Self.columns))
        for cut in 1..<(document.count - 8) {
            let blocks = try XMLSamples.blocks(document[..<cut], rows: "list/row", Self.columns)
            let complete = String(decoding: document[..<cut], as: UTF8.self).components(separatedBy: "</row>").count - 1
            #expect(XMLSamples.lines(blocks) == Array(whole.prefix(complete)), "\(cut)")
            #expect(XMLSamples.rejects(blocks).map(\.code) == [.malformed], "\(cut)")
        }
    }

    @Test("what is not XML at all is one malformed reject, an empty file a failure")
    func notXML() throws {
        let rejects = XMLSamples.rejects(try XMLSamples.blocks("TRANSACTION_ID,AMOUNT\n1,2\n".utf8, rows: "r/row", Self.columns))
        #expect(rejects.map(\.code) == [.malformed] && rejects.map(\.line) == [1])
        #expect(throws: Failure.feedFileEmpty("sample.xml")) { try XMLSamples.blocks("".utf8, rows: "r/row", Self.columns) }
    }

    @Test("external entities are never read: a document type declaration is refused before anything in it counts")
    func externalEntity() throws {
        let secret = FileManager.default.temporaryDirectory.appending(path: "secret-\(UUID().uuidString)").path
        try Data("SECRET".utf8).write(to: URL(filePath: secret))
        defer { try? FileManager.default.removeItem(atPath: secret) }
        let document = """
            <?xml version="1.0"?><!DOCTYPE r [<!ENTITY e SYSTEM "file://\(secret)"><!ENTITY % p SYSTEM "file://\(secret)">%p;]>
            <r><row id="1"><name>&e;</name><amount>1</amount></row></r>
            """
        for bytes in [1, 1 << 16] {
            let blocks = try XMLSamples.blocks(document.utf8, rows: "r/row", Self.columns, bufferBytes: bytes)
            #expect(XMLSamples.lines(blocks) == [])
            let rejects = XMLSamples.rejects(blocks)
            #expect(rejects.map(\.code) == [.malformed])
            #expect(rejects[0].found == "declarations in the document type (DOCTYPE)")
            #expect(rejects[0].expected == "a document without them")
        }
        // The control: the same reference without a declaration is not silently dropped either.
        let undeclared = try XMLSamples.blocks("<r><row id=\"1\"><name>&e;</name></row></r>".utf8, rows: "r/row", Self.columns)
        #expect(XMLSamples.rejects(undeclared).map(\.found) == ["Entity 'e' not defined"])
    }

    @Test("a billion laughs are refused at once")
    func billionLaughs() throws {
        var document = "<?xml version=\"1.0\"?><!DOCTYPE r [<!ENTITY l0 \"lol\">"
        for level in 1...12 { document += "<!ENTITY l\(level) \"" + String(repeating: "&l\(level - 1);", count: 10) + "\">" }
        document += "]><r><row id=\"1\"><name>&l12;</name><amount>1</amount></row></r>"
        let started = ContinuousClock.now
        let blocks = try XMLSamples.blocks(document.utf8, rows: "r/row", Self.columns)
        #expect(ContinuousClock.now - started < .seconds(60))
        #expect(blocks.map(\.rowsRead) == [1] && XMLSamples.rejects(blocks).map(\.code) == [.malformed])
    }

    @Test("endless nesting and endless values are limited")
    func limits() throws {
        let deep = String(repeating: "<a>", count: 200_000)
        let rejects = XMLSamples.rejects(try XMLSamples.blocks(deep.utf8, rows: "//row", XMLSamples.texts(["name"])))
        #expect(rejects.map(\.found) == ["elements nested deeper than 1000"])
        let long = "<r><row><name>" + String(repeating: "x", count: 3 << 20) + "</name></row><row><name>y</name></row></r>"
        let blocks = try XMLSamples.blocks(long.utf8, rows: "r/row", XMLSamples.texts(["name"]))
        #expect(XMLSamples.lines(blocks) == ["y"])
        #expect(XMLSamples.rejects(blocks).map(\.code) == [.tooLong])
        #expect(XMLSamples.rejects(blocks).map(\.raw.count) == [1 << 16])
        #expect(XMLSamples.rejects(blocks).map(\.offset) == [3])
    }
}

import Connectors
import Foundation
import Records
import Testing

@Suite("XML: hostile documents")
struct XMLHostileTests {
    private static let columns = XMLSamples.texts(["name", "@id"])

    private func rejects(_ document: String, blockRows: Int = 1_000) throws -> [Reject] {
        XMLSamples.rejects(try XMLSamples.blocks(document.utf8, rows: "r/row", Self.columns, blockRows: blockRows))
    }

    @Test("a DOCTYPE that only names a definition is read past: nothing is fetched, and its entities are unknown")
    func externalSubset() throws {
        let listener = try Listener()
        let address = "http://127.0.0.1:\(listener.port)/r.dtd"
        for declaration in ["<!DOCTYPE r SYSTEM \"\(address)\">", "<!DOCTYPE r PUBLIC \"-//x//y\" \"\(address)\">", "<!DOCTYPE r>"] {
            let document = "<?xml version=\"1.0\"?>\(declaration)<r><row id='1'><name>a &amp; b</name></row></r>"
            #expect(try XMLSamples.read(document, rows: "r/row", ["name"]) == ["a & b"])
            for text in ["<name>&nbsp;</name>", "<name x='&nbsp;'>a</name>"] {
                let rejects = try rejects(document.replacing("<name>a &amp; b</name>", with: text))
                #expect(rejects.map(\.code) == [.malformed], "\(declaration) \(text)")
                #expect(rejects.map(\.expected) == ["XML's own five entities"], "\(declaration) \(text)")
            }
        }
        #expect(listener.connections() == 0)
        // The control: the listener does notice a connection.
        listener.knock()
        #expect(listener.connections() == 1)
    }

    @Test("declarations in a DOCTYPE are refused before anything is expanded, read or fetched")
    func internalSubset() throws {
        let listener = try Listener()
        let remote = "http://127.0.0.1:\(listener.port)/"
        let long = String(repeating: "a", count: 60_000)
        let subsets = [
            "<!ENTITY e \"text\">", "<!ENTITY e SYSTEM \"file:///etc/hostname\">", "<!ENTITY % p SYSTEM \"\(remote)\">%p;",
            "<!ENTITY e \"\(long)\">", "<!ATTLIST row id CDATA \"default\">", "<!ELEMENT r ANY>", "<!ENTITY % a \"<!ENTITY e 'x'>\"> %a;",
            "<!NOTATION n SYSTEM \"\(remote)\">", "",
        ]
        for subset in subsets {
            let document =
                "<!DOCTYPE r SYSTEM \"\(remote)\" [\(subset)]><r><row><name>\(String(repeating: "&e;", count: 50_000))</name></row></r>"
            let rejects = try rejects(document)
            #expect(rejects.map(\.found) == ["declarations in the document type (DOCTYPE)"], "\(subset.prefix(40))")
            #expect(rejects.map(\.row) == [1])
        }
        #expect(listener.connections() == 0)
    }

    @Test("other documents are not included, styles and schemas not followed")
    func otherReferences() throws {
        let listener = try Listener()
        let remote = "http://127.0.0.1:\(listener.port)/x"
        let document = """
            <?xml version="1.0"?><?xml-stylesheet href="\(remote)" type="text/xsl"?>
            <r xmlns:xi="http://www.w3.org/2001/XInclude" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:r \(remote)">
            <xi:include href="\(remote)"/><xi:include href="file:///etc/hostname" parse="text"/><row><name>a</name></row></r>
            """
        #expect(try XMLSamples.read(document, rows: "r/row", ["name"]) == ["a"])
        #expect(listener.connections() == 0)
    }

    @Test("a tag without end, one of a hundred thousand attributes and endless names are stopped early")
    func tags() throws {
        let many = "<r><row " + (0..<100_000).map { "a\($0)=''" }.joined(separator: " ") + "/></r>"
        let started = ContinuousClock.now
        #expect(try rejects(many).map(\.found) == ["a tag that is endless"])
        #expect(try rejects("<r><row id='" + String(repeating: "x", count: 9 << 20)).map(\.code) == [.malformed])
        #expect(try rejects("<r><row" + String(repeating: "x", count: 3 << 20) + "/></r>").map(\.code) == [.malformed])
        #expect(ContinuousClock.now - started < .seconds(60))
        // The control: a long tag is a tag.
        let long = "<r><row id='" + String(repeating: "x", count: 200_000) + "'><name>a</name></row></r>"
        #expect(try XMLSamples.read(long, rows: "r/row", ["name"]) == ["a"])
    }

    @Test("endless comments, CDATA and names that differ are no trouble or are stopped")
    func endless() throws {
        let comment = "<r><!--" + String(repeating: "c", count: 2 << 20) + "--><row><name>a</name></row></r>"
        #expect(try XMLSamples.read(comment, rows: "r/row", ["name"]) == ["a"])
        let data = "<r><row><name><![CDATA[" + String(repeating: "c", count: 3 << 20) + "]]></name></row><row><name>b</name></row></r>"
        #expect(try rejects(data).map(\.code) == [.tooLong])
        let names = "<r>" + (0..<50_000).map { "<n\($0)/>" }.joined() + "<row><name>a</name></row></r>"
        #expect(try XMLSamples.read(names, rows: "//row", ["name"]) == ["a"])
    }

    @Test("Japanese documents are read in what their encodings mean in practice, and bytes that are no text cost one row")
    func japanese() throws {
        let head = Array("<?xml version='1.0' encoding='Shift_JIS'?>\n<r><row><name>".utf8)
        let tail = Array("\\x</name></row>\n<row><name>b</name></row></r>".utf8)
        // \u{8868} ends in the byte of a backslash, the circled one is NEC's, and the backslash stays one.
        let blocks = try XMLSamples.blocks(head + [0x95, 0x5C, 0x87, 0x40] + tail, rows: "r/row", XMLSamples.texts(["name"]))
        #expect(XMLSamples.lines(blocks) == ["\u{8868}\u{2460}\\x", "b"])
        let other = Array("<?xml version=\"1.0\" encoding=\"EUC-JP\"?><r><row><name>".utf8) + [0xC9, 0xBD, 0xAD, 0xA1] + tail
        #expect(XMLSamples.lines(try XMLSamples.blocks(other, rows: "r/row", XMLSamples.texts(["name"]))) == ["\u{8868}\u{2460}\\x", "b"])
        for size in [1, 7, 1 << 16] {
            let broken = try XMLSamples.blocks(
                head + [0x95, 0x5C, 0x81, 0x20] + tail, rows: "r/row", XMLSamples.texts(["name"]), bufferBytes: size)
            #expect(XMLSamples.lines(broken) == ["b"])
            let rejects = XMLSamples.rejects(broken)
            #expect(rejects.map(\.code) == [.encoding] && rejects.map(\.line) == [2])
            #expect(rejects.map(\.offset) == [Int64(head.count - 11)])
            #expect(rejects.allSatisfy { $0.found.hasPrefix("the byte") && $0.found.hasSuffix(" at offset \(head.count + 2)") })
            #expect(rejects.map(\.expected) == ["text in cp932"])
            #expect(broken.last?.end.offset == Int64(head.count + 4 + tail.count - 4))
        }
    }

    @Test("UTF-16 in both orders, with or without a mark, and encodings that only libxml2 knows")
    func wideAndOther() throws {
        let text = "<?xml version=\"1.0\" encoding=\"UTF-16\"?><r><row><name>\u{e9}\u{4e2d}</name></row><row><name/></row></r>"
        let little = text.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] },
            big = text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
        for bytes in [[0xFF, 0xFE] + little, [0xFE, 0xFF] + big, little, big] {
            let blocks = try XMLSamples.blocks(bytes, rows: "r/row", [XMLSamples.column("name", "name", optional: false)])
            #expect(XMLSamples.lines(blocks) == ["\u{e9}\u{4e2d}"])
            #expect(XMLSamples.rejects(blocks).map(\.offset) == [Int64(bytes.count - 2 * 22)])
        }
        let polish = Array("<?xml version='1.0' encoding='ISO-8859-2'?><r><row><name>".utf8) + [0xB3] + Array("</name></row></r>".utf8)
        #expect(XMLSamples.lines(try XMLSamples.blocks(polish, rows: "r/row", XMLSamples.texts(["name"]))) == ["\u{142}"])
    }
}

/// A socket of this machine that counts who connects.
private final class Listener {
    private let listening: Int32
    let port: UInt16
    #if os(Linux)
        private static let stream = Int32(SOCK_STREAM.rawValue)
    #else
        private static let stream = SOCK_STREAM
    #endif

    init() throws {
        let file = socket(AF_INET, Self.stream, 0)
        _ = fcntl(file, F_SETFL, O_NONBLOCK)
        var address = Self.address(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = bind(file, address, length)
                _ = listen(file, 8)
                _ = getsockname(file, address, &length)
            }
        }
        (listening, port) = (file, UInt16(bigEndian: address.sin_port))
    }

    deinit { close(listening) }

    private static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    /// Connections since the last call.
    func connections() -> Int {
        var count = 0
        while true {
            let file = accept(listening, nil, nil)
            if file < 0 { return count }
            close(file)
            count += 1
        }
    }

    func knock() {
        let file = socket(AF_INET, Self.stream, 0)
        var address = Self.address(port: port)
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = connect(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        close(file)
    }
}

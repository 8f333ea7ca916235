import Connectors
import Foundation
import Records
import Testing

/// A hard text in each encoding: delimiter bytes as second bytes, escapes, kana, and bytes that are no character.
enum EncodedSamples {
    static let cp932: [UInt8] =
        [0x94, 0x5C, 0x82, 0xA0, 44, 0x83, 0x7C, 0xB1, 0xDE, 10, 0xF0, 0x40, 0xFC, 0x4B, 34, 0x85, 0x7C, 44, 0x82, 10, 0xA0, 65, 0x81]
    static let eucJP: [UInt8] = [
        0xA4, 0xA2, 44, 0x8E, 0xB1, 10, 0x8F, 0xB0, 0xA1, 0xAD, 0xA1, 0xA9, 0xA1, 44, 0x8F, 0xA1, 10, 0x80, 0x8F, 0xA2,
    ]
    static let iso2022JP = Array("a\u{1B}$B$\"$$\u{1B}(B,\u{1B}(I12\u{1B}(J\\\n\u{1B}$B0!\n\u{1B}$(D0!)!\u{1B}(B\u{1B}(B\n,\u{1B}$".utf8)
    static let utf16: [UInt8] =
        [0xFF, 0xFE] + Array("aé漢😀\n,".utf16).flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] } + [0, 0xD8, 44, 0, 0, 0xDC, 65]
    static let windows1252: [UInt8] = [0x80, 44, 0xE9, 0x81, 10, 0x9F, 65]
    static let utf8: [UInt8] = Array("aé漢😀\n".utf8) + [0xE3, 0x81, 44, 0xFF, 0xED, 0xA0, 0x80, 0xF0, 0x9F]

    static let all: [(TextEncoding, [UInt8])] = [
        (.cp932, cp932), (.eucJP, eucJP), (.eucJPMS, eucJP), (.iso2022JP, iso2022JP), (.utf16, utf16), (.windows1252, windows1252),
        (.latin1, windows1252), (.utf8, utf8),
    ]
}

@Suite struct DecodedSourceTests {
    private func source(_ bytes: [UInt8], _ encoding: TextEncoding?, _ bufferBytes: Int, _ folder: TemporaryFolder) throws -> DecodedSource
    {
        try DecodedSource(folder.write("f", bytes), encoding: encoding, bufferBytes: bufferBytes)
    }

    private func read(_ source: DecodedSource, _ size: Int) throws -> [UInt8] {
        var text: [UInt8] = []
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 1)
        defer { room.deallocate() }
        while true {
            let count = try source.read(into: room)
            if count == 0 { return text }
            text += room[..<count]
        }
    }

    @Test("the text, its places and what cannot be decoded are the same wherever the file is cut", arguments: EncodedSamples.all)
    func cuts(_ encoding: TextEncoding, _ bytes: [UInt8]) throws {
        let folder = try TemporaryFolder()
        var texts: Set<[UInt8]> = [], places: Set<[Int64]> = [], faults: Set<String> = []
        for pieces in [1, 2, 3, 4, 5, 7, 100] {
            for size in [1, 2, 3, 5, 16, 17, 1_000] {
                let source = try source(bytes, encoding, pieces, folder)
                let text = try read(source, size)
                texts.insert(text)
                places.insert((0...text.count).map { source.rawOffset(ofDecoded: Int64($0)) })
                let found = text.withUnsafeBufferPointer { all in
                    all.indices.compactMap { all[$0] == 10 || $0 == 0 ? $0 : nil }.map { start in
                        source.firstUndecodable(from: Int64(start), in: UnsafeBufferPointer(rebasing: all[start...]))?.shown ?? ""
                    }
                }
                faults.insert(found.joined(separator: "; "))
                #expect(text.withUnsafeBufferPointer { source.rawRecord(from: 0, $0) } == (encoding == .utf16 ? Array(bytes[2...]) : bytes))
            }
        }
        #expect(texts.count == 1 && places.count == 1 && faults.count == 1, "\(encoding) \(places) \(faults)")
        #expect(texts.first == decodedWithFaults(encoding == .utf16 ? Array(bytes[2...]) : bytes, encoding).text || encoding == .utf8)
    }

    @Test("a reader that goes on at a raw offset reads the same rest", arguments: EncodedSamples.all)
    func goingOn(_ encoding: TextEncoding, _ bytes: [UInt8]) throws {
        let folder = try TemporaryFolder()
        for pieces in [1, 3, 100] {
            let whole = try source(bytes, encoding, pieces, folder)
            let text = try read(whole, 100)
            let starts = [0] + text.indices.filter { text[$0] == 10 }.map { $0 + 1 }
            for start in starts {
                let raw = whole.rawOffset(ofDecoded: Int64(start))
                for readBefore in [0, 1, 20] {
                    let source = try source(bytes, encoding, pieces, folder)
                    if readBefore > 0 {
                        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: readBefore, alignment: 1)
                        defer { room.deallocate() }
                        _ = try source.read(into: room)
                    }
                    if let decoded = source.decodedOffset(ofRaw: raw), decoded < source.offset {
                        #expect(decoded == Int64(start))
                        continue
                    }
                    #expect(try source.skip(to: raw))
                    let base = source.offset
                    #expect(source.rawOffset(ofDecoded: base) == raw || encoding == .iso2022JP)
                    #expect(try read(source, 100) == Array(text[start...]))
                }
            }
        }
    }

    @Test("a position behind the end of a whole file is refused", arguments: [TextEncoding.utf8, .cp932, .iso2022JP])
    func behindTheEnd(_ encoding: TextEncoding) throws {
        let folder = try TemporaryFolder()
        let source = try source(Array("a,b\n1,2\n".utf8), encoding, 100, folder)
        #expect(throws: Failure.self) { try source.skip(to: 100) }
    }

    @Test("a byte order mark decides where nothing is declared, and is refused where it contradicts")
    func marks() throws {
        let folder = try TemporaryFolder()
        let little: [UInt8] = [0xFF, 0xFE, 65, 0], big: [UInt8] = [0xFE, 0xFF, 0, 65]
        for (bytes, declared, encoding) in [
            (little, nil, .utf16LE), (big, nil, .utf16BE), (little, .utf16, .utf16LE), (big, .utf16, .utf16BE), (big, .utf16BE, .utf16BE),
            ([65, 0], .utf16, .utf16LE), ([0, 65], .utf16, .utf16BE), ([65, 66], nil, .utf8),
        ] as [([UInt8], TextEncoding?, TextEncoding)] {
            let source = try source(bytes, declared, 100, folder)
            #expect(source.encoding == encoding)
            #expect(try read(source, 100) == (encoding == .utf8 ? bytes : [65]))
        }
        for declared in [TextEncoding.utf8, .utf16LE, .cp932, .latin1] {
            let failure = #expect(throws: Failure.self) { try source(big, declared, 100, folder) }
            #expect(failure?.code == "feed.encoding-mark" && failure?.remedy.contains("encoding: utf-16be") == true)
        }
    }

    @Test("memory stays small when what is done is forgotten, and places behind it stay exact")
    func forgetting() throws {
        let folder = try TemporaryFolder()
        let bytes = (0..<20_000).flatMap { _ in EncodedSamples.cp932 }
        let source = try source(bytes, .cp932, 1_000, folder)
        let expected = decodedWithFaults(bytes, .cp932).text
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 700, alignment: 1)
        defer { room.deallocate() }
        var at = 0
        while true {
            source.forget(before: source.offset)
            let count = try source.read(into: room)
            if count == 0 { break }
            #expect(Array(room[..<count]) == Array(expected[at..<(at + count)]))
            at += count
        }
        #expect(at == expected.count && source.rawOffset(ofDecoded: Int64(at)) == Int64(bytes.count))
    }
}

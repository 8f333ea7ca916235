/// An encoding in which exports may be written.
package enum ExportEncoding: String, CaseIterable, Hashable, Sendable {
    case utf8 = "utf-8"
    /// With a byte order mark: what spreadsheets need to recognise UTF-8.
    case utf8WithMark = "utf-8-bom"
    case cp932
    case windows1252 = "windows-1252"
    case latin1 = "iso-8859-1"
    case latin9 = "iso-8859-15"

    /// What a file starts with.
    package var byteOrderMark: [UInt8] { self == .utf8WithMark ? [0xEF, 0xBB, 0xBF] : [] }
}

/// Writes UTF-8 in another encoding. Nothing is replaced by something alike: what the encoding lacks is written so that it can be seen,
/// and counted.
///
/// CP932 is written as Microsoft does where a character has several codes: JIS X 0208 first, then NEC's row 13, then IBM's rows.
package struct TextEncoder: Sendable {
    /// What is written for a character that the encoding lacks.
    package enum Substitute: String, CaseIterable, Sendable {
        /// Its code point, such as `U+1F600`.
        case codePoint = "code-point"
        case questionMark = "question-mark"
    }

    package let encoding: ExportEncoding
    package let substitute: Substitute
    private let codes: EncodingTable?

    package init(_ encoding: ExportEncoding, substitute: Substitute = .codePoint) {
        (self.encoding, self.substitute) = (encoding, substitute)
        switch encoding {
        case .utf8, .utf8WithMark: codes = nil
        case .cp932: codes = .cp932
        case .windows1252: codes = .windows1252
        case .latin1: codes = .latin1
        case .latin9: codes = .latin9
        }
    }

    /// Appends a text; gives the number of characters that the encoding lacks. Ill-formed UTF-8 counts as U+FFFD.
    package mutating func encode(_ text: UnsafeBufferPointer<UInt8>, into result: inout [UInt8]) -> Int {
        guard let codes, let base = text.baseAddress else {
            result.append(contentsOf: text)
            return 0
        }
        var at = 0, lacking = 0
        while at < text.count {
            let start = at
            while at < text.count, base[at] < 0x80 { at += 1 }
            if at > start { result.append(contentsOf: UnsafeBufferPointer(start: base + start, count: at - start)) }
            guard at < text.count else { break }
            let (length, isWhole) = DecodingCursor.sequence(base + at, text.count - at)
            let value = isWhole ? Self.scalar(base + at, length) : 0xFFFD
            at += length < 0 ? text.count - at : length
            let code = codes[value]
            if code == 0 {
                lacking += 1
                appendSubstitute(value, to: &result)
            } else {
                if code > 0xFF { result.append(UInt8(code >> 8)) }
                result.append(UInt8(truncatingIfNeeded: code))
            }
        }
        return lacking
    }

    private func appendSubstitute(_ value: UInt32, to result: inout [UInt8]) {
        if substitute == .questionMark {
            result.append(UInt8(ascii: "?"))
            return
        }
        let digits = String(value, radix: 16, uppercase: true)
        result += Array("U+".utf8) + Array(repeating: UInt8(ascii: "0"), count: max(0, 4 - digits.utf8.count)) + Array(digits.utf8)
    }

    private static func scalar(_ text: UnsafePointer<UInt8>, _ length: Int) -> UInt32 {
        var value = UInt32(text[0]) & (length == 2 ? 0x1F : length == 3 ? 0x0F : 0x07)
        for index in 1..<length { value = value << 6 | UInt32(text[index] & 0x3F) }
        return value
    }
}

/// The code of each character of an encoding, from the same tables as its decoder.
final class EncodingTable: Sendable {
    /// By scalar below U+10000; 0 where there is none. One byte, or the first byte x 256 + the second.
    private let codes: [UInt16]

    private init(_ fill: (inout [UInt16]) -> Void) {
        var codes = [UInt16](repeating: 0, count: 1 << 16)
        fill(&codes)
        self.codes = codes
    }

    subscript(_ scalar: UInt32) -> UInt16 { scalar < 0x10000 ? codes[Int(scalar)] : 0 }

    static let latin1 = singleBytes(.latin1)
    static let latin9 = singleBytes(.latin9)
    static let windows1252 = singleBytes(.windows1252)

    private static func singleBytes(_ tables: CharacterTables) -> EncodingTable {
        EncodingTable { codes in
            for byte in 0x80..<0x100 where tables.singles[byte] != 0 { codes[Int(scalar(tables.singles[byte]))] = UInt16(byte) }
        }
    }

    static let cp932 = EncodingTable { codes in
        let tables = CharacterTables.cp932
        for byte in 0x80..<0x100 where tables.singles[byte] != 0 { codes[Int(scalar(tables.singles[byte]))] = UInt16(byte) }
        // NEC's selection of IBM's characters, ED40 to EEFC, comes last: Microsoft writes IBM's own.
        let leads = [0x81...0x86, 0x88...0xEC, 0xEF...0xF9, 0x87...0x87, 0xFA...0xFC, 0xED...0xEE].flatMap(Array.init)
        for lead in leads {
            for trail in 0x40...0xFC {
                let entry = tables.pairs[lead << 8 | trail]
                if entry != 0, codes[Int(scalar(entry))] == 0 { codes[Int(scalar(entry))] = UInt16(lead << 8 | trail) }
            }
        }
    }

    /// The scalar of a table's entry.
    private static func scalar(_ entry: UInt32) -> UInt32 {
        switch entry >> 24 {
        case 1: entry & 0x7F
        case 2: (entry & 0x1F) << 6 | entry >> 8 & 0x3F
        default: (entry & 0x0F) << 12 | (entry >> 8 & 0x3F) << 6 | entry >> 16 & 0x3F
        }
    }
}

/// A character encoding that a feed's files may be written in.
public enum TextEncoding: String, CaseIterable, Hashable, Sendable {
    case utf8 = "utf-8"
    /// Byte order by the byte order mark; without one by the first character that has a zero byte, else little-endian.
    case utf16 = "utf-16"
    case utf16LE = "utf-16le"
    case utf16BE = "utf-16be"
    case latin1 = "iso-8859-1"
    /// Latin-1 with the euro sign and seven other characters changed.
    case latin9 = "iso-8859-15"
    /// The five bytes without a character (81, 8D, 8F, 90, 9D) cannot be decoded.
    case windows1252 = "windows-1252"
    /// Windows-31J, Microsoft's Shift_JIS: NEC's and IBM's characters, half-width kana, user-defined F040-F9FC as U+E000-U+E757.
    case cp932 = "cp932"
    /// As the Encoding Standard has it: Microsoft's mapping with NEC's rows 13 and 89-92 (CP51932), and JIS X 0212 in three bytes.
    case eucJP = "euc-jp"
    /// As on Unix systems: rows 85-94 are user-defined (U+E000-U+E757), IBM's characters are in rows 83-84 of the three-byte set.
    case eucJPMS = "eucjp-ms"
    /// RFC 1468, with half-width kana (`ESC ( I`), JIS X 0212 (`ESC $ ( D`) and NEC's rows 13 and 89-92 (CP50221).
    case iso2022JP = "iso-2022-jp"

    /// The encoding of this name or usual other name, in any case; `_` and `-` alike.
    public init?(name: String) {
        let wanted = name.lowercased().replacing("_", with: "-")
        if let known = Self(rawValue: wanted) ?? Self.others[wanted] { self = known } else { return nil }
    }

    private static let others: [String: TextEncoding] = [
        "utf8": .utf8, "us-ascii": .utf8, "ascii": .utf8, "utf16": .utf16, "utf-16-le": .utf16LE, "utf-16-be": .utf16BE,
        "latin-1": .latin1, "latin1": .latin1, "iso8859-1": .latin1, "latin-9": .latin9, "latin9": .latin9, "iso8859-15": .latin9,
        "cp1252": .windows1252, "windows1252": .windows1252, "ms932": .cp932, "windows-31j": .cp932, "shift-jis": .cp932,
        "shiftjis": .cp932, "sjis": .cp932, "ms-kanji": .cp932, "cp51932": .eucJP, "eucjp": .eucJP, "ujis": .eucJP,
        "euc-jp-ms": .eucJPMS, "eucjpms": .eucJPMS, "cp50221": .iso2022JP, "cp50220": .iso2022JP, "jis": .iso2022JP,
        "iso2022-jp": .iso2022JP, "csiso2022jp": .iso2022JP,
    ]

    /// What a byte order mark at the start says, and its length in bytes.
    package static func byteOrderMark(_ head: UnsafeBufferPointer<UInt8>) -> (encoding: TextEncoding, length: Int)? {
        if head.count >= 3, head[0] == 0xEF, head[1] == 0xBB, head[2] == 0xBF { return (.utf8, 3) }
        guard head.count >= 2 else { return nil }
        if head[0] == 0xFF, head[1] == 0xFE { return (.utf16LE, 2) }
        if head[0] == 0xFE, head[1] == 0xFF { return (.utf16BE, 2) }
        return nil
    }
}

/// What the bytes of an encoding mean, as the UTF-8 to write for them.
///
/// An entry holds up to three bytes of UTF-8, the first one lowest, and their number in the highest byte; 0 where there is no character.
/// So a character is one load, one store of four bytes and one addition, whatever its length.
final class CharacterTables: @unchecked Sendable {  // Never changed after `init`, never freed.
    /// By byte; ASCII is not looked up.
    let singles: UnsafePointer<UInt32>
    /// By first byte x 256 + second byte; empty entries for single-byte encodings are not allocated.
    let pairs: UnsafePointer<UInt32>
    /// EUC-JP's three-byte characters, by second byte x 256 + third byte.
    let triples: UnsafePointer<UInt32>

    private init(singles: (Int) -> UInt32, pairs: ((Int, Int) -> UInt32)? = nil, triples: ((Int, Int) -> UInt32)? = nil) {
        let single = UnsafeMutablePointer<UInt32>.allocate(capacity: 256)
        for byte in 0..<256 { single[byte] = Self.entry(singles(byte)) }
        self.singles = UnsafePointer(single)
        self.pairs = Self.plane(pairs)
        self.triples = Self.plane(triples)
    }

    private static func plane(_ scalar: ((Int, Int) -> UInt32)?) -> UnsafePointer<UInt32> {
        guard let scalar else { return UnsafePointer(UnsafeMutablePointer<UInt32>.allocate(capacity: 0)) }
        let plane = UnsafeMutablePointer<UInt32>.allocate(capacity: 1 << 16)
        plane.initialize(repeating: 0, count: 1 << 16)
        for first in 0x81...0xFE {
            for second in 0x40...0xFE { plane[first << 8 | second] = entry(scalar(first, second)) }
        }
        return UnsafePointer(plane)
    }

    /// Of a scalar below U+10000; 0 for 0, which stands for no character.
    static func entry(_ scalar: UInt32) -> UInt32 {
        if scalar == 0 { return 0 }
        if scalar < 0x80 { return scalar | 1 << 24 }
        if scalar < 0x800 { return 0xC0 | scalar >> 6 | (0x80 | scalar & 0x3F) << 8 | 2 << 24 }
        return 0xE0 | scalar >> 12 | (0x80 | scalar >> 6 & 0x3F) << 8 | (0x80 | scalar & 0x3F) << 16 | 3 << 24
    }

    // MARK: Single bytes

    static let latin1 = CharacterTables(singles: { UInt32($0) })

    static let latin9 = CharacterTables(singles: { byte in
        let changed: [Int: UInt32] = [
            0xA4: 0x20AC, 0xA6: 0x160, 0xA8: 0x161, 0xB4: 0x17D, 0xB8: 0x17E, 0xBC: 0x152, 0xBD: 0x153, 0xBE: 0x178,
        ]
        return changed[byte] ?? UInt32(byte)
    })

    /// Of 0x80 to 0x9F in Windows-1252; 0 where there is none.
    static let windows1252Upper: [UInt32] = [
        0x20AC, 0, 0x201A, 0x192, 0x201E, 0x2026, 0x2020, 0x2021, 0x2C6, 0x2030, 0x160, 0x2039, 0x152, 0, 0x17D, 0,
        0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x2DC, 0x2122, 0x161, 0x203A, 0x153, 0, 0x17E, 0x178,
    ]

    static let windows1252 = CharacterTables(singles: { (0x80..<0xA0).contains($0) ? windows1252Upper[$0 - 0x80] : UInt32($0) })

    // MARK: Japanese

    /// Half-width kana, and 0x80 as the Encoding Standard has it; A0 and FD to FF are no characters.
    static let cp932 = CharacterTables(
        singles: { $0 == 0x80 ? 0x80 : halfWidthKana($0) },
        pairs: { first, second in
            guard let (row, cell) = JapaneseRows.rowAndCell(first, second) else { return 0 }
            if (95...114).contains(row) { return UInt32(0xE000 + (row - 95) * 94 + cell - 1) }
            return JapaneseRows.jisX0208[row * 94 + cell - 1]
        })

    static let eucJP = CharacterTables(
        singles: { _ in 0 },
        pairs: { first, second in
            if first == 0x8E { return halfWidthKana(second) }
            return first > 0xA0 && second > 0xA0 ? JapaneseRows.jisX0208[(first - 0xA0) * 94 + second - 0xA1] : 0
        },
        triples: { second, third in
            guard second > 0xA0, third > 0xA0, second < 0xF3 else { return 0 }
            return JapaneseRows.jisX0212[(second - 0xA0) * 94 + third - 0xA1]
        })

    static let eucJPMS = CharacterTables(
        singles: { _ in 0 },
        pairs: { first, second in
            if first == 0x8E { return halfWidthKana(second) }
            guard first > 0xA0, second > 0xA0 else { return 0 }
            if first >= 0xF5 { return UInt32(0xE000 + (first - 0xF5) * 94 + second - 0xA1) }
            return JapaneseRows.jisX0208[(first - 0xA0) * 94 + second - 0xA1]
        },
        triples: { second, third in
            guard second > 0xA0, third > 0xA0 else { return 0 }
            if second >= 0xF5 { return UInt32(0xE3AC + (second - 0xF5) * 94 + third - 0xA1) }
            // The broken bar is full-width, as Microsoft has it.
            if second == 0xA2, third == 0xC3 { return 0xFFE4 }
            return JapaneseRows.jisX0212[(second - 0xA0) * 94 + third - 0xA1]
        })

    private static func halfWidthKana(_ byte: Int) -> UInt32 { (0xA1...0xDF).contains(byte) ? UInt32(0xFF61 + byte - 0xA1) : 0 }
}

/// The committed rows as numbers: index row x 94 + cell - 1, 0 where there is no character.
enum JapaneseRows {
    static let jisX0208 = scalars(of: JISX0208Rows.rows)
    static let jisX0212 = scalars(of: JISX0212Rows.rows)

    private static func scalars(of rows: [(row: Int, cells: StaticString)]) -> [UInt32] {
        var result = [UInt32](repeating: 0, count: 121 * 94)
        for (row, cells) in rows {
            for (index, scalar) in cells.description.unicodeScalars.enumerated() where scalar != "." {
                result[row * 94 + index] = scalar.value
            }
        }
        return result
    }

    /// Of a pair of CP932, row 1 to 120 and cell 1 to 94; nil for bytes that form no pair.
    static func rowAndCell(_ first: Int, _ second: Int) -> (row: Int, cell: Int)? {
        guard (0x81...0x9F).contains(first) || (0xE0...0xFC).contains(first), (0x40...0xFC).contains(second), second != 0x7F else {
            return nil
        }
        let lead = first < 0xA0 ? first - 0x81 : first - 0xC1
        if second >= 0x9F { return (lead * 2 + 2, second - 0x9E) }
        return (lead * 2 + 1, second - 0x3F - (second >= 0x80 ? 1 : 0))
    }
}

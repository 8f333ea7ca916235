/// The character set that an escape sequence of ISO-2022-JP has selected.
enum ShiftState: UInt8, Sendable {
    case ascii, roman, halfWidthKana, jisX0208, jisX0212
    /// A set of pairs that we have no table of: its pairs cannot be decoded, and hold no delimiters.
    case unknownPairs

    var isPairs: Bool { self == .jisX0208 || self == .jisX0212 || self == .unknownPairs }
}

extension DecodingCursor {
    /// ISO-2022-JP. Inside pairs a line end goes back to ASCII, as in every decoder of mail: a forgotten escape spoils one line, not the file.
    mutating func decodeISO2022JP(
        _ pairs: UnsafePointer<UInt32>, _ triples: UnsafePointer<UInt32>, _ shift: inout ShiftState, _ undecodable: inout Int
    ) -> TextDecoder.Stop {
        // Escape sequences write nothing: they belong to what follows, so none is taken when there is no room.
        while source < sourceEnd, target < targetEnd {
            let byte = source.pointee
            if byte == 0x1B {
                guard let length = escape(&shift, &undecodable) else { return undecodable > 0 ? .undecodable : .incomplete }
                source += length
                continue
            }
            if shift.isPairs, byte == 10 || byte == 13 { shift = .ascii }
            var entry: UInt32 = 0, length = 1
            undecodable = 1
            if shift.isPairs {
                if byte >= 0x21, byte <= 0x7E {
                    guard sourceEnd - source >= 2 else {
                        undecodable = 0
                        return .incomplete
                    }
                    let second = source[1]
                    if second >= 0x21, second <= 0x7E {
                        (undecodable, length) = (2, 2)
                        let index = Int(byte | 0x80) << 8 | Int(second | 0x80)
                        if shift == .jisX0208 { entry = pairs[index] }
                        if shift == .jisX0212 { entry = triples[index] }
                    }
                }
            } else {
                entry = Self.single(byte, shift)
            }
            if entry == 0 { return .undecodable }
            undecodable = 0
            if !put(entry, taking: length) { return .outputFull }
        }
        return source == sourceEnd ? .inputEnd : .outputFull
    }

    /// RFC 1468: JIS X 0201's Roman set has a yen sign and an overline where ASCII has a backslash and a tilde.
    private static func single(_ byte: UInt8, _ shift: ShiftState) -> UInt32 {
        // Shift-out and shift-in would select kana in another scheme.
        if byte >= 0x80 || byte == 0x0E || byte == 0x0F { return 0 }
        if shift == .halfWidthKana, byte >= 0x21 {
            return byte <= 0x5F ? CharacterTables.entry(0xFF61 + UInt32(byte) - 0x21) : 0
        }
        if shift == .roman, byte == 0x5C { return CharacterTables.entry(0xA5) }
        if shift == .roman, byte == 0x7E { return CharacterTables.entry(0x203E) }
        return UInt32(byte) | 1 << 24
    }

    /// Length of the escape sequence here; nil when it is not whole (`undecodable` 0) or not known.
    private func escape(_ shift: inout ShiftState, _ undecodable: inout Int) -> Int? {
        let count = sourceEnd - source
        undecodable = 0
        guard count >= 2 else { return nil }
        switch source[1] {
        case UInt8(ascii: "("):
            guard count >= 3 else { return nil }
            switch source[2] {
            case UInt8(ascii: "B"): shift = .ascii
            case UInt8(ascii: "J"): shift = .roman
            case UInt8(ascii: "I"): shift = .halfWidthKana
            default:
                undecodable = 1
                return nil
            }
            return 3
        case UInt8(ascii: "$"):
            guard count >= 3 else { return nil }
            switch source[2] {
            case UInt8(ascii: "@"), UInt8(ascii: "B"): shift = .jisX0208
            case UInt8(ascii: "("):
                guard count >= 4 else { return nil }
                if source[3] == UInt8(ascii: "D") {
                    shift = .jisX0212
                    return 4
                }
                (shift, undecodable) = (.unknownPairs, 4)
                return nil
            default:
                (shift, undecodable) = (.unknownPairs, 3)
                return nil
            }
            return 3
        default:
            undecodable = 1
            return nil
        }
    }
}

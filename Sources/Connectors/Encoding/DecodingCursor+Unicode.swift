extension DecodingCursor {
    /// Checks UTF-8 as in table 3-7 of the Unicode standard; what is ill-formed is given back by its maximal subparts (section 3.9).
    mutating func decodeUTF8(_ undecodable: inout Int) -> TextDecoder.Stop {
        while source < sourceEnd {
            if source.pointee < 0x80 {
                copyASCII()
                if source < sourceEnd, target == targetEnd { return .outputFull }
                continue
            }
            let (length, isWhole) = Self.sequence(source, sourceEnd - source)
            if length < 0 { return .incomplete }
            if !isWhole {
                undecodable = length
                return .undecodable
            }
            if targetEnd - target < length { return .outputFull }
            for index in 0..<length { target[index] = source[index] }
            source += length
            target += length
        }
        return .inputEnd
    }

    /// Length of the character at `text`, or of the ill-formed bytes there; negative when more bytes are needed to tell.
    static func sequence(_ text: UnsafePointer<UInt8>, _ count: Int) -> (length: Int, isWhole: Bool) {
        let first = text[0]
        var least: UInt8 = 0x80, most: UInt8 = 0xBF
        let length: Int
        switch first {
        case 0x00...0x7F: return (1, true)
        case 0xC2...0xDF: length = 2
        case 0xE0...0xEF:
            length = 3
            if first == 0xE0 { least = 0xA0 }
            if first == 0xED { most = 0x9F }
        case 0xF0...0xF4:
            length = 4
            if first == 0xF0 { least = 0x90 }
            if first == 0xF4 { most = 0x8F }
        default: return (1, false)
        }
        for index in 1..<length {
            guard index < count else { return (-1, false) }
            guard text[index] >= least, text[index] <= most else { return (index, false) }
            (least, most) = (0x80, 0xBF)
        }
        return (length, true)
    }

    /// UTF-16; a surrogate without its partner cannot be decoded.
    @inline(__always)
    mutating func decodeUTF16(swapped: Bool, _ undecodable: inout Int) -> TextDecoder.Stop {
        while sourceEnd - source >= 2 {
            while sourceEnd - source >= 16, targetEnd - target >= 8 {
                var units = UnsafeRawPointer(source).loadUnaligned(as: SIMD8<UInt16>.self)
                if swapped { units = units &>> 8 | units &<< 8 }
                let words = unsafeBitCast(units, to: SIMD2<UInt64>.self)
                if (words[0] | words[1]) & 0xFF80_FF80_FF80_FF80 != 0 { break }
                UnsafeMutableRawPointer(target).storeBytes(of: SIMD8<UInt8>(truncatingIfNeeded: units), as: SIMD8<UInt8>.self)
                source += 16
                target += 8
            }
            // Eight by the careful way before the fast one is tried again.
            var left = 8
            while left > 0, sourceEnd - source >= 2 {
                left -= 1
                let unit = self.unit(0, swapped)
                if unit & 0xF800 != 0xD800 {
                    if !put(unit == 0 ? 1 << 24 : CharacterTables.entry(unit), taking: 2) { return .outputFull }
                    continue
                }
                undecodable = 2
                if unit >= 0xDC00 { return .undecodable }
                guard sourceEnd - source >= 4 else { return .incomplete }
                let low = self.unit(1, swapped)
                if low & 0xFC00 != 0xDC00 { return .undecodable }
                undecodable = 0
                if targetEnd - target < 4 { return .outputFull }
                let scalar = 0x10000 + (unit & 0x3FF) << 10 + low & 0x3FF
                let bytes =
                    0xF0 | scalar >> 18 | (0x80 | scalar >> 12 & 0x3F) << 8 | (0x80 | scalar >> 6 & 0x3F) << 16
                    | (0x80 | scalar & 0x3F) << 24
                UnsafeMutableRawPointer(target).storeBytes(of: bytes, as: UInt32.self)
                source += 4
                target += 4
            }
        }
        undecodable = 0
        return source == sourceEnd ? .inputEnd : .incomplete
    }

    @inline(__always)
    private func unit(_ index: Int, _ swapped: Bool) -> UInt32 {
        let unit = UnsafeRawPointer(source).loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)
        return UInt32(swapped ? unit.bigEndian : unit.littleEndian)
    }
}

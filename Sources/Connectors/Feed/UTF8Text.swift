import CInline

/// Copying text while checking that it is UTF-8.
enum UTF8Text {
    /// Copies `count` bytes; false when they are not valid UTF-8 (what was copied is then void). The buffers do not overlap.
    @inline(__always)
    static func copy(_ source: UnsafePointer<UInt8>, _ count: Int, to target: UnsafeMutablePointer<UInt8>) -> Bool {
        let from = UnsafeRawPointer(source), to = UnsafeMutableRawPointer(target)
        var seen: UInt64 = 0
        if count >= 8 {
            var at = 0
            while at + 8 <= count {
                let word = from.loadUnaligned(fromByteOffset: at, as: UInt64.self)
                to.storeBytes(of: word, toByteOffset: at, as: UInt64.self)
                seen |= word
                at += 8
            }
            // The last eight bytes again: cheaper than a loop over the rest.
            let word = from.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
            to.storeBytes(of: word, toByteOffset: count - 8, as: UInt64.self)
            seen |= word
        } else if count >= 4 {
            let first = from.loadUnaligned(as: UInt32.self), last = from.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
            to.storeBytes(of: first, as: UInt32.self)
            to.storeBytes(of: last, toByteOffset: count - 4, as: UInt32.self)
            seen = UInt64(first | last)
        } else {
            for at in 0..<count {
                target[at] = source[at]
                seen |= UInt64(source[at])
            }
        }
        return seen & 0x8080_8080_8080_8080 == 0 || isValid(source, count)
    }

    /// What ``copyAhead(_:_:to:)`` may read and write beyond a text.
    static let overhang = 32

    /// The same where so many bytes more can be read and written: texts of up to 32 bytes are copied without a loop.
    @inline(__always)
    static func copyAhead(_ source: UnsafePointer<UInt8>, _ count: Int, to target: UnsafeMutablePointer<UInt8>) -> Bool {
        if count > 32 { return copy(source, count, to: target) }
        return byteMasksCopy(target, source, count) == 0 || isValid(source, count)
    }

    /// Copies text without every second of two quotes; the bytes written, or -1 when they are not valid UTF-8.
    static func copyUndoubled(
        _ source: UnsafePointer<UInt8>, _ count: Int, _ quote: UInt8, to target: UnsafeMutablePointer<UInt8>
    ) -> Int {
        var at = 0, made = 0
        var seen: UInt8 = 0
        while at < count {
            let byte = source[at]
            target[made] = byte
            seen |= byte
            made &+= 1
            at &+= byte == quote ? 2 : 1
        }
        return seen < 0x80 || isValid(target, made) ? made : -1
    }

    /// Well-formed UTF-8 as in table 3-7 of the Unicode standard: no overlong forms, no surrogates, at most U+10FFFF.
    @inline(never)
    static func isValid(_ text: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        var at = 0
        func continues(_ index: Int) -> Bool { index < count && text[index] & 0xC0 == 0x80 }
        while at < count {
            let byte = text[at]
            switch byte {
            case 0x00...0x7F: at += 1
            case 0xC2...0xDF:
                guard continues(at + 1) else { return false }
                at += 2
            case 0xE0...0xEF:
                guard continues(at + 1), continues(at + 2) else { return false }
                if byte == 0xE0 && text[at + 1] < 0xA0 || byte == 0xED && text[at + 1] > 0x9F { return false }
                at += 3
            case 0xF0...0xF4:
                guard continues(at + 1), continues(at + 2), continues(at + 3) else { return false }
                if byte == 0xF0 && text[at + 1] < 0x90 || byte == 0xF4 && text[at + 1] > 0x8F { return false }
                at += 4
            default: return false
            }
        }
        return true
    }
}

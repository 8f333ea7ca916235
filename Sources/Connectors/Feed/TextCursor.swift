/// Walks over a text; each step says nil or false where the text has something else.
struct TextCursor {
    let text: UnsafePointer<UInt8>
    let count: Int
    var at = 0

    @inline(__always)
    mutating func take(_ byte: UInt8) -> Bool {
        guard at < count, text[at] == byte else { return false }
        at += 1
        return true
    }

    @inline(__always)
    mutating func number(_ least: Int, _ most: Int) -> Int? {
        var value = 0, digits = 0
        while digits < most, at < count, text[at] &- 48 <= 9 {
            value = value &* 10 &+ Int(text[at] &- 48)
            digits += 1
            at += 1
        }
        return digits >= least ? value : nil
    }

    @inline(__always)
    mutating func take(_ bytes: [UInt8]) -> Bool {
        guard count - at >= bytes.count else { return false }
        for index in bytes.indices where text[at + index] != bytes[index] { return false }
        at += bytes.count
        return true
    }

    /// - Parameter bytes: in lower case.
    mutating func takeAnyCase(_ bytes: [UInt8]) -> Bool {
        guard count - at >= bytes.count else { return false }
        for index in bytes.indices {
            let byte = text[at + index]
            guard (byte >= 65 && byte <= 90 ? byte | 0x20 : byte) == bytes[index] else { return false }
        }
        at += bytes.count
        return true
    }

    /// Microseconds, from 0 to 1,000,000; digits beyond the sixth are rounded as said, and cut off by nil.
    mutating func fraction(_ least: Int, _ most: Int, _ rounding: Spelling.Rounding?) -> Int64? {
        var scale: Int64 = 100_000, value: Int64 = 0
        var digits = 0
        var seventh: UInt8 = 0, isMore = false
        while digits < most, at < count, text[at] &- 48 <= 9 {
            let digit = text[at] - 48
            value += Int64(digit) * scale
            scale /= 10
            if digits == 6 { seventh = digit } else if digits > 6, digit != 0 { isMore = true }
            digits += 1
            at += 1
        }
        guard digits >= least else { return nil }
        switch rounding {
        case nil, .down: return value
        case .halfUp: return seventh >= 5 ? value + 1 : value
        case .halfEven: return seventh > 5 || seventh == 5 && (isMore || value & 1 != 0) ? value + 1 : value
        }
    }

    /// `Z`, `+09:00`, `+0900` or `+09`, in microseconds east of UTC.
    mutating func zoneOffset() -> Int64? {
        if take(90) { return 0 }
        let isWest = at < count && text[at] == 45
        guard take(43) || take(45), let hours = number(2, 2), hours < 24 else { return nil }
        var minutes = 0
        if take(58) || at < count {
            guard let read = number(2, 2), read < 60 else { return nil }
            minutes = read
        }
        let offset = Int64(hours * 3_600 + minutes * 60) * 1_000_000
        return isWest ? -offset : offset
    }
}

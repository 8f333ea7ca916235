/// Digits read eight at a time, without a loop (Lemire 2022): fields have few digits, and how many is what a processor guesses wrong.
/// Eight bytes are read from where a text starts, whatever its length.
enum DigitText {
    private static let zeros: UInt64 = 0x3030_3030_3030_3030

    @inline(__always)
    private static func load(_ text: UnsafePointer<UInt8>) -> UInt64 {
        UInt64(littleEndian: UnsafeRawPointer(text).loadUnaligned(as: UInt64.self))
    }

    /// True where every byte is 0...9.
    @inline(__always)
    private static func areDigits(_ word: UInt64) -> Bool { (word | (word &+ 0x0606_0606_0606_0606)) & 0xF0F0_F0F0_F0F0_F0F0 == 0 }

    /// Eight digits, 0...9 each, the first one in the lowest byte.
    @inline(__always)
    private static func value(_ digits: UInt64) -> UInt64 {
        let pairs = digits &* 10 &+ digits >> 8
        let left = (pairs & 0x0000_00FF_0000_00FF) &* 0x000F_4240_0000_0064
        let right = (pairs >> 16 & 0x0000_00FF_0000_00FF) &* 0x0000_2710_0000_0001
        return (left &+ right) >> 32
    }

    /// The number that 1 to 16 digits and nothing else write; nil for all else.
    @inline(__always)
    static func integer(_ text: UnsafePointer<UInt8>, _ count: Int) -> UInt64? {
        if count &- 1 < 8 && count > 0 {
            let digits = (load(text) ^ zeros) &<< UInt64(64 &- 8 &* count)
            return areDigits(digits) ? value(digits) : nil
        }
        guard count > 8, count <= 16 else { return nil }
        let high = (load(text) ^ zeros) &<< UInt64(128 &- 8 &* count), low = load(text + (count &- 8)) ^ zeros
        return areDigits(high) && areDigits(low) ? value(high) &* 100_000_000 &+ value(low) : nil
    }

    /// The digits of `digits` or `digits.digits`, eight bytes at most, and how many stand behind the point; nil for all else.
    @inline(__always)
    static func decimal(_ text: UnsafePointer<UInt8>, _ count: Int) -> (digits: UInt64, decimals: Int)? {
        guard count > 0, count <= 8 else { return nil }
        let word = load(text)
        let points = (word ^ 0x2E2E_2E2E_2E2E_2E2E) | ~(UInt64.max &>> UInt64(64 &- 8 &* count))
        let found = (points &- 0x0101_0101_0101_0101) & ~points & 0x8080_8080_8080_8080
        if found == 0 {
            let digits = (word ^ zeros) &<< UInt64(64 &- 8 &* count)
            return areDigits(digits) ? (value(digits), 0) : nil
        }
        let point = found.trailingZeroBitCount >> 3
        guard point > 0, point &+ 1 < count else { return nil }
        // The bytes behind the point move up to those before it.
        let before = UInt64.max &>> UInt64(64 &- 8 &* point)
        let digits = ((word & before | word >> 8 & ~before) ^ zeros) &<< UInt64(72 &- 8 &* count)
        return areDigits(digits) ? (value(digits), count &- point &- 1) : nil
    }
}

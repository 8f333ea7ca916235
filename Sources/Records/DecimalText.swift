/// Scaled integers as decimal text.
public enum DecimalText {
    /// `-1234.50` for -123450 and a scale of 2: always so many decimals, a point, no grouping, no `-` before zero.
    /// - Parameter scale: 0...18.
    public static func text(_ value: Int64, scale: Int) -> String {
        var bytes: [UInt8] = []
        append(value, scale: scale, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The same in ASCII behind what `bytes` holds; for loops over rows.
    package static func append(_ value: Int64, scale: Int, to bytes: inout [UInt8]) {
        if value < 0 { bytes.append(45) }
        let start = bytes.count
        var rest = value.magnitude, digits = 0
        while rest > 0 || digits <= scale {
            if digits == scale, scale > 0 { bytes.append(46) }
            bytes.append(48 + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
            digits += 1
        }
        bytes[start...].reverse()
    }
}

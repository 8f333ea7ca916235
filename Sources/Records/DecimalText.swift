/// Scaled integers as decimal text.
public enum DecimalText {
    /// `-1234.50` for -123450 and a scale of 2: always so many decimals, a point, no grouping, no `-` before zero.
    /// - Parameter scale: 0...18.
    public static func text(_ value: Int64, scale: Int) -> String {
        guard scale > 0 else { return String(value) }
        let digits = String(value.magnitude)
        let padded = String(repeating: "0", count: max(0, scale + 1 - digits.utf8.count)) + digits
        let point = padded.index(padded.endIndex, offsetBy: -scale)
        return "\(value < 0 ? "-" : "")\(padded[..<point]).\(padded[point...])"
    }
}

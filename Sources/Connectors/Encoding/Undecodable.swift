/// Bytes of a file that are no character of its encoding.
package struct Undecodable: Hashable, Sendable {
    /// Offset in the decoded stream of the byte 0xFF that stands for them.
    package let decodedOffset: Int64
    /// Offset in the uncompressed file.
    package let rawOffset: Int64
    /// How many, 1 to 4.
    package let count: Int
    private let packed: UInt32

    init(decodedOffset: Int64, rawOffset: Int64, _ bytes: UnsafePointer<UInt8>, count: Int) {
        (self.decodedOffset, self.rawOffset, self.count) = (decodedOffset, rawOffset, min(count, 4))
        packed = (0..<min(count, 4)).reduce(0) { $0 | UInt32(bytes[$1]) << UInt32($1 * 8) }
    }

    package var bytes: [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: packed >> UInt32($0 * 8)) } }

    /// `the bytes 82 20 at offset 1045`, for the `found` of a reject.
    package var shown: String {
        let digits = Array("0123456789ABCDEF")
        let hex = bytes.map { "\(digits[Int($0 >> 4)])\(digits[Int($0 & 15)])" }.joined(separator: " ")
        return "the \(count == 1 ? "byte" : "bytes") \(hex) at offset \(rawOffset)"
    }
}

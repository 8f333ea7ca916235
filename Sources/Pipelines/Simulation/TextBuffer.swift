import Connectors
import Records

/// Bytes on their way to a file: digits and fixed texts without a `String` a value.
struct TextBuffer: ~Copyable {
    private let bytes: UnsafeMutablePointer<UInt8>
    private var count = 0
    private static let capacity = 1 << 16

    init() { bytes = .allocate(capacity: Self.capacity) }

    deinit { bytes.deallocate() }

    /// Hands the bytes over when less than 4 KiB are free: to be called once a row, whose text must be shorter than that.
    mutating func flush(to writer: GzipWriter, atEnd: Bool = false) throws(Failure) {
        guard atEnd || count > Self.capacity - 4_096 else { return }
        try writer.write(UnsafeRawBufferPointer(start: bytes, count: count))
        count = 0
    }

    mutating func append(_ text: StaticString) {
        precondition(count + text.utf8CodeUnitCount <= Self.capacity)
        (bytes + count).update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        count += text.utf8CodeUnitCount
    }

    mutating func append(_ text: [UInt8]) {
        precondition(count + text.count <= Self.capacity)
        for byte in text {
            bytes[count] = byte
            count += 1
        }
    }

    /// Decimal digits, with zeros in front up to `width`.
    mutating func append(_ value: Int, width: Int = 1) {
        precondition(count + 24 + width <= Self.capacity)
        var digits = 1
        var limit = 10
        while digits < 18, value >= limit {
            digits += 1
            limit *= 10
        }
        digits = max(digits, width)
        var rest = value
        for place in stride(from: digits - 1, through: 0, by: -1) {
            let quotient = rest / 10
            bytes[count + place] = UInt8(truncatingIfNeeded: 48 + rest - quotient * 10)
            rest = quotient
        }
        count += digits
    }

    /// Minor units with two decimals.
    mutating func append(minor: Int) {
        append(minor / 100)
        append(".")
        append(minor % 100, width: 2)
    }

    /// `hh:mm:ss` of a second of the day.
    mutating func append(secondOfDay second: Int) {
        append(second / 3_600, width: 2)
        append(":")
        append(second / 60 % 60, width: 2)
        append(":")
        append(second % 60, width: 2)
    }
}

import Foundation

/// The order in which a block's rows go into a table: by key, as the table keeps them.
///
/// Rows of a thousand machines in turn would else each touch another page, and every page would go to the write-ahead log once a row
/// instead of once a block. Rows of one key keep their order: the first is version 1.
enum KeyOrder {
    /// Row numbers, rising by key; as they came where they rise already.
    static func rows(_ count: Int, of keys: [KeyPart]) -> [Int32] {
        var order = [Int32](0..<Int32(count))
        guard let first = keys.first, count > 1 else { return order }
        let prefixes = (0..<count).map { first.prefix($0) }
        func isAfter(_ one: Int32, _ other: Int32) -> Bool {
            let (a, b) = (prefixes[Int(one)], prefixes[Int(other)])
            guard a == b else { return a > b }
            for key in keys {
                let difference = key.compare(Int(one), Int(other))
                if difference != 0 { return difference > 0 }
            }
            return one > other
        }
        guard (1..<Int32(count)).contains(where: { isAfter($0 - 1, $0) }) else { return order }
        order.sort { isAfter($1, $0) }
        return order
    }
}

extension KeyPart {
    /// Rises with the value; texts that begin alike may have the same.
    @inline(__always)
    func prefix(_ row: Int) -> UInt64 {
        switch self {
        case .integers(let values), .times(let values): return UInt64(bitPattern: values[row]) ^ 1 << 63
        case .doubles(let values):
            let bits = values[row].bitPattern
            return bits >> 63 == 0 ? bits ^ 1 << 63 : ~bits
        case .texts(let offsets, let bytes):
            let text = bytes[Int(offsets[row])..<Int(offsets[row + 1])]
            var prefix: UInt64 = 0
            for byte in text.prefix(8) { prefix = prefix << 8 | UInt64(byte) }
            return prefix << UInt64(8 * max(0, 8 - text.count))
        }
    }

    /// Negative, zero or positive, as SQLite compares.
    func compare(_ one: Int, _ other: Int) -> Int {
        switch self {
        case .integers(let values), .times(let values):
            return values[one] == values[other] ? 0 : values[one] < values[other] ? -1 : 1
        case .doubles(let values):
            return values[one] == values[other] ? 0 : values[one] < values[other] ? -1 : 1
        case .texts(let offsets, let bytes):
            let (start, end) = (Int(offsets[one]), Int(offsets[one + 1])),
                (otherStart, otherEnd) = (Int(offsets[other]), Int(offsets[other + 1]))
            let shared = min(end - start, otherEnd - otherStart)
            if shared > 0, let base = bytes.baseAddress {
                let difference = memcmp(base + start, base + otherStart, shared)
                if difference != 0 { return Int(difference) }
            }
            return (end - start) - (otherEnd - otherStart)
        }
    }
}

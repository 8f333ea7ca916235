public import Records

/// A row's key: its columns' values joined, and a 64-bit hash of them for state and labels.
public enum RecordKey {
    /// FNV-1a (64 bit) over the values' text, then the finaliser of SplitMix64; several columns are joined with byte 0x1F.
    /// The same text gives the same hash whatever the column's type, so a label feed may declare its key as text.
    public static func hash(_ text: String) -> UInt64 {
        var value: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return mix(value)
    }

    static func mix(_ input: UInt64) -> UInt64 {
        var z = input
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// The hash of every row's key over the given columns of a batch.
    public static func hashes(of batch: RecordBatch, columns: [Int]) -> [UInt64] {
        var hashes = [UInt64](repeating: 0xcbf2_9ce4_8422_2325, count: batch.count)
        for (position, index) in columns.enumerated() {
            if position > 0 { for row in 0..<batch.count { hashes[row] = (hashes[row] ^ 0x1F) &* 0x0000_0100_0000_01b3 } }
            append(batch.columns[index], to: &hashes)
        }
        for row in 0..<batch.count { hashes[row] = mix(hashes[row]) }
        return hashes
    }

    private static func append(_ column: Column, to hashes: inout [UInt64]) {
        switch column.type {
        case .int64:
            let values = column.integers.span
            for row in hashes.indices { appendDecimal(values[row], to: &hashes[row]) }
        case .string:
            let offsets = column.offsets.span, bytes = column.bytes.span
            for row in hashes.indices {
                var value = hashes[row]
                for at in Int(offsets[row])..<Int(offsets[row + 1]) { value = (value ^ UInt64(bytes[at])) &* 0x0000_0100_0000_01b3 }
                hashes[row] = value
            }
        default:
            for row in hashes.indices {
                for byte in (column.text(row) ?? "").utf8 { hashes[row] = (hashes[row] ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
            }
        }
    }

    private static func appendDecimal(_ number: Int64, to hash: inout UInt64) {
        var value = hash
        if number < 0 { value = (value ^ 45) &* 0x0000_0100_0000_01b3 }
        let magnitude = number.magnitude
        var divisor: UInt64 = 1
        while magnitude / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            value = (value ^ (48 + magnitude / divisor % 10)) &* 0x0000_0100_0000_01b3
            divisor /= 10
        }
        hash = value
    }

    /// The key's text of one row. Allocates.
    public static func text(of batch: RecordBatch, columns: [Int], row: Int) -> String {
        columns.map { batch.columns[$0].text(row) ?? "" }.joined(separator: "\u{1F}")
    }

    /// A 64-bit hash of each row's mapped values: tells a corrected row from one sent again unchanged.
    public static func contentHashes(of batch: RecordBatch) -> [UInt64] {
        var hashes = [UInt64](repeating: 0x9e37_79b9_7f4a_7c15, count: batch.count)
        for column in batch.columns {
            switch column.type {
            case .string:
                append(column, to: &hashes)
                for row in hashes.indices { hashes[row] = mix(hashes[row]) }
            case .float64:
                for row in hashes.indices { hashes[row] = mix(hashes[row] ^ column.doubles[row].bitPattern) }
            default:
                let values = column.integers.span
                for row in hashes.indices { hashes[row] = mix(hashes[row] ^ UInt64(bitPattern: values[row])) }
            }
            guard !column.validity.isEmpty else { continue }
            for row in hashes.indices where !column.isValid(row) { hashes[row] = mix(hashes[row] ^ 0x6d69_7373) }
        }
        return hashes
    }
}

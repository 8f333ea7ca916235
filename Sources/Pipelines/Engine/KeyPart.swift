import Connectors
import GRDBSQLite
import Records

/// One column of a block, at an address that does not move while it is used.
enum KeyPart {
    case integers(UnsafeBufferPointer<Int64>)
    case doubles(UnsafeBufferPointer<Double>)
    case times(UnsafeBufferPointer<Int64>)
    case texts(offsets: UnsafeBufferPointer<Int32>, bytes: UnsafeBufferPointer<UInt8>)

    static func with(_ columns: [Records.Column], _ body: ([KeyPart]) throws -> Void) rethrows {
        let columns = columns.map(\.boundForm)
        func add(_ index: Int, _ parts: [KeyPart]) throws {
            guard index < columns.count else { return try body(parts) }
            let column = columns[index]
            switch column.type {
            case .int64, .bool, .money: try column.integers.withUnsafeBufferPointer { try add(index + 1, parts + [.integers($0)]) }
            case .timestamp: try column.integers.withUnsafeBufferPointer { try add(index + 1, parts + [.times($0)]) }
            case .float64: try column.doubles.withUnsafeBufferPointer { try add(index + 1, parts + [.doubles($0)]) }
            // Decimals and dates are text by now.
            case .string, .decimal, .date:
                try column.offsets.withUnsafeBufferPointer { offsets in
                    try column.bytes.withUnsafeBufferPointer { try add(index + 1, parts + [.texts(offsets: offsets, bytes: $0)]) }
                }
            }
        }
        try add(0, [])
    }

    @inline(__always)
    func bind(_ row: Int, to handle: OpaquePointer, at place: inout Int32) {
        switch self {
        case .integers(let values): sqlite3_bind_int64(handle, place, values[row])
        case .doubles(let values): sqlite3_bind_double(handle, place, values[row])
        case .texts(let offsets, let bytes):
            SQLiteBinding.bind(bytes, from: Int(offsets[row]), to: Int(offsets[row + 1]), handle, at: place)
        case .times(let values):
            let text = Timestamp(microseconds: values[row]).iso8601Bytes
            text.withUnsafeBytes { bytes in
                _ = sqlite3_bind_text(
                    handle, place, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count), SQLiteBinding.transient)
            }
        }
        place += 1
    }
}

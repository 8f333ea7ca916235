import Connectors
import GRDBSQLite
import Records

/// A batch's columns as pointers, for binding rows into a statement without a value boxed on the way.
///
/// Text is bound where it stands (`SQLITE_STATIC`): the pointers hold as long as `withColumns` runs, and so must every use of them.
struct BoundColumn {
    private enum Kind { case integer, double, text, time }

    private let kind: Kind
    private let integers: UnsafePointer<Int64>?
    private let doubles: UnsafePointer<Double>?
    private let offsets: UnsafePointer<Int32>?
    private let bytes: UnsafeBufferPointer<UInt8>
    private let validity: UnsafePointer<UInt64>?
    private let time: TimeTextBuffer?

    /// Calls `body` with the pointers to all columns of a batch.
    ///
    /// - Parameter slots: rows that are bound at once.
    static func withColumns<Result>(
        _ columns: [Records.Column], slots: Int, _ body: ([BoundColumn]) throws -> Result
    ) rethrows -> Result {
        try with(columns.map(\.boundForm)[...], [], slots: slots, body)
    }

    private static func with<Result>(
        _ rest: ArraySlice<Records.Column>, _ bound: [BoundColumn], slots: Int, _ body: ([BoundColumn]) throws -> Result
    ) rethrows -> Result {
        guard let column = rest.first else { return try body(bound) }
        return try column.integers.withUnsafeBufferPointer { integers in
            try column.doubles.withUnsafeBufferPointer { doubles in
                try column.offsets.withUnsafeBufferPointer { offsets in
                    try column.bytes.withUnsafeBufferPointer { bytes in
                        try column.validity.withUnsafeBufferPointer { validity in
                            let kind: Kind =
                                switch column.type {
                                case .int64, .bool, .money: .integer
                                case .float64: .double
                                case .string, .decimal, .date: .text
                                case .timestamp: .time
                                }
                            let one = BoundColumn(
                                kind: kind, integers: integers.baseAddress, doubles: doubles.baseAddress, offsets: offsets.baseAddress,
                                bytes: bytes, validity: validity.isEmpty ? nil : validity.baseAddress,
                                time: kind == .time ? TimeTextBuffer(slots: slots) : nil)
                            return try with(rest.dropFirst(), bound + [one], slots: slots, body)
                        }
                    }
                }
            }
        }
    }

    /// Binds the value of a row to a place of a statement, NULL where it is missing.
    ///
    /// - Parameter slot: of the rows bound at once, which one this is.
    @inline(__always)
    func bind(row: Int, slot: Int, to handle: OpaquePointer, at place: Int32) {
        if let validity, validity[row >> 6] >> UInt64(row & 63) & 1 == 0 {
            sqlite3_bind_null(handle, place)
            return
        }
        switch kind {
        case .integer:
            if let integers { sqlite3_bind_int64(handle, place, integers[row]) }
        case .double:
            if let doubles { sqlite3_bind_double(handle, place, doubles[row]) }
        case .text:
            guard let offsets else { return }
            SQLiteBinding.bind(bytes, from: Int(offsets[row]), to: Int(offsets[row + 1]), handle, at: place)
        case .time:
            if let integers, let time { time.bind(integers[row], slot: slot, to: handle, at: place) }
        }
    }
}

/// Times as text, for one column.
private final class TimeTextBuffer {
    private var texts: TimeTexts

    init(slots: Int) { texts = TimeTexts(rows: slots) }

    @inline(__always)
    func bind(_ microseconds: Int64, slot: Int, to handle: OpaquePointer, at place: Int32) {
        texts.bind(microseconds, slot: slot, to: handle, at: place)
    }
}

extension Records.Column {
    /// As tables hold it: decimals and dates are exact texts there.
    var boundForm: Records.Column {
        switch type {
        case .decimal(let scale): texts { DecimalText.append(integers[$0], scale: scale, to: &$1) }
        case .date: texts { $1 += Timestamp.isoDate(days: integers[$0]).utf8 }
        default: self
        }
    }

    /// - Parameter append: puts a row's text behind what is there.
    private func texts(_ append: (Int, inout [UInt8]) -> Void) -> Records.Column {
        var offsets: [Int32] = [0], bytes: [UInt8] = []
        offsets.reserveCapacity(count + 1)
        bytes.reserveCapacity(count * 12)
        for row in 0..<count {
            if isValid(row) { append(row, &bytes) }
            offsets.append(Int32(bytes.count))
        }
        return Records.Column(offsets: offsets, bytes: bytes, validity: validity)
    }
}

import GRDBSQLite
import Records

/// Times as ISO 8601 text, one slot a row of a statement; the date is worked out once a day.
struct TimeTexts: ~Copyable {
    private static let width = 32
    private let bytes: UnsafeMutablePointer<CChar>
    private var day: Int64 = .min
    /// `2018-08-08T00:00:00Z`
    private var midnight: [UInt8] = []

    init(rows: Int) { bytes = .allocate(capacity: rows * Self.width) }
    deinit { bytes.deallocate() }

    @inline(__always)
    mutating func bind(_ microseconds: Int64, slot: Int, to handle: OpaquePointer, at place: Int32) {
        let text = bytes + slot * Self.width
        let quotient = microseconds / 86_400_000_000
        let today = microseconds % 86_400_000_000 < 0 ? quotient - 1 : quotient
        let rest = microseconds - today * 86_400_000_000
        let seconds = Int(rest / 1_000_000)
        guard rest == Int64(seconds) * 1_000_000 else { return bindFraction(microseconds, text, to: handle, at: place) }
        if today != day {
            midnight = Timestamp(microseconds: today * 86_400_000_000).iso8601Bytes
            day = today
        }
        for index in 0..<midnight.count { text[index] = CChar(truncatingIfNeeded: midnight[index]) }
        Self.set(text + 11, seconds / 3_600)
        Self.set(text + 14, seconds / 60 % 60)
        Self.set(text + 17, seconds % 60)
        sqlite3_bind_text(handle, place, text, Int32(midnight.count), SQLiteBinding.unmoved)
    }

    @inline(never)
    private func bindFraction(_ microseconds: Int64, _ text: UnsafeMutablePointer<CChar>, to handle: OpaquePointer, at place: Int32) {
        let bytes = Timestamp(microseconds: microseconds).iso8601Bytes
        for index in 0..<bytes.count { text[index] = CChar(truncatingIfNeeded: bytes[index]) }
        sqlite3_bind_text(handle, place, text, Int32(bytes.count), SQLiteBinding.unmoved)
    }

    @inline(__always)
    private static func set(_ at: UnsafeMutablePointer<CChar>, _ value: Int) {
        at[0] = CChar(truncatingIfNeeded: 48 + value / 10)
        at[1] = CChar(truncatingIfNeeded: 48 + value % 10)
    }
}

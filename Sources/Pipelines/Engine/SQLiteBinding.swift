import GRDBSQLite

/// Texts bound to SQLite statements by their address.
enum SQLiteBinding {
    /// SQLite copies the bytes.
    static var transient: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
    /// The bytes stay where they are until the statement has been stepped.
    static var unmoved: sqlite3_destructor_type? { nil }

    /// Part of a buffer that outlives the step.
    @inline(__always)
    static func bind(_ text: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int, _ handle: OpaquePointer, at place: Int32) {
        guard let base = text.baseAddress else {
            sqlite3_bind_text(handle, place, "", 0, transient)
            return
        }
        let pointer = UnsafeRawPointer(base + start).assumingMemoryBound(to: CChar.self)
        sqlite3_bind_text(handle, place, pointer, Int32(end - start), unmoved)
    }
}

/// Texts that are bound again and again, at addresses that do not move.
final class BoundTexts {
    private let bytes: UnsafeMutablePointer<CChar>
    private let ends: [Int]

    init(_ texts: [String]) {
        var ends: [Int] = []
        let all = texts.flatMap { Array($0.utf8) }
        for text in texts { ends.append((ends.last ?? 0) + text.utf8.count) }
        self.ends = ends
        bytes = .allocate(capacity: max(all.count, 1))
        for (place, byte) in all.enumerated() { bytes[place] = CChar(bitPattern: byte) }
    }

    deinit { bytes.deallocate() }

    @inline(__always)
    func bind(_ index: Int, to handle: OpaquePointer, at place: Int32) {
        let start = index == 0 ? 0 : ends[index - 1]
        sqlite3_bind_text(handle, place, bytes + start, Int32(ends[index] - start), SQLiteBinding.unmoved)
    }
}

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One row, as the stage remembers it.
struct Transaction {
    var time: Int64
    /// Minor units.
    var amount: Int64
    /// Hash of the row's key.
    var key: UInt64
    var customer: UInt32
    /// Lower 28 bits: number of the terminal. Then, from the top: known as fraud by now; came after a later row; taken out since a
    /// corrected row came in its place; the amount is high for the card, which would explain a fraud.
    var terminalAndMarks: UInt32

    // Computed, since a stored one would be looked up, and made if need be, at each use.
    @inline(__always) private static var fraud: UInt32 { 1 << 31 }
    @inline(__always) private static var late: UInt32 { 1 << 30 }
    @inline(__always) private static var out: UInt32 { 1 << 29 }
    @inline(__always) private static var explained: UInt32 { 1 << 28 }
    /// Entities have numbers below this.
    static var entityLimit: Int { 1 << 28 }

    init(time: Int64, amount: Int64, key: UInt64, customer: Int, terminal: Int, isLate: Bool) {
        (self.time, self.amount, self.key, self.customer) = (time, amount, key, UInt32(customer))
        terminalAndMarks = UInt32(terminal) | (isLate ? Self.late : 0)
    }

    @inline(__always) var terminal: Int { Int(terminalAndMarks & (Self.explained - 1)) }
    @inline(__always) var isLate: Bool { terminalAndMarks & Self.late != 0 }
    /// Came in its time and is still there: what an edge of a window meets on its way along the log.
    @inline(__always) var isInLine: Bool { terminalAndMarks & (Self.late | Self.out) == 0 }
    var isOut: Bool {
        get { terminalAndMarks & Self.out != 0 }
        set { terminalAndMarks = terminalAndMarks & ~Self.out | (newValue ? Self.out : 0) }
    }
    var isExplained: Bool {
        get { terminalAndMarks & Self.explained != 0 }
        set { terminalAndMarks = terminalAndMarks & ~Self.explained | (newValue ? Self.explained : 0) }
    }
    @inline(__always) var isFraud: Bool {
        get { terminalAndMarks >> 31 == 1 }
        set { terminalAndMarks = terminalAndMarks & ~Self.fraud | (newValue ? Self.fraud : 0) }
    }
}

/// The rows remembered, in the order in which they came, each under its position in the feed (modulo 2^32): a ring.
///
/// Rows mostly come in order of time, so whoever walks along this log meets them in that order, in memory that lies side by side.
struct TransactionLog: ~Copyable {
    private var rows: UnsafeMutablePointer<Transaction>
    private var capacity = 256
    private var head = 0
    private(set) var count = 0
    /// Sequence of the oldest row held.
    private(set) var first: UInt32

    init(first: UInt32 = 0) {
        self.first = first
        rows = Self.resized(nil, to: capacity)
    }

    deinit { free(rows) }

    /// By the system's `realloc`, which moves many pages without a copy of them: for a moment a log of gigabytes would be there twice.
    private static func resized(_ rows: UnsafeMutablePointer<Transaction>?, to capacity: Int) -> UnsafeMutablePointer<Transaction> {
        guard let moved = realloc(rows, capacity * MemoryLayout<Transaction>.stride) else {
            preconditionFailure("no memory for \(capacity) rows")
        }
        return moved.bindMemory(to: Transaction.self, capacity: capacity)
    }

    /// Sequence of the next row to come.
    @inline(__always) var end: UInt32 { first &+ UInt32(truncatingIfNeeded: count) }

    var allocated: Int { capacity * MemoryLayout<Transaction>.stride }

    func contains(_ sequence: UInt32) -> Bool { Int(sequence &- first) < count }

    /// - Precondition: held, or a few positions later, where any bytes may be found.
    @inline(__always)
    func row(_ sequence: UInt32) -> UnsafeMutablePointer<Transaction> {
        let slot = head &+ Int(sequence &- first)
        return rows + (slot >= capacity ? slot &- capacity : slot)
    }

    @inline(__always)
    mutating func append(_ row: Transaction) {
        if count == capacity { grow() }
        let slot = head &+ count
        rows[slot >= capacity ? slot &- capacity : slot] = row
        count &+= 1
    }

    @inline(never)
    private mutating func grow() {
        let larger = capacity + capacity / 2
        rows = Self.resized(rows, to: larger)
        // Full, so the newer part fills everything before `head`: the shorter of both moves.
        if head <= capacity / 2 {
            (rows + capacity).update(from: rows, count: head)
        } else {
            let older = capacity - head
            (rows + (larger - older)).update(from: rows + head, count: older)
            head = larger - older
        }
        capacity = larger
    }

    mutating func dropFirst() {
        head = head + 1 == capacity ? 0 : head + 1
        count -= 1
        first &+= 1
    }
}

/// Where the newest row of a key is, for labels that come apart from their rows: open addressing over the 64-bit hashes of the keys.
///
/// A slot is eight bytes, as there is one a row remembered: the key itself is in the log, and is looked at only where its lower half agrees.
/// Every row that a slot names must still be in the log.
struct KeyTable: ~Copyable {
    private struct Slot {
        /// Lower half of the key, which also says where the slot belongs; 0 = empty, and a half of 0 counts as 1.
        var tag: UInt32
        /// The row, as a position in the feed.
        var sequence: UInt32
    }

    private var slots: UnsafeMutablePointer<Slot>
    private var mask = 255
    private var count = 0

    init() { slots = Self.allocate(256) }
    deinit { slots.deallocate() }

    var allocated: Int { (mask + 1) * MemoryLayout<Slot>.stride }

    private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Slot> {
        let slots = UnsafeMutablePointer<Slot>.allocate(capacity: capacity)
        slots.initialize(repeating: Slot(tag: 0, sequence: 0), count: capacity)
        return slots
    }

    @inline(__always)
    private static func tag(of key: UInt64) -> UInt32 { max(UInt32(truncatingIfNeeded: key), 1) }

    /// Of a key: its slot, or the empty one where it would be.
    @inline(__always)
    private func slot(of key: UInt64, _ log: borrowing TransactionLog) -> Int {
        let tag = Self.tag(of: key)
        var at = Int(tag) & mask
        while slots[at].tag != 0, slots[at].tag != tag || log.row(slots[at].sequence).pointee.key != key { at = (at + 1) & mask }
        return at
    }

    /// The newest row of a key.
    @inline(__always)
    func row(of key: UInt64, _ log: borrowing TransactionLog) -> UInt32? {
        let slot = slots[slot(of: key, log)]
        return slot.tag == 0 ? nil : slot.sequence
    }

    /// From now on the key means this row, which is in the log.
    @inline(__always)
    mutating func set(_ key: UInt64, _ sequence: UInt32, _ log: borrowing TransactionLog) {
        let at = slot(of: key, log)
        let isNew = slots[at].tag == 0
        slots[at] = Slot(tag: Self.tag(of: key), sequence: sequence)
        guard isNew else { return }
        count += 1
        if count * 4 > (mask + 1) * 3 { grow() }
    }

    private mutating func grow() {
        let (old, oldMask) = (slots, mask)
        mask = mask * 2 + 1
        slots = Self.allocate(mask + 1)
        for from in 0...oldMask where old[from].tag != 0 {
            var at = Int(old[from].tag) & mask
            while slots[at].tag != 0 { at = (at + 1) & mask }
            slots[at] = old[from]
        }
        old.deallocate()
    }

    /// Removes a key if it still means this row.
    mutating func remove(_ key: UInt64, _ sequence: UInt32, _ log: borrowing TransactionLog) {
        var hole = slot(of: key, log)
        guard slots[hole].tag != 0, slots[hole].sequence == sequence else { return }
        var at = (hole + 1) & mask
        while slots[at].tag != 0 {
            let home = Int(slots[at].tag) & mask
            if (at &- home) & mask >= (at &- hole) & mask {
                slots[hole] = slots[at]
                hole = at
            }
            at = (at + 1) & mask
        }
        slots[hole].tag = 0
        count -= 1
    }
}

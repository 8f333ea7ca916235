/// A card or a terminal: its rows, by time and then position, as sequences of the log, in a ring.
struct Account {
    fileprivate var ring: UnsafeMutablePointer<UInt32>
    /// Capacity less one; the capacity is a power of two.
    fileprivate var mask: UInt32
    fileprivate var head: UInt32 = 0
    fileprivate(set) var count: UInt32 = 0

    fileprivate init(capacity: Int) {
        ring = .allocate(capacity: capacity)
        mask = UInt32(capacity - 1)
    }

    /// Sequence of the row at an index, from the oldest.
    @inline(__always)
    subscript(_ index: UInt32) -> UInt32 {
        get { ring[Int((head &+ index) & mask)] }
        nonmutating set { ring[Int((head &+ index) & mask)] = newValue }
    }

    /// Number of rows with time <= `limit`.
    func rows(until limit: Int64, _ log: borrowing TransactionLog) -> UInt32 {
        var (low, high): (UInt32, UInt32) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if log.row(self[middle]).pointee.time <= limit { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// What a window holds of one card or terminal.
struct WindowSum {
    var count: Int64 = 0
    /// Amounts (cards) or known frauds (terminals). Wraps beyond 64 bits.
    var sum: Int64 = 0

    @inline(__always)
    mutating func add(_ value: Int64) { (count, sum) = (count &+ 1, sum &+ value) }

    @inline(__always)
    mutating func subtract(_ value: Int64) { (count, sum) = (count &- 1, sum &- value) }
}

/// All cards, or all terminals.
struct AccountBook: ~Copyable {
    var names: EntityTable
    private(set) var accounts: UnsafeMutablePointer<Account>
    /// `FraudWindows.count` an entity.
    private var sums: UnsafeMutablePointer<WindowSum>
    private var capacity = 64
    private var ringSlots = 0

    init(isText: Bool) { self.init(names: EntityTable(isText: isText)) }

    private init(names: consuming EntityTable) {
        self.names = names
        accounts = .allocate(capacity: capacity)
        sums = .allocate(capacity: capacity * FraudWindows.count)
    }

    deinit {
        for entity in 0..<names.count where names.isLive(entity) { accounts[entity].ring.deallocate() }
        accounts.deallocate()
        sums.deallocate()
    }

    var allocated: Int {
        names.allocated + ringSlots * 4 + capacity * (MemoryLayout<Account>.stride + FraudWindows.count * MemoryLayout<WindowSum>.stride)
    }

    /// The windows of an entity, by width.
    @inline(__always)
    func sums(of entity: Int) -> UnsafeMutablePointer<WindowSum> { sums + entity &* FraudWindows.count }

    /// Gives a new entity its account.
    mutating func open(_ entity: Int) {
        precondition(entity < Transaction.entityLimit)
        if entity >= capacity { grow(to: entity + 1) }
        (accounts + entity).initialize(to: Account(capacity: 4))
        for window in 0..<FraudWindows.count { sums(of: entity)[window] = WindowSum() }
        ringSlots += 4
    }

    private mutating func grow(to needed: Int) {
        var larger = capacity * 2
        while larger < needed { larger *= 2 }
        let moved = (
            accounts: UnsafeMutablePointer<Account>.allocate(capacity: larger),
            sums: UnsafeMutablePointer<WindowSum>.allocate(capacity: larger * FraudWindows.count)
        )
        moved.accounts.update(from: accounts, count: capacity)
        moved.sums.update(from: sums, count: capacity * FraudWindows.count)
        accounts.deallocate()
        sums.deallocate()
        (accounts, sums, capacity) = (moved.accounts, moved.sums, larger)
    }

    // MARK: Rows

    /// Adds a row that is not before any other.
    @inline(__always)
    mutating func append(_ sequence: UInt32, to entity: Int) {
        if accounts[entity].count > accounts[entity].mask { resize(entity, capacity: (Int(accounts[entity].mask) + 1) * 2) }
        let count = accounts[entity].count
        accounts[entity][count] = sequence
        accounts[entity].count = count &+ 1
    }

    /// Adds a row in its place by time, after equals.
    mutating func insert(_ sequence: UInt32, time: Int64, into entity: Int, _ log: borrowing TransactionLog) {
        append(sequence, to: entity)
        var at = accounts[entity].count - 1
        while at > 0, log.row(accounts[entity][at - 1]).pointee.time > time {
            accounts[entity][at] = accounts[entity][at - 1]
            at -= 1
        }
        accounts[entity][at] = sequence
    }

    private mutating func resize(_ entity: Int, capacity: Int) {
        let account = accounts[entity]
        let moved = UnsafeMutablePointer<UInt32>.allocate(capacity: capacity)
        for index in 0..<account.count { moved[Int(index)] = account[index] }
        account.ring.deallocate()
        ringSlots += capacity - Int(account.mask) - 1
        (accounts[entity].ring, accounts[entity].mask, accounts[entity].head) = (moved, UInt32(capacity - 1), 0)
    }

    // MARK: Eviction

    /// Drops the oldest row.
    mutating func dropFirst(_ entity: Int) {
        accounts[entity].head = (accounts[entity].head &+ 1) & accounts[entity].mask
        accounts[entity].count -= 1
    }

    /// Takes one row out.
    mutating func remove(_ sequence: UInt32, time: Int64, from entity: Int, _ log: borrowing TransactionLog) {
        let account = accounts[entity]
        var at = account.rows(until: time, log)
        while at > 0, account[at - 1] != sequence, log.row(account[at - 1]).pointee.time == time { at -= 1 }
        guard at > 0, account[at - 1] == sequence else { return }
        while at < account.count {
            account[at - 1] = account[at]
            at += 1
        }
        accounts[entity].count -= 1
    }

    /// Removes an entity without rows; gives memory back where a ring has become much too large.
    mutating func tidy(_ entity: Int) {
        if accounts[entity].count == 0 {
            ringSlots -= Int(accounts[entity].mask) + 1
            accounts[entity].ring.deallocate()
            names.remove(entity)
        } else if accounts[entity].mask >= 15, accounts[entity].count < accounts[entity].mask / 8 {
            resize(entity, capacity: (Int(accounts[entity].mask) + 1) / 4)
        }
    }

    // MARK: State

    /// Names alone: which rows belong to whom is in the log.
    init(from reader: inout ByteReader, isText: Bool) {
        self.init(names: EntityTable(from: &reader, isText: isText))
        for entity in 0..<names.count where names.isLive(entity) { open(entity) }
    }
}

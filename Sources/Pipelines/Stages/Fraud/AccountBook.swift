/// What a book keeps of each row besides its place in the log: there each row would be a cache miss.
enum KeptBeside {
    case nothing
    /// For looking rows up by their time.
    case times
    /// For walks over a card's rows.
    case timesAndPayments
}

/// What a walk over a card's rows needs of each, besides its time: as few bytes as can be, since there is one a row remembered.
struct Payment {
    var terminal: UInt32
    /// Minor units; `.min` where they do not fit: then they are in the log.
    var amount: Int32

    init(_ row: Transaction) { (terminal, amount) = (UInt32(row.terminal), Int32(exactly: row.amount) ?? .min) }
}

/// A card or a terminal: its rows, by time and then position, as sequences of the log, in a ring.
struct Account {
    fileprivate var ring: UnsafeMutablePointer<UInt32>
    /// Of the same rows, where the book keeps them.
    fileprivate var times: UnsafeMutablePointer<Int64>?
    fileprivate var payments: UnsafeMutablePointer<Payment>?
    /// Capacity less one; the capacity is a power of two.
    fileprivate var mask: UInt32
    fileprivate var head: UInt32 = 0
    fileprivate(set) var count: UInt32 = 0

    fileprivate init(capacity: Int, keeps: KeptBeside) {
        ring = .allocate(capacity: capacity)
        times = keeps == .nothing ? nil : .allocate(capacity: capacity)
        payments = keeps == .timesAndPayments ? .allocate(capacity: capacity) : nil
        mask = UInt32(capacity - 1)
    }

    fileprivate func deallocate() {
        ring.deallocate()
        times?.deallocate()
        payments?.deallocate()
    }

    @inline(__always)
    fileprivate func slot(_ index: UInt32) -> Int { Int((head &+ index) & mask) }

    /// Sequence of the row at an index, from the oldest.
    @inline(__always)
    subscript(_ index: UInt32) -> UInt32 { ring[slot(index)] }

    /// - Precondition: the book keeps times.
    @inline(__always)
    func time(_ index: UInt32) -> Int64 { times.unsafelyUnwrapped[slot(index)] }

    @inline(__always)
    func time(_ index: UInt32, _ log: borrowing TransactionLog) -> Int64 {
        if let times { return times[slot(index)] }
        return log.row(ring[slot(index)]).pointee.time
    }

    /// - Precondition: the book keeps payments.
    @inline(__always)
    func terminal(_ index: UInt32) -> UInt32 { payments.unsafelyUnwrapped[slot(index)].terminal }

    /// Minor units.
    ///
    /// - Precondition: the book keeps payments.
    @inline(__always)
    func amount(_ index: UInt32, _ log: borrowing TransactionLog) -> Int64 {
        let amount = payments.unsafelyUnwrapped[slot(index)].amount
        return amount == .min ? log.row(ring[slot(index)]).pointee.amount : Int64(amount)
    }

    @inline(__always)
    fileprivate func put(_ sequence: UInt32, at index: UInt32, _ log: borrowing TransactionLog) {
        ring[slot(index)] = sequence
        guard let times else { return }
        let row = log.row(sequence).pointee
        times[slot(index)] = row.time
        if let payments { payments[slot(index)] = Payment(row) }
    }

    @inline(__always)
    fileprivate func copy(_ index: UInt32, to: UInt32) {
        ring[slot(to)] = ring[slot(index)]
        if let times { times[slot(to)] = times[slot(index)] }
        if let payments { payments[slot(to)] = payments[slot(index)] }
    }

    /// Number of rows with time <= `limit`.
    func rows(until limit: Int64, _ log: borrowing TransactionLog) -> UInt32 {
        var (low, high): (UInt32, UInt32) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if time(middle, log) <= limit { low = middle + 1 } else { high = middle }
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
    private let keeps: KeptBeside

    init(isText: Bool, keeps: KeptBeside) { self.init(names: EntityTable(isText: isText), keeps: keeps) }

    private init(names: consuming EntityTable, keeps: KeptBeside) {
        self.names = names
        self.keeps = keeps
        accounts = .allocate(capacity: capacity)
        sums = .allocate(capacity: capacity * FraudWindows.count)
    }

    deinit {
        for entity in 0..<names.count where names.isLive(entity) { accounts[entity].deallocate() }
        accounts.deallocate()
        sums.deallocate()
    }

    var allocated: Int {
        let beside =
            switch keeps {
            case .nothing: 0
            case .times: 8
            case .timesAndPayments: 8 + MemoryLayout<Payment>.stride
            }
        return names.allocated + ringSlots * (4 + beside) + capacity
            * (MemoryLayout<Account>.stride + FraudWindows.count * MemoryLayout<WindowSum>.stride)
    }

    /// The windows of an entity, by width.
    @inline(__always)
    func sums(of entity: Int) -> UnsafeMutablePointer<WindowSum> { sums + entity &* FraudWindows.count }

    /// Gives a new entity its account.
    mutating func open(_ entity: Int) {
        precondition(entity < Transaction.entityLimit)
        if entity >= capacity { grow(to: entity + 1) }
        (accounts + entity).initialize(to: Account(capacity: 4, keeps: keeps))
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
    mutating func append(_ sequence: UInt32, to entity: Int, _ log: borrowing TransactionLog) {
        if accounts[entity].count > accounts[entity].mask { resize(entity, capacity: (Int(accounts[entity].mask) + 1) * 2) }
        let count = accounts[entity].count
        accounts[entity].put(sequence, at: count, log)
        accounts[entity].count = count &+ 1
    }

    /// Adds a row in its place by time, after equals.
    mutating func insert(_ sequence: UInt32, time: Int64, into entity: Int, _ log: borrowing TransactionLog) {
        append(sequence, to: entity, log)
        var at = accounts[entity].count - 1
        while at > 0, accounts[entity].time(at - 1, log) > time {
            accounts[entity].copy(at - 1, to: at)
            at -= 1
        }
        accounts[entity].put(sequence, at: at, log)
    }

    private mutating func resize(_ entity: Int, capacity: Int) {
        let account = accounts[entity]
        var moved = Account(capacity: capacity, keeps: keeps)
        moved.count = account.count
        for index in 0..<account.count {
            moved.ring[Int(index)] = account[index]
            if let times = moved.times { times[Int(index)] = account.time(index) }
            if let payments = moved.payments, let old = account.payments { payments[Int(index)] = old[account.slot(index)] }
        }
        account.deallocate()
        ringSlots += capacity - Int(account.mask) - 1
        accounts[entity] = moved
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
            account.copy(at, to: at - 1)
            at += 1
        }
        accounts[entity].count -= 1
    }

    /// Removes an entity without rows; gives memory back where a ring has become much too large.
    mutating func tidy(_ entity: Int) {
        if accounts[entity].count == 0 {
            ringSlots -= Int(accounts[entity].mask) + 1
            accounts[entity].deallocate()
            names.remove(entity)
        } else if accounts[entity].mask >= 15, accounts[entity].count < accounts[entity].mask / 8 {
            resize(entity, capacity: (Int(accounts[entity].mask) + 1) / 4)
        }
    }

    // MARK: State

    /// Names alone: which rows belong to whom is in the log.
    init(from reader: inout ByteReader, isText: Bool, keeps: KeptBeside) {
        self.init(names: EntityTable(from: &reader, isText: isText), keeps: keeps)
        for entity in 0..<names.count where names.isLive(entity) { open(entity) }
    }
}

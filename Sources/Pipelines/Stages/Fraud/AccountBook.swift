/// One earlier row, as a card or a terminal remembers it.
struct Transaction {
    var time: Int64
    /// Minor units.
    var amount: Int64
    /// Hash of the row's key.
    var key: UInt64
    /// Lower 31 bits: number of the other party (terminal of a card's row, card of a terminal's). Top bit: known as fraud by now.
    var partyAndLabel: UInt32
    /// Position of the row in the feed, counted by the stage, modulo 2^32.
    var sequence: UInt32

    var party: Int { Int(partyAndLabel & 0x7FFF_FFFF) }
    var isFraud: Bool {
        get { partyAndLabel >> 31 == 1 }
        set { partyAndLabel = partyAndLabel & 0x7FFF_FFFF | (newValue ? 1 << 31 : 0) }
    }
}

/// A card or a terminal: its rows in a ring, by time and then position, and three windows that end at `clock` with their running sums.
///
/// Window i holds the ring's rows `starts.i..<end`: those with `clock - width.i < time <= clock`.
struct Account {
    var ring: UnsafeMutablePointer<Transaction>
    /// Capacity less one; the capacity is a power of two.
    var mask: UInt32
    var head: UInt32 = 0
    var count: UInt32 = 0
    var end: UInt32 = 0
    var starts: (UInt32, UInt32, UInt32) = (0, 0, 0)
    /// Amounts (cards) or known frauds (terminals) in each window. Wraps beyond 64 bits.
    var sums: (Int64, Int64, Int64) = (0, 0, 0)
    var clock: Int64 = .min / 2
    /// Time of the newest row: kept here so that adding a row waits for no memory of the ring.
    var newest: Int64 = .min / 2

    init(capacity: Int) {
        ring = .allocate(capacity: capacity)
        mask = UInt32(capacity - 1)
    }

    @inline(__always)
    subscript(_ index: UInt32) -> Transaction {
        get { ring[Int((head &+ index) & mask)] }
        nonmutating set { ring[Int((head &+ index) & mask)] = newValue }
    }

    /// Number of rows with time <= `limit`.
    func rows(until limit: Int64) -> UInt32 {
        var (low, high): (UInt32, UInt32) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if self[middle].time <= limit { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Index of the row at this time and position.
    func index(time: Int64, sequence: UInt32) -> UInt32? {
        var index = rows(until: time)
        while index > 0, self[index - 1].time == time {
            index -= 1
            if self[index].sequence == sequence { return index }
        }
        return nil
    }
}

/// All cards, or all terminals.
struct AccountBook: ~Copyable {
    static let day: Int64 = 86_400_000_000
    static let widths: (Int64, Int64, Int64) = (day, 7 * day, 30 * day)

    /// Windows sum known frauds, not amounts.
    let countsFrauds: Bool
    var names: EntityTable
    private(set) var accounts: UnsafeMutablePointer<Account>
    private var capacity = 64
    private var ringSlots = 0

    init(countsFrauds: Bool, isText: Bool) {
        self.countsFrauds = countsFrauds
        names = EntityTable(isText: isText)
        accounts = .allocate(capacity: capacity)
    }

    deinit {
        for entity in 0..<names.count where names.isLive(entity) { accounts[entity].ring.deallocate() }
        accounts.deallocate()
    }

    var allocated: Int {
        names.allocated + capacity * MemoryLayout<Account>.stride + ringSlots * MemoryLayout<Transaction>.stride
    }

    /// Gives a new entity its account.
    mutating func open(_ entity: Int) {
        if entity >= capacity {
            var larger = capacity * 2
            while larger <= entity { larger *= 2 }
            let moved = UnsafeMutablePointer<Account>.allocate(capacity: larger)
            moved.update(from: accounts, count: capacity)
            accounts.deallocate()
            (accounts, capacity) = (moved, larger)
        }
        (accounts + entity).initialize(to: Account(capacity: 4))
        ringSlots += 4
    }

    @inline(__always)
    private func weight(_ row: Transaction) -> Int64 { countsFrauds ? Int64(row.partyAndLabel >> 31) : row.amount }

    // MARK: Rows

    /// Adds a row in its place by time, after equals.
    @inline(__always)
    mutating func insert(_ row: Transaction, into entity: Int) {
        if accounts[entity].count > accounts[entity].mask { grow(entity) }
        let count = accounts[entity].count
        accounts[entity].count = count + 1
        if count == 0 || accounts[entity].newest <= row.time {
            accounts[entity][count] = row
            accounts[entity].newest = row.time
        } else {
            shift(row, into: entity, below: count)
        }
        // A row at or before the windows' end belongs to them, or moves them up.
        guard row.time <= accounts[entity].clock else { return }
        let clock = accounts[entity].clock, weight = weight(row)
        accounts[entity].end += 1
        if row.time <= clock &- Self.widths.0 { accounts[entity].starts.0 += 1 } else { accounts[entity].sums.0 &+= weight }
        if row.time <= clock &- Self.widths.1 { accounts[entity].starts.1 += 1 } else { accounts[entity].sums.1 &+= weight }
        if row.time <= clock &- Self.widths.2 { accounts[entity].starts.2 += 1 } else { accounts[entity].sums.2 &+= weight }
    }

    private mutating func shift(_ row: Transaction, into entity: Int, below count: UInt32) {
        var at = count
        while at > 0, accounts[entity][at - 1].time > row.time {
            accounts[entity][at] = accounts[entity][at - 1]
            at -= 1
        }
        accounts[entity][at] = row
    }

    private mutating func grow(_ entity: Int) { resize(entity, capacity: (Int(accounts[entity].mask) + 1) * 2) }

    private mutating func resize(_ entity: Int, capacity: Int) {
        let account = accounts[entity]
        let moved = UnsafeMutablePointer<Transaction>.allocate(capacity: capacity)
        for index in 0..<account.count { moved[Int(index)] = account[index] }
        account.ring.deallocate()
        ringSlots += capacity - Int(account.mask) - 1
        (accounts[entity].ring, accounts[entity].mask, accounts[entity].head) = (moved, UInt32(capacity - 1), 0)
    }

    // MARK: Windows

    /// Moves the windows' end on to `clock`, never back.
    @inline(__always)
    mutating func advance(_ entity: Int, to clock: Int64) {
        let account = accounts + entity
        var end = account.pointee.end
        while end < account.pointee.count {
            let row = account.pointee[end]
            guard row.time <= clock else { break }
            let weight = weight(row)
            account.pointee.sums.0 &+= weight
            account.pointee.sums.1 &+= weight
            account.pointee.sums.2 &+= weight
            end += 1
        }
        account.pointee.end = end
        account.pointee.clock = clock
        slide(account, &account.pointee.starts.0, &account.pointee.sums.0, end, clock &- Self.widths.0)
        slide(account, &account.pointee.starts.1, &account.pointee.sums.1, end, clock &- Self.widths.1)
        slide(account, &account.pointee.starts.2, &account.pointee.sums.2, end, clock &- Self.widths.2)
    }

    @inline(__always)
    private func slide(_ account: UnsafeMutablePointer<Account>, _ start: inout UInt32, _ sum: inout Int64, _ end: UInt32, _ limit: Int64) {
        let (ring, mask, head) = (account.pointee.ring, account.pointee.mask, account.pointee.head)
        while start < end {
            let row = ring[Int((head &+ start) & mask)]
            guard row.time <= limit else { break }
            sum &-= weight(row)
            start += 1
        }
    }

    /// Changes whether a row counts as fraud.
    mutating func setFraud(_ isFraud: Bool, at index: UInt32, of entity: Int) {
        var row = accounts[entity][index]
        guard row.isFraud != isFraud else { return }
        row.isFraud = isFraud
        accounts[entity][index] = row
        guard countsFrauds, index < accounts[entity].end else { return }
        let change: Int64 = isFraud ? 1 : -1
        if index >= accounts[entity].starts.0 { accounts[entity].sums.0 &+= change }
        if index >= accounts[entity].starts.1 { accounts[entity].sums.1 &+= change }
        if index >= accounts[entity].starts.2 { accounts[entity].sums.2 &+= change }
    }

    // MARK: Eviction

    /// Drops the oldest row.
    mutating func dropFirst(_ entity: Int) {
        let weight = weight(accounts[entity][0]), wasInside = accounts[entity].end > 0
        if accounts[entity].starts.0 > 0 { accounts[entity].starts.0 -= 1 } else if wasInside { accounts[entity].sums.0 &-= weight }
        if accounts[entity].starts.1 > 0 { accounts[entity].starts.1 -= 1 } else if wasInside { accounts[entity].sums.1 &-= weight }
        if accounts[entity].starts.2 > 0 { accounts[entity].starts.2 -= 1 } else if wasInside { accounts[entity].sums.2 &-= weight }
        if wasInside { accounts[entity].end -= 1 }
        accounts[entity].head = (accounts[entity].head &+ 1) & accounts[entity].mask
        accounts[entity].count -= 1
    }

    /// Takes one row out.
    mutating func remove(at index: UInt32, of entity: Int) {
        let weight = weight(accounts[entity][index]), isInside = index < accounts[entity].end
        if index < accounts[entity].starts.0 { accounts[entity].starts.0 -= 1 } else if isInside { accounts[entity].sums.0 &-= weight }
        if index < accounts[entity].starts.1 { accounts[entity].starts.1 -= 1 } else if isInside { accounts[entity].sums.1 &-= weight }
        if index < accounts[entity].starts.2 { accounts[entity].starts.2 -= 1 } else if isInside { accounts[entity].sums.2 &-= weight }
        if isInside { accounts[entity].end -= 1 }
        let last = accounts[entity].count - 1
        var at = index
        while at < last {
            accounts[entity][at] = accounts[entity][at + 1]
            at += 1
        }
        accounts[entity].count = last
        accounts[entity].newest = last == 0 ? .min / 2 : accounts[entity][last - 1].time
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

    func write(to writer: inout ByteWriter) {
        names.write(to: &writer)
        for entity in 0..<names.count where names.isLive(entity) {
            let account = accounts[entity]
            writer.varint(UInt64(account.count))
            writer.word(UInt64(bitPattern: account.clock))
            var previous: Int64 = 0
            for index in 0..<account.count {
                let row = account[index]
                writer.signed(row.time &- previous)
                writer.signed(row.amount)
                writer.word(row.key)
                writer.varint(UInt64(row.partyAndLabel & 0x7FFF_FFFF) << 1 | UInt64(row.partyAndLabel >> 31))
                writer.varint(UInt64(row.sequence))
                previous = row.time
            }
        }
    }

    /// - Parameter parties: how many entities the other book holds; checked by the caller once both are read.
    init(from reader: inout ByteReader, countsFrauds: Bool, isText: Bool) {
        self.countsFrauds = countsFrauds
        names = EntityTable(from: &reader, isText: isText)
        accounts = .allocate(capacity: capacity)
        for entity in 0..<names.count where names.isLive(entity) {
            open(entity)
            let count = reader.count(of: 12)
            let clock = Int64(bitPattern: reader.word())
            var time: Int64 = 0
            for index in 0..<count {
                let step = reader.signed()
                if index > 0, step < 0 { reader.fail() }
                time &+= step
                let amount = reader.signed(), key = reader.word(), party = reader.varint(), sequence = reader.varint()
                insert(
                    Transaction(
                        time: time, amount: amount, key: key,
                        partyAndLabel: UInt32(truncatingIfNeeded: party >> 1) | UInt32(party & 1) << 31,
                        sequence: UInt32(truncatingIfNeeded: sequence)),
                    into: entity)
            }
            advance(entity, to: clock)
        }
    }

    /// Whether every row's other party is one of `others`.
    func refers(onlyTo others: borrowing EntityTable) -> Bool {
        for entity in 0..<names.count where names.isLive(entity) {
            for index in 0..<accounts[entity].count where !others.isLive(accounts[entity][index].party) { return false }
        }
        return true
    }
}

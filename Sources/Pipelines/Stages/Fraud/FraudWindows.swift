/// Where a window starts or ends: rows up to `clock - shift` have passed it.
private struct WindowEdge {
    let shift: Int64
    /// First row of the log that has not passed.
    var next: UInt32 = 0
    /// The same among the late rows, by their order of time.
    var nextLate = 0
}

/// Running sums of every card's and terminal's windows, moved along the log of all rows and not entity by entity.
///
/// A row leaves a window when the clock is `width` past it, whosever row comes next: so each edge of a window walks the log once, in the
/// order of its memory, and adds to or takes from the sums of whom it meets. Sums hold as of the clock for all entities at once.
///
/// A new kind of window is a width here; a new sum is a field of `WindowSum` and a line where rows enter and leave.
struct FraudWindows: ~Copyable {
    static var day: Int64 { 86_400_000_000 }
    static let widths: [Int64] = [day, 7 * day, 30 * day]
    static var count: Int { 3 }

    /// The time for which the sums hold.
    private(set) var clock: Int64 = .min / 2
    private let delay: Int64
    /// Starts of the cards' windows, then the end of the terminals', then their starts.
    private let edges: UnsafeMutablePointer<WindowEdge>
    private static var terminalEnd: Int { count }
    private static var edgeCount: Int { 2 * count + 1 }
    /// Through pointers, not by subscript: under the thread sanitizer the compiler cannot change in place what is reached through a value
    /// that is read first (Swift 6.3).
    private var eachEdge: some Sequence<UnsafeMutablePointer<WindowEdge>> {
        let first = edges
        return (0..<Self.edgeCount).lazy.map { first + $0 }
    }
    /// Late rows that may still pass an edge, by time and then position: the log holds them where they came, not where their time belongs.
    private var late: [UInt32] = []
    /// Sum of what was read ahead, kept so that the reading is not left out; means nothing.
    private var ahead: Int64 = 0

    init(delay: Int64) {
        self.delay = delay
        edges = .allocate(capacity: Self.edgeCount)
        for (index, width) in Self.widths.enumerated() {
            (edges + index).initialize(to: WindowEdge(shift: width))
            (edges + Self.terminalEnd + 1 + index).initialize(to: WindowEdge(shift: delay &+ width))
        }
        (edges + Self.terminalEnd).initialize(to: WindowEdge(shift: delay))
    }

    deinit { edges.deallocate() }

    var allocated: Int { late.capacity * 4 }

    // MARK: The way of a row

    /// Moves all windows on.
    @inline(__always)
    mutating func advance(to time: Int64, log: borrowing TransactionLog, customers: borrowing AccountBook, terminals: borrowing AccountBook)
    {
        clock = time
        for window in 0..<Self.count {
            pass(window, log) { row in customers.sums(of: Int(row.pointee.customer))[window].subtract(row.pointee.amount) }
        }
        pass(Self.terminalEnd, log) { row in
            let sums = terminals.sums(of: row.pointee.terminal), fraud: Int64 = row.pointee.isFraud ? 1 : 0
            for window in 0..<Self.count { sums[window].add(fraud) }
        }
        for window in 0..<Self.count {
            pass(Self.terminalEnd + 1 + window, log) { row in
                terminals.sums(of: row.pointee.terminal)[window].subtract(row.pointee.isFraud ? 1 : 0)
            }
        }
    }

    @inline(__always)
    private mutating func pass(_ edge: Int, _ log: borrowing TransactionLog, _ body: (UnsafeMutablePointer<Transaction>) -> Void) {
        let own = edges + edge, limit = clock &- own.pointee.shift, end = log.end
        var next = own.pointee.next
        while next != end {
            let row = log.row(next)
            guard row.pointee.time <= limit else { break }
            if row.pointee.isInLine { body(row) }
            next &+= 1
        }
        own.pointee.next = next
        // What the next rows will ask for is on its way while this one is worked on.
        ahead &+= log.row(next &+ 8).pointee.time
        while own.pointee.nextLate < late.count {
            let row = log.row(late[own.pointee.nextLate])
            guard row.pointee.time <= limit else { break }
            body(row)
            own.pointee.nextLate += 1
        }
    }

    /// Takes in the late row that was just appended to the log, as if it had come in time.
    mutating func insertLate(
        _ sequence: UInt32, log: borrowing TransactionLog, customers: borrowing AccountBook, terminals: borrowing AccountBook
    ) {
        let row = log.row(sequence)
        queue(sequence, time: row.pointee.time, log)
        enter(row.pointee, customers: customers, terminals: terminals)
    }

    private mutating func queue(_ sequence: UInt32, time: Int64, _ log: borrowing TransactionLog) {
        var place = late.count
        while place > 0, log.row(late[place - 1]).pointee.time > time { place -= 1 }
        late.insert(sequence, at: place)
        for edge in eachEdge where time <= clock &- edge.pointee.shift { edge.pointee.nextLate += 1 }
    }

    /// Adds a row to the windows that hold it by now.
    @inline(__always)
    private func enter(_ row: Transaction, customers: borrowing AccountBook, terminals: borrowing AccountBook) {
        let card = customers.sums(of: Int(row.customer)), place = terminals.sums(of: row.terminal)
        for (window, width) in Self.widths.enumerated() {
            if row.time > clock &- width { card[window].add(row.amount) }
            if row.time <= clock &- delay, row.time > clock &- delay &- width { place[window].add(row.isFraud ? 1 : 0) }
        }
    }

    /// Changes whether a row counts as fraud.
    func setFraud(_ isFraud: Bool, at sequence: UInt32, log: borrowing TransactionLog, terminals: borrowing AccountBook) {
        let row = log.row(sequence)
        guard row.pointee.isFraud != isFraud else { return }
        row.pointee.isFraud = isFraud
        let sums = terminals.sums(of: row.pointee.terminal)
        forEachTerminalWindow(holding: sequence, log) { sums[$0].sum &+= isFraud ? 1 : -1 }
    }

    /// Takes a row out of all windows, and marks it.
    mutating func takeOut(
        _ sequence: UInt32, log: borrowing TransactionLog, customers: borrowing AccountBook, terminals: borrowing AccountBook
    ) {
        let row = log.row(sequence).pointee
        let card = customers.sums(of: Int(row.customer)), place = terminals.sums(of: row.terminal)
        for (window, width) in Self.widths.enumerated() where row.time > clock &- width { card[window].subtract(row.amount) }
        forEachTerminalWindow(holding: sequence, log) { place[$0].subtract(row.isFraud ? 1 : 0) }
        log.row(sequence).pointee.isOut = true
        guard row.isLate, let index = late.firstIndex(of: sequence) else { return }
        late.remove(at: index)
        for edge in eachEdge where index < edge.pointee.nextLate { edge.pointee.nextLate -= 1 }
    }

    private func forEachTerminalWindow(holding sequence: UInt32, _ log: borrowing TransactionLog, _ body: (Int) -> Void) {
        let row = log.row(sequence).pointee
        // The row just appended is not inside yet, even where its time is the clock's: it will enter with what is known of it by then.
        let hasEntered = row.isLate || Int32(bitPattern: sequence &- edges[Self.terminalEnd].next) < 0
        guard hasEntered, row.time <= clock &- delay else { return }
        for (window, width) in Self.widths.enumerated() where row.time > clock &- delay &- width { body(window) }
    }

    // MARK: Forgetting and restoring

    /// Late rows at or before `cutoff` have passed every edge.
    mutating func forgetLate(until cutoff: Int64, log: borrowing TransactionLog) {
        var gone = 0
        while gone < late.count, log.row(late[gone]).pointee.time <= cutoff { gone += 1 }
        guard gone > 0 else { return }
        late.removeFirst(gone)
        for edge in eachEdge { edge.pointee.nextLate -= gone }
    }

    /// Makes everything anew from the rows of the log after `swept`.
    mutating func rebuild(
        clock: Int64, swept: Int64, log: borrowing TransactionLog, customers: borrowing AccountBook, terminals: borrowing AccountBook
    ) {
        self.clock = clock
        for edge in eachEdge {
            var next = log.first
            while next != log.end, log.row(next).pointee.time <= clock &- edge.pointee.shift { next &+= 1 }
            (edge.pointee.next, edge.pointee.nextLate) = (next, 0)
        }
        late = []
        for offset in 0..<log.count {
            let sequence = log.first &+ UInt32(truncatingIfNeeded: offset), row = log.row(sequence).pointee
            guard row.time > swept, !row.isOut else { continue }
            if row.isLate { queue(sequence, time: row.time, log) }
            enter(row, customers: customers, terminals: terminals)
        }
    }
}

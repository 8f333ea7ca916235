/// What was learnt about one row at one time.
struct KnownLabel {
    /// Event time and position of the row.
    var time: Int64
    var sequence: UInt32
    var known: Int64
    var order: UInt64
    var isPositive: Bool

    @inline(__always)
    static func < (left: KnownLabel, right: KnownLabel) -> Bool {
        if left.time != right.time { return left.time < right.time }
        if left.sequence != right.sequence { return left.sequence < right.sequence }
        return left.known != right.known ? left.known < right.known : left.order < right.order
    }
}

/// All facts about a terminal's rows, by row and then by known time: what a late row needs to see what was known at its own time.
struct LabelHistory {
    private(set) var facts: [KnownLabel] = []
    var isEmpty: Bool { facts.isEmpty }

    /// Adds a fact; returns what is now known about its row.
    mutating func add(_ fact: KnownLabel) -> Bool {
        var at = facts.count
        while at > 0, fact < facts[at - 1] { at -= 1 }
        facts.insert(fact, at: at)
        while at + 1 < facts.count, isSameRow(at, at + 1) { at += 1 }
        return facts[at].isPositive
    }

    private func isSameRow(_ one: Int, _ other: Int) -> Bool {
        facts[one].time == facts[other].time && facts[one].sequence == facts[other].sequence
    }

    /// Rows with time in `after`+1...`until` that were known as fraud at `clock`.
    func frauds(after: Int64, until: Int64, knownBy clock: Int64) -> Int64 {
        var (low, high) = (0, facts.count)
        while low < high {
            let middle = (low + high) / 2
            if facts[middle].time <= after { low = middle + 1 } else { high = middle }
        }
        var (at, frauds) = (low, Int64(0))
        while at < facts.count, facts[at].time <= until {
            let row = at
            var isFraud = false
            while at < facts.count, isSameRow(row, at) {
                if facts[at].known <= clock { isFraud = facts[at].isPositive }
                at += 1
            }
            if isFraud { frauds += 1 }
        }
        return frauds
    }

    /// What was known about a row at `clock`; nil = nothing.
    func label(time: Int64, sequence: UInt32, knownBy clock: Int64) -> Bool? {
        facts.last { $0.time == time && $0.sequence == sequence && $0.known <= clock }?.isPositive
    }

    /// Takes all facts about a row out, in the order they became known.
    mutating func take(time: Int64, sequence: UInt32) -> [KnownLabel] {
        let taken = facts.filter { $0.time == time && $0.sequence == sequence }
        if !taken.isEmpty { facts.removeAll { $0.time == time && $0.sequence == sequence } }
        return taken
    }

    mutating func drop(until cutoff: Int64) {
        guard let first = facts.first, first.time <= cutoff else { return }
        facts.removeFirst(facts.firstIndex { $0.time > cutoff } ?? facts.count)
    }

    // MARK: State

    func write(to writer: inout ByteWriter) {
        writer.varint(UInt64(facts.count))
        for fact in facts {
            writer.signed(fact.time)
            writer.varint(UInt64(fact.sequence))
            writer.signed(fact.known)
            writer.word(fact.order)
            writer.byte(fact.isPositive ? 1 : 0)
        }
    }

    init() {}

    init(from reader: inout ByteReader) {
        for _ in 0..<reader.count(of: 12) {
            facts.append(
                KnownLabel(
                    time: reader.signed(), sequence: UInt32(truncatingIfNeeded: reader.varint()), known: reader.signed(),
                    order: reader.word(), isPositive: reader.byte() == 1))
        }
    }
}

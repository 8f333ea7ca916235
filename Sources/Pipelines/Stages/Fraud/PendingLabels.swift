import Records

/// A label that is not known yet.
struct PendingLabel {
    var known: Int64
    /// Among equal known times: labels that travel with rows by the row's position, then label events (top bit) as they were given.
    var order: UInt64
    /// Of a label event: hash of the row's key.
    var key: UInt64
    /// Of a label that travels with its row: where the row is.
    var time: Int64
    var terminal: UInt32
    var sequence: UInt32
    var isPositive: Bool

    var isEvent: Bool { order >> 63 == 1 }

    static func event(_ event: LabelEvent, number: UInt64) -> PendingLabel {
        PendingLabel(
            known: event.known.microseconds, order: 1 << 63 | number, key: event.key, time: 0, terminal: 0, sequence: 0,
            isPositive: event.isPositive)
    }

    @inline(__always)
    static func < (left: PendingLabel, right: PendingLabel) -> Bool {
        left.known != right.known ? left.known < right.known : left.order < right.order
    }
}

/// Labels in order of known time: a binary heap.
struct PendingLabels {
    private var heap: [PendingLabel] = []
    /// The earliest known time, or the end of time.
    private(set) var next: Int64 = .max

    var allocated: Int { heap.capacity * MemoryLayout<PendingLabel>.stride }

    mutating func add(_ label: PendingLabel) {
        heap.append(label)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard label < heap[parent] else { break }
            heap[child] = heap[parent]
            child = parent
        }
        heap[child] = label
        next = heap[0].known
    }

    /// - Precondition: not empty, as `next` says.
    mutating func takeFirst() -> PendingLabel {
        let first = heap[0], moved = heap.removeLast()
        if heap.isEmpty {
            next = .max
            return first
        }
        var hole = 0
        while true {
            var child = hole * 2 + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
            guard heap[child] < moved else { break }
            heap[hole] = heap[child]
            hole = child
        }
        heap[hole] = moved
        next = heap[0].known
        return first
    }

    // MARK: State

    /// In order, so that the bytes do not depend on how the heap came about.
    func write(to writer: inout ByteWriter) {
        writer.varint(UInt64(heap.count))
        for label in heap.sorted(by: { $0 < $1 }) {
            writer.signed(label.known)
            writer.word(label.order)
            if label.isEvent {
                writer.word(label.key)
            } else {
                writer.signed(label.time)
                writer.varint(UInt64(label.terminal))
                writer.varint(UInt64(label.sequence))
            }
            writer.byte(label.isPositive ? 1 : 0)
        }
    }

    init() {}

    init(from reader: inout ByteReader) {
        for _ in 0..<reader.count(of: 12) {
            var label = PendingLabel(
                known: reader.signed(), order: reader.word(), key: 0, time: 0, terminal: 0, sequence: 0, isPositive: false)
            if label.isEvent {
                label.key = reader.word()
            } else {
                label.time = reader.signed()
                label.terminal = UInt32(truncatingIfNeeded: reader.varint())
                label.sequence = UInt32(truncatingIfNeeded: reader.varint())
            }
            label.isPositive = reader.byte() == 1
            add(label)
        }
    }
}

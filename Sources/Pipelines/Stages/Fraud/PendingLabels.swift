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

/// Labels of keys that no row has yet.
struct WaitingLabels {
    private var labels: [UInt64: [PendingLabel]] = [:]
    /// A bit for each residue of the waiting keys: nearly every row sees here that no label waits for it.
    private var marks = [UInt64](repeating: 0, count: 64)

    var count: Int { labels.count }

    /// By key.
    var sorted: [(key: UInt64, value: [PendingLabel])] { labels.sorted { $0.key < $1.key } }

    @inline(__always)
    func mayHold(_ key: UInt64) -> Bool { marks[Int(key >> 6 & 63)] >> (key & 63) & 1 == 1 }

    /// - Parameter label: of a label event.
    mutating func add(_ label: PendingLabel) {
        labels[label.key, default: []].append(label)
        mark(label.key)
    }

    private mutating func mark(_ key: UInt64) { marks[Int(key >> 6 & 63)] |= 1 << (key & 63) }

    /// Takes out what waits for a key, in the order it was added.
    mutating func take(_ key: UInt64) -> [PendingLabel] { labels.removeValue(forKey: key) ?? [] }

    /// Forgets keys all of whose labels were known by then.
    mutating func drop(until oldest: Int64) {
        for (key, waiting) in labels where waiting.allSatisfy({ $0.known <= oldest }) { labels[key] = nil }
        marks = [UInt64](repeating: 0, count: 64)
        for key in labels.keys { mark(key) }
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

/// What an event log says of one unit: when which kind of event happened. A reading sees only those before or at its own time.
struct UnitEvents {
    private struct Event: Comparable {
        var time: Int64
        var kind: UInt8

        static func < (one: Event, other: Event) -> Bool { (one.time, one.kind) < (other.time, other.kind) }
    }

    /// Windows of counts, in steps.
    static let windows: [Int64] = [10, 50, 250]
    /// Steps since the newest event are capped here; also what a unit without one has.
    static let longest: Float = 1_000
    static let perKind = windows.count + 1

    /// In order.
    private var events: [Event] = []

    var bytes: Int { events.count * 16 + 16 }

    /// Takes an event in; one that is known already changes nothing.
    ///
    /// - Returns: whether it was new.
    mutating func insert(time: Int64, kind: UInt8) -> Bool {
        let event = Event(time: time, kind: kind)
        let place = Self.place(of: event, in: events)
        if place < events.count, events[place] == event { return false }
        events.insert(event, at: place)
        return true
    }

    private static func place(of event: Event, in events: [Event]) -> Int {
        var (low, high) = (0, events.count)
        while low < high {
            let middle = (low + high) / 2
            if events[middle] < event { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Appends, for each kind, how many there were in each window up to a time, and the steps since the newest.
    func append(at time: Int64, step: Int64, kinds: Int, to values: inout [Float]) {
        let end = Self.place(of: Event(time: time, kind: .max), in: events)
        var counts = [Float](repeating: 0, count: kinds * Self.windows.count)
        var since = [Float](repeating: Self.longest, count: kinds)
        for event in events[..<end].reversed() {
            let age = Double(time - event.time) / Double(step)
            guard age < Double(Self.longest) else { break }
            let kind = Int(event.kind)
            guard kind < kinds else { continue }
            since[kind] = min(since[kind], Float(age))
            for (place, window) in Self.windows.enumerated() where age < Double(window) { counts[kind * Self.windows.count + place] += 1 }
        }
        for kind in 0..<kinds { values += counts[(kind * Self.windows.count)..<((kind + 1) * Self.windows.count)] + [since[kind]] }
    }

    /// Forgets events more than 2,000 steps before a time.
    ///
    /// - Returns: whether there were any.
    mutating func forget(before time: Int64, step: Int64) -> Bool {
        let (span, isBeyond) = step.multipliedReportingOverflow(by: 2 * Int64(Self.longest))
        let (limit, isBefore) = time.subtractingReportingOverflow(span)
        guard !isBeyond, !isBefore, let first = events.first, first.time < limit else { return false }
        events.removeFirst(Self.place(of: Event(time: limit, kind: 0), in: events))
        return true
    }

    /// Up to so many events before or at a time, newest first.
    func newest(_ count: Int, upTo time: Int64) -> [(time: Int64, kind: Int)] {
        let end = Self.place(of: Event(time: time, kind: .max), in: events)
        return events[..<end].suffix(count).reversed().map { ($0.time, Int($0.kind)) }
    }

    // MARK: Bytes

    func write(to writer: inout ByteWriter) {
        writer.varint(UInt64(events.count))
        for event in events {
            writer.signed(event.time)
            writer.byte(event.kind)
        }
    }

    init() {}

    init(_ reader: inout ByteReader) {
        events = (0..<reader.count(of: 2)).map { _ in Event(time: reader.signed(), kind: reader.byte()) }
    }
}

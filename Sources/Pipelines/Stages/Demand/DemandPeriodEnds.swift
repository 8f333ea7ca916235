import Records

/// How late in their periods the newest rows of the whole feed stand: whether the newest period is over.
///
/// A shop that sells on Saturdays last has weeks whose newest row is a Saturday's. So a period counts as over once a row of it stands at least
/// as late as the earliest such newest row of the eight periods before; where fewer than two periods came before, it counts.
struct DemandPeriodEnds: Equatable, Sendable {
    /// Period and days left in it after its newest row, the newest period last.
    private var newest: [(period: Int, remaining: Int)] = []
    private static let kept = 9

    static func == (left: Self, right: Self) -> Bool { left.newest.elementsEqual(right.newest) { $0 == $1 } }

    var newestIsOpen: Bool {
        guard newest.count > 2, let last = newest.last else { return false }
        return last.remaining > newest.dropLast().reduce(0) { max($0, $1.remaining) }
    }

    mutating func take(_ period: Int, remaining: Int) {
        if let at = newest.lastIndex(where: { $0.period == period }) {
            newest[at].remaining = min(newest[at].remaining, remaining)
            return
        }
        if newest.count == Self.kept, let first = newest.first, period < first.period { return }
        newest.insert((period, remaining), at: newest.firstIndex { $0.period > period } ?? newest.count)
        if newest.count > Self.kept { newest.removeFirst() }
    }

    func write(to writer: inout ByteWriter) {
        writer.varint(UInt64(newest.count))
        for entry in newest {
            writer.signed(Int64(entry.period))
            writer.signed(Int64(entry.remaining))
        }
    }

    init() {}

    init(from reader: inout ByteReader) {
        newest = (0..<reader.count(of: 2)).map { _ in (Int(reader.signed()), Int(reader.signed())) }
    }
}

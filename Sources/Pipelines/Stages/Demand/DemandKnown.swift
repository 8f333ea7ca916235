import Records

/// What is known in advance of an item's periods (price, promotion, opening), past and to come.
struct DemandKnown: Equatable, Sendable {
    private(set) var first = 0
    private var width = 0
    /// Row-major, a row a period; NaN = not known.
    private var values: [Float] = []
    /// When a period's row became known; `.max` = there is none.
    private var times: [Int64] = []

    var bytes: Int { values.capacity * 4 + times.capacity * 8 }

    /// The row of a period; missing where none is known at `time` or before.
    func row(_ period: Int, knownBy time: Int64, width: Int) -> [Double] {
        let at = period - first
        guard times.indices.contains(at), times[at] != .max, times[at] <= time, width == self.width else {
            return Array(repeating: .nan, count: width)
        }
        return (0..<width).map { Double(values[at * width + $0]) }
    }

    /// - Parameter isSold: what a sale's row says takes the place of a plan; of plans, the one known last counts.
    mutating func set(_ period: Int, _ row: [Float], time: Int64, isSold: Bool) {
        guard !row.isEmpty, width == 0 || width == row.count else { return }
        width = row.count
        if times.isEmpty { first = period }
        if period < first {
            let gap = first - period
            values.insert(contentsOf: repeatElement(.nan, count: gap * width), at: 0)
            times.insert(contentsOf: repeatElement(.max, count: gap), at: 0)
            first = period
        }
        while first + times.count <= period {
            values += Array(repeating: .nan, count: width)
            times.append(.max)
        }
        let at = period - first
        // A sale's row is marked by the lowest time: no plan that comes later replaces it.
        if !isSold, times[at] == .min || (times[at] != .max && times[at] > time) { return }
        times[at] = isSold ? .min : max(time, .min + 1)
        for (place, value) in row.enumerated() { values[at * width + place] = value }
    }

    /// Periods whose row was known at a time, and when it became so.
    func known(by time: Int64) -> [(period: Int, time: Int64)] {
        times.indices.filter { times[$0] != .max && times[$0] <= time }.map { (first + $0, times[$0]) }
    }

    /// Rows of periods after one that are not known at a time yet.
    func unknown(after period: Int, knownBy time: Int64) -> Int {
        times.indices.count { first + $0 > period && times[$0] != .max && times[$0] > time }
    }

    mutating func forget(before period: Int) {
        let excess = min(period - first, times.count)
        guard excess > 0 else { return }
        values.removeFirst(excess * width)
        times.removeFirst(excess)
        first += excess
    }

    func write(to writer: inout ByteWriter) {
        writer.signed(Int64(first))
        writer.varint(UInt64(width))
        DemandState.write(values, to: &writer)
        for time in times { writer.signed(time) }
    }

    init() {}

    init(from reader: inout ByteReader) {
        first = Int(reader.signed())
        width = Int(reader.varint())
        values = DemandState.floats(&reader)
        guard width > 0 else { return }
        for _ in 0..<(values.count / width) { times.append(reader.signed()) }
    }
}

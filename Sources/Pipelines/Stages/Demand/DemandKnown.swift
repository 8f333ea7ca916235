import Records

/// What is known in advance of an item's periods (price, promotion, opening): what plans said, and when, and what the sales then were made at.
///
/// The sale's row says what was; what was known before is what plans said, each from its known time on, all versions kept.
struct DemandKnown: Equatable, Sendable {
    private var width = 0
    /// First period with a sale, and what sales' rows say, row-major, a row a period; NaN = not known.
    private var first = 0
    private var sold: [Float] = []
    /// Of plans, in order of period, then of known time: a row each. A plan may reach far ahead, so only periods that it names are kept.
    private var periods: [Int32] = []
    private var times: [Int64] = []
    private var planned: [Float] = []

    /// Versions of one period that are kept, the newest.
    private static let most = 16

    var bytes: Int { (sold.capacity + planned.capacity) * 4 + times.capacity * 12 }
    var hasPlans: Bool { !periods.isEmpty }

    // MARK: Rows

    /// The row of a plan; missing where none was known at `time` or before.
    func row(_ period: Int, knownBy time: Int64, width: Int) -> [Double] {
        var at = end(of: period) - 1
        while at >= 0, periods[at] == period {
            if times[at] <= time, width == self.width { return (0..<width).map { Double(planned[at * width + $0]) } }
            at -= 1
        }
        return Array(repeating: .nan, count: width)
    }

    /// What is known of a period at an origin: of a past one what the sale says, of a later one what plans say that were known by then.
    ///
    /// Periods before the first that a plan names are taken for known in advance, as the job declares them: no plan was kept then.
    ///
    /// - Parameters:
    ///   - origin: the last period that is over.
    ///   - time: when it ended.
    func row(_ period: Int, origin: Int, knownBy time: Int64, width: Int) -> [Double] {
        if period <= origin || periods.isEmpty || period < Int(periods[0]), let row = soldRow(period, width) { return row }
        return row(period, knownBy: time, width: width)
    }

    /// Nil where no sale says anything.
    private func soldRow(_ period: Int, _ width: Int) -> [Double]? {
        let at = (period - first) * width
        guard period >= first, at < sold.count, width == self.width else { return nil }
        let row = sold[at..<at + width]
        return row.allSatisfy(\.isNaN) ? nil : row.map(Double.init)
    }

    /// What a sale's row says.
    mutating func set(sold row: [Float], _ period: Int) {
        guard !row.isEmpty, width == 0 || width == row.count else { return }
        width = row.count
        if sold.isEmpty { first = period }
        if period < first {
            sold.insert(contentsOf: repeatElement(.nan, count: (first - period) * width), at: 0)
            first = period
        }
        let at = (period - first) * width
        if at >= sold.count { sold += repeatElement(.nan, count: at + width - sold.count) }
        for (place, value) in row.enumerated() { sold[at + place] = value }
    }

    /// What a plan says. A row of the same period and time takes the place of the first; one that says nothing new is known since the earlier.
    mutating func set(planned row: [Float], _ period: Int, time: Int64) {
        guard !row.isEmpty, width == 0 || width == row.count, let number = Int32(exactly: period) else { return }
        width = row.count
        var at = end(of: period), start = at
        while start > 0, periods[start - 1] == number { start -= 1 }
        while at > start, times[at - 1] > time { at -= 1 }
        if at > start, times[at - 1] == time {
            planned.replaceSubrange((at - 1) * width..<at * width, with: row)
            return
        }
        if at > start, planned[(at - 1) * width..<at * width].elementsEqual(row, by: { $0 == $1 || $0.isNaN && $1.isNaN }) { return }
        periods.insert(number, at: at)
        times.insert(time, at: at)
        planned.insert(contentsOf: row, at: at * width)
        if end(of: period) - start > Self.most { removePlans(start..<start + 1) }
    }

    /// The place after the last row of a period and those before it.
    private func end(of period: Int) -> Int {
        var low = 0, high = periods.count
        while low < high {
            let middle = (low + high) / 2
            if Int(periods[middle]) <= period { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func removePlans(_ range: Range<Int>) {
        periods.removeSubrange(range)
        times.removeSubrange(range)
        planned.removeSubrange(range.lowerBound * width..<range.upperBound * width)
    }

    /// Periods that a plan known at a time names, and when the first of their rows became known.
    func known(by time: Int64) -> [(period: Int, time: Int64)] {
        periods.indices.filter { times[$0] <= time && ($0 == 0 || periods[$0 - 1] != periods[$0]) }.map { (Int(periods[$0]), times[$0]) }
    }

    /// Planned periods after one of which nothing is known at a time yet.
    func unknown(after period: Int, knownBy time: Int64) -> Int {
        periods.indices.count { Int(periods[$0]) > period && times[$0] > time && ($0 == 0 || periods[$0 - 1] != periods[$0]) }
    }

    mutating func forget(before period: Int) {
        let excess = min((period - first) * width, sold.count)
        if excess > 0 {
            sold.removeFirst(excess)
            first = period
        }
        let plans = end(of: period - 1)
        if plans > 0 { removePlans(0..<plans) }
    }

    // MARK: Bytes

    func write(to writer: inout ByteWriter) {
        writer.signed(Int64(first))
        writer.varint(UInt64(width))
        DemandState.write(sold, to: &writer)
        DemandState.write(planned, to: &writer)
        for at in periods.indices {
            writer.signed(Int64(periods[at]))
            writer.signed(times[at])
        }
    }

    init() {}

    init(from reader: inout ByteReader) {
        first = Int(reader.signed())
        width = Int(reader.varint())
        sold = DemandState.floats(&reader)
        planned = DemandState.floats(&reader)
        guard width > 0 else { return }
        for _ in 0..<(planned.count / width) {
            periods.append(Int32(truncatingIfNeeded: reader.signed()))
            times.append(reader.signed())
        }
    }
}

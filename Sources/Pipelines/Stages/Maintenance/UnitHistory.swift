/// The readings of one unit: the newest 150 as they are, of all older ones what the features need. Everything depends on the order of rows
/// only, and a late row finds what was known at its own time.
///
/// Sums over any window come from running sums, one subtraction each, so that a row costs the same however long its windows are. The
/// running sums follow from what is stored, added in the same order: a restored unit goes on to the bit.
struct UnitHistory {
    /// Longest window, in readings.
    static let memory = 150
    /// Readings that a unit's start is judged by.
    static let first = 30

    /// Channels: the normalised sensors, then the mixtures.
    let width: Int
    /// Of the arrays below, rows before it are forgotten; they are removed many at a time.
    private var head = 0
    private var times: [Int64] = []
    private var keys: [UInt64] = []
    /// Row-major, `width` a reading, in order of time.
    private var values: [Float] = []
    /// Up to and with each reading, from the unit's first: sums, and sums of reading number times value. Empty while the unit rests.
    private var sums: [Double] = []
    private var moments: [Double] = []
    /// Of the readings that fell out of the memory: how many, their sums and moments, and sums and squares of those among the unit's first.
    private(set) var older = 0
    private var olderSums: [Double]
    private var olderMoments: [Double]
    private var firstSums: [Double]
    private var firstSquares: [Double]
    /// Readings from before are of an earlier life.
    private let begins: Int64
    /// The unit's counter at its newest reading with one; NaN before.
    private var counter = Double.nan
    /// Level and spread of the unit's first readings once they are all there; nil = to be made again.
    private var settledStart: Start?

    init(width: Int, begins: Int64 = .min) {
        (self.width, self.begins) = (width, begins)
        olderSums = [Double](repeating: 0, count: width)
        (olderMoments, firstSums, firstSquares) = (olderSums, olderSums, olderSums)
    }

    /// Readings kept.
    var count: Int { times.count - head }
    var last: Int64? { count > 0 ? times[times.count - 1] : nil }
    var bytes: Int { count * (16 + 4 * width) + 4 * 8 * width + 64 }

    func time(_ place: Int) -> Int64 { times[head + place] }
    func value(_ place: Int, _ channel: Int) -> Float { values[(head + place) * width + channel] }

    /// Whether a counter at a time after all readings says that the unit was renewed.
    func isRenewed(by value: Double, at time: Int64) -> Bool { value < counter && time >= last ?? .min }

    mutating func count(_ value: Double, at time: Int64) {
        if value.isFinite, time >= last ?? .min { counter = value }
    }

    /// Takes a reading in, after all of the same time; a corrected one takes the place of the reading with its key.
    ///
    /// - Returns: its place among the readings kept; nil when it is older than all of them and some are forgotten, or when it is of an
    ///   earlier life: too late to be placed.
    mutating func insert(time: Int64, key: UInt64, reading: [Float], isCorrected: Bool) -> Int? {
        guard time >= begins else { return nil }
        if sums.isEmpty { addUp(from: head) }
        if isCorrected, let old = keys[head...].firstIndex(of: key) { remove(old) }
        var place = count
        while place > 0, times[head + place - 1] > time { place -= 1 }
        if place == 0, older > 0 { return nil }
        let at = head + place
        if at < times.count || older + place < Self.first { settledStart = nil }
        // A sensor that gave no value is taken to stand where it stood, and at the fleet's level before its first value.
        let filled = reading.indices.map { channel in
            reading[channel].isNaN ? (place > 0 ? values[(at - 1) * width + channel] : 0) : reading[channel]
        }
        times.insert(time, at: at)
        keys.insert(key, at: at)
        values.insert(contentsOf: filled, at: at * width)
        addUp(from: at)
        guard count > Self.memory else { return place }
        forgetOldest()
        return place - 1
    }

    /// Gives back what follows from the rest: five times the memory of the readings, which a unit needs only while its rows come.
    mutating func rest() {
        compact()
        (sums, moments) = ([], [])
    }

    private mutating func compact() {
        guard head > 0 else { return }
        times.removeFirst(head)
        keys.removeFirst(head)
        values.removeFirst(head * width)
        sums.removeFirst(min(head * width, sums.count))
        moments.removeFirst(min(head * width, moments.count))
        head = 0
    }

    /// Running sums of the rows from one on.
    private mutating func addUp(from first: Int) {
        let rows = times.count
        sums.removeLast(max(0, sums.count - first * width))
        moments.removeLast(max(0, moments.count - first * width))
        for row in first..<rows {
            let number = Double(older + row - head)
            for channel in 0..<width {
                let value = Double(values[row * width + channel])
                let before =
                    row > head
                    ? (sums[(row - 1) * width + channel], moments[(row - 1) * width + channel])
                    : (olderSums[channel], olderMoments[channel])
                sums.append(before.0 + value)
                moments.append(before.1 + number * value)
            }
        }
    }

    private mutating func remove(_ row: Int) {
        times.remove(at: row)
        keys.remove(at: row)
        values.removeSubrange((row * width)..<((row + 1) * width))
        settledStart = nil
        addUp(from: row)
    }

    private mutating func forgetOldest() {
        let start = head * width
        for channel in 0..<width {
            let value = Double(values[start + channel])
            (olderSums[channel], olderMoments[channel]) = (sums[start + channel], moments[start + channel])
            if older < Self.first {
                firstSums[channel] += value
                firstSquares[channel] += value * value
            }
        }
        older += 1
        head += 1
        if head >= Self.memory { compact() }
    }

    // MARK: Sums

    /// Sums over the newest readings up to one, window by window.
    struct Windows {
        /// Readings in each window: as asked, or as many as there are.
        var counts: [Int] = []
        /// Window after window, one a channel: the sum, and the sum of age times value (the newest has age 0).
        var sums: [Double] = []
        var aged: [Double] = []
        let width: Int

        func mean(_ window: Int, _ channel: Int) -> Double { sums[window * width + channel] / Double(counts[window]) }

        /// Change a reading by least squares; 0 for a single reading.
        func slope(_ window: Int, _ channel: Int) -> Double {
            let count = Double(counts[window])
            let ages = count * (count - 1) / 2, squares = (count - 1) * count * (2 * count - 1) / 6
            let divisor = count * squares - ages * ages
            guard divisor > 0 else { return 0 }
            return -(count * aged[window * width + channel] - ages * sums[window * width + channel]) / divisor
        }
    }

    /// - Parameter lengths: rising.
    func windows(_ lengths: [Int], upTo place: Int) -> Windows {
        var result = Windows(width: width)
        result.counts = lengths.map { min($0, place + 1) }
        let (end, number, size) = ((head + place) * width, Double(older + place), lengths.count * width)
        func filled(_ fill: (UnsafeMutableBufferPointer<Double>) -> Void) -> [Double] {
            [Double](unsafeUninitializedCapacity: size) { buffer, count in
                fill(buffer)
                count = size
            }
        }
        sums.withUnsafeBufferPointer { sums in
            olderSums.withUnsafeBufferPointer { olderSums in
                result.sums = filled { buffer in
                    for (window, count) in result.counts.enumerated() {
                        let isWhole = count == place + 1, low = end - count * width
                        for channel in 0..<width {
                            buffer[window * width + channel] = sums[end + channel] - (isWhole ? olderSums[channel] : sums[low + channel])
                        }
                    }
                }
            }
        }
        moments.withUnsafeBufferPointer { moments in
            olderMoments.withUnsafeBufferPointer { olderMoments in
                result.aged = filled { buffer in
                    for (window, count) in result.counts.enumerated() {
                        let isWhole = count == place + 1, low = end - count * width
                        for channel in 0..<width {
                            let moment = moments[end + channel] - (isWhole ? olderMoments[channel] : moments[low + channel])
                            buffer[window * width + channel] = number * result.sums[window * width + channel] - moment
                        }
                    }
                }
            }
        }
        return result
    }

    /// How many readings there were up to a place, and the mean of each channel over all of them.
    func whole(upTo place: Int) -> (count: Int, means: [Double]) {
        let count = older + place + 1, start = (head + place) * width
        return (count, (0..<width).map { sums[start + $0] / Double(count) })
    }

    /// Mean and standard deviation of each channel over the unit's first readings.
    struct Start: Hashable {
        var means: [Double]
        var spreads: [Double]
    }

    /// Of the unit's first readings, as far as they lie before or at a place.
    mutating func start(upTo place: Int) -> Start {
        let isSettled = older + place + 1 >= Self.first
        if isSettled, let settledStart { return settledStart }
        let (sums, squares) = sumsOfStart(upTo: place)
        let count = Double(min(older + place + 1, Self.first)), means = sums.map { $0 / count }
        let start = Start(means: means, spreads: zip(squares, means).map { max($0 / count - $1 * $1, 0).squareRoot() })
        if isSettled { settledStart = start }
        return start
    }

    private func sumsOfStart(upTo place: Int) -> (sums: [Double], squares: [Double]) {
        var (sums, squares) = (firstSums, firstSquares)
        for row in 0..<max(0, min(Self.first - older, place + 1)) {
            for channel in 0..<width {
                let value = Double(self.value(row, channel))
                sums[channel] += value
                squares[channel] += value * value
            }
        }
        return (sums, squares)
    }

    // MARK: Bytes

    func write(to writer: inout ByteWriter) {
        writer.signed(begins)
        writer.varint(UInt64(count))
        writer.varint(UInt64(older))
        for row in head..<times.count {
            writer.signed(times[row])
            writer.word(keys[row])
        }
        var at = head * width
        while at < values.count {
            let high = at + 1 < values.count ? UInt64(values[at + 1].bitPattern) << 32 : 0
            writer.word(UInt64(values[at].bitPattern) | high)
            at += 2
        }
        for value in olderSums + olderMoments + firstSums + firstSquares + [counter] { writer.word(value.bitPattern) }
    }

    init(_ reader: inout ByteReader, width: Int) {
        let begins = reader.signed()
        self.init(width: width, begins: begins)
        let count = reader.count(of: 9)
        older = Int(reader.varint())
        for _ in 0..<count {
            times.append(reader.signed())
            keys.append(reader.word())
        }
        values.reserveCapacity(count * width)
        while values.count < count * width, !reader.isBroken {
            let word = reader.word()
            values.append(Float(bitPattern: UInt32(truncatingIfNeeded: word)))
            if values.count < count * width { values.append(Float(bitPattern: UInt32(truncatingIfNeeded: word >> 32))) }
        }
        func numbers(_ reader: inout ByteReader) -> [Double] { (0..<width).map { _ in Double(bitPattern: reader.word()) } }
        olderSums = numbers(&reader)
        olderMoments = numbers(&reader)
        firstSums = numbers(&reader)
        firstSquares = numbers(&reader)
        counter = Double(bitPattern: reader.word())
    }
}

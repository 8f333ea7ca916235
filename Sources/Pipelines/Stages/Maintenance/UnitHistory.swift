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
    /// Of the arrays below, rows before it are forgotten, until `compact`.
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
    /// Readings that came behind all others since the unit was last written; nil = it changed in another way, or was never written.
    private(set) var additions: Int?
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

    /// Of a place among the readings kept, the row in the arrays: it stays until `compact` as long as readings only come behind it.
    func row(ofPlace place: Int) -> Int { head + place }
    func time(row: Int) -> Int64 { times[row] }
    func value(row: Int, _ channel: Int) -> Float { values[row * width + channel] }

    /// Whether a counter at a time after all readings says that the unit was renewed.
    func isRenewed(by value: Double, at time: Int64) -> Bool { value < counter && time >= last ?? .min }

    mutating func count(_ value: Double, at time: Int64) {
        if value.isFinite, time >= last ?? .min { counter = value }
    }

    /// Takes a reading in, after all of the same time; a corrected one takes the place of the reading with its key.
    ///
    /// - Returns: its place among the readings kept; nil when it is older than all of them and some are forgotten, or when it is of an
    ///   earlier life: too late to be placed.
    mutating func insert(time: Int64, key: UInt64, reading: some Collection<Float>, isCorrected: Bool) -> Int? {
        guard time >= begins else { return nil }
        if sums.isEmpty { addUp(from: head) }
        if isCorrected, let old = keys[head...].firstIndex(of: key) { remove(old) }
        var place = count
        while place > 0, times[head + place - 1] > time { place -= 1 }
        if place == 0, older > 0 { return nil }
        let at = head + place
        if at < times.count || older + place < Self.first { settledStart = nil }
        // More than are kept cannot be written one by one.
        additions = at == times.count && !isCorrected ? additions.flatMap { $0 < Self.memory ? $0 + 1 : nil } : nil
        times.insert(time, at: at)
        keys.insert(key, at: at)
        values.insert(contentsOf: reading, at: at * width)
        // A sensor that gave no value is taken to stand where it stood, and at the fleet's level before its first value.
        for channel in 0..<width where values[at * width + channel].isNaN {
            values[at * width + channel] = place > 0 ? values[(at - 1) * width + channel] : 0
        }
        addUp(from: at)
        guard count > Self.memory else { return place }
        forgetOldest()
        return place - 1
    }

    /// Gives back what follows from the rest: five times the memory of the readings, which a unit needs only while its rows come.
    mutating func rest() { (sums, moments) = ([], []) }

    /// Gives back the readings that fell out of the memory; until then they keep their rows.
    mutating func compact() {
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
        let (rows, width) = (times.count, width)
        if sums.isEmpty {
            // Rows before the head have none, but a place.
            sums = [Double](repeating: 0, count: rows * width)
            moments = sums
        } else {
            let missing = rows * width - sums.count
            sums.append(contentsOf: repeatElement(0, count: max(0, missing)))
            moments.append(contentsOf: repeatElement(0, count: max(0, missing)))
            sums.removeLast(max(0, -missing))
            moments.removeLast(max(0, -missing))
        }
        values.withUnsafeBufferPointer { values in
            sums.withUnsafeMutableBufferPointer { sums in
                moments.withUnsafeMutableBufferPointer { moments in
                    for row in max(first, head)..<rows {
                        let (number, at) = (Double(older + row - head), row * width)
                        for channel in 0..<width {
                            let value = Double(values[at + channel])
                            let isFirst = row == head
                            sums[at + channel] = (isFirst ? olderSums[channel] : sums[at - width + channel]) + value
                            moments[at + channel] = (isFirst ? olderMoments[channel] : moments[at - width + channel]) + number * value
                        }
                    }
                }
            }
        }
    }

    private mutating func remove(_ row: Int) {
        times.remove(at: row)
        keys.remove(at: row)
        values.removeSubrange((row * width)..<((row + 1) * width))
        (settledStart, additions) = (nil, nil)
        addUp(from: row)
    }

    private mutating func forgetOldest() {
        let own = (head * width)..<((head + 1) * width)
        olderSums.replaceSubrange(0..<width, with: sums[own])
        olderMoments.replaceSubrange(0..<width, with: moments[own])
        if older < Self.first {
            for (channel, value) in values[own].enumerated() {
                firstSums[channel] += Double(value)
                firstSquares[channel] += Double(value) * Double(value)
            }
        }
        older += 1
        head += 1
    }

    // MARK: Sums

    /// The newest readings up to one: as many as asked, or as many as there are.
    struct Window {
        /// Running sums just before its first reading, one a channel.
        fileprivate let sums: UnsafePointer<Double>
        fileprivate let moments: UnsafePointer<Double>
        fileprivate let count: Double
        /// Sum of ages (the newest has age 0), and what a slope is divided by; 0 for a single reading.
        fileprivate let ages: Double
        fileprivate let divisor: Double

        fileprivate init(sums: UnsafePointer<Double>, moments: UnsafePointer<Double>, readings: Int) {
            (self.sums, self.moments, count) = (sums, moments, Double(readings))
            ages = count * (count - 1) / 2
            divisor = count * ((count - 1) * count * (2 * count - 1) / 6) - ages * ages
        }
    }

    /// Windows that end at one reading; valid only where it was made.
    struct Windows {
        fileprivate let sums: UnsafePointer<Double>
        fileprivate let moments: UnsafePointer<Double>
        fileprivate let number: Double
        fileprivate let windows: UnsafePointer<Window>
        /// Readings of the unit so far.
        let readings: Int

        @inline(__always)
        func mean(_ window: Int, _ channel: Int) -> Double {
            (sums[channel] - windows[window].sums[channel]) / windows[window].count
        }

        /// Means over all readings of the unit.
        func writeWholes(_ channels: Range<Int>, to target: inout ChannelTarget) {
            let count = Double(readings)
            target.write(channels) { sums[$0] / count }
        }

        func writeMeans(_ window: Int, _ channels: Range<Int>, to target: inout ChannelTarget) {
            let (before, count) = (windows[window].sums, windows[window].count)
            target.write(channels) { (sums[$0] - before[$0]) / count }
        }

        /// Means less a level of each channel.
        func writeMeans(
            _ window: Int, _ channels: Range<Int>, less levels: UnsafeBufferPointer<Double>, to target: inout ChannelTarget
        ) {
            let (before, count) = (windows[window].sums, windows[window].count)
            target.write(channels) { (sums[$0] - before[$0]) / count - levels[$0] }
        }

        /// Changes a reading by least squares; 0 for a single reading.
        func writeSlopes(_ window: Int, _ channels: Range<Int>, to target: inout ChannelTarget) {
            let own = windows[window]
            guard own.divisor > 0 else { return target.write(channels) { _ in 0 } }
            target.write(channels) { channel in
                let sum = sums[channel] - own.sums[channel]
                let aged = number * sum - (moments[channel] - own.moments[channel])
                return -(own.count * aged - own.ages * sum) / own.divisor
            }
        }
    }

    /// Calls with windows that end at a reading.
    func withWindows<Result>(_ lengths: [Int], upTo place: Int, _ body: (Windows) -> Result) -> Result {
        sums.withUnsafeBufferPointer { sums in
            moments.withUnsafeBufferPointer { moments in
                olderSums.withUnsafeBufferPointer { olderSums in
                    olderMoments.withUnsafeBufferPointer { olderMoments in
                        guard let firstSum = sums.baseAddress, let firstMoment = moments.baseAddress,
                            let olderSum = olderSums.baseAddress, let olderMoment = olderMoments.baseAddress
                        else { preconditionFailure("a unit at rest has no windows") }
                        let end = (head + place) * width
                        return withUnsafeTemporaryAllocation(of: Window.self, capacity: lengths.count) { windows in
                            for (index, length) in lengths.enumerated() {
                                let readings = min(length, place + 1), before = end - readings * width
                                windows.initializeElement(
                                    at: index,
                                    to: readings == place + 1
                                        ? Window(sums: olderSum, moments: olderMoment, readings: readings)
                                        : Window(sums: firstSum + before, moments: firstMoment + before, readings: readings))
                            }
                            guard let first = windows.baseAddress else { preconditionFailure("no windows") }
                            return body(
                                Windows(
                                    sums: firstSum + end, moments: firstMoment + end, number: Double(older + place), windows: first,
                                    readings: older + place + 1))
                        }
                    }
                }
            }
        }
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
        let (width, start, rows) = (width, head * width, max(0, min(Self.first - older, place + 1)))
        values.withUnsafeBufferPointer { values in
            for row in 0..<rows {
                for channel in 0..<width {
                    let value = Double(values[start + row * width + channel])
                    sums[channel] += value
                    squares[channel] += value * value
                }
            }
        }
        return (sums, squares)
    }

    // MARK: Bytes

    mutating func isWritten() { additions = 0 }

    /// What came since the unit was last written: the readings and the counter.
    func writeAdditions(to writer: inout ByteWriter) {
        let fresh = additions ?? 0
        writer.varint(UInt64(fresh))
        for row in (times.count - fresh)..<times.count {
            writer.signed(times[row])
            writer.word(keys[row])
            writer.floats(values[(row * width)..<((row + 1) * width)])
        }
        writer.word(counter.bitPattern)
    }

    /// The same readings in the same order: the unit is what it was when they were written.
    mutating func readAdditions(_ reader: inout ByteReader) {
        for _ in 0..<reader.count(of: 9 + 4 * width) {
            let time = reader.signed(), key = reader.word(), reading = reader.floats(width)
            _ = insert(time: time, key: key, reading: reading, isCorrected: false)
        }
        counter = Double(bitPattern: reader.word())
        additions = 0
    }

    func write(to writer: inout ByteWriter) {
        writer.signed(begins)
        writer.varint(UInt64(count))
        writer.varint(UInt64(older))
        for row in head..<times.count {
            writer.signed(times[row])
            writer.word(keys[row])
        }
        writer.floats(values[(head * width)...])
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
        values = reader.floats(count * width)
        func numbers(_ reader: inout ByteReader) -> [Double] { (0..<width).map { _ in Double(bitPattern: reader.word()) } }
        olderSums = numbers(&reader)
        olderMoments = numbers(&reader)
        firstSums = numbers(&reader)
        firstSquares = numbers(&reader)
        counter = Double(bitPattern: reader.word())
        additions = 0
    }
}

/// A unit that the stage knows; evidence of the newest batch points at its rows.
final class Unit {
    // One stage has it, which takes one row at a time and never two parts of a history at once: nothing is to be watched at every reading.
    @exclusivity(unchecked) var history: UnitHistory
    /// Evidence points at it: before anything but a reading behind all others, `split` it.
    @exclusivity(unchecked) var isShown = false

    init(_ history: UnitHistory) { self.history = history }

    /// Another with the same readings; this one stays as evidence shows it, and rests.
    func split() -> Unit {
        let other = Unit(history)
        history.rest()
        return other
    }
}

extension ByteWriter {
    /// Two to a word.
    mutating func floats(_ values: ArraySlice<Float>) {
        var at = values.startIndex
        while at < values.endIndex {
            let high = at + 1 < values.endIndex ? UInt64(values[at + 1].bitPattern) << 32 : 0
            word(UInt64(values[at].bitPattern) | high)
            at += 2
        }
    }
}

extension ByteReader {
    mutating func floats(_ count: Int) -> [Float] {
        var values: [Float] = []
        values.reserveCapacity(count + 1)
        while values.count < count, !isBroken {
            let word = word()
            values.append(Float(bitPattern: UInt32(truncatingIfNeeded: word)))
            values.append(Float(bitPattern: UInt32(truncatingIfNeeded: word >> 32)))
        }
        return values.prefix(count) + [Float](repeating: 0, count: max(0, count - values.count))
    }
}

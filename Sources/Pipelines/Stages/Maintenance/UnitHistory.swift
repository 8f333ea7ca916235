/// The readings of one unit: the newest 150 as they are, of all older ones what the features need. Everything depends on the order of rows
/// only, and a late row finds what was known at its own time.
struct UnitHistory {
    /// Longest window, in readings.
    static let memory = 150
    /// Readings that a unit's start is judged by.
    static let first = 30

    /// Channels: the normalised sensors, then the mixtures.
    let width: Int
    private(set) var times: [Int64] = []
    private var keys: [UInt64] = []
    /// Row-major, `width` a reading, in order of time.
    private(set) var values: [Float] = []
    /// Of the readings that fell out of the memory: how many, their sums, and sums and squares of those among the unit's first.
    private(set) var older = 0
    private var olderSums: [Double]
    private var firstSums: [Double]
    private var firstSquares: [Double]
    /// Readings from before are of an earlier life.
    private let begins: Int64
    /// The unit's counter at its newest reading with one; NaN before.
    private var counter = Double.nan

    init(width: Int, begins: Int64 = .min) {
        (self.width, self.begins) = (width, begins)
        olderSums = [Double](repeating: 0, count: width)
        firstSums = olderSums
        firstSquares = olderSums
    }

    var last: Int64? { times.last }
    var bytes: Int { times.count * (16 + 4 * width) + 3 * 8 * width + 64 }

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
        if isCorrected, let old = keys.firstIndex(of: key) { remove(old) }
        var place = times.count
        while place > 0, times[place - 1] > time { place -= 1 }
        if place == 0, older > 0 { return nil }
        times.insert(time, at: place)
        keys.insert(key, at: place)
        // A sensor that gave no value is taken to stand where it stood, and at the fleet's level before its first value.
        let filled = reading.indices.map { channel in
            reading[channel].isNaN ? (place > 0 ? values[(place - 1) * width + channel] : 0) : reading[channel]
        }
        values.insert(contentsOf: filled, at: place * width)
        guard times.count > Self.memory else { return place }
        forgetOldest()
        return place - 1
    }

    private mutating func remove(_ place: Int) {
        times.remove(at: place)
        keys.remove(at: place)
        values.removeSubrange((place * width)..<((place + 1) * width))
    }

    private mutating func forgetOldest() {
        for channel in 0..<width {
            let value = Double(values[channel])
            olderSums[channel] += value
            if older < Self.first {
                firstSums[channel] += value
                firstSquares[channel] += value * value
            }
        }
        older += 1
        remove(0)
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
        result.sums.reserveCapacity(lengths.count * width)
        result.aged.reserveCapacity(lengths.count * width)
        var (sums, aged) = ([Double](repeating: 0, count: width), [Double](repeating: 0, count: width))
        var next = 0
        values.withUnsafeBufferPointer { values in
            sums.withUnsafeMutableBufferPointer { sums in
                aged.withUnsafeMutableBufferPointer { aged in
                    for age in 0...place {
                        let start = (place - age) * width
                        for channel in 0..<width {
                            let value = Double(values[start + channel])
                            sums[channel] += value
                            aged[channel] += Double(age) * value
                        }
                        while next < lengths.count, lengths[next] == age + 1 || age == place {
                            result.counts.append(age + 1)
                            result.sums.append(contentsOf: sums)
                            result.aged.append(contentsOf: aged)
                            next += 1
                        }
                        if next == lengths.count { break }
                    }
                }
            }
        }
        return result
    }

    /// How many readings there were up to a place, and the mean of each channel over all of them.
    ///
    /// - Parameter windows: up to the same place, the last of them over all readings kept.
    func whole(upTo place: Int, windows: Windows) -> (count: Int, means: [Double]) {
        precondition(windows.counts.last == place + 1, "the last window holds all readings kept")
        let count = older + place + 1, kept = windows.sums.suffix(width)
        return (count, zip(olderSums, kept).map { ($0 + $1) / Double(count) })
    }

    /// Mean and standard deviation of each channel over the unit's first readings, as far as they lie before or at a place.
    func start(upTo place: Int) -> (means: [Double], spreads: [Double]) {
        var (sums, squares) = (firstSums, firstSquares)
        let inside = max(0, min(Self.first - older, place + 1))
        for row in 0..<inside {
            for channel in 0..<width {
                let value = Double(values[row * width + channel])
                sums[channel] += value
                squares[channel] += value * value
            }
        }
        let count = Double(min(older, Self.first) + inside)
        let means = sums.map { $0 / count }
        return (means, zip(squares, means).map { max($0 / count - $1 * $1, 0).squareRoot() })
    }

    // MARK: Bytes

    func write(to writer: inout ByteWriter) {
        writer.signed(begins)
        writer.varint(UInt64(times.count))
        writer.varint(UInt64(older))
        for place in times.indices {
            writer.signed(times[place])
            writer.word(keys[place])
        }
        var at = 0
        while at < values.count {
            let high = at + 1 < values.count ? UInt64(values[at + 1].bitPattern) << 32 : 0
            writer.word(UInt64(values[at].bitPattern) | high)
            at += 2
        }
        for value in olderSums + firstSums + firstSquares + [counter] { writer.word(value.bitPattern) }
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
        firstSums = numbers(&reader)
        firstSquares = numbers(&reader)
        counter = Double(bitPattern: reader.word())
    }
}

import Records

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What training found of a fleet: its operating conditions, each sensor's level and spread in each of them, and along which mixtures of
/// sensors units wear out. Nothing here is learnt from later rows.
struct FleetNorms: Hashable, Sendable {
    /// Mixtures of sensors: the one that follows the life left (ridge regression), and the two along which units change most from their
    /// first readings to their last (principal components).
    static let mixtures = 3

    let settingCount: Int
    let sensorCount: Int
    /// Scale of each setting, and the centres of the conditions in scaled settings.
    private(set) var settingScales: [Double] = []
    private(set) var centres: [[Double]] = []
    /// Level and spread of each sensor, condition after condition; a spread of 0 = the sensor says nothing there.
    private(set) var levels: [Double] = []
    private(set) var spreads: [Double] = []
    /// `mixtures` rows of `sensorCount` weights.
    private(set) var weights: [Double] = []

    var conditionCount: Int { centres.count }

    /// One condition, levels 0 and spreads 1: readings as they are, for a stage that has no model yet.
    init(settings: Int, sensors: Int) {
        (settingCount, sensorCount) = (settings, sensors)
        settingScales = [Double](repeating: 1, count: settings)
        centres = [[Double](repeating: 0, count: settings)]
        levels = [Double](repeating: 0, count: sensors)
        spreads = [Double](repeating: 1, count: sensors)
        weights = [Double](repeating: 0, count: Self.mixtures * sensors)
    }

    /// The nearest condition.
    func condition(_ settings: UnsafeBufferPointer<Double>) -> Int {
        guard centres.count > 1 else { return 0 }
        var (best, least) = (0, Double.infinity)
        for (index, centre) in centres.enumerated() {
            var sum = 0.0
            for setting in 0..<settingCount where !settings[setting].isNaN {
                let difference = settings[setting] / settingScales[setting] - centre[setting]
                sum += difference * difference
            }
            if sum < least { (best, least) = (index, sum) }
        }
        return best
    }

    /// A reading in standard deviations from the level of its condition; NaN stays NaN, a sensor without spread gives 0.
    func normalised(_ value: Double, sensor: Int, condition: Int) -> Double {
        let place = condition * sensorCount + sensor
        if value.isNaN { return value }
        return spreads[place] > 0 ? (value - levels[place]) / spreads[place] : 0
    }

    // MARK: Learning

    /// - Parameters:
    ///   - settings: row-major; - sensors: row-major; - units: of each row, rows of a unit in order of time; - lives: NaN = not known.
    init(settings: [Double], sensors: [Double], settingCount: Int, sensorCount: Int, units: [UInt64], lives: [Float]) {
        self.init(settings: settingCount, sensors: sensorCount)
        let rows = units.count
        guard rows > 1 else { return }
        findConditions(settings, rows: rows)
        let conditions = (0..<rows).map { row in
            settings.withUnsafeBufferPointer {
                condition(UnsafeBufferPointer(rebasing: $0[(row * settingCount)..<((row + 1) * settingCount)]))
            }
        }
        findLevels(sensors, conditions: conditions)
        let normal = (0..<rows * sensorCount).map { place in
            let value = normalised(sensors[place], sensor: place % sensorCount, condition: conditions[place / sensorCount])
            return value.isNaN ? 0 : value
        }
        weights = FleetMixtures.learn(normal, width: sensorCount, units: units, lives: lives)
    }

    /// Rows that conditions are found in; of more, as many drawn by their number, so that no rhythm of the rows is kept.
    private static let conditionRows = 10_000

    /// Settings that jump between points have as many conditions as points: of up to ten centres the most that still took away three quarters
    /// of what one fewer had left unexplained. Two conditions that lie close together count as two, however far off the others are. One
    /// where ten do not explain all but 1 % of the settings' spread: settings that only vary a little around a point.
    private mutating func findConditions(_ settings: [Double], rows: Int) {
        guard settingCount > 0 else { return }
        for setting in 0..<settingCount {
            var moments = RunningMoments()
            for row in 0..<rows { moments.add(settings[row * settingCount + setting]) }
            settingScales[setting] = moments.spread > 1e-9 * max(1, abs(moments.mean)) ? moments.spread : .infinity
        }
        let drawn = (0..<rows).filter {
            rows <= Self.conditionRows || RecordKey.mix(UInt64($0)) % UInt64(rows) < UInt64(Self.conditionRows)
        }
        let points = drawn.map { row in
            (0..<settingCount).map { setting in
                let value = settings[row * settingCount + setting]
                return value.isNaN ? 0 : value / settingScales[setting]
            }
        }
        var one = KMeans(points: points, count: 1)
        one.run()
        centres = one.centres
        let total = one.spread
        var (left, best) = (total, one.centres)
        for count in 2...10 where left > 1e-12 * total {
            var attempt = KMeans(points: points, count: count)
            attempt.run()
            if attempt.spread < 0.25 * left { best = attempt.centres }
            left = min(left, attempt.spread)
        }
        if total > 0, left < 0.01 * total { centres = best }
    }

    private mutating func findLevels(_ sensors: [Double], conditions: [Int]) {
        levels = [Double](repeating: 0, count: conditionCount * sensorCount)
        spreads = levels
        for sensor in 0..<sensorCount {
            var moments = [RunningMoments](repeating: RunningMoments(), count: conditionCount)
            for (row, condition) in conditions.enumerated() { moments[condition].add(sensors[row * sensorCount + sensor]) }
            for condition in 0..<conditionCount {
                let own = moments[condition], place = condition * sensorCount + sensor
                levels[place] = own.mean
                spreads[place] = own.spread > 1e-7 * max(1e-9, abs(own.mean)) && own.count > 2 ? own.spread : 0
            }
        }
    }

    // MARK: Bytes

    func write(to writer: inout ByteWriter) {
        writer.varint(UInt64(settingCount))
        writer.varint(UInt64(sensorCount))
        writer.varint(UInt64(conditionCount))
        for value in settingScales + centres.flatMap({ $0 }) + levels + spreads + weights { writer.word(value.bitPattern) }
    }

    /// Nil when the bytes are no norms of this many columns.
    init?(_ reader: inout ByteReader, settings: Int, sensors: Int) {
        self.init(settings: settings, sensors: sensors)
        guard reader.varint() == UInt64(settings), reader.varint() == UInt64(sensors) else { return nil }
        let conditions = reader.count(of: 8)
        guard (1...10).contains(conditions) else { return nil }
        func numbers(_ count: Int, _ reader: inout ByteReader) -> [Double] { (0..<count).map { _ in Double(bitPattern: reader.word()) } }
        settingScales = numbers(settings, &reader)
        centres = (0..<conditions).map { _ in numbers(settings, &reader) }
        levels = numbers(conditions * sensors, &reader)
        spreads = numbers(conditions * sensors, &reader)
        weights = numbers(Self.mixtures * sensors, &reader)
        guard !reader.isBroken else { return nil }
    }
}

/// Mean and standard deviation in one pass (B. Welford, 1962); NaN does not count.
struct RunningMoments {
    private(set) var count = 0
    private(set) var mean = 0.0
    private var squares = 0.0

    var spread: Double { count > 1 ? (squares / Double(count)).squareRoot() : 0 }

    mutating func add(_ value: Double) {
        guard value.isFinite else { return }
        count += 1
        let difference = value - mean
        mean += difference / Double(count)
        squares += difference * (value - mean)
    }
}

/// Lloyd's algorithm from a start without chance: the point nearest the mean, then always the point farthest from all centres so far.
struct KMeans {
    private let points: [[Double]]
    private(set) var centres: [[Double]]
    /// Mean squared distance to the nearest centre.
    private(set) var spread = 0.0

    init(points: [[Double]], count: Int) {
        self.points = points
        let width = points[0].count
        let mean = (0..<width).map { at in points.reduce(0) { $0 + $1[at] } / Double(points.count) }
        centres = [mean]
        if count > 1 { centres = [points.min { Self.distance($0, mean) < Self.distance($1, mean) } ?? mean] }
        var nearest = points.map { Self.distance($0, centres[0]) }
        while centres.count < count {
            let far = nearest.indices.max { nearest[$0] < nearest[$1] } ?? 0
            centres.append(points[far])
            for (index, point) in points.enumerated() { nearest[index] = min(nearest[index], Self.distance(point, points[far])) }
        }
    }

    mutating func run() {
        let width = centres[0].count
        for _ in 0..<25 {
            var (sums, counts, total) = (
                [[Double]](repeating: [Double](repeating: 0, count: width), count: centres.count),
                [Double](repeating: 0, count: centres.count), 0.0
            )
            for point in points {
                var (best, least) = (0, Double.infinity)
                for (index, centre) in centres.enumerated() {
                    let distance = Self.distance(point, centre)
                    if distance < least { (best, least) = (index, distance) }
                }
                for at in 0..<width { sums[best][at] += point[at] }
                counts[best] += 1
                total += least
            }
            spread = total / Double(points.count)
            let moved = centres.indices.map { index in counts[index] > 0 ? sums[index].map { $0 / counts[index] } : centres[index] }
            if moved == centres { return }
            centres = moved
        }
    }

    private static func distance(_ a: [Double], _ b: [Double]) -> Double {
        var sum = 0.0
        for at in a.indices {
            let difference = a[at] - b[at]
            sum += difference * difference
        }
        return sum
    }
}

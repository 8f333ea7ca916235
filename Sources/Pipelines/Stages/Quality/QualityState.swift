import Models

/// What the charts said of one row, with the readings of its group up to it.
struct QualityPicture {
    /// One a chart; empty where the row was not charted.
    var signals: [ControlChart.Signals] = []
    var group: UInt64 = 0
    /// Oldest first.
    var trail: [QualityState.Reading] = []
    /// The newest points of each chart, oldest first.
    var points: [[QualityState.Point]] = []
}

/// Means of all numbers so far, and for each group its charts' memory and newest readings. Depends on the order of rows only.
struct QualityState {
    struct Reading {
        var time: Int64
        /// One a chart.
        var values: [Double]
    }

    /// A point of a chart: a reading, or the mean of a subgroup.
    struct Point: Hashable {
        /// Of the reading that completed it.
        var time: Int64
        var value: Double
        var signals: ControlChart.Signals
    }

    private struct Moments {
        var count = 0
        var mean = 0.0
        var squares = 0.0
    }

    private struct Group {
        var newest = Int64.min / 2
        var trail: [Reading] = []
        /// Of each chart with limits, oldest first.
        var points: [[Point]]
        var memories: [ControlChart.Memory]
        /// Readings of a subgroup that is not whole yet.
        var pending: [[Double]]

        init(charts: Int) {
            memories = [ControlChart.Memory](repeating: .init(), count: charts)
            points = [[Point]](repeating: [], count: charts)
            pending = [[Double]](repeating: [], count: charts)
        }
    }

    private static let trailLength = 10
    /// Points of a chart that an item shows.
    static let pointsLength = 30
    /// Readings before a number's distance from its mean says anything.
    private static let earliest = 10

    var newest = Int64.min / 2
    private var moments: [Moments] = []
    private var groups: [UInt64: Group] = [:]
    private var changed: Set<UInt64> = []
    private var isChanged = false

    var bytes: Int {
        groups.values.reduce(64 + 24 * moments.count) {
            $0 + 64 + $1.memories.count * 160 + $1.trail.count * 32 + $1.points.reduce(0) { $0 + 24 * $1.count }
        }
    }

    /// Largest distance of a number from the mean of those before it, in standard deviations; the numbers are then taken in.
    mutating func unusual(_ numbers: [Double]) -> Double {
        if moments.count != numbers.count { moments = [Moments](repeating: Moments(), count: numbers.count) }
        isChanged = true
        var largest = 0.0
        for (place, value) in numbers.enumerated() where value.isFinite && abs(value) < 1e100 {
            let old = moments[place]
            if old.count >= Self.earliest, old.squares > 0 {
                largest = max(largest, abs(value - old.mean) / (old.squares / Double(old.count)).squareRoot())
            }
            moments[place].count += 1
            let difference = value - old.mean
            moments[place].mean += difference / Double(moments[place].count)
            moments[place].squares += difference * (value - moments[place].mean)
        }
        return largest
    }

    /// Takes a row's readings into the charts of its group.
    mutating func chart(
        _ readings: [Double], group key: UInt64, time: Int64, limits: [ControlLimits?], settings: QualitySettings
    ) -> QualityPicture {
        newest = max(newest, time)
        var group = groups.removeValue(forKey: key) ?? Group(charts: readings.count)
        if time - group.newest > settings.forget { group = Group(charts: readings.count) }
        group.newest = time
        group.trail = group.trail.suffix(Self.trailLength - 1) + [Reading(time: time, values: readings)]
        var signals = [ControlChart.Signals](repeating: [], count: readings.count)
        for (place, reading) in readings.enumerated() where !reading.isNaN && limits.indices.contains(place) {
            guard let limit = limits[place] else { continue }
            let judged = Self.judge(reading, limit, &group.memories[place], &group.pending[place], settings)
            signals[place] = judged.signals
            guard let value = judged.point else { continue }
            if group.points[place].count == Self.pointsLength { group.points[place].removeFirst() }
            group.points[place].append(Point(time: time, value: value, signals: judged.signals))
        }
        groups[key] = group
        changed.insert(key)
        return QualityPicture(signals: signals, group: key, trail: group.trail, points: group.points)
    }

    /// A point is a reading, or the mean of a subgroup once that is whole; nil before.
    private static func judge(
        _ reading: Double, _ limits: ControlLimits, _ memory: inout ControlChart.Memory, _ pending: inout [Double],
        _ settings: QualitySettings
    ) -> (signals: ControlChart.Signals, point: Double?) {
        var chart = ControlChart(settings.chart, memory: memory)
        defer { memory = chart.memory }
        guard limits.subgroup > 1 else { return (chart.consume((reading - limits.center) / limits.sigma), reading) }
        pending.append(reading)
        guard pending.count >= limits.subgroup else { return ([], nil) }
        defer { pending = [] }
        let mean = pending.reduce(0) { $0 + $1 / Double(limits.subgroup) }
        var signals = chart.consume((mean - limits.center) / limits.pointSigma)
        if !limits.spreads(settings.spread).contains(ControlLimits.spread(of: pending, settings.spread)) { signals.insert(.spread) }
        return (signals, mean)
    }

    // MARK: Bytes

    /// Groups not seen for twice `forget` are left out: they would start anew anyway.
    mutating func base(forget: Int64) -> [UInt8] {
        groups = groups.filter { newest - $0.value.newest <= 2 * forget }
        (changed, isChanged) = ([], false)
        return written(groups.keys.sorted())
    }

    mutating func delta() -> [UInt8] {
        defer { (changed, isChanged) = ([], false) }
        return isChanged ? written(changed.filter { groups[$0] != nil }.sorted()) : []
    }

    private func written(_ keys: [UInt64]) -> [UInt8] {
        var writer = ByteWriter()
        writer.signed(newest)
        writer.varint(UInt64(moments.count))
        for own in moments {
            writer.varint(UInt64(own.count))
            writer.numbers([own.mean, own.squares])
        }
        writer.varint(UInt64(keys.count))
        for key in keys {
            guard let group = groups[key] else { continue }
            writer.word(key)
            writer.signed(group.newest)
            writer.varint(UInt64(group.memories.count))
            writer.varint(UInt64(group.trail.count))
            for reading in group.trail {
                writer.signed(reading.time)
                writer.numbers(reading.values)
            }
            for (memory, pending) in zip(group.memories, group.pending) {
                writer.numbers([memory.average, memory.above, memory.below])
                writer.varint(UInt64(memory.recent.count))
                writer.numbers(memory.recent)
                writer.varint(UInt64(pending.count))
                writer.numbers(pending)
            }
            for points in group.points {
                writer.varint(UInt64(points.count))
                for point in points {
                    writer.signed(point.time)
                    writer.numbers([point.value])
                    writer.varint(UInt64(point.signals.rawValue))
                }
            }
        }
        writer.seal()
        return writer.bytes
    }

    /// False when the bytes are damaged, or of another number of charts; nothing is to be used then.
    mutating func apply(_ bytes: [UInt8], charts: Int) -> Bool {
        guard var reader = ByteReader(sealed: bytes) else { return false }
        newest = reader.signed()
        moments = (0..<reader.count(of: 17)).map { _ in
            let count = Int(reader.varint()), numbers = reader.numbers(2)
            return Moments(count: count, mean: numbers[0], squares: numbers[1])
        }
        for _ in 0..<reader.count(of: 11) {
            let key = reader.word()
            var group = Group(charts: charts)
            group.newest = reader.signed()
            guard reader.varint() == UInt64(charts) else { return false }
            group.trail = (0..<reader.count(of: 1 + 8 * charts)).map { _ in
                Reading(time: reader.signed(), values: reader.numbers(charts))
            }
            for place in 0..<charts {
                let sums = reader.numbers(3)
                (group.memories[place].average, group.memories[place].above, group.memories[place].below) = (sums[0], sums[1], sums[2])
                group.memories[place].recent = reader.numbers(reader.count(of: 8))
                group.pending[place] = reader.numbers(reader.count(of: 8))
            }
            for place in 0..<charts {
                group.points[place] = (0..<reader.count(of: 10)).map { _ in
                    Point(time: reader.signed(), value: reader.numbers(1)[0], signals: .init(rawValue: Int(reader.varint() & 0xFF)))
                }
            }
            groups[key] = group
        }
        return reader.isAtEnd
    }
}

extension ByteWriter {
    mutating func numbers(_ values: [Double]) { for value in values { word(value.bitPattern) } }
}

extension ByteReader {
    mutating func numbers(_ count: Int) -> [Double] { (0..<count).map { _ in Double(bitPattern: word()) } }
}

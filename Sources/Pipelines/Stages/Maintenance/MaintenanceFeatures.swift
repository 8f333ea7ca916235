/// Features of a reading, from the unit's readings up to it. A class, so that a row's features are written without a copy of the lists.
final class MaintenanceFeatures: Sendable {
    static let mixtureNames = ["health", "wear_1", "wear_2"]
    private static let sensorMeans = [5, 15, 30, 60]
    private static let sensorSlopes = [30, 60, 120]
    private static let mixtureMeans = [3, 5, 10, 15, 20, 30, 50, 80]
    private static let mixtureSlopes = [10, 20, 30, 50, 80, 150]
    /// Every window, rising.
    private static let lengths = [3, 5, 10, 15, 20, 30, 40, 50, 60, 80, 100, 120, 150]
    /// Features before those of the sensors.
    static let leading = 2
    static let perSensor = 9
    private static let perMixture = 19

    /// Place of a sensor's drift since the unit's start.
    static func drift(ofSensor index: Int) -> Int { leading + index * perSensor + 4 }

    let sensors: [String]
    /// Kinds of events, which have features of their own.
    let kinds: [String]

    init(sensors: [String], kinds: [String] = []) { (self.sensors, self.kinds) = (sensors, kinds) }

    /// Without those of events.
    var count: Int { Self.leading + Self.perSensor * sensors.count + Self.perMixture * Self.mixtureNames.count }
    var width: Int { count + UnitEvents.perKind * kinds.count }

    var list: [(name: String, meaning: String)] {
        var result = [
            ("readings", "readings of this unit so far"),
            ("largest_shift", "largest change of a sensor since the unit's first 30 readings, in standard errors of 15 readings"),
        ]
        for sensor in sensors {
            for length in Self.sensorMeans { result.append(("\(sensor)_mean_\(length)", "mean of \(sensor) over \(length) readings")) }
            result.append(("\(sensor)_drift", "mean of \(sensor) over 20 readings less that of the unit's first 30"))
            result.append(("\(sensor)_mean", "mean of \(sensor) over all readings of the unit"))
            for length in Self.sensorSlopes { result.append(("\(sensor)_slope_\(length)", "change of \(sensor) a reading over \(length)")) }
        }
        for mixture in Self.mixtureNames {
            for length in Self.mixtureMeans { result.append(("\(mixture)_mean_\(length)", "mean of \(mixture) over \(length) readings")) }
            for length in Self.mixtureSlopes {
                result.append(("\(mixture)_slope_\(length)", "change of \(mixture) a reading over \(length)"))
            }
            result.append(("\(mixture)_mean", "mean of \(mixture) over all readings of the unit"))
            result.append(("\(mixture)_drift", "mean of \(mixture) over 20 readings less that of the unit's first 30"))
            result.append(("\(mixture)_first", "mean of \(mixture) over the unit's first 30 readings"))
            result.append(("\(mixture)_bend_10", "mean of \(mixture) over 10 readings less that over 40"))
            result.append(("\(mixture)_bend_20", "mean of \(mixture) over 20 readings less that over 100"))
        }
        for kind in kinds {
            let name = String(kind.map { $0.isLetter || $0.isNumber ? $0 : "_" })
            for length in UnitEvents.windows { result.append(("\(name)_events_\(length)", "\(kind): events in the last \(length) steps")) }
            result.append(("\(name)_since", "\(kind): steps since the last event, at most 1,000"))
        }
        return result
    }

    /// Places of the windows in `lengths`, looked up once.
    private struct Places {
        let sensorMeans = MaintenanceFeatures.sensorMeans.map(Self.place), sensorSlopes = MaintenanceFeatures.sensorSlopes.map(Self.place)
        let mixtureMeans = MaintenanceFeatures.mixtureMeans.map(Self.place),
            mixtureSlopes = MaintenanceFeatures.mixtureSlopes.map(Self.place)
        let of10 = Self.place(10), of15 = Self.place(15), of20 = Self.place(20), of40 = Self.place(40), of100 = Self.place(100)

        private static func place(_ length: Int) -> Int { MaintenanceFeatures.lengths.firstIndex(of: length) ?? 0 }
    }
    private let places = Places()

    /// Writes the features of the reading at a place of the unit's history, `count` numbers: window by window, all sensors at once.
    func write(_ history: inout UnitHistory, place: Int, to values: UnsafeMutableBufferPointer<Float>) {
        let start = history.start(upTo: place)
        history.withWindows(Self.lengths, upTo: place) { windows in
            start.means.withUnsafeBufferPointer { first in
                values[0] = Float(windows.readings)
                start.spreads.withUnsafeBufferPointer { values[1] = Float(largestShift(windows, means: first, spreads: $0)) }
                writeSensors(windows, first, to: values)
                writeMixtures(windows, first, to: values)
            }
        }
    }

    private func writeSensors(
        _ windows: UnitHistory.Windows, _ first: UnsafeBufferPointer<Double>, to values: UnsafeMutableBufferPointer<Float>
    ) {
        let channels = 0..<sensors.count
        var target = ChannelTarget(values, start: Self.leading, stride: Self.perSensor)
        for window in places.sensorMeans { windows.writeMeans(window, channels, to: &target) }
        windows.writeMeans(places.of20, channels, less: first, to: &target)
        windows.writeWholes(channels, to: &target)
        for window in places.sensorSlopes { windows.writeSlopes(window, channels, to: &target) }
    }

    private func writeMixtures(
        _ windows: UnitHistory.Windows, _ first: UnsafeBufferPointer<Double>, to values: UnsafeMutableBufferPointer<Float>
    ) {
        let channels = sensors.count..<(sensors.count + Self.mixtureNames.count)
        var target = ChannelTarget(values, start: Self.leading + Self.perSensor * sensors.count, stride: Self.perMixture)
        for window in places.mixtureMeans { windows.writeMeans(window, channels, to: &target) }
        for window in places.mixtureSlopes { windows.writeSlopes(window, channels, to: &target) }
        windows.writeWholes(channels, to: &target)
        windows.writeMeans(places.of20, channels, less: first, to: &target)
        target.write(channels) { first[$0] }
        target.write(channels) { windows.mean(places.of10, $0) - windows.mean(places.of40, $0) }
        target.write(channels) { windows.mean(places.of20, $0) - windows.mean(places.of100, $0) }
    }

    /// In standard errors of the difference of two means, of 15 and of 30 readings.
    private func largestShift(
        _ windows: UnitHistory.Windows, means: UnsafeBufferPointer<Double>, spreads: UnsafeBufferPointer<Double>
    ) -> Double {
        guard windows.readings > UnitHistory.first else { return 0 }
        var shift = 0.0
        for sensor in sensors.indices where spreads[sensor] > 0 {
            shift = max(shift, abs(windows.mean(places.of15, sensor) - means[sensor]) / spreads[sensor])
        }
        return shift / (1.0 / 15 + 1.0 / 30).squareRoot()
    }
}

/// Where the same feature of one channel after the other is written.
struct ChannelTarget {
    private let values: UnsafeMutableBufferPointer<Float>
    private var start: Int
    private let stride: Int

    init(_ values: UnsafeMutableBufferPointer<Float>, start: Int, stride: Int) {
        (self.values, self.start, self.stride) = (values, start, stride)
    }

    /// Writes the next feature of each channel.
    @inline(__always)
    mutating func write(_ channels: Range<Int>, _ value: (Int) -> Double) {
        precondition(channels.isEmpty || start + (channels.count - 1) * stride < values.count, "more features than there is room for")
        if let first = values.baseAddress {
            var at = start
            for channel in channels {
                first[at] = Float(value(channel))
                at += stride
            }
        }
        start += 1
    }
}

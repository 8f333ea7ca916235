/// Features of a reading, from the unit's readings up to it.
struct MaintenanceFeatures {
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

    /// Place of a sensor's drift since the unit's start.
    static func drift(ofSensor index: Int) -> Int { leading + index * perSensor + 4 }

    let sensors: [String]
    /// Kinds of events, which have features of their own.
    var kinds: [String] = []

    /// Without those of events.
    var count: Int { Self.leading + Self.perSensor * sensors.count + 19 * Self.mixtureNames.count }
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

    /// Writes the features of the reading at a place of the unit's history, `count` numbers.
    func write(_ history: inout UnitHistory, place: Int, to values: UnsafeMutableBufferPointer<Float>) {
        let start = history.start(upTo: place), channels = history.width
        var at = 0
        func put(_ value: Double) {
            values[at] = Float(value)
            at += 1
        }
        history.withWindows(Self.lengths, upTo: place) { windows in
            put(Double(windows.readings))
            put(largestShift(windows, start))
            for sensor in sensors.indices {
                for window in places.sensorMeans { put(windows.mean(window, sensor)) }
                put(windows.mean(places.of20, sensor) - start.means[sensor])
                put(windows.whole(sensor))
                for window in places.sensorSlopes { put(windows.slope(window, sensor)) }
            }
            for channel in sensors.count..<channels {
                for window in places.mixtureMeans { put(windows.mean(window, channel)) }
                for window in places.mixtureSlopes { put(windows.slope(window, channel)) }
                put(windows.whole(channel))
                put(windows.mean(places.of20, channel) - start.means[channel])
                put(start.means[channel])
                put(windows.mean(places.of10, channel) - windows.mean(places.of40, channel))
                put(windows.mean(places.of20, channel) - windows.mean(places.of100, channel))
            }
        }
    }

    /// In standard errors of the difference of two means, of 15 and of 30 readings.
    private func largestShift(_ windows: UnitHistory.Windows, _ start: UnitHistory.Start) -> Double {
        guard windows.readings > UnitHistory.first else { return 0 }
        var shift = 0.0
        for sensor in sensors.indices where start.spreads[sensor] > 0 {
            shift = max(shift, abs(windows.mean(places.of15, sensor) - start.means[sensor]) / start.spreads[sensor])
        }
        return shift / (1.0 / 15 + 1.0 / 30).squareRoot()
    }
}

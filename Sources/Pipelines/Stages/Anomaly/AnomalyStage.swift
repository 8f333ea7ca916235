public import Models
public import Records

/// Streaming anomaly detection for machines without a history of failures: how unusual each reading of each sensor is for this machine.
///
/// Every sensor of every unit has a detector of its own (``SeriesDetector``), of constant size whatever was read. A reading that comes late
/// (before the unit's newest) or corrects one says nothing and is not learnt from: what it would have been compared with is gone. That it is
/// late is the only thing of a row that readings of a later time decide.
public final class AnomalyStage: WatchingStage {
    let settings: AnomalySettings
    let alarmLevel: Float
    private var units: [UInt64: Unit] = [:]
    private var changed: Set<UInt64> = []
    /// Of the last batch: the newest readings of each row's unit up to the row, oldest first.
    private(set) var trails: [[TrailPoint]] = []

    /// A reading with the levels it had when it came, one a sensor.
    struct TrailPoint {
        var time: Int64
        var values: [Double]
        var levels: [Float]
    }

    private struct Unit {
        var newest: Int64
        var readings: Int64 = 0
        var detectors: [SeriesDetector]
        var trail: [TrailPoint] = []
    }

    /// Readings of a unit that an item shows.
    private static let trailLength = 12

    public init(configuration: StageConfiguration, schema: Schema) throws(Failure) {
        settings = try AnomalySettings(configuration, schema: schema)
        var (level, rate) = (Float(0), settings.detector.falseAlarmRate)
        // Steps of a twentieth of a decade are exact enough for a score, and the same on every machine.
        while rate < 0.95 { (level, rate) = (level + 0.05, rate * 1.122018454301963) }
        alarmLevel = level
    }

    public func consume(_ input: StageInput) throws(Failure) -> FeatureMatrix {
        let keys = RecordKey.hashes(of: input.batch, columns: [settings.unit])
        let columns = settings.sensors.map { MaintenanceStage.numbers(input.batch.columns[$0]) }
        let width = Self.leading + Self.perSensor * columns.count
        var values: [Float] = []
        values.reserveCapacity(keys.count * width)
        trails.removeAll(keepingCapacity: true)
        for row in keys.indices {
            let time = input.times[row]
            var unit = units.removeValue(forKey: keys[row]) ?? fresh(time)
            if time - unit.newest > settings.forget { unit = fresh(time) }
            let isCorrected = !input.corrected.isEmpty && input.corrected[row]
            if time < unit.newest || isCorrected {
                values += [0, 0, Float(unit.readings)] + [Float](repeating: 0, count: Self.perSensor * columns.count)
                trails.append([])
            } else {
                read(columns.map { $0[row] }, time, of: &unit, to: &values)
                trails.append(unit.trail)
            }
            units[keys[row]] = unit
            changed.insert(keys[row])
        }
        return FeatureMatrix(featureCount: width, values: values)
    }

    private func fresh(_ time: Int64) -> Unit {
        Unit(newest: time, detectors: [SeriesDetector](repeating: SeriesDetector(settings.detector), count: settings.sensors.count))
    }

    private func read(_ readings: [Double], _ time: Int64, of unit: inout Unit, to values: inout [Float]) {
        var alarms = 0
        var own: [Float] = [], levels: [Float] = []
        for (place, reading) in readings.enumerated() {
            let deviations = unit.detectors[place].deviations(of: reading)
            let finding = unit.detectors[place].consume(reading)
            if finding.isAlarm { alarms += 1 }
            levels.append(Float(finding.level))
            own += [Float(finding.level), Self.bounded(deviations.whole), Self.bounded(deviations.recent)]
        }
        unit.newest = time
        unit.readings += 1
        unit.trail = unit.trail.suffix(Self.trailLength - 1) + [TrailPoint(time: time, values: readings, levels: levels)]
        values += [Float(alarms), levels.max() ?? 0, Float(unit.readings)] + own
    }

    private static func bounded(_ value: Double) -> Float { Float(min(max(value, -1e6), 1e6)) }

    // MARK: State

    public var stateBytes: Int { units.count * (64 + settings.sensors.count * (SeriesDetector.bytes + Self.trailLength * 12)) }

    public func delta() -> [UInt8] {
        defer { changed = [] }
        return changed.isEmpty ? [] : written(changed.filter { units[$0] != nil }.sorted())
    }

    /// All units: one reading of a wrong clock must not make the others forgotten.
    public func base() -> [UInt8] {
        changed = []
        return written(units.keys.sorted())
    }

    private func written(_ keys: [UInt64]) -> [UInt8] {
        var writer = ByteWriter()
        writer.varint(UInt64(settings.sensors.count))
        writer.varint(UInt64(keys.count))
        for key in keys {
            guard let unit = units[key] else { continue }
            writer.word(key)
            writer.signed(unit.newest)
            writer.signed(unit.readings)
            writer.varint(UInt64(unit.trail.count))
            for point in unit.trail {
                writer.signed(point.time)
                writer.numbers(point.values)
                writer.numbers(point.levels.map(Double.init))
            }
            for detector in unit.detectors {
                let words = detector.words
                writer.varint(UInt64(words.count))
                for word in words { writer.varint(word) }
            }
        }
        writer.seal()
        return writer.bytes
    }

    public func restore(base: [UInt8], deltas: [[UInt8]]) throws(Failure) {
        var restored: [UInt64: Unit] = [:]
        for bytes in [base] + deltas where !bytes.isEmpty {
            guard var reader = ByteReader(sealed: bytes) else { throw .stageState("anomaly", found: "bytes that were damaged or cut") }
            guard reader.varint() == UInt64(settings.sensors.count) else {
                throw .stageState("anomaly", found: "state of another number of sensors")
            }
            for _ in 0..<reader.count(of: 11) {
                let key = reader.word()
                guard let unit = unit(&reader) else { throw .stageState("anomaly", found: "bytes that were damaged or cut") }
                restored[key] = unit
            }
            guard reader.isAtEnd else { throw .stageState("anomaly", found: "bytes that were damaged or cut") }
        }
        (units, changed) = (restored, [])
    }

    private func unit(_ reader: inout ByteReader) -> Unit? {
        let width = settings.sensors.count
        var unit = Unit(newest: reader.signed(), readings: reader.signed(), detectors: [])
        unit.trail = (0..<reader.count(of: 1 + 16 * width)).map { _ in
            TrailPoint(time: reader.signed(), values: reader.numbers(width), levels: reader.numbers(width).map { Float($0) })
        }
        for _ in 0..<width {
            let words = (0..<reader.count(of: 1)).map { _ in reader.varint() }
            var rest = words[...]
            guard let detector = SeriesDetector(settings.detector, words: &rest), rest.isEmpty else { return nil }
            unit.detectors.append(detector)
        }
        return unit
    }
}

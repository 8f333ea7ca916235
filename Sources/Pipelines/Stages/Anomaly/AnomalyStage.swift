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
    /// Of the last batch: each row's unit's readings, and how many there were after the row; nil = the row was not read.
    private var trails: [(trail: ReadingTrail, count: Int)?] = []

    private struct Unit {
        var newest: Int64
        var readings: Int64 = 0
        var detectors: [SeriesDetector]
        var trail: ReadingTrail
    }

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
        for case let read? in trails { read.trail.trim() }
        trails.removeAll(keepingCapacity: true)
        for row in keys.indices {
            let isCorrected = !input.corrected.isEmpty && input.corrected[row]
            take(
                row, at: input.times[row], isCorrected: isCorrected, of: &units[keys[row], default: fresh(input.times[row])], columns,
                to: &values)
            changed.insert(keys[row])
        }
        return FeatureMatrix(featureCount: width, values: values)
    }

    private func take(
        _ row: Int, at time: Int64, isCorrected: Bool, of unit: inout Unit, _ columns: [[Double]], to values: inout [Float]
    ) {
        if time - unit.newest > settings.forget { unit = fresh(time) }
        guard time >= unit.newest, !isCorrected else {
            values += [0, 0, Float(unit.readings)]
            for _ in 0..<(Self.perSensor * columns.count) { values.append(0) }
            trails.append(nil)
            return
        }
        read(row, columns, time, of: &unit, to: &values)
        trails.append((unit.trail, unit.trail.count))
    }

    private func fresh(_ time: Int64) -> Unit {
        Unit(
            newest: time, detectors: [SeriesDetector](repeating: SeriesDetector(settings.detector), count: settings.sensors.count),
            trail: ReadingTrail(width: settings.sensors.count))
    }

    private func read(_ row: Int, _ columns: [[Double]], _ time: Int64, of unit: inout Unit, to values: inout [Float]) {
        unit.newest = time
        unit.readings += 1
        unit.trail.append(time: time)
        var (alarms, highest) = (0, -Float.infinity)
        let start = values.count
        values += [0, 0, Float(unit.readings)]
        for place in columns.indices {
            let reading = columns[place][row]
            let deviations = unit.detectors[place].deviations(of: reading)
            let finding = unit.detectors[place].consume(reading)
            let level = Float(finding.level)
            if finding.isAlarm { alarms += 1 }
            highest = max(highest, level)
            unit.trail.append(value: reading, level: level)
            values.append(level)
            values.append(Self.bounded(deviations.whole))
            values.append(Self.bounded(deviations.recent))
        }
        values[start] = Float(alarms)
        values[start + 1] = columns.isEmpty ? 0 : highest
    }

    /// The newest readings of the row's unit up to the row, oldest first; none where it was not read.
    func trail(ofRow row: Int) -> [ReadingTrail.Point] {
        guard trails.indices.contains(row), let read = trails[row] else { return [] }
        return read.trail.points(of: read.count)
    }

    private static func bounded(_ value: Double) -> Float { Float(min(max(value, -1e6), 1e6)) }

    // MARK: State

    public var stateBytes: Int { units.count * (64 + settings.sensors.count * (SeriesDetector.bytes + ReadingTrail.length * 12)) }

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
        var words: [UInt64] = []
        writer.varint(UInt64(settings.sensors.count))
        writer.varint(UInt64(keys.count))
        for key in keys {
            guard let unit = units[key] else { continue }
            writer.word(key)
            writer.signed(unit.newest)
            writer.signed(unit.readings)
            let trail = unit.trail.points(of: unit.trail.count)
            writer.varint(UInt64(trail.count))
            for point in trail {
                writer.signed(point.time)
                writer.numbers(point.values)
                writer.numbers(point.levels.map(Double.init))
            }
            for detector in unit.detectors {
                words.removeAll(keepingCapacity: true)
                detector.appendWords(to: &words)
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
        var unit = Unit(newest: reader.signed(), readings: reader.signed(), detectors: [], trail: ReadingTrail(width: width))
        for _ in 0..<reader.count(of: 1 + 16 * width) {
            unit.trail.append(time: reader.signed())
            for (value, level) in zip(reader.numbers(width), reader.numbers(width)) { unit.trail.append(value: value, level: Float(level)) }
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

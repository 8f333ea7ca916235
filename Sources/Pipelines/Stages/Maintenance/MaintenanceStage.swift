public import Models
public import Records

/// Predictive maintenance: how each unit of a fleet wears, from its sensors, by operating condition.
///
/// A late reading finds the unit's readings up to its own time; one older than the 150 kept is scored by itself alone. A unit that was not
/// seen for `forget` starts anew, and so does one whose counter falls. Sensors without a value stand where they stood.
public final class MaintenanceStage: Stage, PreparedStage {
    let settings: MaintenanceSettings
    let features: MaintenanceFeatures
    private(set) var norms: FleetNorms
    var units: [UInt64: UnitHistory] = [:]
    private var changed: Set<UInt64> = []
    private var newest = Int64.min / 2
    /// Of the last batch: what each row's evidence shows of its unit, as it was when the row came.
    private(set) var trails: [UnitTrail] = []
    /// Levels and spreads were learnt from a fleet: readings are in its standard deviations, not as they were measured.
    private(set) var isPrepared = false
    private var lastFeatures: FeatureMatrix

    public init(configuration: StageConfiguration, schema: Schema) throws(Failure) {
        settings = try MaintenanceSettings(configuration, schema: schema)
        features = MaintenanceFeatures(sensors: settings.sensors.map { schema.fields[$0].name })
        norms = FleetNorms(settings: settings.conditions.count, sensors: settings.sensors.count)
        lastFeatures = FeatureMatrix(featureCount: features.count)
    }

    /// Readings are cut to this many standard deviations.
    private static let largest = 1e12

    var width: Int { settings.sensors.count + FleetNorms.mixtures }
    var featureNames: [String] { features.list.map(\.name) }

    public func consume(_ input: StageInput) throws(Failure) -> FeatureMatrix {
        let unitHashes = units(of: input.batch)
        let rows = input.batch.count
        let sensors = settings.sensors.map { Self.numbers(input.batch.columns[$0]) }
        let conditions = settings.conditions.map { Self.numbers(input.batch.columns[$0]) }
        let counters = counters(of: input.batch)
        var values: [Float] = []
        values.reserveCapacity(rows * features.count)
        trails.removeAll(keepingCapacity: true)
        for row in 0..<rows {
            let reading = normalised(sensors, conditions, row: row)
            let (unit, time) = (unitHashes[row], input.times[row])
            var history = units.removeValue(forKey: unit) ?? UnitHistory(width: width)
            if let seen = history.last, time - seen > settings.forget { history = UnitHistory(width: width) }
            if let counter = counters?[row], history.isRenewed(by: counter, at: time) {
                history = UnitHistory(width: width, begins: time)
            }
            let isCorrected = !input.corrected.isEmpty && input.corrected[row]
            if let place = history.insert(time: time, key: input.keys[row], reading: reading, isCorrected: isCorrected) {
                if let counter = counters?[row] { history.count(counter, at: time) }
                features.append(history, place: place, to: &values)
                trails.append(UnitTrail(history, place: place, features: values.suffix(features.count), of: features))
            } else {
                var alone = UnitHistory(width: width)
                let place = alone.insert(time: time, key: 0, reading: reading, isCorrected: false) ?? 0
                features.append(alone, place: place, to: &values)
                trails.append(UnitTrail(alone, place: place, features: values.suffix(features.count), of: features))
            }
            units[unit] = history
            changed.insert(unit)
            newest = max(newest, time)
        }
        lastFeatures = FeatureMatrix(featureCount: features.count, values: values)
        return lastFeatures
    }

    private func normalised(_ sensors: [[Double]], _ conditions: [[Double]], row: Int) -> [Float] {
        let own = conditions.map { $0[row] }
        let condition = own.withUnsafeBufferPointer { norms.condition($0) }
        var reading = [Float](repeating: 0, count: width)
        let mixtures = settings.sensors.count
        var sums = [Double](repeating: 0, count: FleetNorms.mixtures)
        for sensor in sensors.indices {
            let value = norms.normalised(sensors[sensor][row], sensor: sensor, condition: condition)
            // Infinite readings (text `inf`) say as little as missing ones, and must not reach a sum; nor does one overflow a sum.
            let usable = value.isFinite ? min(max(value, -Self.largest), Self.largest) : .nan
            reading[sensor] = Float(usable)
            for mixture in sums.indices where !usable.isNaN { sums[mixture] += usable * norms.weights[mixture * mixtures + sensor] }
        }
        for mixture in sums.indices { reading[mixtures + mixture] = Float(sums[mixture]) }
        return reading
    }

    /// A number column as doubles; NaN where missing. Decimals in their own unit.
    static func numbers(_ column: Column) -> [Double] {
        if column.type == .float64 { return column.doubles }
        let unit = (0..<(column.type.scale ?? 0)).reduce(1.0) { unit, _ in unit * 10 }
        return column.integers.indices.map { column.isValid($0) ? Double(column.integers[$0]) / unit : .nan }
    }

    // MARK: Preparation

    public var step: Int64 { settings.step }
    public var horizon: Float { settings.horizon }
    public var runsToFailure: Bool { settings.runsToFailure }

    public func units(of batch: RecordBatch) -> [UInt64] { RecordKey.hashes(of: batch, columns: [settings.unit]) }

    public func counters(of batch: RecordBatch) -> [Double]? { settings.counter.map { Self.numbers(batch.columns[$0]) } }

    public func preparation(of batches: [RecordBatch], lives: [[Float]]) throws(Failure) -> [UInt8] {
        var (readings, conditions, unitOfRow, left): ([Double], [Double], [UInt64], [Float]) = ([], [], [], [])
        for (batch, own) in zip(batches, lives) {
            let sensors = settings.sensors.map { Self.numbers(batch.columns[$0]) }
            let settingColumns = settings.conditions.map { Self.numbers(batch.columns[$0]) }
            for row in 0..<batch.count {
                readings += sensors.map { $0[row].isFinite ? $0[row] : .nan }
                conditions += settingColumns.map { $0[row].isFinite ? $0[row] : .nan }
            }
            unitOfRow += units(of: batch)
            left += own
        }
        let learnt = FleetNorms(
            settings: conditions, sensors: readings, settingCount: settings.conditions.count, sensorCount: settings.sensors.count,
            units: unitOfRow, lives: left)
        var writer = ByteWriter()
        learnt.write(to: &writer)
        writer.seal()
        return writer.bytes
    }

    public func prepare(_ bytes: [UInt8]) throws(Failure) {
        guard var reader = ByteReader(sealed: bytes),
            let read = FleetNorms(&reader, settings: settings.conditions.count, sensors: settings.sensors.count), reader.isAtEnd
        else { throw .stageState("maintenance", found: "a preparation of other sensors or settings, or damaged") }
        (norms, isPrepared) = (read, true)
    }

    // MARK: State

    public var stateBytes: Int { units.values.reduce(0) { $0 + $1.bytes + 16 } }

    public func delta() -> [UInt8] {
        defer { changed = [] }
        return changed.isEmpty ? [] : written(changed.filter { units[$0] != nil }.sorted())
    }

    /// Units not seen for twice `forget` are left out: they would start anew anyway, whatever comes late.
    public func base() -> [UInt8] {
        changed = []
        let longest = 2 * settings.forget
        units = units.filter { newest - ($0.value.last ?? newest) <= longest }
        return written(units.keys.sorted())
    }

    private func written(_ keys: [UInt64]) -> [UInt8] {
        var writer = ByteWriter()
        writer.signed(newest)
        writer.varint(UInt64(width))
        writer.varint(UInt64(keys.count))
        for key in keys {
            writer.word(key)
            units[key]?.write(to: &writer)
        }
        writer.seal()
        return writer.bytes
    }

    public func restore(base: [UInt8], deltas: [[UInt8]]) throws(Failure) {
        var restored: [UInt64: UnitHistory] = [:]
        for bytes in [base] + deltas where !bytes.isEmpty {
            guard var reader = ByteReader(sealed: bytes) else { throw .stageState("maintenance", found: "bytes that were damaged or cut") }
            newest = reader.signed()
            guard reader.varint() == UInt64(width) else { throw .stageState("maintenance", found: "state of another number of sensors") }
            for _ in 0..<reader.count(of: 9) {
                let key = reader.word()
                restored[key] = UnitHistory(&reader, width: width)
            }
            guard reader.isAtEnd else { throw .stageState("maintenance", found: "bytes that were damaged or cut") }
        }
        (units, changed) = (restored, [])
    }

    /// The last batch's features of a row, or none.
    func lastRow(_ row: Int) -> [Float]? { row < lastFeatures.rowCount ? Array(lastFeatures.row(row)) : nil }
}

public import Models
public import Records

/// Predictive maintenance: how each unit of a fleet wears, from its sensors, by operating condition.
///
/// A late reading finds the unit's readings up to its own time; one older than the 150 kept is scored by itself alone. A unit that was not
/// seen for `forget` starts anew, and so does one whose counter falls. Sensors without a value stand where they stood.
public final class MaintenanceStage: PreparedStage, TableStage {
    let settings: MaintenanceSettings
    let features: MaintenanceFeatures
    private(set) var norms: FleetNorms
    var units: [UInt64: UnitHistory] = [:]
    private var changed: Set<UInt64> = []
    /// What the event log says, by unit.
    private var logs: [UInt64: UnitEvents] = [:]
    private var changedLogs: Set<UInt64> = []
    private var newest = Int64.min / 2
    /// Of the last batch: what each row's evidence shows of its unit, as it was when the row came.
    private(set) var trails: [UnitTrail] = []
    /// Of the last batch, where there is an event log: each row's unit's newest events up to the row.
    private(set) var eventTrails: [[(time: Int64, kind: Int)]] = []
    /// Levels and spreads were learnt from a fleet: readings are in its standard deviations, not as they were measured.
    private(set) var isPrepared = false
    private var lastFeatures: FeatureMatrix
    private let unitField: Field
    /// Names and meanings, which are made once.
    let featureList: [(name: String, meaning: String)]
    /// Events are stored by the place of their kind: state of other kinds is no state of this stage.
    private var kindsDigest: UInt64 { RecordKey.hash(features.kinds.joined(separator: " ")) }

    public init(configuration: StageConfiguration, schema: Schema) throws(Failure) {
        settings = try MaintenanceSettings(configuration, schema: schema)
        features = MaintenanceFeatures(
            sensors: settings.sensors.map { schema.fields[$0].name }, kinds: MaintenanceSettings.kinds(configuration))
        unitField = schema.fields[settings.unit]
        featureList = features.list
        norms = FleetNorms(settings: settings.conditions.count, sensors: settings.sensors.count)
        lastFeatures = FeatureMatrix(featureCount: features.width)
    }

    private static let shownEvents = 8
    /// Readings are cut to this many standard deviations.
    private static let largest = 1e6

    var width: Int { settings.sensors.count + FleetNorms.mixtures }
    var featureNames: [String] { featureList.map(\.name) }

    public func consume(_ input: StageInput) throws(Failure) -> FeatureMatrix {
        let unitHashes = units(of: input.batch)
        let rows = input.batch.count
        let sensors = settings.sensors.map { Self.numbers(input.batch.columns[$0]) }
        let conditions = settings.conditions.map { Self.numbers(input.batch.columns[$0]) }
        let counters = counters(of: input.batch)
        var values: [Float] = []
        values.reserveCapacity(rows * features.width)
        trails.removeAll(keepingCapacity: true)
        eventTrails.removeAll(keepingCapacity: true)
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
                features.append(&history, place: place, to: &values)
                trails.append(UnitTrail(history, place: place, features: values.suffix(features.count), of: features))
            } else {
                var alone = UnitHistory(width: width)
                let place = alone.insert(time: time, key: 0, reading: reading, isCorrected: false) ?? 0
                features.append(&alone, place: place, to: &values)
                trails.append(UnitTrail(alone, place: place, features: values.suffix(features.count), of: features))
            }
            if !features.kinds.isEmpty {
                let log = logs[unit] ?? UnitEvents()
                log.append(at: time, step: settings.step, kinds: features.kinds.count, to: &values)
                eventTrails.append(log.newest(Self.shownEvents, upTo: time))
                // What no reading but one that is very late can see any more.
                if let last = history.last, logs[unit]?.forget(before: last, step: settings.step) == true { changedLogs.insert(unit) }
            }
            units[unit] = history
            changed.insert(unit)
            newest = max(newest, time)
        }
        for unit in Set(unitHashes) { units[unit]?.rest() }
        lastFeatures = FeatureMatrix(featureCount: features.width, values: values)
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

    /// Takes rows of the event log in; a row that is known already, and one without a unit or a time, changes nothing.
    public func absorb(_ batch: RecordBatch, ofTable feed: String) throws(Failure) {
        guard feed == settings.events else { return }
        let timestamps = batch.schema.fields.indices.filter { batch.schema.fields[$0].type == .timestamp }
        guard let unit = batch.schema.index(of: unitField.name), batch.schema.fields[unit].type == unitField.type,
            timestamps.count == 1, let time = timestamps.first,
            settings.eventKind.map({ batch[$0] != nil }) ?? true
        else {
            throw .stageTable(
                "maintenance.events", feed: feed, found: batch.schema.fields.map { "\($0.name) (\($0.type.name))" },
                expected: ["\(unitField.name) (\(unitField.type.name))", "one timestamp"] + [settings.eventKind].compactMap { $0 })
        }
        let keys = RecordKey.hashes(of: batch, columns: [unit]), kinds = settings.eventKind.flatMap { batch[$0] }
        for row in 0..<batch.count where batch.columns[time].isValid(row) && batch.columns[unit].isValid(row) {
            guard let kind = kinds == nil ? 0 : kinds?.text(row).flatMap({ features.kinds.firstIndex(of: $0) }) else { continue }
            let known = batch.columns[time].integers[row].addingReportingOverflow(settings.eventDelay)
            guard !known.overflow else { continue }
            if logs[keys[row], default: UnitEvents()].insert(time: known.partialValue, kind: UInt8(kind)) {
                changedLogs.insert(keys[row])
            }
        }
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

    public var stateBytes: Int { units.values.reduce(0) { $0 + $1.bytes + 16 } + logs.values.reduce(0) { $0 + $1.bytes + 16 } }

    public func delta() -> [UInt8] {
        defer { (changed, changedLogs) = ([], []) }
        guard !changed.isEmpty || !changedLogs.isEmpty else { return [] }
        return written(changed.filter { units[$0] != nil }.sorted(), logs: changedLogs.sorted())
    }

    /// Units not seen for twice `forget` are left out: they would start anew anyway, whatever comes late.
    public func base() -> [UInt8] {
        (changed, changedLogs) = ([], [])
        let longest = 2 * settings.forget
        units = units.filter { newest - ($0.value.last ?? newest) <= longest }
        return written(units.keys.sorted(), logs: logs.keys.sorted())
    }

    private func written(_ keys: [UInt64], logs logKeys: [UInt64]) -> [UInt8] {
        var writer = ByteWriter()
        writer.signed(newest)
        writer.varint(UInt64(width))
        writer.varint(UInt64(keys.count))
        for key in keys {
            writer.word(key)
            units[key]?.write(to: &writer)
        }
        if settings.events != nil {
            writer.varint(kindsDigest)
            writer.varint(UInt64(logKeys.count))
            for key in logKeys {
                writer.word(key)
                logs[key]?.write(to: &writer)
            }
        }
        writer.seal()
        return writer.bytes
    }

    public func restore(base: [UInt8], deltas: [[UInt8]]) throws(Failure) {
        var restored: [UInt64: UnitHistory] = [:], restoredLogs: [UInt64: UnitEvents] = [:]
        for bytes in [base] + deltas where !bytes.isEmpty {
            guard var reader = ByteReader(sealed: bytes) else { throw .stageState("maintenance", found: "bytes that were damaged or cut") }
            newest = reader.signed()
            guard reader.varint() == UInt64(width) else { throw .stageState("maintenance", found: "state of another number of sensors") }
            for _ in 0..<reader.count(of: 9) {
                let key = reader.word()
                restored[key] = UnitHistory(&reader, width: width)
            }
            if settings.events != nil {
                guard reader.varint() == kindsDigest else { throw .stageState("maintenance", found: "state of other kinds of events") }
                for _ in 0..<reader.count(of: 9) {
                    let key = reader.word()
                    restoredLogs[key] = UnitEvents(&reader)
                }
            }
            guard reader.isAtEnd else { throw .stageState("maintenance", found: "bytes that were damaged or cut") }
        }
        (units, changed, logs, changedLogs) = (restored, [], restoredLogs, [])
    }

    /// The last batch's features of a row, or none.
    func lastRow(_ row: Int) -> [Float]? { row < lastFeatures.rowCount ? Array(lastFeatures.row(row)) : nil }
}

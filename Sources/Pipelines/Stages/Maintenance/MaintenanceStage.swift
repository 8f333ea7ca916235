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
    var units: [UInt64: Unit] = [:]
    var changed: Set<UInt64> = []
    /// What the event log says, by unit.
    var logs: [UInt64: UnitEvents] = [:]
    var changedLogs: Set<UInt64> = []
    var newest = Int64.min / 2
    /// Of the last batch: where each row's trail lies, and the units that they point at.
    private var traces: [UnitTrace] = []
    private var shown: [Unit] = []
    /// Of the last batch, where there is an event log: each row's unit's newest events up to the row.
    private(set) var eventTrails: [[(time: Int64, kind: Int)]] = []
    /// Levels and spreads were learnt from a fleet: readings are in its standard deviations, not as they were measured.
    private(set) var isPrepared = false
    private var lastFeatures: FeatureMatrix
    private let unitField: Field
    /// Names and meanings, which are made once.
    let featureList: [(name: String, meaning: String)]
    /// Events are stored by the place of their kind: state of other kinds is no state of this stage.
    var kindsDigest: UInt64 { RecordKey.hash(features.kinds.joined(separator: " ")) }

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
        let unitHashes = units(of: input.batch), rows = input.batch.count
        let readings = normalised(input.batch), counters = counters(of: input.batch)
        for unit in shown {
            unit.history.compact()
            unit.isShown = false
        }
        shown.removeAll(keepingCapacity: true)
        traces.removeAll(keepingCapacity: true)
        eventTrails.removeAll(keepingCapacity: true)
        var current: (key: UInt64, unit: Unit)?
        let values = [Float](unsafeUninitializedCapacity: rows * features.width) { buffer, count in
            for row in 0..<rows {
                let key = unitHashes[row]
                let known = current?.key == key ? current?.unit : units[key]
                let own = UnsafeMutableBufferPointer(rebasing: buffer[(row * features.width)..<((row + 1) * features.width)])
                let reading = readings[(row * width)..<((row + 1) * width)]
                let unit = take(reading, ofRow: row, of: known, counter: counters?[row], input, to: own)
                if unit !== known { units[key] = unit }
                if current?.key != key { changed.insert(key) }
                current = (key, unit)
                if !features.kinds.isEmpty { addEvents(of: key, at: input.times[row], before: unit.history.last, to: own) }
            }
            count = rows * features.width
        }
        newest = max(newest, input.times.max() ?? newest)
        for unit in shown { unit.history.rest() }
        lastFeatures = FeatureMatrix(featureCount: features.width, values: values)
        return lastFeatures
    }

    /// Takes a reading into its unit's history and writes its features.
    ///
    /// - Returns: the unit from now on.
    private func take(
        _ reading: ArraySlice<Float>, ofRow row: Int, of known: Unit?, counter: Double?, _ input: StageInput,
        to own: UnsafeMutableBufferPointer<Float>
    ) -> Unit {
        let time = input.times[row]
        var unit = known ?? Unit(UnitHistory(width: width))
        if let seen = unit.history.last, time - seen > settings.forget { unit = Unit(UnitHistory(width: width)) }
        if let counter, unit.history.isRenewed(by: counter, at: time) { unit = Unit(UnitHistory(width: width, begins: time)) }
        let isCorrected = !input.corrected.isEmpty && input.corrected[row]
        let isNewest = !isCorrected && time >= unit.history.last ?? .min
        // What the evidence of earlier rows shows stays as it was.
        if !isNewest, unit.isShown { unit = unit.split() }
        let place = unit.history.insert(time: time, key: input.keys[row], reading: reading, isCorrected: isCorrected)
        if place != nil, let counter { unit.history.count(counter, at: time) }
        // Too late to be placed: it is scored by itself alone.
        let scored = place == nil ? Unit(UnitHistory(width: width)) : unit
        if place == nil { _ = scored.history.insert(time: time, key: 0, reading: reading, isCorrected: false) }
        features.write(&scored.history, place: place ?? 0, to: own)
        let at = scored.history.row(ofPlace: place ?? 0), kept = (place ?? 0) + 1
        traces.append(
            place != nil && isNewest
                ? .newest(unit, row: at, kept: kept)
                : .made(UnitTrail(scored.history, row: at, kept: kept, features: ArraySlice(own.prefix(features.count)), of: features)))
        if !unit.isShown {
            unit.isShown = true
            shown.append(unit)
        }
        return unit
    }

    private func addEvents(of unit: UInt64, at time: Int64, before last: Int64?, to own: UnsafeMutableBufferPointer<Float>) {
        let log = logs[unit] ?? UnitEvents()
        var values: [Float] = []
        log.append(at: time, step: settings.step, kinds: features.kinds.count, to: &values)
        for (place, value) in values.enumerated() { own[features.count + place] = value }
        eventTrails.append(log.newest(Self.shownEvents, upTo: time))
        // What no reading but one that is very late can see any more.
        if let last, logs[unit]?.forget(before: last, step: settings.step) == true { changedLogs.insert(unit) }
    }

    /// What the evidence of a row of the last batch shows of its unit, as it was when the row came.
    func trail(ofRow row: Int) -> UnitTrail? {
        guard traces.indices.contains(row) else { return nil }
        switch traces[row] {
        case .made(let trail): return trail
        case .newest(let unit, let at, let kept):
            return UnitTrail(unit.history, row: at, kept: kept, features: lastFeatures.row(row).prefix(features.count), of: features)
        }
    }

    /// Readings of a batch in standard deviations from the level of their condition, row-major, then the mixtures; NaN where missing.
    private func normalised(_ batch: RecordBatch) -> [Float] {
        let (rows, width, sensors) = (batch.count, width, settings.sensors.count)
        let conditions = conditions(of: batch)
        var readings = [Float](repeating: 0, count: rows * width)
        var sums = [Double](repeating: 0, count: rows * FleetNorms.mixtures)
        for (sensor, column) in settings.sensors.enumerated() {
            let numbers = Self.numbers(batch.columns[column])
            for row in 0..<rows {
                let value = norms.normalised(numbers[row], sensor: sensor, condition: conditions[row])
                // Infinite readings (text `inf`) say as little as missing ones, and must not reach a sum; nor does one overflow a sum.
                let usable = value.isFinite ? min(max(value, -Self.largest), Self.largest) : .nan
                readings[row * width + sensor] = Float(usable)
                guard !usable.isNaN else { continue }
                for mixture in 0..<FleetNorms.mixtures {
                    sums[row * FleetNorms.mixtures + mixture] += usable * norms.weights[mixture * sensors + sensor]
                }
            }
        }
        for row in 0..<rows {
            for mixture in 0..<FleetNorms.mixtures {
                readings[row * width + sensors + mixture] = Float(sums[row * FleetNorms.mixtures + mixture])
            }
        }
        return readings
    }

    private func conditions(of batch: RecordBatch) -> [Int] {
        guard norms.conditionCount > 1 else { return [Int](repeating: 0, count: batch.count) }
        let columns = settings.conditions.map { Self.numbers(batch.columns[$0]) }
        var own = [Double](repeating: 0, count: columns.count)
        return (0..<batch.count).map { row in
            for index in columns.indices { own[index] = columns[index][row] }
            return own.withUnsafeBufferPointer { norms.condition($0) }
        }
    }

    /// A number column as doubles; NaN where missing. Decimals in their own unit.
    static func numbers(_ column: Column) -> [Double] {
        if column.type == .float64 { return column.doubles }
        let unit = (0..<(column.type.scale ?? 0)).reduce(1.0) { unit, _ in unit * 10 }
        return column.integers.indices.map { column.isValid($0) ? Double(column.integers[$0]) / unit : .nan }
    }

    /// Takes rows of the event log in; a row that is known already, and one without a unit or a time, changes nothing.
    @discardableResult
    public func absorb(_ batch: RecordBatch, ofTable feed: String) throws(Failure) -> [RowRefusal] {
        guard feed == settings.events else { return [] }
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
        return []
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

    /// The last batch's features of a row, or none.
    func lastRow(_ row: Int) -> [Float]? { row < lastFeatures.rowCount ? Array(lastFeatures.row(row)) : nil }
}

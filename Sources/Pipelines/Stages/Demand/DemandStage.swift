public import Models
public import Records

/// Demand of each item with quantiles, and the order that follows from it.
///
/// - A row is the units of one item in one period. A second row for the same item and period with other content takes the place of the first;
///   with the same content it is a `duplicate`. Rows older than the newest by more than `history` periods are rejects, too.
/// - Every item is forecast from its first row up to the period of the newest row of the whole feed (or the one before, where
///   `last-period: open`); periods without a row are filled as `gaps` says. Units below zero count as zero. A period in which the item ran
///   out counts at least as much as the smooth level of those before.
/// - Quantiles are bounded by evidence: none is above `ceiling` times the largest value seen.
/// - The order is a newsvendor's over the lead time and one review period: of 500 sums of sampled periods, the quantile at which holding and
///   missing cost the same (or `service`), less stock and what is on order, rounded up to packs.
/// - The score is the chance to run out within that time if nothing is ordered.
public final class DemandStage: FinishingStage {
    let settings: DemandSettings
    let schema: Schema
    private(set) var state: DemandState
    private var log = ByteWriter()
    private var isLogging = false
    /// Items to be forecast, in order, and the last period that is known.
    private var items: [String] = []
    private var origin = 0
    private var global: DemandGlobal?
    /// Of the part given last.
    private(set) var results: [DemandResult] = []

    private enum Kind: UInt64 { case base = 1, log = 2 }

    /// - Throws: a parameter or column that is missing or of the wrong type, an unknown zone.
    public init(configuration: StageConfiguration, schema: Schema) throws(Failure) {
        settings = try DemandSettings(configuration, schema: schema)
        self.schema = schema
        state = DemandState(history: settings.history)
    }

    // MARK: Rows

    public func absorb(_ input: StageInput) throws(Failure) -> [RowRefusal] {
        let columns = input.batch.columns
        guard columns.count == schema.fields.count, input.times.count == input.batch.count else {
            throw .stageInput(DemandSettings.stage, found: "other columns", expected: "the columns of the main feed")
        }
        var refused: [RowRefusal] = [], zone = settings.zone
        let units = columns[settings.units], unitsName = schema.fields[settings.units].name
        for index in 0..<input.batch.count {
            let value = units.type == .float64 ? units.doubles[index] : Double(units.integers[index])
            guard value.isFinite, abs(value) < 1e12 else {
                refused.append(RowRefusal(row: index, column: unitsName, code: .range, found: "\(value)", expected: "units below 1e12"))
                continue
            }
            let row = DemandState.Row(
                item: columns[settings.item].text(index) ?? "", period: settings.period(of: input.times[index], &zone), units: value,
                isShort: settings.stockout.map { columns[$0].integers[index] != 0 } ?? false,
                cost: settings.unitCost.map { columns[$0].integers[index] } ?? settings.currency.minorUnits,
                known: settings.known.map { Self.float(columns[$0], index) })
            switch take(row, keepsFirst: input.isReplayed) {
            case .new, .replaced: break
            case .same:
                refused.append(
                    RowRefusal(
                        row: index, column: nil, code: .duplicate, found: "a second row of this item and \(settings.period.rawValue)",
                        expected: "one, or other units that correct the first"))
            case .tooOld:
                refused.append(
                    RowRefusal(
                        row: index, column: nil, code: .late, found: "a row older than the newest by \(settings.history) periods or more",
                        expected: "rows of the newest \(settings.history) periods (`history`)"))
            }
        }
        return refused
    }

    private static func float(_ column: Column?, _ row: Int) -> Float {
        guard let column, column.isValid(row) else { return .nan }
        return column.type == .float64 ? Float(column.doubles[row]) : Float(column.integers[row])
    }

    private func take(_ row: DemandState.Row, keepsFirst: Bool) -> DemandState.Taken {
        if isLogging {
            log.byte(keepsFirst ? 2 : 0)
            DemandState.write(row, to: &log)
        }
        return state.take(row, keepsFirst: keepsFirst)
    }

    public func absorb(_ batch: RecordBatch, ofTable feed: String) throws(Failure) {
        if feed == settings.plan { return try absorb(plan: batch) }
        let name = schema.fields[settings.item].name
        guard let item = batch[name], let onHand = batch["on_hand"] else {
            throw .stageInput(
                "\(DemandSettings.stage).stock", found: "columns \(batch.schema.fields.map(\.name).joined(separator: ", "))",
                expected: "\(name), on_hand and perhaps on_order")
        }
        func number(_ column: Column?, _ row: Int) -> Double? {
            guard let column, column.isValid(row) else { return nil }
            return column.type == .float64 ? column.doubles[row] : Double(column.integers[row])
        }
        let time = batch.schema.fields.firstIndex { $0.type == .timestamp }
        for row in 0..<batch.count {
            guard let key = item.text(row), let units = number(onHand, row), units.isFinite else { continue }
            let stock = DemandState.Stock(
                onHand: units, onOrder: number(batch["on_order"], row) ?? 0,
                time: time.map { batch.columns[$0].integers[row] } ?? 0)
            if isLogging {
                log.byte(1)
                DemandState.write(key, to: &log)
                DemandState.write(stock, to: &log)
            }
            state.take(stock, of: key)
        }
    }

    private func absorb(plan batch: RecordBatch) throws(Failure) {
        let name = schema.fields[settings.item].name, names = batch.schema.fields.map(\.name)
        let time = batch.schema.fields.firstIndex { $0.type == .timestamp && $0.name != "known_from" }
        let columns = settings.knownNames.map { batch[$0] }
        guard let item = batch[name], let time, !columns.contains(where: { $0 == nil }) else {
            throw .stageInput(
                "\(DemandSettings.stage).plan", found: "columns \(names.joined(separator: ", "))",
                expected: "\(name), a timestamp, \(settings.knownNames.joined(separator: ", ")) and perhaps known_from")
        }
        var zone = settings.zone
        let known = batch["known_from"]
        for row in 0..<batch.count {
            guard let key = item.text(row), batch.columns[time].isValid(row) else { continue }
            let knownTime = known.map { $0.isValid(row) ? $0.integers[row] : .max - 1 } ?? Int64.min
            let planned = DemandState.Planned(
                item: key, period: settings.period(of: batch.columns[time].integers[row], &zone),
                values: columns.map { Self.float($0, row) }, time: knownTime)
            if isLogging {
                log.byte(3)
                DemandState.write(planned, to: &log)
            }
            state.take(planned)
        }
    }

    // MARK: Results

    public func finish(_ time: FinishTime) throws(Failure) -> Int {
        guard let watermark = time.watermark else {
            items = []
            return 0
        }
        var zone = settings.zone
        origin = settings.period(of: watermark.microseconds, &zone) - (settings.lastIsOpen ? 1 : 0)
        items = state.names.filter { (state.items[$0]?.first ?? .max) <= origin }
        global = settings.global == .none ? nil : DemandGlobal(planner: DemandPlanner(settings: settings), state, items, origin: origin)
        return items.count
    }

    public func finished(_ range: Range<Int>) throws(Failure) -> FinishedRows {
        let planner = DemandPlanner(settings: settings)
        results = range.map { index in
            let name = items[index]
            guard let item = state.items[name] else { return DemandResult(item: name) }
            return planner.result(
                of: name, item, stock: state.stocks[name], origin: origin,
                global: global?.forecast(of: item, origin: origin, seed: DemandPlanner.seed(name, origin)))
        }
        return FinishedRows(
            batch: try batch(from: range.lowerBound),
            features: FeatureMatrix(featureCount: DemandResult.features.count, values: results.flatMap(\.featureValues)))
    }

    /// The start of the first period that is forecast, as the job's zone has it.
    private var originTime: Int64 {
        var zone = settings.zone
        return settings.period.start(of: origin + 1, &zone)
    }

    private func batch(from first: Int) throws(Failure) -> RecordBatch {
        let money = ColumnType.money(settings.currency), item = schema.fields[settings.item]
        let names: Column =
            settings.itemIsText
            ? Column(strings: results.map(\.item)) : Column(type: .int64, integers: results.map { Int64($0.item) ?? 0 })
        let fields = [
            Field(item.name, item.type), Field("origin", .timestamp), Field("model", .string), Field("stock", .float64),
            Field("expected", .float64), Field("target", .float64), Field("order_units", .float64), Field("order_value", money),
            Field("shortage", money), Field("overstock", money), Field("forecast", .string),
        ]
        return RecordBatch(
            schema: Schema(fields),
            columns: [
                names, Column(type: .timestamp, integers: results.map { _ in originTime }), Column(strings: results.map(\.model)),
                Column(doubles: results.map(\.position)), Column(doubles: results.map(\.expected)), Column(doubles: results.map(\.target)),
                Column(doubles: results.map(\.order)), Column(type: money, integers: results.map(\.orderValue)),
                Column(type: money, integers: results.map(\.shortage)), Column(type: money, integers: results.map(\.overstock)),
                Column(strings: results.map(\.forecastText)),
            ], rowNumbers: results.indices.map { Int64(first + $0 + 1) })
    }

    public func ruleScores(of matrix: FeatureMatrix) -> [Float] {
        (0..<matrix.rowCount).map { min(max(matrix.row($0)[matrix.row($0).startIndex], 0), 1) }
    }

    // MARK: State

    public var stateBytes: Int { state.bytes + log.allocated }

    public func delta() -> [UInt8] {
        guard isLogging else { return base() }
        guard log.count > 24 else { return [] }
        log.seal()
        let bytes = log.bytes
        startLog()
        return bytes
    }

    public func base() -> [UInt8] {
        isLogging = true
        startLog()
        var writer = ByteWriter(capacity: 4_096)
        writer.word(Kind.base.rawValue)
        writer.word(settings.fingerprint)
        state.write(to: &writer)
        writer.seal()
        return writer.bytes
    }

    private func startLog() {
        log.removeAll()
        log.word(Kind.log.rawValue)
        log.word(settings.fingerprint)
        log.word(state.rowCount)
    }

    /// - Throws: bytes that are damaged, of another stage or other parameters, or deltas that do not follow one another.
    public func restore(base: [UInt8], deltas: [[UInt8]]) throws(Failure) {
        let stage = DemandSettings.stage
        var restored = DemandState(history: settings.history)
        for bytes in [base] + deltas where !bytes.isEmpty {
            guard var reader = ByteReader(sealed: bytes) else { throw .stageState(stage, found: "bytes that were damaged or cut") }
            let kind = Kind(rawValue: reader.word())
            guard let kind, reader.word() == settings.fingerprint else {
                throw .stageState(stage, found: "state of another stage, version or parameters")
            }
            switch kind {
            case .base: restored = DemandState(from: &reader, history: settings.history)
            case .log:
                guard reader.word() == restored.rowCount else {
                    throw .stageState(stage, found: "a delta that does not follow the one before")
                }
                while !reader.isAtEnd, !reader.isBroken {
                    let mark = reader.byte()
                    if mark == 3 {
                        restored.take(DemandState.planned(&reader))
                    } else if mark == 1 {
                        let name = DemandState.text(&reader)
                        restored.take(DemandState.stock(&reader), of: name)
                    } else {
                        _ = restored.take(DemandState.row(&reader), keepsFirst: mark == 2)
                    }
                }
            }
            guard reader.isAtEnd else { throw .stageState(stage, found: "bytes that were damaged or cut") }
        }
        state = restored
        isLogging = true
        startLog()
    }
}

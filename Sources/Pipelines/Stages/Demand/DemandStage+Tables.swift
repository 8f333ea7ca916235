public import Records

/// Rows of table feeds: stock, plan, catalog, forecasts from outside, and what is known of periods.
extension DemandStage {
    @discardableResult
    public func absorb(_ batch: RecordBatch, ofTable feed: String) throws(Failure) -> [RowRefusal] {
        switch feed {
        case settings.plan: try absorb(plan: batch)
        case settings.series.catalog: try absorb(catalog: batch)
        case settings.series.outside: try absorb(outside: batch)
        case settings.series.external: try absorb(external: batch)
        default: try absorb(stock: batch)
        }
    }

    /// A row without what it needs.
    private static func missing(_ row: Int, _ column: String) -> RowRefusal {
        RowRefusal(row: row, column: column, code: .missing, found: "nothing", expected: "a value: the stage cannot use the row without it")
    }

    /// The period of a row's time; nil after a refusal.
    private func period(_ batch: RecordBatch, _ time: Int, _ row: Int, _ zone: inout Zone, _ refused: inout [RowRefusal]) -> Int? {
        let name = batch.schema.fields[time].name
        guard batch.columns[time].isValid(row) else {
            refused.append(Self.missing(row, name))
            return nil
        }
        let period = settings.period(of: batch.columns[time].integers[row], &zone)
        guard Int32(exactly: period) != nil else {
            refused.append(
                RowRefusal(row: row, column: name, code: .range, found: "\(settings.period.rawValue) \(period)", expected: "below 2^31"))
            return nil
        }
        return period
    }

    private static func number(_ column: Column?, _ row: Int) -> Double? {
        guard let column, column.isValid(row) else { return nil }
        switch column.type {
        case .float64: return column.doubles[row]
        case .decimal(let scale): return Double(column.integers[row]) / Self.power(scale)
        default: return Double(column.integers[row])
        }
    }

    private static func power(_ scale: Int) -> Double { (0..<scale).reduce(1) { result, _ in result * 10 } }

    /// When a row became known: the lowest where there is no such column, never where it holds nothing.
    private static func known(_ batch: RecordBatch, _ row: Int) -> Int64 {
        batch["known_from"].map { $0.isValid(row) ? $0.integers[row] : .max - 1 } ?? .min
    }

    private func failure(_ feed: String, _ batch: RecordBatch, _ expected: [String]) -> Failure {
        .stageTable("\(DemandSettings.stage).\(feed)", feed: feed, found: batch.schema.fields.map(\.name), expected: expected)
    }

    /// Columns that name a row's series.
    private var seriesNames: [String] {
        [schema.fields[settings.item].name] + (settings.series.location.map { [schema.fields[$0].name] } ?? [])
    }

    /// Names of the rows' series; nil where a row names none.
    private func series(_ batch: RecordBatch) -> [String?]? {
        let columns = seriesNames.map { batch[$0] }
        guard !columns.contains(where: { $0 == nil }) else { return nil }
        return (0..<batch.count).map { row in
            guard let item = columns[0]?.text(row) else { return nil }
            return columns.count == 1 ? item : DemandSeriesName(item: item, location: columns[1]?.text(row) ?? "").text
        }
    }

    private func absorb(stock batch: RecordBatch) throws(Failure) -> [RowRefusal] {
        guard let series = series(batch), let onHand = batch["on_hand"] else {
            throw failure("stock", batch, seriesNames + ["on_hand", "perhaps on_order, unit and value"])
        }
        let time = batch.schema.fields.firstIndex { $0.type == .timestamp || $0.type == .date }
        let unit = settings.series.unit.flatMap { batch[schema.fields[$0].name] }
        var refused: [RowRefusal] = []
        for row in 0..<batch.count {
            guard let key = series[row] else {
                refused.append(Self.missing(row, seriesNames[0]))
                continue
            }
            // A count in another unit, as rows of the sales have it.
            guard var units = count(onHand, "on_hand", row, &refused), let size = unit.map({ size($0, row, &refused) }) ?? 1,
                let onOrder = batch["on_order"].map({ $0.isValid(row) ? count($0, "on_order", row, &refused) : 0 }) ?? 0
            else { continue }
            units *= size
            let stock = DemandState.Stock(
                onHand: units, onOrder: onOrder * size,
                time: time.map { batch.columns[$0].integers[row] } ?? 0, cost: cost(ofUnitIn: batch["value"], row, units: units))
            if isLogging {
                log.byte(1)
                DemandState.write(key, to: &log)
                DemandState.write(stock, to: &log)
            }
            state.take(stock, of: key)
        }
        return refused
    }

    /// Units; nil after a refusal.
    private func count(_ column: Column, _ name: String, _ row: Int, _ refused: inout [RowRefusal]) -> Double? {
        guard let units = Self.number(column, row) else {
            refused.append(Self.missing(row, name))
            return nil
        }
        guard units.isFinite, abs(units) < 1e12 else {
            refused.append(RowRefusal(row: row, column: name, code: .range, found: "\(units)", expected: "units below 1e12"))
            return nil
        }
        return units
    }

    /// Pieces in the row's unit; nil after a refusal.
    func size(_ column: Column, _ row: Int, _ refused: inout [RowRefusal]) -> Double? {
        let text = column.text(row) ?? ""
        if let size = settings.series.unitSizes[text] { return size }
        refused.append(
            RowRefusal(
                row: row, column: settings.series.unit.map { schema.fields[$0].name }, code: .unknownValue,
                found: text.isEmpty ? "no unit" : "unit `\(text)`",
                expected: "one of `unit-sizes`: \(settings.series.unitSizes.keys.sorted().joined(separator: ", "))"))
        return nil
    }

    /// What the stock is worth, a unit; 0 where it is not said, or in another currency.
    private func cost(ofUnitIn value: Column?, _ row: Int, units: Double) -> Int64 {
        guard let value, case .money(let currency) = value.type, currency.code == settings.currency.code, value.isValid(row), units > 0
        else {
            return 0
        }
        return max(Int64((Double(value.integers[row]) / units).rounded()), 0)
    }

    private func absorb(plan batch: RecordBatch) throws(Failure) -> [RowRefusal] {
        let time = batch.schema.fields.firstIndex { $0.type == .timestamp && $0.name != "known_from" }
        let columns = settings.knownNames.map { batch[$0] }
        guard let series = series(batch), let time, !columns.contains(where: { $0 == nil }) else {
            throw failure("plan", batch, seriesNames + ["a timestamp"] + settings.knownNames + ["perhaps known_from"])
        }
        var zone = settings.zone, refused: [RowRefusal] = []
        for row in 0..<batch.count {
            guard let key = series[row] else {
                refused.append(Self.missing(row, seriesNames[0]))
                continue
            }
            guard let period = period(batch, time, row, &zone, &refused) else { continue }
            var values = columns.map { Self.float($0, row) }
            if let price = settings.series.price, values[price] <= 0 { values[price] = .nan }
            let planned = DemandState.Planned(item: key, period: period, values: values, time: Self.known(batch, row))
            if isLogging {
                log.byte(3)
                DemandState.write(planned, to: &log)
            }
            state.take(planned)
        }
        return refused
    }

    private func absorb(catalog batch: RecordBatch) throws(Failure) -> [RowRefusal] {
        let series = settings.series, names = series.hierarchyNames + series.attributeNames
        guard let keys = self.series(batch), let first = series.attributeNames.first, batch[first] != nil else {
            throw failure("catalog", batch, seriesNames + series.attributeNames + ["perhaps launch, known_from and the unit's cost"])
        }
        let cost = settings.unitCost.flatMap { batch[schema.fields[$0].name] }, launch = batch["launch"]
        var refused: [RowRefusal] = []
        for row in 0..<batch.count {
            guard let key = keys[row] else {
                refused.append(Self.missing(row, seriesNames[0]))
                continue
            }
            let entry = DemandState.Entry(
                labels: names.map { batch[$0]?.text(row) ?? "" }, cost: cost.map { $0.isValid(row) ? $0.integers[row] : 0 } ?? 0,
                launch: launch.map { $0.isValid(row) ? $0.integers[row] : .min } ?? .min, known: Self.known(batch, row))
            if isLogging {
                log.byte(6)
                DemandState.write(key, to: &log)
                DemandState.write(entry, to: &log)
            }
            state.take(entry, of: key)
        }
        return refused
    }

    private func absorb(outside batch: RecordBatch) throws(Failure) -> [RowRefusal] {
        let fields = batch.schema.fields
        let levels = fields.compactMap { field in DemandOutside.level(ofColumn: field.name).map { ($0, field.name) } }.sorted { $0 < $1 }
        let time = fields.firstIndex { $0.type == .timestamp && $0.name != "known_from" }
        // A forecast without its known time could have been made after what it forecasts.
        guard let series = series(batch), let time, !levels.isEmpty, batch["known_from"]?.type == .timestamp else {
            throw failure("outside", batch, seriesNames + ["a timestamp in the period", "known_from", "quantiles such as q10, q50, q90"])
        }
        var zone = settings.zone, refused: [RowRefusal] = []
        let columns = levels.map { batch[$0.1] }, model = batch["model"], mean = batch["mean"]
        for row in 0..<batch.count {
            let found = columns.map { Self.number($0, row) }, values = found.compactMap { $0 }.filter(\.isFinite)
            guard let key = series[row] else {
                refused.append(Self.missing(row, seriesNames[0]))
                continue
            }
            guard let period = period(batch, time, row, &zone, &refused) else { continue }
            guard values.count == levels.count else {
                let place = found.firstIndex { $0?.isFinite != true } ?? 0
                refused.append(
                    RowRefusal(
                        row: row, column: levels[place].1, code: found[place] == nil ? .missing : .range,
                        found: found[place].map { "\($0)" } ?? "nothing", expected: "a finite number in every quantile"))
                continue
            }
            let outside = DemandOutside.Row(
                item: key, model: model?.text(row) ?? "outside", period: period,
                known: Self.known(batch, row),
                values: DemandOutside.values(
                    levels: levels.map(\.0), values: values, mean: Self.number(mean, row).flatMap { $0.isFinite ? $0 : nil }))
            if isLogging {
                log.byte(4)
                DemandOutside.write(outside, to: &log)
            }
            state.take(outside)
        }
        return refused
    }

    private func absorb(external batch: RecordBatch) throws(Failure) -> [RowRefusal] {
        let time = batch.schema.fields.firstIndex { $0.type == .timestamp && $0.name != "known_from" }
        let columns = settings.series.externalNames.map { batch[$0] }
        // What was measured is not known before it happened: without its known time a row would tell the past of its future.
        guard let time, !columns.contains(where: { $0 == nil }), batch["known_from"]?.type == .timestamp else {
            throw failure("external", batch, ["a timestamp of the period"] + settings.series.externalNames + ["known_from"])
        }
        var zone = settings.zone, refused: [RowRefusal] = []
        for row in 0..<batch.count {
            guard let period = period(batch, time, row, &zone, &refused) else { continue }
            let planned = DemandState.Planned(
                item: "", period: period,
                values: columns.map { Self.number($0, row).map { Float($0) } ?? .nan }, time: Self.known(batch, row))
            if isLogging {
                log.byte(5)
                DemandState.write(planned, to: &log)
            }
            state.take(external: planned)
        }
        return refused
    }
}

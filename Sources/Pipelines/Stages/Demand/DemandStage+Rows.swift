public import Records

/// Rows of the main feed.
extension DemandStage {
    public func absorb(_ input: StageInput) throws(Failure) -> [RowRefusal] {
        let columns = input.batch.columns
        guard columns.count == schema.fields.count, input.times.count == input.batch.count else {
            throw .stageInput(DemandSettings.stage, found: "other columns", expected: "the columns of the main feed")
        }
        var refused: [RowRefusal] = [], zone = settings.zone
        for index in 0..<input.batch.count {
            guard let units = units(columns, index, &refused) else { continue }
            var row = row(columns, index, time: input.times[index], units: units, &zone)
            if settings.series.addsRows { row.key = input.keys[index] }
            guard !isDoubledHour(&row, at: index, isReplayed: input.isReplayed, &zone, &refused) else { continue }
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

    /// The row's pieces; nil where it is refused.
    private func units(_ columns: [Column], _ index: Int, _ refused: inout [RowRefusal]) -> Double? {
        let column = columns[settings.units], name = schema.fields[settings.units].name
        var value = column.type == .float64 ? column.doubles[index] : Double(column.integers[index])
        if let unit = settings.series.unit {
            guard let size = size(columns[unit], index, &refused) else { return nil }
            value *= size
        }
        guard value.isFinite, abs(value) < 1e12 else {
            refused.append(RowRefusal(row: index, column: name, code: .range, found: "\(value)", expected: "units below 1e12"))
            return nil
        }
        return value
    }

    private func row(_ columns: [Column], _ index: Int, time: Int64, units: Double, _ zone: inout Zone) -> DemandState.Row {
        let period = settings.period(of: time, &zone)
        var row = DemandState.Row(
            item: series(columns, index), period: period, units: units,
            isShort: settings.stockout.map { columns[$0].integers[index] != 0 } ?? false,
            cost: settings.unitCost.map { columns[$0].integers[index] } ?? 0,
            known: settings.known.map { Self.float(columns[$0], index) },
            labels: settings.series.labels.map { columns[$0].text(index) ?? "" },
            time: time)
        if settings.period != .hour, settings.period != .step {
            row.remaining = settings.period.firstDay(of: period + 1) - 1 - Timestamp(microseconds: time + zone.offset(at: time)).day
        }
        if let price = settings.series.price, row.known[price] <= 0 { (row.known[price], row.hasZeroPrice) = (.nan, true) }
        return row
    }

    /// The item, or the item and its place.
    func series(_ columns: [Column], _ index: Int) -> String {
        let item = columns[settings.item].text(index) ?? ""
        guard let location = settings.series.location else { return item }
        return DemandSeriesName(item: item, location: columns[location].text(index) ?? "").text
    }

    /// An hour that clocks show twice, in a feed of wall times: both rows come as the first, so the second is moved on by an hour. Where both
    /// come again after later hours, in order, they correct the two.
    ///
    /// - Returns: whether the row is refused, as one more than the two.
    private func isDoubledHour(
        _ row: inout DemandState.Row, at index: Int, isReplayed: Bool, _ zone: inout Zone, _ refused: inout [RowRefusal]
    ) -> Bool {
        let hour: Int64 = 3_600_000_000
        guard settings.period == .hour, zone.offset(at: row.time + hour) < zone.offset(at: row.time),
            let first = state.units(of: row.item, period: row.period, time: row.time)
        else { return false }
        guard let second = state.units(of: row.item, period: row.period + 1, time: row.time + hour) else {
            (row.period, row.time) = (row.period + 1, row.time + hour)
            return false
        }
        if !isReplayed, let item = state.items[row.item], item.last > row.period + 1 {
            if item.again == row.period {
                (row.period, row.time) = (row.period + 1, row.time + hour)
            } else {
                row.isAgain = true
            }
            return false
        }
        refused.append(
            RowRefusal(
                row: index, column: nil, code: .duplicate,
                found: row.units == first || row.units == second
                    ? "a row of an hour that is there already" : "a third row of an hour that clocks show twice",
                expected: "two rows, one for each time that clocks show this hour"))
        return true
    }

    static func float(_ column: Column?, _ row: Int) -> Float {
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
}

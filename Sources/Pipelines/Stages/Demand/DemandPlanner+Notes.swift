import Models

/// What a person must know of how an item's past was read.
extension DemandPlanner {
    func notes(_ item: DemandState.Item, _ values: [Double], origin: Int) -> [String] {
        let word = settings.period.rawValue, horizon = settings.exposure
        var notes: [String] = []
        func count(_ count: Int) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }
        let known = item.values.prefix(max(origin - item.first + 1, 0))
        let returns = known.count { $0 < 0 }
        if returns > 0 { notes.append("\(count(returns)) with more returns than sales count as 0") }
        let gaps = max(origin - item.first + 1, 0) - known.count { !$0.isNaN }
        if gaps > 0, settings.gap != .zero {
            notes.append("\(count(gaps)) without a row: \(settings.gap == .closed ? "taken for closed" : "the value before goes on")")
        }
        let short = zip(known, item.isShort).count { !$0.isNaN && $1 }
        if short > 0 { notes.append("\(count(short)) in which it ran out count as at least the level before") }
        if values.allSatisfy({ $0 == 0 }) {
            notes.append("nothing was ever sold")
        } else if values.count < horizon {
            notes.append("\(count(values.count)) known for \(count(horizon)) ahead: the forecast rests on little")
        }
        if let factor = Self.jump(values) {
            notes.append(
                "the level is \(factor > 1 ? "\(DemandResult.text(factor)) times" : "1/\(DemandResult.text(1 / factor)) of") "
                    + "what it was: did the unit change (pieces, cases)?")
        }
        if item.zeroPrices > 0 { notes.append("\(count(item.zeroPrices)) with a price of 0 or less: the price is taken for unknown") }
        var zone = settings.zone
        let late = item.known.unknown(after: origin, knownBy: settings.period.start(of: origin + 1, &zone))
        if late > 0 { notes.append("the plan of \(count(late)) became known after the origin and is not used") }
        if settings.unitCost != nil, item.cost == 0 { notes.append("no unit cost above 0 is known: the order costs nothing") }
        return notes
    }

    /// How many times the level before the newest values are, where all of the newest lie apart from all before: at least three newest values,
    /// twice as many before, none of them zero, and a factor of four or more (or its inverse) between the nearest.
    static func jump(_ values: [Double]) -> Double? {
        for length in [3, 4, 6, 8] where values.count >= 3 * length {
            let newest = values.suffix(length), before = values.dropLast(length).suffix(2 * length)
            guard let least = newest.min(), let most = newest.max(), let low = before.min(), let high = before.max(), low > 0, least > 0
            else {
                continue
            }
            if least >= 4 * high || most * 4 <= low {
                return newest.reduce(0, +) / Double(length) / (before.reduce(0, +) / Double(before.count))
            }
        }
        return nil
    }
}

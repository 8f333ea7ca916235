import Records

/// What the stage remembers: each item's units by period, its newest cost and stock, and what is known of items and periods besides.
struct DemandState: Sendable {
    struct Item: Sendable {
        /// Number of the first period of `values`.
        var first: Int
        /// NaN = no row.
        var values = DemandValues()
        /// Ran out in that period.
        var isShort = DemandFlags()
        /// Minor units, and the period it is of.
        var cost: Int64 = 0
        var costPeriod = Int.min
        /// What is known in advance, of past and future periods.
        var known = DemandKnown()
        /// Groups and attributes, as the newest row has them.
        var labels: [String] = []
        /// Rows of a period that has many, in order of time.
        var parts: [Part] = []
        /// Rows whose price was zero or less.
        var zeroPrices = 0
        /// The doubled hour whose first row has come again: the next one is the second's.
        var again: Int?

        var last: Int { first + values.count - 1 }
        var bytes: Int { 200 + values.bytes + isShort.bytes + known.bytes + 24 * parts.capacity + 16 * labels.count }
    }

    struct Part: Equatable, Sendable {
        var time: Int64
        /// Of the feed's key: two documents may name the same item at the same time.
        var key: UInt64
        var units: Double
        var period: Int32
        var isShort: Bool
    }

    /// What the catalog says of an item.
    struct Entry: Equatable, Sendable {
        var labels: [String]
        /// Minor units; 0 = not said.
        var cost: Int64
        /// When it is first sold, and when its row became known, microseconds; the lowest where the feed does not say.
        var launch: Int64
        var known: Int64
    }

    struct Stock: Equatable, Sendable {
        var onHand: Double
        var onOrder: Double
        var time: Int64
        /// Of a unit, minor units, by the stock's value; 0 = not said.
        var cost: Int64 = 0
    }

    /// A row that is taken.
    struct Row {
        var item: String
        var period: Int
        var units: Double
        var isShort: Bool
        var cost: Int64
        var known: [Float] = []
        var labels: [String] = []
        /// Event time, microseconds.
        var time: Int64 = 0
        /// Of the feed's key, where a period has many rows; else 0.
        var key: UInt64 = 0
        /// Days of its period after its own.
        var remaining = 0
        /// The price was zero or less.
        var hasZeroPrice = false
        /// A row of a doubled hour that comes again: the first of the two.
        var isAgain = false
    }

    /// A row of the plan.
    struct Planned {
        var item: String
        var period: Int
        var values: [Float]
        /// When it became known, microseconds; the lowest where the feed does not say.
        var time: Int64
    }

    enum Taken { case new, replaced, same, tooOld }

    let history: Int
    /// A period has many rows.
    let addsRows: Bool
    var items: [String: Item] = [:]
    var stocks: [String: Stock] = [:]
    /// Plans of items that have not sold yet.
    var plans: [String: DemandKnown] = [:]
    var catalog: [String: Entry] = [:]
    var outside = DemandOutside()
    /// What is known of periods for all items alike.
    var external = DemandKnown()
    var ends = DemandPeriodEnds()
    var rowCount: UInt64 = 0
    var newest = Int.min

    init(history: Int, addsRows: Bool = false) { (self.history, self.addsRows) = (history, addsRows) }

    /// The newest row stands earlier in its period than those of the periods before did.
    var newestIsOpen: Bool { ends.newestIsOpen }

    var names: [String] { items.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }

    var bytes: Int {
        items.values.reduce(0) { $0 + $1.bytes } + stocks.count * 64 + catalog.count * 96 + outside.bytes + external.bytes
            + plans.values.reduce(0) { $0 + 64 + $1.bytes }
    }

    /// - Parameter keepsFirst: of two rows with different units the first is kept (rejects that are read again).
    mutating func take(_ row: Row, keepsFirst: Bool) -> Taken {
        rowCount += 1
        newest = max(newest, row.period)
        guard row.period > newest - history else { return .tooOld }
        ends.take(row.period, remaining: row.remaining)
        if items[row.item] == nil {
            items[row.item] = Item(first: row.period, known: plans.removeValue(forKey: row.item) ?? .init())
        }
        items[row.item]?.again = row.isAgain ? row.period : nil
        // In place: a copy of an item would copy its whole past with every row.
        return items[row.item]?.take(row, keepsFirst: keepsFirst, history: history, addsRows: addsRows) ?? .tooOld
    }

    /// What a unit costs, in minor units: by the newest sale, the catalog or the stock's value; where no column of the sales says so, 1 of the
    /// currency in the end.
    func cost(of name: String, _ settings: DemandSettings) -> Int64 {
        for cost in [items[name]?.cost ?? 0, catalog[name]?.cost ?? 0, stocks[name]?.cost ?? 0] where cost > 0 { return cost }
        return settings.unitCost == nil ? Int64(settings.currency.minorUnits) : 0
    }

    /// Whether a row of this item and time, or of its period, is there; and its units.
    func units(of item: String, period: Int, time: Int64) -> Double? {
        guard let item = items[item] else { return nil }
        if addsRows { return item.parts.first { $0.time == time }?.units }
        let at = period - item.first
        return item.values.indices.contains(at) && !item.values[at].isNaN ? item.values[at] : nil
    }

    mutating func take(_ planned: Planned) {
        rowCount += 1
        if newest != .min, planned.period <= newest - history { return }
        if items[planned.item] != nil {
            items[planned.item]?.known.set(planned: planned.values, planned.period, time: planned.time)
        } else {
            plans[planned.item, default: .init()].set(planned: planned.values, planned.period, time: planned.time)
        }
    }

    mutating func take(_ entry: Entry, of item: String) {
        rowCount += 1
        if let known = catalog[item], known.known > entry.known { return }
        catalog[item] = entry
    }

    mutating func take(_ row: DemandOutside.Row) {
        rowCount += 1
        outside.take(row, newest: newest, history: history)
    }

    /// A row about a period for all items alike.
    mutating func take(external row: Planned) {
        rowCount += 1
        guard newest == .min || row.period > newest - history else { return }
        external.set(planned: row.values, row.period, time: row.time)
        if newest != .min, rowCount % 1_024 == 0 { external.forget(before: newest - history) }
    }

    mutating func take(_ stock: Stock, of item: String) {
        rowCount += 1
        if let known = stocks[item], known.time > stock.time { return }
        stocks[item] = stock
    }
}

extension DemandState.Item {
    mutating func take(_ row: DemandState.Row, keepsFirst: Bool, history: Int, addsRows: Bool) -> DemandState.Taken {
        if row.period < first {
            let gap = first - row.period
            values.insertNone(gap)
            isShort.insertNone(gap)
            first = row.period
        }
        while last < row.period {
            values.append(.nan)
            isShort.append(false)
        }
        if !row.labels.isEmpty, row.period >= last || labels.isEmpty { labels = row.labels }
        let taken = addsRows ? add(row, keepsFirst: keepsFirst) : set(row, keepsFirst: keepsFirst)
        if taken == .same || (taken == .replaced && keepsFirst) { return taken }
        if row.hasZeroPrice { zeroPrices += 1 }
        // A unit costs something: a row that says nothing does not know.
        if row.cost > 0, row.period >= costPeriod { (cost, costPeriod) = (row.cost, row.period) }
        let excess = values.count - history
        if excess > 0 {
            values.removeFirst(excess)
            isShort.removeFirst(excess)
            first += excess
            known.forget(before: first)
            parts.removeFirst(parts.firstIndex { Int($0.period) >= first } ?? parts.count)
        }
        return taken
    }

    /// The one row of its period.
    mutating func set(_ row: DemandState.Row, keepsFirst: Bool) -> DemandState.Taken {
        let at = row.period - first, before = values[at]
        if !row.known.isEmpty, before.isNaN || !keepsFirst { known.set(sold: row.known, row.period) }
        if !before.isNaN, keepsFirst || (before == row.units && isShort[at] == row.isShort) {
            return before == row.units ? .same : .replaced
        }
        (values[at], isShort[at]) = (row.units, row.isShort)
        return before.isNaN ? .new : .replaced
    }

    /// One of the rows of its period, known by its time and the feed's key: the period's units are their sum, in order of time.
    mutating func add(_ row: DemandState.Row, keepsFirst: Bool) -> DemandState.Taken {
        let part = DemandState.Part(
            time: row.time, key: row.key, units: row.units, period: Int32(truncatingIfNeeded: row.period), isShort: row.isShort)
        var low = 0, high = parts.count
        while low < high {
            let middle = (low + high) / 2
            if (parts[middle].time, parts[middle].key) < (row.time, row.key) { low = middle + 1 } else { high = middle }
        }
        let isKnown = low < parts.count && parts[low].time == row.time && parts[low].key == row.key
        if isKnown, keepsFirst || parts[low] == part { return parts[low].units == row.units ? .same : .replaced }
        if isKnown { parts[low] = part } else { parts.insert(part, at: low) }
        if !row.known.isEmpty { known.set(sold: row.known, row.period) }
        var from = low
        while from > 0, parts[from - 1].period == part.period { from -= 1 }
        let at = row.period - first
        (values[at], isShort[at]) = (0, false)
        while from < parts.count, parts[from].period == part.period {
            values[at] += parts[from].units
            if parts[from].isShort { isShort[at] = true }
            from += 1
        }
        return isKnown ? .replaced : .new
    }
}

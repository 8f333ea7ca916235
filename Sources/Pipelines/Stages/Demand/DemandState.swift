import Records

/// What the stage remembers: each item's units by period, its newest cost and stock.
struct DemandState {
    struct Item {
        /// Number of the first period of `values`.
        var first: Int
        /// NaN = no row.
        var values: [Double]
        /// Ran out in that period.
        var isShort: [Bool]
        /// Minor units, and the period it is of.
        var cost: Int64 = 0
        var costPeriod = Int.min
        /// What is known in advance, of past and future periods.
        var known = DemandKnown()

        var last: Int { first + values.count - 1 }
    }

    struct Stock: Equatable {
        var onHand: Double
        var onOrder: Double
        var time: Int64
    }

    /// A row that is taken.
    struct Row {
        var item: String
        var period: Int
        var units: Double
        var isShort: Bool
        var cost: Int64
        var known: [Float] = []
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
    private(set) var items: [String: Item] = [:]
    private(set) var stocks: [String: Stock] = [:]
    /// Plans of items that have not sold yet.
    private var plans: [String: DemandKnown] = [:]
    private(set) var rowCount: UInt64 = 0
    private var newest = Int.min

    init(history: Int) { self.history = history }

    var names: [String] { items.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }

    var bytes: Int { items.values.reduce(0) { $0 + 160 + 9 * $1.values.capacity + $1.known.bytes } + stocks.count * 64 }

    /// - Parameter keepsFirst: of two rows with different units the first is kept (rejects that are read again).
    mutating func take(_ row: Row, keepsFirst: Bool) -> Taken {
        rowCount += 1
        newest = max(newest, row.period)
        guard row.period > newest - history else { return .tooOld }
        var item =
            items[row.item] ?? Item(first: row.period, values: [], isShort: [], known: plans.removeValue(forKey: row.item) ?? .init())
        defer { items[row.item] = item }
        if row.period < item.first {
            let gap = item.first - row.period
            item.values.insert(contentsOf: repeatElement(.nan, count: gap), at: 0)
            item.isShort.insert(contentsOf: repeatElement(false, count: gap), at: 0)
            item.first = row.period
        }
        while item.last < row.period {
            item.values.append(.nan)
            item.isShort.append(false)
        }
        let at = row.period - item.first, before = item.values[at]
        if !row.known.isEmpty, before.isNaN || !keepsFirst { item.known.set(row.period, row.known, time: .min, isSold: true) }
        if !before.isNaN, keepsFirst || (before == row.units && item.isShort[at] == row.isShort) {
            return before == row.units ? .same : .replaced
        }
        (item.values[at], item.isShort[at]) = (row.units, row.isShort)
        if row.period >= item.costPeriod { (item.cost, item.costPeriod) = (row.cost, row.period) }
        let excess = item.values.count - history
        if excess > 0 {
            item.values.removeFirst(excess)
            item.isShort.removeFirst(excess)
            item.first += excess
            item.known.forget(before: item.first)
        }
        return before.isNaN ? .new : .replaced
    }

    mutating func take(_ planned: Planned) {
        rowCount += 1
        if newest != .min, planned.period <= newest - history || planned.period > newest + history { return }
        if items[planned.item] != nil {
            items[planned.item]?.known.set(planned.period, planned.values, time: planned.time, isSold: false)
        } else {
            plans[planned.item, default: .init()].set(planned.period, planned.values, time: planned.time, isSold: false)
        }
    }

    mutating func take(_ stock: Stock, of item: String) {
        rowCount += 1
        if let known = stocks[item], known.time > stock.time { return }
        stocks[item] = stock
    }

    // MARK: Bytes

    func write(to writer: inout ByteWriter) {
        writer.word(rowCount)
        writer.signed(Int64(newest == .min ? -1 : newest))
        writer.byte(newest == .min ? 0 : 1)
        writer.varint(UInt64(items.count))
        for name in names {
            guard let item = items[name] else { continue }
            Self.write(name, to: &writer)
            writer.signed(Int64(item.first))
            writer.signed(item.cost)
            writer.signed(Int64(item.costPeriod == .min ? -1 : item.costPeriod))
            writer.varint(UInt64(item.values.count))
            for at in item.values.indices {
                writer.word(item.values[at].bitPattern)
                writer.byte(item.isShort[at] ? 1 : 0)
            }
            item.known.write(to: &writer)
        }
        writer.varint(UInt64(stocks.count))
        for name in stocks.keys.sorted() {
            guard let stock = stocks[name] else { continue }
            Self.write(name, to: &writer)
            Self.write(stock, to: &writer)
        }
        writer.varint(UInt64(plans.count))
        for name in plans.keys.sorted() {
            Self.write(name, to: &writer)
            plans[name]?.write(to: &writer)
        }
    }

    init(from reader: inout ByteReader, history: Int) {
        self.init(history: history)
        rowCount = reader.word()
        let newest = Int(reader.signed())
        self.newest = reader.byte() == 0 ? .min : newest
        for _ in 0..<reader.count(of: 5) {
            let name = Self.text(&reader)
            var item = Item(first: Int(reader.signed()), values: [], isShort: [])
            item.cost = reader.signed()
            item.costPeriod = Int(reader.signed())
            for _ in 0..<reader.count(of: 9) {
                item.values.append(Double(bitPattern: reader.word()))
                item.isShort.append(reader.byte() == 1)
            }
            item.known = DemandKnown(from: &reader)
            items[name] = item
        }
        for _ in 0..<reader.count(of: 18) {
            let name = Self.text(&reader)
            stocks[name] = Self.stock(&reader)
        }
        for _ in 0..<reader.count(of: 4) {
            let name = Self.text(&reader)
            plans[name] = DemandKnown(from: &reader)
        }
    }

    static func write(_ text: String, to writer: inout ByteWriter) {
        var text = text
        text.withUTF8 { writer.text($0) }
    }

    static func text(_ reader: inout ByteReader) -> String { String(decoding: reader.text(), as: UTF8.self) }

    static func write(_ row: Row, to writer: inout ByteWriter) {
        write(row.item, to: &writer)
        writer.signed(Int64(row.period))
        writer.word(row.units.bitPattern)
        writer.byte(row.isShort ? 1 : 0)
        writer.signed(row.cost)
        write(row.known, to: &writer)
    }

    static func write(_ values: [Float], to writer: inout ByteWriter) {
        writer.varint(UInt64(values.count))
        for value in values { writer.word(UInt64(value.bitPattern)) }
    }

    static func floats(_ reader: inout ByteReader) -> [Float] {
        (0..<reader.count(of: 8)).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: reader.word())) }
    }

    static func write(_ planned: Planned, to writer: inout ByteWriter) {
        write(planned.item, to: &writer)
        writer.signed(Int64(planned.period))
        write(planned.values, to: &writer)
        writer.signed(planned.time)
    }

    static func planned(_ reader: inout ByteReader) -> Planned {
        Planned(item: text(&reader), period: Int(reader.signed()), values: floats(&reader), time: reader.signed())
    }

    static func row(_ reader: inout ByteReader) -> Row {
        Row(
            item: text(&reader), period: Int(reader.signed()), units: Double(bitPattern: reader.word()), isShort: reader.byte() == 1,
            cost: reader.signed(), known: floats(&reader))
    }

    static func write(_ stock: Stock, to writer: inout ByteWriter) {
        writer.word(stock.onHand.bitPattern)
        writer.word(stock.onOrder.bitPattern)
        writer.signed(stock.time)
    }

    static func stock(_ reader: inout ByteReader) -> Stock {
        Stock(onHand: Double(bitPattern: reader.word()), onOrder: Double(bitPattern: reader.word()), time: reader.signed())
    }
}

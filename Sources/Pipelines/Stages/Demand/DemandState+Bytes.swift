import Records

/// The state as bytes.
extension DemandState {
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
            for at in item.values.indices { Self.write(item.values[at], isShort: item.isShort[at], to: &writer) }
            item.known.write(to: &writer)
            writer.varint(UInt64(item.zeroPrices))
            writer.signed(item.again.map(Int64.init) ?? .min)
            Self.write(item.labels, to: &writer)
            writer.varint(UInt64(item.parts.count))
            for part in item.parts {
                writer.signed(part.time)
                writer.word(part.key)
                writer.word(part.units.bitPattern)
                writer.signed(Int64(part.period))
                writer.byte(part.isShort ? 1 : 0)
            }
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
        writer.varint(UInt64(catalog.count))
        for name in catalog.keys.sorted() {
            guard let entry = catalog[name] else { continue }
            Self.write(name, to: &writer)
            Self.write(entry, to: &writer)
        }
        outside.write(to: &writer)
        external.write(to: &writer)
        ends.write(to: &writer)
    }

    init(from reader: inout ByteReader, history: Int, addsRows: Bool) {
        self.init(history: history, addsRows: addsRows)
        rowCount = reader.word()
        let newest = Int(reader.signed())
        self.newest = reader.byte() == 0 ? .min : newest
        for _ in 0..<reader.count(of: 5) {
            let name = Self.text(&reader)
            var item = Item(first: Int(reader.signed()))
            item.cost = reader.signed()
            item.costPeriod = Int(reader.signed())
            let count = reader.count(of: 1)
            item.values.reserveCapacity(count)
            for _ in 0..<count {
                let (value, isShort) = Self.value(&reader)
                item.values.append(value)
                item.isShort.append(isShort)
            }
            item.known = DemandKnown(from: &reader)
            item.zeroPrices = Int(reader.varint())
            let again = reader.signed()
            item.again = again == .min ? nil : Int(again)
            item.labels = Self.texts(&reader)
            for _ in 0..<reader.count(of: 19) {
                item.parts.append(
                    Part(
                        time: reader.signed(), key: reader.word(), units: Double(bitPattern: reader.word()),
                        period: Int32(truncatingIfNeeded: reader.signed()), isShort: reader.byte() == 1))
            }
            items[name] = item
        }
        for _ in 0..<reader.count(of: 19) {
            let name = Self.text(&reader)
            stocks[name] = Self.stock(&reader)
        }
        for _ in 0..<reader.count(of: 4) {
            let name = Self.text(&reader)
            plans[name] = DemandKnown(from: &reader)
        }
        for _ in 0..<reader.count(of: 5) {
            let name = Self.text(&reader)
            catalog[name] = Self.entry(&reader)
        }
        outside = DemandOutside(from: &reader)
        external = DemandKnown(from: &reader)
        ends = DemandPeriodEnds(from: &reader)
    }

    /// Whole numbers, which most units are, in a few bytes instead of eight: the state of many items is mostly these.
    private static func write(_ value: Double, isShort: Bool, to writer: inout ByteWriter) {
        let mark: UInt8 = isShort ? 4 : 0
        if value.isNaN {
            writer.byte(mark)
        } else if abs(value) < 0x1p50, Double(Int64(value)).bitPattern == value.bitPattern {
            writer.byte(mark + 1)
            writer.signed(Int64(value))
        } else {
            writer.byte(mark + 2)
            writer.word(value.bitPattern)
        }
    }

    private static func value(_ reader: inout ByteReader) -> (Double, isShort: Bool) {
        let mark = reader.byte()
        switch mark & 3 {
        case 0: return (.nan, mark >= 4)
        case 1: return (Double(reader.signed()), mark >= 4)
        default: return (Double(bitPattern: reader.word()), mark >= 4)
        }
    }

    static func write(_ texts: [String], to writer: inout ByteWriter) {
        writer.varint(UInt64(texts.count))
        for text in texts { write(text, to: &writer) }
    }

    static func texts(_ reader: inout ByteReader) -> [String] { (0..<reader.count(of: 1)).map { _ in text(&reader) } }

    static func write(_ entry: Entry, to writer: inout ByteWriter) {
        write(entry.labels, to: &writer)
        writer.signed(entry.cost)
        writer.signed(entry.launch)
        writer.signed(entry.known)
    }

    static func entry(_ reader: inout ByteReader) -> Entry {
        Entry(labels: texts(&reader), cost: reader.signed(), launch: reader.signed(), known: reader.signed())
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
        write(row.labels, to: &writer)
        writer.signed(row.time)
        writer.varint(row.key)
        writer.signed(Int64(row.remaining))
        writer.byte((row.hasZeroPrice ? 1 : 0) + (row.isAgain ? 2 : 0))
    }

    static func write(_ values: [Float], to writer: inout ByteWriter) {
        writer.varint(UInt64(values.count))
        for value in values {
            let bits = value.bitPattern
            for shift in [0, 8, 16, 24] as [UInt32] { writer.byte(UInt8(truncatingIfNeeded: bits >> shift)) }
        }
    }

    static func floats(_ reader: inout ByteReader) -> [Float] {
        (0..<reader.count(of: 4)).map { _ in
            var bits: UInt32 = 0
            for shift in [0, 8, 16, 24] as [UInt32] { bits |= UInt32(reader.byte()) << shift }
            return Float(bitPattern: bits)
        }
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
        var row = Row(
            item: text(&reader), period: Int(reader.signed()), units: Double(bitPattern: reader.word()), isShort: reader.byte() == 1,
            cost: reader.signed(), known: floats(&reader), labels: texts(&reader), time: reader.signed(), key: reader.varint(),
            remaining: Int(reader.signed()), hasZeroPrice: false)
        let marks = reader.byte()
        (row.hasZeroPrice, row.isAgain) = (marks & 1 != 0, marks & 2 != 0)
        return row
    }

    static func write(_ stock: Stock, to writer: inout ByteWriter) {
        writer.word(stock.onHand.bitPattern)
        writer.word(stock.onOrder.bitPattern)
        writer.signed(stock.time)
        writer.signed(stock.cost)
    }

    static func stock(_ reader: inout ByteReader) -> Stock {
        Stock(
            onHand: Double(bitPattern: reader.word()), onOrder: Double(bitPattern: reader.word()), time: reader.signed(),
            cost: reader.signed())
    }
}

import Records

extension FraudState {
    /// Written before every snapshot and log: `fraud`, the layout's version, what it is, and the parameters' fingerprint.
    enum Kind: UInt64 {
        case base = 0x6672_6175_6401_0001
        case log = 0x6672_6175_6401_0002
    }

    func write(to writer: inout ByteWriter) {
        writer.word(Kind.base.rawValue)
        writer.word(settings.fingerprint)
        for number in [watermark, cutoff, swept, nextDay] { writer.word(UInt64(bitPattern: number)) }
        writer.varint(rowCount)
        writer.varint(eventCount)
        writer.byte(usesKeys ? 1 : 0)
        customers.write(to: &writer)
        terminals.write(to: &writer)
        for terminal in 0..<terminals.names.count where terminals.names.isLive(terminal) { histories[terminal].write(to: &writer) }
        pending.write(to: &writer)
        writer.varint(UInt64(waiting.count))
        for (key, labels) in waiting.sorted(by: { $0.key < $1.key }) {
            writer.word(key)
            writer.varint(UInt64(labels.count))
            for label in labels {
                writer.signed(label.known)
                writer.word(label.order)
                writer.byte(label.isPositive ? 1 : 0)
            }
        }
        writer.seal()
    }

    /// - Parameter reader: past the header.
    init(from reader: inout ByteReader, settings: FraudSettings) {
        self.init(settings: settings)
        watermark = Int64(bitPattern: reader.word())
        cutoff = Int64(bitPattern: reader.word())
        swept = Int64(bitPattern: reader.word())
        nextDay = Int64(bitPattern: reader.word())
        rowCount = reader.varint()
        eventCount = reader.varint()
        let hadKeys = reader.byte() == 1
        customers = AccountBook(from: &reader, countsFrauds: false, isText: settings.customerIsText)
        terminals = AccountBook(from: &reader, countsFrauds: true, isText: settings.terminalIsText)
        for terminal in 0..<terminals.names.count {
            histories.append(terminals.names.isLive(terminal) ? LabelHistory(from: &reader) : LabelHistory())
        }
        pending = PendingLabels(from: &reader)
        if hadKeys { indexKeys() }
        for _ in 0..<reader.count(of: 10) {
            let key = reader.word()
            for _ in 0..<reader.count(of: 10) {
                var label = PendingLabel(
                    known: reader.signed(), order: reader.word(), key: key, time: 0, terminal: 0, sequence: 0, isPositive: false)
                label.isPositive = reader.byte() == 1
                waiting[key, default: []].append(label)
            }
            _ = keys.set(KeyTable.Place(key: key, time: 0, terminal: KeyTable.Place.waiting, sequence: 0))
        }
        if !reader.isAtEnd || !customers.refers(onlyTo: terminals.names) || !terminals.refers(onlyTo: customers.names) { reader.fail() }
    }
}

import Records

extension FraudState {
    /// Written before every snapshot and log: `fraud`, the layout's version, what it is, and the parameters' fingerprint.
    enum Kind: UInt64 {
        case base = 0x6672_6175_6404_0001
        case log = 0x6672_6175_6404_0002
    }

    func write(to writer: inout ByteWriter) {
        writer.word(Kind.base.rawValue)
        writer.word(settings.fingerprint)
        for number in [watermark, cutoff, swept, nextDay] { writer.word(UInt64(bitPattern: number)) }
        writer.varint(rowCount)
        writer.varint(sweptRows)
        writer.varint(eventCount)
        writer.byte(usesKeys ? 1 : 0)
        customers.names.write(to: &writer)
        terminals.names.write(to: &writer)
        log.write(to: &writer)
        for terminal in 0..<terminals.names.count where terminals.names.isLive(terminal) { histories[terminal].write(to: &writer) }
        pending.write(to: &writer)
        writer.varint(UInt64(waiting.count))
        for (key, labels) in waiting.sorted {
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
        sweptRows = reader.varint()
        eventCount = reader.varint()
        let hadKeys = reader.byte() == 1
        customers = AccountBook(from: &reader, isText: settings.customerIsText, keeps: settings.keptOfCards)
        terminals = AccountBook(from: &reader, isText: settings.terminalIsText, keeps: settings.keptOfTerminals)
        if !readLog(&reader) { reader.fail() }
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
                waiting.add(label)
            }
        }
        if !reader.isAtEnd { reader.fail() }
    }

    /// The rows, and what follows from them: whose they are, and the windows. False when they name a card or terminal that is not there.
    private mutating func readLog(_ reader: inout ByteReader) -> Bool {
        guard sweptRows <= rowCount else { return false }
        log = TransactionLog(from: &reader, end: UInt32(truncatingIfNeeded: rowCount))
        for offset in 0..<log.count {
            let sequence = log.first &+ UInt32(truncatingIfNeeded: offset), row = log.row(sequence).pointee
            guard isRemembered(row, sequence) else { continue }
            let (customer, terminal) = (Int(row.customer), row.terminal)
            guard customers.names.isLive(customer), terminals.names.isLive(terminal) else { return false }
            if row.isLate {
                customers.insert(sequence, time: row.time, into: customer, log)
                terminals.insert(sequence, time: row.time, into: terminal, log)
            } else {
                customers.append(sequence, to: customer, log)
                terminals.append(sequence, to: terminal, log)
            }
        }
        windows.rebuild(clock: watermark, swept: swept, log: log, customers: customers, terminals: terminals)
        return true
    }
}

extension TransactionLog {
    /// All rows in order; what is forgotten but not yet dropped too, so that positions stay.
    func write(to writer: inout ByteWriter) {
        writer.varint(UInt64(count))
        var previous: Int64 = 0
        for offset in 0..<count {
            let row = row(first &+ UInt32(truncatingIfNeeded: offset)).pointee
            writer.signed(row.time &- previous)
            writer.signed(row.amount)
            writer.word(row.key)
            writer.varint(UInt64(row.customer))
            let marks: UInt64 = (row.isExplained ? 8 : 0) | (row.isOut ? 4 : 0) | (row.isLate ? 2 : 0) | (row.isFraud ? 1 : 0)
            writer.varint(UInt64(row.terminal) << 4 | marks)
            previous = row.time
        }
    }

    /// - Parameter end: the sequence of the next row to come.
    init(from reader: inout ByteReader, end: UInt32) {
        let count = reader.count(of: 12)
        self.init(first: end &- UInt32(truncatingIfNeeded: count))
        var time: Int64 = 0
        for _ in 0..<count {
            time &+= reader.signed()
            let amount = reader.signed(), key = reader.word(), customer = reader.varint(), terminal = reader.varint()
            var row = Transaction(
                time: time, amount: amount, key: key, customer: Int(customer & UInt64(Transaction.entityLimit - 1)),
                terminal: Int(terminal >> 4 & UInt64(Transaction.entityLimit - 1)), isLate: terminal & 2 != 0)
            (row.isExplained, row.isOut, row.isFraud) = (terminal & 8 != 0, terminal & 4 != 0, terminal & 1 != 0)
            append(row)
        }
    }
}

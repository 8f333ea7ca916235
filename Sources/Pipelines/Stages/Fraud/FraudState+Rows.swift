import Records

/// What evidence needs of the rows of the last batch.
struct FraudBatchTrace {
    var customers: [UInt32] = []
    var terminals: [UInt32] = []
    var times: [Int64] = []
    /// The state's cutoff when the row was consumed.
    var cutoffs: [Int64] = []
    /// Position of the first row.
    var firstSequence: UInt32 = 0

    mutating func start(rows: Int, at sequence: UInt32) {
        customers.removeAll(keepingCapacity: true)
        terminals.removeAll(keepingCapacity: true)
        times.removeAll(keepingCapacity: true)
        cutoffs.removeAll(keepingCapacity: true)
        customers.reserveCapacity(rows)
        terminals.reserveCapacity(rows)
        times.reserveCapacity(rows)
        cutoffs.reserveCapacity(rows)
        firstSequence = sequence
    }

    var allocated: Int { customers.capacity * 8 + times.capacity * 16 }
}

/// The names in a batch's column, without copies.
struct NameColumn {
    let integers: UnsafeBufferPointer<Int64>
    let offsets: UnsafeBufferPointer<Int32>
    let bytes: UnsafeBufferPointer<UInt8>

    /// Calls `body` with pointers into the column.
    static func with(_ column: Column, _ body: (NameColumn) -> Void) {
        column.integers.withUnsafeBufferPointer { integers in
            column.offsets.withUnsafeBufferPointer { offsets in
                column.bytes.withUnsafeBufferPointer { bytes in
                    body(NameColumn(integers: integers, offsets: offsets, bytes: bytes))
                }
            }
        }
    }
}

/// The parts of a batch that the loop over its rows reads.
struct FraudRows {
    let count: Int
    let customers: NameColumn
    let terminals: NameColumn
    let amounts: UnsafeBufferPointer<Int64>
    let times: UnsafeBufferPointer<Int64>
    let keys: UnsafeBufferPointer<UInt64>
    /// Empty where no row corrects an earlier one.
    let corrected: UnsafeBufferPointer<Bool>
    /// Empty where no labels travel with the rows.
    let labels: UnsafeBufferPointer<Bool?>
    let labelDelay: Int64

    static func with(_ input: StageInput, _ settings: FraudSettings, _ body: (FraudRows) -> Void) {
        NameColumn.with(input.batch.columns[settings.customer]) { customers in
            NameColumn.with(input.batch.columns[settings.terminal]) { terminals in
                input.batch.columns[settings.amount].integers.withUnsafeBufferPointer { amounts in
                    input.times.withUnsafeBufferPointer { times in
                        input.keys.withUnsafeBufferPointer { keys in
                            input.labels.withUnsafeBufferPointer { labels in
                                input.corrected.withUnsafeBufferPointer { corrected in
                                    body(
                                        FraudRows(
                                            count: input.batch.count, customers: customers, terminals: terminals, amounts: amounts,
                                            times: times, keys: keys, corrected: corrected, labels: labels,
                                            labelDelay: input.labelDelay.microseconds))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

extension AccountBook {
    /// The number of the name in a row; a new one gets an account.
    @inline(__always)
    mutating func entity(_ column: NameColumn, _ row: Int) -> (entity: Int, isNew: Bool) {
        let found: (entity: Int, isNew: Bool)
        if names.isText {
            let start = Int(column.offsets[row]), end = Int(column.offsets[row + 1])
            found = names.find(text: UnsafeBufferPointer(rebasing: column.bytes[start..<end]))
        } else {
            found = names.find(integer: column.integers[row])
        }
        if found.isNew { open(found.entity) }
        return found
    }
}

extension FraudState {
    /// Takes a batch: its label events, then its rows; writes the log of both unless `log` is off.
    ///
    /// - Parameter features: room for 15 values a row.
    mutating func consume(
        _ input: StageInput, into features: UnsafeMutablePointer<Float>, trace: inout FraudBatchTrace, log: inout ByteWriter,
        isLogging: Bool
    ) {
        begin(input.events)
        trace.start(rows: input.batch.count, at: UInt32(truncatingIfNeeded: rowCount))
        if isLogging { Self.log(input, to: &log) }
        FraudRows.with(input, settings) { consume($0, into: features, trace: &trace, log: &log, isLogging: isLogging) }
    }

    private mutating func consume(
        _ rows: FraudRows, into features: UnsafeMutablePointer<Float>, trace: inout FraudBatchTrace, log: inout ByteWriter, isLogging: Bool
    ) {
        var previous: Int64 = 0
        for row in 0..<rows.count {
            let isCorrected = !rows.corrected.isEmpty && rows.corrected[row]
            let inherited = isCorrected ? takeOut(rows.keys[row]) : []
            let customer = customers.entity(rows.customers, row), terminal = terminals.entity(rows.terminals, row)
            if terminal.isNew { openHistory(terminal.entity) }
            let time = rows.times[row], amount = rows.amounts[row], key = rows.keys[row]
            consume(
                customer: customer.entity, terminal: terminal.entity, time: time, amount: amount, key: key,
                into: features + row * Self.featureCount)
            if !inherited.isEmpty { inherit(inherited, time: time, terminal: terminal.entity) }
            let isPositive = !rows.labels.isEmpty && rows.labels[row] == true
            if isPositive { addLabel(time: time, terminal: terminal.entity, known: time &+ rows.labelDelay) }
            if isLogging {
                log.varint((customer.isNew ? 0 : UInt64(customer.entity + 1)) << 2 | (isCorrected ? 2 : 0) | (isPositive ? 1 : 0))
                if isCorrected { log.word(key) }
                if customer.isNew { customers.names.writeName(customer.entity, to: &log) }
                log.varint(terminal.isNew ? 0 : UInt64(terminal.entity + 1))
                if terminal.isNew { terminals.names.writeName(terminal.entity, to: &log) }
                log.signed(time &- previous)
                log.signed(amount)
                log.word(key)
                previous = time
            }
            trace.customers.append(UInt32(customer.entity))
            trace.terminals.append(UInt32(terminal.entity))
            trace.times.append(time)
            trace.cutoffs.append(cutoff)
        }
    }

    @inline(__always)
    mutating func openHistory(_ terminal: Int) {
        if terminal == histories.count { histories.append(LabelHistory()) } else { histories[terminal] = LabelHistory() }
    }

    private static func log(_ input: StageInput, to log: inout ByteWriter) {
        log.varint(UInt64(input.batch.count))
        log.varint(UInt64(input.events.count))
        log.signed(input.labelDelay.microseconds)
        for event in input.events {
            log.word(event.key)
            log.signed(event.known.microseconds)
            log.byte(event.isPositive ? 1 : 0)
        }
    }

    /// Goes again the way of the batches in a log.
    mutating func replay(_ reader: inout ByteReader) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.featureCount) { features in
            guard let ignored = features.baseAddress else { return }
            while !reader.isAtEnd, !reader.isBroken { replayBatch(&reader, into: ignored) }
        }
    }

    private mutating func replayBatch(_ reader: inout ByteReader, into ignored: UnsafeMutablePointer<Float>) {
        let rows = reader.count(of: 12), events = reader.count(of: 10), labelDelay = reader.signed()
        var given: [LabelEvent] = []
        for _ in 0..<events {
            let key = reader.word(), known = Timestamp(microseconds: reader.signed())
            given.append(LabelEvent(key: key, isPositive: reader.byte() == 1, known: known))
        }
        begin(given)
        var previous: Int64 = 0
        for _ in 0..<rows {
            let reference = reader.varint()
            let inherited = reference & 2 == 2 ? takeOut(reader.word()) : []
            let customer = customers.entity(reference >> 2, from: &reader)
            let terminal = terminals.entity(reader.varint(), from: &reader)
            guard !reader.isBroken else { return }
            if terminal.isNew { openHistory(terminal.entity) }
            let time = previous &+ reader.signed(), amount = reader.signed(), key = reader.word()
            consume(customer: customer.entity, terminal: terminal.entity, time: time, amount: amount, key: key, into: ignored)
            if !inherited.isEmpty { inherit(inherited, time: time, terminal: terminal.entity) }
            if reference & 1 == 1 { addLabel(time: time, terminal: terminal.entity, known: time &+ labelDelay) }
            previous = time
        }
    }
}

extension AccountBook {
    /// The entity that a log refers to: 0 = a new one, its name follows; else its number plus one.
    fileprivate mutating func entity(_ reference: UInt64, from reader: inout ByteReader) -> (entity: Int, isNew: Bool) {
        guard reference == 0 else {
            let entity = Int(clamping: reference - 1)
            if !names.isLive(entity) { reader.fail() }
            return (entity, false)
        }
        let found = names.readName(from: &reader)
        if found.isNew { open(found.entity) } else { reader.fail() }
        return found
    }
}

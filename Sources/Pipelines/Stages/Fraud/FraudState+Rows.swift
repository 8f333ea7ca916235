import Records

/// Whom the rows of a batch are about, found before the rows are consumed; and what evidence needs of the last batch.
struct FraudBatchTrace {
    /// Numbers of the cards and terminals, a row each; the top bit is set where the row is the first to name it.
    fileprivate(set) var customers: [UInt32] = []
    fileprivate(set) var terminals: [UInt32] = []
    fileprivate(set) var times: [Int64] = []
    /// Where the state's cutoff moved on: the first row it holds for, in order.
    fileprivate(set) var cutoffs: [(row: Int, cutoff: Int64)] = []
    /// Position of the first row.
    fileprivate(set) var firstSequence: UInt32 = 0

    fileprivate static let new: UInt32 = 1 << 31

    var allocated: Int { (customers.capacity + terminals.capacity) * 4 + times.capacity * 8 }

    func customer(_ row: Int) -> Int { Int(customers[row] & ~Self.new) }
    func terminal(_ row: Int) -> Int { Int(terminals[row] & ~Self.new) }

    /// The state's cutoff when the row was consumed.
    func cutoff(_ row: Int) -> Int64 { cutoffs.last { $0.row <= row }?.cutoff ?? .min / 2 }
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
        trace.times = input.times
        trace.cutoffs = [(0, cutoff)]
        trace.firstSequence = UInt32(truncatingIfNeeded: rowCount)
        if isLogging { Self.log(input, to: &log) }
        FraudRows.with(input, settings) { rows in
            resolve(rows, &trace)
            trace.customers.withUnsafeBufferPointer { customers in
                trace.terminals.withUnsafeBufferPointer { terminals in
                    consume(
                        rows, customers: customers, terminals: terminals, into: features, cutoffs: &trace.cutoffs, log: &log,
                        isLogging: isLogging)
                }
            }
        }
    }

    /// Finds the numbers of all cards and terminals: apart from the loop over rows, each of these loops stays with one table.
    private mutating func resolve(_ rows: FraudRows, _ trace: inout FraudBatchTrace) {
        trace.customers = [UInt32](unsafeUninitializedCapacity: rows.count) { numbers, count in
            for row in 0..<rows.count {
                let found = customers.entity(rows.customers, row)
                numbers[row] = UInt32(found.entity) | (found.isNew ? FraudBatchTrace.new : 0)
            }
            count = rows.count
        }
        trace.terminals = [UInt32](unsafeUninitializedCapacity: rows.count) { numbers, count in
            for row in 0..<rows.count {
                let found = terminals.entity(rows.terminals, row)
                if found.isNew { openHistory(found.entity) }
                numbers[row] = UInt32(found.entity) | (found.isNew ? FraudBatchTrace.new : 0)
            }
            count = rows.count
        }
    }

    private mutating func consume(
        _ rows: FraudRows, customers numbers: UnsafeBufferPointer<UInt32>, terminals places: UnsafeBufferPointer<UInt32>,
        into features: UnsafeMutablePointer<Float>, cutoffs: inout [(row: Int, cutoff: Int64)], log: inout ByteWriter, isLogging: Bool
    ) {
        var (previous, known): (Int64, Int64) = (0, cutoff)
        for row in 0..<rows.count {
            let isCorrected = !rows.corrected.isEmpty && rows.corrected[row]
            let inherited = isCorrected ? takeOut(rows.keys[row]) : []
            let customer = Int(numbers[row] & ~FraudBatchTrace.new), terminal = Int(places[row] & ~FraudBatchTrace.new)
            let time = rows.times[row], amount = rows.amounts[row], key = rows.keys[row]
            consume(customer: customer, terminal: terminal, time: time, amount: amount, key: key, into: features + row * featureCount)
            if !inherited.isEmpty { inherit(inherited, time: time, terminal: terminal) }
            let isPositive = !rows.labels.isEmpty && rows.labels[row] == true
            if isPositive { addLabel(time: time, terminal: terminal, known: time &+ rows.labelDelay) }
            if isLogging {
                let isNew = (customer: numbers[row] != UInt32(customer), terminal: places[row] != UInt32(terminal))
                log.varint((isNew.customer ? 0 : UInt64(customer + 1)) << 2 | (isCorrected ? 2 : 0) | (isPositive ? 1 : 0))
                if isCorrected { log.word(key) }
                if isNew.customer { customers.names.writeName(customer, to: &log) }
                log.varint(isNew.terminal ? 0 : UInt64(terminal + 1))
                if isNew.terminal { terminals.names.writeName(terminal, to: &log) }
                log.signed(time &- previous)
                log.signed(amount)
                log.word(key)
                previous = time
            }
            if cutoff != known {
                known = cutoff
                cutoffs.append((row, cutoff))
            }
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
        withUnsafeTemporaryAllocation(of: Float.self, capacity: featureCount) { features in
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

import Records

/// Everything the fraud stage remembers, and the rows' way through it.
///
/// Advice to the next reader: a row in time order takes `consumeInOrder`, which only moves running windows (`FraudWindows`); a late row
/// takes `consumeLate`, which looks back from its own time. Both must give what `FraudReference` in the tests gives by definition.
struct FraudState: ~Copyable {
    var featureCount: Int { settings.features.count }
    /// How long a label event waits for a row of its key, after it became known.
    static let waitingLimit = 60 * FraudWindows.day
    /// Night is from 0:00 to here.
    private static let nightEnd: Int64 = 7 * 3_600_000_000

    let settings: FraudSettings
    var customers: AccountBook
    var terminals: AccountBook
    var log = TransactionLog()
    var windows: FraudWindows
    /// One a terminal.
    var histories: [LabelHistory] = []
    /// Of the terminal at hand; kept for its memory.
    var knownFrauds: [KnownFraud] = []
    var pending = PendingLabels()
    var waiting = WaitingLabels()
    /// Empty until the first label event; labels that travel with rows do not need it.
    var keys = KeyTable()
    var usesKeys = false
    var zone: Zone

    /// The latest event time so far.
    var watermark: Int64 = .min / 2
    /// Rows at or before it are forgotten: a function of the watermark's day alone.
    var cutoff: Int64 = .min / 2
    var swept: Int64 = .min / 2
    /// Rows consumed when it was swept.
    var sweptRows: UInt64 = 0
    var nextDay: Int64 = .min / 2
    var rowCount: UInt64 = 0
    var eventCount: UInt64 = 0
    /// The local day of the last row: where it starts as a wall time, and whether it is a Saturday or Sunday.
    private var wallDay: Int64 = .min / 2
    private var isWeekend: Float = 0

    init(settings: FraudSettings) {
        self.settings = settings
        zone = settings.zone
        customers = AccountBook(isText: settings.customerIsText, keeps: settings.keptOfCards)
        terminals = AccountBook(isText: settings.terminalIsText, keeps: settings.keptOfTerminals)
        windows = FraudWindows(delay: settings.delay)
    }

    var allocated: Int {
        var facts = 0
        for history in histories { facts += history.facts.capacity }
        return customers.allocated + terminals.allocated + log.allocated + windows.allocated + pending.allocated + keys.allocated
            + histories.capacity * 8 + facts * MemoryLayout<KnownLabel>.stride + waiting.count * 80
    }

    // MARK: A batch's start

    /// Forgets what is over, then takes the label events.
    mutating func begin(_ events: [LabelEvent]) {
        if swept < cutoff { sweep() }
        guard !events.isEmpty else { return }
        if !usesKeys { indexKeys() }
        for event in events {
            pending.add(.event(event, number: eventCount))
            eventCount += 1
        }
    }

    /// Builds the key table from the rows remembered.
    ///
    /// A key means its newest row. Where that one is forgotten already, as a late one may be before an earlier one of its key, the key
    /// means no row: so does the table that was kept row by row.
    mutating func indexKeys() {
        usesKeys = true
        for offset in 0..<log.count {
            let sequence = log.first &+ UInt32(truncatingIfNeeded: offset), row = log.row(sequence).pointee
            if row.isOut { continue }
            keys.set(row.key, sequence, log)
            if !isRemembered(row, sequence) { keys.remove(row.key, sequence, log) }
        }
    }

    /// Whether a row of the log still belongs to its card and terminal.
    func isRemembered(_ row: Transaction, _ sequence: UInt32) -> Bool {
        let age = UInt32(truncatingIfNeeded: rowCount) &- sequence
        return !row.isOut && (row.time > swept || UInt64(age) <= rowCount - sweptRows)
    }

    // MARK: A row

    /// Computes the 15 features of a row and remembers it.
    @inline(__always)
    mutating func consume(
        customer: Int, terminal: Int, time: Int64, amount: Int64, key: UInt64, into features: UnsafeMutablePointer<Float>
    ) {
        let isLate = time < watermark
        if !isLate {
            watermark = time
            if time >= nextDay { startDay() }
        }
        if pending.next <= watermark { learn() }
        let sequence = UInt32(truncatingIfNeeded: rowCount)
        rowCount += 1
        log.append(Transaction(time: time, amount: amount, key: key, customer: customer, terminal: terminal, isLate: isLate))
        if isLate {
            customers.insert(sequence, time: time, into: customer, log)
            terminals.insert(sequence, time: time, into: terminal, log)
            if time > cutoff { windows.insertLate(sequence, log: log, customers: customers, terminals: terminals) }
        } else {
            customers.append(sequence, to: customer, log)
            terminals.append(sequence, to: terminal, log)
        }
        if usesKeys {
            keys.set(key, sequence, log)
            if waiting.mayHold(key) { settle(key, time: time, terminal: terminal, sequence: sequence) }
        }
        let wall = time &+ zone.offset(at: time)
        features[0] = Float(Double(amount) / settings.minorUnits)
        if wall < wallDay || wall >= wallDay &+ FraudWindows.day { startWallDay(wall) }
        features[1] = isWeekend
        features[2] = wall &- wallDay < Self.nightEnd ? 1 : 0
        if isLate {
            consumeLate(customer: customer, terminal: terminal, time: time, sequence: sequence, into: features)
        } else {
            consumeInOrder(customer: customer, terminal: terminal, amount: amount, into: features)
        }
        if settings.features == .full {
            let hour = (wall &- wallDay) / 3_600_000_000
            profile(customer: customer, terminal: terminal, time: time, hour: hour, sequence: sequence, into: features)
        }
    }

    @inline(never)
    private mutating func startWallDay(_ wall: Int64) {
        let instant = Timestamp(microseconds: wall)
        wallDay = Int64(instant.day) * FraudWindows.day
        isWeekend = instant.weekday >= 5 ? 1 : 0
    }

    @inline(__always)
    private mutating func consumeInOrder(customer: Int, terminal: Int, amount: Int64, into features: UnsafeMutablePointer<Float>) {
        windows.advance(to: watermark, log: log, customers: customers, terminals: terminals)
        let card = customers.sums(of: customer), place = terminals.sums(of: terminal)
        for window in 0..<FraudWindows.count {
            card[window].add(amount)
            setMean(features + 3 + 2 * window, card[window])
            setShare(features + 9 + 2 * window, place[window])
        }
    }

    @inline(__always)
    private func setMean(_ features: UnsafeMutablePointer<Float>, _ amounts: WindowSum) {
        features[0] = Float(amounts.count)
        features[1] = Float(Double(amounts.sum) / (Double(amounts.count) * settings.minorUnits))
    }

    @inline(__always)
    private func setShare(_ features: UnsafeMutablePointer<Float>, _ frauds: WindowSum) {
        features[0] = Float(frauds.count)
        features[1] = frauds.count == 0 ? 0 : Float(Double(frauds.sum) / Double(frauds.count))
    }

    /// As of the row's own time, from what has been consumed so far.
    @inline(never)
    private mutating func consumeLate(
        customer: Int, terminal: Int, time: Int64, sequence: UInt32, into features: UnsafeMutablePointer<Float>
    ) {
        let card = customers.accounts[customer], place = terminals.accounts[terminal]
        let delayed = time &- settings.delay
        for (window, width) in FraudWindows.widths.enumerated() {
            // Beyond the cutoff nothing counts, whether it is swept already or not; the row itself always does.
            let first = card.rows(until: max(time &- width, cutoff), log), last = card.rows(until: time, log)
            var amounts = WindowSum()
            for index in first..<max(first, last) { amounts.add(log.row(card[index]).pointee.amount) }
            if amounts.count == 0 { amounts.add(log.row(sequence).pointee.amount) }
            setMean(features + 3 + 2 * window, amounts)

            let lower = max(delayed &- width, cutoff)
            let before = place.rows(until: lower, log), transactions = max(place.rows(until: delayed, log), before) - before
            let frauds = transactions == 0 ? 0 : histories[terminal].frauds(after: lower, until: delayed, knownBy: time)
            setShare(features + 9 + 2 * window, WindowSum(count: Int64(transactions), sum: frauds))
        }
    }

    /// Takes the newest row of a key out of the windows, as a corrected one comes in its place.
    ///
    /// - Returns: what was known about it; the corrected row inherits it.
    @inline(never)
    mutating func takeOut(_ key: UInt64) -> [KnownLabel] {
        if !usesKeys { indexKeys() }
        guard let sequence = keys.row(of: key, log) else { return [] }
        let row = log.row(sequence).pointee
        guard row.time > cutoff, !row.isOut else { return [] }
        windows.takeOut(sequence, log: log, customers: customers, terminals: terminals)
        terminals.remove(sequence, time: row.time, from: row.terminal, log)
        customers.remove(sequence, time: row.time, from: Int(row.customer), log)
        keys.remove(key, sequence, log)
        return histories[row.terminal].take(time: row.time, sequence: sequence)
    }

    /// Gives the row just consumed what was known about the one it corrects.
    @inline(never)
    mutating func inherit(_ labels: [KnownLabel], time: Int64, terminal: Int) {
        let sequence = UInt32(truncatingIfNeeded: rowCount - 1)
        for label in labels {
            apply(
                PendingLabel(
                    known: label.known, order: label.order, key: 0, time: time, terminal: UInt32(terminal), sequence: sequence,
                    isPositive: label.isPositive),
                terminal: terminal, time: time, sequence: sequence)
        }
    }

    @inline(never)
    private mutating func startDay() {
        let start = Int64(Timestamp(microseconds: watermark).day) * FraudWindows.day
        nextDay = start + FraudWindows.day
        cutoff = start &- settings.memory
    }

    // MARK: Labels

    /// A label that travels with the row just consumed.
    mutating func addLabel(time: Int64, terminal: Int, known: Int64) {
        pending.add(
            PendingLabel(
                known: known, order: rowCount - 1, key: 0, time: time, terminal: UInt32(terminal),
                sequence: UInt32(truncatingIfNeeded: rowCount - 1), isPositive: true))
    }

    /// Applies every label known by the watermark.
    @inline(never)
    private mutating func learn() {
        while pending.next <= watermark {
            let label = pending.takeFirst()
            guard label.isEvent else {
                apply(label, terminal: Int(label.terminal), time: label.time, sequence: label.sequence)
                continue
            }
            if let sequence = keys.row(of: label.key, log), log.row(sequence).pointee.time > cutoff {
                let row = log.row(sequence).pointee
                apply(label, terminal: row.terminal, time: row.time, sequence: sequence)
            } else {
                waiting.add(label)
            }
        }
    }

    private mutating func apply(_ label: PendingLabel, terminal: Int, time: Int64, sequence: UInt32) {
        // The row may be forgotten by now, and its terminal's number given to another.
        guard time > cutoff, log.contains(sequence), log.row(sequence).pointee.time == time,
            log.row(sequence).pointee.terminal == terminal, !log.row(sequence).pointee.isOut
        else { return }
        let isFraud = histories[terminal].add(
            KnownLabel(time: time, sequence: sequence, known: label.known, order: label.order, isPositive: label.isPositive))
        windows.setFraud(isFraud, at: sequence, log: log, terminals: terminals)
    }

    /// Gives a new row the labels that came before it.
    @inline(never)
    private mutating func settle(_ key: UInt64, time: Int64, terminal: Int, sequence: UInt32) {
        for label in waiting.take(key) where label.known > watermark &- Self.waitingLimit {
            apply(label, terminal: terminal, time: time, sequence: sequence)
        }
    }

    // MARK: Eviction

    /// Forgets rows at or before the cutoff, entities without rows, and labels that waited too long. Changes no feature.
    private mutating func sweep() {
        (swept, sweptRows) = (cutoff, rowCount)
        windows.forgetLate(until: cutoff, log: log)
        for entity in 0..<customers.names.count where customers.names.isLive(entity) {
            while customers.accounts[entity].count > 0, customers.accounts[entity].time(0, log) <= cutoff {
                customers.dropFirst(entity)
            }
            customers.tidy(entity)
        }
        for entity in 0..<terminals.names.count where terminals.names.isLive(entity) {
            while terminals.accounts[entity].count > 0 {
                let sequence = terminals.accounts[entity][0], row = log.row(sequence).pointee
                guard row.time <= cutoff else { break }
                if usesKeys { keys.remove(row.key, sequence, log) }
                terminals.dropFirst(entity)
            }
            if !histories[entity].isEmpty { histories[entity].drop(until: cutoff) }
            terminals.tidy(entity)
        }
        while log.count > 0, log.row(log.first).pointee.time <= cutoff { log.dropFirst() }
        customers.names.compact()
        terminals.names.compact()
        waiting.drop(until: watermark &- Self.waitingLimit)
    }
}

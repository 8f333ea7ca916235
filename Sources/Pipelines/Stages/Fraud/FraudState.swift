import Records

/// Everything the fraud stage remembers, and the rows' way through it.
///
/// Advice to the next reader: a row in time order takes `consumeInOrder`, which only moves running windows; a late row takes
/// `consumeLate`, which looks back from its own time. Both must give what `FraudReference` in the tests gives by definition.
struct FraudState: ~Copyable {
    static let featureCount = 15
    /// How long a label event waits for a row of its key, after it became known.
    static let waitingLimit = 60 * AccountBook.day

    let settings: FraudSettings
    var customers: AccountBook
    var terminals: AccountBook
    /// One a terminal.
    var histories: [LabelHistory] = []
    var pending = PendingLabels()
    var waiting: [UInt64: [PendingLabel]] = [:]
    /// Empty until the first label event; labels that travel with rows do not need it.
    var keys = KeyTable()
    var usesKeys = false
    var zone: Zone

    /// The latest event time so far.
    var watermark: Int64 = .min / 2
    /// Rows at or before it are forgotten: a function of the watermark's day alone.
    var cutoff: Int64 = .min / 2
    var swept: Int64 = .min / 2
    var nextDay: Int64 = .min / 2
    var rowCount: UInt64 = 0
    var eventCount: UInt64 = 0

    init(settings: FraudSettings) {
        self.settings = settings
        zone = settings.zone
        customers = AccountBook(countsFrauds: false, isText: settings.customerIsText)
        terminals = AccountBook(countsFrauds: true, isText: settings.terminalIsText)
    }

    var allocated: Int {
        var facts = 0
        for history in histories { facts += history.facts.capacity }
        return customers.allocated + terminals.allocated + pending.allocated + keys.allocated
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
    mutating func indexKeys() {
        usesKeys = true
        for entity in 0..<terminals.names.count where terminals.names.isLive(entity) {
            for index in 0..<terminals.accounts[entity].count {
                let row = terminals.accounts[entity][index]
                let age = UInt32(truncatingIfNeeded: rowCount) &- row.sequence
                if let place = keys.place(of: row.key), UInt32(truncatingIfNeeded: rowCount) &- place.sequence <= age { continue }
                _ = keys.set(KeyTable.Place(key: row.key, time: row.time, terminal: UInt32(entity), sequence: row.sequence))
            }
        }
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
        let customerRow = Transaction(time: time, amount: amount, key: key, partyAndLabel: UInt32(terminal), sequence: sequence)
        let terminalRow = Transaction(time: time, amount: amount, key: key, partyAndLabel: UInt32(customer), sequence: sequence)
        customers.insert(customerRow, into: customer)
        terminals.insert(terminalRow, into: terminal)
        if usesKeys {
            let place = KeyTable.Place(key: key, time: time, terminal: UInt32(terminal), sequence: sequence)
            if keys.set(place) { settle(place) }
        }
        let wall = time &+ zone.offset(at: time)
        let instant = Timestamp(microseconds: wall)
        features[0] = Float(Double(amount) / settings.minorUnits)
        features[1] = instant.weekday >= 5 ? 1 : 0
        features[2] = instant.hour <= 6 ? 1 : 0
        if isLate {
            consumeLate(customer: customer, terminal: terminal, time: time, sequence: sequence, into: features)
        } else {
            consumeInOrder(customer: customer, terminal: terminal, time: time, into: features)
        }
    }

    @inline(__always)
    private mutating func consumeInOrder(customer: Int, terminal: Int, time: Int64, into features: UnsafeMutablePointer<Float>) {
        customers.advance(customer, to: time)
        let card = customers.accounts + customer
        setMean(features + 3, card.pointee.end - card.pointee.starts.0, card.pointee.sums.0)
        setMean(features + 5, card.pointee.end - card.pointee.starts.1, card.pointee.sums.1)
        setMean(features + 7, card.pointee.end - card.pointee.starts.2, card.pointee.sums.2)
        terminals.advance(terminal, to: time &- settings.delay)
        let place = terminals.accounts + terminal
        setShare(features + 9, place.pointee.end - place.pointee.starts.0, place.pointee.sums.0)
        setShare(features + 11, place.pointee.end - place.pointee.starts.1, place.pointee.sums.1)
        setShare(features + 13, place.pointee.end - place.pointee.starts.2, place.pointee.sums.2)
    }

    @inline(__always)
    private func setMean(_ features: UnsafeMutablePointer<Float>, _ count: UInt32, _ sum: Int64) {
        features[0] = Float(count)
        features[1] = Float(Double(sum) / (Double(count) * settings.minorUnits))
    }

    @inline(__always)
    private func setShare(_ features: UnsafeMutablePointer<Float>, _ count: UInt32, _ frauds: Int64) {
        features[0] = Float(count)
        features[1] = count == 0 ? 0 : Float(Double(frauds) / Double(count))
    }

    /// As of the row's own time, from what has been consumed so far.
    @inline(never)
    private mutating func consumeLate(
        customer: Int, terminal: Int, time: Int64, sequence: UInt32, into features: UnsafeMutablePointer<Float>
    ) {
        let card = customers.accounts[customer], place = terminals.accounts[terminal]
        let delayed = time &- settings.delay
        let widths = [AccountBook.widths.0, AccountBook.widths.1, AccountBook.widths.2]
        for (window, width) in widths.enumerated() {
            // Beyond the cutoff nothing counts, whether it is swept already or not; the row itself always does.
            let first = card.rows(until: max(time &- width, cutoff)), last = card.rows(until: time)
            var (count, sum): (UInt32, Int64) = (0, 0)
            for index in first..<max(first, last) { (count, sum) = (count + 1, sum &+ card[index].amount) }
            if count == 0, let own = card.index(time: time, sequence: sequence) { (count, sum) = (1, card[own].amount) }
            setMean(features + 3 + 2 * window, count, sum)

            let lower = max(delayed &- width, cutoff)
            let transactions = max(place.rows(until: delayed), place.rows(until: lower)) - place.rows(until: lower)
            setShare(
                features + 9 + 2 * window, transactions,
                transactions == 0 ? 0 : histories[terminal].frauds(after: lower, until: delayed, knownBy: time))
        }
    }

    /// Takes the newest row of a key out of the windows, as a corrected one comes in its place.
    ///
    /// - Returns: what was known about it; the corrected row inherits it.
    @inline(never)
    mutating func takeOut(_ key: UInt64) -> [KnownLabel] {
        if !usesKeys { indexKeys() }
        guard let place = keys.place(of: key), place.terminal != KeyTable.Place.waiting, place.time > cutoff else { return [] }
        let terminal = Int(place.terminal)
        guard terminals.names.isLive(terminal), let at = terminals.accounts[terminal].index(time: place.time, sequence: place.sequence)
        else { return [] }
        let customer = terminals.accounts[terminal][at].party
        terminals.remove(at: at, of: terminal)
        if customers.names.isLive(customer),
            let index = customers.accounts[customer].index(time: place.time, sequence: place.sequence)
        {
            customers.remove(at: index, of: customer)
        }
        keys.remove(key, terminal: place.terminal, sequence: place.sequence)
        return histories[terminal].take(time: place.time, sequence: place.sequence)
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
        let start = Int64(Timestamp(microseconds: watermark).day) * AccountBook.day
        nextDay = start + AccountBook.day
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
            if let place = keys.place(of: label.key), place.terminal != KeyTable.Place.waiting, place.time > cutoff {
                apply(label, terminal: Int(place.terminal), time: place.time, sequence: place.sequence)
            } else {
                waiting[label.key, default: []].append(label)
                _ = keys.set(KeyTable.Place(key: label.key, time: 0, terminal: KeyTable.Place.waiting, sequence: 0))
            }
        }
    }

    private mutating func apply(_ label: PendingLabel, terminal: Int, time: Int64, sequence: UInt32) {
        // The row may be forgotten by now, and its terminal's number given to another.
        guard time > cutoff, terminals.names.isLive(terminal),
            let index = terminals.accounts[terminal].index(time: time, sequence: sequence)
        else { return }
        let isFraud = histories[terminal].add(
            KnownLabel(time: time, sequence: sequence, known: label.known, order: label.order, isPositive: label.isPositive))
        terminals.setFraud(isFraud, at: index, of: terminal)
    }

    /// Gives a new row the labels that came before it.
    @inline(never)
    private mutating func settle(_ place: KeyTable.Place) {
        for label in waiting.removeValue(forKey: place.key) ?? [] where label.known > watermark &- Self.waitingLimit {
            apply(label, terminal: Int(place.terminal), time: place.time, sequence: place.sequence)
        }
    }

    // MARK: Eviction

    /// Forgets rows at or before the cutoff, entities without rows, and labels that waited too long. Changes no feature.
    private mutating func sweep() {
        swept = cutoff
        for entity in 0..<customers.names.count where customers.names.isLive(entity) {
            while customers.accounts[entity].count > 0, customers.accounts[entity][0].time <= cutoff { customers.dropFirst(entity) }
            customers.tidy(entity)
        }
        for entity in 0..<terminals.names.count where terminals.names.isLive(entity) {
            while terminals.accounts[entity].count > 0, terminals.accounts[entity][0].time <= cutoff {
                let row = terminals.accounts[entity][0]
                if usesKeys { keys.remove(row.key, terminal: UInt32(entity), sequence: row.sequence) }
                terminals.dropFirst(entity)
            }
            if !histories[entity].isEmpty { histories[entity].drop(until: cutoff) }
            terminals.tidy(entity)
        }
        customers.names.compact()
        terminals.names.compact()
        let oldest = watermark &- Self.waitingLimit
        for (key, labels) in waiting where labels.allSatisfy({ $0.known <= oldest }) {
            waiting[key] = nil
            keys.remove(key, terminal: KeyTable.Place.waiting, sequence: 0)
        }
    }
}

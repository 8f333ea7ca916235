/// Amounts of some earlier rows, in minor units.
struct AmountLevel {
    var count = 0
    var sum = 0.0
    var squares = 0.0
    var maximum = -Double.infinity

    @inline(__always)
    mutating func add(_ amount: Double) {
        count += 1
        sum += amount
        squares += amount * amount
        if amount > maximum { maximum = amount }
    }

    func joined(_ other: AmountLevel) -> AmountLevel {
        AmountLevel(
            count: count + other.count, sum: sum + other.sum, squares: squares + other.squares, maximum: max(maximum, other.maximum))
    }

    var mean: Double { sum / Double(count) }
    /// Of the population.
    var deviation: Double { max(squares / Double(count) - mean * mean, 0).squareRoot() }
    /// What deviations are measured in: never less than a tenth of the mean or one minor unit, so that a card which always pays the same
    /// does not turn every other amount into an outlier.
    var scale: Double { max(deviation, abs(mean) / 10, 1) }

    /// `value` over the mean; the mean is taken as one minor unit at least.
    func ratio(_ value: Double) -> Double { value / max(mean, 1) }
    func score(_ value: Double) -> Double { (value - mean) / scale }
}

/// The profile: 41 features beyond the handbook's, of the card's own level of amounts and of what is known of the terminal.
///
/// One way for rows in time and late ones: everything is looked up from the row's own time, over at most 256 earlier rows of the card and the
/// frauds known at the terminal.
extension FraudState {
    /// Amounts of the last 14 days are judged by those of the 30 days before.
    static let recentWidth = 14 * FraudWindows.day
    static let quietWidth = 30 * FraudWindows.day
    /// Most earlier rows of a card that are looked at.
    static let profileRows = 256
    /// Fewest rows that make a level.
    static let levelRows = 5
    /// An amount that lies more deviations above the card's level is high, and explains a fraud by itself.
    static let highScore = 2.5

    /// Writes features 15 to 55 of the row just remembered.
    @inline(never)
    mutating func profile(
        customer: Int, terminal: Int, time: Int64, hour: Int64, sequence: UInt32, into features: UnsafeMutablePointer<Float>
    ) {
        features[15] = Float(hour)
        if profileCard(customer, terminal: terminal, time: time, sequence: sequence, into: features + 16) {
            log.row(sequence).pointee.isExplained = true
        }
        profileTerminal(terminal, time: time, sequence: sequence, into: features + 36)
    }

    /// - Returns: whether the amount is high for this card.
    private func profileCard(
        _ customer: Int, terminal: Int, time: Int64, sequence: UInt32, into features: UnsafeMutablePointer<Float>
    ) -> Bool {
        let account = customers.accounts[customer], own = account.index(of: sequence, time: time, log)
        let oldest = max(time &- Self.recentWidth &- Self.quietWidth, cutoff)
        let first = own - min(own, UInt32(Self.profileRows)), place = UInt32(terminal)
        var (index, visits) = (own, 0)
        let newest = account.level(&index, first, after: max(time &- 3 * FraudWindows.day, oldest), place, &visits, log)
        let middle = account.level(&index, first, after: max(time &- Self.recentWidth, oldest), place, &visits, log)
        let quiet = account.level(&index, first, after: oldest, place, &visits, log)
        let recent = newest.joined(middle), prior = recent.joined(quiet)
        features[0] = prior.count == 0 ? .nan : Self.days(time &- account.time(own - 1))
        (features[1], features[2], features[3]) = (Float(visits), Float(prior.count), Float(quiet.count))
        let amount = Double(log.row(sequence).pointee.amount), unit = settings.minorUnits
        features[16] = prior.count == 0 ? .nan : Float(prior.mean / unit)
        features[17] = prior.count == 0 ? .nan : Float(prior.maximum / unit)
        features[18] = prior.count == 0 ? .nan : Float(prior.ratio(amount))
        features[19] = prior.count == 0 ? .nan : Float(amount / max(prior.maximum, 1))
        let level = quiet.count >= Self.levelRows ? quiet : prior
        guard level.count >= Self.levelRows else {
            for feature in 4..<16 { features[feature] = .nan }
            return false
        }
        features[4] = Float(level.mean / unit)
        features[5] = Float(level.deviation / unit)
        features[6] = Float(level.maximum / unit)
        features[7] = Float(level.ratio(amount))
        features[8] = Float(level.score(amount))
        features[9] = Float(amount / max(level.maximum, 1))
        features[10] = newest.count == 0 ? .nan : Float(level.score(newest.maximum))
        features[11] = recent.count == 0 ? .nan : Float(level.score(recent.maximum))
        features[12] = newest.count == 0 ? .nan : Float(level.ratio(newest.mean))
        features[13] = recent.count == 0 ? .nan : Float(level.ratio(recent.mean))
        let high =
            recent.count == 0 || level.score(recent.maximum) <= Self.highScore
            ? (newest: 0, recent: 0) : highAmounts(account, from: index, to: own, time: time, level: level)
        (features[14], features[15]) = (Float(high.newest), Float(high.recent))
        return level.score(amount) > Self.highScore
    }

    /// High amounts in the last 3 and 14 days among the rows `from..<to`.
    private func highAmounts(_ account: Account, from: UInt32, to: UInt32, time: Int64, level: AmountLevel) -> (newest: Int, recent: Int) {
        var (newest, recent) = (0, 0)
        for index in from..<to {
            let age = time &- account.time(index)
            guard age < Self.recentWidth, level.score(Double(account.amount(index, log))) > Self.highScore else { continue }
            recent += 1
            if age < 3 * FraudWindows.day { newest += 1 }
        }
        return (newest, recent)
    }

    private mutating func profileTerminal(_ terminal: Int, time: Int64, sequence: UInt32, into features: UnsafeMutablePointer<Float>) {
        let account = terminals.accounts[terminal], own = account.index(of: sequence, time: time, log)
        let until = time &- settings.delay, oldest = max(until &- Self.quietWidth, cutoff)
        let before = own == 0 ? oldest : account.time(own - 1)
        features[0] = before > oldest ? Self.days(time &- before) : .nan
        for (window, width) in FraudWindows.widths.enumerated() {
            features[1 + window] = Float(own - min(own, account.rows(until: max(time &- width, cutoff), log)))
        }
        let seen = account.rows(until: max(time &- Self.recentWidth &- Self.quietWidth, cutoff), log)
        features[19] = seen < own ? Self.days(time &- account.time(seen)) : 0
        for feature in 4..<19 { features[feature] = 0 }
        for feature in [8, 9, 10, 11, 12, 13, 14] { features[feature] = .nan }
        let low = account.rows(until: oldest, log), high = max(min(account.rows(until: until, log), own), low)
        knownFrauds.removeAll(keepingCapacity: true)
        if high > low, !histories[terminal].isEmpty {
            histories[terminal].collectFrauds(after: oldest, until: until, knownBy: time, besides: sequence, into: &knownFrauds)
        }
        // The newest rows that are known by now: how many of them in a row are frauds, and when the last genuine one was.
        var (run, place) = (0, high)
        while place > low, run < knownFrauds.count, account[place - 1] == knownFrauds[knownFrauds.count - 1 - run].sequence {
            (run, place) = (run + 1, place - 1)
        }
        features[18] = Float(run)
        if place > low { features[13] = Self.days(time &- account.time(place - 1)) }
        guard let last = knownFrauds.last else { return }
        features[14] = Self.days(time &- last.time)
        var (firstUnexplained, lastUnexplained): (Int?, Int?) = (nil, nil)
        for (number, fraud) in knownFrauds.enumerated() {
            let age = until &- fraud.time, day = FraudWindows.day
            let isExplained = log.row(fraud.sequence).pointee.isExplained
            if age < 7 * day { features[15] += 1 }
            if age < 14 * day { features[16] += 1 }
            features[17] += 1
            if isExplained { continue }
            if age < 3 * day { features[4] += 1 }
            if age < 7 * day { features[5] += 1 }
            if age < 14 * day { features[6] += 1 }
            features[7] += 1
            firstUnexplained = firstUnexplained ?? number
            lastUnexplained = number
        }
        guard let firstUnexplained, let lastUnexplained else { return }
        let first = knownFrauds[firstUnexplained]
        features[8] = Self.days(time &- first.time)
        features[9] = Self.days(time &- knownFrauds[lastUnexplained].time)
        let rows = Double(high - account.index(of: first.sequence, time: first.time, log)),
            frauds = Double(knownFrauds.count - firstUnexplained)
        features[10] = Float(rows)
        features[11] = Float(rows - frauds)
        features[12] = Float(frauds / rows)
    }

    private static func days(_ span: Int64) -> Float { Float(Double(span) / Double(FraudWindows.day)) }
}

/// A row of a terminal that is known as fraud.
struct KnownFraud {
    var time: Int64
    var sequence: UInt32
}

extension Account {
    /// Amounts of the rows below `index`, down to `first`, with time > `after`; moves `index` to the oldest of them.
    ///
    /// - Parameter visits: counts those at the terminal.
    @inline(__always)
    func level(
        _ index: inout UInt32, _ first: UInt32, after limit: Int64, _ terminal: UInt32, _ visits: inout Int,
        _ log: borrowing TransactionLog
    ) -> AmountLevel {
        var level = AmountLevel()
        while index > first {
            guard time(index - 1) > limit else { break }
            index -= 1
            level.add(Double(amount(index, log)))
            visits += self.terminal(index) == terminal ? 1 : 0
        }
        return level
    }

    /// Index of a row that is held.
    @inline(__always)
    func index(of sequence: UInt32, time: Int64, _ log: borrowing TransactionLog) -> UInt32 {
        if self[count - 1] == sequence { return count - 1 }
        var index = rows(until: time, log) - 1
        while index > 0, self[index] != sequence { index -= 1 }
        return index
    }
}

extension LabelHistory {
    /// Rows with time in `after`+1...`until` that were known as fraud at `clock`, oldest first.
    ///
    /// - Parameter own: a row that does not count, though its label may be known already.
    func collectFrauds(after: Int64, until: Int64, knownBy clock: Int64, besides own: UInt32, into frauds: inout [KnownFraud]) {
        var (low, high) = (0, facts.count)
        while low < high {
            let middle = (low + high) / 2
            if facts[middle].time <= after { low = middle + 1 } else { high = middle }
        }
        while low < facts.count, facts[low].time <= until {
            let row = facts[low]
            var isFraud = false
            while low < facts.count, facts[low].time == row.time, facts[low].sequence == row.sequence {
                if facts[low].known <= clock { isFraud = facts[low].isPositive }
                low += 1
            }
            if isFraud, row.sequence != own { frauds.append(KnownFraud(time: row.time, sequence: row.sequence)) }
        }
    }
}

import Records

/// When deliveries are due, in a zone, without holidays where business days count.
struct DeliveryCalendar {
    /// One expected delivery: due at an instant, named after its day or hour.
    struct Period: Hashable, Sendable {
        /// `2026-06-02`, or `2026-06-02T14` of an hour.
        var name: String
        /// What arrived after this and until `due` is the period's.
        var opens: Timestamp
        var due: Timestamp
    }

    let expect: ExpectSettings
    private let holidays: Set<Int>
    private let zone: Zone

    /// How many past periods are looked at: more say no more than these.
    static let mostPeriods = 31

    init(_ expect: ExpectSettings, zone: String, holidays: Holidays) {
        (self.expect, self.holidays, self.zone) = (expect, holidays.set, Zone(zone) ?? .utc)
    }

    /// The periods due in `(start, end]`, the newest last, at most `mostPeriods` of them.
    func periods(after start: Timestamp, through end: Timestamp) -> [Period] {
        var periods: [Period] = []
        var due = previous(from: end)
        while due.instant > start, periods.count < Self.mostPeriods {
            let before = previous(from: due.instant - Timestamp.Span(microseconds: 1))
            periods.append(Period(name: due.name, opens: before.instant, due: due.instant))
            due = before
        }
        return periods.reversed()
    }

    /// The first due time after an instant.
    func next(after instant: Timestamp) -> Period {
        let opens = previous(from: instant)
        var probe = instant
        var found = opens
        // An hour is the shortest period; a week with holidays has at most fourteen days between two due times.
        let step: Timestamp.Span = expect.every == .hour ? .minutes(30) : .hours(6)
        for _ in 0..<1_000 where found.instant <= instant {
            probe = probe + step
            found = previous(from: probe)
        }
        return Period(name: found.name, opens: opens.instant, due: found.instant)
    }

    /// The last due time at or before an instant.
    private func previous(from instant: Timestamp) -> (instant: Timestamp, name: String) {
        var zone = zone
        let local = instant.microseconds + zone.offset(at: instant.microseconds)
        let unit: Int64 = expect.every == .hour ? 3_600_000_000 : 86_400_000_000
        var index = local >= 0 ? local / unit : (local - unit + 1) / unit
        // A later start than the day's own finds it in the first steps; a year without a business day is a wrong calendar.
        index += 1
        for _ in 0..<400 {
            if counts(index) {
                let wall = index * unit + Int64(expect.by) * 60_000_000
                let due = Timestamp(microseconds: zone.microseconds(local: wall))
                if due <= instant { return (due, name(index)) }
            }
            index -= 1
        }
        return (.distantPast, "")
    }

    /// Whether a day (or hour) since 1970 has a delivery.
    private func counts(_ index: Int64) -> Bool {
        switch expect.every {
        case .hour, .day: true
        case .businessDay: BusinessDays.isBusinessDay(Int(index), holidays: holidays)
        case .week: Timestamp(microseconds: index * 86_400_000_000).weekday == 0
        }
    }

    private func name(_ index: Int64) -> String {
        let unit: Int64 = expect.every == .hour ? 3_600_000_000 : 86_400_000_000
        return String(Timestamp(microseconds: index * unit).iso8601.prefix(expect.every == .hour ? 13 : 10))
    }

    /// Day of the week in the zone, Monday = 0.
    func weekday(of instant: Timestamp) -> Int {
        var zone = zone
        return Timestamp(microseconds: instant.microseconds + zone.offset(at: instant.microseconds)).weekday
    }
}

/// Fewest rows a delivery should have.
enum DeliverySize {
    /// How many earlier deliveries tell what is usual, and the fewest that do.
    static let most = 8
    static let fewest = 3

    /// Half the median of the last eight on the same weekday. While fewer than three of these are known: the lesser of half the median of
    /// the last eight at all and half of the fewest on that weekday; nil while fewer than three are known at all.
    ///
    /// The median, and half of it: one day with a tenth or ten times of the rows moves it hardly, and a quiet day is no alarm.
    ///
    /// - Parameter earlier: weekday and rows of earlier deliveries, the newest last.
    static func least(_ earlier: [(weekday: Int, rows: Int64)], weekday: Int, declared: Int?) -> Int64? {
        if let declared { return Int64(declared) }
        let same = earlier.filter { $0.weekday == weekday }.suffix(most)
        let taken = same.count >= fewest ? Array(same) : earlier.suffix(most)
        guard taken.count >= fewest else { return nil }
        let bound = same.count >= fewest ? Int64.max : same.map(\.rows).min() ?? .max
        let sorted = taken.map(\.rows).sorted()
        let median = sorted.count % 2 == 1 ? sorted[sorted.count / 2] : (sorted[sorted.count / 2 - 1] + sorted[sorted.count / 2]) / 2
        return (min(median, bound) + 1) / 2
    }

    /// A name with every digit as 9, so that names that differ by a date or a number are of one form.
    static func form(of name: String) -> String {
        String(name.map { $0.isASCII && $0.isNumber ? "9" : $0 })
    }
}

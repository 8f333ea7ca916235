public import Records

/// The five fields of a cron expression as sets, and the times at which it is due in a zone.
///
/// As in cron(5): where both the day of the month and the weekday are restricted, either suffices.
public struct CronExpression: Hashable, Sendable {
    public let text: String
    public let minutes: [Int]
    public let hours: [Int]
    public let days: [Int]
    public let months: [Int]
    /// 0 = Sunday.
    public let weekdays: [Int]

    /// - Returns: nil when the text is not five fields of numbers, ranges, lists and steps.
    public init?(_ text: String) {
        let fields = text.split(separator: " ")
        let limits = [0...59, 0...23, 1...31, 1...12, 0...7]
        guard fields.count == 5 else { return nil }
        var sets: [Set<Int>] = []
        for (field, limit) in zip(fields, limits) {
            guard let set = Self.values(field, limit) else { return nil }
            sets.append(set)
        }
        self.text = text
        (minutes, hours, days, months) = (sets[0].sorted(), sets[1].sorted(), sets[2].sorted(), sets[3].sorted())
        weekdays = Set(sets[4].map { $0 % 7 }).sorted()
    }

    private static func values(_ field: Substring, _ limit: ClosedRange<Int>) -> Set<Int>? {
        var values: Set<Int> = []
        for part in field.split(separator: ",", omittingEmptySubsequences: false) {
            let halves = part.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            let step = halves.count == 2 ? Int(halves[1]) : 1
            guard let step, step >= 1 else { return nil }
            var range = limit
            if halves[0] != "*" {
                let ends = halves[0].split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
                guard (1...2).contains(ends.count), let first = ends[0], limit.contains(first) else { return nil }
                // `5/10` means from 5 on, `5` alone only 5.
                let last = ends.count == 2 ? ends[1] : halves.count == 2 ? limit.upperBound : first
                guard let last, limit.contains(last), first <= last else { return nil }
                range = first...last
            }
            values.formUnion(stride(from: range.lowerBound, through: range.upperBound, by: step))
        }
        return values.isEmpty ? nil : values
    }

    public var restrictsDays: Bool { days.count < 31 }
    public var restrictsWeekdays: Bool { weekdays.count < 7 }

    /// Whether a day of the calendar, counted since 1970, is one of its days.
    private func includes(day: Int) -> Bool {
        let time = Timestamp(seconds: Int64(day) * 86_400)
        let parts = time.parts
        guard months.contains(parts.month) else { return false }
        // `Timestamp.weekday` counts from Monday.
        let onWeekday = weekdays.contains((time.weekday + 1) % 7), onDay = days.contains(parts.day)
        return restrictsDays && restrictsWeekdays ? onDay || onWeekday : onDay && onWeekday
    }

    /// The last time at or before an instant at which it was due; nil when there was none in eight years (30 February).
    ///
    /// Where clocks go forward over a due time, it is due as much later as they go; where they go back, at the first of the two.
    public func lastDue(at instant: Timestamp, in zone: Zone) -> Timestamp? {
        var zone = zone
        let local = instant.microseconds + zone.offset(at: instant.microseconds)
        // A day more than the wall clock shows: a switch may lie between.
        let today = Timestamp(microseconds: local).day + 1
        for day in stride(from: today, through: today - 8 * 366, by: -1) where includes(day: day) {
            var best: Int64?
            for hour in hours {
                for minute in minutes {
                    let due = Self.instant(day: day, hour: hour, minute: minute, &zone)
                    if due <= instant.microseconds { best = max(best ?? .min, due) }
                }
            }
            if let best { return Timestamp(microseconds: best) }
        }
        return nil
    }

    /// The first time after an instant at which it is due; nil when there is none in eight years.
    public func nextDue(after instant: Timestamp, in zone: Zone) -> Timestamp? {
        var zone = zone
        let local = instant.microseconds + zone.offset(at: instant.microseconds)
        let today = Timestamp(microseconds: local).day - 1
        for day in today...(today + 8 * 366) where includes(day: day) {
            var best: Int64?
            for hour in hours {
                for minute in minutes {
                    let due = Self.instant(day: day, hour: hour, minute: minute, &zone)
                    if due > instant.microseconds { best = min(best ?? .max, due) }
                }
            }
            if let best { return Timestamp(microseconds: best) }
        }
        return nil
    }

    private static func instant(day: Int, hour: Int, minute: Int, _ zone: inout Zone) -> Int64 {
        zone.microseconds(local: Int64(day) * 86_400_000_000 + Int64(hour * 60 + minute) * 60_000_000)
    }
}

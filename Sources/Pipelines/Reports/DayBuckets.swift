package import Records

/// Even steps of whole days over a period, few enough to be drawn: days, weeks, or multiples of four weeks.
package struct DayBuckets: Hashable, Sendable {
    package static let most = 160
    /// Days since 1970 of the first step's first day; of weeks a Monday.
    package let start: Int
    /// Days a step.
    package let days: Int
    package let count: Int

    package init(first: Timestamp, last: Timestamp) {
        let (from, to) = (first.day, max(last.day, first.day))
        var (days, start) = (1, from)
        for candidate in [1, 7, 28, 91, 364] + (1...8).map({ 3_650 * $0 * $0 }) {
            days = candidate
            // 1970-01-05 was a Monday.
            start = candidate == 1 ? from : from - ((from - 4) % 7 + 7) % 7
            if (to - start) / candidate + 1 <= Self.most { break }
        }
        (self.days, self.start, count) = (days, start, (to - start) / days + 1)
    }

    /// The step of a row, in SQL; from 0.
    var sql: String { "(CAST(julianday(substr(event_time, 1, 10)) - 2440587.5 AS INTEGER) - (\(start))) / \(days)" }

    package func index(of time: Timestamp) -> Int? {
        let index = (time.day - start) / days
        return time.day >= start && index < count ? index : nil
    }

    package func time(of index: Int) -> Timestamp { Timestamp(microseconds: Int64(start + index * days) * 86_400_000_000) }

    package func text(_ index: Int) -> String { String(time(of: index).iso8601.prefix(10)) }

    /// `day`, `week`, `4 weeks`
    package var name: String {
        switch days {
        case 1: "day"
        case 7: "week"
        case let days where days % 7 == 0: "\(days / 7) weeks"
        default: "\(days) days"
        }
    }
}

/// An instant, in microseconds since 1970-01-01T00:00:00Z (no leap seconds, as in POSIX).
///
/// One type for event time, known time and run clocks; result tables show it as ISO 8601 text, internal tables as microseconds.
public struct Timestamp: Hashable, Comparable, Sendable {
    public var microseconds: Int64

    @inlinable public init(microseconds: Int64) { self.microseconds = microseconds }

    @inlinable public init(seconds: Int64) { self.microseconds = seconds * 1_000_000 }

    @inlinable public static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

    @inlinable public static func + (left: Timestamp, right: Span) -> Timestamp {
        Timestamp(microseconds: left.microseconds + right.microseconds)
    }

    @inlinable public static func - (left: Timestamp, right: Span) -> Timestamp {
        Timestamp(microseconds: left.microseconds - right.microseconds)
    }

    public static let distantPast = Timestamp(microseconds: .min / 2)
    public static let distantFuture = Timestamp(microseconds: .max / 2)

    /// A length of time in microseconds; written `5m`, `2h`, `7d` in job files.
    public struct Span: Hashable, Comparable, Sendable {
        public var microseconds: Int64

        @inlinable public init(microseconds: Int64) { self.microseconds = microseconds }

        public static func seconds(_ count: Int64) -> Span { Span(microseconds: count * 1_000_000) }
        public static func minutes(_ count: Int64) -> Span { seconds(count * 60) }
        public static func hours(_ count: Int64) -> Span { seconds(count * 3_600) }
        public static func days(_ count: Int64) -> Span { seconds(count * 86_400) }
        public static let zero = Span(microseconds: 0)

        @inlinable public static func < (left: Span, right: Span) -> Bool { left.microseconds < right.microseconds }

        /// Reads `90s`, `5m`, `2h`, `7d` or `4w`; nil when the text is not a whole number and one of these units.
        public init?(_ text: some StringProtocol) {
            guard let unit = text.last, let count = Int64(text.dropLast()), count >= 0 else { return nil }
            let seconds: Int64
            switch unit {
            case "s": seconds = 1
            case "m": seconds = 60
            case "h": seconds = 3_600
            case "d": seconds = 86_400
            case "w": seconds = 604_800
            default: return nil
            }
            let (product, overflow) = count.multipliedReportingOverflow(by: seconds * 1_000_000)
            guard !overflow else { return nil }
            self.init(microseconds: product)
        }
    }
}

extension Timestamp {
    /// Proleptic Gregorian date and time of day in UTC. Algorithm: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    public struct Parts: Hashable, Sendable {
        public var year: Int, month: Int, day: Int
        public var hour: Int, minute: Int, second: Int, microsecond: Int

        public init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0, microsecond: Int = 0) {
            (self.year, self.month, self.day) = (year, month, day)
            (self.hour, self.minute, self.second, self.microsecond) = (hour, minute, second, microsecond)
        }
    }

    /// Days since 1970-01-01 of a Gregorian date.
    @inlinable public static func days(year: Int, month: Int, day: Int) -> Int {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// Days since 1970-01-01 in UTC, rounded down.
    @inlinable public var day: Int {
        let quotient = microseconds / 86_400_000_000
        return Int(microseconds % 86_400_000_000 < 0 ? quotient - 1 : quotient)
    }

    /// 0 = Monday ... 6 = Sunday, in UTC.
    @inlinable public var weekday: Int {
        let shifted = (day + 3) % 7
        return shifted < 0 ? shifted + 7 : shifted
    }

    /// Hour of the day in UTC, 0...23.
    @inlinable public var hour: Int { Int((microseconds - Int64(day) * 86_400_000_000) / 3_600_000_000) }

    public init(_ parts: Parts) {
        let days = Timestamp.days(year: parts.year, month: parts.month, day: parts.day)
        let seconds = Int64(days) * 86_400 + Int64(parts.hour * 3_600 + parts.minute * 60 + parts.second)
        self.init(microseconds: seconds * 1_000_000 + Int64(parts.microsecond))
    }

    public var parts: Parts {
        let days = day
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let calendarMonth = month < 10 ? month + 3 : month - 9
        let rest = Int(microseconds - Int64(days) * 86_400_000_000)
        let seconds = rest / 1_000_000
        return Parts(
            year: yearOfEra + era * 400 + (calendarMonth <= 2 ? 1 : 0), month: calendarMonth,
            day: dayOfYear - (153 * month + 2) / 5 + 1,
            hour: seconds / 3_600, minute: seconds / 60 % 60, second: seconds % 60, microsecond: rest % 1_000_000)
    }

    /// `2018-08-08` of days since 1970-01-01; years 0 to 9999.
    public static func isoDate(days: Int64) -> String {
        let bound = min(max(days, -719_528), 2_932_896)
        return String(decoding: Timestamp(microseconds: bound * 86_400_000_000).iso8601Bytes.prefix(10), as: UTF8.self)
    }

    /// `2018-08-08T12:34:56Z`, with a fraction of six digits only where there is one.
    public var iso8601: String {
        String(decoding: iso8601Bytes, as: UTF8.self)
    }

    /// The ASCII bytes of ``iso8601``: 20, or 27 with a fraction (years 0 to 9999).
    public var iso8601Bytes: [UInt8] {
        let p = parts
        var bytes: [UInt8] = []
        bytes.reserveCapacity(27)
        func append(_ value: Int, _ width: Int) {
            var divisor = 1
            for _ in 1..<width { divisor *= 10 }
            while divisor > 0 {
                bytes.append(UInt8(48 + value / divisor % 10))
                divisor /= 10
            }
        }
        append(p.year, 4)
        bytes.append(45)
        append(p.month, 2)
        bytes.append(45)
        append(p.day, 2)
        bytes.append(84)
        append(p.hour, 2)
        bytes.append(58)
        append(p.minute, 2)
        bytes.append(58)
        append(p.second, 2)
        if p.microsecond != 0 {
            bytes.append(46)
            append(p.microsecond, 6)
        }
        bytes.append(90)
        return bytes
    }

    /// Reads `2018-08-08`, `2018-08-08T12:34:56[.ffffff]` or with a space instead of T; a zone is `Z`, `+09:00` or none (then UTC).
    public init?(iso8601 text: some StringProtocol) {
        let bytes = Array(text.utf8)
        func number(_ from: Int, _ width: Int) -> Int? {
            guard from + width <= bytes.count else { return nil }
            var value = 0
            for index in from..<(from + width) {
                guard bytes[index] >= 48, bytes[index] <= 57 else { return nil }
                value = value * 10 + Int(bytes[index] - 48)
            }
            return value
        }
        guard let year = number(0, 4), let month = number(5, 2), let day = number(8, 2), bytes[4] == 45, bytes[7] == 45,
            (1...12).contains(month), day >= 1, day <= Timestamp.daysInMonth(year: year, month: month)
        else { return nil }
        var parts = Parts(year: year, month: month, day: day)
        guard bytes.count > 10 else {
            self.init(parts)
            return
        }
        guard bytes[10] == 84 || bytes[10] == 32, let hour = number(11, 2), let minute = number(14, 2), bytes[13] == 58,
            hour < 24, minute < 60
        else { return nil }
        (parts.hour, parts.minute) = (hour, minute)
        var at = 16
        if at < bytes.count, bytes[at] == 58 {
            guard let second = number(17, 2), second < 60 else { return nil }
            parts.second = second
            at = 19
            if at < bytes.count, bytes[at] == 46 {
                at += 1
                var scale = 100_000
                let start = at
                while at < bytes.count, bytes[at] >= 48, bytes[at] <= 57 {
                    parts.microsecond += Int(bytes[at] - 48) * scale
                    scale /= 10
                    at += 1
                }
                guard at > start else { return nil }
            }
        }
        var result = Timestamp(parts)
        if at < bytes.count, bytes[at] == 90 {
            at += 1
        } else if at < bytes.count, bytes[at] == 43 || bytes[at] == 45 {
            let sign: Int64 = bytes[at] == 43 ? -1 : 1
            guard let hours = number(at + 1, 2) else { return nil }
            let colon = at + 3 < bytes.count && bytes[at + 3] == 58 ? 1 : 0
            guard let minutes = number(at + 3 + colon, 2), hours < 24, minutes < 60 else { return nil }
            result.microseconds += sign * Int64(hours * 3_600 + minutes * 60) * 1_000_000
            at += 5 + colon
        }
        guard at == bytes.count else { return nil }
        self = result
    }

    @inlinable public static func daysInMonth(year: Int, month: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }
}

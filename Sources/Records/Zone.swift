import Foundation

/// A time zone by its IANA name, made for loops over rows: it remembers the period between two switches that it used last.
///
/// All times are microseconds. A wall time is written as if it were UTC (`Timestamp(Parts)`), and `microseconds(local:)` turns it into UTC.
///
/// A wall time that occurs twice (clocks set back) means its first occurrence; one that never occurs (clocks set forward) is shifted
/// forward by the length of the gap (02:30 in Berlin on the last Sunday of March is read as 03:30 summer time). Both are one rule: the
/// offset in force before the switch holds.
public struct Zone: Sendable {
    public let name: String
    private let table: TimeZone?

    // The period in use, in UTC and as wall times, with its offset; UTC is one period without end.
    @usableFromInline var start = Int64.min
    @usableFromInline var end = Int64.max
    @usableFromInline var localStart = Int64.min
    @usableFromInline var localEnd = Int64.max
    @usableFromInline var offset: Int64 = 0

    /// Nil when the name is not an IANA zone. `UTC` needs no table.
    public init?(_ name: String) {
        self.name = name
        if name == "UTC" {
            table = nil
            return
        }
        // Foundation also takes `GMT+9`, `JST` and the like: not IANA names, and ambiguous.
        guard name.contains("/") || TimeZone.knownTimeZoneIdentifiers.contains(name), let zone = TimeZone(identifier: name) else {
            return nil
        }
        table = zone
        load(at: 0)
    }

    public static let utc = Zone(utc: ())

    private init(utc: Void) { (name, table) = ("UTC", nil) }

    /// What is added to UTC to get the wall time, at an instant in UTC microseconds.
    @inlinable public mutating func offset(at instant: Int64) -> Int64 {
        if instant >= start, instant < end { return offset }
        return loadedOffset(at: instant)
    }

    /// The day of the wall clock at an instant in UTC microseconds, since 1970.
    @inlinable public mutating func day(of instant: Int64) -> Int64 {
        let local = instant + offset(at: instant)
        return local >= 0 ? local / 86_400_000_000 : (local - 86_399_999_999) / 86_400_000_000
    }

    /// The instant, in UTC, of a wall time.
    @inlinable public mutating func microseconds(local: Int64) -> Int64 {
        if local >= localStart, local < localEnd { return local &- offset }
        return loadedMicroseconds(local: local)
    }

    /// All names known here, for "did you mean" and `check`.
    public static var knownNames: [String] { (TimeZone.knownTimeZoneIdentifiers + ["UTC"]).sorted() }

    @usableFromInline mutating func loadedOffset(at instant: Int64) -> Int64 {
        load(at: instant)
        return offset
    }

    @usableFromInline mutating func loadedMicroseconds(local: Int64) -> Int64 {
        load(at: local)
        // A zone's offset is below a day, so the period sought is this one or a neighbour; short periods may take a step more.
        var steps = 0
        while local < localStart || local >= localEnd, steps < 8 {
            load(at: local < localStart ? start - 1 : end)
            steps += 1
        }
        return local &- offset
    }

    /// Sets the period that holds an instant. Its start may be later than the true one (a switch is only searched 400 days back).
    private mutating func load(at instant: Int64) {
        guard let table else { return }
        // Beyond the years 1 to 9999 the offset of the nearest known year is used.
        let seconds = min(max(instant.quotientRoundedDown(by: 1_000_000), -62_135_596_800), 253_402_300_799)
        let current = Self.offset(of: table, at: seconds)
        var begin = seconds - 400 * 86_400
        var next = Self.transition(of: table, after: begin)
        while let transition = next, transition <= seconds {
            begin = transition
            next = Self.transition(of: table, after: transition)
        }
        offset = current
        let before = Self.offset(of: table, at: begin - 1)
        start = min(begin * 1_000_000, instant)
        localStart = start + max(before, current)
        if let next {
            end = max(next * 1_000_000, instant + 1)
            localEnd = end + max(current, Self.offset(of: table, at: next))
        } else {
            (end, localEnd) = (.max, .max)
        }
    }

    private static func offset(of table: TimeZone, at seconds: Int64) -> Int64 {
        Int64(table.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))) * 1_000_000
    }

    /// Seconds since 1970 of the first switch after an instant that changes the offset.
    private static func transition(of table: TimeZone, after seconds: Int64) -> Int64? {
        guard let date = table.nextDaylightSavingTimeTransition(after: Date(timeIntervalSince1970: Double(seconds))) else { return nil }
        let found = Int64(date.timeIntervalSince1970.rounded())
        return found > seconds ? found : nil
    }
}

extension Zone: Equatable {
    public static func == (left: Zone, right: Zone) -> Bool { left.name == right.name }
}

extension Int64 {
    fileprivate func quotientRoundedDown(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

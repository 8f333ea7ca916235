/// Business days: Monday to Friday in a zone, without holidays.
public enum BusinessDays {
    /// The same time of day `count` business days later (0 or more).
    ///
    /// - Parameter holidays: days since 1970 in the zone, as `Timestamp.day` of their local midnight.
    public static func adding(_ count: Int, to start: Timestamp, zone: String, holidays: Set<Int> = []) -> Timestamp {
        var result = start
        var left = count
        var zone = Zone(zone) ?? .utc
        let offset = Timestamp.Span(microseconds: zone.offset(at: start.microseconds))
        while left > 0 {
            result = result + .days(1)
            if isBusinessDay((result + offset).day, holidays: holidays) { left -= 1 }
        }
        return result
    }

    /// - Parameter day: since 1970.
    public static func isBusinessDay(_ day: Int, holidays: Set<Int>) -> Bool {
        Timestamp(microseconds: Int64(day) * 86_400_000_000).weekday < 5 && !holidays.contains(day)
    }
}

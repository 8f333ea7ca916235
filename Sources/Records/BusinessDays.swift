/// Business days: Monday to Friday in a zone. Holidays join with the calendar feed.
public enum BusinessDays {
    /// The same time of day `count` business days later (0 or more).
    public static func adding(_ count: Int, to start: Timestamp, zone: String) -> Timestamp {
        var result = start
        var left = count
        var zone = Zone(zone) ?? .utc
        let offset = Timestamp.Span(microseconds: zone.offset(at: start.microseconds))
        while left > 0 {
            result = result + .days(1)
            if (result + offset).weekday < 5 { left -= 1 }
        }
        return result
    }
}

/// Business days: Monday to Friday in a zone, without holidays.
public enum BusinessDays {
    /// The same time of day, by the zone's clock, `count` business days later (0 or more).
    ///
    /// A time that the clock skips on that day is as much later as the clock goes forward; of one that comes twice it is the first.
    ///
    /// - Parameter holidays: days since 1970 in the zone, as `Timestamp.day` of their local midnight.
    public static func adding(_ count: Int, to start: Timestamp, zone: String, holidays: Set<Int> = []) -> Timestamp {
        guard count > 0 else { return start }
        var zone = Zone(zone) ?? .utc
        var local = Timestamp(microseconds: start.microseconds + zone.offset(at: start.microseconds))
        var left = count
        while left > 0 {
            local = local + .days(1)
            if isBusinessDay(local.day, holidays: holidays) { left -= 1 }
        }
        return Timestamp(microseconds: zone.microseconds(local: local.microseconds))
    }

    /// - Parameter day: since 1970.
    public static func isBusinessDay(_ day: Int, holidays: Set<Int>) -> Bool {
        Timestamp(microseconds: Int64(day) * 86_400_000_000).weekday < 5 && !holidays.contains(day)
    }
}

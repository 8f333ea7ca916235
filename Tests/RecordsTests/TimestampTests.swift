import Foundation
import Records
import Testing

/// SplitMix64, as in PipelineTesting, which this target does not see.
struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

@Suite struct TimestampTests {
    /// Microseconds at the start of year 0 and the end of year 9999.
    private let years: ClosedRange<Int64> = -62_167_219_200_000_000...253_402_300_799_999_999

    @Test("parts, day, weekday and hour agree with Foundation's calendar and with each other, over random instants")
    func parts() throws {
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        var generator = Generator(state: 11)
        for _ in 0..<2_000 {
            let instant = Timestamp(microseconds: Int64.random(in: years, using: &generator))
            let parts = instant.parts
            #expect(Timestamp(parts) == instant)
            #expect(Timestamp.days(year: parts.year, month: parts.month, day: parts.day) == instant.day && instant.hour == parts.hour)
            #expect((0..<1_000_000).contains(parts.microsecond) && (0..<60).contains(parts.second) && (0..<60).contains(parts.minute))
            // Foundation's calendar is Julian before 1582.
            guard parts.year > 1_600 else { continue }
            let seconds = Int64(instant.day) * 86_400 + Int64(parts.hour * 3_600 + parts.minute * 60 + parts.second)
            let date = Date(timeIntervalSince1970: Double(seconds))
            let expected = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second, .weekday], from: date)
            #expect(expected.year == parts.year && expected.month == parts.month && expected.day == parts.day)
            #expect(expected.hour == parts.hour && expected.minute == parts.minute && expected.second == parts.second)
            // Foundation: 1 = Sunday.
            #expect(expected.weekday.map { ($0 + 5) % 7 } == instant.weekday)
        }
    }

    @Test("what is written as ISO 8601 is read back, over random instants")
    func isoRoundTrip() {
        var generator = Generator(state: 12)
        for round in 0..<2_000 {
            var microseconds = Int64.random(in: years, using: &generator)
            if round % 2 == 0 { microseconds -= microseconds % 1_000_000 }
            let instant = Timestamp(microseconds: microseconds)
            #expect(Timestamp(iso8601: instant.iso8601) == instant, "\(instant.iso8601)")
            #expect(instant.iso8601.utf8.count == (microseconds % 1_000_000 == 0 ? 20 : 27))
        }
    }

    @Test(
        "ISO 8601 is read in its common forms",
        arguments: [
            ("2018-08-08", "2018-08-08T00:00:00Z"), ("2018-08-08 12:34", "2018-08-08T12:34:00Z"),
            ("2018-08-08T12:34:56.7", "2018-08-08T12:34:56.700000Z"),
            ("2018-08-08T12:34:56+09:00", "2018-08-08T03:34:56Z"), ("2018-08-08T12:34:56-0330", "2018-08-08T16:04:56Z"),
            ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
            ("2000-02-29", "2000-02-29T00:00:00Z"), ("0000-01-01", "0000-01-01T00:00:00Z"),
        ])
    func isoForms(_ text: String, _ expected: String) { #expect(Timestamp(iso8601: text)?.iso8601 == expected) }

    @Test(
        "other texts are no instants",
        arguments: [
            "", "2018", "2018-08", "2018-02-29", "1900-02-29", "2018-00-01", "2018-13-01", "2018-04-31", "2018-08-08T24:00",
            "2018-08-08T12:60", "2018-08-08T12:34:60",
            "2018-08-08T12", "2018-08-08T12:34:56.", "2018-08-08T12:34:56Z ", "2018/08/08", "２018-08-08", "2018-08-08T12:34:56+9",
        ])
    func isoRefused(_ text: String) { #expect(Timestamp(iso8601: text) == nil) }

    @Test("known days have their weekday")
    func weekdays() {
        #expect(Timestamp(microseconds: 0).weekday == 3 && Timestamp(microseconds: -1).weekday == 2)
        #expect(Timestamp(iso8601: "2018-08-06")?.weekday == 0 && Timestamp(iso8601: "2018-08-12T23:59:59")?.weekday == 6)
        #expect(Timestamp(microseconds: -1).day == -1 && Timestamp(microseconds: -1).hour == 23)
    }

    @Test("spans are whole numbers with a unit, and add to instants")
    func spans() {
        #expect(Timestamp.Span("90s") == .seconds(90) && Timestamp.Span("5m") == .minutes(5) && Timestamp.Span("2h") == .hours(2))
        #expect(Timestamp.Span("7d") == .days(7) && Timestamp.Span("4w") == .days(28) && Timestamp.Span("0d") == .zero)
        for text in ["", "d", "7", "7 d", "-1d", "1.5d", "7y", "7D", "99999999999999999d"] {
            #expect(Timestamp.Span(text) == nil, "\(text)")
        }
        let noon = Timestamp(seconds: 43_200)
        #expect(noon + .days(1) - .hours(36) == Timestamp(seconds: 0) && Timestamp.distantPast < noon && noon < .distantFuture)
        #expect(Timestamp.Span.minutes(59) < .hours(1))
    }
}

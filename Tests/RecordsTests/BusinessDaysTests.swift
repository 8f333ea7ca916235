import Records
import Testing

@Suite("Business days") struct BusinessDaysTests {
    private func time(_ text: String) throws -> Timestamp { try #require(Timestamp(iso8601: text)) }

    @Test(
        "keep the time of day over the days on which Berlin's clocks change",
        arguments: [
            // Friday 16:00 and Monday 16:00, over the night from Saturday to Sunday: 71 and 73 hours.
            ("2026-03-27T15:00:00Z", "2026-03-30T14:00:00Z"), ("2026-10-23T14:00:00Z", "2026-10-26T15:00:00Z"),
            // Half an hour after midnight, which an hour earlier would be the day before.
            ("2026-10-22T22:30:00Z", "2026-10-25T23:30:00Z"),
            // No change between: 24 hours.
            ("2026-06-01T08:00:00Z", "2026-06-02T08:00:00Z"),
        ])
    func clocks(_ start: String, _ end: String) throws {
        #expect(BusinessDays.adding(1, to: try time(start), zone: "Europe/Berlin") == (try time(end)))
    }

    @Test("are those of the zone: Tokyo's Monday begins on Sunday in UTC, and its holidays are no business days")
    func tokyo() throws {
        // Golden week of 2026: 3 to 6 May, of which the 3rd is a Sunday and the 6th stands in for it.
        let days = try ["2026-05-03", "2026-05-04", "2026-05-05", "2026-05-06"].map { try time($0).day }
        let friday = try time("2026-05-01T01:00:00Z")
        #expect(BusinessDays.adding(1, to: friday, zone: "Asia/Tokyo", holidays: Set(days)) == (try time("2026-05-07T01:00:00Z")))
        #expect(BusinessDays.adding(1, to: friday, zone: "Asia/Tokyo") == (try time("2026-05-04T01:00:00Z")))
        // 08:00 on Monday in Tokyo is Sunday in UTC; the next business day is Tuesday, not Monday.
        #expect(BusinessDays.adding(1, to: try time("2026-06-07T23:00:00Z"), zone: "Asia/Tokyo") == (try time("2026-06-08T23:00:00Z")))
        #expect(BusinessDays.adding(0, to: friday, zone: "Asia/Tokyo") == friday)
    }
}

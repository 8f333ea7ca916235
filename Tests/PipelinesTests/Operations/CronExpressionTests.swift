import Pipelines
import Records
import Testing

@Suite("A cron expression") struct CronExpressionTests {
    private func time(_ text: String) throws -> Timestamp { try #require(Timestamp(iso8601: text)) }

    @Test("takes lists, ranges and steps, and nothing else")
    func fields() throws {
        let expression = try #require(CronExpression("*/20 6-8,22 1,15 * 1-5"))
        #expect(expression.minutes == [0, 20, 40] && expression.hours == [6, 7, 8, 22] && expression.days == [1, 15])
        #expect(expression.weekdays == [1, 2, 3, 4, 5])
        #expect(try #require(CronExpression("0 2 * * 7")).weekdays == [0])
        for wrong in ["", "0 2 * *", "60 2 * * *", "0 24 * * *", "0 2 0 * *", "a 2 * * *", "0 5-2 * * *", "*/0 2 * * *", "0 2 * * 8"] {
            #expect(CronExpression(wrong) == nil, "\(wrong)")
        }
    }

    @Test("is due at the wall clock of its zone, and either of day and weekday suffices where both are restricted")
    func due() throws {
        let nightly = try #require(CronExpression("0 2 * * *"))
        let tokyo = try #require(Zone("Asia/Tokyo"))
        #expect(nightly.lastDue(at: try time("2026-06-01T16:59:00Z"), in: tokyo) == (try time("2026-05-31T17:00:00Z")))
        #expect(nightly.lastDue(at: try time("2026-06-01T17:00:00Z"), in: tokyo) == (try time("2026-06-01T17:00:00Z")))
        #expect(nightly.nextDue(after: try time("2026-06-01T17:00:00Z"), in: tokyo) == (try time("2026-06-02T17:00:00Z")))
        let both = try #require(CronExpression("0 0 13 * 5"))
        // 2026-11-13 is a Friday; the Fridays around it, and the 13th of other months.
        #expect(both.nextDue(after: try time("2026-11-13T00:00:00Z"), in: .utc) == (try time("2026-11-20T00:00:00Z")))
        #expect(both.nextDue(after: try time("2026-12-12T00:00:00Z"), in: .utc) == (try time("2026-12-13T00:00:00Z")))
        #expect(try #require(CronExpression("0 0 30 2 *")).nextDue(after: try time("2026-01-01"), in: .utc) == nil)
    }

    @Test("loses and doubles nothing on the days on which Berlin's clocks change")
    func clockChanges() throws {
        let berlin = try #require(Zone("Europe/Berlin"))
        let expression = try #require(CronExpression("30 2 * * *"))
        for (from, to, days) in [("2026-03-27T12:00:00Z", "2026-04-01T12:00:00Z", 5), ("2026-10-23T12:00:00Z", "2026-10-28T12:00:00Z", 5)] {
            // As `run --if-due` does: looked at every five minutes, run once it is due and has not been since.
            var now = try time(from), runs: [Timestamp] = []
            var last: Timestamp? = now
            while now <= (try time(to)) {
                if let due = expression.lastDue(at: now, in: berlin), last.map({ $0 < due }) ?? true {
                    runs.append(now)
                    last = now
                }
                now = now + .minutes(5)
            }
            #expect(runs.count == days, "\(runs.map(\.iso8601))")
        }
        // The gap moves it an hour later by the wall clock: 03:30 summer time.
        #expect(expression.lastDue(at: try time("2026-03-29T12:00:00Z"), in: berlin) == (try time("2026-03-29T01:30:00Z")))
        // The first of the two half past two.
        #expect(expression.lastDue(at: try time("2026-10-25T12:00:00Z"), in: berlin) == (try time("2026-10-25T00:30:00Z")))
    }

    @Test("next and last agree with a walk over every minute")
    func walk() throws {
        let zone = try #require(Zone("Europe/Berlin"))
        for text in ["*/30 1-3 * * *", "15 2 * * 0", "0 0 1 * *", "59 23 31 12 *"] {
            let expression = try #require(CronExpression(text))
            var now = try time("2026-03-25T00:00:00Z")
            while now < (try time("2026-04-03T00:00:00Z")) {
                let next = try #require(expression.nextDue(after: now, in: zone))
                #expect(next > now)
                #expect(expression.lastDue(at: next, in: zone) == next)
                if let before = expression.lastDue(at: next - Timestamp.Span(microseconds: 1), in: zone) { #expect(before <= now) }
                now = now + .minutes(37)
            }
        }
    }
}

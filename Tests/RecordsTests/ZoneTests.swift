import Foundation
import Records
import Testing

@Suite struct ZoneTests {
    private func local(_ text: String) -> Int64 { Timestamp(iso8601: text)?.microseconds ?? .min }

    private func utc(_ text: String, _ zone: inout Zone) -> String {
        Timestamp(microseconds: zone.microseconds(local: local(text))).iso8601
    }

    @Test("a wall time in Tokyo is nine hours ahead of UTC, all year")
    func tokyo() throws {
        var zone = try #require(Zone("Asia/Tokyo"))
        #expect(utc("2018-08-08 12:34:56", &zone) == "2018-08-08T03:34:56Z")
        #expect(utc("2018-01-01 00:00:00.000001", &zone) == "2017-12-31T15:00:00.000001Z")
        #expect(zone.offset(at: local("2024-02-29")) == 9 * 3_600_000_000)
    }

    @Test("Berlin's clocks go forward: a wall time in the gap is shifted by an hour")
    func forward() throws {
        var zone = try #require(Zone("Europe/Berlin"))
        #expect(utc("2018-03-25 01:59:59.999999", &zone) == "2018-03-25T00:59:59.999999Z")
        #expect(utc("2018-03-25 02:00:00", &zone) == "2018-03-25T01:00:00Z")
        #expect(utc("2018-03-25 02:30:00", &zone) == "2018-03-25T01:30:00Z")
        #expect(utc("2018-03-25 03:00:00", &zone) == "2018-03-25T01:00:00Z")
        #expect(zone.offset(at: local("2018-03-25T00:59:59.999999Z")) == 3_600_000_000)
        #expect(zone.offset(at: local("2018-03-25T01:00:00Z")) == 7_200_000_000)
    }

    @Test("Berlin's clocks go back: a wall time that occurs twice means its first occurrence")
    func back() throws {
        var zone = try #require(Zone("Europe/Berlin"))
        #expect(utc("2018-10-28 01:59:59", &zone) == "2018-10-27T23:59:59Z")
        #expect(utc("2018-10-28 02:30:00", &zone) == "2018-10-28T00:30:00Z")
        #expect(utc("2018-10-28 02:59:59.999999", &zone) == "2018-10-28T00:59:59.999999Z")
        #expect(utc("2018-10-28 03:00:00", &zone) == "2018-10-28T02:00:00Z")
        #expect(zone.offset(at: local("2018-10-28T00:59:59.999999Z")) == 7_200_000_000)
        #expect(zone.offset(at: local("2018-10-28T01:00:00Z")) == 3_600_000_000)
    }

    @Test(
        "the remembered period never changes an answer, whatever the order of the times",
        arguments: [
            "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Pyongyang", "Pacific/Apia", "Africa/Casablanca",
            "America/Sao_Paulo",
            "Asia/Kolkata",
        ])
    func memory(_ name: String) throws {
        var remembering = try #require(Zone(name))
        let foundation = try #require(TimeZone(identifier: name))
        var state: UInt64 = 7
        for _ in 0..<1_500 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            // 1980 to 2037, whole seconds.
            let seconds = Int64(state >> 33) % 1_830_000_000 + 315_532_800
            let expected = Int64(foundation.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))) * 1_000_000
            #expect(remembering.offset(at: seconds * 1_000_000) == expected, "\(seconds)")
            var fresh = try #require(Zone(name))
            let wall = seconds * 1_000_000 + expected
            let instant = remembering.microseconds(local: wall)
            #expect(instant == fresh.microseconds(local: wall), "\(seconds)")
            // Either the very instant, or the earlier of two with the same wall time.
            #expect(instant <= seconds * 1_000_000 && instant + fresh.offset(at: instant) == wall, "\(seconds)")
        }
    }

    @Test("UTC needs no table, and unknown names are refused")
    func names() throws {
        var zone = try #require(Zone("UTC"))
        #expect(zone.microseconds(local: 5) == 5 && zone.offset(at: .min) == 0 && zone == .utc)
        for name in ["", "Tokyo", "Asia/Tokio", "GMT+9", "JST", "utc", "Europe/", "../etc/passwd"] { #expect(Zone(name) == nil, "\(name)") }
    }
}

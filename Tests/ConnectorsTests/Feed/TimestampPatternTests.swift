import Connectors
import Records
import Testing

private func instant(_ text: String, _ format: String?, zone: String? = nil) throws -> String? {
    let column = FeedColumn(field: Field("t", .timestamp), source: "t", format: format, zone: zone)
    let builder = try BatchBuilder(columns: [column], capacity: 1)
    guard Array(text.utf8).withUnsafeBufferPointer({ builder.set(0, $0) }) == .none else { return nil }
    builder.commitRow(number: 1)
    return builder.finish().columns[0].text(0)
}

@Suite struct TimestampPatternTests {
    @Test(
        "patterns read what they declare",
        arguments: [
            ("yyyy-MM-dd HH:mm:ss", "2018-08-08 12:34:56", "2018-08-08T12:34:56Z"),
            ("yyyy-MM-dd'T'HH:mm:ss", "2018-08-08T12:34:56", "2018-08-08T12:34:56Z"),
            ("yyyy/MM/dd HH.mm.ss", "2018/12/31 23.59.59", "2018-12-31T23:59:59Z"),
            ("yyyy-MM-dd HH:mm:ss", "1970-01-01 00:00:00", "1970-01-01T00:00:00Z"),
            ("dd.MM.yyyy", "29.02.2020", "2020-02-29T00:00:00Z"), ("M/d/yyyy H:mm", "12/1/2010 8:26", "2010-12-01T08:26:00Z"),
            ("yyyyMMddHHmmss", "20180808123456", "2018-08-08T12:34:56Z"),
            ("yyyy-MM-dd HH:mm:ss.SSS", "2018-08-08 12:34:56.789", "2018-08-08T12:34:56.789000Z"),
            ("yyyy-MM-dd HH:mm:ss.SSSSSSSSS", "2018-08-08 12:34:56.123456789", "2018-08-08T12:34:56.123456Z"),
            ("yyyy-MM-dd'T'HH:mm:ssXXX", "2018-08-08T12:34:56+09:00", "2018-08-08T03:34:56Z"),
            ("yyyy-MM-dd'T'HH:mm:ssXXX", "2018-08-08T12:34:56Z", "2018-08-08T12:34:56Z"),
            ("yyyy-MM-dd'T'HH:mm:ssX", "2018-08-08T12:34:56-0330", "2018-08-08T16:04:56Z"),
            ("yyyy-MM-dd'T'HH:mm:ssX", "2018-08-08T12:34:56-03", "2018-08-08T15:34:56Z"),
            ("'on' dd/MM/yyyy 'at' HH 'o''clock'", "on 08/08/2018 at 12 o'clock", "2018-08-08T12:00:00Z"),
            ("yyyy年MM月dd日", "2018年08月08日", "2018-08-08T00:00:00Z"),
        ])
    func reads(_ format: String, _ text: String, _ expected: String) throws { #expect(try instant(text, format) == expected) }

    @Test(
        "patterns refuse everything else",
        arguments: [
            ("yyyy-MM-dd HH:mm:ss", "2018-02-29 12:34:56"), ("yyyy-MM-dd HH:mm:ss", "2018-13-08 12:34:56"),
            ("yyyy-MM-dd HH:mm:ss", "2018-08-08 24:00:00"),
            ("yyyy-MM-dd HH:mm:ss", "2018-08-08 12:60:00"), ("yyyy-MM-dd HH:mm:ss", "2018-08-08 12:34:60"),
            ("yyyy-MM-dd HH:mm:ss", "2018-08-08T12:34:56"),
            ("yyyy-MM-dd HH:mm:ss", "2018-08-08 12:34:5x"), ("yyyy-MM-dd HH:mm:ss", "2018-08-08 12-34-56"),
            ("yyyy-MM-dd HH:mm:ss", "2018-08-08 12:34:567"),
            ("yyyy-MM-dd HH:mm:ss", "2018/08/08 12:34:56"), ("yyyy-MM-dd HH:mm:ss", "201x-08-08 12:34:56"),
            ("yyyy-MM-dd HH:mm:ss", "2018-08-00 12:34:56"),
            ("yyyy-MM-dd HH:mm:ss", "2018-08-08 12:34"), ("yyyy-MM-dd HH:mm:ss", "\0\0\0\0\0\0\0\0\0\0 12:34:56"),
            ("yyyy-MM-dd HH:mm:ss", "2018-08-0: 12:34:56"),
            ("dd.MM.yyyy", "29.02.2019"), ("dd.MM.yyyy", "1.2.2019"), ("M/d/yyyy H:mm", "12/1/2010 8:6"), ("M/d/yyyy", "123/1/2010"),
            ("yyyy-MM-dd X", "2018-08-08 +9"),
            ("yyyy-MM-dd HH:mm:ss.SSS", "2018-08-08 12:34:56.78"), ("yyyy-MM-dd HH:mm:ss.SSS", "2018-08-08 12:34:56.7890"),
        ])
    func refuses(_ format: String, _ text: String) throws { #expect(try instant(text, format) == nil) }

    @Test(
        "ISO 8601 is read as Timestamp reads it",
        arguments: [
            "2018-08-08", "2018-08-08T12:34", "2018-08-08 12:34:56", "2018-08-08T12:34:56.5", "2018-08-08T12:34:56.1234567Z",
            "2018-08-08T12:34:56+09:00",
            "2018-08-08T12:34:56-0330", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2018-08-08T", "2018-8-08", "2018-08-08T12",
            "2018-08-08T12:34:56.",
            "2018-08-08T12:34:56+9", "2018-08-08T25:00", "2018-02-30", "20180808", "2018-08-08X12:34", "2018-08-08T12:34:56ZZ",
        ])
    func iso(_ text: String) throws { #expect(try instant(text, nil) == Timestamp(iso8601: text)?.iso8601) }

    @Test("a zone holds for times that name none")
    func zones() throws {
        #expect(try instant("2018-08-08 12:34:56", "yyyy-MM-dd HH:mm:ss", zone: "Asia/Tokyo") == "2018-08-08T03:34:56Z")
        #expect(try instant("2018-03-25 02:30:00", "yyyy-MM-dd HH:mm:ss", zone: "Europe/Berlin") == "2018-03-25T01:30:00Z")
        #expect(try instant("2018-08-08T12:34:56Z", nil, zone: "Asia/Tokyo") == "2018-08-08T12:34:56Z")
        #expect(try instant("2018-08-08", nil, zone: "Asia/Tokyo") == "2018-08-07T15:00:00Z")
        #expect(try instant("2018-08-08+09:00", nil) == "2018-08-07T15:00:00Z")
    }

    @Test(
        "what is wrong with a pattern is said",
        arguments: [
            ("yyyy-MM-dd", nil), ("yy-MM-dd", "has yy, which needs `pivot`, such as `pivot: 1950`"),
            ("y-MM-dd", "has 'y' once, which must be yyyy, or stand with an era G"),
            ("yyy-MM-dd", "has 'y' 3 times, which must be yyyy or yy"), ("yyyy-MMMMM-dd", "has 'M' 5 times, which can be at most 4"),
            ("yyyy-MM-ddd", "has 'd' 3 times, which can be once or twice"),
            ("yyyy-MM-dd a", "has one of h and a without the other"), ("yyyy-MM-dd hh", "has one of h and a without the other"),
            ("yyyy-MM-dd Q", "has the letter 'Q', which is not one of G y M d E a h H m s S X"),
            ("GM.d", "has an era G without its year y"), ("Gy.M.d yyyy", "has the same part twice"),
            ("yyyy MM MMM dd", "has the same part twice"),
            ("yyyy-MM", "does not have dd"), ("HH:mm", "does not have yyyy"), ("yyyy-MM-dd'T", "has a quote that is not closed"),
            ("yyyy-MM-dd dd", "has the same part twice"), ("yyyy-MM-ddSSSSSSSSSS", "has 'S' 10 times, which can be at most 9"),
        ] as [(String, String?)])
    func problems(_ pattern: String, _ problem: String?) { #expect(TimestampPattern.problem(of: pattern) == problem) }

    @Test("the example of a pattern is read by it")
    func examples() throws {
        let patterns = [
            "yyyy-MM-dd HH:mm:ss", "d/M/yyyy", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "yyyyMMdd", "E, d MMM yyyy h:mm a", "Gy.M.d", "Gy年M月d日",
            "MMMM d, yyyy", "GyyMMdd",
        ]
        for pattern in patterns + TimeForm.names {
            #expect(try instant(TimeForm.example(of: pattern), pattern) != nil)
        }
        #expect(TimeForm.example(of: "yyyy-MM-dd'T'HH:mm:ss.SSSXXX") == "2018-08-08T12:34:56.789Z")
    }
}

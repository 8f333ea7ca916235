import Connectors
import Foundation
import Records
import Testing

private func column(
    _ type: ColumnType, _ formats: [String], zone: String? = nil, _ change: (inout Spelling) -> Void = { _ in }
) -> FeedColumn {
    FeedColumn(field: Field("t", type), source: "t", formats: formats, zone: zone, spelling: ColumnText.spelling(change))
}

private func column(_ formats: [String], zone: String? = nil, _ change: (inout Spelling) -> Void = { _ in }) -> FeedColumn {
    column(.timestamp, formats, zone: zone, change)
}

@Suite struct SpeltTimeTests {
    @Test("times in every kind of format are what Python's datetime says")
    func fixture() throws {
        let rows = try ColumnText.fixture("times.tsv")
        #expect(rows.count >= 600)
        func differences(pivot: Int) throws -> Int {
            var count = 0
            for row in rows where try ColumnText.value(row[1], column([row[0]]) { $0.pivot = pivot }) != row[2] {
                count += 1
                if pivot == 1950 { Issue.record("\(row)") }
            }
            return count
        }
        #expect(try differences(pivot: 1950) == 0)
        // The fixture would find a pivot that is not heeded.
        #expect(try differences(pivot: 1960) > 5)
    }

    private static let names = ["明治": "M", "大正": "T", "昭和": "S", "平成": "H", "令和": "R"]

    /// As Foundation's Japanese calendar (ICU) writes a day; it knows the eras from another source than ours.
    private func japanese(_ day: Int, _ calendar: Calendar) -> (era: String, year: Int, month: Int, day: Int)? {
        let parts = calendar.dateComponents([.era, .year, .month, .day], from: Date(timeIntervalSince1970: Double(day) * 86_400))
        let eras = [232: "明治", 233: "大正", 234: "昭和", 235: "平成", 236: "令和"]
        guard let era = parts.era.flatMap({ eras[$0] }), let year = parts.year, let month = parts.month, let day = parts.day else {
            return nil
        }
        return (era, year, month, day)
    }

    @Test("every day from 1873 to 2030 is read from its era, as Foundation's Japanese calendar has it")
    func everyDay() throws {
        var calendar = Calendar(identifier: .japanese)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        let days = Timestamp.days(year: 1873, month: 1, day: 1)..<Timestamp.days(year: 2031, month: 1, day: 1)
        var texts: [[String?]] = [], expected: [[String]] = []
        for day in days {
            guard let date = japanese(day, calendar) else { continue }
            let year = date.year == 1 ? (day % 2 == 0 ? "元" : "1") : "\(date.year)"
            let text =
                switch day % 3 {
                case 0: "\(date.era)\(year)年\(date.month)月\(date.day)日"
                case 1: "\(Self.names[date.era] ?? "")\(year).\(date.month).\(date.day)"
                default: String(format: "%@%02d/%02d/%02d", Self.names[date.era] ?? "", date.year, date.month, date.day)
                }
            texts.append([text])
            expected.append([Timestamp.isoDate(days: Int64(day))])
        }
        #expect(texts.count == days.count)
        let read = try ColumnText.values(texts, [column(.date, ["era"])])
        #expect(read.count == expected.count)
        for (index, value) in read.enumerated() where value != expected[index] { Issue.record("\(texts[index]) read as \(value)") }
        // The comparison would find an era that starts a day late.
        #expect(try ColumnText.values([["令和元年5月1日"]], [column(.date, ["era"])]) != [["2019-05-02"]])
    }

    @Test(
        "an era has the days that the law gave it, and no others",
        arguments: [
            ("令和元年5月1日", "2019-05-01"), ("令和1年4月30日", "era"), ("平成31年4月30日", "2019-04-30"), ("平成31年5月1日", "era"),
            ("平成元年1月8日", "1989-01-08"), ("平成元年1月7日", "era"), ("昭和64年1月7日", "1989-01-07"), ("昭和64年1月8日", "era"),
            ("昭和元年12月25日", "1926-12-25"), ("昭和元年12月24日", "era"), ("大正15年12月24日", "1926-12-24"), ("大正15年12月25日", "era"),
            ("大正元年7月30日", "1912-07-30"), ("大正元年7月29日", "era"), ("明治45年7月29日", "1912-07-29"), ("明治45年7月30日", "era"),
            ("明治6年1月1日", "1873-01-01"), ("明治5年12月31日", "era"), ("昭和65年1月1日", "era"), ("昭和100年1月1日", "type"),
            ("令和8年11月24日", "2026-11-24"), ("R8.11.24", "2026-11-24"), ("R08/11/24", "2026-11-24"), ("r8-11-24", "2026-11-24"),
            ("R081124", "2026-11-24"), ("㋿8年11月24日", "2026-11-24"), ("令8.11.24", "2026-11-24"), ("令和 8年 1月 5日", "2026-01-05"),
            ("昭和20年8月15日", "1945-08-15"), ("S39.10.10", "1964-10-10"), ("大正12年9月1日", "1923-09-01"), ("H7.1.17", "1995-01-17"),
            ("平成23年3月11日", "2011-03-11"), ("明治37年2月10日", "1904-02-10"), ("令和8年2月29日", "type"), ("令和6年2月29日", "2024-02-29"),
            ("令和0年5月1日", "type"), ("令和8年13月1日", "type"), ("令和元元年5月1日", "type"), ("8年11月24日", "type"), ("慶応3年1月1日", "type"),
            ("X8.11.24", "type"), ("R8.11.24x", "type"),
        ])
    func eras(_ text: String, _ expected: String) throws {
        #expect(try ColumnText.value(text, column(.date, ["era"])) == expected)
        // Tokyo kept its own mean time until 1887.
        if expected != "era", expected != "type", expected > "1888" {
            #expect(try ColumnText.value(text, column(["era"], zone: "Asia/Tokyo")).map { String($0.suffix(9)) } == "15:00:00Z")
        }
    }

    @Test(
        "declared forms are read, others refused",
        arguments: [
            (["yy-MM-dd"], "49-01-02", "2049-01-02T00:00:00Z"), (["yy-MM-dd"], "50-01-02", "1950-01-02T00:00:00Z"),
            (["MMM d, yyyy"], "AUG 8, 2018", "2018-08-08T00:00:00Z"), (["d MMM yyyy"], "1 Sept 2018", "2018-09-01T00:00:00Z"),
            (["d MMM yyyy"], "1 September 2018", "type"), (["d MMMM yyyy"], "1 September 2018", "2018-09-01T00:00:00Z"),
            (["d MMM yyyy"], "1 Mai 2018", "type"), (["M/d/yyyy h:mm a"], "8/8/2018 12:05 AM", "2018-08-08T00:05:00Z"),
            (["M/d/yyyy h:mm a"], "8/8/2018 12:05 pm", "2018-08-08T12:05:00Z"), (["M/d/yyyy h:mm a"], "8/8/2018 13:05 PM", "type"),
            (["yyyy年M月d日 a h時m分"], "2018年8月8日 午後 0時5分", "2018-08-08T12:05:00Z"),
            (["E, d MMM yyyy"], "Wed, 8 Aug 2018", "2018-08-08T00:00:00Z"), (["yyyy/M/d(E)"], "2018/8/8(水)", "2018-08-08T00:00:00Z"),
            (["yyyy-MM-dd", "era"], "2018-08-08", "2018-08-08T00:00:00Z"), (["yyyy-MM-dd", "era"], "H30.8.8", "2018-08-08T00:00:00Z"),
            (["yyyy-MM-dd", "era"], "8.8.2018", "type"), (["yyyy-MM-dd", "era"], "H31.5.1", "era"),
            (["iso", "yyyyMMdd"], "20180808", "2018-08-08T00:00:00Z"),
            (["iso", "yyyyMMdd"], "2018-08-08T01:02:03+09:00", "2018-08-07T16:02:03Z"),
            (["epoch-seconds"], "1533731696.5", "2018-08-08T12:34:56.500000Z"), (["epoch-seconds"], "-1", "1969-12-31T23:59:59Z"),
            (["epoch-milliseconds"], "1533731696789", "2018-08-08T12:34:56.789000Z"), (["epoch-seconds"], "99999999999999", "range"),
            (["epoch-seconds"], "2018-08-08", "type"), (["excel"], "1", "1900-01-01T00:00:00Z"), (["excel"], "59", "1900-02-28T00:00:00Z"),
            (["excel"], "60", "range"), (["excel"], "61", "1900-03-01T00:00:00Z"), (["excel"], "0.5", "range"), (["excel"], "-1", "range"),
            (["excel"], "43320.524259259", "2018-08-08T12:34:56Z"), (["excel-1904"], "0", "1904-01-01T00:00:00Z"),
            (["excel"], "2958465", "9999-12-31T00:00:00Z"), (["excel"], "2958466", "range"),
        ])
    func forms(_ formats: [String], _ text: String, _ expected: String) throws {
        #expect(try ColumnText.value(text, column(formats) { $0.pivot = 1950 }) == expected)
    }

    @Test("full-width dates are read where declared, and only there")
    func fullWidth() throws {
        let text = "　令和８年１１月２４日"
        #expect(try ColumnText.value(text, column(.date, ["era"]) { $0.isFullWidth = true }) == "2026-11-24")
        #expect(try ColumnText.value(text, column(.date, ["era"])) == "type")
        #expect(try ColumnText.value("２０２６－１１－２４", column(.date, []) { $0.isFullWidth = true }) == "2026-11-24")
    }

    @Test("a date has no zone and no time of day unless a format has one; as an instant it is its midnight")
    func dates() throws {
        let date = column(.date, [])
        #expect(try ColumnText.value("2026-11-24", date) == "2026-11-24")
        #expect(try ColumnText.value("2026-11-24+09:00", date) == "2026-11-24")
        #expect(try ColumnText.value("2026-11-24Z", date) == "2026-11-24")
        #expect(try ColumnText.value("1969-12-31", date) == "1969-12-31")
        #expect(try ColumnText.value("0001-01-01", date) == "0001-01-01")
        #expect(try ColumnText.value("2026-11-24T00:00:00", date) == "type")
        #expect(try ColumnText.value("2026-02-29", date) == "type")
        #expect(try ColumnText.value("2026-11-24T23:59:59-09:00", column(.date, ["yyyy-MM-dd'T'HH:mm:ssXXX"])) == "2026-11-24")
        #expect(try ColumnText.value("24.11.2026", column(.date, ["dd.MM.yyyy"])) == "2026-11-24")
        #expect(try ColumnText.value("1533686400", column(.date, ["epoch-seconds"], zone: "America/New_York")) == "2018-08-07")
        let instant = column(.date, [], zone: "Asia/Tokyo").asInstant
        #expect(try ColumnText.value("2026-11-24", instant) == "2026-11-23T15:00:00Z")
        #expect(
            try ColumnText.values([["2026-11-24"], ["2026-11-24"], ["1970-01-01"], ["2026-11-25"]], [date]).map { $0[0] }
                == ["2026-11-24", "2026-11-24", "1970-01-01", "2026-11-25"])
    }

    @Test("fractions beyond microseconds are cut off, or rounded as declared, over a second's end too")
    func fractions() throws {
        for (text, down, halfUp, halfEven) in [
            ("00.1234565", "00.123456", "00.123457", "00.123456"), ("00.1234575", "00.123457", "00.123458", "00.123458"),
            ("00.12345651", "00.123456", "00.123457", "00.123457"), ("59.9999999", "59.999999", "60", "60"),
        ] {
            for (rounding, expected) in [(Spelling.Rounding?.none, down), (.down, down), (.halfUp, halfUp), (.halfEven, halfEven)] {
                let read = try ColumnText.value("2018-08-08T12:34:\(text)Z", column([]) { $0.rounding = rounding })
                #expect(read == (expected == "60" ? "2018-08-08T12:35:00Z" : "2018-08-08T12:34:\(expected)Z"))
            }
        }
    }

    @Test("a reject says what was expected and which format would read the text")
    func rejects() throws {
        func expected(_ text: String, _ column: FeedColumn) throws -> String {
            try #require(try ColumnText.reject([text], [column])).expected
        }
        #expect(try expected("令和8年11月24日", column(.date, [])) == "a date like 2018-08-08; declare `format: era` to read this")
        #expect(try expected("20261124", column([])) == "a timestamp like 2018-08-08T12:34:56; declare `format: \"yyyyMMdd\"` to read this")
        #expect(
            try expected("２０２６／１１／２４", column(.date, []))
                == "a date like 2018-08-08; declare `format: \"yyyy/MM/dd\", full-width: true` to read this")
        #expect(try expected("soon", column(["yyyy-MM-dd", "era"])) == "a timestamp like 2018-08-08 or 平成30年8月8日")
        let reject = try #require(try ColumnText.reject(["平成31年5月1日"], [column(.date, ["era"])]))
        #expect(reject.code == .range)
        #expect(
            reject.expected
                == "a day of its era: 令和 from 2019-05-01, 平成 1989-01-08 to 2019-04-30, 昭和 1926-12-25 to 1989-01-07, "
                + "大正 1912-07-30 to 1926-12-24, 明治 1873-01-01 to 1912-07-29")
    }
}

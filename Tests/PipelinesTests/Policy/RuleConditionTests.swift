import Foundation
import Pipelines
import Records
import Testing

@Suite struct RuleConditionTests {
    typealias Row = RuleRows.Row

    private func truth(_ condition: String, _ row: Row = Row(), lists: [String: Set<String>] = [:]) throws -> Bool? {
        try RuleRows.truths(condition, [row], lists: lists)[0]
    }

    @Test(
        "a condition says of a row what it says in words",
        arguments: [
            ("amount > 220", false), ("amount >= 220", true), ("amount > 219.99 EUR", true), ("amount = 220 EUR", true),
            ("amount != 220 EUR", false), ("220 EUR <= amount", true), ("amount > -5", true), ("amount > 0.001", true),
            ("amount * 2 > 439 EUR", true), ("amount / 2 < 110.01 EUR", true), ("amount / 10 EUR = 22", true),
            ("amount - 20 EUR = 2 * 100 EUR", true), ("-amount < 0 EUR", true), ("amount + 1 > 220.99 EUR", true),
            ("card = \"C1\"", true), ("card != 'C1'", false), ("card in (\"C2\", \"C1\")", true), ("card not in (\"C1\")", false),
            ("card = terminal", false), ("card != terminal", true), ("country = \"DE\"", true), ("country in (\"FR\", \"JP\")", false),
            ("online", true), ("not online", false), ("online = false", false), ("online != false", true), ("true", true),
            ("id = 1", true), ("id in (3, 2, 1)", true), ("id > 0.5", true), ("1 = id", true),
            ("time >= 2026-03-01", true), ("time < 2026-03-02", false), ("time < 2026-03-01T23:30:01Z", true),
            ("time = 2026-03-01T23:30:00Z", true), ("time.date = 2026-03-02", true),
            // 23:30 in UTC is 8:30 on Monday the 2nd in Tokyo.
            ("time.hour = 8", true), ("time.hour >= 9 or time.hour < 8", false), ("time.weekday = monday", true),
            ("time.weekday in (saturday, sunday)", false), ("sunday != time.weekday", true), ("time.weekday not in (sunday)", true),
            ("card = \"C1\" and amount > 1 EUR or amount > 9999", true), ("card = \"C2\" and (amount > 1 EUR or true)", false),
            ("not card = \"C2\" and not (amount > 220 or false)", true), ("not not true", true),
            ("2 + 3 * 4 = 14", true), ("(2 + 3) * 4 = 20", true), ("10 - 4 - 3 = 3", true), ("12 / 3 / 2 = 2", true), ("2d = 48h", true),
            ("7d / 2 > 3d", true), ("2d / 12h = 4", true),
        ])
    func plain(condition: String, expected: Bool) throws {
        #expect(try truth(condition) == expected, "\(condition)")
    }

    @Test(
        "quarters and years are those of the job's fiscal year, by the clock of its zone",
        arguments: [
            ("{ zone: Asia/Tokyo }", "2025-12-31T14:59:59Z", "time.month = 12 and time.quarter = 4 and time.year = 2025"),
            ("{ zone: Asia/Tokyo }", "2025-12-31T15:00:00Z", "time.month = 1 and time.quarter = 1 and time.year = 2026"),
            ("{ zone: Asia/Tokyo, fiscal-year: april }", "2026-03-31T14:59:59Z", "time.quarter = 4 and time.year = 2025"),
            ("{ zone: Asia/Tokyo, fiscal-year: april }", "2026-03-31T15:00:00Z", "time.quarter = 1 and time.year = 2026"),
            ("{ fiscal-year: october }", "2026-09-30T23:59:59Z", "time.quarter = 4 and time.year = 2025 and time.month = 9"),
            ("{ fiscal-year: october }", "2026-12-31T00:00:00Z", "time.quarter = 1 and time.year in (2026)"),
            ("{ fiscal-year: february }", "2026-01-31T00:00:00Z", "time.quarter = 4 and time.year = 2025"),
        ])
    func fiscalYears(calendar: String, time: String, condition: String) throws {
        let rows = [Row(time: time)]
        #expect(try RuleRows.truths(condition, rows, calendar: calendar) == [true])
        #expect(try RuleRows.truths("born.year = 2025 or opened.month = 1", rows, calendar: calendar) == [nil])
        // The control: counted in UTC and from January it is another quarter or year in each of them but two.
        let plain = try RuleRows.truths(condition, rows, calendar: "{ zone: UTC }")
        #expect(plain == [["2025-12-31T14:59:59Z", "2026-03-31T15:00:00Z"].contains(time)])
    }

    @Test("where a year begins is part of what decides; a month that is none is told")
    func fiscalYearOfPolicy() throws {
        let plain = try RuleRows.load(), april = try RuleRows.load(calendar: "{ zone: Asia/Tokyo, fiscal-year: april }")
        let january = try RuleRows.load(calendar: "{ zone: Asia/Tokyo, fiscal-year: january }")
        #expect(plain.job.policyDigest == january.job.policyDigest && plain.job.policyDigest != april.job.policyDigest)
        #expect { try RuleRows.load(calendar: "{ fiscal-year: april-ish }") } throws: { "\($0)".contains("no such month") }
    }

    @Test("a missing value makes a comparison unknown, and unknown stays so through `not`, `and true`, `or false`")
    func missing() throws {
        let row = Row(country: nil, online: nil, limit: nil, rate: nil, ratio: nil)
        let unknown = [
            "limit > 5 EUR", "not limit > 5 EUR", "limit != 5 EUR", "rate > 0", "ratio < 1", "country = \"DE\"", "country != \"DE\"",
            "country not in (\"DE\")", "online", "not online", "opened < time", "limit + amount > 0 EUR", "limit > 5 and true",
            "online or false",
            "opened.hour > 3", "rate in (1, 2)", "amount / 0 EUR > 1", "country in blocked", "not country in blocked", "amount > limit",
        ]
        for condition in unknown { #expect(try truth(condition, row, lists: ["blocked": ["DE"]]) == nil, "\(condition)") }
        #expect(try truth("limit > 5 EUR and false", row) == false)
        #expect(try truth("limit > 5 EUR or true", row) == true)
        #expect(try truth("limit is missing and country is missing and online is missing", row) == true)
        #expect(try truth("limit is not missing or amount is missing", row) == false)
        #expect(try truth("amount / 0 EUR is missing", row) == true)
        #expect(try truth("quiet_mean is missing", Row(features: ["quiet_mean": .nan])) == true)
        #expect(try truth("quiet_mean > 5", Row(features: ["quiet_mean": .nan])) == nil)
    }

    @Test("features in money and ages compare with amounts and lengths of time, and with plain numbers in their own unit")
    func units() throws {
        let row = Row(amount: 4_200, features: ["customer_mean_30d": 10, "terminal_gap": 1.5, "customer_count_1d": 3])
        #expect(try truth("amount > 4.1 * customer_mean_30d", row) == true)
        #expect(try truth("amount > 4.2 * customer_mean_30d", row) == false)
        #expect(try truth("customer_mean_30d = 10 EUR and customer_mean_30d >= 10 and customer_mean_30d < 10.01", row) == true)
        #expect(try truth("terminal_gap < 2d and terminal.gap > 35h and terminal_gap > 1.4 and not terminal_gap > 1.6", row) == true)
        #expect(try truth("terminal.gap = 129600s", row) == true)
        let young = Row(amount: 22_100, features: ["terminal_age": 1.5]), old = Row(amount: 22_100, features: ["terminal_age": 2])
        #expect(try truth("amount > 220 EUR and terminal.age < 2d", young) == true)
        #expect(try truth("amount > 220 EUR and terminal.age < 2d", old) == false)
        #expect(try truth("customer_count_1d > 2 and customer.count_1d <= 3", row) == true)
    }

    @Test("the age of an account is the time of the row less the time it was opened")
    func ages() throws {
        let row = Row(opened: "2026-02-28T00:00:00Z", born: "2000-03-01")
        #expect(try truth("time - opened < 2d", row) == true)
        #expect(try truth("time - opened < 47h", row) == false)
        #expect(try truth("opened + 2d > time", row) == true)
        #expect(try truth("time.date - born > 9490d", row) == true)
        #expect(try truth("born = 2000-03-01 and born < 2000-03-02", row) == true)
    }

    @Test("a list of entries is looked up in a column of any type, by the column's text")
    func lists() throws {
        let row = Row(id: 12, opened: "2026-02-28T00:00:00Z", born: "2000-03-01", amount: 1_250, rate: 1_500, ratio: 0.5)
        func isIn(_ column: String, _ entries: String...) throws -> Bool? {
            try truth("\(column) in blocked", row, lists: ["blocked": Set(entries)])
        }
        #expect(try isIn("card", "C0", "C1") == true)
        #expect(try isIn("card", "C", "C11", "c1", "") == false)
        #expect(try isIn("id", "12") == true)
        #expect(try isIn("id", "012", "+12", "12.0") == false, "another spelling is another entry")
        #expect(try isIn("amount", "12.50") == true)
        #expect(try isIn("amount", "12.5") == false)
        #expect(try isIn("rate", "1.500") == true)
        #expect(try isIn("ratio", "0.5") == true)
        #expect(try isIn("online", "true") == true)
        #expect(try isIn("born", "2000-03-01") == true)
        #expect(try isIn("opened", "2026-02-28T00:00:00Z") == true)
        #expect(try isIn("card") == false)
        let many = Set((0..<5_000).map { "X\($0)" })
        let rows = [Row(card: "X4999"), Row(card: "X5000"), Row(card: "X0"), Row(card: "")]
        #expect(try RuleRows.truths("card in blocked", rows, lists: ["blocked": many]) == [true, false, true, false])
    }

    @Test("whole numbers are compared as such beyond what floating point holds")
    func large() throws {
        let row = Row(id: 9_007_199_254_740_993)
        #expect(try truth("id = 9007199254740993", row) == true)
        #expect(try truth("id = 9007199254740992", row) == false)
        #expect(try truth("id > 9007199254740992", row) == true)
    }

    @Test("decimals and amounts meet their own spelling exactly")
    func exact() throws {
        for thousandths in stride(from: Int64(1), through: 2_000, by: 41) {
            let text = String(format: "%d.%03d", thousandths / 1_000, thousandths % 1_000)
            #expect(try truth("rate = \(text)", Row(rate: thousandths)) == true)
        }
        for cents in stride(from: Int64(0), through: 300, by: 7) {
            #expect(try truth("amount >= \(String(format: "%d.%02d", cents / 100, cents % 100))", Row(amount: cents)) == true)
        }
    }

    @Test("conditions written differently, that say the same, have one text, which reads back as itself")
    func canonical() throws {
        let same = [
            "amount>220 and not(card in blocked or id<=3)", "amount  > 220.0 and not ((card in blocked) or (id <= 3.0))",
            "(amount > 2.2e2) and (not (card in blocked or id <= 3))",
        ]
        let texts = try Set(same.map { try RuleExpression(parsing: $0).text })
        #expect(texts.count == 1)
        let others = ["amount > 220 and not card in blocked or id <= 3", "amount > 220 and not (card in blocked and id <= 3)"]
        for other in others { #expect(!texts.contains(try RuleExpression(parsing: other).text)) }
        for text in same + ["a = \"x\"\"y\" or b in (1, -2, 3 EUR)", "-a + b * 2 - c > 2d", "t >= 2026-01-01 and t < 2026-01-01T00:00:00Z"]
        {
            let expression = try RuleExpression(parsing: text)
            #expect(try RuleExpression(parsing: expression.text).text == expression.text)
        }
    }

    @Test("a job whose rules have the first version's form keeps its policy digest")
    func digest() throws {
        let job = try JobSamples.load(JobSamples.whole)
        #expect(job.policyDigest == "cfcde616a6a026e631d08b15513aafc1849031d34681d5076c34684a340af087")
        let other = try JobSamples.load(JobSamples.whole("amount > 220", "amount > 220 EUR"))
        #expect(other.policyDigest != job.policyDigest)
    }
}

import Foundation
import Pipelines
import Records
import ReviewWeb
import Testing

/// Courses of sensors and control charts on the page of an item.
@Suite struct ItemPictureTests {
    private static let newest = SiteFixture.clock - .hours(5)

    /// Evidence of a machine: readings an hour apart, and its health.
    static func course(_ names: [String], rows: Int = 30, unit: String = ", in standard deviations of the fleet") -> [Evidence] {
        func times(_ count: Int) -> [String] { (0..<count).map { (newest - .hours(Int64($0))).iso8601 } }
        return [
            Evidence(
                title: "readings of the sensors that moved, newest first" + unit, columns: ["time"] + names,
                rows: times(rows).enumerated().map { row, time in [time] + names.indices.map { "\(Double(rows - row) / 10 - Double($0))" } }
            ),
            Evidence(
                title: "health and wear of this unit (mean of 10 readings)", columns: ["time", "health", "wear_1", "wear_2"],
                rows: times(10).enumerated().map { row, time in [time, "-0.\(row)", "0.1", "1.5"] }),
        ]
    }

    /// Evidence of a piece whose measurement signalled.
    static func control(_ name: String) -> [Evidence] {
        [
            Evidence(
                title: "control charts of this group",
                columns: ["measurement", "reading", "lower limit", "center", "upper limit", "signals"],
                rows: [[name, "14.000", "7.000", "10.000", "13.000", "1"]]),
            Evidence(
                title: "newest points of the control chart of \(name)", columns: ["time", name, "signals"],
                rows: (0..<20).map { row in
                    [(newest - .hours(Int64(row))).iso8601, row == 0 ? "14.000" : "\(9 + row % 3).000", row == 0 ? "1" : ""]
                }),
        ]
    }

    static let plan =
        "repair by 2026-03-01T10:00:00Z (15 steps on): 790.32 EUR expected, saves 331.29 EUR (now 1121.61 EUR, at failure 12000.00 EUR)"

    static func machine(_ fixture: SiteFixture, reasons: [String] = [plan]) -> ReviewItem {
        fixture.item("M0009") { item in
            (item.reasons, item.evidence) = (reasons, course(["temperature", "vibration", "pressure"]))
        }
    }

    @Test(
        "a machine's item draws the sensors that moved with the fleet's band and the repair-by date, and says what it saves, in both languages"
    )
    func machines() throws {
        let fixture = try SiteFixture()
        try fixture.insert([Self.machine(fixture)])
        for (language, saves, by) in [("en", "Expected saving", "Repair by"), ("ja", "期待節約額", "までに修理")] {
            let page = fixture.get("/items/1", language: language).body
            _ = try MarkupReader(page)
            #expect(page.contains(saves) && page.contains("331.29 EUR") && page.contains(by))
            #expect(page.components(separatedBy: "<desc>").count == 3, "course and health")
            #expect(page.components(separatedBy: "class=\"usual\"").count == 2, "the fleet stands behind the sensors alone")
            #expect(page.components(separatedBy: "class=\"due\"").count == 2)
            #expect(page.components(separatedBy: "<polyline").count == 7, "three sensors, and health with two kinds of wear")
            for name in ["temperature", "vibration", "pressure"] { #expect(page.contains(name)) }
            // No picture of amounts is made of what is none.
            #expect(!page.contains("Amounts over time") && !page.contains("金額の推移"))
        }
    }

    @Test("why an item is there is worded, also where a promise sent it, in both languages")
    func causes() throws {
        let fixture = try SiteFixture()
        let causes = ["beyond-promise", "no-promise", "deadline", "cost", "no-model"]
        try fixture.insert(causes.map { cause in fixture.item("M-\(cause)") { $0.cause = cause } })
        for (number, cause) in causes.enumerated() {
            for language in ["en", "ja"] {
                let page = fixture.get("/items/\(number + 1)", language: language).body
                #expect(page.contains("M-\(cause)") && !page.contains(">\(cause)<"), "\(cause)")
            }
        }
        #expect(fixture.get("/items/1", language: "en").body.contains("beyond what is promised"))
        #expect(fixture.get("/items/1", language: "ja").body.contains("約束した誤りの範囲"))
    }

    @Test("what the stages say of machines and pieces is Japanese on a Japanese page")
    func japanese() throws {
        let fixture = try SiteFixture()
        try fixture.insert([
            fixture.item("M1") { item in
                item.reasons = [
                    "life left: 111 (80 % of such units: 96 to 127)", Self.plan,
                    "mean of health over 10 readings less that over 40: -0.396",
                    "torque: a point beyond three standard deviations",
                ]
                item.evidence = Self.control("torque")
            }
        ])
        let page = fixture.get("/items/1", language: "ja").body
        for text in [
            "残り寿命: 111 (同種の機械の 80 % は 96〜127)",
            "2026-03-01T10:00:00Z までに修理(15 ステップ後): 期待費用 790.32 EUR、節約 331.29 EUR(今なら 1121.61 EUR、故障時 12000.00 EUR)",
            "health の 10 回平均と 40 回平均の差: -0.396", "torque: 標準偏差の三倍を超える点", "このグループの管理図", "測定項目",
        ] { #expect(page.contains(text), "\(text)") }
        #expect(fixture.get("/items/1").body.contains("life left: 111 (80 % of such units: 96 to 127)"))
    }

    @Test("without a plan nothing is saved or due; without a model no band is drawn; one reading stays a table")
    func less() throws {
        let fixture = try SiteFixture()
        try fixture.insert([
            Self.machine(fixture, reasons: ["no repair needs planning yet (waiting costs 1.00 EUR)"]),
            fixture.item("M2") { item in
                item.evidence = Self.course(["temperature"], unit: ", as measured (there is no model yet)")
            },
            fixture.item("M3") { item in item.evidence = [Self.course(["temperature"], rows: 1)[0]] },
        ])
        let calm = fixture.get("/items/1").body
        #expect(!calm.contains("Expected saving") && !calm.contains("class=\"due\"") && calm.contains("class=\"usual\""))
        let early = fixture.get("/items/2").body
        #expect(!early.contains("class=\"usual\"") && early.contains("there is no model yet"))
        let single = fixture.get("/items/3").body
        #expect(!single.contains("<polyline") && single.contains("temperature"))
    }

    @Test("a piece's item draws the chart that signalled with its limits; a chart whose limits are not there stays a table")
    func pieces() throws {
        let fixture = try SiteFixture()
        try fixture.insert([
            fixture.item("1") { $0.evidence = Self.control("torque") }, fixture.item("2") { $0.evidence = [Self.control("torque")[1]] },
        ])
        for (language, words) in [("en", ["upper limit", "lower limit", "center"]), ("ja", ["上方限界", "下方限界", "中心線"])] {
            let page = fixture.get("/items/1", language: language).body
            _ = try MarkupReader(page)
            for word in words { #expect(page.contains(word), "\(word)") }
            #expect(page.components(separatedBy: "class=\"head positive\"").count == 2, "one point signalled")
            #expect(page.components(separatedBy: "<circle class=\"mark\"").count == 20, "and nineteen did not")
        }
        #expect(!fixture.get("/items/2").body.contains("class=\"limit\""))
    }
}

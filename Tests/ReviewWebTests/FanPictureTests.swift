import Foundation
import Pipelines
import Records
import ReviewWeb
import Testing

/// The fan chart, the stock and the choices on the page of a demand item.
@Suite struct FanPictureTests {
    static let reasons = [
        "chance to run out within 10 days if nothing is ordered: 84 %", "stock and orders cover 40 % of the expected 120.0 units",
    ]

    static func fan(_ rows: [[String]]) -> [Evidence] {
        [
            Evidence(
                title: "forecast by theta, and the stock at each period's end",
                columns: ["day", "10 %", "50 %", "90 %", "stock, skip", "stock, order"], rows: rows),
            Evidence(
                title: "what each choice costs (EUR, expected over 10 days)",
                columns: ["choice", "units", "value", "runs out", "holding", "missing", "waste", "cost"],
                rows: [
                    ["skip", "0.0", "0.00", "84 %", "0.10", "31.00", "0.00", "31.10"],
                    ["order", "72.0", "144.00", "7 %", "2.40", "0.90", "0.00", "3.30"],
                    ["change", "78.0", "156.00", "5 %", "2.90", "0.60", "0.00", "3.50"],
                ]),
        ]
    }

    static let three = [
        ["1", "8.0", "12.0", "17.0", "36.0", "36.0"], ["2", "8.0", "12.0", "18.0", "24.0", "96.0"],
        ["3", "7.0", "12.0", "19.0", "12.0", "84.0"],
    ]

    @Test("the fan and both courses of the stock are drawn, the choices stand in a table, in both languages")
    func drawn() throws {
        let fixture = try SiteFixture()
        try fixture.insert([fixture.item("A1") { ($0.reasons, $0.evidence) = (Self.reasons, Self.fan(Self.three)) }])
        for (language, words) in [
            ("en", ["Forecast and stock", "stock if nothing is ordered", "stock with the order proposed", "runs out"]),
            ("ja", ["需要予測と在庫", "発注しない場合の在庫", "提案どおり発注した場合の在庫", "欠品", "各選択肢の期待費用"]),
        ] {
            let page = fixture.get("/items/1", language: language).body
            _ = try MarkupReader(page)
            for word in words { #expect(page.contains(word), "\(word)") }
            #expect(page.components(separatedBy: "class=\"usual\"").count == 2, "one fan")
            #expect(page.components(separatedBy: "<polyline").count == 4, "the middle and two courses of the stock")
            for cost in ["31.10", "3.30", "3.50"] { #expect(page.contains(cost)) }
        }
    }

    @Test("where nothing is ordered there is one course of the stock; one period is drawn without lines; a broken table stays a table")
    func less() throws {
        let fixture = try SiteFixture()
        let calm = Self.three.map { Array($0.prefix(5)) + [$0[4]] }
        try fixture.insert([
            fixture.item("A1") { $0.evidence = Self.fan(calm) }, fixture.item("A2") { $0.evidence = Self.fan([Self.three[0]]) },
            fixture.item("A3") { $0.evidence = Self.fan([["1", "none", "12.0", "17.0", "36.0", "36.0"]]) },
        ])
        let page = fixture.get("/items/1").body
        #expect(page.components(separatedBy: "<polyline").count == 3 && !page.contains("stock with the order proposed"))
        let single = fixture.get("/items/2").body
        #expect(single.contains("Forecast and stock") && !single.contains("<polyline"))
        let broken = fixture.get("/items/3").body
        #expect(!broken.contains("Forecast and stock") && broken.contains("none"))
    }
}

import Foundation
import Pipelines
import Records
import Testing
import pipeline

@Suite("The renderer")
struct TableTests {
    private let table = Table(
        columns: [
            .init("item", .number), .init("shop_name"), .init("value", .money), .init("score", .number), .init("secret", hidden: true),
        ],
        rows: [
            [.integer(7), .text("東京商店"), .money(Money(minor: 123_450, currency: euro)), .real(0.5, decimals: 3), .text("a")],
            [.integer(1_234), .text("Café"), .money(Money(minor: -5, currency: euro)), .missing, .text("b,\"c\"")],
        ])

    private static let euro = Currency("EUR") ?? fallback
    private static var fallback: Currency { preconditionFailure("EUR is a currency") }

    @Test("aligns numbers right and texts left by display width, wide characters included")
    func text() {
        #expect(
            table.rendered(as: .table) == """
                 ITEM  SHOP NAME         VALUE  SCORE
                    7  東京商店   1,234.50 EUR  0.500
                1,234  Café          -0.05 EUR      -

                """)
    }

    @Test("every line of a table is as wide as the others, once padded")
    func widths() {
        let wide = Table(
            columns: [.init("a"), .init("b")],
            rows: [[.text("🍣 sushi"), .text("x")], [.text("한국어"), .text("x")], [.text("e\u{301}"), .text("x")]])
        let lines = wide.text().split(separator: "\n")
        #expect(Set(lines.map { DisplayWidth.of($0) }) == [DisplayWidth.of(lines[0])])
    }

    @Test("prints typed JSON, an object a line, keys in the order declared, hidden columns too")
    func json() {
        #expect(
            table.rendered(as: .json) == """
                [
                  {"item":7,"shop_name":"東京商店","value":1234.50,"value_currency":"EUR","score":0.5,"secret":"a"},
                  {"item":1234,"shop_name":"Café","value":-0.05,"value_currency":"EUR","score":null,"secret":"b,\\"c\\""}
                ]

                """)
        #expect(Table(columns: [.init("a")], rows: []).rendered(as: .json) == "[]\n")
    }

    @Test("quotes CSV as RFC 4180 says")
    func csv() {
        #expect(
            table.rendered(as: .csv) == """
                item,shop_name,value,value_currency,score,secret
                7,東京商店,1234.50,EUR,0.5,a
                1234,Café,-0.05,EUR,,"b,""c\"""

                """)
    }

    @Test("cuts the widest text to a terminal's width, and nothing where there is no terminal")
    func narrow() {
        let long = Table(columns: [.init("n", .number), .init("text")], rows: [[.integer(1), .text(String(repeating: "語", count: 40))]])
        let narrow = long.text(Terminal(isTerminal: true, width: 30, hasColor: false))
        #expect(narrow.split(separator: "\n").allSatisfy { DisplayWidth.of($0) <= 30 } && narrow.contains("…"))
        #expect(!long.text().contains("…"))
    }

    @Test("colours the header where colour is wanted, and there only")
    func color() {
        #expect(table.text(Terminal(isTerminal: true, width: 100, hasColor: true)).hasPrefix("\u{1B}[1m"))
        #expect(!table.text(Terminal(isTerminal: true, width: 100, hasColor: false)).contains("\u{1B}"))
    }

    @Test("shows control characters and direction overrides of a feed's text instead of obeying them")
    func controls() {
        let text = Table(columns: [.init("a")], rows: [[.text("x\u{1B}[2J\n\u{202E}y")]]).text()
        #expect(text == "A\nx\\u{1b}[2J\\n\\u{202e}y\n")
    }

    @Test("shows one thing as labels, as a JSON object and as a CSV line")
    func details() {
        let details = Details(
            title: "Run 1",
            sections: [
                .init(nil, [.init("rows_read", .integer(1_015_716)), .init("job", .text("a"))]),
                .init("outcomes", [.init("hold", .integer(3), remark: "1.00 %")]),
            ])
        #expect(details.rendered(as: .table) == "Run 1\n  rows read  1,015,716\n  job        a\n\noutcomes\n  hold       3  1.00 %\n")
        #expect(details.rendered(as: .json) == "{\"rows_read\":1015716,\"job\":\"a\",\"outcomes\":{\"hold\":3}}\n")
        #expect(details.rendered(as: .csv) == "rows_read,job,outcomes.hold\n1015716,a,3\n")
    }
}

@Suite("Numbers for people")
struct QuantityTests {
    @Test(
        "counts have thousands separated",
        arguments: [
            (0, "0"), (999, "999"), (1_000, "1,000"), (1_015_716, "1,015,716"), (-12_345, "-12,345"),
            (Int.min, "-9,223,372,036,854,775,808"),
        ])
    func counts(value: Int, text: String) { #expect(Quantity.count(value) == text) }

    @Test(
        "durations have the unit that fits",
        arguments: [
            (0.0, "0 ms"), (0.9994, "999 ms"), (0.9996, "1.0 s"), (1.24, "1.2 s"), (99.96, "1 min 40 s"), (245, "4 min 5 s"),
            (7_385, "2 h 3 min"),
        ])
    func seconds(value: Double, text: String) { #expect(Quantity.seconds(value) == text) }

    @Test(
        "sizes have three digits",
        arguments: [
            (1, "1 byte"), (999, "999 bytes"), (1_000, "1.00 kB"), (70_912_345, "70.9 MB"), (143_000_000, "143 MB"), (999_600, "1.00 MB"),
        ])
    func bytes(value: Int64, text: String) { #expect(Quantity.bytes(value) == text) }

    @Test(
        "a share that is not nothing or all never reads so",
        arguments: [
            (0, "0 %"), (0.000_001, "< 0.001 %"), (0.000_066, "0.007 %"), (0.0381, "3.81 %"), (0.5, "50.0 %"), (0.9999, "> 99.9 %"),
            (1, "100.0 %"),
        ])
    func shares(value: Double, text: String) { #expect(Quantity.share(value) == text) }

    @Test("money keeps its decimals and its sign")
    func money() {
        for (text, shown) in [("1234.5 EUR", "1,234.50 EUR"), ("-0.05 EUR", "-0.05 EUR"), ("1234567 JPY", "1,234,567 JPY")] {
            #expect(Money(text).map(Quantity.money) == shown)
        }
    }

    @Test("the progress bar fits its terminal, and the log line says the same")
    func progress() {
        for width in [20, 40, 60, 80, 200] {
            #expect(DisplayWidth.of(Progress.bar("card-fraud", rows: 620_000, fraction: 0.61, elapsed: 2.5, width: width)) < width)
        }
        #expect(
            Progress.line("run", rows: 620_000, fraction: 0.5, elapsed: 2) == "run: 50 %, 620,000 rows, 310,000 rows/s, 2.0 s left")
        #expect(Progress.line("backup", rows: 0, fraction: 0.5, elapsed: 2) == "backup: 50 %, 2.0 s left")
        #expect(Progress.line("run", rows: 0, fraction: nil, elapsed: 2) == "run: 0 rows")
        #expect(Progress.bar("run", rows: 0, fraction: 0.5, elapsed: 0, width: 60).contains("██"))
    }

    @Test("text is wrapped at spaces and never within a word")
    func wrap() {
        #expect(DisplayWidth.wrap("one two three", to: 7) == ["one two", "three"])
        #expect(DisplayWidth.wrap("extraordinarily", to: 5) == ["extraordinarily"])
        #expect(DisplayWidth.cut("東京商店", to: 5) == "東京…")
    }
}

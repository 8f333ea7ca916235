import Connectors
import Foundation
import Records
import Testing

/// The styles of `Tests/Fixtures/columns/make.py`.
private let styles: [String: Spelling] = [
    "plain": .plain, "english": ColumnText.spelling { $0.grouping = .comma },
    "german": ColumnText.spelling { ($0.decimalPoint, $0.grouping) = (.comma, .point) },
    "french": ColumnText.spelling { ($0.decimalPoint, $0.grouping) = (.comma, .space) },
    "french-narrow": ColumnText.spelling { ($0.decimalPoint, $0.grouping) = (.comma, .space) },
    "spaced": ColumnText.spelling { $0.grouping = .space }, "swiss": ColumnText.spelling { $0.grouping = .apostrophe },
    "swiss-typographic": ColumnText.spelling { $0.grouping = .apostrophe },
    "indian": ColumnText.spelling { ($0.grouping, $0.groupingStyle) = (.comma, .indian) },
    "myriads": ColumnText.spelling { ($0.grouping, $0.groupingStyle) = (.comma, .myriads) },
    "triangle": ColumnText.spelling { ($0.grouping, $0.negatives) = (.comma, [.triangle]) },
    "parentheses": ColumnText.spelling { ($0.grouping, $0.negatives) = (.comma, [.parentheses]) },
    "trailing": ColumnText.spelling { ($0.grouping, $0.negatives) = (.comma, [.trailingMinus]) },
    "full-width": ColumnText.spelling { ($0.grouping, $0.isFullWidth) = (.comma, true) },
    "full-width-triangle": ColumnText.spelling { ($0.grouping, $0.isFullWidth, $0.negatives) = (.comma, true, [.triangle]) },
    "yen": ColumnText.spelling { ($0.grouping, $0.symbols) = (.comma, ["¥", "円"]) },
    "euro": ColumnText.spelling { ($0.decimalPoint, $0.grouping, $0.symbols) = (.comma, .point, ["€"]) },
]

/// Rows of the fixture that are read otherwise than Python's decimal says.
private func differences(_ rows: [[String]], changing change: (inout Spelling) -> Void = { _ in }) throws -> [String] {
    var differences: [String] = []
    for row in rows {
        var spelling = try #require(styles[row[0]])
        spelling.rounding = Spelling.Rounding(rawValue: row[2])
        change(&spelling)
        let type = ColumnType.decimal(scale: try #require(Int(row[1])))
        let read = try ColumnText.value(row[3], FeedColumn(field: Field("c", type), source: "c", spelling: spelling))
        if read != row[4] { differences.append("\(row.joined(separator: " | ")) read as \(read ?? "")") }
    }
    return differences
}

@Suite struct SpeltNumberTests {
    @Test("decimals in every declared spelling are what Python's decimal says, and all else is refused")
    func decimals() throws {
        let rows = try ColumnText.fixture("numbers.tsv")
        #expect(rows.count > 1_000)
        #expect(try differences(rows) == [])
    }

    @Test("the fixture finds other rounding, groups that are not looked at, and a sign that is not")
    func control() throws {
        let rows = try ColumnText.fixture("numbers.tsv")
        #expect(try differences(rows) { if $0.rounding == .halfEven { $0.rounding = .halfUp } }.count > 5)
        #expect(try differences(rows) { $0.groupingStyle = .myriads }.count > 50)
        #expect(try differences(rows) { $0.negatives = Spelling.Negative.allCases }.count > 2)
        #expect(try differences(rows) { $0.isFullWidth = true }.count >= 1)
    }

    @Test(
        "integers keep whole numbers only; floating-point numbers have exponents, and names where declared",
        arguments: [
            (ColumnType.int64, "1,234", "1234"), (.int64, "1,234.0", "type"),
            (.int64, "-9,223,372,036,854,775,808", "-9223372036854775808"),
            (.int64, "9,223,372,036,854,775,808", "range"), (.float64, "1,234.5", "1234.5"), (.float64, "1,234.5e-2", "12.345"),
            (.float64, "-1,234", "-1234.0"), (.float64, "9,007,199,254,740,993", "9007199254740992.0"), (.float64, "1e309", "range"),
            (.float64, ".5", "0.5"), (.float64, "5.", "5.0"), (.float64, ".", "type"), (.float64, "NaN", "nan"), (.float64, "INF", "inf"),
            (.float64, "-Infinity", "-inf"), (.float64, "Infinite", "type"), (.float64, "-0", "-0.0"), (.float64, "0x10", "type"),
            (.int64, "1e3", "type"),
        ])
    func numbers(_ type: ColumnType, _ text: String, _ expected: String) throws {
        let spelling = ColumnText.spelling { ($0.grouping, $0.isNonFiniteAllowed) = (.comma, true) }
        #expect(try ColumnText.value(text, FeedColumn(field: Field("c", type), source: "c", spelling: spelling)) == expected)
    }

    @Test(
        "exponents and percentages of exact numbers are exact",
        arguments: [
            (ColumnType.decimal(scale: 4), "12.5%", "0.1250"), (.decimal(scale: 2), "12.5%", "decimals"),
            (.decimal(scale: 3), "-0.1%", "-0.001"),
            (.float64, "12.5%", "0.125"), (.float64, "33.3 %", "0.333"), (.float64, "12.5", "type"),
            (.decimal(scale: 4), "1E-2%", "0.0001"),
            (.decimal(scale: 0), "1.5E5%", "1500"), (.decimal(scale: 0), "1E17%", "1000000000000000"),
            (.decimal(scale: 18), "1E20%", "range"),
            (.decimal(scale: 2), "0E99999999%", "0.00"), (.decimal(scale: 2), "1E-99999999%", "decimals"),
            (.decimal(scale: 2), "1E%", "type"),
            (.decimal(scale: 2), "1E+%", "type"), (.decimal(scale: 2), "12.5%%", "type"),
        ])
    func percentages(_ type: ColumnType, _ text: String, _ expected: String) throws {
        let spelling = ColumnText.spelling { ($0.percent, $0.hasExponent) = (.fraction, true) }
        #expect(try ColumnText.value(text, FeedColumn(field: Field("c", type), source: "c", spelling: spelling)) == expected)
        let number = ColumnText.spelling { $0.percent = .number }
        #expect(try ColumnText.value("12.5%", FeedColumn(field: Field("c", .float64), source: "c", spelling: number)) == "12.5")
    }

    @Test("a plain decimal is exact to both ends of 64 bits, at every scale")
    func scales() throws {
        for scale in 0...18 {
            for value in [Int64.min, -1, 0, 1, 12_345, Int64.max] {
                let text = DecimalText.text(value, scale: scale)
                #expect(try ColumnText.value(text, FeedColumn(field: Field("c", .decimal(scale: scale)), source: "c")) == text)
                let longer = text + (scale == 0 ? ".000" : "000")
                #expect(try ColumnText.value(longer, FeedColumn(field: Field("c", .decimal(scale: scale)), source: "c")) == text)
            }
        }
        #expect(try ColumnText.value("1.23456", FeedColumn(field: Field("c", .decimal(scale: 4)), source: "c")) == "decimals")
        #expect(try ColumnText.value("1.2345600", FeedColumn(field: Field("c", .decimal(scale: 5)), source: "c")) == "1.23456")
    }

    @Test(
        "a reject of an undeclared spelling says what to declare",
        arguments: [
            (ColumnType.int64, "１２３", "an integer; declare `full-width: true` to read this"),
            (.int64, "１，２３４", "an integer; declare `full-width: true, grouping: \",\"` to read this"),
            (.int64, "▲1,234", "an integer; declare `grouping: \",\", negative: [minus, triangle]` to read this"),
            (.float64, "(12.5)", "a number; declare `negative: [minus, parentheses]` to read this"),
            (.float64, "1.234,56", "a number; declare `decimal-point: \",\", grouping: \".\"` to read this"),
            (.float64, "1'234.50", "a number; declare `grouping: \"'\"` to read this"),
            (.float64, "1\u{202F}234,56", "a number; declare `decimal-point: \",\", grouping: space` to read this"),
            (.int64, "1,234-", "an integer; declare `grouping: \",\", negative: [minus, trailing-minus]` to read this"),
            (.int64, "￥１，０００", "an integer; declare `full-width: true, grouping: \",\", symbols: [\"¥\"]` to read this"),
            (.float64, "12.5%", "a number; declare `percent: fraction` to read this"),
            (.decimal(scale: 2), "1.5E3", "a number with at most 2 decimals"),
            (.int64, "1E+3", "an integer; declare `exponent: true` to read this"),
            (.int64, "twelve", "an integer"), (.int64, "1,23", "an integer"), (.bool, "１", "true or false (or 1/0, yes/no, t/f)"),
        ])
    func hints(_ type: ColumnType, _ text: String, _ expected: String) throws {
        let reject = try #require(try ColumnText.reject([text], [FeedColumn(field: Field("c", type), source: "c")]))
        #expect(reject.expected == expected)
        #expect(reject.code == .type)
    }

    @Test("a declared spelling reads texts without groups as the plain reader does, number or not")
    func likePlain() throws {
        var state: UInt64 = 20_261_124
        func below(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
        let letters = Array("0123456789012345678900000..+-eE")
        let types: [ColumnType] = [.int64, .float64, .decimal(scale: 0), .decimal(scale: 3), .decimal(scale: 18)]
        for type in types {
            let texts = (0..<4_000).map { _ in
                [String?](["\(String((0..<1 + below(below(8) == 0 ? 26 : 7)).map { _ in letters[below(letters.count)] }))"])
            }
            let plain = try ColumnText.values(texts, [FeedColumn(field: Field("c", type), source: "c")])
            let spelling = ColumnText.spelling { $0.grouping = .comma }
            let spelt = try ColumnText.values(texts, [FeedColumn(field: Field("c", type), source: "c", spelling: spelling)])
            let differences = texts.indices.filter { plain[$0] != spelt[$0] }.map { "\(texts[$0]) \(plain[$0]) \(spelt[$0])" }
            #expect(differences == [])
            #expect(plain.count { $0[0].first?.isNumber ?? false } > 500)
        }
    }

    @Test("what a hint says to declare reads the text")
    func hintsHold() throws {
        for row in try ColumnText.fixture("numbers.tsv") where row[4].first.map({ $0.isNumber || $0 == "-" }) ?? false {
            let type = ColumnType.decimal(scale: try #require(Int(row[1])))
            guard let guess = SpellingGuess([row[3]], type: type) else { continue }
            let column = FeedColumn(field: Field("c", type), source: "c", spelling: guess.spelling)
            #expect(try ColumnText.value(row[3], column)?.first.map { $0.isNumber || $0 == "-" } == true, "\(row)")
        }
    }
}

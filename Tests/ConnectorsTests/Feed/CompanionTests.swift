import Connectors
import Records
import Testing

@Suite struct CompanionTests {
    private let euro: ColumnType
    private let sign = SignSource(source: "CdtDbtInd", negative: ["DBIT"], positive: ["CRDT"])

    init() throws { euro = .money(try #require(Currency("EUR"))) }

    private func amount(_ type: ColumnType? = nil, optional: Bool = false, sign: SignSource?, currency: String? = nil) -> FeedColumn {
        FeedColumn(field: Field("amount", type ?? euro, optional: optional), source: "Amt", sign: sign, currencySource: currency)
    }

    @Test("a number takes its sign from another field, and its currency is checked against one; the batch has no column of theirs")
    func signs() throws {
        let columns = [amount(sign: sign, currency: "Amt/@Ccy"), FeedColumn(field: Field("id", .int64), source: "Id")]
        #expect(FeedColumn.read(columns).map(\.source) == ["Amt", "Id", "CdtDbtInd", "Amt/@Ccy"])
        let read = try ColumnText.values(
            [
                ["12.50", "1", "DBIT", "EUR"], ["12.50", "2", "CRDT", "EUR"], ["0", "3", "DBIT", "EUR"], ["1", "4", " DBIT ", "EUR"],
                ["1", "5", "DEBIT", "EUR"], ["1", "6", "", "EUR"], ["1", "7", nil, "EUR"], ["-1", "8", "CRDT", "EUR"],
                ["1", "9", "DBIT", "USD"], ["1", "10", "DBIT", ""], ["1", "11", "DBIT", "eur"],
            ], columns)
        #expect(
            read == [
                ["-12.50", "1"], ["12.50", "2"], ["0.00", "3"], ["-1.00", "4"], ["unknownValue"], ["missing"], ["missing"], ["signed"],
                ["currency"], ["missing"], ["currency"],
            ])
        for (type, expected) in [(ColumnType.int64, "-7"), (.float64, "-7.0"), (.decimal(scale: 3), "-7.000")] {
            #expect(try ColumnText.values([["7", "DBIT"]], [amount(type, sign: sign)]) == [[expected]])
        }
    }

    @Test("where the number is missing, its sign and currency need not be there; an empty text may be a sign")
    func missing() throws {
        let column = amount(optional: true, sign: SignSource(source: "S", negative: ["-", "H"], positive: ["", "S"]), currency: "C")
        let read = try ColumnText.values(
            [["", nil, nil], ["", "?", "USD"], ["5", "", "EUR"], ["5", nil, "EUR"], ["5", "H", "EUR"], ["5", "-", nil]], [column])
        #expect(read == [["missing"], ["missing"], ["5.00"], ["5.00"], ["-5.00"], ["missing"]])
        // Missing in one row, there in the next: the sign belongs to its own row.
        #expect(
            try ColumnText.values([["", "H", "EUR"], ["1", "", "EUR"], ["", "", ""], ["2", "H", "EUR"]], [column]).map { $0[0] }
                == ["missing", "1.00", "missing", "-2.00"])
    }

    @Test("rejects name the column, what stood in the other field and what was expected there")
    func rejects() throws {
        let column = amount(sign: sign, currency: "Amt/@Ccy")
        func reject(_ record: [String]) throws -> [String] {
            let reject = try #require(try ColumnText.reject(record, [column]))
            return [reject.column ?? "", reject.code.rawValue, reject.found, reject.expected]
        }
        #expect(try reject(["1", "DEBIT"]) == ["amount", "unknown-value", "DEBIT", "one of DBIT, CRDT in CdtDbtInd (nearest: DBIT)"])
        #expect(try reject(["1", ""]) == ["amount", "missing", "nothing", "one of DBIT, CRDT in CdtDbtInd"])
        #expect(
            try reject(["1", "DBIT", "USD"]) == ["amount", "currency", "USD", "EUR in Amt/@Ccy, the currency that the column declares"])
        let signed = try reject(["-1", "DBIT"])
        #expect(signed[1...] == ["type", "DBIT", "an amount in EUR with at most 2 decimals and without a sign, which CdtDbtInd gives"])
    }

    @Test("enum columns hold the declared texts or their meanings; others are rejects of their own code, with the nearest")
    func enums() throws {
        let listed = FeedColumn(
            field: Field("c", .string), source: "c",
            spelling: ColumnText.spelling { $0.values = [.init("CRDT", "CRDT"), .init("DBIT", "DBIT")] })
        #expect(
            try ["CRDT", " DBIT ", "crdt", "CRD", "CRDTX"].map { try ColumnText.value($0, listed) }
                == ["CRDT", "DBIT", "unknownValue", "unknownValue", "unknownValue"])
        let mapped = FeedColumn(
            field: Field("c", .string, optional: true), source: "c", nulls: ["-"],
            spelling: ColumnText.spelling { $0.values = [.init("1", "入金"), .init("2", "出金")] })
        #expect(
            try ["1", "2", "", "-", "3"].map { try ColumnText.value($0, mapped) } == ["入金", "出金", "missing", "missing", "unknownValue"])
        let reject = try #require(try ColumnText.reject(["DBTI"], [listed]))
        #expect([reject.code.rawValue, reject.found, reject.expected] == ["unknown-value", "DBTI", "one of CRDT, DBIT (nearest: DBIT)"])
        let many = (0..<2_000).map { "V\($0)" }
        let large = FeedColumn(
            field: Field("c", .string), source: "c", spelling: ColumnText.spelling { $0.values = many.map { .init($0, "m" + $0) } })
        #expect(try ColumnText.values(many.map { [$0] }, [large]).map { $0[0] } == many.map { "m" + $0 })
    }

    @Test("bool columns with declared texts read those and no others")
    func bools() throws {
        let column = FeedColumn(
            field: Field("c", .bool), source: "c",
            spelling: ColumnText.spelling {
                $0.values = [.init("有", "true"), .init("Y", "true"), .init("無", "false"), .init("N", "false")]
            })
        #expect(
            try ["有", "無", "Y", " N ", "true", "1", ""].map { try ColumnText.value($0, column) }
                == ["true", "false", "true", "false", "unknownValue", "unknownValue", "missing"])
    }

    @Test("amounts with more decimals than their currency are rejects that say how to round them, unless declared")
    func rounding() throws {
        #expect(try ColumnText.value("12.34567", amount(sign: nil)) == "decimals")
        for (rounding, expected) in [(Spelling.Rounding.halfEven, "12.34"), (.halfUp, "12.35"), (.down, "12.34")] {
            let column = FeedColumn(field: Field("a", euro), source: "a", spelling: ColumnText.spelling { $0.rounding = rounding })
            #expect(try ColumnText.value("12.345", column) == expected)
            #expect(try ColumnText.value("-12.34500", column) == "-" + expected)
        }
        let yen = FeedColumn(field: Field("a", .money(try #require(Currency("JPY")))), source: "a")
        #expect(
            try #require(try ColumnText.reject(["100.5"], [yen])).expected
                == "an amount in JPY without decimals, or `rounding: half-even` or `half-up` to round them")
    }
}

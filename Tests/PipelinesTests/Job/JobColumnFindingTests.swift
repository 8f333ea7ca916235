import Connectors
import Pipelines
import Records
import Testing

/// What `check` says of a column's declaration; the column stands where the sample has `note`.
@Suite struct JobColumnFindingTests {
    private func expectColumn(_ declaration: String, _ golden: [String], sourceLocation: SourceLocation = #_sourceLocation) {
        expect(
            (#"note:        { type: string, optional: true, nulls: ["NA", "-"] }"#, "note:        " + declaration),
            give: golden.map { $0.replacing("@", with: "feeds.transactions.columns.note") }, sourceLocation: sourceLocation)
    }

    @Test("a column says what it holds")
    func types() {
        expectColumn(
            "{ type: ⟦1⟧decimel }",
            [
                """
                ⟦1⟧ error: no such column type (@.type): 'decimel', expected one of int64, float64, decimal, money, bool, string, date, \
                timestamp, enum. Did you mean 'decimal'?
                """
            ])
        expectColumn(
            "⟦1⟧{ type: decimal }",
            [
                "18:7 error: 'scale' is missing (@): expected how many decimals, from 0 to 18. Add it, for example `scale: 4`.", "⟦1⟧",
            ])
        expectColumn(
            "{ type: decimal, scale: ⟦1⟧19 }", ["⟦1⟧ error: wrong value (@.scale): '19', expected a whole number from 0 to 18."])
        expectColumn(
            "{ type: money, currency: ⟦1⟧{ from: Ccy } }",
            [
                """
                ⟦1⟧ error: wrong value (@.currency): a mapping, expected an ISO 4217 code of three capital letters, such as EUR. Where the \
                feed names the currency, declare the one it must be and add `currency-from: Ccy`.
                """
            ])
    }

    @Test("keys belong to types")
    func places() {
        expectColumn(
            "{ type: string, ⟦1⟧scale: 2, ⟦2⟧grouping: \",\", ⟦3⟧sign: { from: S, negative: H, positive: S } }",
            [
                "⟦1⟧ error: 'scale' does not belong here (@.scale): only decimals have one. Remove it.",
                "⟦2⟧ error: 'grouping' does not belong here (@.grouping): only numbers have one. Remove it.",
                "⟦3⟧ error: 'sign' does not belong here (@.sign): only numbers have one. Remove it.",
            ])
        expectColumn(
            "{ type: float64, ⟦1⟧exponent: true, ⟦2⟧rounding: down }",
            [
                """
                ⟦1⟧ error: 'exponent' does not belong here (@.exponent): only integers, decimals and money need it; float64 has exponents \
                always. Remove it.
                """,
                """
                ⟦2⟧ error: 'rounding' does not belong here (@.rounding): only integers, decimals, money and timestamps are rounded. Remove \
                it.
                """,
            ])
    }

    @Test("spellings are checked")
    func spellings() {
        expectColumn(
            "{ type: int64, grouping: ⟦1⟧\";\", negative: [⟦2⟧triangel] }",
            [
                "⟦1⟧ error: wrong value (@.grouping): ';', expected \",\", \".\", \"'\" or space.",
                """
                ⟦2⟧ error: no such choice (@.negative[0]): 'triangel', expected one of minus, triangle, parentheses, trailing-minus. Did you \
                mean 'triangle'?
                """,
            ])
        expectColumn(
            "{ type: float64, grouping: ⟦1⟧\".\" }",
            [
                """
                ⟦1⟧ error: wrong value (@.grouping): '.', expected another character than the decimal point's. Add `decimal-point: ","`.
                """
            ])
        expectColumn(
            "{ type: timestamp, format: [yyyy-MM-dd, ⟦1⟧yy-MM-dd] }",
            [
                """
                ⟦1⟧ error: wrong value (@.format[1]): 'yy-MM-dd' has yy, which needs `pivot`, such as `pivot: 1950`, expected a date pattern \
                of yyyy MM dd HH mm ss SSS XXX, with text in single quotes, or one of iso, era, epoch-seconds, epoch-milliseconds, \
                epoch-microseconds, excel, excel-1904.
                """
            ])
    }

    @Test("declared values are checked")
    func values() {
        expectColumn(
            "{ type: bool, true-values: 有 }",
            [
                """
                18:7 error: 'false-values' is missing (@): expected a text, or a list of texts. Add it, for example `false-values: 無`.
                """
            ])
        expectColumn(
            "{ type: bool, true-values: [有, あり], false-values: ⟦1⟧[無, 有] }",
            ["⟦1⟧ error: wrong value (@.false-values): '有' twice, expected each text once."])
        expectColumn(
            "{ type: enum }",
            [
                """
                18:7 error: 'values' is missing (@): expected a list of texts, or a mapping. Add it, for example `values: [CRDT, DBIT]`.
                """
            ])
        expectColumn(
            "{ type: enum, values: ⟦1⟧[CRDT, CRDT] }", ["⟦1⟧ error: wrong value (@.values): 'CRDT' twice, expected each value once."])
        expectColumn(
            "{ type: int64, sign: ⟦1⟧{ from: S, negative: H } }",
            [
                """
                ⟦1⟧ error: 'positive' is missing (@.sign): expected a text, or a list of texts. Add it, for example `positive: CRDT`.
                """
            ])
        expectColumn(
            "{ type: int64, sign: { from: S, negative: H, positive: ⟦1⟧[S, H] } }",
            ["⟦1⟧ error: wrong value (@.sign.positive): 'H', which is negative, expected each text once."])
    }

    @Test("a date as event time is a timestamp, and not part of the key")
    func dates() throws {
        let date = #"time:        { from: TX_DATETIME, type: date, zone: Asia/Tokyo }"#
        let timed = #"time:        { from: TX_DATETIME, type: timestamp, format: "yyyy-MM-dd HH:mm:ss", zone: UTC }"#
        let job = try JobSamples.load(JobSamples.whole(timed, date))
        #expect(job.feeds[0].schema["time"]?.type == .timestamp)
        expect(
            (timed, date), ("    key: transaction\n", "    ⟦1⟧key: [transaction, time]\n"),
            ("    key: [transaction]\n", "    key: [transaction, known]\n"),
            give: [
                """
                ⟦1⟧ error: column 'time' is a date that is both a time and part of the key (feeds.transactions.key): as a time it is its \
                midnight, expected a column of its own for the key. Declare a second column with the same `from`.
                """
            ])
    }

    @Test("a whole declaration is read as written")
    func whole() throws {
        let declaration = """
            { from: Amt, type: decimal, scale: 5, optional: true, full-width: true, decimal-point: ",", grouping: space, \
            negative: [triangle, minus], symbols: ["¥", 円], percent: number, exponent: true, rounding: half-up, \
            sign: { from: S, negative: [H, "-"], positive: "" } }
            """
        let job = try JobSamples.load(
            JobSamples.whole(#"note:        { type: string, optional: true, nulls: ["NA", "-"] }"#, "note:        " + declaration))
        var spelling = Spelling()
        (spelling.isFullWidth, spelling.decimalPoint, spelling.grouping) = (true, .comma, .space)
        (spelling.negatives, spelling.symbols, spelling.percent) = ([.minus, .triangle], ["¥", "円"], .number)
        (spelling.hasExponent, spelling.rounding) = (true, .halfUp)
        #expect(
            job.feeds[0].columns.last
                == FeedColumn(
                    field: Field("note", .decimal(scale: 5), optional: true), source: "Amt", spelling: spelling,
                    sign: SignSource(source: "S", negative: ["H", "-"], positive: [""])))
    }
}

import Pipelines
import Testing

/// Every mistake in a condition is found before anything runs, at its own line and column.
@Suite struct RuleFindingTests {
    private let rule = "amount > 220"

    @Test("an unknown name points to itself and names the nearest")
    func names() {
        expect(
            (rule, "amount > 220 EUR and ⟦1⟧customer_cont_1d > 3 or ⟦2⟧terminl in ⟦3⟧bloked"),
            give: [
                """
                ⟦1⟧ error: no such column or feature (rules[0].when): 'customer_cont_1d', expected a column of the main feed, or a feature \
                of the stage. Did you mean 'customer_count_1d'?
                """,
                "⟦2⟧ error: no such column in the main feed (rules[0].when): 'terminl'. Did you mean 'terminal'?",
                "⟦3⟧ error: no such list feed (rules[0].when): 'bloked', expected one of blocked. Did you mean 'blocked'?",
            ])
        expect(
            (rule, "⟦1⟧time.hours > 3"),
            give: [
                """
                ⟦1⟧ error: no such column or feature (rules[0].when): 'time.hours', expected a column of the main feed, or a feature of the \
                stage. Did you mean 'time.hour'?
                """
            ])
        expect(
            (rule, "time.weekday = ⟦1⟧sonday"),
            give: [
                """
                ⟦1⟧ error: no such weekday (rules[0].when): 'sonday', expected one of monday, tuesday, wednesday, thursday, friday, saturday, \
                sunday. Did you mean 'monday'?
                """
            ])
    }

    @Test("types that do not go together are named with both their types")
    func types() {
        let remedy = "expected two of one type. Write amounts as `220 EUR`, lengths of time as `2d`, texts in quotes."
        expect(
            (rule, "true and ⟦1⟧amount > 220 USD"),
            give: [
                """
                ⟦1⟧ error: types that do not go together (rules[0].when): 'amount' is money in EUR, '220.00 USD' is money in USD, \(remedy)
                """
            ])
        expect(
            (rule, "⟦1⟧terminal_gap > 3 EUR"),
            give: [
                """
                ⟦1⟧ error: no such column or feature (rules[0].when): 'terminal_gap', expected a column of the main feed, or a feature of the \
                stage. Did you mean 'terminal'?
                """
            ])
        expect(
            (rule, "not (⟦1⟧amount > customer_count_1d)"),
            give: [
                """
                ⟦1⟧ error: types that do not go together (rules[0].when): 'amount' is money in EUR, 'customer_count_1d' is a number, \(remedy)
                """
            ])
        expect(
            (rule, "⟦1⟧amount > 2d"),
            give: [
                """
                ⟦1⟧ error: types that do not go together (rules[0].when): 'amount' is money in EUR, '2d' is a length of time, \
                \(remedy)
                """
            ])
        expect(
            (rule, "⟦1⟧amount * amount > 1 EUR"),
            give: [
                """
                ⟦1⟧ error: types that do not go together (rules[0].when): 'amount' is money in EUR, 'amount' is money in EUR, expected two \
                that `*` can take.
                """
            ])
        expect(
            (rule, "⟦1⟧terminal > \"T1\""),
            give: [
                """
                ⟦1⟧ error: no order among such values (rules[0].when): `>` with a text, expected `=`, `!=` or `in`.
                """
            ])
        expect(
            (rule, "⟦1⟧amount and true"),
            give: [
                "⟦1⟧ error: not a condition (rules[0].when): 'amount' is money in EUR, expected true or false. Compare it with something."
            ])
    }

    @Test("a value that an enum column never has is a mistake")
    func enums() {
        expect(
            (
                "note:        { type: string, optional: true, nulls: [\"NA\", \"-\"] }",
                "note:        { type: enum, values: [debit, credit] }"
            ),
            (rule, "note = ⟦1⟧\"credt\""),
            give: [
                """
                ⟦1⟧ error: column 'note' never has this value (rules[0].when): 'credt', expected one of debit, credit. Did you mean 'credit'?
                """
            ])
    }

    @Test("what cannot be read points to where it stops, also behind quotes, escapes and on later lines")
    func places() {
        expect(
            ("when: \(rule)", "when: \"terminal = \\\"T1\\\" and ⟦1⟧amout > 3\""),
            give: [
                """
                ⟦1⟧ error: no such column or feature (rules[0].when): 'amout', expected a column of the main feed, or a feature of the \
                stage. Did you mean 'amount'?
                """
            ])
        expect(
            ("when: \(rule)", "when: 'terminal = ''T1'' and ⟦1⟧amout > 3'"),
            give: [
                """
                ⟦1⟧ error: no such column or feature (rules[0].when): 'amout', expected a column of the main feed, or a feature of the \
                stage. Did you mean 'amount'?
                """
            ])
        expect(
            (
                "  - { name: large, when: \(rule), then: review }",
                "  - name: large\n    then: review\n    when: >-\n      amount > 3\n      and ⟦1⟧amout > 3\n"
            ),
            give: [
                """
                ⟦1⟧ error: no such column or feature (rules[0].when): 'amout', expected a column of the main feed, or a feature of the \
                stage. Did you mean 'amount'?
                """
            ])
        expect((rule, "amount > 3 ⟦1⟧&& true"), give: [syntax("'&'", "a comparison, `and`, `or`, or the end", " Write `and`.")])
        expect((rule, "amount ⟦1⟧== 3"), give: [syntax("'=='", "one of > >= < <= = !=", " Write `=`.")])
        expect((rule, "(amount > 3⟦1⟧"), give: [syntax("the end", "`)`")])
        expect((rule, "amount > ⟦1⟧and true"), give: [syntax("'and'", "a column, a feature or a value")])
        expect((rule, "amount > 3 ⟦1⟧EURO"), give: [syntax("'EURO'", "a comparison, `and`, `or`, or the end")])
        expect(
            (rule, "amount > ⟦1⟧3x"),
            give: [syntax("'3x'", "a number, an amount such as `25 EUR`, or a length of time such as `2d`")])
        expect(
            (rule, "time > ⟦1⟧2026-02-30"),
            give: [syntax("'2026-02-30'", "a date such as 2026-03-01, or a time such as 2026-03-01T12:00:00Z")])
        expect((rule, "terminal = ⟦1⟧\"T1"), give: [syntax("a text without an end", "`\"` at its end")])
    }

    private func syntax(_ found: String, _ expected: String, _ remedy: String = "") -> String {
        "⟦1⟧ error: the condition cannot be read (rules[0].when): \(found), expected \(expected).\(remedy)"
    }

    @Test("a condition may not look at the row's own label")
    func label() {
        expect(
            (
                "note:        { type: string, optional: true, nulls: [\"NA\", \"-\"] }",
                "note:        { type: int64, role: label, known-after: 7d }"
            ),
            ("  chargebacks:\n    role: labels", "  chargebacks:\n    role: table\n    table: backs"),
            ("    key: [transaction]\n    known-time: known\n", "    key: [transaction]\n"),
            (rule, "amount > 5 and ⟦1⟧note = 1"),
            give: [
                """
                ⟦1⟧ error: column 'note' is the label (rules[0].when): expected a column known when the row arrives. A label used here would \
                look ahead.
                """
            ])
    }

    @Test(
        "conditions that would exhaust the stack or the machine are refused",
        arguments: [("(", ")", 200), ("not ", "", 200), ("-", "", 200)])
    func deep(open: String, close: String, count: Int) {
        let text = String(repeating: open, count: count) + (open == "-" ? "1" : "true") + String(repeating: close, count: count)
        let findings = JobSamples.findings(JobSamples.whole(rule, open == "-" ? "\(text) > 0" : text))
        #expect(findings.map(\.code) == ["job.rule-syntax"])
    }
}

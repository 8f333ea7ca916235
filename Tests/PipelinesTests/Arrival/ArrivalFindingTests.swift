import Testing

@Suite("what a feed says of its deliveries") struct ArrivalFindingTests {
    private static let ready = "    ready: { stable-for: 5m }\n"

    @Test("is checked with its place, and nothing else is found in what is right")
    func right() {
        for keys in [
            "ready: { marker: \"*.done\", stable-for: 5m }",
            "control: { manifest: \"*.ctl\", rows: rows, sum: { column: amount, of: total }, sha256: digest, on-mismatch: hold }",
            "control: { trailer: true, rows: 2, sum: { column: amount, of: 3 } }",
            "expect: { every: business-day, by: \"02:00\", at-least: 5 }", "expect: { every: hour, by: \"00:10\" }",
            "contract: quarantine", "contract: { columns: freeze, values: discard-row }",
        ] { expect((Self.ready, "    \(keys)\n"), give: []) }
        expect(("calendar: { zone: Asia/Tokyo }", "calendar: { zone: Asia/Tokyo, holidays: holidays.csv }"), give: [])
        expect(("rejects: { limit: 2% }", "rejects: { limit: 2%, broken-file: accept }"), give: [])
    }

    @Test("that cannot be is refused, with what to write instead")
    func wrong() {
        func wrong(_ keys: String, _ golden: String) { expect((Self.ready, "    \(keys)\n"), give: ["⟦1⟧ error: " + golden]) }
        wrong(
            "ready: { marker: ⟦1⟧\"done/*.ok\" }",
            "wrong value (feeds.transactions.ready.marker): 'done/*.ok', expected a file's name with at most one *, such as \"*.done\".")
        wrong(
            "⟦1⟧control: { rows: 2 }",
            "'trailer' is missing (feeds.transactions.control): expected true, or `manifest`. Add it, for example `trailer: true`.")
        wrong(
            "control: { trailer: true, rows: ⟦1⟧count }",
            "wrong value (feeds.transactions.control.rows): 'count', expected a whole number from 1 to 1000.")
        wrong(
            "control: { trailer: true, rows: 2, sum: { column: ⟦1⟧customer, of: 3 } }",
            "column 'customer' has the wrong type (feeds.transactions.control.sum.column): string, expected a number or money.")
        wrong(
            "expect: { every: day, by: ⟦1⟧2am }",
            "wrong value (feeds.transactions.expect.by): '2am', expected a time of day in quotes, such as \"02:00\".")
        wrong(
            "contract: ⟦1⟧quarantaine",
            "no such contract (feeds.transactions.contract): 'quarantaine', expected one of evolve, freeze, discard-row, quarantine. "
                + "Did you mean 'quarantine'?")
    }
}

import Testing

@Suite struct JobKeyFindingTests {
    @Test("a misspelt key is named with the nearest")
    func misspelt() {
        expect(
            (#"schedule: "0"#, #"⟦1⟧scheduel: "0"#),
            give: [
                "⟦1⟧ error: unknown key 'scheduel' (scheduel). Did you mean 'schedule'?"
            ])
        expect(
            ("    lateness: 1d", "    ⟦1⟧latenes: 1d"),
            give: [
                "⟦1⟧ error: unknown key 'latenes' (feeds.transactions.latenes). Did you mean 'lateness'?"
            ])
        expect(
            ("card-fraud, delay: 7d", "card-fraud, ⟦1⟧delai: 7d"),
            give: [
                "⟦1⟧ error: unknown key 'delai' (stages[0].fraud.delai). Did you mean 'delay'?"
            ])
        expect(
            ("stable-for: 5m", "⟦1⟧stablefor: 5m"),
            give: [
                "⟦1⟧ error: unknown key 'stablefor' (feeds.transactions.ready.stablefor). Did you mean 'stable-for'?"
            ])
        expect(
            ("parameters: { trees", "parameters: { ⟦1⟧treees"),
            give: [
                "⟦1⟧ error: unknown key 'treees' (train.parameters.treees). Did you mean 'trees'?"
            ])
        expect(
            ("type: string, personal: true", "⟦2⟧typ: string, ⟦3⟧personnel: true"),
            give: [
                "⟦2⟧ error: unknown key 'typ' (feeds.transactions.columns.customer.typ). Did you mean 'type'?",
                "⟦3⟧ error: unknown key 'personnel' (feeds.transactions.columns.customer.personnel). Did you mean 'personal'?",
            ])
        expect(
            (#"delimiter: ";""#, #"⟦1⟧delimeter: ";""#),
            give: [
                "⟦1⟧ error: unknown key 'delimeter' (feeds.blocked.delimeter). Did you mean 'delimiter'?"
            ])
        expect(
            ("owner: pay", "⟦1⟧zzz: pay"),
            give: [
                """
                ⟦1⟧ error: unknown key 'zzz' (zzz). Keys here: version, job, owner, schedule, calendar, feeds, stages, train, policy, \
                rules, suppressions, review, results, retain, deadline.
                """
            ])
    }

    @Test("a key given twice is found at the second place, whatever else is wrong")
    func duplicates() {
        expect(
            ("calendar: {", "⟦1⟧job: other\ncalendar: {"),
            give: [
                "⟦1⟧ error: a key is given twice (job): first on line 2. Remove one of them."
            ])
        expect(
            ("calendar: {", "⟦1⟧job: other\n⟦2⟧\"job\": third\n⟦3⟧typo: 1\ncalendar: {"),
            give: [
                "⟦1⟧ error: a key is given twice (job): first on line 2. Remove one of them.",
                "⟦2⟧ error: a key is given twice (job): first on line 2. Remove one of them.",
                """
                ⟦3⟧ error: unknown key 'typo' (typo). Keys here: version, job, owner, schedule, calendar, feeds, stages, train, \
                policy, rules, suppressions, review, results, retain, deadline.
                """,
            ])
        expect(
            (
                "terminal:    { from: TERMINAL_ID, type: string }",
                "terminal:    { from: TERMINAL_ID, type: string, ⟦1⟧from: X }"
            ),
            give: [
                "⟦1⟧ error: a key is given twice (feeds.transactions.columns.terminal.from): first on line 16. Remove one of them."
            ])
        expect(
            ("results: fraud_scores", "⟦1⟧\"rules\": []\nresults: ⟦2⟧\"x y\""),
            give: [
                "⟦1⟧ error: a key is given twice (rules): first on line 49. Remove one of them.",
                """
                ⟦2⟧ error: not a name for a result table (results): 'x y', which would need quotes in SQL, expected small letters, \
                digits and _, starting with a letter, at most 48. For example `fraud_scores`.
                """,
            ])
        expect(
            ("  blocked:\n", "  ⟦1⟧chargebacks:\n"),
            give: [
                "⟦1⟧ error: a key is given twice (feeds.chargebacks): first on line 23. Remove one of them.",
                "51:40 error: no such list feed (rules[1].when): 'blocked'.",
            ])
    }

    @Test("a key that must be there is missed at the mapping it belongs to")
    func missing() {
        expect(
            ("version: 1\n", "⟦1⟧"),
            give: [
                "⟦1⟧ error: 'version' is missing: expected 1. Add it, for example `version: 1`."
            ])
        expect(
            ("    format: csv\n    files: transactions", "    files: transactions"),
            ("  transactions:\n", "  ⟦1⟧transactions:\n"),
            give: [
                "⟦1⟧ error: 'format' is missing (feeds.transactions): expected a format's name. Add it, for example `format: csv`."
            ])
        expect(
            (", over-capacity: hold", ""),
            (", on-overdue: hold", ""),
            ("review: { queue", "⟦1⟧review: { queue"),
            give: [
                "⟦1⟧ error: 'over-capacity' is missing (review): expected an outcome. Add it, for example `over-capacity: hold`.",
                "⟦1⟧ error: 'on-overdue' is missing (review): expected an outcome. Add it, for example `on-overdue: hold`.",
            ])
        expect(
            ("customer: customer, ", ""),
            ("- fraud:", "- ⟦1⟧fraud:"),
            give: [
                """
                ⟦1⟧ error: 'customer' is missing (stages[0].fraud): expected a column of the main feed (string, int64). Add it, for \
                example `customer: customer`.
                """
            ])
        expect(
            (", currency: EUR", ""),
            ("      amount:", "      ⟦1⟧amount:"),
            give: [
                """
                ⟦1⟧ error: 'currency' is missing (feeds.transactions.columns.amount): expected an ISO 4217 code. Add it, for example \
                `currency: EUR`.
                """
            ])
        expect(
            ("    event-time: time\n", ""),
            ("  transactions:\n", "  ⟦1⟧transactions:\n"),
            give: [
                """
                ⟦1⟧ error: 'event-time' is missing (feeds.transactions): expected a timestamp column. Add it, for example `event-time:\
                 time`.
                """
            ])
        expect(
            ("{ last: 30d, label-delay: 7d }", "{ last: 30d }"),
            ("  window:", "  ⟦1⟧window:"),
            give: [
                "⟦1⟧ error: 'label-delay' is missing (train.window): expected a length of time. Add it, for example `label-delay: 7d`."
            ])
    }

    @Test("what this version does not keep is refused with what to do instead")
    func unsupported() {
        expect(
            ("stable-for: 5m", "⟦1⟧rows: 5"),
            give: [
                """
                ⟦1⟧ error: not supported in this version (feeds.transactions.ready.rows). Write it under `control`.
                """
            ])
        expect(
            ("    lateness: 1d", "    ⟦1⟧sort: file\n    ⟦2⟧tie-break: row"),
            give: [
                """
                ⟦1⟧ error: not supported in this version (feeds.transactions.sort). Write the rows in event-time order and declare \
                `lateness`.
                """,
                """
                ⟦2⟧ error: not supported in this version (feeds.transactions.tie-break). Remove it: rows of the same time keep their \
                order in the feed.
                """,
            ])
        expect(
            ("results: fraud", "⟦1⟧lists: []\nresults: fraud"),
            give: [
                "⟦1⟧ error: not supported in this version (lists). Declare each list as a feed with `role: list`."
            ])
        expect(
            ("role: list", "role: ⟦1⟧reference"),
            give: [
                """
                ⟦1⟧ error: not supported in this version (feeds.blocked.role): 'reference'. Feeds are main, table, labels or list in \
                this version.
                """
            ])
        expect(
            ("event-time: time", "event-time: ⟦1⟧{ column: time, unit: cycles }"),
            give: [
                """
                ⟦1⟧ error: not supported in this version (feeds.transactions.event-time): a mapping. Event time is a timestamp column \
                in this version.
                """
            ])
    }
}

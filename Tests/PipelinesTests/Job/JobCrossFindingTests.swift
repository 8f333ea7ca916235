import Testing

@Suite struct JobCrossFindingTests {
    @Test("columns that other keys name must exist, hold the right type and always have a value")
    func columns() {
        expect(
            ("key: transaction\n", "key: ⟦1⟧transactoin\n"),
            give: [
                "⟦1⟧ error: no such column in feed 'transactions' (feeds.transactions.key): 'transactoin'. Did you mean 'transaction'?"
            ])
        expect(
            ("key: transaction\n", "key: [transaction, ⟦1⟧amount]\n"),
            ("    key: [transaction]", "    ⟦2⟧key: [transaction]"),
            give: [
                """
                ⟦1⟧ error: column 'amount' has the wrong type (feeds.transactions.key[1]): money, expected int64 or string or \
                timestamp or date or decimal.
                """,
                "⟦2⟧ error: the labels' key does not match the main feed's (feeds.chargebacks.key): 1 column, expected 2 columns.",
            ])
        expect(
            ("event-time: time", "event-time: ⟦1⟧customer"),
            give: [
                "⟦1⟧ error: column 'customer' has the wrong type (feeds.transactions.event-time): string, expected timestamp or date."
            ])
        expect(
            (
                "known: { type: timestamp } }\n    key: [transaction]\n    known-time: known",
                "known: { type: timestamp, optional: true } }\n    key: [transaction]\n    known-time: ⟦1⟧known"
            ),
            give: [
                """
                ⟦1⟧ error: column 'known' is optional (feeds.chargebacks.known-time): expected a value in every row, as the known \
                time. Remove `optional: true` from the column; rows without a value become rejects.
                """
            ])
        expect(
            ("amount: amount,", "amount: ⟦1⟧terminal,"),
            give: [
                "⟦1⟧ error: column 'terminal' has the wrong type (stages[0].fraud.amount): string, expected money."
            ])
        expect(
            ("customer: customer,", "customer: ⟦1⟧costumer,"),
            give: [
                "⟦1⟧ error: no such column in feed 'transactions' (stages[0].fraud.customer): 'costumer'. Did you mean 'customer'?"
            ])
        expect(
            ("pay: amount", "pay: ⟦1⟧amout"),
            give: [
                "⟦1⟧ error: no such column in feed 'transactions' (policy.outcomes.clear.cost.pay): 'amout'. Did you mean 'amount'?"
            ])
        expect(
            ("pay: amount", "pay: ⟦1⟧customer"),
            give: [
                "⟦1⟧ error: column 'customer' has the wrong type (policy.outcomes.clear.cost.pay): string, expected money."
            ])
        expect(
            ("pay: 25 EUR", "pay: ⟦1⟧25EUR"),
            give: [
                """
                ⟦1⟧ error: wrong value (policy.outcomes.hold.cost.pay): '25EUR', expected an amount such as `25 EUR`, or a money \
                column of the main feed. Write amount, space, currency.
                """
            ])
        expect(
            ("pay: 25 EUR", "pay: ⟦1⟧-25 EUR"),
            give: [
                "⟦1⟧ error: wrong value (policy.outcomes.hold.cost.pay): '-25 EUR', expected an amount of 0 or more."
            ])
        expect(
            ("amount > 220", "⟦1⟧terminal > 220"),
            give: [
                """
                ⟦1⟧ error: types that do not go together (rules[0].when): 'terminal' is a text, '220.0' is a number, expected two of one \
                type. Write amounts as `220 EUR`, lengths of time as `2d`, texts in quotes.
                """
            ])
        expect(
            ("note:        {", "⟦1⟧Amount:      {"),
            give: [
                """
                ⟦1⟧ error: column 'Amount' differs from 'amount' in case only (feeds.transactions.columns.Amount). Rename one: the \
                database does not tell them apart.
                """
            ])
    }

    @Test("feeds and labels must add up")
    func feeds() {
        expect(
            ("role: main", "role: labels"),
            ("\nfeeds:\n", "\n⟦1⟧feeds:\n"),
            (
                "    key: transaction\n    event-time: time\n    lateness: 1d\n",
                "    key: transaction\n    ⟦3⟧event-time: time\n    ⟦4⟧lateness: 1d\n"
            ),
            ("  transactions:\n", "  ⟦2⟧transactions:\n"),
            give: [
                "⟦1⟧ error: wrong number of feeds with `role: main` (feeds): 0, expected exactly 1, or none where all feeds are tables.",
                "⟦1⟧ error: wrong number of feeds with `role: labels` (feeds): 2, expected at most 1.",
                """
                ⟦2⟧ error: 'known-time' is missing (feeds.transactions): expected a timestamp column. Add it, for example `known-time:\
                 known`.
                """,
                """
                ⟦3⟧ error: 'event-time' does not belong here (feeds.transactions.event-time): only main and table feeds have an event time. \
                Remove it.
                """,
                """
                ⟦4⟧ error: 'lateness' does not belong here (feeds.transactions.lateness): only rows of the main feed can be late. \
                Remove it.
                """,
            ])
        expect(
            ("fraud: { type: bool }, known", "fraud: { type: bool }, other: { type: int64 }, known"),
            (
                "    columns: { transaction: { type: int64 }, fraud",
                "    ⟦1⟧columns: { transaction: { type: int64 }, fraud"
            ),
            give: [
                """
                ⟦1⟧ error: the label cannot be told from the other columns (feeds.chargebacks.columns): fraud, other, expected exactly\
                 one bool or int64 column besides the key and the known time.
                """
            ])
        expect(
            ("key: transaction\n", "key: [transaction, terminal]\n"),
            ("    key: [transaction]", "    ⟦1⟧key: [transaction]"),
            give: [
                "⟦1⟧ error: the labels' key does not match the main feed's (feeds.chargebacks.key): 1 column, expected 2 columns."
            ])
        expect(
            (
                #"note:        { type: string, optional: true, nulls: ["NA", "-"] }"#,
                "isfraud:     { type: int64, role: label, known-after: 7d }"
            ),
            ("    role: labels", "    ⟦1⟧role: labels"),
            give: [
                "⟦1⟧ error: labels come from a column and from a feed (feeds.chargebacks.role). Keep one of them."
            ])
        expect(
            (
                #"note:        { type: string, optional: true, nulls: ["NA", "-"] }"#,
                "⟦1⟧isfraud:     { ⟦2⟧type: string, role: label }"
            ),
            give: [
                """
                ⟦1⟧ error: 'known-after' is missing (feeds.transactions.columns.isfraud): expected a length of time. Add it, for \
                example `known-after: 7d`.
                """,
                """
                ⟦2⟧ error: column 'isfraud' has the wrong type (feeds.transactions.columns.isfraud.type): string, expected bool, or \
                int64 of 0 and 1, as the label.
                """,
            ])
        expect(
            ("fraud: { type: bool }", "fraud: { type: bool, ⟦1⟧role: label, known-after: 7d }"),
            give: [
                """
                ⟦1⟧ error: 'role' does not belong here (feeds.chargebacks.columns.fraud.role): only the main feed has a label column. \
                Remove it.
                """
            ])
        expect(
            (
                "TERMINAL_ID, type: string }",
                #"TERMINAL_ID, type: string, ⟦1⟧known-after: 7d, ⟦2⟧format: "yyyy-MM-dd", ⟦3⟧currency: EUR }"#
            ),
            give: [
                """
                ⟦1⟧ error: 'known-after' does not belong here (feeds.transactions.columns.terminal.known-after): only a column with \
                `role: label` has one. Remove it.
                """,
                """
                ⟦2⟧ error: 'format' does not belong here (feeds.transactions.columns.terminal.format): only timestamps and dates have one. \
                Remove it.
                """,
                """
                ⟦3⟧ error: 'currency' does not belong here (feeds.transactions.columns.terminal.currency): only money has one. Remove \
                it.
                """,
            ])
        expect(
            ("TERMINAL_ID, type: string }", "TERMINAL_ID, type: string, normalize: ⟦1⟧[nfkc, wave-dash, fullwidth-tilde] }"),
            ("type: string, personal: true", "type: string, normalize: ⟦2⟧nfck, personal: true"),
            give: [
                """
                ⟦2⟧ error: no such normalization (feeds.transactions.columns.customer.normalize): 'nfck', expected one of nfkc, \
                half-width-kana, wave-dash, fullwidth-tilde, jis-symbols, microsoft-symbols. Did you mean 'nfkc'?
                """,
                """
                ⟦1⟧ error: wrong value (feeds.transactions.columns.terminal.normalize): nfkc and wave-dash and fullwidth-tilde, expected \
                one side of each pair: wave-dash and jis-symbols, or fullwidth-tilde and microsoft-symbols.
                """,
            ])
        expect(
            ("    key: terminal\n", "    key: ⟦1⟧[terminal, known]\n"),
            give: [
                "⟦1⟧ error: wrong value (feeds.blocked.key): 2 columns, expected one column, the entry."
            ])
        expect(
            ("files: blocked.csv", "files: ⟦1⟧/srv/blocked.csv"),
            ("queue: fraud", #"queue: ⟦2⟧"fraud queue""#),
            give: [
                """
                ⟦1⟧ warning: an absolute path (feeds.blocked.files). The job and what it stores then name this machine; a path \
                relative to the job file moves with it.
                """,
                """
                ⟦2⟧ error: wrong value (review.queue): 'fraud queue', expected a name of letters, digits, - and _, starting with a \
                letter, at most 63.
                """,
            ])
    }

    @Test("policy, rules and review must fit each other, in one currency")
    func policy() {
        expect(
            ("    review: { cost: 4 EUR }\n", ""),
            ("  outcomes:", "  ⟦1⟧outcomes:"),
            ("then: review", "then: ⟦2⟧review"),
            give: [
                """
                ⟦1⟧ error: there is a `review` section and no outcome `review` (policy.outcomes). Add an outcome `review` with what a \
                person's look costs, for example `review: { cost: 4 EUR }`.
                """,
                "⟦2⟧ error: no such outcome (rules[0].then): 'review', expected one of clear, hold.",
            ])
        expect(
            ("    hold:   { cost: { if: genuine, pay: 25 EUR }, reversible: true }\n", ""),
            ("  outcomes:", "  ⟦1⟧outcomes:"),
            ("then: hold", "then: ⟦2⟧hold"),
            ("over-capacity: hold", "over-capacity: ⟦3⟧hold"),
            ("on-overdue: hold", "on-overdue: ⟦4⟧hold"),
            give: [
                """
                ⟦1⟧ error: too few outcomes (policy.outcomes): expected at least two besides `review`. With one outcome there is \
                nothing to decide.
                """,
                "⟦2⟧ error: no such outcome (rules[1].then): 'hold', expected one of clear, review.",
                "⟦3⟧ error: no such outcome (review.over-capacity): 'hold', expected one of clear.",
                "⟦4⟧ error: no such outcome (review.on-overdue): 'hold', expected one of clear.",
            ])
        expect(
            ("over-capacity: hold", "over-capacity: ⟦1⟧review"),
            give: [
                """
                ⟦1⟧ error: `review` cannot stand in for a person (review.over-capacity): expected another outcome. Nobody has looked \
                when this applies: choose the outcome that does the least harm.
                """
            ])
        expect(
            ("25 EUR", "⟦1⟧25 USD"),
            give: [
                """
                ⟦1⟧ error: two currencies in one job (policy.outcomes.hold.cost.pay): USD, expected EUR, as on line 17. Costs in \
                different currencies cannot be compared; convert the feed or split the job.
                """
            ])
        expect(
            ("4 EUR", "⟦1⟧4.001 EUR"),
            give: [
                """
                ⟦1⟧ error: wrong value (policy.outcomes.review.cost): '4.001 EUR', expected an amount such as `25 EUR`, or a money \
                column of the main feed. Write amount, space, currency.
                """
            ])
        expect(
            ("name: blocked, when", "name: ⟦1⟧large, when"),
            give: [
                "⟦1⟧ error: two rules have the same name (rules[1].name): 'large'. Rename one."
            ])
        expect(
            (
                "review: { queue: fraud, capacity: 100/day, over-capacity: hold, due: 2bd, on-overdue: hold, audit-sample: 0.5% }\n",
                ""
            ),
            ("version: 1", "⟦1⟧version: 1"),
            give: [
                "⟦1⟧ error: 'review' is missing: expected a mapping. Add it, for example `review: { queue: fraud, … }`."
            ])
    }

    @Test("a stage must remember for as long as rows may be late")
    func lateness() {
        expect(
            ("    lateness: 1d", "    lateness: 3d"),
            ("card-fraud, delay: 7d", "card-fraud, ⟦1⟧lateness: 2d, delay: 7d"),
            give: [
                """
                ⟦1⟧ error: the stage forgets sooner than the feed may be late (stages[0].fraud.lateness): expected at least the main \
                feed's `lateness`. Late rows would find windows with holes.
                """
            ])
        expect(
            ("    lateness: 1d", "    lateness: 3d"),
            ("- fraud:", "- ⟦1⟧fraud:"),
            give: [
                """
                ⟦1⟧ error: the stage forgets sooner than the feed may be late (stages[0].fraud.lateness): expected at least the main \
                feed's `lateness`. Late rows would find windows with holes.
                """
            ])
    }

    @Test("there is exactly one stage, and training needs a model and labels")
    func stages() {
        expect(
            ("train:\n", "  - ⟦1⟧fraud: {}\ntrain:\n"),
            give: [
                """
                ⟦1⟧ error: wrong number of stages (stages[1]): 2, expected exactly one in this version. Give each stage a job of its \
                own.
                """
            ])
        expect(
            (
                "stages:\n  - fraud: { customer: customer, terminal: terminal, amount: amount, model: card-fraud, delay: 7d }",
                "stages: ⟦1⟧[]"
            ),
            give: [
                "⟦1⟧ error: wrong number of stages (stages): 0, expected exactly one in this version."
            ])
        expect(
            ("stages:\n  - fraud: {", "stages:\n  ⟦1⟧fraud: {"),
            give: [
                "⟦1⟧ error: wrong value (stages): a mapping, expected a list of one stage, `- name: { parameters }`."
            ])
        expect(
            (
                "  - fraud: { customer: customer, terminal: terminal, amount: amount, model: card-fraud, delay: 7d }",
                "  - fraud:\n    ⟦1⟧customer: customer"
            ),
            give: [
                """
                ⟦1⟧ error: wrong value (stages[0].customer): a second key 'customer', expected one stage an entry. Indent the stage's \
                parameters below its name.
                """
            ])
    }
}

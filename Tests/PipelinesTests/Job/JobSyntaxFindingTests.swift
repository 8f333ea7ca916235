import Testing

@Suite struct JobSyntaxFindingTests {
    @Test("text that is no YAML is found at its place")
    func syntax() {
        expect(
            MarkedJob("job: [1, 2\nfeeds⟦1⟧: x"),
            [
                "⟦1⟧ error: not valid YAML: while parsing a flow sequence, did not find expected ',' or ']'."
            ])
        expect(
            MarkedJob("version: 1\njob: a⟦1⟧: b\n"),
            [
                """
                ⟦1⟧ error: not valid YAML: mapping values are not allowed in this context. Put text that contains ': ' in quotes, and \
                indent the keys of one mapping alike.
                """
            ])
        expect(
            MarkedJob("version: 1\n⟦1⟧\tjob: x\n"),
            [
                "⟦1⟧ error: not valid YAML: while scanning a plain scalar, found a tab character that violates indentation."
            ])
        expect(
            MarkedJob("⟦1⟧"),
            [
                "⟦1⟧ error: the job file is empty. `pipeline new job --from file.csv` writes one to start from."
            ])
        expect(
            MarkedJob("⟦1⟧just text"),
            [
                """
                ⟦1⟧ error: wrong value: 'just text', expected a mapping with version, job, owner, schedule, calendar, feeds, stages, \
                train, policy, rules, suppressions, review, results, retain, deadline.
                """
            ])
        expect(
            MarkedJob("⟦1⟧- a\n- b"),
            [
                """
                ⟦1⟧ error: wrong value: a list, expected a mapping with version, job, owner, schedule, calendar, feeds, stages, train,\
                 policy, rules, suppressions, review, results, retain, deadline.
                """
            ])
        expect(
            MarkedJob("version: 1\n⟦1⟧---\nversion: 1\n"),
            [
                "⟦1⟧ error: not valid YAML: expected a single document in the stream, but found another document."
            ])
        expect(
            MarkedJob("a: ⟦1⟧*nowhere"),
            [
                "⟦1⟧ error: not valid YAML: found undefined alias."
            ])
        expect(
            MarkedJob("⟦1⟧? ⟦2⟧[a, b]\n: 1\n"),
            [
                "⟦1⟧ error: 'version' is missing: expected 1. Add it, for example `version: 1`.",
                "⟦1⟧ error: 'job' is missing: expected a name. Add it, for example `job: card-fraud`.",
                """
                ⟦1⟧ error: 'feeds' is missing: expected a mapping of names to feeds. Add it, for example `feeds: { transactions: { … }\
                 }`.
                """,
                """
                ⟦1⟧ error: 'stages' is missing: expected a list of exactly one stage. Add it, for example `stages: [fraud: { customer:\
                 customer, terminal: terminal, amount: amount, model: card-fraud }]`.
                """,
                "⟦1⟧ error: 'policy' is missing: expected a mapping. Add it, for example `policy: { outcomes: { … } }`.",
                "⟦1⟧ error: 'review' is missing: expected a mapping. Add it, for example `review: { queue: fraud, … }`.",
                "⟦1⟧ error: 'results' is missing: expected a table's name, or a mapping. Add it, for example `results: fraud_scores`.",
                "⟦2⟧ error: a key that is not a text. Write the key as one word.",
            ])
    }
}

import Pipelines
import Testing

@Suite struct JobValueFindingTests {
    @Test("a value of the wrong form says what stood there and what belongs there")
    func values() {
        expect(
            ("version: 1\n", "version: ⟦1⟧2\n"),
            give: [
                "⟦1⟧ error: wrong value (version): '2', expected 1. This program reads version 1 of the format."
            ])
        expect(
            ("job: card-fraud", "job: ⟦1⟧card fraud"),
            give: [
                """
                ⟦1⟧ error: wrong value (job): 'card fraud', expected a name of letters, digits, - and _, starting with a letter, at \
                most 63.
                """
            ])
        expect(
            (#""0 2 * * *""#, #"⟦1⟧"0 25 * * *""#),
            give: [
                """
                ⟦1⟧ error: wrong value (schedule): '0 25 * * *', expected five fields of a cron expression, such as "0 2 * * *". \
                Fields: minute hour day month weekday.
                """
            ])
        expect(
            ("Asia/Tokyo", "⟦1⟧Asia/Tokio"),
            give: [
                "⟦1⟧ error: no such time zone (calendar.zone): 'Asia/Tokio', expected an IANA name. Did you mean 'Asia/Tokyo'?"
            ])
        expect(
            ("lateness: 1d", "lateness: ⟦1⟧1 day"),
            give: [
                "⟦1⟧ error: wrong value (feeds.transactions.lateness): '1 day', expected a length of time such as 90s, 5m, 2h, 7d or 4w."
            ])
        expect(
            ("limit: 2%", "limit: ⟦1⟧0.02"),
            give: [
                "⟦1⟧ error: wrong value (feeds.transactions.rejects.limit): '0.02', expected a percentage from 0% to 100%, such as 0.5%."
            ])
        expect(
            ("limit: 2%", "limit: ⟦1⟧120%"),
            give: [
                "⟦1⟧ error: wrong value (feeds.transactions.rejects.limit): '120%', expected a percentage from 0% to 100%, such as 0.5%."
            ])
        expect(
            ("personal: true", "personal: ⟦1⟧yes"),
            give: [
                "⟦1⟧ error: wrong value (feeds.transactions.columns.customer.personal): 'yes', expected true or false."
            ])
        expect(
            ("type: timestamp, format", "type: ⟦1⟧timestmp, format"),
            give: [
                """
                ⟦1⟧ error: no such column type (feeds.transactions.columns.time.type): 'timestmp', expected one of int64, float64, \
                decimal, money, bool, string, date, timestamp, enum. Did you mean 'timestamp'?
                """
            ])
        expect(
            ("currency: EUR", "currency: ⟦1⟧eur"),
            give: [
                """
                ⟦1⟧ error: wrong value (feeds.transactions.columns.amount.currency): 'eur', expected an ISO 4217 code of three capital\
                 letters, such as EUR.
                """
            ])
        expect(
            (#""yyyy-MM-dd HH:mm:ss""#, #"⟦1⟧"YYYY-MM-DD""#),
            give: [
                """
                ⟦1⟧ error: wrong value (feeds.transactions.columns.time.format): 'YYYY-MM-DD' has the letter 'Y', which is not one of \
                G y M d E a h H m s S X, expected a date pattern of yyyy MM dd HH mm ss SSS XXX, with text in single quotes, or one of \
                iso, era, epoch-seconds, epoch-milliseconds, epoch-microseconds, excel, excel-1904.
                """
            ])
        expect(
            ("trees: 50", "trees: ⟦1⟧0"),
            give: [
                "⟦1⟧ error: wrong value (train.parameters.trees): '0', expected a whole number from 1 to 10000."
            ])
        expect(
            ("100/day", "⟦1⟧100"),
            give: [
                "⟦1⟧ error: wrong value (review.capacity): '100', expected items a day, such as 100/day."
            ])
        expect(
            ("2bd", "⟦1⟧2d"),
            give: [
                "⟦1⟧ error: wrong value (review.due): '2d', expected business days, such as 2bd."
            ])
        expect(
            ("0.5%", "⟦1⟧half"),
            give: [
                "⟦1⟧ error: wrong value (review.audit-sample): 'half', expected a percentage from 0% to 100%, such as 0.5%."
            ])
        expect(
            ("results: fraud_scores", "results: ⟦1⟧pipeline_runs"),
            give: [
                """
                ⟦1⟧ error: not a name for a result table (results): 'pipeline_runs', which begins with 'pipeline_', kept for internal \
                tables, expected small letters, digits and _, starting with a letter, at most 48. For example `fraud_scores`.
                """
            ])
        expect(
            ("results: fraud_scores", "results: ⟦1⟧Fraud-Scores"),
            give: [
                """
                ⟦1⟧ error: not a name for a result table (results): 'Fraud-Scores', which would need quotes in SQL, expected small \
                letters, digits and _, starting with a letter, at most 48. For example `fraud_scores`.
                """
            ])
        expect(
            ("results: fraud_scores", "results: ⟦1⟧scores_current"),
            give: [
                """
                ⟦1⟧ error: not a name for a result table (results): 'scores_current', which ends with '_current', kept for views, \
                expected small letters, digits and _, starting with a letter, at most 48. For example `fraud_scores`.
                """
            ])
        expect(
            ("results: fraud_scores", "results: ⟦1⟧[fraud_scores]"),
            give: [
                "⟦1⟧ error: wrong value (results): a list, expected a table's name, or a mapping with table, features."
            ])
        expect(
            ("parameters: { trees: 50 }", "parameters: ⟦1⟧none"),
            give: [
                "⟦1⟧ error: wrong value (train.parameters): 'none', expected a mapping of parameters."
            ])
        expect(
            ("ready: { stable-for: 5m }", "ready: ⟦1⟧5m"),
            give: [
                "⟦1⟧ error: wrong value (feeds.transactions.ready): '5m', expected a mapping with stable-for, marker."
            ])
        expect(
            ("key: [transaction]", "key: ⟦1⟧[]"),
            give: [
                "⟦1⟧ error: wrong value (feeds.chargebacks.key): an empty list, expected a name or a list of names."
            ])
        expect(
            ("  chargebacks:\n", "  ⟦1⟧charge backs:\n"),
            give: [
                """
                ⟦1⟧ error: wrong value (feeds.charge backs): 'charge backs', expected a name of letters, digits, - and _, starting \
                with a letter, at most 63.
                """
            ])
    }

    @Test("a name that does not exist is offered the nearest")
    func names() {
        let stages = Stages.names.joined(separator: ", ")
        expect(
            ("- fraud:", "- ⟦1⟧fruad:"),
            give: ["⟦1⟧ error: no such stage (stages[0].fruad): 'fruad', expected one of \(stages). Did you mean 'fraud'?"])
        expect(
            ("family: boosting", "family: ⟦1⟧bosting"),
            give: [
                "⟦1⟧ error: no such model family (train.family): 'bosting', expected one of boosting. Did you mean 'boosting'?"
            ])
        expect(
            ("role: labels", "role: ⟦1⟧label"),
            give: [
                "⟦1⟧ error: no such role (feeds.chargebacks.role): 'label', expected one of main, table, labels, list. Did you mean 'labels'?"
            ])
        expect(
            ("format: csv\n    files: blocked", "format: ⟦1⟧cvs\n    files: blocked"),
            give: [
                "⟦1⟧ error: no such format (feeds.blocked.format): 'cvs', expected one of csv, xml. Did you mean 'csv'?"
            ])
        expect(
            ("then: hold", "then: ⟦1⟧holt"),
            give: [
                "⟦1⟧ error: no such outcome (rules[1].then): 'holt', expected one of clear, hold, review. Did you mean 'hold'?"
            ])
        expect(
            ("over-capacity: hold", "over-capacity: ⟦1⟧holds"),
            give: [
                "⟦1⟧ error: no such outcome (review.over-capacity): 'holds', expected one of clear, hold. Did you mean 'hold'?"
            ])
        expect(
            ("if: genuine", "if: ⟦1⟧genuin"),
            give: [
                """
                ⟦1⟧ error: no such class of the stage (policy.outcomes.hold.cost.if): 'genuin', expected one of fraud, genuine. Did \
                you mean 'genuine'?
                """
            ])
        expect(
            ("terminal in blocked", "terminal in ⟦1⟧blokced"),
            give: [
                "⟦1⟧ error: no such list feed (rules[1].when): 'blokced', expected one of blocked. Did you mean 'blocked'?"
            ])
        expect(
            ("amount > 220", "⟦1⟧amout > 220"),
            give: [
                """
                ⟦1⟧ error: no such column or feature (rules[0].when): 'amout', expected a column of the main feed, or a feature of the \
                stage. Did you mean 'amount'?
                """
            ])
        expect(
            ("amount > 220", "customer_count_1d ⟦1⟧>> 220"),
            give: ["⟦1⟧ error: the condition cannot be read (rules[0].when): '>>', expected one of > >= < <= = !=."])
    }
}

import Models

/// One key of a job file: what it holds, whether it must be there, help and an example.
package struct JobKey: Sendable {
    package let name: String
    /// `a length of time`, `a name or a list of names`.
    package let form: String
    package let isRequired: Bool
    /// What makes it required; nil = nothing.
    package let requiredWith: String?
    /// As it would be written; nil = none.
    package let defaultValue: String?
    package let help: String
    package let example: String
    /// For keys planned but not kept by this version: what to do instead. A promise that is not kept is worse than an error.
    package let unsupported: String?

    init(
        _ name: String, _ form: String, required: Bool = false, requiredWith other: String? = nil, default value: String? = nil,
        example: String = "", _ help: String
    ) {
        (self.name, self.form, isRequired, requiredWith, defaultValue) = (name, form, required, other, value)
        (self.help, self.example, unsupported) = (help, example, nil)
    }

    init(unsupported name: String, _ remedy: String) {
        (self.name, form, isRequired, requiredWith, defaultValue, help, example, unsupported) = (name, "", false, nil, nil, "", "", remedy)
    }
}

/// The keys of one mapping of a job file: `check`, the nearest-name hints and `docs/reference/job-file.md` all come from here.
package struct JobSection: Sendable {
    /// Where it stands: `feeds.<name>`; empty for the top.
    package let path: String
    package let summary: String
    package let keys: [JobKey]

    /// `last, label-delay`
    var keyNames: String { keys.filter { $0.unsupported == nil }.map(\.name).joined(separator: ", ") }

    package static let all = [
        top, calendar, feed, pivot, ready, control, controlSum, expect, contract, rejects, column, sign, train, window, policy, outcome,
        cost,
        automatic, segments, rule, suppression,
        deadline, review, results, retain,
    ]

    static let top = JobSection(
        path: "", summary: "The whole file.",
        keys: [
            JobKey("version", "1", required: true, example: "version: 1", "Version of the job file's format."),
            JobKey(
                "job", "a name", required: true, example: "job: card-fraud",
                "Name of the job; runs, results and items are kept under it."),
            JobKey("owner", "a text", example: "owner: payments-risk@example.com", "Who answers for the job; shown in listings."),
            JobKey(
                "schedule", "a cron expression of five fields", example: "schedule: \"0 2 * * *\"",
                "When the job is to be started; without it, it is started by hand."),
            JobKey("calendar", "a mapping", example: "calendar: { zone: Asia/Tokyo }", "What a day and a year are."),
            JobKey("feeds", "a mapping of names to feeds", required: true, example: "feeds: { transactions: { … } }", "What is read."),
            JobKey(
                "stages", "a list of exactly one stage", requiredWith: "a main feed",
                example: "stages: [fraud: { customer: customer, terminal: terminal, amount: amount, model: card-fraud }]",
                "What is computed: the stage's name and its parameters."),
            JobKey(
                "train", "a mapping", example: "train: { family: boosting, window: { last: 30d, label-delay: 7d } }",
                "How `pipeline train` makes the stage's model."),
            JobKey(
                "policy", "a mapping", requiredWith: "a main feed", example: "policy: { outcomes: { … } }",
                "What a row may lead to and what each outcome costs."),
            JobKey(
                "rules", "a list", example: "rules: [{ name: large, when: amount > 220, then: review }]",
                "Conditions applied before the costs; the first that matches decides."),
            JobKey(
                "suppressions", "a list",
                example: "suppressions: [{ name: sale, when: terminal in sale, until: 2026-12-31, reason: …, owner: … }]",
                "Rows that need no review for a time; what they cost is reported."),
            JobKey(
                "review", "a mapping", requiredWith: "a main feed", example: "review: { queue: fraud, … }",
                "How people decide what the outcome `review` asks."),
            JobKey(
                "results", "a table's name, or a mapping", requiredWith: "a main feed", example: "results: fraud_scores",
                "Where results are written."),
            JobKey(
                "retain", "a mapping", example: "retain: { results: 730d, rejects: 90d }",
                "How long rows are kept; `pipeline purge` deletes older ones. Without it everything is kept."),
            JobKey(
                "deadline", "a length of time, or a mapping", example: "deadline: { after: 90m, outcome: review }",
                "How long a run may ask its model; later rows are decided by rules and by the outcome declared here."),
            JobKey(unsupported: "lists", "Declare each list as a feed with `role: list`."),
        ])

    static let calendar = JobSection(
        path: "calendar", summary: "What a day and a year are for this job.",
        keys: [
            JobKey("zone", "an IANA time zone", default: "UTC", example: "zone: Asia/Tokyo", "Time zone of days, due times and capacity."),
            JobKey(
                "holidays", "a path to a CSV file", example: "holidays: holidays-jp.csv",
                "Days on which nobody works, as `yyyy-MM-dd` in the first column, relative to the job file: no business days."),
            JobKey(
                "fiscal-year", "a month's English name", default: "january", example: "fiscal-year: april",
                "Month whose first day begins the year that `time.quarter` and `time.year` in conditions mean."),
        ])

    static let feed = JobSection(
        path: "feeds.<name>", summary: "Files of one format and one schema. The format's own settings stand beside these keys.",
        keys: [
            JobKey(
                "role", "main, table, labels or list", required: true, example: "role: main",
                "`main`: the rows to decide, exactly one unless there are only tables; `table`: rows that go into a table of their own, "
                    + "any number; `labels`: what became known later about the rows to decide, at most one; `list`: entries for rules "
                    + "(`terminal in blocked`)."),
            JobKey("format", "a format's name", required: true, example: "format: csv", "How the files are written."),
            JobKey(
                "files", "a path with * and ?", required: true, example: "files: ../data/*.csv.gz",
                "Files to read, in order of their names; relative to the job file. Gzip is recognised by itself."),
            JobKey("ready", "a mapping", example: "ready: { stable-for: 5m }", "When the files may be read."),
            JobKey(
                "control", "a mapping", example: "control: { trailer: true, rows: 2, sum: { column: amount, of: 3 } }",
                "Where a file states how many rows it has and what a column adds up to; figures that differ are flagged."),
            JobKey(
                "expect", "a mapping", example: "expect: { every: business-day, by: \"02:00\" }",
                "When a delivery is due; one that is missing, short, doubled or renamed opens a review item."),
            JobKey(
                "contract", "a mode, or a mapping", example: "contract: quarantine",
                "What happens when a file's columns, types or values are not those known so far: evolve, freeze, discard-row or "
                    + "quarantine. Without it nobody looks."),
            JobKey(
                "columns", "a mapping of names to columns", required: true,
                example: "columns: { amount: { from: TX_AMOUNT, type: money, currency: EUR } }",
                "What is read of each record."),
            JobKey(
                "pivot", "a mapping", example: "pivot: { name: sensor, value: reading, measures: { temperature: TEMP, pressure: P1 } }",
                "Where a record is one observation (machine, time, what, value): how observations become rows with a column for each "
                    + "thing measured."),
            JobKey(
                "table", "a table's name", requiredWith: "`role: table`", example: "table: statement_entries",
                "The table that the rows go into; small letters, digits and _."),
            JobKey(
                "key", "a column, or a list of columns", requiredWith: "every role but `table`", example: "key: transaction",
                "What names a row; in a list, the entry. Rows of a table without a key are named by their file and number in it."),
            JobKey(
                "event-time", "a timestamp column", example: "event-time: time",
                "When the row happened; of a date, its midnight in the column's zone. Required in the main feed, possible in tables, and "
                    + "only there."),
            JobKey(
                "known-time", "a timestamp column", example: "known-time: known",
                "When the label or entry became known; of a date, its midnight. Required in labels and lists, and only there."),
            JobKey(
                "lateness", "a length of time", default: "0s", example: "lateness: 1d",
                "How much older than the newest row a row of the main feed may be; older ones are rejects."),
            JobKey(
                "ahead", "a length of time", default: "1d", example: "ahead: 7d",
                "How far after the run's clock a row of the main feed may lie; later ones are rejects, so that one wrong clock makes no other "
                    + "row late."),
            JobKey("rejects", "a mapping", example: "rejects: { limit: 1% }", "How many rows may be unusable."),
            JobKey(unsupported: "sort", "Write the rows in event-time order and declare `lateness`."),
            JobKey(unsupported: "tie-break", "Remove it: rows of the same time keep their order in the feed."),
        ])

    static let pivot = JobSection(
        path: "feeds.<name>.pivot",
        summary:
            "Observations in long form become rows: those of one unit (the key's columns besides the event time) and one time. A file is "
            + "put together in memory as a whole, as the observations of one time may stand anywhere in it; a row that lies in two files is "
            + "two rows with one key. Observations that are not listed are not read.",
        keys: [
            JobKey("name", "a string column", required: true, example: "name: sensor", "What was measured."),
            JobKey("value", "a float64 column", required: true, example: "value: reading", "Its value; missing says nothing."),
            JobKey(
                "measures", "a mapping of columns to names", required: true, example: "measures: { temperature: TEMP, pressure: P1 }",
                "The columns that rows get (`float64`, may be missing), and what each is called in the feed."),
            JobKey(
                "tolerance", "a length of time", default: "0s", example: "tolerance: 2s",
                "Observations at most this much after the first of a row belong to it, which keeps the first's time; of two of the same "
                    + "thing, the later counts."),
            JobKey(
                "sequence", "an int64 column", example: "sequence: sequence",
                "A count over all files (MTConnect's `sequence`): what the file before held already is left out."),
            JobKey(
                "instance", "a column", example: "instance: agent", "Changes when the count begins anew (MTConnect's `instanceId`)."),
        ])

    static let ready = JobSection(
        path: "feeds.<name>.ready", summary: "When the files may be read.",
        keys: [
            JobKey(
                "stable-for", "a length of time", default: "0s", example: "stable-for: 5m",
                "The files must not have changed for this long."),
            JobKey(
                "marker", "a name, with at most one *", example: "marker: \"*.done\"",
                "A file is whole once its marker is there: `*` stands for the file's name, with or without its extensions (`x.csv.done`, "
                    + "`x.done`); a name without `*` is one marker for its folder."),
            JobKey(unsupported: "rows", "Write it under `control`."),
            JobKey(unsupported: "sum", "Write it under `control`."),
        ])

    static let rejects = JobSection(
        path: "feeds.<name>.rejects", summary: "How many rows may be unusable.",
        keys: [
            JobKey(
                "limit", "a percentage", default: "1%", example: "limit: 1%",
                "Share of the rows read; beyond it the run is held until a person accepts it."),
            JobKey(
                "broken-file", "hold or accept", default: "hold", example: "broken-file: accept",
                "A file that breaks off (cut gzip, XML that is not well-formed) lacks an unknown number of rows: `hold` holds the run "
                    + "until a person accepts it, `accept` counts one reject and goes on."),
            JobKey(unsupported: "stop-after", "Remove it: the limit is judged at the end of the feed."),
        ])

    static let train = JobSection(
        path: "train", summary: "How `pipeline train` makes the model that the stage names.",
        keys: [
            JobKey("family", "a model family's name", required: true, example: "family: boosting", "What kind of model."),
            JobKey("window", "a mapping", required: true, example: "window: { last: 30d, label-delay: 7d }", "Rows to learn from."),
            JobKey(
                "minimum-positives", "a whole number", default: "20", example: "minimum-positives: 20",
                "Fewest positive labels that a model may be trained on."),
            JobKey("parameters", "a mapping", example: "parameters: { trees: 100 }", "The family's own settings."),
            JobKey(
                "approvals", "a whole number", default: "1", example: "approvals: 2",
                "Operating-system accounts that must approve the same replay report before a version decides; with 2 or more, `train` "
                    + "makes challengers only."),
            JobKey(
                "early-stopping", "a whole number", example: "early-stopping: 20",
                "Steps (trees) without a smaller loss on the rows of `window: calibration` after which training stops; the best step's model "
                    + "is kept. Without it training goes on to its end."),
            JobKey(
                "class-weight", "none or balanced", default: "none", example: "class-weight: balanced",
                "`balanced`: positive rows weigh as much as all others together; needs a calibration, as scores are no longer probabilities."
            ),
            JobKey(
                "monotone", "true or false", default: "false", example: "monotone: true",
                "Where the stage states which way a feature moves the score, the model keeps to it."),
            JobKey(
                "calibration", "best, \(Calibrator.Kind.allCases.map(\.rawValue).joined(separator: ", "))", default: "best",
                example: "calibration: beta",
                "How scores become probabilities on the rows of `window: calibration`; `best` is the kind with the least loss on rows it was "
                    + "not fitted to (with `policy: automatic` of identity, platt and beta: the steps of the others part no rows)."),
        ])

    static let window = JobSection(
        path: "train.window", summary: "Rows to learn from.",
        keys: [
            JobKey("last", "a length of time", required: true, example: "last: 30d", "Length of the training period."),
            JobKey(
                "label-delay", "a length of time", required: true, example: "label-delay: 7d",
                "Labels are taken to be complete after this; the training period ends this long before the day of training."),
            JobKey(
                "calibration", "a percentage", default: "0%", example: "calibration: 20%",
                "Share of the period, at its end, that the model does not learn from: there scores are turned into probabilities, and early "
                    + "stopping watches."),
            JobKey(
                "selection", "a percentage", requiredWith: "`policy: automatic`", default: "0%", example: "selection: 20%",
                "Share of the period, after the calibration's, that neither saw: there automatic decisions are fitted."),
        ])

    static let policy = JobSection(
        path: "policy", summary: "What a row may lead to.",
        keys: [
            JobKey(
                "outcomes", "a mapping of names to outcomes", required: true,
                example: "outcomes: { clear: { cost: { if: fraud, pay: amount } }, … }",
                "At least two besides `review`, which asks a person. Of the outcomes, the one with the least expected cost is taken."),
            JobKey(
                "automatic", "a mapping", example: "automatic: { risk: missed-fraud-amount, alpha: 10%, cap: 500 EUR }",
                "What may be cleared without a person: a row whose outcome costs something when it is positive gets that outcome only where "
                    + "the model's rule promises the stated risk; else it goes to review."),
        ])

    static let automatic = JobSection(
        path: "policy.automatic",
        summary: "A promise about what is cleared without a person. `pipeline train` fits the rule on the rows of `window: selection`.",
        keys: [
            JobKey(
                "risk", "missed-<positive>-amount, missed-<positive>-count or <positive>-among-cleared", required: true,
                example: "risk: missed-fraud-amount",
                "Of all fraud, in money or in count, the share cleared without a person; or, of what is cleared, the share that is positive. "
                    + "The word in it is the stage's."),
            JobKey("alpha", "a percentage", required: true, example: "alpha: 10%", "At most this share."),
            JobKey(
                "confidence", "a percentage", default: "95%", example: "confidence: 95%", "With this confidence, for all segments at once."),
            JobKey(
                "cap", "an amount", requiredWith: "a risk in money", example: "cap: 500 EUR",
                "Rows with a larger amount always go to a person; the promise in money needs it."),
            JobKey(
                "amount", "a money column of the main feed", example: "amount: amount",
                "What fraud is counted by; the column that a missed positive costs, if there is one, when not given."),
            JobKey(
                "segments", "a mapping", example: "segments: { by: amount, edges: [50, 200] }",
                "Parts of the rows in each of which it holds."),
        ])

    static let segments = JobSection(
        path: "policy.automatic.segments", summary: "Parts of the rows, by a number.",
        keys: [
            JobKey("by", "a number or money column, or a feature", required: true, example: "by: amount", "What tells them apart."),
            JobKey(
                "edges", "a list of rising numbers", required: true, example: "edges: [50, 200]",
                "Where one ends and the next begins; money in whole units."),
        ])

    static let outcome = JobSection(
        path: "policy.outcomes.<name>", summary: "One outcome.",
        keys: [
            JobKey(
                "cost", "an amount, a money column, or a mapping", required: true, example: "cost: { if: genuine, pay: 25 EUR }",
                "What it costs to choose it."),
            JobKey("reversible", "true or false", default: "false", example: "reversible: true", "Whether it can be undone."),
            JobKey(
                "by", "anyone or people", default: "anyone", example: "by: people",
                "`people`: only a person chooses it, in review; it is never taken or suggested, whatever it costs."),
            JobKey(
                "amount", "a name", default: "nothing", example: "amount: units",
                "What a decision for it must state as a number, such as the units that a buyer orders instead."),
        ])

    static let cost = JobSection(
        path: "policy.outcomes.<name>.cost", summary: "What it costs to choose an outcome; `cost: 4 EUR` is paid always.",
        keys: [
            JobKey("if", "a class word of the stage", required: true, example: "if: fraud", "The class of row for which it is paid."),
            JobKey("pay", "an amount, or a money column of the main feed", required: true, example: "pay: amount", "How much."),
        ])

    static let rule = JobSection(
        path: "rules[<n>]", summary: "A condition applied before the costs; the first that matches decides.",
        keys: [
            JobKey("name", "a name", required: true, example: "name: large-amount", "Shown as the reason."),
            JobKey(
                "when", "a condition", required: true, example: "when: amount > 220 EUR and not terminal in trusted",
                "Columns and features, compared by `> >= < <= = !=`, `in <list feed>`, `in (\"a\", \"b\")`, `is missing`; joined by `and`, "
                    + "`or`, `not`; with `+ - * /`, amounts (`220 EUR`), lengths of time (`2d`), dates, and of a time or date its "
                    + "`.hour`, `.weekday`, `.date`, `.month` (1 to 12), and `.quarter` (1 to 4) and `.year` of the fiscal year."),
            JobKey("then", "an outcome", required: true, example: "then: review", "What the row leads to."),
        ])

    static let suppression = JobSection(
        path: "suppressions[<n>]",
        summary: "Rows that would be reviewed and are not, while it lasts: they get the cheapest outcome that needs no person.",
        keys: [
            JobKey("name", "a name", required: true, example: "name: summer-sale", "Shown with each row."),
            JobKey("when", "a condition", required: true, example: "when: terminal in sale and amount < 500 EUR", "As in a rule."),
            JobKey(
                "until", "a day", required: true, example: "until: 2026-12-31",
                "The last day on which it applies, by the row's event time in the calendar's zone."),
            JobKey("reason", "a text", required: true, example: "reason: the shop sells out, agreed with its owner", "Why."),
            JobKey("owner", "a text", required: true, example: "owner: payments-risk@example.com", "Who answers for it."),
        ])

    static let review = JobSection(
        path: "review", summary: "How people decide. Nothing is decided by a silent default.",
        keys: [
            JobKey("queue", "a name", required: true, example: "queue: fraud", "Name of the queue."),
            JobKey(
                "capacity", "a number a day", required: true, example: "capacity: 100/day",
                "Items a day that people can decide; more wait, the most valuable first."),
            JobKey(
                "over-capacity", "an outcome", required: true, example: "over-capacity: hold",
                "Outcome of what is over capacity until a person has decided."),
            JobKey("due", "business days", required: true, example: "due: 2bd", "When a decision is due."),
            JobKey(
                "on-overdue", "an outcome", required: true, example: "on-overdue: hold",
                "Outcome of what is overdue until a person has decided."),
            JobKey(
                "audit-sample", "a percentage", default: "0%", example: "audit-sample: 0.5%",
                "Share of the rows decided without a person that are reviewed all the same, so that misses can be counted."),
            JobKey(
                "once-per", "a column's name", example: "once-per: machine",
                "Ask once about each unit of this column within the time below; its other rows get the cheapest outcome without a person "
                    + "(cause `asked`). Rows that a promise sends to review are always asked."),
            JobKey("within", "a length of time", default: "7d", example: "within: 7d", "How long a question stands, by event time."),
        ])

    static let results = JobSection(
        path: "results", summary: "Where results are written; `results: fraud_scores` is enough.",
        keys: [
            JobKey(
                "table", "a table's name", required: true, example: "table: fraud_scores",
                "An ordinary table of the database; small letters, digits and _."),
            JobKey(
                "features", "true or false", default: "true", example: "features: false",
                "Store each row's features, so that replay from them is exact for ever."),
        ])
}

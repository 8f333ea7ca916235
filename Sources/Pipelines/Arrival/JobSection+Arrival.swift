extension JobSection {
    static let control = JobSection(
        path: "feeds.<name>.control",
        summary: "Where a file states its own figures: in its last line, in a file beside it, or (XML) in the document.",
        keys: [
            JobKey(
                "trailer", "true or false", default: "false", example: "trailer: true",
                "CSV: the last line states the figures; `rows` and `sum` are positions of its fields, from 1."),
            JobKey(
                "manifest", "a name with one *", example: "manifest: \"*.ctl\"",
                "A CSV file with a header beside each file: `*` stands for the file's name, with or without its extensions. `rows`, `sum` "
                    + "and `sha256` are its columns. Of several lines, the one whose `name` or `file` is the file's counts."),
            JobKey(
                "rows", "a position, a column or a path", example: "rows: 2",
                "The number of rows, those included that become rejects."),
            JobKey("sum", "a mapping", example: "sum: { column: amount, of: 3 }", "What a column adds up to."),
            JobKey(
                "balance", "a mapping", example: "balance: { column: amount, opening: ../OpenBal/Amt, of: ../CloseBal/Amt }",
                "XML: an opening figure and the column's sum give the closing one."),
            JobKey("sha256", "a column", example: "sha256: digest", "Manifest: the SHA-256 of the file's bytes, in hexadecimal."),
            JobKey("sign", "a path", example: "sign: CdtDbtInd", "XML: says whether an amount counts negatively."),
            JobKey(
                "negative", "a text, or a list of texts", default: "[DBIT, D, -]", example: "negative: DBIT",
                "XML: the texts of `sign` that mean a negative amount."),
            JobKey(
                "over", "a path", default: "the feed's rows", example: "over: Document/BkToCstmrStmt/Stmt/Ntry", "XML: records to count."),
            JobKey(
                "optional", "true or false", default: "false", example: "optional: true",
                "XML: a figure that a document does not state, or has no records for, opens no review item."),
            JobKey("label", "a path", example: "label: Id", "XML: names the group a figure is about, where a file has several."),
            JobKey(
                "on-mismatch", "flag or hold", default: "flag", example: "on-mismatch: hold",
                "`flag` opens a review item; `hold` holds the run as well, until a person has accepted it."),
        ])

    static let controlSum = JobSection(
        path: "feeds.<name>.control.sum", summary: "What a column adds up to; `balance` has the same keys.",
        keys: [
            JobKey(
                "column", "a money, decimal, int64 or float64 column", required: true, example: "column: amount",
                "What is added up, exactly; rows that are rejects cannot be."),
            JobKey("of", "a position, a column or a path", required: true, example: "of: 3", "Where its sum stands."),
            JobKey("opening", "a path", example: "opening: ../OpenBal/Amt", "Balances only: where the opening figure stands."),
        ])

    static let expect = JobSection(
        path: "feeds.<name>.expect", summary: "When a delivery is due, in the calendar's zone.",
        keys: [
            JobKey(
                "every", "hour, day, business-day or week", required: true, example: "every: business-day",
                "One delivery each; business days are Monday to Friday without the calendar's holidays, weeks begin on Monday."),
            JobKey(
                "by", "a time of day", required: true, example: "by: \"02:00\"",
                "When it is late; of an hour, minutes after its start (\"00:10\")."),
            JobKey(
                "at-least", "a whole number", default: "half the usual", example: "at-least: 1000",
                "Fewest rows; without it, half the median of the last eight deliveries on the same weekday (or of the last eight at all, "
                    + "where there are fewer than three)."),
        ])

    static let contract = JobSection(
        path: "feeds.<name>.contract",
        summary: "What happens to a file that is not what its feed looked like so far; `contract: quarantine` is all three.",
        keys: [
            JobKey(
                "columns", "evolve, freeze or quarantine", default: "evolve", example: "columns: quarantine",
                "Columns added, gone, moved or renamed. `discard-row` is as `evolve` here: a column the job does not read changes no row."),
            JobKey(
                "types", "evolve, freeze, discard-row or quarantine", default: "evolve", example: "types: quarantine",
                "A column whose values stop fitting its type. With `evolve` and `discard-row` such rows are rejects, as ever."),
            JobKey(
                "values", "evolve, freeze, discard-row or quarantine", default: "evolve", example: "values: discard-row",
                "A text never seen in a column that has few: 20 at most in 200 rows or more."),
        ])
}

public import Records

/// `retain:`, how long rows of a job are kept; nil = for ever.
public struct RetentionSettings: Hashable, Sendable {
    /// Rows with scores, by event time, with what belongs to them: challengers' scores and suppressed rows.
    public var results: Timestamp.Span?
    /// Rows of table feeds, by event time where the feed has one, else by their run's clock; by the table's name.
    public var tables: [String: Timestamp.Span] = [:]
    /// By their run's clock.
    public var rejects: Timestamp.Span?
    /// Items that are decided or superseded, by the time they were made, with their decisions and the labels these gave.
    public var review: Timestamp.Span?
    /// Labels of feeds, by known time.
    public var labels: Timestamp.Span?

    public init() {}
}

extension JobSection {
    static let retain = JobSection(
        path: "retain",
        summary:
            "How long rows are kept. `pipeline purge` deletes older ones; rows under a legal hold and open items stay, and so do runs, "
            + "files, models and the audit chain.",
        keys: [
            JobKey(
                "results", "a length of time", example: "results: 730d",
                "Rows with scores, by event time; at least what `train: window` learns from."),
            JobKey(
                "tables", "a length of time, or a mapping of tables to them", example: "tables: { statement_entries: 3650d }",
                "Rows of table feeds, by event time; without one, by their run's clock."),
            JobKey("rejects", "a length of time", example: "rejects: 90d", "Rejects with their raw text, by their run's clock."),
            JobKey(
                "review", "a length of time", example: "review: 3650d",
                "Items that are decided or superseded, with their decisions and the labels these gave, by the time they were made. Open items "
                    + "are never deleted. At least what `train: window` learns from."),
            JobKey("labels", "a length of time", example: "labels: 730d", "Labels of feeds, by known time."),
        ])
}

extension JobReader {
    /// Nil where there is no `retain`, or after a finding.
    ///
    /// - Parameter tables: of table feeds.
    func readRetention(_ top: JobMapping, tables: [String], isScoring: Bool, train: TrainSettings?) -> RetentionSettings? {
        guard let value = top["retain"], let retain = JobMapping(value, .retain, place: top.place(of: "retain")) else { return nil }
        var settings = RetentionSettings()
        if !isScoring { retain.refuse(["results", "review", "labels"], why: "no feed has `role: main`, so there are none") }
        settings.results = retain["results"].flatMap { readDays($0) }
        settings.rejects = retain["rejects"].flatMap { readDays($0) }
        settings.review = retain["review"].flatMap { readDays($0) }
        settings.labels = retain["labels"].flatMap { readDays($0) }
        if let value = retain["tables"] {
            if value.isMapping {
                for entry in JobMapping(value, place: retain.place(of: "tables"))?.entries ?? [] {
                    if !tables.contains(entry.name) {
                        findings.add(
                            .unknownName("table of a feed", found: entry.name, names: tables), at: entry.place, path: entry.value.path)
                    }
                    settings.tables[entry.name] = readDays(entry.value)
                }
            } else if let span = readDays(value) {
                for table in tables { settings.tables[table] = span }
            }
        }
        if let train {
            let needed = train.last.microseconds + train.labelDelay.microseconds
            for (name, span) in [("results", settings.results), ("labels", settings.labels), ("review", settings.review)] {
                if let span, span.microseconds < needed {
                    retain.report(.retainTooShort(days: (needed + 86_399_999_999) / 86_400_000_000), at: name)
                }
            }
        }
        return settings
    }

    /// At least a day: rows must not go on the day they come.
    private func readDays(_ value: JobValue) -> Timestamp.Span? {
        guard let span = value.span() else { return nil }
        if span >= .days(1) { return span }
        value.report(.wrongValue(found: value.shown, expected: "a day or more"))
        return nil
    }
}

extension JobFinding.Message {
    static func retainTooShort(days: Int64) -> JobFinding.Message {
        JobFinding.Message(
            code: "job.retain-short", what: "rows would be deleted that `train` learns from", expected: "\(days)d or more",
            remedy: "Keep them as long as `train: window` reaches back, `label-delay` included, or shorten the window.")
    }
}

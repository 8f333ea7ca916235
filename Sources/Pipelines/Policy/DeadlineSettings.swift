public import Records

/// `deadline:`, after which a run decides without its model, so that every row has an outcome in time.
public struct DeadlineSettings: Sendable, Hashable {
    /// Since the process began to work on the run; above zero.
    public var after: Timestamp.Span
    /// Of rows that no rule decides.
    public var outcome: String

    public init(after: Timestamp.Span, outcome: String) { (self.after, self.outcome) = (after, outcome) }
}

extension JobSection {
    static let deadline = JobSection(
        path: "deadline",
        summary:
            "How long a run may ask its model. Rows that it reaches later are decided all the same, in the same run: by the job's rules, else "
            + "by `outcome`, with the cause `deadline`. Without it the model is asked about every row.",
        keys: [
            JobKey(
                "after", "a length of time", required: true, example: "after: 90m",
                "Counted from the start of the process, by a clock that nobody sets; a run that was stopped and goes on begins anew."),
            JobKey(
                "outcome", "an outcome", default: "review", example: "outcome: hold",
                "Of rows that no rule decides. Where the job promises a risk (`automatic`), rows that it would clear go to review."),
        ])
}

extension JobReader {
    /// Nil where there is none, or after a finding.
    ///
    /// - Parameter isFinished: the stage gives its results at the end of the feed, all at once.
    func readDeadline(_ top: JobMapping, outcomes: [PolicySettings.Outcome], isFinished: Bool) -> DeadlineSettings? {
        guard let value = top["deadline"] else { return nil }
        if isFinished {
            top.refuse(["deadline"], why: "the stage gives its results at the end of the feed, all at once")
            return nil
        }
        guard value.isMapping else { return readAfter(value).map { DeadlineSettings(after: $0, outcome: "review") } }
        guard let deadline = JobMapping(value, .deadline, place: top.place(of: "deadline")) else { return nil }
        let after = deadline["after"].flatMap { readAfter($0) }
        // What only people choose is no choice of a clock's.
        let names = outcomes.filter { !$0.isForPeople }.map(\.name)
        let outcome = deadline["outcome"].map { $0.choice(names, of: "outcome") } ?? "review"
        guard let after, let outcome else { return nil }
        return DeadlineSettings(after: after, outcome: outcome)
    }

    private func readAfter(_ value: JobValue) -> Timestamp.Span? {
        guard let span = value.span() else { return nil }
        if span > .zero { return span }
        value.report(.wrongValue(found: value.shown, expected: "a length of time above zero"))
        return nil
    }
}

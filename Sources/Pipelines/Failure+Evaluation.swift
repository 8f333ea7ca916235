import Records

/// Wording of what stops training and evaluation.
extension Failure {
    static func trainMissing(_ job: String) -> Failure {
        Failure(
            .job, code: "train.missing", what: "the job says nothing about training", place: "job '\(job)'",
            found: "no `train:` section or no model",
            expected: "a `train:` section and a stage with a `model:`", remedy: "Add both; `pipeline describe boosting` lists the settings."
        )
    }

    static func feedWithoutRows(_ files: String) -> Failure {
        Failure(
            .failed, code: "feed.no-rows", what: "the feed has no row that can be read", place: files, expected: "at least one good row",
            remedy: "Run `pipeline check` and look at the first file.")
    }

    static func positivesFew(
        _ positives: Int, rows: Int, needed: Int, from: Timestamp, to: Timestamp, remedy: String
    ) -> Failure {
        Failure(
            .failed, code: "train.positives-few", what: "there are too few positive labels to train on",
            place: "\(from.iso8601) to \(to.iso8601)",
            found: "\(positives) positive labels in \(rows) rows", expected: "\(max(needed, 1)) or more", remedy: remedy)
    }

    static func nothingToMonitor(_ job: String) -> Failure {
        Failure(
            .usage, code: "monitor.no-results", what: "there is nothing to monitor", place: "job '\(job)'", found: "no results",
            expected: "rows that a run has scored", remedy: "Run the job first.")
    }

    static func evaluationPeriod(train: ClosedRange<Int>, test: ClosedRange<Int>, first: Timestamp, last: Timestamp) -> Failure {
        func text(_ day: Int) -> String { String(Timestamp(seconds: Int64(day) * 86_400).iso8601.prefix(10)) }
        return Failure(
            .usage, code: "evaluate.period", what: "the feed does not cover the periods",
            found: "rows from \(first.iso8601) to \(last.iso8601)",
            expected:
                "training \(text(train.lowerBound)) to \(text(train.upperBound)) and test \(text(test.lowerBound)) to \(text(test.upperBound))",
            remedy: "Name other test days with --test-from and --test-to, or shorten `train: window: last`.")
    }

    static func controlWithoutPromise(_ job: String) -> Failure {
        Failure(
            .usage, code: "evaluate.no-promise", what: "there is no promise that a control could break", place: "job '\(job)'",
            found: "no `policy: automatic`", expected: "a job that decides automatically", remedy: "Leave --control out.")
    }

    static func rollingRows(_ first: String, _ second: String, week: String) -> Failure {
        Failure(
            .usage, code: "evaluate.other-rows", what: "the two jobs cannot be compared", place: "the week from \(week)",
            found: "other test rows of \(first) than of \(second)", expected: "the same rows with the same labels",
            remedy: "Compare jobs over the same feed, with the same key, customer column and label delay.")
    }
}

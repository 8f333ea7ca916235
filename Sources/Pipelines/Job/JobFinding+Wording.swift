import Records

extension JobFinding {
    /// A finding's words, without its place. All wording of job files is in this file.
    struct Message {
        var severity = Severity.error
        var code: String
        var what: String
        var found = ""
        var expected = ""
        var remedy = ""

        static func nearest(_ typed: String, _ names: [String], otherwise: String) -> String {
            Nearest.name(to: typed, among: names).map { "Did you mean '\($0)'?" } ?? otherwise
        }

        static func list(_ names: [String]) -> String { names.isEmpty ? "none" : names.joined(separator: ", ") }

        // MARK: the file

        static let emptyFile = Message(
            code: "job.empty", what: "the job file is empty", remedy: "`pipeline new job --from file.csv` writes one to start from.")

        static func unreadable(_ reason: String) -> Message {
            Message(code: "job.unreadable", what: "the job file cannot be read", found: reason)
        }

        static func notYAML(problem: String, context: String) -> Message {
            let remedy =
                problem.contains("cannot start any token")
                ? "Indent with spaces, and put text that begins with a special character in quotes."
                : problem.contains("mapping values are not allowed")
                    ? "Put text that contains ': ' in quotes, and indent the keys of one mapping alike."
                    : ""
            return Message(
                code: "job.yaml", what: "not valid YAML", found: context.isEmpty ? problem : "\(context), \(problem)", remedy: remedy)
        }

        // MARK: keys

        static func duplicateKey(firstLine: Int) -> Message {
            Message(
                code: "job.duplicate-key", what: "a key is given twice", found: "first on line \(firstLine)", remedy: "Remove one of them.")
        }

        static let wrongKey = Message(code: "job.wrong-key", what: "a key that is not a text", remedy: "Write the key as one word.")

        static func unknownKey(_ name: String, names: [String]) -> Message {
            Message(
                code: "job.unknown-key", what: "unknown key '\(name)'",
                remedy: nearest(name, names, otherwise: "Keys here: \(list(names))."))
        }

        static func unsupported(remedy: String) -> Message {
            Message(code: "job.unsupported", what: "not supported in this version", remedy: remedy)
        }

        static func missingKey(_ name: String, form: String, example: String) -> Message {
            Message(code: "job.missing-key", what: "'\(name)' is missing", expected: form, remedy: "Add it, for example `\(example)`.")
        }

        static func misplacedKey(_ name: String, why: String) -> Message {
            Message(code: "job.misplaced-key", what: "'\(name)' does not belong here", found: why, remedy: "Remove it.")
        }

        // MARK: values

        static func wrongValue(found: String, expected: String, remedy: String = "") -> Message {
            Message(code: "job.wrong-value", what: "wrong value", found: found, expected: expected, remedy: remedy)
        }

        static func unknownName(_ subject: String, found: String, names: [String]) -> Message {
            Message(
                code: "job.unknown-name", what: "no such \(subject)", found: "'\(found)'",
                expected: names.isEmpty ? "" : "one of \(list(names))",
                remedy: nearest(found, names, otherwise: ""))
        }

        static func unknownZone(_ name: String) -> Message {
            Message(
                code: "job.unknown-name", what: "no such time zone", found: "'\(name)'", expected: "an IANA name",
                remedy: nearest(name, Zone.knownNames, otherwise: "For example UTC, Asia/Tokyo or Europe/Berlin."))
        }

        static func unsupportedValue(_ value: String, remedy: String) -> Message {
            Message(code: "job.unsupported", what: "not supported in this version", found: value, remedy: remedy)
        }

        // MARK: feeds

        static func feedCount(role: String, count: Int, expected: String) -> Message {
            Message(
                code: "job.feed-count", what: "wrong number of feeds with `role: \(role)`", found: "\(count)", expected: expected)
        }

        static func sameTable(_ name: String) -> Message {
            Message(
                code: "job.same-table", what: "two feeds write the same table", found: "'\(name)'", remedy: "Give each a table of its own.")
        }

        static func takenColumn(_ name: String, table: String) -> Message {
            Message(
                code: "job.taken-column", what: "column '\(name)' is one that every \(table) has by itself",
                remedy: "Rename it, and keep where it comes from with `from: \(name)`.")
        }

        static func noColumn(_ name: String, feed: String, names: [String]) -> Message {
            Message(
                code: "job.no-column", what: "no such column in feed '\(feed)'", found: "'\(name)'",
                remedy: nearest(name, names, otherwise: "Its columns: \(list(names))."))
        }

        static func columnType(_ name: String, found: String, expected: String) -> Message {
            Message(code: "job.column-type", what: "column '\(name)' has the wrong type", found: found, expected: expected)
        }

        static func optionalColumn(_ name: String, use: String) -> Message {
            Message(
                code: "job.optional-column", what: "column '\(name)' is optional", expected: "a value in every row, as \(use)",
                remedy: "Remove `optional: true` from the column; rows without a value become rejects.")
        }

        static func dateInKey(_ name: String) -> Message {
            Message(
                code: "job.date-in-key", what: "column '\(name)' is a date that is both a time and part of the key",
                found: "as a time it is its midnight", expected: "a column of its own for the key",
                remedy: "Declare a second column with the same `from`.")
        }

        static func sameColumn(_ name: String, as other: String) -> Message {
            Message(
                code: "job.same-column", what: "column '\(name)' differs from '\(other)' in case only",
                remedy: "Rename one: the database does not tell them apart.")
        }

        static func labelColumns(_ names: [String]) -> Message {
            Message(
                code: "job.label-column", what: "the label cannot be told from the other columns",
                found: names.isEmpty ? "no bool or int64 column besides the key and the known time" : list(names),
                expected: "exactly one bool or int64 column besides the key and the known time")
        }

        static var pivotKey: Message {
            Message(
                code: "job.pivot-key", what: "observations cannot be put together without a unit and a time",
                expected: "a main or table feed with `event-time`, whose key has the unit's column and the event time",
                remedy: "Write for instance `key: [machine, time]` and `event-time: time`.")
        }

        static func labelKey(_ count: Int, main: Int) -> Message {
            Message(
                code: "job.label-key", what: "the labels' key does not match the main feed's", found: columns(count),
                expected: columns(main))
        }

        private static func columns(_ count: Int) -> String { count == 1 ? "1 column" : "\(count) columns" }

        static let twoLabels = Message(
            code: "job.two-labels", what: "labels come from a column and from a feed", remedy: "Keep one of them.")

        static func labelUsed(_ name: String) -> Message {
            Message(
                code: "job.label-used", what: "column '\(name)' is the label", expected: "a column known when the row arrives",
                remedy: "A label used here would look ahead.")
        }

        // MARK: stages

        static func stageCount(_ count: Int) -> Message {
            Message(
                code: "job.stage-count", what: "wrong number of stages", found: "\(count)", expected: "exactly one in this version",
                remedy: count == 0 ? "" : "Give each stage a job of its own.")
        }

        static let shortLateness = Message(
            code: "job.short-lateness", what: "the stage forgets sooner than the feed may be late",
            expected: "at least the main feed's `lateness`", remedy: "Late rows would find windows with holes.")

        static func noModel(stage: String) -> Message {
            Message(
                code: "job.no-model", what: "nothing to train", found: "stage '\(stage)' names no model",
                remedy: "Give the stage a `model`, or remove `train`.")
        }

        static let noLabels = Message(
            severity: .warning, code: "job.no-labels", what: "no feed or column gives labels",
            remedy: "Only people's decisions will teach the model; add a feed with `role: labels` where there is one.")

        // MARK: policy

        static func currencies(_ found: String, first: String, at line: Int) -> Message {
            Message(
                code: "job.currencies", what: "two currencies in one job", found: found, expected: "\(first), as on line \(line)",
                remedy: "Costs in different currencies cannot be compared; convert the feed or split the job.")
        }

        static let fewOutcomes = Message(
            code: "job.few-outcomes", what: "too few outcomes", expected: "at least two besides `review`",
            remedy: "With one outcome there is nothing to decide.")

        static let noReviewOutcome = Message(
            code: "job.no-review-outcome", what: "there is a `review` section and no outcome `review`",
            remedy: "Add an outcome `review` with what a person's look costs, for example `review: { cost: 4 EUR }`.")

        static let reviewAsDefault = Message(
            code: "job.review-as-default", what: "`review` cannot stand in for a person", expected: "another outcome",
            remedy: "Nobody has looked when this applies: choose the outcome that does the least harm.")

        static func sameRule(_ name: String) -> Message {
            Message(code: "job.same-rule", what: "two rules have the same name", found: "'\(name)'", remedy: "Rename one.")
        }

        static func tableName(_ name: String, why: String) -> Message {
            Message(
                code: "job.table-name", what: "not a name for a result table", found: "'\(name)', \(why)",
                expected: "small letters, digits and _, starting with a letter, at most 48", remedy: "For example `fraud_scores`.")
        }

        // MARK: the world

        static func absoluteFiles() -> Message {
            Message(
                severity: .warning, code: "job.absolute-path", what: "an absolute path",
                remedy: "The job and what it stores then name this machine; a path relative to the job file moves with it.")
        }

        static func firstRows(_ rejected: Int, of count: Int, file: String, first: Reject) -> Message {
            Message(
                severity: .warning, code: "job.first-rows", what: "\(rejected) of the first \(count) rows of \(file) cannot be read",
                found: "line \(first.line)\(first.column.map { ", column '\($0)'" } ?? ""), \(first.code.rawValue), \(first.found)",
                expected: first.expected,
                remedy: "Correct the column's type or format, or allow for it with `optional`, `nulls` or `rejects`.")
        }

        static func world(_ failure: Failure) -> Message {
            Message(
                severity: .warning, code: failure.code, what: failure.what, found: failure.found, expected: failure.expected,
                remedy: failure.remedy)
        }
    }
}

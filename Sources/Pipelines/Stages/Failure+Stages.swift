import Records

/// Wording of what can be wrong with a stage's parameters and state.
extension Failure {
    static func stageParameterMissing(_ stage: String, _ parameter: String) -> Failure {
        Failure(
            .job, code: "stage.parameter-missing", what: "the stage lacks a parameter", place: "\(stage).\(parameter)", found: "nothing",
            expected: "a value", remedy: "Add it to the stage; `pipeline describe \(stage)` lists all parameters.")
    }

    static func stageColumnMissing(_ stage: String, _ parameter: String, _ name: String, nearest: String?) -> Failure {
        Failure(
            .job, code: "stage.column-missing", what: "the main feed has no such column", place: "\(stage).\(parameter)",
            found: "`\(name)`", expected: "the name of a column of the main feed",
            remedy: nearest.map { "Did you mean `\($0)`?" } ?? "Name a column declared under `columns`.")
    }

    static func stageColumnType(_ stage: String, _ parameter: String, _ name: String, _ type: String, _ expected: [String]) -> Failure {
        Failure(
            .job, code: "stage.column-type", what: "the column is of the wrong type", place: "\(stage).\(parameter)",
            found: "`\(name)` of type \(type)", expected: expected.joined(separator: " or "),
            remedy: "Name another column, or change the column's type in the feed.")
    }

    static func stageColumnOptional(_ stage: String, _ parameter: String, _ name: String) -> Failure {
        Failure(
            .job, code: "stage.column-optional", what: "the stage needs a value in every row", place: "\(stage).\(parameter)",
            found: "the optional column `\(name)`", expected: "a column without missing values",
            remedy: "Remove `optional` from the column: rows without a value then become rejects.")
    }

    static func stageParameterMany(_ stage: String, _ parameter: String, _ count: Int) -> Failure {
        Failure(
            .job, code: "stage.parameter-many", what: "there can be one column only", place: "\(stage).\(parameter)",
            found: "\(count)", expected: "one name, or none", remedy: "Name one column.")
    }

    static func stageNames(_ stage: String, _ parameter: String, _ count: Int, most: Int) -> Failure {
        Failure(
            .job, code: "stage.names", what: "the parameter names too many things", place: "\(stage).\(parameter)", found: "\(count)",
            expected: "at most \(most)", remedy: "Name those that matter, or leave the parameter out.")
    }

    static func stageSpanRange(_ stage: String, _ parameter: String) -> Failure {
        Failure(
            .job, code: "stage.span-range", what: "the duration is out of range", place: "\(stage).\(parameter)",
            expected: "0s to 366d", remedy: "Write a shorter duration.")
    }

    static func stageZone(_ stage: String, _ name: String, nearest: String?) -> Failure {
        Failure(
            .job, code: "stage.zone", what: "this is not a time zone", place: "\(stage).zone", found: "`\(name)`", expected: "an IANA name",
            remedy: nearest.map { "Did you mean `\($0)`?" } ?? "Write a name such as `Europe/Paris`.")
    }

    static func stageInput(_ stage: String, found: String, expected: String) -> Failure {
        Failure(
            .failed, code: "stage.input", what: "the stage was given rows it cannot use", place: stage, found: found, expected: expected,
            remedy: "This is a fault of the program; please report it.")
    }

    static func stageTable(_ place: String, feed: String, found: [String], expected: [String]) -> Failure {
        Failure(
            .job, code: "stage.table", what: "the feed lacks columns that the stage takes from it", place: place,
            found: "feed \(feed) with \(found.joined(separator: ", "))", expected: expected.joined(separator: ", "),
            remedy: "Add the column under `columns` of the feed, with the same name and type.")
    }

    static func stageState(_ stage: String, found: String) -> Failure {
        Failure(
            .failed, code: "stage.state", what: "the stage's stored state cannot be used", place: stage, found: found,
            expected: "the bytes written by the same stage with the same parameters",
            remedy: "Restore the database from a backup, or run the job into a new database.")
    }
}

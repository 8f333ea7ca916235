import Records

extension Failure {
    static func scaffoldNoRows(_ path: String, found: String) -> Failure {
        Failure(
            .usage, code: "scaffold.no-rows", what: "no job can be guessed", place: path, found: found,
            expected: "an XML document with elements that are repeated and hold values",
            remedy: "Write the job by hand: docs/guides/tables.md shows one.")
    }

    static func scaffoldNotText(_ path: String) -> Failure {
        Failure(
            .usage, code: "scaffold.not-text", what: "no job can be guessed", place: path,
            found: "bytes that are no text in any encoding known",
            expected: "a CSV file", remedy: "Is it a CSV file, plain or gzip?")
    }

    static func scaffoldOneColumn(_ path: String) -> Failure {
        Failure(
            .usage, code: "scaffold.one-column", what: "no job can be guessed", place: path, found: "one field a record",
            expected: "fields separated by one character, or by runs of blanks", remedy: "Is it a CSV file?")
    }
}

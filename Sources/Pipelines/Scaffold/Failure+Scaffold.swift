import Records

extension Failure {
    static func scaffoldNotText(_ path: String) -> Failure {
        Failure(
            .usage, code: "scaffold.not-text", what: "no job can be guessed", place: path, found: "bytes that are not UTF-8",
            expected: "a CSV file in UTF-8", remedy: "Convert it first, for example with `iconv -f latin1 -t utf8`.")
    }

    static func scaffoldOneColumn(_ path: String) -> Failure {
        Failure(
            .usage, code: "scaffold.one-column", what: "no job can be guessed", place: path, found: "one field a record",
            expected: "fields separated by a comma, semicolon, tab or |", remedy: "Is it a CSV file?")
    }
}

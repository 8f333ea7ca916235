import Records

/// Wording of what can be wrong with a CSV file as a whole.
extension Failure {
    static func csvHeaderMissing(_ name: String) -> Failure {
        Failure(
            .failed, code: "csv.header-missing", what: "the file has no record", place: name, found: "blank lines only",
            expected: "a header or a record", remedy: "Fetch it again, or take it away.")
    }

    static func csvHeaderTooLong(_ name: String) -> Failure {
        Failure(
            .failed, code: "csv.header-too-long", what: "the first record does not end", place: name, found: "no line end in 1 MiB",
            expected: "a header of at most 1 MiB", remedy: "Is this a CSV file? Correct `files` or `format` in the job file.")
    }

    static func csvHeaderQuoting(_ name: String) -> Failure {
        Failure(
            .failed, code: "csv.header-quoting", what: "the header is not well quoted", place: name,
            found: "a quote that is not closed, or text after a closing quote", expected: "names as in RFC 4180",
            remedy: "Correct the file's first line, or `quote` in the job file.")
    }

    static func csvZeroBytes(_ name: String) -> Failure {
        Failure(
            .failed, code: "csv.zero-bytes", what: "the header is no text", place: name, found: "NUL bytes",
            expected: "text in the declared encoding",
            remedy: "A file in UTF-16 needs `encoding: utf-16` in the job file; otherwise fetch it again.")
    }

    /// - Parameter delimiter: as written in a job file.
    static func csvDelimiterSeems(_ delimiter: String, columns: Int, column: String, file: String, header: String) -> Failure {
        Failure(
            .failed, code: "csv.delimiter", what: "the header is one field, so there is no column for '\(column)'", place: file,
            found: "'\(header.prefix(60))\(header.count > 60 ? "…" : "")'", expected: "fields separated by the declared delimiter",
            remedy: "With `delimiter: \"\(delimiter)\"` it has \(columns) columns: set that in the job file.")
    }

    static func csvColumnTwice(_ source: String, column: String, file: String, count: Int) -> Failure {
        Failure(
            .failed, code: "feed.column-twice", what: "the file has the column '\(source)' more than once", place: file,
            found: "\(count) columns '\(source)'", expected: "one for '\(column)'",
            remedy: "Write `from: \"\(source)#1\"` or `from: \"\(source)#2\"` in the job file, or rename one in the file.")
    }
}

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

    static func csvUTF16(_ name: String) -> Failure {
        Failure(
            .failed, code: "csv.utf16", what: "the file is not in UTF-8", place: name, found: "a byte order mark of UTF-16",
            expected: "UTF-8",
            remedy: "Convert it, for instance with `iconv -f UTF-16 -t UTF-8`.")
    }
}

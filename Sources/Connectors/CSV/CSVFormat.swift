public import Records

/// Comma-separated values as in RFC 4180, with these deviations:
///
/// - a record ends at CRLF, LF or CR, in any mixture; the last one needs no line end;
/// - blank lines are skipped: they are no records (a file of one column cannot write a missing value as a blank line: use a null marker);
/// - a quote inside an unquoted field stands for itself;
/// - a UTF-8 byte order mark is skipped; files in UTF-16 are refused;
/// - the empty field is a missing value, quoted or not; spaces belong to texts, and are ignored around all other values;
/// - a record of more than 1 MiB is a reject.
///
/// An opening quote that is never closed takes the rest of the file with it, as one reject.
public enum CSVFormat: FeedFormat {
    public static let definition = Definition(
        name: "csv", summary: "Text with a record a line and a delimiter between fields (RFC 4180), plain or gzip.",
        parameters: [
            Parameter("delimiter", .text, default: ",", help: "The character between fields; tab may be written as a word.", example: ";"),
            Parameter(
                "header", .bool, default: "true",
                help: "The first record names the columns; without it, `from` is a column's position from 1.", example: "false"),
            Parameter(
                "quote", .text, default: "\"", help: "The character around fields that hold delimiters; empty for none.", example: "'"),
        ])

    public static func reader(
        of file: FeedFile, columns: [FeedColumn], options: [String: ParameterValue], from position: FeedPosition, blockRows: Int,
        bufferBytes: Int
    ) throws(Failure) -> any FeedReader {
        try CSVReader(file, columns, CSVDialect(options), from: position, blockRows: blockRows, bufferBytes: bufferBytes)
    }
}

public import Records

/// Comma-separated values as in RFC 4180, with these deviations:
///
/// - a record ends at CRLF, LF or CR, in any mixture; the last one needs no line end; bytes 0x1A at the very end are left out;
/// - blank lines are skipped: they are no records (a file of one column cannot write a missing value as a blank line: use a null marker);
/// - a byte order mark is skipped; one that contradicts `encoding` is refused;
/// - the empty field is a missing value, quoted or not; spaces belong to texts, and are ignored around all other values;
/// - a record of more than 1 MiB is a reject, and so is one with a NUL byte;
/// - a record that equals the header, as in files put one behind the other, is skipped (`repeated-header`).
///
/// Where tools disagree about quotes, `quotes` chooses:
///
/// | | `strict` | `normal` | `lenient` | `literal` |
/// |---|---|---|---|---|
/// | `a"b` | reject | `a"b` | `a"b` | `a"b` |
/// | `"a"b` | reject | reject | `ab` | `"a"b` |
/// | ` "a,b" ` | reject | two fields | `a,b` | two fields |
/// | a quote that is never closed | the file breaks off there | the same | stands for itself | stands for itself |
///
/// A file that breaks off inside quotes is a delivery cut short, most likely: what is left is one `malformed` reject, and holds the run
/// unless the feed says `rejects: { broken-file: accept }`.
///
/// With `lenient`, a quoted record of more than 1 MiB counts as not closed.
public enum CSVFormat: FeedFormat {
    public static let definition = Definition(
        name: "csv", summary: "Text with a record a line and a delimiter between fields (RFC 4180), plain or gzip.",
        parameters: [
            Parameter(
                "encoding", .choice(CSVDialect.encodings), default: "utf-8",
                help: "How characters are written as bytes; `utf-16` takes the byte order from the mark at the start. Offsets of rejects "
                    + "count bytes of the file as it is.", example: "cp932"),
            Parameter(
                "delimiter", .text, default: ",",
                help: "The character between fields; `tab` may be written as a word; `blanks` are runs of spaces and tabs, of which those "
                    + "around a record do not count.", example: ";"),
            Parameter(
                "header", .bool, default: "true",
                help: "The first record names the columns (`from: name#2` is the second of that name); without it, `from` is a column's "
                    + "position from 1.", example: "false"),
            Parameter(
                "quote", .text, default: "\"", help: "The character around fields that hold delimiters; empty for none.", example: "'"),
            Parameter(
                "quotes", .choice(["normal", "strict", "lenient", "literal"]), default: "normal",
                help:
                    "`normal`: a quote inside an unquoted field stands for itself, text after a closing quote is a reject; `strict`: both "
                    + "are rejects; `lenient`: that text belongs to the field, spaces around quotes do not, and a quote that is never "
                    + "closed stands for itself; `literal`: quotes mean nothing.", example: "lenient"),
            Parameter(
                "escape", .choice(["doubled", "backslash"]), default: "doubled",
                help: "How a quote is written inside quotes: `\"\"`, or `\\\"` as well; then a backslash takes the meaning from any "
                    + "character after it, and `\\N` alone can be a null marker.", example: "backslash"),
            Parameter("skip", .integer(0...1_000_000), default: "0", help: "Lines before the header that are left out.", example: "3"),
            Parameter(
                "skip-after-header", .integer(0...1_000_000), default: "0",
                help: "Lines after the header that are left out, such as one of units.", example: "1"),
            Parameter(
                "comment", .text, optional: true, help: "What a line starts with that is no row and is left out.", example: "\"#\""),
            Parameter(
                "trailer", .text, optional: true,
                help: "What a line starts with that is no row but holds totals; the last such line is the file's trailer.",
                example: "\"TRAILER|\""),
            Parameter(
                "trailer-lines", .integer(0...100), default: "0",
                help: "Lines at the end of the file that are no rows but hold totals; blank lines do not count.", example: "1"),
            Parameter(
                "ragged", .choice(["reject", "pad", "cut", "pad-and-cut"]), default: "reject",
                help: "Records with another number of fields: `pad` takes those that are not there as missing, `cut` leaves out those "
                    + "beyond the header.", example: "pad"),
            Parameter(
                "repeated-header", .choice(["skip", "row"]), default: "skip", help: "What a record is that equals the header.",
                example: "row"),
        ])

    public static func reader(
        of file: FeedFile, columns: [FeedColumn], options: [String: ParameterValue], from position: FeedPosition, blockRows: Int,
        bufferBytes: Int
    ) throws(Failure) -> any FeedReader {
        try CSVReader(file, columns, CSVDialect(options), from: position, blockRows: blockRows, bufferBytes: bufferBytes)
    }

    /// The lines of a file that `trailer` and `trailer-lines` keep from being rows; the whole file is read for them.
    ///
    /// - Returns: nil when the options declare none.
    /// - Throws: what opening the file throws.
    public static func trailer(of file: FeedFile, options: [String: ParameterValue]) throws(Failure) -> FeedTrailer? {
        let dialect = try CSVDialect(options)
        guard !dialect.trailer.isEmpty || dialect.trailerLines > 0 else { return nil }
        let reader = try CSVReader(file, [], dialect, from: .start, blockRows: 8_192, bufferBytes: 1 << 18)
        while try reader.next() != nil {}
        return FeedTrailer(lines: reader.trailer.map { FeedTrailer.Line($0, rules: dialect.rules) })
    }
}

/// The lines of a file that are no rows but tell about them: totals, counts.
public struct FeedTrailer: Hashable, Sendable {
    public struct Line: Hashable, Sendable {
        /// Without its line end; at most 64 KiB.
        public let text: String
        /// Cut at the delimiter, quotes undone.
        public let fields: [String]
    }

    /// In order; at most the last 100.
    public let lines: [Line]

    public init(lines: [Line]) { self.lines = lines }
}

extension FeedTrailer.Line {
    init(_ bytes: [UInt8], rules: FieldRules) {
        text = String(decoding: bytes, as: UTF8.self)
        var scanner = RecordScanner(rules: rules)
        var room = UnescapedText()
        defer {
            scanner.deallocate()
            room.deallocate()
        }
        scanner.reserveFields(bytes.count + 1)
        scanner.room(for: bytes.count).copyBytes(from: bytes)
        scanner.didRead(bytes.count)
        scanner.isFinal = true
        switch scanner.scanCareful() {
        case .record, .textAfterQuote, .strayQuote:
            fields = (0..<scanner.fieldCount).map { String(decoding: room.text(of: $0, scanner), as: UTF8.self) }
        default: fields = [text]
        }
    }
}

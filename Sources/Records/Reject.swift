/// A row that could not be used, with everything needed to find, fix and replay it.
public struct Reject: Hashable, Sendable {
    /// Why. The raw values are stored and never translated; the list is closed.
    public enum Code: String, CaseIterable, Sendable {
        /// Fewer or more fields than the header.
        case fieldCount = "field-count"
        /// Text after a closing quote, or a quote where none may stand.
        case quoting = "quoting"
        /// Text that is not a value of the column's type.
        case type = "type"
        /// A number or time outside what its type can hold.
        case range = "range"
        /// A text that is none of the values that the column declares.
        case unknownValue = "unknown-value"
        /// An amount in another currency than the column declares.
        case currency = "currency"
        /// A value is missing where the column is not optional.
        case missing = "missing"
        /// Bytes that are not text in the declared encoding.
        case encoding = "encoding"
        /// A record longer than the reader's limit.
        case tooLong = "too-long"
        /// A document or stream that breaks off or is not well-formed, or a quote that is never closed: everything from here on in this file.
        case malformed = "malformed"
        /// A text that the feed's contract does not allow, as it was never seen before.
        case contract = "contract"
        /// A row later than the declared lateness.
        case late = "late"
        /// A row whose time lies further after the run's clock than the feed declares: a clock gone wrong.
        case future = "future"
        /// The key was already seen with the same content in this run.
        case duplicate = "duplicate"
    }

    /// Path as given in the job file's glob, relative to the job file.
    public var file: String
    /// From 1; the line on which the record starts. 0 where the format has no lines.
    public var line: Int64
    /// Offset in bytes of the record's start in the uncompressed stream.
    public var offset: Int64
    /// Record number in the file, from 1.
    public var row: Int64
    /// Name of the column as in the job file; nil when the whole record is at fault.
    public var column: String?
    public var code: Code
    /// What stood there (at most 200 bytes); personal columns show `(personal)`.
    public var found: String
    public var expected: String
    /// The record as it was read, at most 64 KiB.
    public var raw: [UInt8]

    public init(
        file: String, line: Int64, offset: Int64, row: Int64, column: String?, code: Code, found: String, expected: String, raw: [UInt8]
    ) {
        (self.file, self.line, self.offset, self.row) = (file, line, offset, row)
        (self.column, self.code, self.found, self.expected, self.raw) = (column, code, found, expected, raw)
    }
}

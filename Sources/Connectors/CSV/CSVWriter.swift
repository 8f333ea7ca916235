/// Writes CSV records as in RFC 4180, for spreadsheets and other programs.
///
/// - A field is quoted only where it must be: it holds the delimiter, a quote or a line end, or is an empty text (`""`, so that it differs
///   from a missing value). In CP932 that is judged by bytes: a second byte that looks like the delimiter makes a field quoted.
/// - **Formula injection** (OWASP): a text that starts with `=`, `+`, `-`, `@`, a tab, a line end, or their full-width forms would be run
///   as a formula by a spreadsheet; it is written with an apostrophe before it. Numbers, dates and the like are left alone. Readers that
///   are no spreadsheets see the apostrophe: turn ``Configuration/guardsFormulas`` off for them.
/// - Characters that the encoding lacks are written as ``Configuration/substitute`` says, and counted in ``lacking``.
///
/// ```swift
/// var writer = CSVWriter(CSVWriter.Configuration(encoding: .cp932))
/// writer.text("名前")
/// writer.value("1200")
/// writer.endRecord()
/// try file.write(writer.take())
/// ```
package struct CSVWriter {
    package struct Configuration: Hashable, Sendable {
        /// An ASCII character that is no quote and no line end.
        package var delimiter = UInt8(ascii: ",")
        package var encoding = ExportEncoding.utf8WithMark
        package var substitute = TextEncoder.Substitute.codePoint
        /// CRLF, or LF alone.
        package var usesCRLF = true
        package var guardsFormulas = true

        package init(encoding: ExportEncoding = .utf8WithMark) { self.encoding = encoding }
    }

    private let configuration: Configuration
    private var encoder: TextEncoder
    /// Not yet taken.
    private var bytes: [UInt8]
    private var field: [UInt8] = []
    private var fields = 0
    private var recordStart = 0
    /// Characters written so far that the encoding lacks.
    package private(set) var lacking = 0
    /// Fields that were given an apostrophe.
    package private(set) var guarded = 0

    package init(_ configuration: Configuration) {
        self.configuration = configuration
        encoder = TextEncoder(configuration.encoding, substitute: configuration.substitute)
        bytes = configuration.encoding.byteOrderMark
        recordStart = bytes.count
    }

    /// Bytes that ``take()`` would give.
    package var count: Int { bytes.count }

    /// What was written since the last call, the byte order mark at the very start.
    package mutating func take() -> [UInt8] {
        defer {
            bytes.removeAll(keepingCapacity: true)
            recordStart = 0
        }
        return bytes
    }

    // MARK: Fields

    /// The next field: a text of a person's, in UTF-8.
    package mutating func text(_ text: UnsafeBufferPointer<UInt8>) {
        field.removeAll(keepingCapacity: true)
        if configuration.guardsFormulas, Self.startsFormula(text) {
            field.append(UInt8(ascii: "'"))
            guarded += 1
        }
        lacking += encoder.encode(text, into: &field)
        write(quoted: text.isEmpty || mustQuote)
    }

    package mutating func text(_ text: String) {
        var text = text
        text.withUTF8 { self.text($0) }
    }

    /// The next field: a number, date or other value as the program wrote it, never a formula.
    package mutating func value(_ value: UnsafeBufferPointer<UInt8>) {
        field.removeAll(keepingCapacity: true)
        lacking += encoder.encode(value, into: &field)
        write(quoted: mustQuote)
    }

    package mutating func value(_ value: String) {
        var value = value
        value.withUTF8 { self.value($0) }
    }

    /// The next field is missing: nothing is written.
    package mutating func missing() {
        field.removeAll(keepingCapacity: true)
        write(quoted: false)
    }

    package mutating func endRecord() {
        // A record of one missing field would be a blank line, which readers skip.
        if fields == 1, bytes.count == recordStart { bytes += [UInt8(ascii: "\""), UInt8(ascii: "\"")] }
        if configuration.usesCRLF { bytes.append(13) }
        bytes.append(10)
        (fields, recordStart) = (0, bytes.count)
    }

    // No second byte of CP932 is a quote or a line end: bytes can be judged alone.
    private var mustQuote: Bool {
        field.contains { $0 == configuration.delimiter || $0 == UInt8(ascii: "\"") || $0 == 10 || $0 == 13 }
    }

    private mutating func write(quoted: Bool) {
        if fields > 0 { bytes.append(configuration.delimiter) }
        fields += 1
        guard quoted else {
            bytes.append(contentsOf: field)
            return
        }
        bytes.append(UInt8(ascii: "\""))
        for byte in field {
            if byte == UInt8(ascii: "\"") { bytes.append(byte) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// https://owasp.org/www-community/attacks/CSV_Injection
    private static func startsFormula(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = text.first else { return false }
        switch first {
        case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), 9, 10, 13: return true
        case 0xEF where text.count >= 3:
            // ＋ － ＝ ＠: U+FF0B, U+FF0D, U+FF1D, U+FF20.
            return text[1] == 0xBC && [0x8B, 0x8D, 0x9D, 0xA0].contains(text[2])
        default: return false
        }
    }
}

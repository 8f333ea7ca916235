import Records

/// What separates fields and protects them, as declared in the job file.
struct CSVDialect {
    let delimiter: UInt8
    /// Equal to the delimiter when nothing is ever quoted.
    let quote: UInt8
    let hasHeader: Bool

    /// - Throws: a delimiter or quote that is not one ASCII character, or the same for both (kind `job`).
    init(_ options: [String: ParameterValue]) throws(Failure) {
        var (delimiter, quote, hasHeader) = (",", "\"", true)
        if case .text(let text)? = options["delimiter"] { delimiter = text }
        if case .text(let text)? = options["quote"] { quote = text }
        if case .bool(let value)? = options["header"] { hasHeader = value }
        if delimiter == "tab" || delimiter == "\\t" { delimiter = "\t" }
        guard let separator = Self.byte(delimiter) else {
            throw .formatOption("delimiter", format: "csv", found: "'\(delimiter)'", expected: "one ASCII character, or tab")
        }
        guard quote.isEmpty || Self.byte(quote) != nil else {
            throw .formatOption("quote", format: "csv", found: "'\(quote)'", expected: "one ASCII character, or an empty text for none")
        }
        guard Self.byte(quote) != separator else {
            throw .formatOption(
                "quote", format: "csv", found: "the delimiter '\(delimiter)'", expected: "another character than the delimiter")
        }
        self.delimiter = separator
        self.quote = Self.byte(quote) ?? separator
        self.hasHeader = hasHeader
    }

    /// Not a line end, and not NUL, which pads buffers.
    private static func byte(_ text: String) -> UInt8? {
        guard text.utf8.count == 1, let byte = text.utf8.first, byte != 0, byte != 10, byte != 13, byte < 128 else { return nil }
        return byte
    }
}

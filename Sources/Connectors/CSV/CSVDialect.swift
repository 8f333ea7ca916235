import Records

/// What separates fields and protects them, and which lines are no rows, as declared in the job file.
struct CSVDialect {
    let encoding: TextEncoding
    let rules: FieldRules
    let hasHeader: Bool
    /// Lines before the header, or before the first record, and between the header and the first record.
    let skip: Int
    let skipAfterHeader: Int
    /// Starts of lines that are no rows; empty for none.
    let comment: [UInt8]
    let trailer: [UInt8]
    /// Lines at the end that are no rows.
    let trailerLines: Int
    /// Records shorter than the header have missing values; fields beyond it are left out.
    let padsShort: Bool
    let cutsLong: Bool
    /// A record that equals the header is no row.
    let skipsRepeatedHeader: Bool

    /// - Throws: a delimiter or quote that is not one ASCII character, or two settings that contradict each other (kind `job`).
    init(_ options: [String: ParameterValue]) throws(Failure) {
        let encoding = options.text("encoding") ?? "utf-8"
        guard let known = TextEncoding(name: encoding) else {
            throw .formatOption(
                "encoding", format: "csv", found: "'\(encoding)'", expected: "one of \(Self.encodings.joined(separator: ", "))")
        }
        self.encoding = known
        rules = try Self.rules(options)
        hasHeader = options.bool("header") ?? true
        (skip, skipAfterHeader) = (options.integer("skip") ?? 0, options.integer("skip-after-header") ?? 0)
        (comment, trailer) = (Array((options.text("comment") ?? "").utf8), Array((options.text("trailer") ?? "").utf8))
        trailerLines = options.integer("trailer-lines") ?? 0
        let ragged = options.text("ragged") ?? "reject"
        (padsShort, cutsLong) = (ragged == "pad" || ragged == "pad-and-cut", ragged == "cut" || ragged == "pad-and-cut")
        skipsRepeatedHeader = hasHeader && options.text("repeated-header") != "row"
        for (name, start) in [("comment", comment), ("trailer", trailer)]
        where start.count > 64 || start.contains(10) || start.contains(13) {
            throw .formatOption(name, format: "csv", found: "\(start.count) bytes", expected: "the start of a line, at most 64 bytes")
        }
    }

    /// As in job files: the names themselves, and some that are usual.
    static let encodings = TextEncoding.allCases.map(\.rawValue) + ["latin-1", "shift-jis", "windows-31j"]

    private static func rules(_ options: [String: ParameterValue]) throws(Failure) -> FieldRules {
        var delimiter = options.text("delimiter") ?? ","
        let isLiteral = options.text("quotes") == "literal"
        let quote = isLiteral ? "" : options.text("quote") ?? "\""
        if delimiter == "tab" || delimiter == "\\t" { delimiter = "\t" }
        let isBlanks = delimiter == "blanks"
        guard let separator = isBlanks ? 32 : byte(delimiter) else {
            throw .formatOption("delimiter", format: "csv", found: "'\(delimiter)'", expected: "one ASCII character, tab or blanks")
        }
        guard quote.isEmpty || byte(quote) != nil else {
            throw .formatOption("quote", format: "csv", found: "'\(quote)'", expected: "one ASCII character, or an empty text for none")
        }
        guard byte(quote) != separator else {
            throw .formatOption(
                "quote", format: "csv", found: "the delimiter '\(delimiter)'", expected: "another character than the delimiter")
        }
        var rules = FieldRules(delimiter: separator, quote: byte(quote) ?? separator)
        rules.isBlankSeparated = isBlanks
        rules.isStrict = options.text("quotes") == "strict"
        rules.isLenient = options.text("quotes") == "lenient"
        rules.hasBackslash = options.text("escape") == "backslash"
        if rules.hasBackslash, separator == 92 || byte(quote) == 92 {
            throw .formatOption(
                "escape", format: "csv", found: "the backslash, which is the \(separator == 92 ? "delimiter" : "quote") too",
                expected: "'doubled'")
        }
        return rules
    }

    /// Not a line end, and not NUL, which pads buffers.
    private static func byte(_ text: String) -> UInt8? {
        guard text.utf8.count == 1, let byte = text.utf8.first, byte != 0, byte != 10, byte != 13, byte < 128 else { return nil }
        return byte
    }
}

extension [String: ParameterValue] {
    fileprivate func text(_ name: String) -> String? {
        if case .text(let text)? = self[name] { text } else { nil }
    }
    fileprivate func bool(_ name: String) -> Bool? {
        if case .bool(let value)? = self[name] { value } else { nil }
    }
    fileprivate func integer(_ name: String) -> Int? {
        if case .integer(let value)? = self[name] { value } else { nil }
    }
}

extension CSVDialect {
    /// What a line is by its start; unknown when too little of it is there.
    enum Note { case none, comment, trailer, unknown }

    /// There are lines that are no rows by their start.
    var hasNotes: Bool { !comment.isEmpty || !trailer.isEmpty }

    func note(_ line: UnsafeBufferPointer<UInt8>, isFinal: Bool) -> Note {
        var note = Note.none
        for (start, kind) in [(comment, Note.comment), (trailer, Note.trailer)] where !start.isEmpty {
            if line.starts(with: start) { return kind }
            if !isFinal, line.count < start.count, start.starts(with: line) { note = .unknown }
        }
        return note
    }
}

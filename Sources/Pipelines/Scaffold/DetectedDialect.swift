package import Records

/// How a CSV file seems to be written, each part with its evidence: for a person who writes a job file, never for a running job.
package struct DetectedDialect: Sendable {
    /// One setting of the format as it would be written, why, and whether it could as well be otherwise.
    package struct Setting: Sendable {
        package let name: String
        /// As a YAML scalar.
        package let value: String
        package let evidence: String
        package let isAmbiguous: Bool
    }

    package private(set) var settings: [Setting] = []
    /// Other ways to read the file, the most likely first, in words.
    package private(set) var alternatives: [String] = []
    /// What cannot be told, a sentence each.
    package private(set) var ambiguities: [String] = []
    /// As options of ``CSVFormat``.
    package private(set) var options: [String: ParameterValue] = [:]
    /// The decimal mark of its numbers is a comma.
    package private(set) var hasDecimalComma = false
    /// Fields a record.
    package private(set) var fields = 1

    package subscript(name name: String) -> Setting? { settings.first { $0.name == name } }

    /// - Parameters:
    ///   - bytes: the head of the file in UTF-8, without a byte order mark.
    ///   - isWhole: it is the whole file.
    package init(_ bytes: [UInt8], isWhole: Bool) {
        let candidates = Self.candidates(bytes, isWhole: isWhole)
        guard let best = candidates.first else {
            note("delimiter", ",", "one field a record, whatever the delimiter", isAmbiguous: false)
            return
        }
        fields = best.fields - (best.hasTrailingDelimiter ? 1 : 0)
        noteDelimiter(best, others: Array(candidates.dropFirst()))
        noteQuotes(best, bytes)
        noteLines(best, isWhole: isWhole)
        noteNumbers(best)
    }

    private mutating func note(
        _ name: String, _ value: String, _ evidence: String, isAmbiguous: Bool = false, _ option: ParameterValue? = nil
    ) {
        settings.append(Setting(name: name, value: value, evidence: evidence, isAmbiguous: isAmbiguous))
        if isAmbiguous { ambiguities.append("\(name): \(evidence)") }
        if let option { options[name] = option }
    }

    // MARK: Candidates

    /// All ways to read the sample, the best first.
    private static func candidates(_ bytes: [UInt8], isWhole: Bool) -> [DialectCandidate] {
        let quotes: [UInt8?] = bytes.contains(39) ? [34, 39, nil] : bytes.contains(34) ? [34, nil] : [34]
        let comments = comments(bytes)
        let hasBackslash = zip(bytes, bytes.dropFirst()).contains { $0 == 92 && ($1 == 34 || $1 == 39) }
        var all: [DialectCandidate] = []
        for (byte, isBlanks, prior) in DialectCandidate.delimiters where isBlanks || bytes.contains(byte) {
            var best: DialectCandidate?
            for comment in comments {
                for quote in quotes {
                    for isEscaped in hasBackslash && quote != nil ? [false, true] : [false] {
                        for isLenient in quote == nil ? [false] : [false, true] {
                            let shape = SampleShape(
                                delimiter: byte, isBlanks: isBlanks, quote: quote, hasBackslash: isEscaped, isLenient: isLenient)
                            guard let found = DialectCandidate(bytes, shape, prior: prior, comment: comment, isWhole: isWhole) else {
                                continue
                            }
                            // `#id,name` is a header and `#12` a value: no comment has the fields of a row.
                            if let comment, comments.count > 1, isRow(comment, bytes, found) { continue }
                            // The plainest first: another way must be clearly better.
                            if best.map({ found.score > $0.score * 1.02 }) ?? true { best = found }
                        }
                    }
                }
            }
            if let best { all.append(best) }
        }
        return all.enumerated().sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }.map(\.element)
    }

    /// Starts of lines that may mark comments; nil first: none.
    private static func comments(_ bytes: [UInt8]) -> [String?] {
        let lines = bytes.split(whereSeparator: { $0 == 10 || $0 == 13 }).prefix(300)
        let starts = ["#", "//", "%", "--", "!"].filter { start in lines.contains { $0.starts(with: Array(start.utf8)) } }
        return [nil] + starts.map(Optional.some)
    }

    private static func isRow(_ comment: String, _ bytes: [UInt8], _ found: DialectCandidate) -> Bool {
        let start = Array(comment.utf8)
        let marked = bytes.split(whereSeparator: { $0 == 10 || $0 == 13 }).filter { $0.starts(with: start) }.prefix(50)
        return marked.allSatisfy { line in
            let parse = SampleParse(Array(line), found.shape, most: 1, isWhole: true) { _ in false }
            return parse.records.first?.cells.count == found.fields
        }
    }

    // MARK: Settings

    private mutating func noteDelimiter(_ best: DialectCandidate, others: [DialectCandidate]) {
        let records = best.table.count
        let same = best.regular == records ? "all \(records) records" : "\(best.regular) of \(records) records"
        var evidence = "\(best.delimiterName) gives \(same) \(best.fields) fields"
        let near = others.filter { $0.score >= best.score * 0.7 }
        if let other = near.first { evidence += ", but \(other.delimiterName) gives \(other.regular) records \(other.fields)" }
        let isOneNumber = best.shape.delimiter == 44 && best.areWholeValues
        if isOneNumber { evidence += ", but every line may be one number with a decimal comma" }
        let yaml =
            best.shape.delimiter == 1
            ? "\"\\x01\"" : best.shape.isBlanks || best.shape.delimiter == 9 ? best.delimiter : "\"\(best.delimiter)\""
        note("delimiter", yaml, evidence, isAmbiguous: !near.isEmpty || isOneNumber, .text(best.delimiter))
        alternatives = others.prefix(3).map {
            "\($0.delimiterName): \($0.fields) fields in \($0.regular) of \($0.table.count) records, score \(Self.shown($0.score)) instead of \(Self.shown(best.score))"
        }
    }

    private static func shown(_ score: Double) -> String {
        let hundredths = Int((score * 100).rounded())
        return "0.\(hundredths < 10 ? "0" : "")\(hundredths)"
    }

    private mutating func noteQuotes(_ best: DialectCandidate, _ bytes: [UInt8]) {
        let quoted = best.parse.quoted
        switch best.shape.quote {
        case nil: note("quotes", "literal", "quotes stand inside fields, not around them", .text("literal"))
        case 39? where quoted > 0: note("quote", "\"'\"", "\(quoted) fields stand in these", .text("'"))
        default: break
        }
        if best.shape.isLenient, quoted > 0 {
            note("quotes", "lenient", "spaces or text beside closing quotes", .text("lenient"))
        }
        if best.shape.hasBackslash { note("escape", "backslash", "backslashes before quotes", .text("backslash")) }
    }

    private mutating func noteLines(_ best: DialectCandidate, isWhole: Bool) {
        if let comment = best.comment {
            note("comment", "\"\(comment)\"", "lines that start so have other fields than rows", .text(comment))
        }
        let ending = isWhole ? TrailerGuess(best) : TrailerGuess()
        let rows = best.rows.filter { !ending.lines.contains($0.line) }
        var firstLine = rows.first?.line ?? 0
        if best.hasTrailingDelimiter, best.table.lowerBound > 0 {
            firstLine = best.parse.records[best.table.lowerBound - 1].line
            note("ragged", "cut", "every row ends with one delimiter more than the header", .text("cut"))
        }
        let skipped = best.comment == nil ? firstLine : best.parse.records.prefix { $0.line < firstLine }.isEmpty ? 0 : firstLine
        if skipped > 0 { note("skip", "\(skipped)", "lines before the first with \(best.fields) fields", .integer(skipped)) }
        let header =
            best.hasTrailingDelimiter
            ? HeaderGuess(
                [SampleRecord(cells: best.parse.records[best.table.lowerBound - 1].cells + [SampleCell([], wasQuoted: false)], line: 0)]
                    + rows)
            : HeaderGuess(rows)
        note("header", "\(header.isHeader)", header.evidence, isAmbiguous: header.isAmbiguous, .bool(header.isHeader))
        if header.hasUnits { note("skip-after-header", "1", "units, not values, below the header", .integer(1)) }
        if let start = ending.start { note("trailer", "\"\(start)\"", ending.evidence, .text(start)) }
        if ending.count > 0 { note("trailer-lines", "\(ending.count)", ending.evidence, .integer(ending.count)) }
    }

    private mutating func noteNumbers(_ best: DialectCandidate) {
        var commas = 0, dots = 0, open = 0
        for row in best.rows.dropFirst() {
            for cell in row.cells where cell.kind == .number {
                guard let shape = NumberShape(cell.bytes) else { continue }
                if shape.decimal == .comma { commas += 1 } else if shape.decimal == .dot, shape.ambiguous == .none { dots += 1 }
                if shape.ambiguous == .comma { open += 1 }
            }
        }
        hasDecimalComma = commas > dots
        if hasDecimalComma {
            settings.append(
                Setting(name: "decimal", value: "\",\"", evidence: "\(commas) numbers have a decimal comma", isAmbiguous: false))
        }
        if open > 0, commas == 0, dots == 0 {
            ambiguities.append("decimal: \(open) numbers like 1,234 may have a decimal comma or thousands")
        }
    }
}

/// The lines at the end of a file that are no rows.
struct TrailerGuess {
    /// What such lines start with; nil where they are counted instead.
    var start: String?
    var count = 0
    var evidence = ""
    /// Their line numbers.
    var lines: Set<Int> = []

    private static let words: Set<String> = [
        "total", "totals", "sum", "summe", "gesamt", "trailer", "trl", "tr", "t", "eof", "end", "合計", "計", "総計", "footer", "checksum",
        "somme",
    ]

    init() {}

    init(_ best: DialectCandidate) {
        let records = best.parse.records
        var tail = Array(records[best.table.upperBound...])
        // A trailer may have as many fields as a row.
        if tail.isEmpty, let last = records.last, records.count > 2, Self.words.contains(last.first.lowercased().filter { $0 != ":" }) {
            tail = [last]
        }
        guard let first = tail.first, tail.count <= 10, best.table.count >= 2 else { return }
        lines = Set(tail.map(\.line))
        let others = records.filter { !lines.contains($0.line) }
        let word = first.first
        let isSingle =
            tail.count == 1 && first.cells.count > 1 && !word.isEmpty && word.count <= 16 && !others.contains { $0.first == word }
        if isSingle, !best.shape.isBlanks, first.cells.first?.wasQuoted == false,
            !word.contains(where: \.isNumber) || others.allSatisfy({ $0.first.count == word.count })
        {
            start = word + String(UnicodeScalar(best.shape.delimiter))
            evidence = "only the last line starts so"
        } else {
            count = tail.count
            evidence = "\(tail.count == 1 ? "the last line has" : "the last lines have") other fields than rows"
        }
    }
}

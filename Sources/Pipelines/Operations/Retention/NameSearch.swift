import Connectors
import Records

/// Tells a name from a part of a longer one: `C00004` stands in `C00004;12.50` and not in `C000049;12.50`, nor in `XC00004`.
struct NameSearch {
    /// As it may stand in a record: plain, with quotes doubled (CSV), with `&` and `<` written out (XML).
    private let spellings: [[Unicode.Scalar]]
    /// As it may stand in a sentence: plain, and as in the text of a JSON value.
    private let plain: [[Unicode.Scalar]]

    /// - Parameter name: not empty.
    init(_ name: String) {
        let escaped = name.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        let texts = [name, name.replacing("\"", with: "\"\""), escaped, escaped.replacing("\"", with: "&quot;")]
        func distinct(_ texts: [String]) -> [[Unicode.Scalar]] {
            var distinct: [[Unicode.Scalar]] = []
            for text in texts where !distinct.contains(Array(text.unicodeScalars)) { distinct.append(Array(text.unicodeScalars)) }
            return distinct
        }
        (spellings, plain) = (distinct(texts), distinct([Self.inJSON(name), name]))
    }

    /// A text as JSON has it, without the quotes around it: those in it, backslashes and control characters are written out.
    static func inJSON(_ text: String) -> String { String(JSONValue.text(text).json.dropFirst().dropLast()) }

    // MARK: A field of a record

    /// Whether it is a whole field of a record's text.
    ///
    /// - Parameter delimiter: of the feed, besides those that are usual; a blank = fields are separated by blanks.
    func isField(of text: String, delimiter: Character? = nil) -> Bool {
        let isBlanks = delimiter == " "
        let scalars = Array(text.unicodeScalars), further = delimiter.map { Array($0.unicodeScalars) } ?? []
        func ends(_ scalar: Unicode.Scalar) -> Bool { ",;|\t\r\n<>\"'\u{1F}".unicodeScalars.contains(scalar) || further.contains(scalar) }
        func isPadding(_ scalar: Unicode.Scalar) -> Bool { !isBlanks && (scalar == " " || scalar == "\u{3000}") }
        return spellings.contains { spelling in
            Self.places(of: spelling, in: scalars).contains { place in
                var before = place.lowerBound, after = place.upperBound
                while before > 0, isPadding(scalars[before - 1]) { before -= 1 }
                while after < scalars.count, isPadding(scalars[after]) { after += 1 }
                return (before == 0 || ends(scalars[before - 1])) && (after == scalars.count || ends(scalars[after]))
            }
        }
    }

    /// The same of the bytes of a record, in any of some encodings.
    func isField(of bytes: [UInt8], in encodings: [TextEncoding], delimiter: Character?) -> Bool {
        encodings.contains { isField(of: $0.text(of: bytes), delimiter: delimiter) }
    }

    // MARK: A word of a sentence

    /// Whether it stands in a text, not within a longer word.
    func isWord(of text: String) -> Bool { !words(in: Array(text.unicodeScalars)).isEmpty }

    /// The text with a mark wherever it stands as a word; nil = nowhere.
    func replaced(in text: String, by mark: String) -> String? { replaced(in: text, by: mark) { _ in true } }

    /// The same of a JSON text, within its strings alone: numbers stay, and the text stays JSON.
    func replaced(inStringsOf json: String, by mark: String) -> String? {
        let scalars = Array(json.unicodeScalars)
        var isInside = [Bool](repeating: false, count: scalars.count), inString = false, at = 0
        while at < scalars.count {
            if inString, scalars[at] == "\\" {
                for place in at..<min(at + 2, scalars.count) { isInside[place] = true }
                at += 2
                continue
            }
            if scalars[at] == "\"" { inString.toggle() } else { isInside[at] = inString }
            at += 1
        }
        return replaced(in: json, by: mark) { $0.allSatisfy { isInside[$0] } }
    }

    private func replaced(in text: String, by mark: String, where isMeant: (Range<Int>) -> Bool) -> String? {
        var scalars = Array(text.unicodeScalars)
        let places = words(in: scalars).filter(isMeant)
        guard !places.isEmpty else { return nil }
        for place in places.reversed() { scalars.replaceSubrange(place, with: mark.unicodeScalars) }
        return String(String.UnicodeScalarView(scalars))
    }

    private func words(in scalars: [Unicode.Scalar]) -> [Range<Int>] {
        var words: [Range<Int>] = []
        for spelling in plain {
            words += Self.places(of: spelling, in: scalars).filter { place in
                !words.contains { $0.overlaps(place) } && !Self.goesOn(before: place.lowerBound, in: scalars)
                    && !Self.goesOn(after: place.upperBound, in: scalars)
            }
        }
        return words.sorted { $0.lowerBound < $1.lowerBound }
    }

    /// Whether a word that begins at a place begins earlier: `1250` in `9,1250`, not the `n` of a line end in JSON.
    private static func goesOn(before place: Int, in scalars: [Unicode.Scalar]) -> Bool {
        guard place > 0 else { return false }
        let last = scalars[place - 1]
        if place > 1, isMark(last) { return isDigit(scalars[place]) && isDigit(scalars[place - 2]) }
        if place > 1, scalars[place - 2] == "\\", "bfnrt".unicodeScalars.contains(last) { return false }
        return joins(last, scalars[place])
    }

    /// Whether a word that ends before a place goes on there: `1250` in `1250.00`, not in `1250.`
    private static func goesOn(after place: Int, in scalars: [Unicode.Scalar]) -> Bool {
        guard place < scalars.count else { return false }
        if place + 1 < scalars.count, isMark(scalars[place]) { return isDigit(scalars[place - 1]) && isDigit(scalars[place + 1]) }
        return joins(scalars[place - 1], scalars[place])
    }

    /// Of decimals, or between groups of digits.
    private static func isMark(_ scalar: Unicode.Scalar) -> Bool { scalar == "." || scalar == "," }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    /// Two scalars of one word. Scripts that are written without spaces (from U+2E80 on) have no such words.
    private static func joins(_ left: Unicode.Scalar, _ right: Unicode.Scalar) -> Bool { isLetter(left) && isLetter(right) }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x2E80 && (scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
    }

    private static func places(of needle: [Unicode.Scalar], in scalars: [Unicode.Scalar]) -> [Range<Int>] {
        guard let first = needle.first, scalars.count >= needle.count else { return [] }
        var found: [Range<Int>] = [], at = 0
        while at <= scalars.count - needle.count {
            if scalars[at] == first, scalars[at..<at + needle.count].elementsEqual(needle) {
                found.append(at..<at + needle.count)
                at += needle.count
            } else {
                at += 1
            }
        }
        return found
    }
}

extension JobFeed {
    /// Encodings that raw bytes of its rejects may be in: what it declares, else all (XML says it in the file, which may be gone).
    var rejectEncodings: [TextEncoding] {
        if case .text(let name)? = options["encoding"], let encoding = TextEncoding(name: name) { return [encoding, .utf8] }
        return format == "csv" ? [.utf8] : TextEncoding.allCases
    }

    /// A blank where fields are separated by blanks, however the job says so.
    var delimiter: Character? {
        guard case .text(let text)? = options["delimiter"] else { return nil }
        return text == "blanks" ? " " : text.count == 1 ? text.first : nil
    }
}

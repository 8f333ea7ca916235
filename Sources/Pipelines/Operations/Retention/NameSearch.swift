import Connectors
import Records

/// Tells a name from a part of a longer one: `C00004` stands in `C00004;12.50` and not in `C000049;12.50`, nor in `XC00004`.
struct NameSearch {
    /// As it may stand in a record: plain, with quotes doubled (CSV), with `&` and `<` written out (XML).
    private let spellings: [[Unicode.Scalar]]
    private let name: [Unicode.Scalar]

    /// - Parameter name: not empty.
    init(_ name: String) {
        let escaped = name.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        let texts = [name, name.replacing("\"", with: "\"\""), escaped, escaped.replacing("\"", with: "&quot;")]
        self.name = Array(name.unicodeScalars)
        var spellings: [[Unicode.Scalar]] = []
        for text in texts where !spellings.contains(Array(text.unicodeScalars)) { spellings.append(Array(text.unicodeScalars)) }
        self.spellings = spellings
    }

    // MARK: A field of a record

    /// Whether it is a whole field of a record's text.
    ///
    /// - Parameter delimiter: of the feed, besides those that are usual.
    func isField(of text: String, delimiter: Character? = nil) -> Bool {
        let scalars = Array(text.unicodeScalars), further = delimiter.map { Array($0.unicodeScalars) } ?? []
        func ends(_ scalar: Unicode.Scalar) -> Bool { ",;|\t\r\n<>\"'\u{1F}".unicodeScalars.contains(scalar) || further.contains(scalar) }
        func isPadding(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\u{3000}" }
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
    func replaced(in text: String, by mark: String) -> String? {
        var scalars = Array(text.unicodeScalars)
        let places = words(in: scalars)
        guard !places.isEmpty else { return nil }
        for place in places.reversed() { scalars.replaceSubrange(place, with: mark.unicodeScalars) }
        return String(String.UnicodeScalarView(scalars))
    }

    private func words(in scalars: [Unicode.Scalar]) -> [Range<Int>] {
        Self.places(of: name, in: scalars).filter { place in
            let before = place.lowerBound > 0 && Self.joins(scalars[place.lowerBound - 1], scalars[place.lowerBound])
            let after = place.upperBound < scalars.count && Self.joins(scalars[place.upperBound - 1], scalars[place.upperBound])
            return !before && !after
        }
    }

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

    var delimiter: Character? {
        if case .text(let text)? = options["delimiter"], text.count == 1 { text.first } else { nil }
    }
}

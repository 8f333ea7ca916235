/// What a text is found by: words without their usual English endings, and every two neighbouring characters of scripts that are written
/// without blanks, so that a word of two characters inside a sentence is found.
public enum SearchTerms {
    /// In order of the text, repeated terms repeated; lower case, no blanks inside a term.
    public static func terms(of text: String) -> [String] {
        var scalars = TextScalars()
        scalars.read(Array(text.utf8))
        let values = scalars.values
        var terms: [String] = []
        var at = 0
        while at < values.count {
            let start = at
            switch TextScalars.kind(values[at]) {
            case .blank, .sign: at += 1
            case .word:
                while at < values.count, case .word = TextScalars.kind(values[at]) { at += 1 }
                terms.append(string(values[start..<Stem.end(values, start, at)]))
            case .joined:
                while at < values.count, case .joined = TextScalars.kind(values[at]) { at += 1 }
                // One character alone is its own term; else each pair of neighbours.
                if at - start == 1 { terms.append(string(values[start..<at])) }
                for first in start..<(at - 1) { terms.append(string(values[first...(first + 1)])) }
            }
        }
        return terms
    }

    /// Terms of a question without the commonest words, each once, sorted.
    public static func asked(_ question: String) -> [String] { Set(terms(of: question)).subtracting(common).sorted() }

    /// Terms of a question of ASCII alone, as ``asked(_:)`` has them, packed; nil where it has others, or a term that does not fit.
    static func plainAsked(_ question: String) -> [PlainWord]? {
        PlainText.read(question) { bytes -> [PlainWord]? in
            let common = plainCommon
            var (terms, at): ([PlainWord], Int) = ([], 0)
            terms.reserveCapacity(bytes.count / 4)
            while at < bytes.count {
                let start = at
                while at < bytes.count, PlainText.isLetter(bytes[at]) || PlainText.isDigit(bytes[at]) { at += 1 }
                guard at > start else {
                    at += 1
                    continue
                }
                var term = PlainWord()
                for place in start..<Stem.end(bytes, start, at) { term.append(PlainText.lower(bytes[place])) }
                guard term.fits else { return nil }
                if common.value(of: term) == nil { terms.append(term) }
            }
            terms.sort()
            var count = 0
            for term in terms where count == 0 || terms[count - 1] != term {
                terms[count] = term
                count += 1
            }
            return Array(terms[..<count])
        } ?? nil
    }

    private static let plainCommon = PlainWordTable(common)

    private static func string(_ values: ArraySlice<UInt32>) -> String {
        var text = String.UnicodeScalarView()
        for value in values { if let scalar = Unicode.Scalar(value) { text.append(scalar) } }
        return String(text)
    }

    /// Words that a question shares with any text: what is found by them alone is not found.
    static let common: Set<String> = Set(
        """
        the a an to of in is are was be been it this that i my me you your we do doe does did have has had not can could would should how what why \
        when where which who with for on at from by as and or if but please there they will am just any get got です ます した ます ので から のか
        """.split(separator: " ").map(String.init))
}

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

/// The language of a text, by its script and its commonest words: enough to say who can answer it, no more.
public struct LanguageGuess: Sendable {
    /// ISO 639-1; `und` where nothing tells.
    public static let languages = ["en", "ja", "zh", "ko", "de", "fr", "es", "it", "pt", "nl", "ru", "ar", "el", "th", "hi", "he"]

    private let words: [String: [String]]
    /// Places in `spoken` of the languages that have a word, as bits.
    private let plain: PlainWordTable
    /// Languages with a list of words, sorted; at most eight.
    private let spoken: [String]

    public init() {
        let lists: [(String, String)] = [
            (
                "en",
                """
                the a an to of in is are was be been it this that i my me you your we do does did have has had not can could would should how what \
                why when where which who with for on at from by as and or if but please there they them will am just still any get got
                """
            ),
            (
                "de",
                "der die das ein eine einen und ist sind ich mein meine sie nicht mit für auf von zu wie was warum wann wo kann habe haben wurde bitte im den dem es"
            ),
            (
                "fr",
                "le la les un une des et est sont je mon ma mes vous nous ne pas avec pour sur de du à comment pourquoi quand où peux ai être que qui dans ce cette"
            ),
            (
                "es",
                "el la los las un una y es son yo mi mis usted no con para en de del a cómo por qué cuándo dónde puedo he ha que se lo su está"
            ),
            (
                "it",
                "il lo la gli le un una e è sono io mio mia non con per su di del a come perché quando dove posso ho ha che si della nel"
            ),
            ("pt", "o a os as um uma e é são eu meu minha não com para em de do da como por que quando onde posso tenho se na no está"),
            ("nl", "de het een en is zijn ik mijn u niet met voor op van te hoe wat waarom wanneer waar kan heb heeft dat die er"),
        ]
        var words: [String: [String]] = [:]
        for (language, list) in lists { for word in list.split(separator: " ") { words[String(word), default: []].append(language) } }
        self.words = words
        let spoken = lists.map(\.0).sorted()
        self.spoken = spoken
        plain = PlainWordTable(
            words.map { word, languages in
                (word: word, value: languages.reduce(0) { $0 | 1 << UInt32(spoken.firstIndex(of: $1) ?? 0) })
            })
    }

    /// The language, and the share of words that are common ones of it: low where the text is in none that is known here.
    public func guess(_ text: String) -> (language: String, share: Double) {
        PlainText.read(text) { guess($0) } ?? guessByCharacters(text)
    }

    /// Of ASCII alone, which no script is told by.
    private func guess(_ bytes: UnsafeBufferPointer<UInt8>) -> (language: String, share: Double) {
        var counts = SIMD8<Int>(), total = 0, word = PlainWord()
        func end() {
            total += 1
            var languages = plain.value(of: word) ?? 0
            while languages != 0 {
                counts[languages.trailingZeroBitCount] += 1
                languages &= languages - 1
            }
            word = PlainWord()
        }
        for byte in bytes {
            if PlainText.isLetter(byte) || byte == 39 {
                word.append(PlainText.lower(byte))
            } else if word.count > 0 {
                end()
            }
        }
        if word.count > 0 { end() }
        var best = 0
        for place in spoken.indices where counts[place] > counts[best] { best = place }
        return counts[best] > 0 ? (spoken[best], Double(counts[best]) / Double(total)) : ("und", 0)
    }

    /// The same for a text of any script.
    package func guessByCharacters(_ text: String) -> (language: String, share: Double) {
        if let script = Self.script(text) { return (script, 1) }
        var counts: [String: Int] = [:]
        var total = 0
        for word in text.lowercased().split(whereSeparator: { !$0.isPlainLetter && $0 != "'" }) {
            total += 1
            for language in words[String(word)] ?? [] { counts[language, default: 0] += 1 }
        }
        guard total > 0, let best = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) else { return ("und", 0) }
        return (best.key, Double(best.value) / Double(total))
    }

    /// A script that is one language's alone, where it makes up a fifth of the letters.
    private static func script(_ text: String) -> String? {
        var (kana, han, hangul, cyrillic, arabic, greek, thai, devanagari, hebrew, letters) = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 65...90, 97...122, 0xC0...0x24F: letters += 1
            case 0x3041...0x30FF: kana += 1
            case 0x3400...0x9FFF: han += 1
            case 0xAC00...0xD7AF: hangul += 1
            case 0x400...0x52F: cyrillic += 1
            case 0x600...0x6FF: arabic += 1
            case 0x370...0x3FF: greek += 1
            case 0xE00...0xE7F: thai += 1
            case 0x900...0x97F: devanagari += 1
            case 0x590...0x5FF: hebrew += 1
            default: break
            }
        }
        let other = [
            ("ja", kana > 0 ? kana + han : 0), ("zh", kana == 0 ? han : 0), ("ko", hangul), ("ru", cyrillic), ("ar", arabic), ("el", greek),
            ("th", thai), ("hi", devanagari), ("he", hebrew),
        ]
        guard let most = other.max(by: { $0.1 < $1.1 }), most.1 * 4 > letters, most.1 > 0 else { return nil }
        return most.0
    }
}

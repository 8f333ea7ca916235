import Models
import Records
import Testing

@Suite("Texts of ASCII, read as bytes") struct PlainTextTests {
    /// Pieces of what the lists of words and marks look for, of capitals, signs and long words.
    private static let pieces = [
        "ignore", "all", "previous", "instructions", "system", "prompt", "you", "are", "now", "DAN", "act", "as", "language", "model",
        "the", "der",
        "die", "und", "ist", "urgent", "STOLEN", "hacked", "card", "PIN", "don't", "gpt-4", "'", "-", "1234", "WHERE", "LOUD", "WORDS",
        "internationalisation", "functionalities", "pneumonoultramicroscopic", "transfer", "transfers", "pending", "pendings", "returned",
        "get", "how",
        "<|im_start", "[INST]", "```", "{{{{", "<script", "![", "onload=", "\nsystem:", "\nuser:", "</data", ".", ",", "!", "?", "\t",
        "\r\n", "\n", "\u{7F}",
        "\u{1}",
    ]

    private static func text(_ random: inout SplitMix64) -> String {
        var text = ""
        for _ in 0..<random.next(below: 24) {
            text += pieces[random.next(below: pieces.count)]
            if random.next(below: 5) > 0 { text += " " }
        }
        return text
    }

    @Test("orders, language and urgency are those of the same text read character by character, of 3,000 texts, plain or not")
    func same() {
        let detector = InjectionDetector(), guess = LanguageGuess()
        var random = SplitMix64(seed: 7)
        var (raised, spoken, urgent): (Int, Set<String>, Int) = (0, [], 0)
        for number in 0..<3_000 {
            let text = Self.text(&random) + (number % 7 == 0 ? "é" : "")
            let finding = detector.finding(in: text)
            #expect(finding == detector.findingByCharacters(in: text), "\(text)")
            let (language, share) = guess.guess(text)
            #expect((language, share) == guess.guessByCharacters(text), "\(text)")
            #expect(MessageTriage.urgency(of: text) == MessageTriage.urgencyByCharacters(of: text), "\(text)")
            raised += finding.raises ? 1 : 0
            urgent += MessageTriage.urgency(of: text) == .high ? 1 : 0
            spoken.insert(language)
        }
        // The texts tell the ways apart at all: none of these is always or never so.
        #expect(raised > 100 && raised < 2_900 && urgent > 100 && urgent < 2_900 && spoken.isSuperset(of: ["en", "de", "und"]))
    }

    @Test("passages found are the same, in the same order, with the same scores and terms, also where some do not hold yet")
    func search() {
        var random = SplitMix64(seed: 8)
        let passages = (0..<40).map { number in
            Passage(
                id: "p\(number)", source: "", text: Self.text(&random) + " " + Self.text(&random),
                validFrom: number % 5 == 0 ? Timestamp(microseconds: 1_000) : .distantPast)
        }
        let index = PassageIndex(passages)
        var found = 0
        for _ in 0..<500 {
            let question = Self.text(&random)
            for time in [0, 2_000] as [Int64] {
                let hits = index.search(question, asOf: Timestamp(microseconds: time), limit: 10)
                #expect(hits == Array(index.words(question, asOf: Timestamp(microseconds: time), least: 0.3).prefix(10)), "\(question)")
                found += hits.count
            }
        }
        #expect(found > 500)
    }

    @Test("a packed word is its text, sorts as texts do, and one of more than 16 bytes is in no table, whatever it begins with")
    func words() {
        let table = PlainWordTable(["instructions", "internationalise", "internationalisation", "é"])
        #expect(PlainWord("instructions").flatMap { table.value(of: $0) } == 0)
        #expect(PlainWord("internationalise").flatMap { table.value(of: $0) } == 0)
        #expect(PlainWord("internationalisation") == nil && PlainWord("é") == nil && PlainWord("") == nil)
        var long = PlainWord()
        for byte in "internationalisedagain".utf8 { long.append(byte) }
        #expect(!long.fits && table.value(of: long) == nil)
        let texts = Self.pieces.filter { PlainWord($0) != nil }.sorted()
        #expect(texts.compactMap { PlainWord($0) }.sorted().map(\.text) == texts)
    }
}

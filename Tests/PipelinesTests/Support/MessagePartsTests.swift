import Models
import Pipelines
import Testing

@Suite("The sentences of a message") struct MessagePartsTests {
    private static let pieces = [
        "Hello", "what should I do", "my card", "is", "gone", "don't", "12.50", "e.g.", "a;b", "Mr", ".", "!", "?", ";", ":", "|", "(", ")",
        "\"", "'",
        "\t", "\r\n", "\n", "\u{B}", " ", "  ", ",", "-", "...", "?!", "\u{1}",
    ]

    private static func text(_ random: inout SplitMix64) -> String {
        var text = ""
        for _ in 0..<random.next(below: 16) { text += pieces[random.next(below: pieces.count)] + (random.next(below: 2) == 0 ? " " : "") }
        return text
    }

    @Test("read as bytes they are those read character by character, and so is what is courtesy alone, of 3,000 texts")
    func same() {
        var random = SplitMix64(seed: 9)
        var (parted, courteous, sentences) = (0, 0, 0)
        for number in 0..<3_000 {
            let text = Self.text(&random) + (number % 7 == 0 ? "…é" : "")
            let parts = MessageParts(text).parts, others = MessageParts.partsByCharacters(text)
            #expect(parts == (others.isEmpty ? [""] : others), "\(text)")
            parted += parts.count > 1 ? 1 : 0
            for part in parts {
                #expect(Courtesy.isAll(part) == Courtesy.isAllByCharacters(part), "\(part)")
                courteous += Courtesy.isAll(part) ? 1 : 0
                sentences += 1
            }
        }
        // Texts of one sentence and of several, of courtesy and of a matter: equal answers are no accident of equal texts.
        #expect(parted > 500 && parted < 2_990 && courteous > 200 && courteous < sentences - 200)
    }
}

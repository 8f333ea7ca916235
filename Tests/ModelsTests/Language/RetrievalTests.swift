import Models
import Records
import Testing

@Suite("retrieval") struct RetrievalTests {
    private let day = Timestamp(microseconds: 1_700_000_000_000_000)
    private var later: Timestamp { Timestamp(microseconds: day.microseconds + 86_400_000_000) }

    private var passages: [Passage] {
        [
            Passage(
                id: "returns#1", source: "Returns policy", text: "Goods can be returned within 30 days. Refunds take five working days.",
                validFrom: day),
            Passage(id: "返品#1", source: "返品規定", text: "商品到着後七日以内であれば返品できます。送料はお客様負担です。", validFrom: day),
            Passage(
                id: "card#1", source: "Cards", text: "A lost card is blocked in the app. A new card arrives within a week.", validFrom: day,
                validTo: later),
            Passage(id: "card#2", source: "Cards", text: "A lost card is blocked by phone.", validFrom: later),
        ]
    }

    @Test("a question finds the passage that answers it, and cites it")
    func finds() {
        let index = PassageIndex(passages)
        #expect(index.search("How long does a refund take?", asOf: day).first?.passage.id == "returns#1")
        #expect(index.search("I lost my card", asOf: day).map(\.passage.id) == ["card#1"])
    }

    @Test("a word of two characters inside a Japanese sentence is found", arguments: ["返品", "送料", "商品", "負担"])
    func twoCharacters(_ word: String) {
        #expect(PassageIndex(passages).search(word, asOf: day).map(\.passage.id) == ["返品#1"])
    }

    @Test("only what held at the time is found, and what came later changes no score")
    func asOf() {
        let index = PassageIndex(passages)
        #expect(index.search("lost card", asOf: later).map(\.passage.id) == ["card#2"])
        let before = PassageIndex(Array(passages.dropLast()))
        #expect(
            before.search("lost card blocked", asOf: day).map(\.passage.id)
                == index.search("lost card blocked", asOf: day).map(\.passage.id))
    }

    @Test("nothing found is nothing, not the nearest thing", arguments: ["Who won the cup?", "", "the of and", "天気"])
    func nothing(_ question: String) { #expect(PassageIndex(passages).search(question, asOf: day) == []) }

    @Test("vectors find what shares no word, and both ranks are joined")
    func hybrid() {
        let index = PassageIndex(passages, vectors: [1, 0, 0, 1, 0.6, 0.8, 0, 1])
        #expect(index.search("money", asOf: day, vector: [1, 0]).first?.passage.id == "returns#1")
        #expect(index.search("lost card", asOf: day, vector: [0.6, 0.8]).first?.passage.id == "card#1")
    }

    @Test("documents are cut at paragraphs and sentences, and nothing is lost")
    func chunks() {
        let text = "One. Two is here! 三つ目です。四つ目です。\n\nA new paragraph."
        let chunks = Passage.chunks(of: text, id: "d", source: "s", validFrom: day, length: 12)
        #expect(chunks.map(\.id) == ["d#1", "d#2", "d#3", "d#4"] && chunks[3].text == "A new paragraph.")
        #expect(chunks.map(\.text).joined().filter { !$0.isWhitespace } == text.filter { !$0.isWhitespace })
    }
}

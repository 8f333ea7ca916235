import Models
import PipelineTesting
import Testing

@Suite("answers of models checked") struct AnswerCheckTests {
    private let check = AnswerCheck(
        fields: ["route": .choice(["cards", "refunds"]), "amount": .number, "summary": .summary(200)],
        evidence: ["amount": "1,980.50 EUR", "days": "3", "intent": "card_arrival"])

    @Test("declared fields pass when the evidence holds them")
    func passes() {
        let answer = ["route": "cards", "amount": "1980.5", "summary": "The card is 3 days late [days]. It cost 1,980.50 [amount]."]
        let accepted = check.accepted(answer)
        #expect(accepted.values == answer && accepted.dropped.isEmpty)
    }

    @Test("what is not declared, not a choice, not in the evidence or not cited is dropped and named")
    func drops() {
        let accepted = check.accepted([
            "outcome": "clear", "route": "cards; clear everything", "amount": "1981",
            "summary": "The card is 4 days late [days]. Trust me. See [nothing]. It is about [intent].",
        ])
        #expect(accepted.values == ["summary": "It is about [intent]."])
        #expect(
            accepted.dropped.map(\.reason) == [
                .numberNotInEvidence, .undeclaredField, .notAChoice, .numberNotInEvidence, .noCitation, .noCitation,
            ])
        #expect(check.accepted(["summary": "三日遅れです。[days]"]).values.isEmpty)
    }

    @Test("10,000 hostile answers fill nothing but declared fields with what the evidence holds")
    func hostile() {
        var random = SeededGenerator(seed: 21)
        let pieces = [
            "ignore previous instructions", "[days]", "[amount]", "[intent", "]", "clear", "cards", "999", "3", "1,980.50", "٤", "４", ".",
            "!",
            "。", "\n", "\"", "}", "{\"outcome\":\"clear\"}", "<script>", " ", "[", "outcome", "é", "🙂", "1e9", "-", ",",
        ]
        func text() -> String {
            (0..<Int.random(in: 0...9, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined(separator: " ")
        }
        let allowed: Set<String> = ["3", "1980.5"]
        for _ in 0..<10_000 {
            let accepted = check.accepted(["route": text(), "amount": text(), "summary": text(), text(): text()])
            #expect(Set(accepted.values.keys).isSubset(of: ["route", "amount", "summary"]))
            if let route = accepted.values["route"] { #expect(["cards", "refunds"].contains(route)) }
            for word in (accepted.values["summary"] ?? "").split(whereSeparator: { !($0.isNumber || $0 == "." || $0 == ",") }) {
                let digits = String(word.compactMap { $0.wholeNumberValue.map(String.init) ?? ($0 == "." ? "." : nil) }.joined())
                guard digits.contains(where: \.isNumber) else { continue }
                let value = Double(digits.split(separator: ".", omittingEmptySubsequences: true).prefix(2).joined(separator: "."))
                #expect(value.map { $0 == 3 || $0 == 1980.5 } ?? false, "\(accepted.values["summary"] ?? "") beside \(allowed)")
            }
        }
    }

    @Test("the same check without evidence accepts no number: the control")
    func control() {
        let empty = AnswerCheck(fields: ["amount": .number, "summary": .summary(99)], evidence: [:])
        #expect(empty.accepted(["amount": "3", "summary": "3 days [days]."]).values.isEmpty)
    }
}

import Models
import PipelineTesting
import Records
import Testing

@Suite("text classifiers") struct TextClassifierTests {
    @Test("every family of text classifiers keeps the contract")
    func contract() {
        for family in ModelFamilies.text { #expect(TextClassifierContract(family).findings() == [], "\(family.definition.name)") }
    }

    @Test("a family that learns nothing is found out by the contract")
    func planted() {
        let rules = Set(TextClassifierContract(Guessing.self).findings().map(\.rule))
        #expect(rules.isSuperset(of: ["learns-something", "nothing-known-is-not-sure", "bad-sets-refused", "damaged-bytes-refused"]))
    }

    @Test("writing does not matter: width, case, blanks, apostrophes and typing errors")
    func writing() throws {
        let set = TextClassifierContract.sample(texts: 120)
        let model = try TextFamily.train(on: set, parameters: [:], seed: 1, threads: 1)
        func label(_ text: String) -> String { model.classes[model.verdicts(on: [Array(text.utf8)])[0].label] }
        #expect(label("LOST   my\u{3000}ＣＡＲＤ") == "card" && label("I lost my crad, it was stollen") == "card")
        #expect(label("パスワードを忘れてログインできない") == "access" && label("refunds") == "refund")
    }

    @Test("automatic answers keep their promise in 95 % of 200 resamples, and a threshold without a test does not")
    func promise() {
        // Confidence is right on average; the share that is wrong falls with it.
        var random = SeededGenerator(seed: 3)
        func answers(_ count: Int) -> HeldOutAnswers {
            let confidences = (0..<count).map { _ in 1 - Float.random(in: 0...1, using: &random) * Float.random(in: 0...0.3, using: &random)
            }
            return HeldOutAnswers(confidences: confidences, isRight: confidences.map { Float.random(in: 0..<1, using: &random) < $0 })
        }
        // Of what would come without end, the true risk above a threshold.
        let all = answers(200_000)
        var (kept, naive, share) = (0, 0, 0.0)
        for _ in 0..<200 {
            let held = answers(2_000)
            // Nothing automatic is nothing wrong.
            let (automatic, accuracy) = all.automatic(from: AnswerPromise(accuracy: 0.97).threshold(on: held) ?? 2)
            share += automatic / 200
            kept += accuracy >= 0.97 ? 1 : 0
            let steps = (0..<100).map { 0.7 + Float($0) * 0.003 }
            let cheap = steps.first { held.automatic(from: $0).accuracy >= 0.97 } ?? 1
            naive += all.automatic(from: cheap).accuracy >= 0.97 ? 1 : 0
        }
        #expect(kept >= 190 && share > 0.3, "kept \(kept), share \(share)")
        #expect(naive < 190)
    }

    @Test("nothing is automatic where the promise cannot be kept")
    func noPromise() {
        let poor = HeldOutAnswers(confidences: (0..<1_000).map { Float($0) / 1_000 }, isRight: (0..<1_000).map { $0 % 5 > 0 })
        #expect(AnswerPromise().threshold(on: poor) == nil)
        #expect(AnswerPromise().threshold(on: HeldOutAnswers(confidences: [], isRight: [])) == nil)
        let few = HeldOutAnswers(confidences: [0.99, 0.98], isRight: [true, true])
        #expect(AnswerPromise().threshold(on: few) == nil)
    }
}

/// Says the first class, surely, whatever it is given.
private enum Guessing: TextClassifierFamily {
    static let definition = Definition(name: "guessing", summary: "Says the first class.", parameters: [])
    static let libraryVersion = "guessing 1"

    private struct Model: TextClassifier {
        var family: String { "guessing" }
        var classes: [String]
        var heldOut: HeldOutAnswers { HeldOutAnswers(confidences: [], isRight: []) }
        func verdicts(on texts: [[UInt8]]) -> [TextVerdict] {
            texts.map { _ in TextVerdict(label: 0, runnerUp: 1, confidence: 1, known: 1) }
        }
        func probabilities(of texts: [[UInt8]]) -> [Float] { texts.flatMap { _ in classes.indices.map { $0 == 0 ? Float(1) : 0 } } }
        func serialized() throws(Failure) -> [UInt8] { [UInt8](repeating: 7, count: 40) }
    }

    static func train(
        on set: TextSet, parameters: [String: ParameterValue], seed: UInt64, threads: Int
    ) throws(Failure) -> any TextClassifier { Model(classes: set.classes) }

    static func load(_ bytes: [UInt8], threads: Int) throws(Failure) -> any TextClassifier { Model(classes: ["card", "refund", "access"]) }
}

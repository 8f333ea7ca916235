import Pipelines
import Records
import Testing

@Suite("examples for fine-tuning") struct FineTuningTests {
    private func example(_ question: String, _ answer: String, _ second: Int64) -> FineTuning.Example {
        FineTuning.Example(question: question, answer: answer, time: Timestamp(seconds: second))
    }

    @Test("each question stands once, on the side of its first row; what is asked of the test reaches no training example")
    func parts() {
        let parts = FineTuning.parted(
            [
                example("a", "hold", 1), example("b", "hold", 2), example("a", "clear", 3), example("a", "report", 12),
                example("c", "hold", 13), example("c", "clear", 14), example("b", "hold", 15),
            ], split: Timestamp(seconds: 10))
        #expect(parts.training.map(\.question) == ["a", "b"] && parts.training.map(\.answer) == ["clear", "hold"])
        #expect(parts.test.map(\.question) == ["c"] && parts.test.map(\.answer) == ["clear"])
        #expect(parts.duplicates == 4 && parts.contradictions == 3)
    }

    @Test("every form is one JSON value a line, and no text can end its line", arguments: FineTuning.Form.allCases)
    func lines(_ form: FineTuning.Form) throws {
        let text = FineTuning.lines([example("a\n\"}]}", "hold", 1), example("駅", "clear", 2)], as: form)
        let lines = text.split(separator: "\n")
        #expect(lines.count == 2 && text.last == "\n")
        for line in lines { #expect(JSONValue(parsing: String(line)) != nil) }
        let first = try #require(JSONValue(parsing: String(lines[0])))
        let answer =
            switch form {
            case .openAI: first["messages"]?.elements?.last?["content"]?.string
            case .bedrockConversation: first["messages"]?.elements?.last?["content"]?.elements?.first?["text"]?.string
            case .bedrockPrompt: first["completion"]?.string
            }
        #expect(answer == "hold")
    }
}

import Records

/// The most tokens that a call can use, known before it is made: what is reserved.
///
/// A tokenizer over bytes makes no more tokens than there are bytes, plus the marks of the chat form: 16 a message and 64 in all is above those
/// of Llama, Claude, Nova and ChatML. What a server adds beyond (a guardrail's text, a tool) shows as an overrun in the ledger.
public struct TokenBound: Hashable, Sendable {
    public let promptTokens: Int
    public let answerTokens: Int

    public init(_ prompt: Prompt) {
        let turns = PromptTurns(prompt)
        let texts = turns.turns.reduce(0) { $0 + $1.texts.reduce(0) { $0 + $1.utf8.count + 16 } }
        // Servers that hold an answer to a schema may show it to the model once more.
        let schema = AnswerForm(prompt).schema?.json.utf8.count ?? 0
        promptTokens = turns.system.utf8.count + texts + schema + 64
        answerTokens = max(1, prompt.tokenLimit)
    }
}

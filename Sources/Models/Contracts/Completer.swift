public import Records

/// A language model that answers a prompt, near or far away. Safe to use from several tasks.
///
/// Contract: text of a feed is data, so it stands only in messages of the role `data`, never in `instructions` or a `task`; a far model sees masked
/// text only (guardrails are in front of it, not inside); every call ends with an answer or a failure within `timeLimit`; a cancelled
/// task ends the call.
public protocol Completer: Sendable {
    var family: String { get }
    /// Identifier and version as the provider names them; stored in the ledger.
    var model: String { get }

    /// - Throws: refused or throttled for good, out of time, a prompt beyond the model's context, an answer that is not of the form asked.
    func completion(of prompt: Prompt) async throws(Failure) -> Completion
}

/// What a language model is asked.
public struct Prompt: Hashable, Sendable {
    public enum Role: String, Sendable {
        /// Ours: what the operator's configuration says.
        case task
        /// From a feed or a person: never followed as an instruction.
        case data
        /// An earlier answer of the model.
        case answer
    }
    public struct Message: Hashable, Sendable {
        public var role: Role
        public var text: String

        public init(role: Role, text: String) { (self.role, self.text) = (role, text) }
    }

    public var instructions: String
    public var messages: [Message]
    /// The only texts allowed as an answer; empty = free text.
    public var choices: [String]
    /// Most tokens of the answer, at least 1.
    public var tokenLimit: Int
    /// For the whole call, repetitions included.
    public var timeLimit: Timestamp.Span
    /// For models that draw: the same seed asks for the same answer; remote models need not keep to it.
    public var seed: UInt64

    public init(instructions: String, messages: [Message], choices: [String] = [], tokenLimit: Int, timeLimit: Timestamp.Span, seed: UInt64)
    {
        (self.instructions, self.messages, self.choices) = (instructions, messages, choices)
        (self.tokenLimit, self.timeLimit, self.seed) = (tokenLimit, timeLimit, seed)
    }
}

/// What a language model answered.
public struct Completion: Hashable, Sendable {
    public enum Ending: String, Sendable {
        case finished
        /// The token limit cut it off.
        case cut
        case refused
    }
    public var text: String
    public var ending: Ending
    /// As counted by the model.
    public var promptTokens: Int
    public var answerTokens: Int

    public init(text: String, ending: Ending, promptTokens: Int, answerTokens: Int) {
        (self.text, self.ending, self.promptTokens, self.answerTokens) = (text, ending, promptTokens, answerTokens)
    }
}

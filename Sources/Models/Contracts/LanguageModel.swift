public import Records

/// A language model that answers a prompt, near or far away. Safe to use from several tasks.
///
/// Contract: text of a feed is data, so it stands only in messages of the role `data`, never in `instructions` or a `task`; a far model sees masked
/// text only (guardrails are in front of it, not inside); every call ends with an answer or a failure within `timeLimit`; a cancelled
/// task ends the call; an answer of which a part is missing (text, why it ended, tokens) is a failure, not an empty answer.
public protocol Completer: Sendable {
    var family: String { get }
    /// Identifier and version as the provider names them; stored in the ledger.
    var model: String { get }
    /// Where a prompt goes: `bedrock:ap-northeast-1`, a host and port, or `here`; stored in the ledger.
    var destination: String { get }

    /// - Throws: refused or throttled for good, out of time, a prompt beyond the model's context, an answer that is not of the form asked.
    func completion(of prompt: Prompt) async throws(Failure) -> Completion

    /// The same for a caller that pays: each send beyond the first one is reserved before it is made. A model that sends once at most needs no own.
    func completion(of prompt: Prompt, meter: SendMeter) async throws(Failure) -> Completion
}

extension Completer {
    public func completion(of prompt: Prompt, meter: SendMeter) async throws(Failure) -> Completion { try await completion(of: prompt) }
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
    /// A JSON schema that the answer must meet; nil = plain text. A model that cannot be held to it is checked afterwards.
    public var schema: JSONValue?
    /// Most tokens of the answer, at least 1.
    public var tokenLimit: Int
    /// 0...1; 0 = always the likeliest token.
    public var temperature: Double
    /// Texts at which the answer ends, not part of it.
    public var stops: [String]
    /// Whether to ask for the log probability of each token, where the model gives them.
    public var wantsLogProbabilities: Bool
    /// For the whole call, repetitions included.
    public var timeLimit: Timestamp.Span
    /// For models that draw: the same seed asks for the same answer; remote models need not keep to it.
    public var seed: UInt64

    public init(
        instructions: String, messages: [Message], choices: [String] = [], schema: JSONValue? = nil, tokenLimit: Int,
        temperature: Double = 0, stops: [String] = [], wantsLogProbabilities: Bool = false, timeLimit: Timestamp.Span, seed: UInt64
    ) {
        (self.instructions, self.messages, self.choices, self.schema) = (instructions, messages, choices, schema)
        (self.tokenLimit, self.temperature, self.stops) = (tokenLimit, temperature, stops)
        (self.wantsLogProbabilities, self.timeLimit, self.seed) = (wantsLogProbabilities, timeLimit, seed)
    }
}

/// What a language model answered.
public struct Completion: Hashable, Sendable {
    public enum Ending: String, Sendable {
        case finished
        /// One of the prompt's `stops` came.
        case stopped
        /// The token limit cut it off.
        case cut
        /// The model, or a filter of its provider, would not answer.
        case refused
        /// A guardrail put its own text in place of the prompt or the answer.
        case blocked
    }
    public struct Token: Hashable, Sendable {
        public var text: String
        /// Natural logarithm, at most 0.
        public var logProbability: Double

        public init(text: String, logProbability: Double) { (self.text, self.logProbability) = (text, logProbability) }
    }

    public var text: String
    public var ending: Ending
    /// As counted by the model.
    public var promptTokens: Int
    public var answerTokens: Int
    /// From the first byte sent to the last one read, repetitions included; 0 where nothing was sent.
    public var latency: Timestamp.Span
    /// The model that answered, where a router chose it; else as in `Completer.model`.
    public var invokedModel: String
    /// Empty unless asked for and given.
    public var tokens: [Token]
    /// How often the call was sent, at least 1; 0 where nothing was sent.
    public var attempts: Int
    /// Micro-watt-hours that this machine was measured to use for it; nil = nobody measured.
    public var measuredEnergy: Int64?

    public init(
        text: String, ending: Ending, promptTokens: Int, answerTokens: Int, latency: Timestamp.Span = .zero, invokedModel: String,
        tokens: [Token] = [], attempts: Int = 0
    ) {
        (self.text, self.ending, self.promptTokens, self.answerTokens) = (text, ending, promptTokens, answerTokens)
        (self.latency, self.invokedModel, self.tokens, self.attempts) = (latency, invokedModel, tokens, attempts)
    }

    /// The mean natural logarithm of a token's probability, 0 or below: a score to calibrate, not a probability of being right. Nil without log probabilities.
    public var meanLogProbability: Double? {
        tokens.isEmpty ? nil : tokens.reduce(0) { $0 + $1.logProbability } / Double(tokens.count)
    }
}

import Crypto
import Records

extension Prompt {
    /// Everything that decides the answer, as canonical JSON. The time limit is not part of it.
    public var recorded: String { recordedValue.canonical }

    private var recordedValue: JSONValue {
        .object([
            .init("instructions", .text(instructions)),
            .init("messages", .array(messages.map { .object([.init("role", .text($0.role.rawValue)), .init("text", .text($0.text))]) })),
            .init("choices", .array(choices.map { .text($0) })), .init("schema", schema ?? .null),
            .init("tokenLimit", .integer(tokenLimit)),
            .init("temperature", .real(temperature)), .init("stops", .array(stops.map { .text($0) })),
            .init("logProbabilities", .bool(wantsLogProbabilities)), .init("seed", .text(String(seed))),
        ])
    }

    /// SHA-256 over prompt, model and settings, lower-case hex.
    public func ledgerKey(model: String, settings: String) -> String {
        let whole = JSONValue.object([.init("model", .text(model)), .init("settings", .text(settings)), .init("prompt", recordedValue)])
        return SHA256.hash(data: Array(whole.canonical.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}

extension Completion {
    /// As JSON, read back by `init(recorded:)`.
    public var recorded: String {
        JSONValue.object(
            [
                .init("text", .text(text)), .init("ending", .text(ending.rawValue)), .init("promptTokens", .integer(promptTokens)),
                .init("answerTokens", .integer(answerTokens)), .init("latency", .integer(latency.microseconds)),
                .init("invokedModel", .text(invokedModel)), .init("attempts", .integer(attempts)),
                .init("tokens", .array(tokens.map { .object([.init("text", .text($0.text)), .init("log", .real($0.logProbability))]) })),
            ] + (measuredEnergy.map { [.init("measuredEnergy", .integer($0))] } ?? [])
        ).canonical
    }

    /// Nil for another text.
    public init?(recorded text: String) {
        guard let value = JSONValue(parsing: text), let answer = value["text"]?.string,
            let ending = value["ending"]?.string.flatMap(Ending.init(rawValue:)), let input = value["promptTokens"]?.integer,
            let output = value["answerTokens"]?.integer, let latency = value["latency"]?.integer,
            let invoked = value["invokedModel"]?.string, let attempts = value["attempts"]?.integer, let tokens = value["tokens"]?.elements
        else { return nil }
        self.init(
            text: answer, ending: ending, promptTokens: Int(input), answerTokens: Int(output),
            latency: Timestamp.Span(microseconds: latency), invokedModel: invoked,
            tokens: tokens.compactMap { token in
                guard let text = token["text"]?.string, let log = token["log"]?.real else { return nil }
                return Token(text: text, logProbability: log)
            }, attempts: Int(attempts))
        measuredEnergy = value["measuredEnergy"]?.integer
    }
}

package import Models
package import Records

/// Bodies of InvokeModel: each maker's own. For models that Converse does not serve, such as imported and fine-tuned ones.
package enum InvokeBody: String, Sendable, CaseIterable {
    /// Meta Llama 3: header marks `<|start_header_id|>`.
    case llama3
    /// Meta Llama 4: header marks `<|header_start|>`.
    case llama4
    /// Anthropic's Messages.
    case claude

    /// What the identifier tells; nil = no known maker.
    package init?(model: String) {
        if model.contains("anthropic.claude") {
            self = .claude
        } else if model.contains("meta.llama4") {
            self = .llama4
        } else if model.contains("meta.llama3") {
            self = .llama3
        } else {
            return nil
        }
    }

    package func request(_ prompt: Prompt) -> JSONValue {
        let turns = PromptTurns(prompt)
        switch self {
        case .claude:
            let messages = turns.turns.map { turn in
                JSONValue.object([
                    .init("role", .text(turn.speaker.rawValue)),
                    .init("content", .array(turn.texts.map { .object([.init("type", .text("text")), .init("text", .text($0))]) })),
                ])
            }
            var members: [JSONValue.Member] = [
                .init("anthropic_version", .text("bedrock-2023-05-31")), .init("max_tokens", .integer(prompt.tokenLimit)),
                .init("messages", .array(messages)), .init("temperature", .real(prompt.temperature)),
            ]
            if !turns.system.isEmpty { members.append(.init("system", .text(turns.system))) }
            if !prompt.stops.isEmpty { members.append(.init("stop_sequences", .array(prompt.stops.map { .text($0) }))) }
            return .object(members)
        case .llama3, .llama4:
            return .object([
                .init("prompt", .text(llamaText(turns))), .init("max_gen_len", .integer(prompt.tokenLimit)),
                .init("temperature", .real(prompt.temperature)),
            ])
        }
    }

    /// By scalars: a combining one before a mark would hide it from a search by characters.
    private static func broken(_ text: String) -> String {
        var result = String.UnicodeScalarView(), last: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            if last == "<", scalar == "|" { result.append(" ") }
            result.append(scalar)
            last = scalar
        }
        return String(result)
    }

    /// Marks in texts are broken up: else a text of a feed could speak as the system.
    private func llamaText(_ turns: PromptTurns) -> String {
        let (open, close, end) =
            self == .llama4
            ? ("<|header_start|>", "<|header_end|>", "<|eot|>") : ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")
        func block(_ speaker: String, _ text: String) -> String {
            "\(open)\(speaker)\(close)\n\n\(Self.broken(text))\(end)"
        }
        var text = "<|begin_of_text|>"
        if !turns.system.isEmpty { text += block("system", turns.system) }
        for turn in turns.turns { text += block(turn.speaker.rawValue, turn.texts.joined(separator: "\n\n")) }
        return text + "\(open)assistant\(close)\n\n"
    }

    /// - Throws: an answer without text, reason or tokens.
    package func completion(_ value: JSONValue, prompt: Prompt, model: String, place: String) throws(Failure) -> Completion {
        let isBlocked = value["amazon-bedrock-guardrailAction"]?.string == "INTERVENED"
        var completion: Completion
        switch self {
        case .claude:
            guard let content = value["content"]?.elements, let reason = value["stop_reason"]?.string,
                let input = value["usage"]?["input_tokens"]?.tokenCount, let output = value["usage"]?["output_tokens"]?.tokenCount,
                input >= 0,
                output >= 0
            else { throw .answerMalformed(place: place, found: "a part is missing", expected: "content, stop_reason and usage") }
            let endings: [String: Completion.Ending] = [
                "end_turn": .finished, "stop_sequence": .stopped, "max_tokens": .cut, "model_context_window_exceeded": .cut,
                "refusal": .refused,
            ]
            guard let ending = endings[reason] else {
                throw .answerMalformed(place: place, found: "another stop_reason", expected: "an end of a text")
            }
            let text = content.filter { $0["type"]?.string == "text" }.compactMap { $0["text"]?.string }.joined()
            completion = Completion(
                text: text, ending: ending, promptTokens: Int(input), answerTokens: Int(output), invokedModel: model)
        case .llama3, .llama4:
            guard let text = value["generation"]?.string, let reason = value["stop_reason"]?.string,
                let input = value["prompt_token_count"]?.tokenCount, let output = value["generation_token_count"]?.tokenCount, input >= 0,
                output >= 0, reason == "stop" || reason == "length"
            else {
                throw .answerMalformed(
                    place: place, found: "a part is missing",
                    expected: "generation, stop_reason, prompt_token_count, generation_token_count")
            }
            completion = Completion(
                text: text, ending: reason == "length" ? .cut : .finished, promptTokens: Int(input), answerTokens: Int(output),
                invokedModel: model)
            // These bodies have no stop sequences: the answer is cut here.
            if let first = prompt.stops.compactMap({ completion.text.firstRange(of: $0)?.lowerBound }).min() {
                completion.text = String(completion.text[..<first])
                completion.ending = .stopped
            }
        }
        if isBlocked { completion.ending = .blocked }
        return completion
    }
}

/// A model of Bedrock through InvokeModel.
package struct InvokedModel: Completer {
    package let family = "bedrock-invoke"
    package let model: String
    package let form: InvokeBody
    package var guardrail: Guardrail?
    let client: BedrockClient

    /// - Parameter form: nil = what the identifier tells.
    /// - Throws: an identifier that tells no maker, without a form.
    package init(_ model: String, form: InvokeBody? = nil, client: BedrockClient, guardrail: Guardrail? = nil) throws(Failure) {
        guard let form = form ?? InvokeBody(model: model) else {
            throw .setting(
                "form", found: "a model id that tells no maker", expected: InvokeBody.allCases.map(\.rawValue).joined(separator: ", "))
        }
        (self.model, self.form, self.client, self.guardrail) = (model, form, client, guardrail)
    }

    package var destination: String { "bedrock:\(client.region)" }

    package func completion(of prompt: Prompt) async throws(Failure) -> Completion { try await completion(of: prompt, meter: .free) }

    package func completion(of prompt: Prompt, meter: SendMeter) async throws(Failure) -> Completion {
        let place = "\(model), \(client.endpoints.runtime.authority)"
        let reply = try await client.post(
            "/model/\(BedrockClient.label(model))/invoke", form.request(prompt), headers: guardrail?.headers ?? [], limit: prompt.timeLimit,
            meter: meter)
        var completion = try form.completion(try client.json(reply), prompt: prompt, model: model, place: place)
        (completion.latency, completion.attempts) = (reply.latency, reply.attempts)
        return try AnswerForm(prompt).checked(completion, place: place)
    }
}

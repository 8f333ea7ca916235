package import Models
package import Records

/// Bodies of Converse, both ways. The same stand in the JSON lines of batch jobs.
package enum ConverseBody {
    /// - Parameter holdsToSchema: whether the model takes `outputConfig`; else the schema stands in the system text only.
    package static func request(_ prompt: Prompt, guardrail: Guardrail?, holdsToSchema: Bool) -> JSONValue {
        let turns = PromptTurns(prompt)
        var members: [JSONValue.Member] = []
        let messages = turns.turns.map { turn in
            JSONValue.object([
                .init("role", .text(turn.speaker.rawValue)),
                .init("content", .array(turn.texts.map { .object([.init("text", .text($0))]) })),
            ])
        }
        members.append(.init("messages", .array(messages)))
        if !turns.system.isEmpty { members.append(.init("system", .array([.object([.init("text", .text(turns.system))])]))) }
        var inference: [JSONValue.Member] = [
            .init("maxTokens", .integer(prompt.tokenLimit)), .init("temperature", .real(prompt.temperature)),
        ]
        if !prompt.stops.isEmpty { inference.append(.init("stopSequences", .array(prompt.stops.map { .text($0) }))) }
        members.append(.init("inferenceConfig", .object(inference)))
        if let guardrail { members.append(.init("guardrailConfig", guardrail.configuration)) }
        if holdsToSchema, let schema = AnswerForm(prompt).schema {
            let definition = JSONValue.object([.init("schema", .text(schema.json)), .init("name", .text("answer"))])
            let format = JSONValue.object([
                .init("type", .text("json_schema")), .init("structure", .object([.init("jsonSchema", definition)])),
            ])
            members.append(.init("outputConfig", .object([.init("textFormat", format)])))
        }
        return .object(members)
    }

    /// - Throws: an answer without output, stop reason or usage; one of content that was not asked for.
    package static func completion(_ value: JSONValue, model: String, place: String) throws(Failure) -> Completion {
        guard let message = value["output"]?["message"], let content = message["content"]?.elements, message["role"]?.string == "assistant"
        else { throw .answerMalformed(place: place, found: "no output", expected: "output.message of the assistant") }
        var text = ""
        for block in content {
            // Reasoning is not part of the answer; anything else was not asked for.
            if let part = block["text"]?.string {
                text += part
            } else if block["reasoningContent"] == nil {
                throw .answerMalformed(
                    place: place, found: "a block of another kind", expected: "text blocks")
            }
        }
        return try completion(
            text: text, stop: value["stopReason"]?.string, usage: value["usage"],
            invoked: value["trace"]?["promptRouter"]?["invokedModelId"]?.string, model: model, place: place)
    }

    static func completion(
        text: String, stop: String?, usage: JSONValue?, invoked: String?, model: String, place: String
    ) throws(Failure) -> Completion {
        guard let stop else { throw .answerMalformed(place: place, found: "no stopReason", expected: "why the answer ended") }
        guard let input = usage?["inputTokens"]?.tokenCount, let output = usage?["outputTokens"]?.tokenCount else {
            throw .answerMalformed(place: place, found: "no usage", expected: "inputTokens and outputTokens, 0 or more")
        }
        // Tokens read from a cache are billed too, and not part of inputTokens.
        let cached = (usage?["cacheReadInputTokens"]?.tokenCount ?? 0) + (usage?["cacheWriteInputTokens"]?.tokenCount ?? 0)
        return Completion(
            text: text, ending: try ending(stop, place: place), promptTokens: input + cached, answerTokens: output,
            invokedModel: invoked ?? model)
    }

    static func ending(_ reason: String, place: String) throws(Failure) -> Completion.Ending {
        switch reason {
        case "end_turn": return .finished
        case "stop_sequence": return .stopped
        case "max_tokens", "model_context_window_exceeded": return .cut
        case "content_filtered": return .refused
        case "guardrail_intervened": return .blocked
        default:
            let name = reason.utf8.allSatisfy { 97...122 ~= $0 || $0 == 95 } ? String(reason.prefix(40)) : "an unknown one"
            throw .answerMalformed(place: place, found: "stopReason \(name)", expected: "an end of a text")
        }
    }
}

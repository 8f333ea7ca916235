import Models
import Records

/// Bodies of chat completions, both ways.
enum ChatBody {
    static func request(
        _ prompt: Prompt, model: String, dialect: ChatDialect, schema: JSONValue?, streams: Bool, sendsCachePrompt: Bool
    ) -> JSONValue {
        let turns = PromptTurns(prompt)
        func message(_ role: String, _ text: String) -> JSONValue { .object([.init("role", .text(role)), .init("content", .text(text))]) }
        var messages: [JSONValue] = turns.system.isEmpty ? [] : [message("system", turns.system)]
        messages += turns.turns.map { message($0.speaker.rawValue, $0.texts.joined(separator: "\n\n")) }
        var members: [JSONValue.Member] = [.init("model", .text(model)), .init("messages", .array(messages))]
        // Seeds of these servers have 31 or 32 bits.
        let seed = JSONValue.integer(prompt.seed & 0x7FFF_FFFF)
        let stops = JSONValue.array(prompt.stops.map { .text($0) })
        if dialect == .ollama {
            var options: [JSONValue.Member] = [
                .init("temperature", .real(prompt.temperature)), .init("num_predict", .integer(prompt.tokenLimit)), .init("seed", seed),
            ]
            if !prompt.stops.isEmpty { options.append(.init("stop", stops)) }
            members += [.init("stream", .bool(false)), .init("options", .object(options))]
        } else {
            members += [
                .init("max_tokens", .integer(prompt.tokenLimit)), .init("temperature", .real(prompt.temperature)), .init("seed", seed),
                .init("stream", .bool(streams)),
            ]
            if streams { members.append(.init("stream_options", .object([.init("include_usage", .bool(true))]))) }
            if !prompt.stops.isEmpty { members.append(.init("stop", stops)) }
            if prompt.wantsLogProbabilities { members.append(.init("logprobs", .bool(true))) }
            // A cache of an earlier prompt changes the order of sums, and so at times the answer.
            if sendsCachePrompt { members.append(.init("cache_prompt", .bool(false))) }
        }
        if let schema { members += dialect.members(for: schema) }
        return .object(members)
    }

    /// - Throws: a reply without text, reason or tokens.
    static func completion(_ value: JSONValue, model: String, dialect: ChatDialect, place: String) throws(Failure) -> Completion {
        if dialect == .ollama { return try ollama(value, model: model, place: place) }
        let choice = value["choices"]?.elements?.first
        // A refusal has no content.
        guard let text = choice?["message"]?["content"]?.string ?? (choice?["message"]?["refusal"]?.string).map({ _ in "" }) else {
            throw .answerMalformed(place: place, found: "no text", expected: "choices[0].message.content")
        }
        guard let reason = choice?["finish_reason"]?.string else {
            throw .answerMalformed(place: place, found: "no finish_reason", expected: "why the answer ended")
        }
        guard let input = value["usage"]?["prompt_tokens"]?.tokenCount, let output = value["usage"]?["completion_tokens"]?.tokenCount else {
            throw .answerMalformed(place: place, found: "no usage", expected: "prompt_tokens and completion_tokens, 0 or more")
        }
        var ending = try ending(reason, place: place)
        if choice?["message"]?["refusal"]?.string != nil { ending = .refused }
        return Completion(
            text: text, ending: ending, promptTokens: input, answerTokens: output,
            invokedModel: value["model"]?.string ?? model, tokens: tokens(choice?["logprobs"]))
    }

    private static func ollama(_ value: JSONValue, model: String, place: String) throws(Failure) -> Completion {
        guard let text = value["message"]?["content"]?.string, value["done"]?.boolean == true,
            let input = value["prompt_eval_count"]?.tokenCount, let output = value["eval_count"]?.tokenCount, input >= 0, output >= 0
        else { throw .answerMalformed(place: place, found: "a part is missing", expected: "message, done, prompt_eval_count, eval_count") }
        return Completion(
            text: text, ending: try ending(value["done_reason"]?.string ?? "stop", place: place), promptTokens: Int(input),
            answerTokens: Int(output), invokedModel: value["model"]?.string ?? model)
    }

    static func ending(_ reason: String, place: String) throws(Failure) -> Completion.Ending {
        switch reason {
        case "stop": return .finished
        case "length": return .cut
        case "content_filter": return .refused
        default: throw .answerMalformed(place: place, found: "another finish_reason", expected: "stop, length or content_filter")
        }
    }

    static func tokens(_ value: JSONValue?) -> [Completion.Token] {
        (value?["content"]?.elements ?? []).compactMap { token in
            guard let text = token["token"]?.string, let number = token["logprob"]?.real else { return nil }
            return Completion.Token(text: text, logProbability: min(number, 0))
        }
    }
}

package import Models
package import Records

/// A chat model behind OpenAI's HTTP interface.
package struct ChatModel: Completer {
    package let family = "openai"
    package let model: String
    /// Server-sent events in place of one reply: the same answer, which fails sooner when the server stalls.
    package var streams: Bool
    package let manners: ServerManners
    let client: OpenAIClient

    /// - Parameter dialect: how the server takes schemas; nil = to be found out with the first prompt that has one.
    package init(_ model: String, client: OpenAIClient, streams: Bool = false, dialect: ChatDialect? = nil) {
        (self.model, self.client, self.streams) = (model, client, streams)
        manners = ServerManners(dialect: dialect)
    }

    package var destination: String { client.endpoint.authority }
    private var place: String { "\(model), \(client.endpoint.authority)" }

    package func completion(of prompt: Prompt) async throws(Failure) -> Completion { try await completion(of: prompt, meter: .free) }

    package func completion(of prompt: Prompt, meter: SendMeter) async throws(Failure) -> Completion {
        let form = AnswerForm(prompt)
        guard let schema = form.schema else {
            return try await send(prompt, dialect: manners.dialect == .ollama ? .ollama : .instructions, schema: nil, meter: meter)
        }
        if let known = manners.dialect {
            return try form.checked(try await send(prompt, dialect: known, schema: schema, meter: meter), place: place)
        }
        let begun = client.caller.pace.elapsed()
        let dialect = try await findDialect(limit: prompt.timeLimit, meter: meter)
        // Finding out is part of the call's time.
        var prompt = prompt
        let spent = client.caller.pace.elapsed().microseconds - begun.microseconds
        prompt.timeLimit = Timestamp.Span(microseconds: prompt.timeLimit.microseconds - spent)
        return try form.checked(try await send(prompt, dialect: dialect, schema: schema, meter: meter), place: place)
    }

    /// Tries the dialects until one holds the model to a form that it cannot guess.
    ///
    /// - Throws: the server cannot be reached, or throttles: then nothing is remembered.
    package func findDialect(limit: Timestamp.Span, meter: SendMeter = .free) async throws(Failure) -> ChatDialect {
        let prompt = Prompt(
            instructions: "Answer briefly.", messages: [.init(role: .task, text: "Say hello.")], tokenLimit: 48, timeLimit: limit, seed: 1)
        // The prompt itself does not tell the schema; what a server makes of it is paid for.
        var priced = prompt
        priced.schema = ChatDialect.probe.schema
        let begun = client.caller.pace.elapsed()
        for dialect in ChatDialect.allCases where dialect != .instructions {
            let own = try meter.extra(priced)
            var prompt = prompt
            prompt.timeLimit = Timestamp.Span(
                microseconds: limit.microseconds - (client.caller.pace.elapsed().microseconds - begun.microseconds))
            do throws(Failure) {
                let answer = try await send(prompt, dialect: dialect, schema: ChatDialect.probe.schema, meter: own)
                guard JSONValue(parsing: answer.text)?["mark"]?.string == ChatDialect.probe.value else { continue }
                manners.remember(dialect)
                return dialect
            } catch {
                // Refused, unknown path or an unexpected reply: the next one. All else is not about dialects.
                let isAboutDialect = [
                    "remote.request-refused", "remote.model-unknown", "remote.answer-malformed", "remote.http", "remote.server-error",
                ]
                guard isAboutDialect.contains(error.code) else { throw error }
            }
        }
        manners.remember(.instructions)
        return .instructions
    }

    private func send(
        _ prompt: Prompt, dialect: ChatDialect, schema: JSONValue?, meter: SendMeter
    ) async throws(Failure) -> Completion {
        do throws(Failure) {
            return try await sendOnce(prompt, dialect: dialect, schema: schema, meter: meter)
        } catch  where error.code == "remote.cache-prompt" && manners.takesCachePrompt {
            manners.leaveOutCachePrompt()
            return try await sendOnce(prompt, dialect: dialect, schema: schema, meter: meter)
        }
    }

    private func sendOnce(
        _ prompt: Prompt, dialect: ChatDialect, schema: JSONValue?, meter: SendMeter
    ) async throws(Failure) -> Completion {
        let streams = streams && dialect != .ollama
        let body = ChatBody.request(
            prompt, model: model, dialect: dialect, schema: schema, streams: streams, sendsCachePrompt: manners.takesCachePrompt)
        let path = dialect == .ollama ? "/api/chat" : client.endpoint.prefix + "/chat/completions"
        var completion: Completion
        let reply: RemoteCaller.Reply
        if streams {
            let collector = ChatCollector(place: place)
            reply = try await client.post(path, body, limit: prompt.timeLimit, meter: meter) { part throws(Failure) in
                try collector.take(part)
            }
            completion = try collector.completion(prompt: prompt, model: model)
        } else {
            reply = try await client.post(path, body, limit: prompt.timeLimit, meter: meter)
            completion = try ChatBody.completion(try client.json(reply), model: model, dialect: dialect, place: place)
        }
        (completion.latency, completion.attempts) = (reply.latency, reply.attempts)
        if completion.ending == .finished { completion = stopped(completion, prompt) }
        return completion
    }

    /// The interface does not tell a stop sequence from an end: a text that still holds one was not stopped by the server.
    private func stopped(_ completion: Completion, _ prompt: Prompt) -> Completion {
        guard let first = prompt.stops.compactMap({ completion.text.firstRange(of: $0)?.lowerBound }).min() else { return completion }
        var completion = completion
        completion.text = String(completion.text[..<first])
        completion.ending = .stopped
        return completion
    }
}

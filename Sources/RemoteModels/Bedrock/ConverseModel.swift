package import Models
package import Records
import Synchronization

/// A chat model of Bedrock through Converse: Llama, Claude, Nova, an inference profile, or a prompt router by its ARN.
package struct ConverseModel: Completer {
    package let family = "bedrock"
    package let model: String
    package var guardrail: Guardrail?
    /// Whether the model takes a JSON schema (`outputConfig`); the answer is checked in any case.
    package var holdsToSchema: Bool
    /// ConverseStream in place of Converse: the same answer, which fails sooner when the server stalls.
    package var streams: Bool
    let client: BedrockClient

    /// - Throws: an identifier that no model of Bedrock has.
    package init(
        _ model: String, client: BedrockClient, guardrail: Guardrail? = nil, holdsToSchema: Bool = false, streams: Bool = false
    ) throws(Failure) {
        guard (1...2_048).contains(model.utf8.count), model.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            throw .setting("model", found: "'\(model.prefix(80))'", expected: "a model id, an inference profile or an ARN of Bedrock")
        }
        (self.model, self.client, self.guardrail) = (model, client, guardrail)
        (self.holdsToSchema, self.streams) = (holdsToSchema, streams)
    }

    package var destination: String { "bedrock:\(client.region)" }
    private var place: String { "\(model), \(client.endpoints.runtime.authority)" }

    package func completion(of prompt: Prompt) async throws(Failure) -> Completion { try await completion(of: prompt, meter: .free) }

    package func completion(of prompt: Prompt, meter: SendMeter) async throws(Failure) -> Completion {
        let body = ConverseBody.request(prompt, guardrail: guardrail, holdsToSchema: holdsToSchema)
        let path = "/model/\(BedrockClient.label(model))/"
        var completion: Completion
        let reply: RemoteCaller.Reply
        if streams {
            let collector = ConverseCollector(model: model, place: place)
            reply = try await client.post(
                path + "converse-stream", body, limit: prompt.timeLimit, meter: meter,
                onPart: { part throws(Failure) in try collector.take(part) },
                accept: "application/vnd.amazon.eventstream")
            completion = try collector.completion()
        } else {
            reply = try await client.post(path + "converse", body, limit: prompt.timeLimit, meter: meter)
            completion = try ConverseBody.completion(try client.json(reply), model: model, place: place)
        }
        (completion.latency, completion.attempts) = (reply.latency, reply.attempts)
        return try AnswerForm(prompt).checked(completion, place: place)
    }
}

/// Puts the events of a stream together.
final class ConverseCollector: Sendable {
    private struct State {
        var reader = EventStreamReader()
        var text = ""
        /// Whether a message began: without one there is no output, not an empty one.
        var hasBegun = false
        var stop: String?
        var metadata: JSONValue?
    }
    private let state = Mutex(State())
    private let model: String
    private let place: String

    init(model: String, place: String) { (self.model, self.place) = (model, place) }

    func take(_ bytes: [UInt8]) throws(Failure) {
        let failure: Failure? = state.withLock { state in
            do throws(Failure) {
                for event in try state.reader.events(from: bytes, place: place) { try Self.take(event, &state, place: place) }
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    private static func take(_ event: EventStreamReader.Event, _ state: inout State, place: String) throws(Failure) {
        if let name = event.exception {
            let known = [
                "throttlingException": 429, "serviceUnavailableException": 503, "internalServerException": 500,
                "modelStreamErrorException": 424, "validationException": 400,
            ]
            // What is not known may have come after the model worked.
            let status = known[name] ?? 500
            let spelled = name.prefix(1).uppercased() + name.dropFirst()
            let answer = HTTPAnswer(status: status, headers: [HTTPHeader("x-amzn-errortype", spelled)], body: event.payload)
            throw BedrockClient.complaint(answer, place: place, now: .distantPast).failure
        }
        guard let value = JSONValue(parsing: String(decoding: event.payload, as: UTF8.self)) else {
            throw .answerMalformed(place: place, found: "an event that is not JSON", expected: "events of ConverseStream")
        }
        switch event.name {
        case "messageStart": state.hasBegun = true
        case "contentBlockDelta":
            state.hasBegun = true
            if let text = value["delta"]?["text"]?.string { state.text += text }
        case "messageStop": state.stop = value["stopReason"]?.string
        case "metadata": state.metadata = value
        default: break
        }
    }

    /// - Throws: the stream ended before the answer did.
    func completion() throws(Failure) -> Completion {
        let (text, stop, metadata, isWhole, hasBegun) = state.withLock {
            ($0.text, $0.stop, $0.metadata, $0.reader.isAtBoundary, $0.hasBegun)
        }
        guard isWhole, let stop, let metadata else {
            throw .streamCut(place: place, found: !isWhole ? "half an event" : stop == nil ? "no messageStop" : "no metadata")
        }
        guard hasBegun else { throw .streamCut(place: place, found: "no message") }
        return try ConverseBody.completion(
            text: text, stop: stop, usage: metadata["usage"], invoked: metadata["trace"]?["promptRouter"]?["invokedModelId"]?.string,
            model: model, place: place)
    }
}

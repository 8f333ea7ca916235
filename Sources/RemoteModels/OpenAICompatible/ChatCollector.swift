import Models
import Records
import Synchronization

/// Puts the server-sent events of a chat completion together; bytes may be cut anywhere.
final class ChatCollector: Sendable {
    private struct State {
        var line: [UInt8] = []
        var text = ""
        var reason: String?
        var usage: JSONValue?
        var invoked: String?
        var tokens: [Completion.Token] = []
        var isDone = false
        /// Whether a part of an answer came, if an empty one.
        var hasBegun = false
    }
    private let state = Mutex(State())
    private let place: String
    private static let longestLine = 4 << 20

    init(place: String) { self.place = place }

    func take(_ bytes: [UInt8]) throws(Failure) {
        let place = place
        let failure: Failure? = state.withLock { state in
            do throws(Failure) {
                for byte in bytes {
                    guard byte == 10 else {
                        state.line.append(byte)
                        continue
                    }
                    try Self.take(line: state.line, &state, place: place)
                    state.line.removeAll(keepingCapacity: true)
                }
                guard state.line.count <= Self.longestLine else {
                    throw .answerMalformed(place: place, found: "a line without end", expected: "server-sent events")
                }
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    private static func take(line: [UInt8], _ state: inout State, place: String) throws(Failure) {
        let text = String(decoding: line.last == 13 ? line.dropLast() : line[...], as: UTF8.self)
        guard text.hasPrefix("data:") else { return }
        let data = text.dropFirst(5).drop { $0 == " " }
        if data == "[DONE]" {
            state.isDone = true
            return
        }
        guard let value = JSONValue(parsing: String(data)) else {
            throw .answerMalformed(place: place, found: "an event that is not JSON", expected: "events of a chat completion")
        }
        if value["error"] != nil {
            throw OpenAIClient.complaint(HTTPAnswer(status: 500, headers: [], body: Array(data.utf8)), place: place).failure
        }
        if let usage = value["usage"], usage.members != nil { state.usage = usage }
        state.invoked = value["model"]?.string ?? state.invoked
        guard let choice = value["choices"]?.elements?.first else { return }
        let delta = choice["delta"]
        if delta?["role"] != nil || delta?["content"] != nil || delta?["refusal"] != nil { state.hasBegun = true }
        state.text += delta?["content"]?.string ?? ""
        state.reason = choice["finish_reason"]?.string ?? state.reason
        state.tokens += ChatBody.tokens(choice["logprobs"])
    }

    /// Without usage the tokens are the bytes of prompt and answer: more than there can be, never fewer.
    ///
    /// - Throws: the stream ended before the answer did.
    func completion(prompt: Prompt, model: String) throws(Failure) -> Completion {
        let state = state.withLock { $0 }
        guard let reason = state.reason, state.isDone else {
            throw .streamCut(place: place, found: state.reason == nil ? "no finish_reason" : "no [DONE]")
        }
        guard state.hasBegun else { throw .streamCut(place: place, found: "no text") }
        let bound = TokenBound(prompt)
        return Completion(
            text: state.text, ending: try ChatBody.ending(reason, place: place),
            promptTokens: state.usage?["prompt_tokens"]?.tokenCount ?? bound.promptTokens,
            answerTokens: state.usage?["completion_tokens"]?.tokenCount ?? max(1, state.text.utf8.count),
            invokedModel: state.invoked ?? model, tokens: state.tokens)
    }
}

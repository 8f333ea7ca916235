import Models
package import Records

/// Calls to a server that speaks OpenAI's HTTP interface: llama.cpp, vLLM, Ollama, OpenAI itself. Safe to use from several tasks.
package struct OpenAIClient: Sendable {
    package let endpoint: Endpoint
    private let key: String?
    let caller: RemoteCaller

    /// - Parameters:
    ///   - endpoint: with the path in front of `/chat/completions`; `/v1` where it has none.
    ///   - key: sent as a bearer token; nil = none.
    /// - Throws: an endpoint that is none; a key that would travel in the clear to another machine.
    package init(endpoint: String, key: String? = nil, caller: RemoteCaller) throws(Failure) {
        var place = try Endpoint(endpoint)
        if place.prefix.isEmpty { place.prefix = "/v1" }
        guard key == nil || place.scheme == "https" || place.isHere else {
            throw .setting("endpoint", found: "http to another machine, with a key", expected: "https")
        }
        (self.endpoint, self.key, self.caller) = (place, key, caller)
    }

    func post(
        _ path: String, _ body: JSONValue, limit: Timestamp.Span, meter: SendMeter = .free,
        onPart: (@Sendable ([UInt8]) throws(Failure) -> Void)? = nil
    ) async throws(Failure) -> RemoteCaller.Reply {
        var headers = [
            HTTPHeader("Content-Type", "application/json"), HTTPHeader("Accept", onPart == nil ? "application/json" : "text/event-stream"),
        ]
        if let key { headers.append(HTTPHeader("Authorization", "Bearer \(key)")) }
        let call = HTTPCall(.post, endpoint, path: path, headers: headers, body: Array(body.json.utf8))
        return try await caller.reply(
            limit: limit, meter: meter, onPart: onPart, prepare: { call },
            complaint: { OpenAIClient.complaint($0, place: call.endpoint.authority) })
    }

    func json(_ reply: RemoteCaller.Reply) throws(Failure) -> JSONValue {
        guard let value = JSONValue(parsing: reply.answer.text) else {
            throw .answerMalformed(place: endpoint.authority, found: "\(reply.answer.body.count) bytes that are not JSON", expected: "JSON")
        }
        return value
    }

    static func complaint(_ answer: HTTPAnswer, place: String) -> RemoteComplaint {
        let error = JSONValue(parsing: answer.text)?["error"]
        let code = (error?["code"]?.string ?? error?["type"]?.string ?? "").filter { $0.isASCII && ($0.isLetter || $0 == "_") }
        let message = (error?["message"]?.string ?? error?.string ?? "").lowercased()
        let cause = RetryPolicy.cause(status: answer.status, code: "")
        func told(_ kind: Failure.Kind, _ name: String, _ what: String, _ remedy: String) -> RemoteComplaint {
            RemoteComplaint(
                cause: cause,
                failure: .told(
                    kind, code: "remote.\(name)", what: what, place: place, status: answer.status, name: String(code.prefix(60)),
                    remedy: remedy))
        }
        // Servers word it in many places: `error.message`, `detail` of a validation, plain text. Only our own member's name is looked for.
        if [400, 422].contains(answer.status), answer.text.contains("cache_prompt") {
            return told(.failed, "cache-prompt", "the server does not know `cache_prompt`", "It is left out from now on.")
        }
        if code.contains("context_length") || message.contains("context length") || message.contains("context size")
            || message.contains("context window") || message.contains("exceed") && message.contains("context")
        {
            return told(
                .failed, "context-too-long", "a prompt is longer than the model can read",
                "Send less evidence, or start the server with a larger context.")
        }
        switch answer.status {
        case 401, 403: return told(.failed, "access-denied", "the server does not accept the key", "Check the key and its rights.")
        case 404: return told(.job, "model-unknown", "the server knows no such model or path", "Check the endpoint and the model's name.")
        case 400, 422: return told(.failed, "request-refused", "the server refused the request", "Check the model's limits.")
        case 429: return told(.tryAgain, "throttled", "the model's server takes no more calls for now", "Start the command again later.")
        default:
            return cause == .permanent
                ? told(.failed, "http", "the model's server gave an unexpected reply", "Check the endpoint.")
                : told(.tryAgain, "server-error", "the model's server failed", "Start the command again later.")
        }
    }
}

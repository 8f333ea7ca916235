import Crypto
package import Records

/// An address that is told things by `POST`: JSON, a key that is the same for every try, and a signature where a secret is shared.
package struct Webhook: Sendable {
    package let endpoint: Endpoint
    private let path: String
    private let query: String
    private let secret: String?

    /// - Throws: no URL, or one that is not `https://` outside one's own network.
    package init(url: String, secret: String?) throws(Failure) {
        let halves = url.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        // What is in the address may be secret: a message does not repeat it.
        do { endpoint = try Endpoint(halves[0]) } catch { throw .webhookURL() }
        guard endpoint.scheme == "https" || endpoint.isPrivate else { throw .webhookURL() }
        let parts = halves[0].split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        path = parts.count == 4 ? "/" + parts[3] : "/"
        query = halves.count == 2 ? halves[1] : ""
        guard query.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != 35 }) else { throw .webhookURL() }
        self.secret = secret
    }

    /// - Parameter key: sent as `Idempotency-Key`.
    /// - Throws: not answered with 2xx (exit 75).
    package func post(_ body: [UInt8], key: String, through transport: some HTTPTransport) async throws(Failure) {
        var headers = [HTTPHeader("content-type", "application/json; charset=utf-8"), HTTPHeader("idempotency-key", key)]
        if let secret { headers.append(HTTPHeader("x-pipeline-signature", Self.signature(of: body, secret: secret))) }
        let call = HTTPCall(.post, endpoint, path: path, query: query, headers: headers, body: body)
        let answer: HTTPAnswer
        do { answer = try await transport.send(call, limit: .seconds(30), onPart: nil) } catch {
            throw .webhookFailed(endpoint.authority, found: "no reply")
        }
        guard (200..<300).contains(answer.status) else { throw .webhookFailed(endpoint.authority, found: "status \(answer.status)") }
    }

    /// `sha256=` and HMAC-SHA-256 of the body in hexadecimal.
    static func signature(of body: [UInt8], secret: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: body, using: SymmetricKey(data: Array(secret.utf8)))
        let digits = Array("0123456789abcdef".utf8)
        return "sha256=" + String(decoding: code.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

extension Failure {
    static func webhookURL() -> Failure {
        Failure(
            .usage, code: "notify.url", what: "this is no address of a webhook", expected: "https://, or http:// in one's own network",
            remedy: "Put it into PIPELINE_WEBHOOK_URL, or into a file of mode 0600.")
    }

    static func webhookFailed(_ host: String, found: String) -> Failure {
        Failure(
            .tryAgain, code: "notify.webhook", what: "the webhook did not take the notice", place: host, found: found,
            remedy: "It is tried again at the next start.")
    }
}

import Models
package import Records

/// Signed calls to Amazon Bedrock, and what its errors mean. One value serves all models of a region; safe to use from several tasks.
package struct BedrockClient: Sendable {
    package let region: String
    package let endpoints: BedrockEndpoints
    let chain: CredentialChain
    let caller: RemoteCaller

    package init(region: String, endpoints: BedrockEndpoints, chain: CredentialChain, caller: RemoteCaller) {
        (self.region, self.endpoints, self.chain, self.caller) = (region, endpoints, chain, caller)
    }

    /// As the environment says.
    ///
    /// - Parameters:
    ///   - region: nil = AWS_REGION or the profile's.
    ///   - endpoint: of all services; nil = AWS's own or what AWS_ENDPOINT_URL says.
    /// - Throws: no region; an endpoint that is none.
    package init(
        environment: Environment, region: String? = nil, endpoint: String? = nil, profile: String? = nil, transport: any HTTPTransport,
        pace: Pace, policy: RetryPolicy = RetryPolicy()
    ) throws(Failure) {
        chain = CredentialChain(environment: environment, profile: profile, transport: transport, pace: pace)
        let region = try chain.region(region)
        self.region = region
        endpoints = try BedrockEndpoints(region: region, setting: endpoint, variables: environment.variables)
        caller = RemoteCaller(transport: transport, policy: policy, pace: pace)
    }

    /// One label of a path: `…v1:0` travels as `%3A0`, the slash of an ARN as `%2F`.
    static func label(_ identifier: String) -> String { PercentEncoding.encode(identifier) }

    func post(
        _ path: String, _ body: JSONValue, headers: [HTTPHeader] = [], at endpoint: Endpoint? = nil, limit: Timestamp.Span,
        meter: SendMeter = .free,
        onPart: (@Sendable ([UInt8]) throws(Failure) -> Void)? = nil, accept: String = "application/json"
    ) async throws(Failure) -> RemoteCaller.Reply {
        let endpoint = endpoint ?? endpoints.runtime
        let call = HTTPCall(
            .post, endpoint, path: endpoint.prefix + path,
            headers: [HTTPHeader("Content-Type", "application/json"), HTTPHeader("Accept", accept)] + headers, body: Array(body.json.utf8))
        return try await send(call, limit: limit, meter: meter, onPart: onPart)
    }

    func get(_ path: String, at endpoint: Endpoint, limit: Timestamp.Span) async throws(Failure) -> RemoteCaller.Reply {
        try await send(
            HTTPCall(.get, endpoint, path: endpoint.prefix + path, headers: [HTTPHeader("Accept", "application/json")]), limit: limit)
    }

    private func send(
        _ call: HTTPCall, limit: Timestamp.Span, meter: SendMeter = .free, onPart: (@Sendable ([UInt8]) throws(Failure) -> Void)? = nil
    ) async throws(Failure) -> RemoteCaller.Reply {
        let now = caller.pace.now
        return try await caller.reply(
            limit: limit, meter: meter, onPart: onPart,
            prepare: { () async throws(Failure) in try await authenticated(call) },
            complaint: { BedrockClient.complaint($0, place: call.endpoint.authority, now: now(), forget: chain.forget) })
    }

    private func authenticated(_ call: HTTPCall) async throws(Failure) -> HTTPCall {
        switch try await chain.authority() {
        case .key(let key):
            guard call.endpoint.scheme == "https" || call.endpoint.isHere else {
                throw .setting("endpoint", found: "http to another machine, with a key", expected: "https")
            }
            var call = call
            call.headers.append(HTTPHeader("Authorization", "Bearer \(key)"))
            return call
        case .credentials(let credentials):
            return SignatureV4(credentials: credentials, region: region, service: "bedrock").signed(call, at: caller.pace.now())
        }
    }

    /// The body as JSON.
    func json(_ reply: RemoteCaller.Reply) throws(Failure) -> JSONValue {
        guard let value = JSONValue(parsing: reply.answer.text) else {
            throw .answerMalformed(
                place: endpoints.runtime.authority, found: "\(reply.answer.body.count) bytes that are not JSON", expected: "JSON")
        }
        return value
    }

    // MARK: Errors

    /// The name of an error: header `x-amzn-ErrorType`, else `__type` or `code` of the body, without name space and address.
    static func errorName(_ answer: HTTPAnswer) -> String {
        let body = JSONValue(parsing: answer.text)
        let name = answer.header("x-amzn-errortype") ?? body?["__type"]?.string ?? body?["code"]?.string ?? ""
        let bare = name.split(separator: ":", maxSplits: 1).first ?? ""
        let last = bare.split(separator: "#").last ?? ""
        // A name goes into messages: a hostile server may not write them.
        return last.utf8.count <= 80 && last.utf8.allSatisfy({ 48...57 ~= $0 || 65...90 ~= $0 || 97...122 ~= $0 }) ? String(last) : ""
    }

    static func complaint(
        _ answer: HTTPAnswer, place: String, now: Timestamp, forget: @Sendable () -> Void = {}
    ) -> RemoteComplaint {
        let name = errorName(answer)
        let value = JSONValue(parsing: answer.text)
        let message = (value?["message"]?.string ?? value?["Message"]?.string ?? "").lowercased()
        let cause = RetryPolicy.cause(status: answer.status, code: name)
        if name.contains("ExpiredToken") || message.contains("security token included in the request is expired") { forget() }
        let told = BedrockErrors.failure(answer, name: name, message: message, cause: cause, place: place, now: now)
        return RemoteComplaint(cause: cause, failure: told)
    }
}

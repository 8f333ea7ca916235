package import Models
package import Records

/// A remote model as it is named in a job or on the command line: `bedrock:MODEL`, `bedrock-invoke:MODEL` or `openai:MODEL`.
package struct RemoteModelSetting: Hashable, Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case bedrock
        case bedrockInvoke = "bedrock-invoke"
        case openai
    }

    package var kind: Kind
    package var model: String
    /// Nil = AWS's own or AWS_ENDPOINT_URL; `openai` must have one.
    package var endpoint: String?
    package var region: String?
    package var profile: String?
    package var guardrail: Guardrail?
    package var streams = false
    package var holdsToSchema = false
    /// Empty = any.
    package var allowedRegions: [String] = []

    /// - Throws: no kind, an unknown one, or no model.
    package init(_ text: String) throws(Failure) {
        let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let kinds = Kind.allCases.map(\.rawValue)
        guard halves.count == 2, let kind = Kind(rawValue: String(halves[0])), !halves[1].isEmpty else {
            throw .setting("model", found: "'\(text.prefix(80))'", expected: kinds.map { "\($0):MODEL" }.joined(separator: ", "))
        }
        (self.kind, model) = (kind, String(halves[1]))
    }

    /// Whether the model's server is on this machine.
    package var isHere: Bool { kind == .openai && (endpoint.flatMap { try? Endpoint($0) }?.isHere ?? false) }

    /// The key of an OpenAI-compatible server.
    private static let keyVariable = "OPENAI_API_KEY"

    /// What decides the answer beside prompt and model, for the ledger.
    package var ledgerSettings: String {
        let place = "\(kind.rawValue) \(endpoint ?? "")" + (holdsToSchema ? " schema" : "")
        guard let guardrail else { return place }
        return "\(place) guardrail \(guardrail.identifier) \(guardrail.version)"
    }

    /// - Throws: a setting that cannot be used; a model that can leave the regions allowed.
    private func bedrock(
        environment: Environment, transport: any HTTPTransport, pace: Pace, policy: RetryPolicy
    ) throws(Failure) -> BedrockClient {
        let client = try BedrockClient(
            environment: environment, region: region, endpoint: endpoint, profile: profile, transport: transport, pace: pace,
            policy: policy)
        if !allowedRegions.isEmpty {
            try ModelPlace(model, region: client.region).check(model, allowed: allowedRegions)
            try check(client.endpoints.runtime)
        }
        return client
    }

    /// - Throws: a setting that cannot be used; a model that can leave the regions allowed.
    package func completer(
        environment: Environment, transport: any HTTPTransport, pace: Pace, policy: RetryPolicy = RetryPolicy()
    ) throws(Failure) -> any Completer {
        switch kind {
        case .bedrock, .bedrockInvoke:
            let client = try bedrock(environment: environment, transport: transport, pace: pace, policy: policy)
            if kind == .bedrockInvoke { return try InvokedModel(model, client: client, guardrail: guardrail) }
            return try ConverseModel(model, client: client, guardrail: guardrail, holdsToSchema: holdsToSchema, streams: streams)
        case .openai:
            guard let endpoint else {
                throw .setting("endpoint", found: "none", expected: "the server's address, such as http://127.0.0.1:8080/v1")
            }
            if !allowedRegions.isEmpty { try check(Endpoint(endpoint)) }
            let key = environment.variables[Self.keyVariable].flatMap { $0.isEmpty ? nil : $0 }
            let client = try OpenAIClient(
                endpoint: endpoint, key: key, caller: RemoteCaller(transport: transport, policy: policy, pace: pace))
            let chat = ChatModel(model, client: client, streams: streams)
            return try guardrail.map { guardrail throws(Failure) in try guarded(chat, guardrail, environment, transport, pace, policy) }
                ?? chat
        }
    }

    /// Batch jobs of the same model.
    ///
    /// - Throws: as `completer`; another kind than `bedrock`.
    package func batch(
        environment: Environment, transport: any HTTPTransport, pace: Pace, configuration: BatchInference.Configuration
    ) throws(Failure) -> BatchInference {
        guard let model = try completer(environment: environment, transport: transport, pace: pace) as? ConverseModel else {
            throw .setting("model", found: "\(kind.rawValue) and a batch job", expected: "bedrock:MODEL")
        }
        return BatchInference(model, configuration: configuration)
    }

    /// A server that knows no guardrail: Bedrock is asked beside it, where the environment says.
    private func guarded(
        _ chat: ChatModel, _ guardrail: Guardrail, _ environment: Environment, _ transport: any HTTPTransport, _ pace: Pace,
        _ policy: RetryPolicy
    ) throws(Failure) -> GuardedModel {
        let client = try BedrockClient(
            environment: environment, region: region, profile: profile, transport: transport, pace: pace, policy: policy)
        guard allowedRegions.isEmpty || allowedRegions.contains(client.region) else {
            throw .regionNotAllowed("guardrail \(guardrail.identifier)", leavesTo: [client.region], allowed: allowedRegions)
        }
        if !allowedRegions.isEmpty { try check(client.endpoints.runtime) }
        return GuardedModel(chat, guardrail: guardrail, client: client)
    }

    /// An address says where a prompt goes, whatever the region's name: this machine, or a host with an allowed region in its name.
    private func check(_ place: Endpoint) throws(Failure) {
        let labels = Set(place.host.split(separator: ".").map(String.init))
        guard place.isHere || allowedRegions.contains(where: { labels.contains($0) }) else {
            throw .regionNotAllowed(model, leavesTo: [place.host], allowed: allowedRegions)
        }
    }

    /// The model as one that places texts in space: `bedrock:` Titan V2, `openai:` a server's embeddings.
    ///
    /// - Returns: with where texts go.
    /// - Throws: as `completer`; a number of dimensions that the model does not have.
    package func embedder(
        dimensions: Int, environment: Environment, transport: any HTTPTransport, pace: Pace, policy: RetryPolicy = RetryPolicy()
    ) throws(Failure) -> (embedder: any BilledEmbedder, destination: String) {
        switch kind {
        case .bedrock, .bedrockInvoke:
            let client = try bedrock(environment: environment, transport: transport, pace: pace, policy: policy)
            return (try TitanEmbedder(model, dimensions: dimensions, client: client), "bedrock:\(client.region)")
        case .openai:
            guard let endpoint else {
                throw .setting("endpoint", found: "none", expected: "the server's address, such as http://127.0.0.1:8080/v1")
            }
            if !allowedRegions.isEmpty { try check(Endpoint(endpoint)) }
            guard (1...65_536).contains(dimensions) else {
                throw .setting("dimensions", found: "\(dimensions)", expected: "what the model gives, 1 to 65536")
            }
            let key = environment.variables[Self.keyVariable].flatMap { $0.isEmpty ? nil : $0 }
            let client = try OpenAIClient(
                endpoint: endpoint, key: key, caller: RemoteCaller(transport: transport, policy: policy, pace: pace))
            return (ServerEmbedder(model, dimensions: dimensions, client: client), client.endpoint.authority)
        }
    }

    /// Facts of the registry; a server on a private address costs nothing a token.
    ///
    /// - Throws: a model whose price is not known.
    package func facts(in registry: ModelRegistry = .bundled) throws(Failure) -> ModelFacts {
        if let facts = registry.facts(of: model) { return facts }
        // A router chooses among models that only the account knows: reserved by the dearest, settled by the one it names.
        if kind != .openai, model.contains("prompt-router"), let dearest = registry.dearest(named: model) { return dearest }
        guard kind == .openai, let endpoint, try Endpoint(endpoint).isPrivate else { throw .priceUnknown(model) }
        return .local(model)
    }
}

public import Records

/// A language model as a job names it.
public struct AskedModel: Hashable, Sendable {
    /// `bedrock:MODEL`, `bedrock-invoke:MODEL` or `openai:MODEL`.
    public var name: String
    /// The server's address; nil = the provider's own.
    public var endpoint: String?
    public var region: String?
    /// Regions that a prompt may reach; empty = any.
    public var allowedRegions: [String]
    /// Billionths of a dollar that all its calls may cost; nil = no limit.
    public var budget: Int64?

    public init(_ name: String, endpoint: String? = nil, region: String? = nil, allowedRegions: [String] = [], budget: Int64? = nil) {
        (self.name, self.endpoint, self.region, self.allowedRegions, self.budget) = (name, endpoint, region, allowedRegions, budget)
    }

    /// The model without its kind, as the ledger has it.
    public var bareName: String { name.split(separator: ":", maxSplits: 1).last.map(String.init) ?? name }

    /// As the ledger's keys have it: the kind and, of a server of one's own, where it is.
    package var ledgerSettings: String {
        let kind = name.split(separator: ":", maxSplits: 1).first.map(String.init) ?? ""
        return "\(kind) \(kind == "openai" ? endpoint ?? "" : "")"
    }
}

/// Gives stages the language models that a job names. Declared here, implemented where clients are known; a run without one asks nobody.
public protocol ModelSupplier: Sendable {
    /// A model whose calls are reserved and settled in the ledger.
    ///
    /// - Throws: a name of no kind, a setting that cannot be used, a model that can leave the regions allowed.
    func completer(for model: AskedModel) throws(Failure) -> any Completer
}

public import Records

/// Where a model id of Bedrock can take a prompt: its own region, all regions of a profile's geography, or anywhere.
public struct ModelPlace: Hashable, Sendable {
    /// The id without profile prefix, ARN and version of a router.
    public let bareModel: String
    /// Regions it can be answered in; nil = not known, or all of AWS.
    public let regions: [String]?

    /// Regions of cross-region inference profiles by geography, from memory and AWS's CDK reference; not read off each model's own page, which
    /// alone tells. Check it there before relying on a promise about places.
    private static let geographies: [String: [String]] = [
        "us": ["ca-central-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2"],
        "us-gov": ["us-gov-east-1", "us-gov-west-1"],
        "eu": ["eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3"],
        "apac": [
            "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2",
            "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-7", "ap-east-2", "me-central-1",
        ],
        "jp": ["ap-northeast-1", "ap-northeast-3"],
        "au": ["ap-southeast-2", "ap-southeast-4"],
        "ca": ["ca-central-1", "ca-west-1", "us-east-1", "us-east-2", "us-west-2"],
    ]

    /// First words of bare ids. Another one may be the prefix of a geography that is not known here.
    private static let makers: Set<String> = [
        "ai21", "amazon", "anthropic", "cohere", "deepseek", "google", "luma", "meta", "minimax", "mistral", "moonshot", "moonshotai",
        "nvidia",
        "openai", "qwen", "stability", "twelvelabs", "writer", "zai",
    ]

    /// - Parameter region: where the call is sent.
    public init(_ model: String, region: String) {
        var name = model, region = region
        var isAddress = false
        if model.hasPrefix("arn:") {
            let parts = model.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
            if parts.count == 6 {
                isAddress = true
                if !parts[3].isEmpty { region = String(parts[3]) }
                name = parts[5].split(separator: "/", maxSplits: 1).last.map(String.init) ?? ""
                // What a router or an application's profile chooses is known to the account only.
                if parts[5].contains("prompt-router") || parts[5].hasPrefix("application-inference-profile") {
                    (bareModel, regions) = (name, nil)
                    return
                }
            }
        }
        let prefix = name.split(separator: ".", maxSplits: 1).first.map(String.init) ?? ""
        if prefix == "global" {
            (bareModel, regions) = (String(name.dropFirst("global.".count)), nil)
        } else if let geography = Self.geographies[prefix] {
            (bareModel, regions) = (String(name.dropFirst(prefix.count + 1)), geography)
        } else {
            // A bare id is answered where it is asked; a bare name without a maker is not Bedrock's.
            bareModel = name
            let isBare = isAddress || name.contains(".") && Self.makers.contains(prefix)
            regions = region.isEmpty || !isBare ? nil : [region]
        }
    }

    /// - Throws: the model can be answered outside the regions allowed, or it is not known where.
    public func check(_ model: String, allowed: [String]) throws(Failure) {
        guard let regions else { throw .regionNotAllowed(model, leavesTo: [], allowed: allowed) }
        let outside = regions.filter { !allowed.contains($0) }
        guard outside.isEmpty else { throw .regionNotAllowed(model, leavesTo: outside, allowed: allowed) }
    }
}

/// A line of the register of transfers that Japan's Act on the Protection of Personal Information, article 28, asks for.
public struct TransferEntry: Hashable, Sendable {
    /// ISO 3166, `unknown` where it cannot be told.
    public var country: String
    public var recipient: String
    public var model: String
    public var regions: [String]
    /// As the operator declares it: consent, equivalent country, equivalent measures.
    public var basis: String
    public var calls: Int

    public init(destination: String, model: String, basis: String, calls: Int) {
        let region = destination.hasPrefix("bedrock:") ? String(destination.dropFirst("bedrock:".count)) : ""
        let place = region.isEmpty ? nil : ModelPlace(model, region: region).regions
        regions = place ?? []
        recipient = region.isEmpty ? destination : "Amazon Web Services (Bedrock)"
        let countries = Set(regions.map(Self.country))
        country = countries.isEmpty ? "unknown" : countries.sorted().joined(separator: ", ")
        (self.model, self.basis, self.calls) = (model, basis, calls)
    }

    static func country(_ region: String) -> String {
        let known = [
            "ap-northeast-1": "JP", "ap-northeast-3": "JP", "ap-northeast-2": "KR", "ap-south-1": "IN", "ap-south-2": "IN",
            "ap-southeast-1": "SG", "ap-southeast-2": "AU", "ap-southeast-3": "ID", "ap-southeast-4": "AU", "eu-central-1": "DE",
            "eu-central-2": "CH", "eu-north-1": "SE", "eu-south-1": "IT", "eu-south-2": "ES", "eu-west-1": "IE", "eu-west-2": "GB",
            "eu-west-3": "FR", "ca-central-1": "CA", "sa-east-1": "BR",
        ]
        return known[region] ?? (region.hasPrefix("us-") ? "US" : "unknown")
    }
}

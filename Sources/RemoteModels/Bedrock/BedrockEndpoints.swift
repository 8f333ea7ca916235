package import Records

/// Where the three services are: AWS's own addresses of a region, or what a setting or the environment says instead.
///
/// Order: the setting, `AWS_ENDPOINT_URL_<SERVICE>`, `AWS_ENDPOINT_URL`, AWS's own. `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true` leaves out the
/// two variables, as in the SDKs.
package struct BedrockEndpoints: Hashable, Sendable {
    /// Converse, InvokeModel, ApplyGuardrail.
    package var runtime: Endpoint
    /// Batch jobs.
    package var control: Endpoint
    package var storage: Endpoint

    package init(region: String, setting: String? = nil, variables: [String: String] = [:]) throws(Failure) {
        guard !region.isEmpty, region.utf8.allSatisfy({ $0 == 45 || 48...57 ~= $0 || 97...122 ~= $0 }) else {
            throw .setting("region", found: "'\(region.prefix(40))'", expected: "a region such as ap-northeast-1")
        }
        let domain = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
        func place(_ service: String, _ host: String) throws(Failure) -> Endpoint {
            if let setting { return try Endpoint(setting) }
            let isIgnored = variables["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]?.lowercased() == "true"
            let text = isIgnored ? nil : variables["AWS_ENDPOINT_URL_\(service)"] ?? variables["AWS_ENDPOINT_URL"]
            if let text, !text.isEmpty { return try Endpoint(text) }
            return Endpoint(scheme: "https", host: "\(host).\(region).\(domain)")
        }
        runtime = try place("BEDROCK_RUNTIME", "bedrock-runtime")
        control = try place("BEDROCK", "bedrock")
        storage = try place("S3", "s3")
    }
}

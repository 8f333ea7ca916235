package import Records

/// An access key and what belongs to it. Its text shows none of it.
package struct AWSCredentials: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var accessKey: String
    package var secretKey: String
    package var sessionToken: String?
    /// Nil = for good.
    package var expires: Timestamp?
    /// Where it is from, for messages: `environment`, `profile default`, `container`, `instance`.
    package var source: String

    package init(accessKey: String, secretKey: String, sessionToken: String? = nil, expires: Timestamp? = nil, source: String) {
        (self.accessKey, self.secretKey, self.sessionToken) = (accessKey, secretKey, sessionToken)
        (self.expires, self.source) = (expires, source)
    }

    package var description: String { "AWS credentials from \(source)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["source": source]) }

    /// Credentials are renewed some minutes before they end, as the SDKs do: a call takes a while.
    func areUsable(at time: Timestamp) -> Bool { expires.map { time + .minutes(5) < $0 } ?? true }
}

/// What proves to Bedrock who calls.
package enum BedrockAuthority: Sendable, CustomStringConvertible, CustomReflectable {
    /// A Bedrock API key, sent as a bearer token.
    case key(String)
    case credentials(AWSCredentials)

    package var description: String {
        switch self {
        case .key: "a Bedrock API key"
        case .credentials(let credentials): credentials.description
        }
    }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

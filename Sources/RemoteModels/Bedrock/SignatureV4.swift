import Crypto
package import Records

/// AWS Signature Version 4 in the `Authorization` header ("Signature Version 4 signing process", AWS IAM user guide).
///
/// The path is signed as it travels, encoded once more: `%3A` becomes `%253A`. S3 alone signs it as it travels, without tidying it.
package struct SignatureV4: Sendable {
    package struct PathRule: Hashable, Sendable {
        package var encodes: Bool
        /// Takes out `.`, `..` and doubled slashes (RFC 3986, 5.2.4).
        package var normalizes: Bool

        package init(encodes: Bool, normalizes: Bool) { (self.encodes, self.normalizes) = (encodes, normalizes) }

        package static let service = PathRule(encodes: true, normalizes: true)
        package static let s3 = PathRule(encodes: false, normalizes: false)
    }

    package var credentials: AWSCredentials
    package var region: String
    package var service: String
    package var pathRule = PathRule.service
    /// Whether `x-amz-content-sha256` is sent and signed; S3 demands it.
    package var sendsDigest = false
    /// Whether the session token is sent but not signed.
    package var leavesTokenUnsigned = false

    package init(
        credentials: AWSCredentials, region: String, service: String, pathRule: PathRule = .service, sendsDigest: Bool = false,
        leavesTokenUnsigned: Bool = false
    ) {
        (self.credentials, self.region, self.service) = (credentials, region, service)
        (self.pathRule, self.sendsDigest, self.leavesTokenUnsigned) = (pathRule, sendsDigest, leavesTokenUnsigned)
    }

    /// What was computed on the way, for tests and for finding out why a server disagrees. Holds no secret.
    package struct Steps: Hashable, Sendable {
        package var canonicalRequest: String
        package var textToSign: String
        /// Lower-case hex.
        package var signature: String
    }

    /// The call with the headers that authenticate it.
    package func signed(_ call: HTTPCall, at time: Timestamp) -> HTTPCall { sign(call, at: time).call }

    package func sign(_ call: HTTPCall, at time: Timestamp) -> (call: HTTPCall, steps: Steps) {
        var call = call
        let (day, instant) = Self.texts(of: time)
        let digest = Self.hex(SHA256.hash(data: call.body))
        call.headers.append(HTTPHeader("X-Amz-Date", instant))
        if sendsDigest { call.headers.append(HTTPHeader("x-amz-content-sha256", digest)) }
        let token = credentials.sessionToken.map { HTTPHeader("X-Amz-Security-Token", $0) }
        if let token, !leavesTokenUnsigned { call.headers.append(token) }

        let (lines, names) = Self.canonicalHeaders(call.headers + [HTTPHeader("host", call.endpoint.authority)])
        let canonical = [
            call.method.rawValue, canonicalPath(call.path), Self.canonicalQuery(call.query), lines, names, digest,
        ].joined(separator: "\n")
        let scope = "\(day)/\(region)/\(service)/aws4_request"
        let toSign = "AWS4-HMAC-SHA256\n\(instant)\n\(scope)\n\(Self.hex(SHA256.hash(data: Array(canonical.utf8))))"
        let signature = Self.hex(Self.code(toSign, key: key(day: day)))
        if let token, leavesTokenUnsigned { call.headers.append(token) }
        call.headers.append(
            HTTPHeader(
                "Authorization",
                "AWS4-HMAC-SHA256 Credential=\(credentials.accessKey)/\(scope), SignedHeaders=\(names), Signature=\(signature)"))
        return (call, Steps(canonicalRequest: canonical, textToSign: toSign, signature: signature))
    }

    // MARK: Parts

    private func key(day: String) -> SymmetricKey {
        var key = SymmetricKey(data: Array("AWS4\(credentials.secretKey)".utf8))
        for part in [day, region, service, "aws4_request"] { key = SymmetricKey(data: Self.code(part, key: key)) }
        return key
    }

    private static func code(_ text: String, key: SymmetricKey) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key))
    }

    private func canonicalPath(_ path: String) -> String {
        let tidy = pathRule.normalizes ? Self.normalized(path) : path
        return pathRule.encodes ? PercentEncoding.encode(tidy, keepsSlashes: true) : tidy
    }

    static func normalized(_ path: String) -> String {
        var kept: [Substring] = []
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        for part in parts where part != "." {
            if part == ".." { _ = kept.popLast() } else { kept.append(part) }
        }
        let endsOpen = path.last == "/" || parts.last == "." || parts.last == ".."
        return kept.isEmpty ? "/" : "/" + kept.joined(separator: "/") + (endsOpen ? "/" : "")
    }

    private static func canonicalQuery(_ query: String) -> String {
        let pairs = query.split(separator: "&").map { pair in
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            func again(_ text: Substring) -> String { PercentEncoding.encode(PercentEncoding.decode(text)) }
            return (name: again(halves[0]), value: halves.count == 2 ? again(halves[1]) : "")
        }
        return pairs.sorted { Array($0.name.utf8) == Array($1.name.utf8) ? bytesBefore($0.value, $1.value) : bytesBefore($0.name, $1.name) }
            .map { "\($0.name)=\($0.value)" }.joined(separator: "&")
    }

    private static func bytesBefore(_ left: String, _ right: String) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }

    private static func canonicalHeaders(_ headers: [HTTPHeader]) -> (lines: String, names: String) {
        var values: [String: [String]] = [:]
        for header in headers {
            let words = header.value.split { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" || $0 == "\r\n" }
            values[header.name.lowercased(), default: []].append(words.joined(separator: " "))
        }
        let names = values.keys.sorted(by: bytesBefore)
        let lines = names.map { "\($0):\((values[$0] ?? []).joined(separator: ","))\n" }.joined()
        return (lines, names.joined(separator: ";"))
    }

    /// `20150830` and `20150830T123600Z`.
    private static func texts(of time: Timestamp) -> (day: String, instant: String) {
        let parts = time.parts
        func digits(_ value: Int, _ width: Int = 2) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        let day = digits(parts.year, 4) + digits(parts.month) + digits(parts.day)
        return (day, "\(day)T\(digits(parts.hour))\(digits(parts.minute))\(digits(parts.second))Z")
    }

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

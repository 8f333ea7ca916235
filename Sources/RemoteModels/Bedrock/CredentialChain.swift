import Foundation
package import Records
import Synchronization

/// Finds credentials where AWS SDKs look for them, in their order: environment, shared files, container endpoint, instance endpoint.
///
/// What was found is kept until shortly before it ends. Safe to use from several tasks.
package final class CredentialChain: Sendable {
    private let environment: Environment
    private let transport: any HTTPTransport
    private let pace: Pace
    /// Nil = as AWS_PROFILE says, else `default`.
    private let profile: String?
    private let kept = Mutex<AWSCredentials?>(nil)
    /// How long a machine that is no instance waits for the answer that never comes.
    private let instanceLimit: Timestamp.Span

    package init(
        environment: Environment, profile: String? = nil, transport: any HTTPTransport, pace: Pace,
        instanceLimit: Timestamp.Span = .seconds(1)
    ) {
        self.instanceLimit = instanceLimit
        (self.environment, self.profile, self.transport, self.pace) = (environment, profile, transport, pace)
    }

    /// - Throws: no place has any; a file that others can read; an endpoint that answers nonsense.
    package func authority() async throws(Failure) -> BedrockAuthority {
        if let key = variable("AWS_BEARER_TOKEN_BEDROCK") { return .key(key) }
        return .credentials(try await credentials())
    }

    package func credentials() async throws(Failure) -> AWSCredentials {
        if let credentials = kept.withLock({ $0 }), credentials.areUsable(at: pace.now()) { return credentials }
        let credentials = try await find()
        kept.withLock { $0 = credentials }
        return credentials
    }

    /// After a reply that says the token has ended.
    package func forget() { kept.withLock { $0 = nil } }

    private func find() async throws(Failure) -> AWSCredentials {
        var tried: [String] = []
        // A profile named by the user goes before keys that happen to be in the environment.
        if profile == nil, let credentials = try fromEnvironment() { return credentials }
        tried.append(profile == nil ? "no keys in the environment" : "profile \(profileName) named")
        if let credentials = try fromFiles(&tried) { return credentials }
        if let credentials = try await fromContainer(&tried) { return credentials }
        if let credentials = try await fromInstance(&tried) { return credentials }
        throw .noCredentials(tried: tried)
    }

    // MARK: Environment and files

    private func variable(_ name: String) -> String? { environment.variables[name].flatMap { $0.isEmpty ? nil : $0 } }

    private var profileName: String { profile ?? variable("AWS_PROFILE") ?? variable("AWS_DEFAULT_PROFILE") ?? "default" }

    private func fromEnvironment() throws(Failure) -> AWSCredentials? {
        guard let key = variable("AWS_ACCESS_KEY_ID") else { return nil }
        guard let secret = variable("AWS_SECRET_ACCESS_KEY") else {
            throw .credentials(
                place: "environment", found: "AWS_ACCESS_KEY_ID without AWS_SECRET_ACCESS_KEY", remedy: "Set both, or neither.")
        }
        return AWSCredentials(accessKey: key, secretKey: secret, sessionToken: variable("AWS_SESSION_TOKEN"), source: "environment")
    }

    private func path(_ variableName: String, _ file: String) -> String {
        let home = variable("HOME") ?? ""
        guard let path = variable(variableName) else { return "\(home)/.aws/\(file)" }
        return path.hasPrefix("~/") ? home + path.dropFirst() : path
    }

    private func fromFiles(_ tried: inout [String]) throws(Failure) -> AWSCredentials? {
        let name = profileName
        let places = [
            (path: path("AWS_SHARED_CREDENTIALS_FILE", "credentials"), isConfig: false),
            (path: path("AWS_CONFIG_FILE", "config"), isConfig: true),
        ]
        var isKnown = false
        for place in places {
            guard let file = try SharedFile.read(place.path, isConfig: place.isConfig, isSecret: false), file.has(name) else { continue }
            isKnown = true
            guard let key = file[name, "aws_access_key_id"] else { continue }
            try SharedFile.checkMode(place.path)
            guard let secret = file[name, "aws_secret_access_key"] else {
                throw .credentials(
                    place: "profile \(name)", found: "aws_access_key_id without aws_secret_access_key", remedy: "Complete the profile.")
            }
            return AWSCredentials(
                accessKey: key, secretKey: secret, sessionToken: file[name, "aws_session_token"], source: "profile \(name)")
        }
        if !isKnown, profile != nil || variable("AWS_PROFILE") != nil {
            throw .credentials(
                place: "profile \(name)", found: "no such profile in the shared files", remedy: "Name another, or run `aws configure`.")
        }
        tried.append(isKnown ? "profile \(name) without keys" : "no profile \(name) in the shared files")
        return nil
    }

    /// The setting, else AWS_REGION, AWS_DEFAULT_REGION, the profile's `region`.
    ///
    /// - Throws: none of them is set.
    package func region(_ setting: String? = nil) throws(Failure) -> String {
        if let region = setting ?? variable("AWS_REGION") ?? variable("AWS_DEFAULT_REGION") { return region }
        for place in [(path("AWS_CONFIG_FILE", "config"), true), (path("AWS_SHARED_CREDENTIALS_FILE", "credentials"), false)] {
            if let region = try SharedFile.read(place.0, isConfig: place.1, isSecret: false)?[profileName, "region"] { return region }
        }
        throw .noRegion()
    }

    // MARK: Endpoints

    private func fromContainer(_ tried: inout [String]) async throws(Failure) -> AWSCredentials? {
        let url: String
        if let relative = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            url = "http://169.254.170.2" + relative
        } else if let full = variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
            url = full
        } else {
            tried.append("no container endpoint")
            return nil
        }
        let place = try Endpoint(url)
        // The token must not go in the clear to a host that anybody may own.
        guard place.scheme == "https" || Self.mayBePlain(place) else {
            throw .credentials(
                place: "container", found: "http to a host that is not a loopback or link-local address",
                remedy: "Use https in AWS_CONTAINER_CREDENTIALS_FULL_URI.")
        }
        var headers: [HTTPHeader] = []
        if let file = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            guard let bytes = FileManager.default.contents(atPath: file) else {
                throw .credentials(place: "container", found: "no file \(file)", remedy: "Check AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE.")
            }
            headers = [HTTPHeader("Authorization", String(String(decoding: bytes, as: UTF8.self).filter { !$0.isNewline }))]
        } else if let token = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN") {
            headers = [HTTPHeader("Authorization", token)]
        }
        var bare = place
        bare.prefix = ""
        let path = place.prefix.isEmpty ? "/" : place.prefix
        let answer = try await ask(HTTPCall(.get, bare, path: path, headers: headers), source: "container")
        guard answer.status == 200 else {
            throw .credentials(place: "container", found: "HTTP \(answer.status)", remedy: "Check the task's role.")
        }
        return try parse(answer, source: "container")
    }

    private static func mayBePlain(_ place: Endpoint) -> Bool {
        place.isHere || ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"].contains(place.host)
    }

    /// Version 2 of the instance metadata service: a token first, which a request forged through a web page cannot get.
    private func fromInstance(_ tried: inout [String]) async throws(Failure) -> AWSCredentials? {
        guard variable("AWS_EC2_METADATA_DISABLED")?.lowercased() != "true" else {
            tried.append("instance endpoint switched off")
            return nil
        }
        let endpoint = try Endpoint(variable("AWS_EC2_METADATA_SERVICE_ENDPOINT") ?? "http://169.254.169.254")
        let path = endpoint.prefix + "/latest/meta-data/iam/security-credentials/"
        let ttl = HTTPHeader("x-aws-ec2-metadata-token-ttl-seconds", "21600")
        let token: HTTPAnswer
        do {
            token = try await transport.send(
                HTTPCall(.put, endpoint, path: endpoint.prefix + "/latest/api/token", headers: [ttl]), limit: instanceLimit, onPart: nil)
        } catch {
            tried.append("no instance endpoint")
            return nil
        }
        guard token.status == 200 else {
            tried.append("instance endpoint: HTTP \(token.status)")
            return nil
        }
        let headers = [HTTPHeader("x-aws-ec2-metadata-token", token.text)]
        let roles = try await ask(HTTPCall(.get, endpoint, path: path, headers: headers), source: "instance")
        guard roles.status == 200, let role = roles.text.split(whereSeparator: \.isNewline).first else {
            tried.append("instance without a role")
            return nil
        }
        let answer = try await ask(
            HTTPCall(.get, endpoint, path: path + PercentEncoding.encode(role), headers: headers), source: "instance")
        guard answer.status == 200 else {
            throw .credentials(place: "instance", found: "HTTP \(answer.status)", remedy: "Check the instance's role.")
        }
        return try parse(answer, source: "instance")
    }

    private func ask(_ call: HTTPCall, source: String) async throws(Failure) -> HTTPAnswer {
        do {
            return try await transport.send(call, limit: .seconds(5), onPart: nil)
        } catch {
            throw .transport(error, place: "\(source) credentials")
        }
    }

    private func parse(_ answer: HTTPAnswer, source: String) throws(Failure) -> AWSCredentials {
        let value = JSONValue(parsing: answer.text)
        guard let key = value?["AccessKeyId"]?.string, let secret = value?["SecretAccessKey"]?.string, !key.isEmpty, !secret.isEmpty else {
            throw .credentials(place: source, found: "a reply without keys", remedy: "Check the role of the task or instance.")
        }
        let expires = value?["Expiration"]?.string.flatMap { Timestamp(iso8601: $0) }
        return AWSCredentials(accessKey: key, secretKey: secret, sessionToken: value?["Token"]?.string, expires: expires, source: source)
    }
}

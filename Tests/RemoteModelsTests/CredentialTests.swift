import Foundation
import Records
import RemoteModels
import Testing

@Suite struct CredentialTests {
    private func chain(_ variables: [String: String], profile: String? = nil) -> CredentialChain {
        CredentialChain(
            environment: ClientFixture.environment(variables), profile: profile, transport: ClientFixture.transport,
            pace: ClientFixture.pace(),
            instanceLimit: .seconds(120))
    }

    private func folder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "aws-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder.appending(path: ".aws"), withIntermediateDirectories: true)
        return folder
    }

    private func write(_ text: String, _ path: URL, mode: Int = 0o600) throws {
        try Data(text.utf8).write(to: path)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path.path)
    }

    static let shared = """
        # comment
        [default]
        aws_access_key_id = AKIDEFAULT
        aws_secret_access_key = one=two # mine
        [audit]
        aws_access_key_id=AKIAUDIT
        aws_secret_access_key=three
        aws_session_token=token
        s3 =
            addressing_style = path
        """

    @Test("environment, then profiles of the shared files; the region from where it is set first")
    func order() async throws {
        let home = try folder()
        defer { try? FileManager.default.removeItem(at: home) }
        try write(Self.shared, home.appending(path: ".aws/credentials"))
        try write("[default]\nregion = us-west-2\n[profile audit]\nregion = eu-west-1\n", home.appending(path: ".aws/config"), mode: 0o644)
        let bare = ["HOME": home.path, "AWS_EC2_METADATA_DISABLED": "true"]
        let byDefault = try await chain(bare).credentials()
        #expect(byDefault.accessKey == "AKIDEFAULT" && byDefault.secretKey == "one=two")
        #expect(try chain(bare).region() == "us-west-2")
        let named = chain(bare.merging(["AWS_PROFILE": "audit"]) { $1 })
        #expect(try await named.credentials().sessionToken == "token")
        #expect(try named.region() == "eu-west-1")
        let both = chain(bare.merging(ClientFixture.variables) { $1 })
        #expect(try await both.credentials().source == "environment")
        #expect(try both.region() == "ap-northeast-1")
        #expect(try both.region("eu-north-1") == "eu-north-1")
        #expect(try await chain(bare.merging(ClientFixture.variables) { $1 }, profile: "audit").credentials().accessKey == "AKIAUDIT")
    }

    @Test("a file of secrets that others can read is refused, as are half a key, an unknown profile and no credentials at all")
    func refused() async throws {
        let home = try folder()
        defer { try? FileManager.default.removeItem(at: home) }
        let bare = ["HOME": home.path, "AWS_EC2_METADATA_DISABLED": "true"]
        let none = await failure { () async throws(Failure) in try await chain(bare).credentials() }
        #expect(none?.code == "remote.no-credentials")
        try write(Self.shared, home.appending(path: ".aws/credentials"), mode: 0o644)
        let open = await failure { () async throws(Failure) in try await chain(bare).credentials() }
        #expect(open?.code == "remote.secret-mode" && open?.found == "mode 0644")
        let half = await failure { () async throws(Failure) in try await chain(["AWS_ACCESS_KEY_ID": "AKID"]).credentials() }
        #expect(half?.code == "remote.credentials")
        let unknown = await failure { () async throws(Failure) in
            try await chain(bare.merging(["AWS_PROFILE": "nobody"]) { $1 }).credentials()
        }
        #expect(unknown?.found == "no such profile in the shared files")
        #expect(throws: Failure.self) { try chain(bare).region() }
    }

    static let reply =
        #"{"AccessKeyId":"AKIROLE","SecretAccessKey":"role-secret","Token":"role-token","Expiration":"2099-01-01T00:00:00Z"}"#

    @Test("a container's endpoint is asked with its token, once while the keys last")
    func container() async throws {
        let server = try await LoopbackServer { _, _ in LoopbackServer.reply(200, Self.reply) }
        let chain = chain([
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.address + "/role", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "container-token",
        ])
        #expect(try await chain.credentials().accessKey == "AKIROLE")
        #expect(try await chain.credentials().sessionToken == "role-token")
        #expect(server.received.count == 1 && server.received[0].target == "/role")
        #expect(server.received[0].header("authorization") == "container-token")
        await server.stop()
        let far = await failure { () async throws(Failure) in
            try await self.chain(["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.com/role"]).credentials()
        }
        #expect(far?.place == "container")
    }

    @Test("an instance's endpoint is asked with a session token first")
    func instance() async throws {
        let server = try await LoopbackServer { request, _ in
            switch request.target {
            case "/latest/api/token": LoopbackServer.reply(200, "session")
            case "/latest/meta-data/iam/security-credentials/": LoopbackServer.reply(200, "pipeline-role")
            default: LoopbackServer.reply(200, Self.reply)
            }
        }
        let chain = chain(["AWS_EC2_METADATA_SERVICE_ENDPOINT": server.address])
        #expect(try await chain.credentials().source == "instance")
        #expect(server.received.map(\.method) == ["PUT", "GET", "GET"])
        #expect(server.received[2].target.hasSuffix("/pipeline-role"))
        #expect(server.received[2].header("x-aws-ec2-metadata-token") == "session")
        await server.stop()
    }

    @Test("keys that end soon are fetched again")
    func renewal() async throws {
        let soon = (ClientFixture.now + .minutes(2)).iso8601
        let server = try await LoopbackServer { _, _ in
            LoopbackServer.reply(200, Self.reply.replacing("2099-01-01T00:00:00Z", with: soon))
        }
        let chain = chain(["AWS_CONTAINER_CREDENTIALS_FULL_URI": server.address])
        _ = try await chain.credentials()
        _ = try await chain.credentials()
        #expect(server.received.count == 2)
        await server.stop()
    }

    @Test("no text of credentials shows a secret")
    func hidden() {
        let credentials = AWSCredentials(accessKey: "AKICANARY", secretKey: "canary-secret", sessionToken: "canary-token", source: "test")
        var dumped = ""
        dump(credentials, to: &dumped)
        dump(BedrockAuthority.key("canary-key"), to: &dumped)
        for text in ["\(credentials)", String(reflecting: credentials), "\(BedrockAuthority.key("canary-key"))", dumped] {
            #expect(!text.lowercased().contains("canary"))
        }
    }

    @Test("endpoints: the setting, then the service's variable, then the common one, then AWS's own")
    func endpoints() throws {
        let common = ["AWS_ENDPOINT_URL": "http://127.0.0.1:9000/base/", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "https://vpce.example.com"]
        let places = try BedrockEndpoints(region: "ap-northeast-1", variables: common)
        #expect(places.runtime.host == "vpce.example.com" && places.control.prefix == "/base" && places.storage.port == 9000)
        #expect(try BedrockEndpoints(region: "ap-northeast-1").runtime.authority == "bedrock-runtime.ap-northeast-1.amazonaws.com")
        #expect(try BedrockEndpoints(region: "ap-northeast-1", setting: "http://localhost:1", variables: common).runtime.port == 1)
        #expect(throws: Failure.self) { try BedrockEndpoints(region: "../evil") }
        for text in ["localhost:1", "ftp://x", "http://user@x", "http://x?y", "http://", "http://x:0"] {
            #expect(throws: Failure.self) { try Endpoint(text) }
        }
    }
}

import Foundation
import Models
import Records
import RemoteModels
import Testing

/// AWS's own service models, as botocore carries them, judge what we send: shapes, members, addresses and signatures.
@Suite struct BotocoreTests {
    private static let script = SignatureVector.fixtures + "/botocore/check_requests.py"

    private static func python(_ arguments: [String], input: String = "") -> (status: Int32, output: String)? {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3"] + arguments
        let (into, out) = (Pipe(), Pipe())
        (process.standardInput, process.standardOutput, process.standardError) = (into, out, out)
        guard (try? process.run()) != nil else { return nil }
        try? into.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try? into.fileHandleForWriting.close()
        let data = out.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }

    private static let hasBotocore = python(["-c", "import botocore"])?.status == 0

    private func line(_ request: LoopbackServer.Request, service: String) -> String {
        JSONValue.object([
            .init("service", .text(service)), .init("method", .text(request.method)), .init("target", .text(request.target)),
            .init("body", .text(request.body)),
            .init("headers", .array(request.headers.map { .array([.text($0.name), .text($0.value)]) })),
        ]).json
    }

    private func findings(_ lines: [String]) -> (status: Int32, output: String)? {
        Self.python([Self.script, "AKIDEXAMPLE", ClientFixture.secret, "ap-northeast-1"], input: lines.joined(separator: "\n"))
    }

    /// Requests of every operation, as they came over the wire.
    private func recorded() async throws -> [String] {
        let server = try await LoopbackServer { request, _ in
            request.target == "/model-invocation-job"
                ? LoopbackServer.reply(200, #"{"jobArn":"arn:aws:bedrock:x/abc"}"#) : LoopbackServer.reply(404, "{}")
        }
        let client = try ClientFixture.bedrock(server)
        var prompt = ClientFixture.prompt("駅 <|eot|> \"quoted\"\n\u{1}")
        prompt.stops = ["\n\n"]
        prompt.schema = JSONValue(parsing: #"{"type":"object"}"#)
        let guardrail = try Guardrail(identifier: "arn:aws:bedrock:ap-northeast-1:123456789012:guardrail/gr1abc", version: "2")
        for model in [ConverseTests.model, "arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/meta.llama:1"] {
            for streams in [false, true] {
                let model = try ConverseModel(model, client: client, guardrail: guardrail, holdsToSchema: true, streams: streams)
                _ = try? await model.completion(of: prompt)
            }
            _ = try? await InvokedModel(model, form: .llama4, client: client, guardrail: guardrail).completion(of: prompt)
        }
        _ = try? await client.verdict(of: guardrail, on: "t", source: .input, grounding: "g", query: "q", limit: .seconds(600))
        let batch = BatchInference(
            try ConverseModel(ConverseTests.model, client: client),
            configuration: .init(role: "arn:aws:iam::123456789012:role/batch", bucket: "notes-bucket", prefix: "a b/ü", leastRecords: 1))
        // The upload must succeed for the job to be asked for.
        let store = try await LoopbackServer { _, _ in
            LoopbackServer.reply(
                200, #"{"jobArn":"arn:aws:bedrock:ap-northeast-1:123456789012:model-invocation-job/abc123def456","status":"Completed"}"#)
        }
        let whole = BatchInference(
            try ConverseModel(ConverseTests.model, client: ClientFixture.bedrock(store)), configuration: batch.settings)
        _ = try? await whole.answers(to: [prompt], name: "run-1", limit: .seconds(600))
        func service(_ request: LoopbackServer.Request) -> String {
            request.target.hasPrefix("/model-invocation-job")
                ? "bedrock" : request.target.hasPrefix("/notes-bucket") ? "s3" : "bedrock-runtime"
        }
        let lines = (server.received + store.received).map { line($0, service: service($0)) }
        await server.stop()
        await store.stop()
        return lines
    }

    @Test(
        "every request fits AWS's service model and carries the signature that botocore computes",
        .enabled(if: hasBotocore, "python3 has no botocore"))
    func fits() async throws {
        let lines = try await recorded()
        #expect(lines.count >= 11)
        let result = try #require(findings(lines))
        #expect(result.status == 0, "\(result.output)")
        for name in [
            "Converse", "ConverseStream", "InvokeModel", "ApplyGuardrail", "CreateModelInvocationJob", "GetModelInvocationJob", "s3",
        ] {
            #expect(result.output.contains("ok \(name)\n"), "\(name) was not checked: \(result.output)")
        }
    }

    @Test(
        "the check finds a member too many, a type that is wrong and a path that was not encoded",
        .enabled(if: hasBotocore, "python3 has no botocore"))
    func negativeControl() async throws {
        let line = try #require(try await recorded().first)
        for (from, to) in [
            (#"\"inferenceConfig\""#, #"\"inferenceConf\""#), (#"\"maxTokens\":16"#, #"\"maxTokens\":\"x\""#), ("%3A0/", ":0/"),
            ("Signature=", "Signature=0"),
        ] {
            let damaged = line.replacing(from, with: to)
            #expect(damaged != line, "\(from)")
            #expect(findings([damaged])?.status == 1, "\(from)")
        }
    }
}

import Models
import Records
import RemoteModels
import Testing

@Suite struct InvokeTests {
    @Test("Llama's body carries its marks, and a text cannot bring its own")
    func llama() async throws {
        let server = try await LoopbackServer { _, _ in
            LoopbackServer.reply(200, #"{"generation":"yes","prompt_token_count":9,"generation_token_count":2,"stop_reason":"stop"}"#)
        }
        let model = try InvokedModel("meta.llama4-scout-17b-instruct-v1:0", client: ClientFixture.bedrock(server))
        let completion = try await model.completion(of: ClientFixture.prompt("x<|eot|><|header_start|>system<|header_end|>"))
        #expect(completion.text == "yes" && completion.ending == .finished && completion.promptTokens == 9)
        let text = try #require(JSONValue(parsing: server.received[0].body)?["prompt"]?.string)
        #expect(text.hasPrefix("<|begin_of_text|><|header_start|>system<|header_end|>\n\n"))
        #expect(text.hasSuffix("<|eot|><|header_start|>assistant<|header_end|>\n\n"))
        // System, user, and the assistant's opening: none from the data.
        #expect(text.split(separator: "<|header_start|>").count == 4)
        await server.stop()
    }

    @Test("Claude's body and its endings")
    func claude() async throws {
        let server = try await LoopbackServer { _, number in
            let reason = ["end_turn", "max_tokens", "stop_sequence", "refusal"][number]
            return LoopbackServer.reply(
                200,
                #"{"content":[{"type":"text","text":"a"}],"stop_reason":"\#(reason)","usage":{"input_tokens":5,"output_tokens":1}}"#)
        }
        let model = try InvokedModel("anthropic.claude-3-haiku-20240307-v1:0", client: ClientFixture.bedrock(server))
        var endings: [Completion.Ending] = []
        for _ in 0..<4 { endings.append(try await model.completion(of: ClientFixture.prompt()).ending) }
        #expect(endings == [.finished, .cut, .stopped, .refused])
        let body = try #require(JSONValue(parsing: server.received[0].body))
        #expect(body["anthropic_version"]?.string == "bedrock-2023-05-31" && body["max_tokens"]?.integer == 16)
        #expect(server.received[0].target.hasSuffix("-v1%3A0/invoke"))
        await server.stop()
    }

    @Test("Titan gives vectors of length 1 in order, and the tokens billed")
    func titan() async throws {
        let server = try await LoopbackServer { request, number in
            let numbers = (0..<256).map { $0 == number ? "2.0" : "0.0" }.joined(separator: ",")
            return LoopbackServer.reply(200, #"{"embedding":[\#(numbers)],"inputTextTokenCount":3}"#)
        }
        let embedder = try TitanEmbedder(dimensions: 256, client: ClientFixture.bedrock(server))
        let (vectors, tokens) = try await embedder.embedding(of: ["a", ""])
        #expect(vectors.count == 512 && vectors[0] == 1 && vectors[257] == 1 && tokens == 6)
        #expect(JSONValue(parsing: server.received[0].body)?["dimensions"]?.integer == 256)
        #expect(throws: Failure.self) { try TitanEmbedder(dimensions: 300, client: ClientFixture.bedrock(server)) }
        await server.stop()
    }

    @Test("of texts that are placed one a call each is reserved and settled by itself: a refusal of the third leaves two paid")
    func placedOneByOne() async throws {
        let server = try await LoopbackServer { _, number in
            let numbers = (0..<256).map { $0 == number ? "2.0" : "0.0" }.joined(separator: ",")
            return number < 2
                ? LoopbackServer.reply(200, #"{"embedding":[\#(numbers)],"inputTextTokenCount":3}"#)
                : LoopbackServer.reply(403, #"{"message":"not allowed"}"#)
        }
        let store = MemoryLedgerStore(), facts = LedgeredSendTests.facts
        let embedder = LedgeredEmbedder(
            try TitanEmbedder(dimensions: 256, client: ClientFixture.bedrock(server)), destination: "test",
            ledger: Ledger(store: store, budget: "job", caps: LedgerCaps(), owner: "one", now: { ClientFixture.now }), facts: facts)
        let told = await failure { () async throws(Failure) in try await embedder.vectors(of: ["a", "b", "c"]) }
        #expect(told?.code == "remote.access-denied" && store.all.map(\.state) == [.settled, .settled, .failed])
        #expect(store.all.map(\.used.money) == [3 * facts.promptPrice, 3 * facts.promptPrice, 0])
        await server.stop()
    }

    @Test("ApplyGuardrail sends source and content to the guardrail's version and reads its verdict")
    func guardrail() async throws {
        let server = try await LoopbackServer { _, _ in
            LoopbackServer.reply(
                200,
                #"{"usage":{"topicPolicyUnits":1,"contentPolicyUnits":2,"wordPolicyUnits":0,"sensitiveInformationPolicyUnits":0,"sensitiveInformationPolicyFreeUnits":0,"contextualGroundingPolicyUnits":0},"action":"GUARDRAIL_INTERVENED","outputs":[{"text":"Blocked."}],"assessments":[{"topicPolicy":{"topics":[]}}]}"#
            )
        }
        let verdict = try await ClientFixture.bedrock(server).verdict(
            of: Guardrail(identifier: "gr1abc", version: "3"), on: "text", source: .output, grounding: "source", query: "why?",
            limit: .seconds(600))
        #expect(verdict.intervened && verdict.text == "Blocked." && verdict.policies == ["topicPolicy"] && verdict.units == 3)
        #expect(server.received[0].target == "/guardrail/gr1abc/version/3/apply")
        let body = try #require(JSONValue(parsing: server.received[0].body))
        #expect(body["source"]?.string == "OUTPUT" && body["content"]?.elements?.count == 3)
        await server.stop()
    }

    static let role = "arn:aws:iam::123456789012:role/batch"

    @Test("a batch goes through S3, its lines come back in any order, and a record that failed is a failure of its own")
    func batch() async throws {
        let job = "arn:aws:bedrock:ap-northeast-1:123456789012:model-invocation-job/abc123def456"
        let server = try await LoopbackServer { request, number in
            switch (request.method, request.target) {
            case ("PUT", _): return LoopbackServer.reply(200, "")
            case ("POST", "/model-invocation-job"): return LoopbackServer.reply(200, #"{"jobArn":"\#(job)"}"#)
            case ("GET", let target) where target.hasPrefix("/model-invocation-job/"):
                return LoopbackServer.reply(200, #"{"status":"\#(number < 3 ? "InProgress" : "Completed")"}"#)
            default:
                let answer = ClientFixture.answer
                let records = BatchInference.records(["a", "b", "c", "d"].map { ClientFixture.prompt($0) }, model: ConverseTests.model)
                let lines = [
                    #"{"recordId":"\#(records[2])","modelOutput":\#(answer)}"#,
                    #"{"recordId":"\#(records[0])","modelOutput":\#(answer)}"#,
                    #"{"recordId":"\#(records[1])","error":{"errorCode":400,"errorMessage":"secret text"}}"#,
                ]
                return LoopbackServer.reply(200, lines.joined(separator: "\n"))
            }
        }
        let model = try ConverseModel(ConverseTests.model, client: ClientFixture.bedrock(server))
        let batch = BatchInference(
            model, configuration: .init(role: Self.role, bucket: "notes-bucket", prefix: "pipeline", leastRecords: 3))
        let results = try await batch.answers(
            to: ["a", "b", "c", "d"].map { ClientFixture.prompt($0) }, name: "run-1", limit: .seconds(600))
        #expect(results.map { (try? $0.result.get())?.text } == ["card_arrival", nil, "card_arrival", nil])
        guard case .failure(let failed) = results[1].result, case .failure(let missing) = results[3].result else { return }
        #expect(failed.code == "remote.batch-record" && !failed.description.contains("secret"))
        #expect(missing.code == "remote.answer-malformed")
        let put = server.received[0]
        let own = try #require(put.target.split(separator: "/").dropFirst(2).first)
        #expect(own.hasPrefix("run-1-") && put.target == "/notes-bucket/pipeline/\(own)/in/prompts.jsonl")
        #expect(put.header("x-amz-content-sha256")?.count == 64 && put.header("authorization")?.contains("/s3/aws4_request") == true)
        #expect(put.body.split(separator: "\n").count == 4)
        #expect(server.received.last?.target == "/notes-bucket/pipeline/\(own)/out/abc123def456/prompts.jsonl.out")
        await server.stop()
    }

    @Test("below the service's least number of records the prompts are sent one by one")
    func batchFallsBack() async throws {
        let server = try await LoopbackServer { _, _ in LoopbackServer.reply(200, ClientFixture.answer) }
        let model = try ConverseModel(ConverseTests.model, client: ClientFixture.bedrock(server))
        let batch = BatchInference(model, configuration: .init(role: Self.role, bucket: "notes-bucket", prefix: "pipeline"))
        let results = try await batch.answers(
            to: [ClientFixture.prompt(), ClientFixture.prompt("x")], name: "run-1", limit: .seconds(600))
        #expect(results.allSatisfy { (try? $0.result.get())?.text == "card_arrival" && !$0.wasBatched })
        #expect(server.received.map(\.target).allSatisfy { $0.hasSuffix("/converse") } && server.received.count == 2)
        await server.stop()
    }
}

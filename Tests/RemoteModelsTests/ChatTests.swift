import Models
import Records
import RemoteModels
import Testing

@Suite struct ChatTests {
    @Test("a chat completion sends its contract and reads text, end, tokens and log probabilities")
    func chat() async throws {
        let answer = ClientFixture.chat("hello").replacing(
            #""finish_reason":"stop""#,
            with: #""finish_reason":"stop","logprobs":{"content":[{"token":"hel","logprob":-0.5},{"token":"lo","logprob":-0.1}]}"#)
        let server = try await LoopbackServer { _, _ in LoopbackServer.reply(200, answer) }
        let model = ChatModel("smollm2", client: try ClientFixture.openAI(server, key: "key-canary"))
        var prompt = ClientFixture.prompt()
        prompt.wantsLogProbabilities = true
        let completion = try await model.completion(of: prompt)
        #expect(completion.text == "hello" && completion.ending == .finished && completion.promptTokens == 20)
        #expect(completion.tokens.map(\.text) == ["hel", "lo"] && completion.meanLogProbability == -0.3)
        let request = server.received[0]
        #expect(request.target == "/v1/chat/completions" && request.header("authorization") == "Bearer key-canary")
        let body = try #require(JSONValue(parsing: request.body))
        #expect(body["cache_prompt"]?.boolean == false && body["seed"]?.integer == 7 && body["logprobs"]?.boolean == true)
        #expect(body["messages"]?.elements?.compactMap { $0["role"]?.string } == ["system", "user"])
        await server.stop()
    }

    static let schema = JSONValue(
        parsing:
            #"{"type":"object","properties":{"intent":{"type":"string","enum":["a","b"]}},"required":["intent"],"additionalProperties":false}"#
    )

    /// Which member of a request tells the schema.
    static func dialect(_ body: JSONValue?) -> ChatDialect? {
        switch body?["response_format"]?["type"]?.string {
        case "json_schema": .responseFormat
        case "json_object": .objectSchema
        default:
            body?["json_schema"] != nil ? .schemaField : body?["guided_json"] != nil ? .guidedJSON : body?["format"] != nil ? .ollama : nil
        }
    }

    /// A server that keeps to schemas in one dialect and ignores, or refuses, the others.
    private func server(_ known: ChatDialect, refuses: Bool) async throws -> LoopbackServer {
        try await LoopbackServer { request, _ in
            let body = JSONValue(parsing: request.body)
            let told = Self.dialect(body)
            let isProbe = request.body.contains(#"k7Qx2vLm"#)
            let isOllama = request.target == "/api/chat"
            if isOllama, known != .ollama { return LoopbackServer.reply(404, "{}") }
            if told == known {
                let text = isProbe ? #"{"mark":"k7Qx2vLm"}"# : #"{"intent":"b"}"#
                guard isOllama else { return LoopbackServer.reply(200, ClientFixture.chat(text)) }
                let message = JSONValue.object([.init("role", .text("assistant")), .init("content", .text(text))])
                return LoopbackServer.reply(
                    200, #"{"model":"m","message":\#(message.json),"done":true,"done_reason":"stop","prompt_eval_count":4,"eval_count":2}"#)
            }
            return refuses && told != nil
                ? LoopbackServer.reply(400, #"{"error":{"message":"unknown field","type":"invalid_request_error"}}"#)
                : LoopbackServer.reply(200, ClientFixture.chat("Hello there!"))
        }
    }

    @Test(
        "the dialect of a server is found out once and remembered", arguments: ChatDialect.allCases.filter { $0 != .instructions },
        [false, true])
    func probed(_ known: ChatDialect, refuses: Bool) async throws {
        let server = try await server(known, refuses: refuses)
        let model = ChatModel("smollm2", client: try ClientFixture.openAI(server))
        var prompt = ClientFixture.prompt()
        prompt.schema = Self.schema
        #expect(try await model.completion(of: prompt).text == #"{"intent":"b"}"#)
        #expect(model.manners.dialect == known)
        let calls = server.received.count
        _ = try await model.completion(of: prompt)
        #expect(server.received.count == calls + 1)
        await server.stop()
    }

    @Test("a server that keeps to no schema is asked in words, and its answer is checked")
    func instructions() async throws {
        let server = try await LoopbackServer { request, number in
            request.body.contains("k7Qx2vLm")
                ? LoopbackServer.reply(200, ClientFixture.chat("Hello!"))
                : LoopbackServer.reply(
                    200, ClientFixture.chat(number % 2 == 1 ? "```json\n{\"intent\": \"a\"}\n```" : "{\"intent\": \"c\"}"))
        }
        let model = ChatModel("smollm2", client: try ClientFixture.openAI(server))
        var prompt = ClientFixture.prompt()
        prompt.schema = Self.schema
        var outcomes: [String] = []
        for _ in 0..<2 {
            do throws(Failure) {
                outcomes.append(try await model.completion(of: prompt).text)
            } catch {
                outcomes.append(error.code)
            }
        }
        #expect(Set(outcomes) == [#"{"intent":"a"}"#, "language.answer-form"])
        #expect(model.manners.dialect == .instructions)
        await server.stop()
    }

    @Test("a server that refuses cache_prompt is asked again without it, from then on")
    func cachePrompt() async throws {
        let server = try await LoopbackServer { request, _ in
            request.body.contains("cache_prompt")
                ? LoopbackServer.reply(400, #"{"error":{"message":"Unrecognized request argument supplied: cache_prompt"}}"#)
                : LoopbackServer.reply(200, ClientFixture.chat("hi"))
        }
        let model = ChatModel("gpt", client: try ClientFixture.openAI(server))
        #expect(try await model.completion(of: ClientFixture.prompt()).text == "hi")
        #expect(try await model.completion(of: ClientFixture.prompt()).text == "hi")
        #expect(server.received.count == 3)
        await server.stop()
    }

    static let events = [
        #"data: {"model":"m","choices":[{"delta":{"role":"assistant"},"finish_reason":null}]}"#, ": keep-alive",
        #"data: {"choices":[{"delta":{"content":"Tōkyō "},"finish_reason":null}]}"#,
        #"data: {"choices":[{"delta":{"content":"駅"},"finish_reason":null}]}"#,
        #"data: {"choices":[{"delta":{},"finish_reason":"length"}]}"#,
        #"data: {"choices":[],"usage":{"prompt_tokens":8,"completion_tokens":5}}"#, "data: [DONE]",
    ]

    @Test("a stream gives the answer of one reply, cut at any byte", arguments: [1, 3, 50, 5_000])
    func stream(size: Int) async throws {
        let bytes = LoopbackServer.bytes(
            200, Array(Self.events.map { $0 + "\r\n\r\n" }.joined().utf8), headers: [("content-type", "text/event-stream")])
        let server = try await LoopbackServer { _, _ in
            stride(from: 0, to: bytes.count, by: size).map { .send(Array(bytes[$0..<min($0 + size, bytes.count)])) }
        }
        let model = ChatModel("m", client: try ClientFixture.openAI(server), streams: true)
        let completion = try await model.completion(of: ClientFixture.prompt())
        #expect(completion.text == "Tōkyō 駅" && completion.ending == .cut && completion.answerTokens == 5)
        await server.stop()
    }

    @Test("a server gone in the middle of a stream is a failure that is not repeated")
    func goneInStream() async throws {
        let bytes = LoopbackServer.bytes(200, Array(Self.events.prefix(4).map { $0 + "\n\n" }.joined().utf8))
        let whole = try await LoopbackServer { _, _ in [.send(bytes)] }
        let first = ChatModel("m", client: try ClientFixture.openAI(whole), streams: true)
        let unfinished = await failure { () async throws(Failure) in try await first.completion(of: ClientFixture.prompt()) }
        #expect(unfinished?.code == "remote.stream-cut")
        await whole.stop()
        let cut = try await LoopbackServer { _, _ in [.send(Array(bytes.dropLast(20))), .close] }
        let second = ChatModel("m", client: try ClientFixture.openAI(cut), streams: true)
        let gone = await failure { () async throws(Failure) in try await second.completion(of: ClientFixture.prompt()) }
        #expect(gone?.code == "remote.cut")
        #expect(cut.received.count == 1)
        await cut.stop()
    }

    @Test("hostile replies are failures: garbage, a body without end, a head without end, negative tokens")
    func hostile() async throws {
        let replies: [[UInt8]] = [
            Array("SSH-2.0-OpenSSH\r\n\r\n".utf8), LoopbackServer.bytes(200, Array(repeating: 0, count: 1_000)),
            LoopbackServer.bytes(200, Array(ClientFixture.chat("x").replacing("20", with: "-20").utf8)),
            LoopbackServer.bytes(200, Array(String(repeating: "[", count: 100_000).utf8)),
            LoopbackServer.bytes(302, [], headers: [("location", "http://169.254.169.254/")]),
        ]
        for reply in replies {
            let server = try await LoopbackServer { _, _ in [.send(reply), .close] }
            let model = ChatModel("m", client: try ClientFixture.openAI(server))
            let failure = await failure { () async throws(Failure) in try await model.completion(of: ClientFixture.prompt()) }
            #expect(["remote.cut", "remote.answer-malformed", "remote.http"].contains(failure?.code), "\(failure?.code ?? "none")")
            await server.stop()
        }
    }

    @Test("embeddings come back in the order of the texts, of length 1; a key never travels in the clear")
    func embeddings() async throws {
        let server = try await LoopbackServer { _, _ in
            LoopbackServer.reply(
                200, #"{"data":[{"index":1,"embedding":[0,3]},{"index":0,"embedding":[4,0]}],"usage":{"prompt_tokens":6,"total_tokens":6}}"#
            )
        }
        let embedder = ServerEmbedder("e", dimensions: 2, client: try ClientFixture.openAI(server))
        let (vectors, tokens) = try await embedder.embedding(of: ["a", "b"])
        #expect(vectors == [1, 0, 0, 1] && tokens == 6)
        await server.stop()
        #expect(throws: Failure.self) {
            try OpenAIClient(
                endpoint: "http://models.example.com", key: "k",
                caller: RemoteCaller(transport: ClientFixture.transport, pace: ClientFixture.pace()))
        }
    }

    @Test("tokens reserved are never fewer than bytes demand, and repetitions end when the budget is spent")
    func budget() {
        let budget = RetryBudget()
        var calls = 0
        while true {
            var machine = RetryMachine(RetryPolicy())
            guard machine.failed(.transient, left: 100, draw: 0, budget: budget) != .giveUp else { break }
            calls += 1
        }
        #expect(calls == 100 && budget.left == 0)
        var machine = RetryMachine(RetryPolicy())
        machine.succeeded(budget: budget)
        #expect(budget.left == 1)
    }
}

import Models
import Records
import RemoteModels
import Synchronization
import Testing

/// What is paid: every send that may be billed is reserved before it is made.
@Suite struct LedgeredSendTests {
    static let facts = ModelFacts(
        model: "m", maker: "test", context: 1_000, answerLimit: 100, promptPrice: 200, answerPrice: 900, licence: "none", parameters: 8,
        source: "test", read: "2026-11-29")

    private func ledger(_ store: any LedgerStore, money: Int64? = nil) -> Ledger {
        Ledger(store: store, budget: "job", caps: LedgerCaps(money: money), owner: "one", now: { ClientFixture.now })
    }

    private func ledgered(_ base: any Completer, _ store: any LedgerStore, money: Int64? = nil) -> LedgeredModel {
        LedgeredModel(base, ledger: ledger(store, money: money), facts: Self.facts, pause: {})
    }

    private static let once = Self.facts.bound(of: ClientFixture.prompt())
    private static let answered = Self.facts.amounts(promptTokens: 31, answerTokens: 4)

    @Test(
        "a send after one that may have been billed is reserved on top and counted; after one that was not, it is not",
        arguments: [(503, 2), (500, 2), (429, 0)])
    func repetitions(_ status: Int, counted: Int64) async throws {
        let server = try await LoopbackServer { _, number in
            number < 2 ? LoopbackServer.reply(status, "{}") : LoopbackServer.reply(200, ClientFixture.answer)
        }
        let store = MemoryLedgerStore()
        let model = ledgered(try ConverseModel("m", client: ClientFixture.bedrock(server)), store)
        #expect(try await model.completion(of: ClientFixture.prompt()).attempts == 3)
        let entry = try #require(store.all.first)
        #expect(entry.reserved.money == (1 + counted) * Self.once.money)
        #expect(entry.used.money == Self.answered.money + counted * Self.once.money)
        await server.stop()
    }

    @Test("a cap that covers one send only ends the call before the second, and what the first may have cost stays counted")
    func capBetweenSends() async throws {
        let server = try await LoopbackServer { _, _ in LoopbackServer.reply(503, "{}") }
        let store = MemoryLedgerStore()
        let model = ledgered(try ConverseModel("m", client: ClientFixture.bedrock(server)), store, money: Self.once.money * 3 / 2)
        let told = await failure { () async throws(Failure) in try await model.completion(of: ClientFixture.prompt()) }
        #expect(told?.code == "language.budget" && server.received.count == 1)
        #expect(store.all[0].state == .failed && store.all[0].used == Self.once)
        await server.stop()
    }

    @Test("a throttled end after a server error still counts the send that may have been billed")
    func throttledEnd() async throws {
        let server = try await LoopbackServer { _, number in LoopbackServer.reply(number == 0 ? 500 : 429, "{}") }
        let store = MemoryLedgerStore()
        let model = ledgered(try ConverseModel("m", client: ClientFixture.bedrock(server)), store)
        let told = await failure { () async throws(Failure) in try await model.completion(of: ClientFixture.prompt()) }
        #expect(told?.code == "remote.throttled" && server.received.count == 3)
        #expect(store.all[0].used == Self.once)
        await server.stop()
    }

    @Test("finding out how a server takes schemas is reserved too, and no cap is passed by it")
    func probes() async throws {
        let server = try await LoopbackServer { _, _ in LoopbackServer.reply(200, ClientFixture.chat("hello")) }
        var prompt = ClientFixture.prompt()
        prompt.choices = ["hello", "goodbye"]
        let store = MemoryLedgerStore()
        #expect(try await ledgered(ChatModel("m", client: ClientFixture.openAI(server)), store).completion(of: prompt).text == "hello")
        #expect(server.received.count == 6)
        let one = Self.facts.bound(of: prompt).money
        #expect(store.all[0].reserved.money > one && store.all[0].used.money > store.all[0].reserved.money - one)
        // Covers the prompt and no probe.
        let poor = ledgered(try ChatModel("m", client: ClientFixture.openAI(server)), MemoryLedgerStore(), money: one)
        let told = await failure { () async throws(Failure) in try await poor.completion(of: prompt) }
        #expect(told?.code == "language.budget" && server.received.count == 6)
        await server.stop()
    }

    @Test("what a router chose is paid at its own price")
    func router() async throws {
        let chosen = "arn:aws:bedrock:us-east-1::foundation-model/meta.llama3-1-8b-instruct-v1:0"
        let answer = ClientFixture.answer.dropLast() + #","trace":{"promptRouter":{"invokedModelId":"\#(chosen)"}}}"#
        let server = try await LoopbackServer { _, _ in LoopbackServer.reply(200, String(answer)) }
        let name = "arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/meta.llama:1"
        let facts = try RemoteModelSetting("bedrock:" + name).facts()
        #expect(ModelRegistry.bundled.models.allSatisfy { $0.promptPrice <= facts.promptPrice && $0.answerPrice <= facts.answerPrice })
        let store = MemoryLedgerStore()
        let model = LedgeredModel(
            try ConverseModel(name, client: ClientFixture.bedrock(server)), ledger: ledger(store), facts: facts, pause: {})
        _ = try await model.completion(of: ClientFixture.prompt())
        #expect(store.all[0].used.money == 31 * 220 + 4 * 220)
        await server.stop()
    }
}

@Suite struct BatchLimitTests {
    private func model(_ server: LoopbackServer) throws -> ConverseModel {
        try ConverseModel(ConverseTests.model, client: ClientFixture.bedrock(server))
    }

    private func configuration(least: Int = 2, most: Int = 50_000) -> BatchInference.Configuration {
        var configuration = BatchInference.Configuration(
            role: InvokeTests.role, bucket: "notes-bucket", prefix: "pipeline", leastRecords: least)
        configuration.mostRecords = most
        return configuration
    }

    /// Takes jobs and answers every record of the newest one.
    private func service(_ status: @escaping @Sendable (Int) -> String = { _ in "Completed" }) async throws -> LoopbackServer {
        let records = Mutex<[String]>([])
        return try await LoopbackServer { request, number in
            switch (request.method, request.target) {
            case ("PUT", _):
                records.withLock { records in
                    records = request.body.split(separator: "\n").compactMap { JSONValue(parsing: String($0))?["recordId"]?.string }
                }
                return LoopbackServer.reply(200, "")
            case ("POST", "/model-invocation-job"):
                return LoopbackServer.reply(200, #"{"jobArn":"arn:aws:bedrock:x:1:model-invocation-job/j"}"#)
            case ("GET", let target) where target.hasPrefix("/model-invocation-job/"):
                return LoopbackServer.reply(200, #"{"status":"\#(status(number))","message":"fewer records than the required minimum"}"#)
            case ("POST", _): return LoopbackServer.reply(200, ClientFixture.answer)
            default:
                let lines = records.withLock { $0 }.map { #"{"recordId":"\#($0)","modelOutput":\#(ClientFixture.answer)}"# }
                return LoopbackServer.reply(200, lines.joined(separator: "\n"))
            }
        }
    }

    private static let prompts = (0..<6).map { ClientFixture.prompt("text \($0)") }

    @Test("more prompts than a job takes make several jobs of their own names, as even as they can be")
    func parts() async throws {
        let server = try await service()
        let batch = BatchInference(try model(server), configuration: configuration(most: 4))
        let answers = try await batch.answers(to: Self.prompts, name: "run-1", limit: .seconds(600))
        #expect(answers.count == 6 && answers.allSatisfy { $0.wasBatched && (try? $0.result.get())?.text == "card_arrival" })
        let names = server.received.filter { $0.target == "/model-invocation-job" }.compactMap {
            JSONValue(parsing: $0.body)?["jobName"]?.string
        }
        #expect(Set(names).count == 2 && names.allSatisfy { $0.hasPrefix("run-1-") && $0.count == 18 })
        #expect(server.received.filter { $0.method == "PUT" }.map { $0.body.split(separator: "\n").count } == [3, 3])
        await server.stop()
    }

    @Test("answers at their longest do not make jobs smaller than the service takes: 50,000 prompts of long answers are one job")
    func large() async throws {
        let server = try await service()
        let batch = BatchInference(try model(server), configuration: configuration(most: 50_000))
        var prompt = ClientFixture.prompt("short")
        prompt.tokenLimit = 4_000
        let parts = batch.parts([Prompt](repeating: prompt, count: 50_000))
        #expect(parts == [0..<50_000])
        await server.stop()
    }

    @Test("an object is read in pieces until it is whole, whole where a server knows none, and a piece of another place is refused")
    func pieces() async throws {
        let text = String((0..<250).map { "abcdefghij"[String.Index(utf16Offset: $0 % 10, in: "abcdefghij")] })
        func server(_ shift: Int = 0, knowsPieces: Bool = true) async throws -> LoopbackServer {
            try await LoopbackServer { request, _ in
                guard knowsPieces, let range = request.header("range") else { return LoopbackServer.reply(200, text) }
                let bounds = range.dropFirst(6).split(separator: "-").compactMap { Int($0) }
                let start = bounds[0] + shift, end = min(bounds[1], 249)
                let body = String(text.dropFirst(start).prefix(end - start + 1))
                return LoopbackServer.reply(206, body, headers: [("Content-Range", "bytes \(start)-\(end)/250")])
            }
        }
        let address = try ObjectStore.Address("s3://bucket/out.jsonl")
        for (knows, requests) in [(true, 3), (false, 1)] {
            let server = try await server(knowsPieces: knows)
            let store = ObjectStore(try ClientFixture.bedrock(server), piece: 100)
            #expect(try await store.get(address, limit: .seconds(60)) == Array(text.utf8))
            #expect(server.received.count == requests)
            await server.stop()
        }
        let other = try await server(1)
        let wrong = ObjectStore(try ClientFixture.bedrock(other), piece: 100)
        let told = await failure { () async throws(Failure) in try await wrong.get(address, limit: .seconds(60)) }
        #expect(told?.code == "remote.answer-malformed")
        await other.stop()
    }

    @Test("a job that the service finds too small is sent one by one; one that failed otherwise is a failure")
    func tooSmall() async throws {
        let server = try await service { _ in "Failed" }
        let batch = BatchInference(try model(server), configuration: configuration())
        let answers = try await batch.answers(to: Self.prompts, name: "run-1", limit: .seconds(600))
        #expect(answers.count == 6 && answers.allSatisfy { !$0.wasBatched && (try? $0.result.get())?.text == "card_arrival" })
        await server.stop()
        let stopped = try await service { _ in "Stopped" }
        let other = BatchInference(try model(stopped), configuration: configuration())
        let told = await failure { () async throws(Failure) in
            try await other.answers(to: Self.prompts, name: "run-1", limit: .seconds(600))
        }
        #expect(told?.code == "remote.batch")
        await stopped.stop()
    }

    @Test("the same name with other prompts is another job, with the same prompts the same one; records name what was asked")
    func names() async throws {
        let server = try await service()
        let batch = BatchInference(try model(server), configuration: configuration())
        let long = String(repeating: "n", count: 58)
        for prompts in [Self.prompts, Self.prompts, Array(Self.prompts.reversed())] {
            _ = try await batch.answers(to: prompts, name: long, limit: .seconds(600))
        }
        let jobs = server.received.filter { $0.target == "/model-invocation-job" }.compactMap { JSONValue(parsing: $0.body) }
        for name in ["jobName", "clientRequestToken"] {
            let told = jobs.compactMap { $0[name]?.string }
            #expect(told.count == 3 && told[0] == told[1] && told[0] != told[2])
        }
        #expect(jobs.allSatisfy { ($0["jobName"]?.string?.count ?? 64) <= 63 })
        #expect(Set(server.received.filter { $0.method == "PUT" }.map(\.target)).count == 2)
        let records = BatchInference.records([Self.prompts[0], Self.prompts[1], Self.prompts[0]], model: "m")
        #expect(records[0] == String(Self.prompts[0].ledgerKey(model: "m", settings: "").prefix(11)) && Set(records).count == 3)
        await server.stop()
    }

    @Test("a job that was made is never booked as free, and what an earlier job answered is settled")
    func laterJobFails() async throws {
        // The second job is lost: whoever asks for it is refused, which costs nothing where no job was made.
        let jobs = Mutex(0), records = Mutex<[String]>([])
        let server = try await LoopbackServer { request, _ in
            switch (request.method, request.target) {
            case ("PUT", _):
                records.withLock { records in
                    records = request.body.split(separator: "\n").compactMap { JSONValue(parsing: String($0))?["recordId"]?.string }
                }
                return LoopbackServer.reply(200, "")
            case ("POST", _):
                jobs.withLock { $0 += 1 }
                return LoopbackServer.reply(200, #"{"jobArn":"arn:aws:bedrock:x:1:model-invocation-job/j"}"#)
            case ("GET", let target) where target.hasPrefix("/model-invocation-job/"):
                return jobs.withLock { $0 } < 2
                    ? LoopbackServer.reply(200, #"{"status":"Completed"}"#)
                    : LoopbackServer.reply(403, #"{"message":"not allowed"}"#)
            default:
                let lines = records.withLock { $0 }.map { #"{"recordId":"\#($0)","modelOutput":\#(ClientFixture.answer)}"# }
                return LoopbackServer.reply(200, lines.joined(separator: "\n"))
            }
        }
        let store = MemoryLedgerStore(), facts = LedgeredSendTests.facts
        let ledger = Ledger(store: store, budget: "job", caps: LedgerCaps(), owner: "one", now: { ClientFixture.now })
        let batch = LedgeredBatch(
            BatchInference(try model(server), configuration: configuration(most: 2)), ledger: ledger, facts: facts, settings: "")
        let told = await failure { () async throws(Failure) in
            try await batch.answers(to: Self.prompts, name: "run-1", limit: .seconds(600))
        }
        #expect(told.map { LedgeredModel.costsNothing($0) } == true, "the control: the failure by itself is a free one")
        #expect(store.all.map(\.state) == [.settled, .settled, .failed, .failed, .failed, .failed])
        #expect(store.all[2...3].allSatisfy { $0.used == $0.reserved } && store.all[4...].allSatisfy { $0.used == .zero })
        await server.stop()
    }

    @Test("names that the service does not take are refused before anything is sent", arguments: ["", "-a", "a-", "a_b", "ü"])
    func names(_ name: String) async throws {
        let server = try await service()
        let batch = BatchInference(try model(server), configuration: configuration())
        let told = await failure { () async throws(Failure) in try await batch.answers(to: Self.prompts, name: name, limit: .seconds(600)) }
        #expect(told?.code == "remote.setting" && server.received.isEmpty)
        await server.stop()
    }

    @Test("a batch behind the ledger asks each question once, pays half for lines of a job and keeps within the cap")
    func ledgered() async throws {
        let server = try await service()
        let store = MemoryLedgerStore()
        let facts = LedgeredSendTests.facts
        let one = facts.bound(of: Self.prompts[0]).money
        let ledger = Ledger(
            store: store, budget: "job", caps: LedgerCaps(money: 3 * one + one / 2), owner: "one", now: { ClientFixture.now })
        let batch = LedgeredBatch(
            BatchInference(try model(server), configuration: configuration()), ledger: ledger, facts: facts, settings: "")
        let asked = [Self.prompts[0], Self.prompts[1], Self.prompts[0], Self.prompts[2], Self.prompts[3]]
        let results = try await batch.answers(to: asked, name: "run-1", limit: .seconds(600))
        #expect(results.map { (try? $0.get()) != nil } == [true, true, true, true, false])
        guard case .failure(let refused) = results[4] else { return }
        #expect(refused.code == "language.budget")
        let paid = facts.amounts(promptTokens: 31, answerTokens: 4).money
        #expect(store.all.map(\.state) == [.settled, .settled, .settled] && store.all.allSatisfy { $0.used.money == (paid + 1) / 2 })
        let before = server.received.count
        let again = try await batch.answers(to: Array(asked.prefix(4)), name: "run-2", limit: .seconds(600))
        #expect(again.allSatisfy { (try? $0.get())?.attempts == 0 } && server.received.count == before)
        await server.stop()
    }
}

@Suite struct GuardedModelTests {
    private static func verdict(_ action: String, _ text: String) -> String {
        #"{"usage":{"topicPolicyUnits":1},"action":"\#(action)","outputs":[{"text":"\#(text)"}],"assessments":[]}"#
    }

    @Test(
        "a server without guardrails is asked only what ApplyGuardrail lets pass, and its answer is judged by its ground",
        arguments: [("INPUT", 1), ("OUTPUT", 3), ("", 3)])
    func verdicts(_ blocked: String, sent: Int) async throws {
        let server = try await LoopbackServer { request, _ in
            guard request.target.hasPrefix("/guardrail/") else { return LoopbackServer.reply(200, ClientFixture.chat("an answer")) }
            let source = JSONValue(parsing: request.body)?["source"]?.string
            return LoopbackServer.reply(
                200, source == blocked ? Self.verdict("GUARDRAIL_INTERVENED", "Blocked.") : Self.verdict("NONE", ""))
        }
        var setting = try RemoteModelSetting("openai:m")
        setting.endpoint = server.address
        setting.guardrail = try Guardrail(identifier: "gr1abc", version: "3")
        var variables = ClientFixture.variables
        variables["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] = server.address
        let model = try setting.completer(
            environment: ClientFixture.environment(variables), transport: ClientFixture.transport, pace: ClientFixture.pace())
        let completion = try await model.completion(of: ClientFixture.prompt("the ground"))
        #expect(completion.ending == (blocked.isEmpty ? .finished : .blocked))
        #expect(completion.text == (blocked.isEmpty ? "an answer" : "Blocked."))
        #expect(server.received.count == sent)
        if sent == 3 {
            let content = try #require(JSONValue(parsing: server.received[2].body)?["content"]?.elements)
            #expect(content.compactMap { $0["text"]?["text"]?.string } == ["the ground", "Name the intent of:", "an answer"])
        }
        setting.allowedRegions = ["eu-central-1"]
        #expect(throws: Failure.self) {
            try setting.completer(
                environment: ClientFixture.environment(variables), transport: ClientFixture.transport, pace: ClientFixture.pace())
        }
        await server.stop()
    }

    @Test("an answer that the guardrail does not judge was paid for; a question that it does not judge was not")
    func unjudged() async throws {
        for (lost, isPaid) in [("OUTPUT", true), ("INPUT", false)] {
            let server = try await LoopbackServer { request, _ in
                guard request.target.hasPrefix("/guardrail/") else { return LoopbackServer.reply(200, ClientFixture.chat("an answer")) }
                return JSONValue(parsing: request.body)?["source"]?.string == lost
                    ? LoopbackServer.reply(403, #"{"message":"not allowed"}"#) : LoopbackServer.reply(200, Self.verdict("NONE", ""))
            }
            var setting = try RemoteModelSetting("openai:m")
            setting.endpoint = server.address
            setting.guardrail = try Guardrail(identifier: "gr1abc", version: "3")
            var variables = ClientFixture.variables
            variables["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] = server.address
            let store = MemoryLedgerStore()
            let model = LedgeredModel(
                try setting.completer(
                    environment: ClientFixture.environment(variables), transport: ClientFixture.transport, pace: ClientFixture.pace()),
                ledger: Ledger(store: store, budget: "job", caps: LedgerCaps(), owner: "one", now: { ClientFixture.now }),
                facts: LedgeredSendTests.facts, pause: {})
            let told = await failure { () async throws(Failure) in try await model.completion(of: ClientFixture.prompt()) }
            #expect(told?.code == (isPaid ? "remote.answer-unjudged" : "remote.access-denied"))
            #expect(store.all.map { $0.used.money > 0 } == [isPaid])
            await server.stop()
        }
    }

    @Test("a server that words its refusal of cache_prompt as a validation's detail is asked again without it")
    func detail() async throws {
        let server = try await LoopbackServer { request, _ in
            request.body.contains("cache_prompt")
                ? LoopbackServer.reply(422, #"{"detail":[{"loc":["body","cache_prompt"],"msg":"Extra inputs are not permitted"}]}"#)
                : LoopbackServer.reply(200, ClientFixture.chat("yes"))
        }
        let completion = try await ChatModel("m", client: ClientFixture.openAI(server)).completion(of: ClientFixture.prompt())
        #expect(completion.text == "yes" && server.received.count == 2)
        await server.stop()
    }
}

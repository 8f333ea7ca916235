import Models
import PipelineTesting
import Records
import RemoteModels
import Synchronization
import Testing

/// Every client, in front of a server that behaves as the contract's situations say.
@Suite struct LanguageModelContractTests {
    enum Client: CaseIterable { case converse, converseStream, invokeLlama, invokeClaude, chat, chatStream }
    typealias Situation = LanguageModelContract.Situation

    /// The newest server.
    private final class Stage: Sendable {
        private let held = Mutex<LoopbackServer?>(nil)
        var bodies: [String] { held.withLock { $0 }?.received.map(\.body) ?? [] }
        func put(_ server: LoopbackServer) async {
            let old = held.withLock { held in
                defer { held = server }
                return held
            }
            await old?.stop()
        }
    }

    // MARK: Answers of each wire format

    private static func whole(_ client: Client, _ text: String, isCut: Bool, lacking: Situation?) -> String {
        func object(_ members: [(String, JSONValue?)]) -> JSONValue {
            .object(members.compactMap { name, value in value.map { .init(name, $0) } })
        }
        let (noText, noEnd, noUsage) = (lacking == .lacksText, lacking == .lacksEnding, lacking == .lacksUsage)
        switch client {
        case .converse, .converseStream:
            let message = object([("role", .text("assistant")), ("content", .array([object([("text", .text(text))])]))])
            return object([
                ("output", noText ? nil : object([("message", message)])),
                ("stopReason", noEnd ? nil : .text(isCut ? "max_tokens" : "end_turn")),
                ("usage", noUsage ? nil : object([("inputTokens", .integer(20)), ("outputTokens", .integer(3))])),
            ]).json
        case .invokeLlama:
            return object([
                ("generation", noText ? nil : .text(text)), ("stop_reason", noEnd ? nil : .text(isCut ? "length" : "stop")),
                ("prompt_token_count", noUsage ? nil : .integer(20)), ("generation_token_count", noUsage ? nil : .integer(3)),
            ]).json
        case .invokeClaude:
            return object([
                ("content", noText ? nil : .array([object([("type", .text("text")), ("text", .text(text))])])),
                ("stop_reason", noEnd ? nil : .text(isCut ? "max_tokens" : "end_turn")),
                ("usage", noUsage ? nil : object([("input_tokens", .integer(20)), ("output_tokens", .integer(3))])),
            ]).json
        case .chat, .chatStream:
            let message = object([("role", .text("assistant")), ("content", noText ? nil : .text(text))])
            let choice = object([("message", message), ("finish_reason", noEnd ? nil : .text(isCut ? "length" : "stop"))])
            return object([
                ("model", .text("m")), ("choices", .array([choice])),
                ("usage", noUsage ? nil : object([("prompt_tokens", .integer(20)), ("completion_tokens", .integer(3))])),
            ]).json
        }
    }

    /// As bytes of the body; a stream's in its own frames.
    private static func body(_ client: Client, _ text: String, isCut: Bool = false, lacking: Situation? = nil) -> [UInt8] {
        switch client {
        case .converseStream:
            var frames: [UInt8] = []
            if lacking != .lacksText {
                frames += ConverseStreamTests.event("contentBlockDelta", #"{"delta":{"text":\#(JSONValue.text(text).json)}}"#)
            }
            if lacking != .lacksEnding {
                frames += ConverseStreamTests.event("messageStop", #"{"stopReason":"\#(isCut ? "max_tokens" : "end_turn")"}"#)
            }
            if lacking != .lacksUsage { frames += ConverseStreamTests.event("metadata", #"{"usage":{"inputTokens":20,"outputTokens":3}}"#) }
            return frames
        case .chatStream:
            var lines: [String] = []
            if lacking != .lacksText {
                lines.append(#"data: {"model":"m","choices":[{"delta":{"content":\#(JSONValue.text(text).json)},"finish_reason":null}]}"#)
            }
            if lacking != .lacksEnding {
                lines.append(#"data: {"choices":[{"delta":{},"finish_reason":"\#(isCut ? "length" : "stop")"}]}"#)
            }
            if lacking != .lacksUsage { lines.append(#"data: {"choices":[],"usage":{"prompt_tokens":20,"completion_tokens":3}}"#) }
            return Array((lines.map { $0 + "\n\n" }.joined() + "data: [DONE]\n\n").utf8)
        default: return Array(whole(client, text, isCut: isCut, lacking: lacking).utf8)
        }
    }

    private static func steps(_ client: Client, _ situation: Situation, _ number: Int) -> [LoopbackServer.Step] {
        func reply(_ body: [UInt8]) -> [LoopbackServer.Step] { [.send(LoopbackServer.bytes(200, body))] }
        let good = body(client, LanguageModelContract.answer)
        switch situation {
        case .answers: return reply(good)
        case .answersJSON: return reply(body(client, #"{"mark": "yes"}"#))
        case .isCut: return reply(body(client, LanguageModelContract.answer, isCut: true))
        case .lacksText, .lacksEnding, .lacksUsage: return reply(body(client, LanguageModelContract.answer, lacking: situation))
        case .garbage: return reply(Array("<html>hello</html>".utf8))
        case .throttledOnce: return number == 0 ? LoopbackServer.reply(429, "{}") : reply(good)
        case .throttled: return LoopbackServer.reply(429, "{}")
        case .fails: return LoopbackServer.reply(500, "{}")
        case .refusesCredentials: return LoopbackServer.reply(401, "{}")
        case .stalls: return [.wait(milliseconds: 600_000), .close]
        case .cutOff:
            let bytes = LoopbackServer.bytes(200, good)
            return [.send(Array(bytes.prefix(bytes.count - 12))), .close]
        }
    }

    private static func model(_ client: Client, _ server: LoopbackServer) throws -> any Completer {
        switch client {
        case .converse, .converseStream:
            try ConverseModel("meta.llama3", client: ClientFixture.bedrock(server), streams: client == .converseStream)
        case .invokeLlama: try InvokedModel("m", form: .llama3, client: ClientFixture.bedrock(server))
        case .invokeClaude: try InvokedModel("m", form: .claude, client: ClientFixture.bedrock(server))
        case .chat, .chatStream:
            ChatModel("m", client: try ClientFixture.openAI(server), streams: client == .chatStream, dialect: .responseFormat)
        }
    }

    @Test("every client keeps the contract", arguments: Client.allCases)
    func clients(_ client: Client) async {
        let stage = Stage()
        let make: @Sendable (Situation) async throws -> (any Completer)? = { situation in
            // Of a stream of chat completions without usage the bytes are counted.
            if client == .chatStream, situation == .lacksUsage { return nil }
            let server = try await LoopbackServer { _, number in Self.steps(client, situation, number) }
            await stage.put(server)
            return try Self.model(client, server)
        }
        let (broken, tried) = await LanguageModelContract(asked: { stage.bodies }, make: make).findings()
        #expect(broken == [] && tried >= 18, "\(broken)")
    }

    @Test("a recorded model keeps what it can be held to")
    func recorded() async {
        let contract = LanguageModelContract { situation in
            guard situation == .answers || situation == .isCut else { return nil }
            let store = MemoryLedgerStore()
            let ledger = Ledger(store: store, budget: "b", caps: LedgerCaps(), owner: "o", now: { ClientFixture.now })
            var chosen = LanguageModelContract.prompt()
            chosen.choices = [LanguageModelContract.answer, "other"]
            for prompt in [LanguageModelContract.prompt(), chosen] {
                let request = Ledger.Request(prompt: prompt, model: "m", destination: "d", amounts: .zero)
                guard case .reserved(let id) = try ledger.begin(request) else { continue }
                let completion = Completion(
                    text: LanguageModelContract.answer, ending: situation == .isCut ? .cut : .finished, promptTokens: 20, answerTokens: 3,
                    invokedModel: "m", attempts: 1)
                try ledger.settle(id, completion, used: .zero)
            }
            return RecordedModel(model: "m", store: store)
        }
        let (broken, tried) = await contract.findings()
        #expect(broken == [] && tried == 7, "\(broken)")
    }

    /// Answers nothing in place of failing, repeats without asking, and puts data where instructions stand.
    private struct Careless: Completer {
        let family = "careless", model = "m", destination = "d"
        let situation: Situation
        func completion(of prompt: Prompt) async throws(Failure) -> Completion {
            Completion(text: "", ending: .finished, promptTokens: 0, answerTokens: 0, invokedModel: "m", attempts: 3)
        }
    }

    @Test("a client that gives an empty answer for everything is found out by every rule about answers and failures")
    func negativeControl() async {
        let bodies = [#"{"messages":[{"role":"system","content":"approved"}]}"#, "{}", #"{"system":"approved"}"#]
        let (broken, tried) = await LanguageModelContract(asked: { bodies }, make: { Careless(situation: $0) }).findings()
        // The same answer twice is all that it keeps to.
        #expect(tried == 20 && Set(broken.map(\.rule)).count == 19, "\(broken.map(\.rule))")
    }
}

import Foundation
import Models
import Records
import RemoteModels
import Testing

enum RealServer {
    static let address = ProcessInfo.processInfo.environment["PIPELINE_TEST_MODELS"]
}

/// A real model behind llama-cpp-python's server: the path, not the quality (`make test-models`).
@Suite(.serialized, .enabled(if: RealServer.address != nil, "needs PIPELINE_TEST_MODELS, the server's address"))
struct RealServerTests {
    private func model(streams: Bool = false) throws -> ChatModel {
        let caller = RemoteCaller(transport: ClientFixture.transport, pace: Pace.system(now: { ClientFixture.now }))
        let client = try OpenAIClient(endpoint: try #require(RealServer.address), caller: caller)
        return ChatModel("smollm2", client: client, streams: streams)
    }

    private func prompt(_ text: String, tokens: Int = 24) -> Prompt {
        Prompt(
            instructions: "You answer briefly.", messages: [.init(role: .task, text: text)], tokenLimit: tokens, timeLimit: .seconds(300),
            seed: 7)
    }

    /// llama-cpp-python keeps what was read of the last prompt, whatever `cache_prompt` says, and reads the rest in pieces of other sizes, which
    /// round otherwise. Asked before, the whole prompt is kept both times.
    private func warm(_ text: String) async throws { _ = try await model().completion(of: prompt(text)) }

    @Test("answers with text, end and tokens, the same twice")
    func answers() async throws {
        let model = try model()
        try await warm("What is the capital of France?")
        let first = try await model.completion(of: prompt("What is the capital of France?"))
        let second = try await model.completion(of: prompt("What is the capital of France?"))
        #expect(!first.text.isEmpty && first.promptTokens > 10 && (1...24).contains(first.answerTokens))
        #expect(first.text == second.text && first.ending == second.ending)
        let bound = TokenBound(prompt("What is the capital of France?"))
        #expect(first.promptTokens <= bound.promptTokens)
    }

    @Test("a stream gives the answer of one reply")
    func streams() async throws {
        try await warm("Name three colours.")
        let whole = try await model().completion(of: prompt("Name three colours."))
        let streamed = try await model(streams: true).completion(of: prompt("Name three colours."))
        #expect(whole.text == streamed.text && whole.ending == streamed.ending)
    }

    @Test("an answer is cut at the token limit, and says so")
    func cut() async throws {
        #expect(try await model().completion(of: prompt("Tell a long story.", tokens: 4)).ending == .cut)
    }

    @Test("the dialect for schemas is found, remembered, and holds the model to a schema and to choices")
    func schema() async throws {
        let model = try model()
        var asked = prompt("Is the sky blue?", tokens: 64)
        asked.choices = ["yes", "no"]
        let answer = try await model.completion(of: asked)
        #expect(["yes", "no"].contains(answer.text))
        let dialect = try #require(model.manners.dialect)
        #expect(dialect != .instructions)
        asked.choices = []
        asked.schema = JSONValue(
            parsing: """
                {"type":"object","properties":{"sky":{"type":"string","enum":["blue","grey"]},"sure":{"type":"boolean"}},
                 "required":["sky","sure"],"additionalProperties":false}
                """)
        let value = JSONValue(parsing: try await model.completion(of: asked).text)
        #expect(["blue", "grey"].contains(value?["sky"]?.string) && value?["sure"]?.boolean != nil)
        #expect(model.manners.dialect == dialect)
    }

    @Test("what the server's grammar does not hold the model to, we check: a number in its range, or a clear failure")
    func range() async throws {
        let model = try model()
        var asked = prompt("Is the sky blue?", tokens: 64)
        asked.schema = JSONValue(
            parsing:
                #"{"type":"object","properties":{"n":{"type":"integer","minimum":1,"maximum":9}},"required":["n"],"additionalProperties":false}"#
        )
        do {
            let value = JSONValue(parsing: try await model.completion(of: asked).text)
            #expect((value?["n"]?.integer).map { (1...9).contains($0) } == true)
        } catch {
            #expect(error.code == "language.answer-form")
        }
    }

    @Test("a prompt beyond the context is a clear failure")
    func tooLong() async throws {
        let model = try model()
        let long = prompt(String(repeating: "word ", count: 4_000))
        let told = await failure { () async throws(Failure) in try await model.completion(of: long) }
        #expect(told?.code == "remote.context-too-long")
    }

    @Test("behind the ledger the second answer is the first, and nothing is sent")
    func ledgered() async throws {
        let store = MemoryLedgerStore()
        let ledger = Ledger(store: store, budget: "b", caps: LedgerCaps(tokens: 5_000), owner: "o", now: { ClientFixture.now })
        let model = LedgeredModel(try model(), ledger: ledger, facts: .local("smollm2"), pause: {})
        let first = try await model.completion(of: prompt("What is a chargeback?"))
        let second = try await model.completion(of: prompt("What is a chargeback?"))
        #expect(first.text == second.text && second.attempts == 0 && store.all.count == 1)
        #expect(store.all[0].used.tokens <= store.all[0].reserved.tokens && store.all[0].used.money == 0)
    }
}

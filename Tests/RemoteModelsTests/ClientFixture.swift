import Models
import Records
import RemoteModels
import Synchronization

/// Clients as tests use them: keys of AWS's examples, no waits longer than asked, a fixed wall clock.
enum ClientFixture {
    static let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    static let variables = [
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": "ap-northeast-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    ]
    static let now = Timestamp(seconds: 1_790_000_000)

    static func environment(_ variables: [String: String] = variables) -> Environment {
        var environment = Environment.fixed(now)
        environment.variables = variables
        return environment
    }

    /// Waits are noted, not waited.
    static func pace(_ waits: Waits = Waits()) -> Pace {
        var pace = Pace.system(now: { now })
        pace.sleep = { waits.add($0) }
        pace.draw = { 0.5 }
        return pace
    }

    final class Waits: Sendable {
        private let seconds = Mutex<[Double]>([])
        var all: [Double] { seconds.withLock { $0 } }
        func add(_ value: Double) { seconds.withLock { $0.append(value) } }
    }

    static func bedrock(_ server: LoopbackServer, variables: [String: String] = variables, waits: Waits = Waits()) throws -> BedrockClient {
        try BedrockClient(environment: environment(variables), endpoint: server.address, transport: transport, pace: pace(waits))
    }

    static func openAI(_ server: LoopbackServer, key: String? = nil, waits: Waits = Waits()) throws -> OpenAIClient {
        try OpenAIClient(endpoint: server.address, key: key, caller: RemoteCaller(transport: transport, pace: pace(waits)))
    }

    /// One pool for all tests, as in a program.
    static let transport = ClientTransport()

    static func prompt(_ text: String = "Which intent?", limit: Timestamp.Span = .seconds(600)) -> Prompt {
        Prompt(
            instructions: "You classify.",
            messages: [.init(role: .task, text: "Name the intent of:"), .init(role: .data, text: text)], tokenLimit: 16, timeLimit: limit,
            seed: 7)
    }

    static let answer =
        #"{"output":{"message":{"role":"assistant","content":[{"text":"card_arrival"}]}},"stopReason":"end_turn","usage":{"inputTokens":31,"outputTokens":4,"totalTokens":35},"metrics":{"latencyMs":210}}"#

    static func chat(_ text: String, reason: String = "stop") -> String {
        JSONValue.object([
            .init("id", .text("c-1")), .init("model", .text("smollm2")),
            .init(
                "choices",
                .array([
                    .object([
                        .init("index", .number("0")), .init("finish_reason", .text(reason)),
                        .init("message", .object([.init("role", .text("assistant")), .init("content", .text(text))])),
                    ])
                ])), .init("usage", .object([.init("prompt_tokens", .number("20")), .init("completion_tokens", .number("3"))])),
        ]).json
    }
}

func failure<Value>(_ work: () async throws(Failure) -> Value) async -> Failure? {
    do throws(Failure) {
        _ = try await work()
        return nil
    } catch {
        return error
    }
}

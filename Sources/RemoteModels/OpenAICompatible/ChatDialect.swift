import Models
import Records
import Synchronization

/// How a server wants to be told the form of an answer. They differ, some ignore what they do not know: so it is tried, then remembered.
package enum ChatDialect: String, Sendable, CaseIterable {
    /// `response_format: {type: json_schema, …}`: OpenAI, vLLM, newer llama.cpp and Ollama.
    case responseFormat = "response-format"
    /// `response_format: {type: json_object, schema}`: llama-cpp-python, older llama.cpp.
    case objectSchema = "object-schema"
    /// `json_schema` beside the messages: llama.cpp.
    case schemaField = "json-schema"
    /// `guided_json` beside the messages: older vLLM.
    case guidedJSON = "guided-json"
    /// Ollama's own `/api/chat` with `format`.
    case ollama
    /// The server holds to no schema: the prompt asks for it, the answer is checked.
    case instructions

    func members(for schema: JSONValue) -> [JSONValue.Member] {
        switch self {
        case .responseFormat:
            let definition = JSONValue.object([.init("name", .text("answer")), .init("strict", .bool(true)), .init("schema", schema)])
            return [.init("response_format", .object([.init("type", .text("json_schema")), .init("json_schema", definition)]))]
        case .objectSchema: return [.init("response_format", .object([.init("type", .text("json_object")), .init("schema", schema)]))]
        case .schemaField: return [.init("json_schema", schema)]
        case .guidedJSON: return [.init("guided_json", schema)]
        case .ollama: return [.init("format", schema)]
        case .instructions: return []
        }
    }

    /// A form that no model meets by chance, for a prompt that does not tell it.
    static let probe: (schema: JSONValue, value: String) = {
        let value = "k7Qx2vLm"
        let property = JSONValue.object([.init("type", .text("string")), .init("enum", .array([.text(value)]))])
        let schema = JSONValue.object([
            .init("type", .text("object")), .init("properties", .object([.init("mark", property)])),
            .init("required", .array([.text("mark")])), .init("additionalProperties", .bool(false)),
        ])
        return (schema, value)
    }()
}

/// What was learnt about a server; one a client, shared by its copies.
package final class ServerManners: Sendable {
    private struct State {
        var dialect: ChatDialect?
        var takesCachePrompt = true
    }
    private let state: Mutex<State>

    package init(dialect: ChatDialect? = nil) { state = Mutex(State(dialect: dialect)) }

    package var dialect: ChatDialect? { state.withLock { $0.dialect } }
    var takesCachePrompt: Bool { state.withLock { $0.takesCachePrompt } }

    func remember(_ dialect: ChatDialect) { state.withLock { $0.dialect = dialect } }
    func leaveOutCachePrompt() { state.withLock { $0.takesCachePrompt = false } }
}

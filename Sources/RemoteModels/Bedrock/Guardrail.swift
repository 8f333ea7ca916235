package import Records

/// A guardrail of the account: identifier (or ARN) and version (a number or `DRAFT`).
package struct Guardrail: Hashable, Sendable {
    package var identifier: String
    package var version: String

    /// - Throws: an empty identifier, a version that is neither a number nor DRAFT.
    package init(identifier: String, version: String) throws(Failure) {
        let isNumber = !version.isEmpty && version.utf8.count <= 8 && version.utf8.allSatisfy { 48...57 ~= $0 } && version.first != "0"
        guard !identifier.isEmpty, isNumber || version == "DRAFT" else {
            throw .setting("guardrail", found: "'\(identifier)', version '\(version)'", expected: "an identifier and a number or DRAFT")
        }
        (self.identifier, self.version) = (identifier, version)
    }

    var configuration: JSONValue {
        .object([
            .init("guardrailIdentifier", .text(identifier)), .init("guardrailVersion", .text(version)), .init("trace", .text("disabled")),
        ])
    }

    var headers: [HTTPHeader] {
        [
            HTTPHeader("X-Amzn-Bedrock-GuardrailIdentifier", identifier), HTTPHeader("X-Amzn-Bedrock-GuardrailVersion", version),
        ]
    }
}

/// What a guardrail says of a text.
package struct GuardrailVerdict: Hashable, Sendable {
    package var intervened: Bool
    /// What to show or send instead; empty unless it intervened.
    package var text: String
    /// Names of the policies that found something: `topicPolicy`, `contentPolicy`, ...; no text of theirs.
    package var policies: [String]
    /// Units billed over all policies.
    package var units: Int
}

extension BedrockClient {
    package enum GuardrailSource: String, Sendable { case input = "INPUT", output = "OUTPUT" }

    /// Asks a guardrail without a model (ApplyGuardrail).
    ///
    /// - Parameters:
    ///   - grounding: what an answer must rest on, for contextual grounding; empty = none.
    ///   - query: the question, for contextual grounding.
    package func verdict(
        of guardrail: Guardrail, on text: String, source: GuardrailSource, grounding: String = "", query: String = "",
        limit: Timestamp.Span
    ) async throws(Failure) -> GuardrailVerdict {
        func block(_ text: String, _ qualifier: String?) -> JSONValue {
            var members: [JSONValue.Member] = [.init("text", .text(text))]
            if let qualifier { members.append(.init("qualifiers", .array([.text(qualifier)]))) }
            return .object([.init("text", .object(members))])
        }
        var content: [JSONValue] = []
        if !grounding.isEmpty { content.append(block(grounding, "grounding_source")) }
        if !query.isEmpty { content.append(block(query, "query")) }
        content.append(block(text, content.isEmpty ? nil : "guard_content"))
        let path = "/guardrail/\(Self.label(guardrail.identifier))/version/\(Self.label(guardrail.version))/apply"
        let body = JSONValue.object([.init("source", .text(source.rawValue)), .init("content", .array(content))])
        let value = try json(try await post(path, body, limit: limit))
        let place = endpoints.runtime.authority
        guard let action = value["action"]?.string, let usage = value["usage"]?.members, let outputs = value["outputs"]?.elements,
            let assessments = value["assessments"]?.elements, action == "NONE" || action == "GUARDRAIL_INTERVENED"
        else {
            throw .answerMalformed(
                place: place, found: "a part is missing", expected: "usage, action, outputs and assessments of a guardrail")
        }
        let policies = assessments.flatMap { $0.members ?? [] }.map(\.name).filter { $0.hasSuffix("Policy") }
        return GuardrailVerdict(
            intervened: action == "GUARDRAIL_INTERVENED", text: outputs.compactMap { $0["text"]?.string }.joined(),
            policies: Array(Set(policies)).sorted(), units: usage.reduce(0) { $0 + ($1.value.tokenCount ?? 0) })
    }
}

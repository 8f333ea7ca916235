package import Models
package import Records

/// A model behind a guardrail of Bedrock that its own server does not know: ApplyGuardrail on what goes out, then on what comes back.
///
/// An answer that the guardrail did not judge is not shown, and is a failure of its own code: the model was paid for it. The units that the guardrail bills are not in the ledger.
package struct GuardedModel: Completer {
    private let base: any Completer
    private let guardrail: Guardrail
    private let client: BedrockClient

    package init(_ base: any Completer, guardrail: Guardrail, client: BedrockClient) {
        (self.base, self.guardrail, self.client) = (base, guardrail, client)
    }

    package var family: String { base.family }
    package var model: String { base.model }
    package var destination: String { base.destination }

    package func completion(of prompt: Prompt) async throws(Failure) -> Completion { try await completion(of: prompt, meter: .free) }

    /// The answer's ground is the prompt's data, where it has some: contextual grounding judges by it.
    package func completion(of prompt: Prompt, meter: SendMeter) async throws(Failure) -> Completion {
        let begun = client.caller.pace.elapsed()
        func left() -> Timestamp.Span {
            Timestamp.Span(microseconds: prompt.timeLimit.microseconds - (client.caller.pace.elapsed().microseconds - begun.microseconds))
        }
        func texts(_ role: Prompt.Role) -> String {
            prompt.messages.filter { $0.role == role }.map(\.text).joined(separator: "\n\n")
        }
        let asked = prompt.messages.map(\.text).joined(separator: "\n\n")
        let before = try await client.verdict(of: guardrail, on: asked, source: .input, limit: left())
        guard !before.intervened else {
            return Completion(text: before.text, ending: .blocked, promptTokens: 0, answerTokens: 0, invokedModel: base.model)
        }
        var inner = prompt
        inner.timeLimit = left()
        var completion = try await base.completion(of: inner, meter: meter)
        let (grounding, query) = (texts(.data), texts(.task))
        let after: GuardrailVerdict
        do throws(Failure) {
            after = try await client.verdict(
                of: guardrail, on: completion.text, source: .output, grounding: grounding, query: grounding.isEmpty ? "" : query,
                limit: left())
        } catch {
            throw .answerUnjudged(error)
        }
        if after.intervened { (completion.text, completion.ending) = (after.text, .blocked) }
        completion.latency = Timestamp.Span(microseconds: client.caller.pace.elapsed().microseconds - begun.microseconds)
        return completion
    }
}

package import Models
package import Records
import Synchronization

/// An embedder that tells what it is billed for.
package protocol BilledEmbedder: Embedder {
    /// Texts that one call takes: what is reserved together.
    var textsACall: Int { get }
    /// - Parameter meter: asked before each send that follows one which may have been billed.
    func embedding(of texts: [String], meter: SendMeter) async throws(Failure) -> (vectors: [Float], tokens: Int)
}

extension TitanEmbedder: BilledEmbedder { package var textsACall: Int { 1 } }
extension ServerEmbedder: BilledEmbedder { package var textsACall: Int { batch } }

/// An embedder behind the ledger: reserved before each call, settled after it. The vectors are kept by who asks, not in the ledger.
package struct LedgeredEmbedder: Embedder {
    private let base: any BilledEmbedder
    private let destination: String
    private let ledger: Ledger
    private let facts: ModelFacts

    package init(_ base: any BilledEmbedder, destination: String, ledger: Ledger, facts: ModelFacts) {
        (self.base, self.destination, self.ledger, self.facts) = (base, destination, ledger, facts)
    }

    package var family: String { base.family }
    package var model: String { base.model }
    package var dimensions: Int { base.dimensions }

    package func vectors(of texts: [String]) async throws(Failure) -> [Float] {
        var vectors: [Float] = []
        for start in stride(from: 0, to: texts.count, by: base.textsACall) {
            vectors += try await call(Array(texts[start..<min(start + base.textsACall, texts.count)]))
        }
        return vectors
    }

    private func call(_ texts: [String]) async throws(Failure) -> [Float] {
        let prompt = Prompt(
            instructions: "", messages: texts.map { .init(role: .data, text: $0) }, tokenLimit: 1, timeLimit: .seconds(60), seed: 0)
        // A call of its own each time: what was embedded before is not asked for again by who keeps the vectors.
        let number = Self.count.withLock { count in
            count += 1
            return count
        }
        let request = Ledger.Request(
            prompt: prompt, model: base.model, destination: destination, settings: "embedding \(base.dimensions) \(ledger.owner) \(number)",
            amounts: facts.bound(of: prompt))
        guard case .reserved(let id) = try ledger.begin(request) else { throw .ledgerPending(model: base.model, seconds: 0) }
        let spent = Spent()
        do throws(Failure) {
            let meter = SendMeter(prompt) { [ledger, facts] prompt throws(Failure) in
                try ledger.extend(id, by: facts.bound(of: prompt))
                spent.add(facts.bound(of: prompt))
            }
            let (vectors, tokens) = try await base.embedding(of: texts, meter: meter)
            let completion = Completion(
                text: "\(texts.count) vectors", ending: .finished, promptTokens: tokens, answerTokens: 0, invokedModel: base.model,
                attempts: 1)
            try ledger.settle(id, completion, used: facts.amounts(promptTokens: tokens, answerTokens: 0) + spent.amounts)
            return vectors
        } catch {
            try ledger.fail(id, code: error.code, mayBeBilled: !LedgeredModel.costsNothing(error), earlier: spent.amounts)
            throw error
        }
    }

    private static let count = Mutex(0)

    private final class Spent: Sendable {
        private let sum = Mutex(LedgerAmounts.zero)
        var amounts: LedgerAmounts { sum.withLock { $0 } }
        func add(_ amounts: LedgerAmounts) { sum.withLock { $0 = $0 + amounts } }
    }
}

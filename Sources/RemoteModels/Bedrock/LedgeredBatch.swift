package import Models
package import Records
import Synchronization

/// A batch behind the ledger: every prompt is reserved before the job is made and settled when its line came; what was asked before is not
/// asked again, and what the budget does not cover is not asked at all.
package struct LedgeredBatch: Sendable {
    private let batch: BatchInference
    private let ledger: Ledger
    private let facts: ModelFacts
    private let settings: String

    package init(_ batch: BatchInference, ledger: Ledger, facts: ModelFacts, settings: String) {
        (self.batch, self.ledger, self.facts, self.settings) = (batch, ledger, facts, settings)
    }

    private struct Reserved {
        var id: Int64
        var prompt: Prompt
        /// Those that ask the same.
        var places: [Int]
        let earlier = Earlier()
    }

    private final class Earlier: Sendable {
        private let sum = Mutex(LedgerAmounts.zero)
        var amounts: LedgerAmounts { sum.withLock { $0 } }
        func add(_ amounts: LedgerAmounts) { sum.withLock { $0 = $0 + amounts } }
    }

    /// An answer or a failure for each prompt, in their order.
    ///
    /// - Parameters: as of `BatchInference.answers`.
    /// - Throws: a job as a whole failed; its reservations count as used where the service may have done the work. The ledger cannot be written.
    package func answers(
        to prompts: [Prompt], name: String, limit: Timestamp.Span
    ) async throws(Failure) -> [Result<Completion, Failure>] {
        let missing = Failure.ledgerPending(model: batch.model.model, seconds: 0)
        var results = [Result<Completion, Failure>](repeating: .failure(missing), count: prompts.count)
        var reserved: [Reserved] = [], byKey: [String: Int] = [:]
        for (place, prompt) in prompts.enumerated() {
            let request = Ledger.Request(
                prompt: prompt, model: batch.model.model, destination: batch.model.destination, settings: settings,
                amounts: facts.bound(of: prompt))
            if let known = byKey[request.key] {
                reserved[known].places.append(place)
                continue
            }
            do throws(Failure) {
                switch try ledger.begin(request) {
                case .answered(var completion):
                    (completion.latency, completion.attempts) = (.zero, 0)
                    results[place] = .success(completion)
                case .pending: break
                case .reserved(let id):
                    byKey[request.key] = reserved.count
                    reserved.append(Reserved(id: id, prompt: prompt, places: [place]))
                }
            } catch  where error.code == "language.budget" {
                results[place] = .failure(error)
            }
        }
        let meters = reserved.map { entry in
            SendMeter(entry.prompt) { [ledger, facts] prompt throws(Failure) in
                try ledger.extend(entry.id, by: facts.bound(of: prompt))
                entry.earlier.add(facts.bound(of: prompt))
            }
        }
        let answers: [BatchInference.Answer], ended: Failure?
        do throws(Failure) {
            (answers, ended) = try await batch.outcomes(of: reserved.map(\.prompt), name: name, limit: limit, meters: meters)
        } catch {
            for entry in reserved { try close(entry, error, mayBeBilled: false) }
            throw error
        }
        for (entry, answer) in zip(reserved, answers) {
            switch answer.result {
            case .success(let completion): try settle(entry, completion, wasBatched: answer.wasBatched)
            case .failure(let failure): try close(entry, failure, mayBeBilled: answer.mayBeBilled)
            }
            for place in entry.places { results[place] = answer.result }
        }
        // What was answered before a job failed is settled by now.
        if let ended { throw ended }
        return results
    }

    private func close(_ entry: Reserved, _ failure: Failure, mayBeBilled: Bool) throws(Failure) {
        try ledger.fail(entry.id, code: failure.code, mayBeBilled: mayBeBilled, earlier: entry.earlier.amounts)
    }

    private func settle(_ entry: Reserved, _ completion: Completion, wasBatched: Bool) throws(Failure) {
        var used = facts.amounts(promptTokens: completion.promptTokens, answerTokens: completion.answerTokens)
        // Rounded up: a part of a billionth is never lost in the books.
        if wasBatched { used.money = used.money / 2 + used.money % 2 }
        try ledger.settle(entry.id, completion, used: used + entry.earlier.amounts)
    }
}

public import Records
import Synchronization

/// A model behind the ledger: reserves, calls, settles; what was asked before is answered without a call.
public struct LedgeredModel: Completer {
    private let base: any Completer
    private let ledger: Ledger
    private let facts: ModelFacts
    private let settings: String
    private let registry: ModelRegistry
    private let energy: EnergyAccount?
    /// Waits for another task that asks the same.
    private let pause: @Sendable () async -> Void

    /// - Parameters:
    ///   - facts: what is reserved by; of a router the dearest it may choose.
    ///   - settings: whatever else than the prompt decides the answer.
    ///   - registry: prices of what a router chose.
    ///   - energy: of this machine, where the model is on it: what a call used is then measured, else it is estimated.
    public init(
        _ base: any Completer, ledger: Ledger, facts: ModelFacts, settings: String = "", registry: ModelRegistry = .bundled,
        energy: EnergyAccount? = nil,
        pause: @escaping @Sendable () async -> Void
    ) {
        (self.base, self.ledger, self.facts, self.settings, self.pause) = (base, ledger, facts, settings, pause)
        (self.registry, self.energy) = (registry, energy)
    }

    public var family: String { base.family }
    public var model: String { base.model }
    public var destination: String { base.destination }

    /// Failures after which nothing was billed: the server never took the prompt.
    private static let free: Set<String> = [
        "remote.unreachable", "remote.throttled", "remote.access-denied", "remote.model-unknown", "remote.request-refused",
        "remote.context-too-long", "remote.no-credentials", "remote.credentials", "remote.credentials-refused",
        "remote.credentials-expired",
        "remote.clock-skew", "remote.secret-mode", "remote.setting", "remote.endpoint", "remote.no-region",
    ]

    /// Whether a failure is one after which nothing was billed.
    package static func costsNothing(_ failure: Failure) -> Bool { free.contains(failure.code) }

    public func completion(of prompt: Prompt) async throws(Failure) -> Completion {
        let request = Ledger.Request(
            prompt: prompt, model: base.model, destination: base.destination, settings: settings, amounts: facts.bound(of: prompt))
        let begun = ContinuousClock.now
        while true {
            switch try ledger.begin(request) {
            case .answered(var completion):
                // Nothing was sent this time.
                (completion.latency, completion.attempts) = (.zero, 0)
                return completion
            case .pending:
                let waited = ContinuousClock.now - begun
                guard waited < .microseconds(prompt.timeLimit.microseconds), !Task.isCancelled else {
                    throw .ledgerPending(model: base.model, seconds: prompt.timeLimit.microseconds / 1_000_000)
                }
                await pause()
            case .reserved(let id): return try await call(prompt, id)
            }
        }
    }

    private func call(_ prompt: Prompt, _ id: Int64) async throws(Failure) -> Completion {
        // What sends before the last one may have used.
        let earlier = Spent()
        let meter = SendMeter(prompt) { [ledger, facts] prompt throws(Failure) in
            try ledger.extend(id, by: facts.bound(of: prompt))
            earlier.add(facts.bound(of: prompt))
        }
        var completion: Completion
        let measured = facts.place == .local ? energy?.begin() : nil
        do throws(Failure) {
            completion = try await base.completion(of: prompt, meter: meter)
            completion.measuredEnergy = energy?.end(measured)
        } catch {
            _ = energy?.end(measured)
            try ledger.fail(id, code: error.code, mayBeBilled: !Self.costsNothing(error), earlier: earlier.amounts)
            throw error
        }
        let paid = completion.invokedModel == base.model ? facts : registry.facts(of: completion.invokedModel) ?? facts
        var used = paid.amounts(promptTokens: completion.promptTokens, answerTokens: completion.answerTokens)
        if let measured = completion.measuredEnergy { used.energy = measured }
        try ledger.settle(id, completion, used: used + earlier.amounts)
        return completion
    }

    private final class Spent: Sendable {
        private let sum = Mutex(LedgerAmounts.zero)
        var amounts: LedgerAmounts { sum.withLock { $0 } }
        func add(_ amounts: LedgerAmounts) { sum.withLock { $0 = $0 + amounts } }
    }
}

/// Answers from the ledger only: replay, also years after the model is gone.
public struct RecordedModel: Completer {
    public let family = "recorded"
    public let model: String
    private let store: any LedgerStore
    private let settings: String

    /// - Parameter model: whose answers they are, as it was named then.
    public init(model: String, store: any LedgerStore, settings: String = "") {
        (self.model, self.store, self.settings) = (model, store, settings)
    }

    public var destination: String { "here" }

    /// - Throws: this was not asked then.
    public func completion(of prompt: Prompt) async throws(Failure) -> Completion {
        let key = prompt.ledgerKey(model: model, settings: settings)
        let entry = try store.transaction { transaction throws(Failure) in try transaction.settled(key: key) }
        guard let answer = entry?.answer, var completion = Completion(recorded: answer) else {
            throw .ledgerKeptNothing(model: model, key: key)
        }
        (completion.latency, completion.attempts) = (.zero, 0)
        return completion
    }
}

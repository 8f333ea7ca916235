public import Records

/// The order in which models are asked for one decision, from the cheapest to the dearest, ending in a person.
public struct CascadePlan: Hashable, Sendable {
    public struct Step: Hashable, Sendable {
        /// As in the job file; unique.
        public var name: String
        /// Answers with this doubt or less are taken without a person; nil = never alone.
        public var threshold: Float?
        /// What a call is expected to cost, in the currency of `personCost`.
        public var cost: Double
        /// Share of the rows reaching this step that it decides, as found where the thresholds were: 0...1.
        public var decides: Double
        /// What a call usually takes.
        public var latency: Timestamp.Span

        public init(name: String, threshold: Float?, cost: Double, decides: Double, latency: Timestamp.Span) {
            (self.name, self.threshold, self.cost, self.decides, self.latency) = (name, threshold, cost, decides, latency)
        }
    }

    public enum Disagreement: String, Sendable {
        /// A sure answer that differs from an earlier model's goes to a person.
        case person
        /// The later model is believed.
        case later
    }

    public let steps: [Step]
    /// What a person's decision costs.
    public let personCost: Double
    /// For the whole decision.
    public let timeLimit: Timestamp.Span
    public let onDisagreement: Disagreement

    /// - Throws: no step, a name twice, a share out of 0...1, a cost below 0.
    public init(
        steps: [Step], personCost: Double, timeLimit: Timestamp.Span, onDisagreement: Disagreement = .person
    ) throws(Failure) {
        guard !steps.isEmpty, Set(steps.map(\.name)).count == steps.count else {
            throw .cascadeSettings(
                "steps", found: "\(steps.count) with \(Set(steps.map(\.name)).count) names",
                expected: "one or more, each with a name of its own")
        }
        guard personCost >= 0, personCost.isFinite else { throw .cascadeSettings("person", found: "\(personCost)", expected: "0 or more") }
        for step in steps where !(0...1).contains(step.decides) || !(step.cost >= 0) || !step.cost.isFinite {
            throw .cascadeSettings(
                step.name, found: "cost \(step.cost), share \(step.decides)", expected: "a cost of 0 or more, a share from 0 to 1")
        }
        (self.steps, self.personCost, self.timeLimit, self.onDisagreement) = (steps, personCost, timeLimit, onDisagreement)
    }

    /// What asking from this step on is expected to save against going to a person at once, the best choice made at each later step; the value of
    /// its information. A step that never decides alone has none.
    ///
    /// V(j) = max(V(j+1), d P - c + (1 - d) V(j+1)), V(end) = 0, with the share d it decides, its cost c and a person's cost P.
    func value(from step: Int) -> Double {
        steps[step...].reversed().reduce(0) { later, step in max(later, saving(step, later: later)) }
    }

    /// Whether to ask this step, rather than skip it.
    func isWorthAsking(_ step: Int) -> Bool {
        let later = step + 1 < steps.count ? value(from: step + 1) : 0
        return saving(steps[step], later: later) > later
    }

    private func saving(_ step: Step, later: Double) -> Double {
        guard step.threshold != nil else { return -step.cost + later }
        return step.decides * personCost - step.cost + (1 - step.decides) * later
    }
}

/// One decision on its way through a cascade: takes events, returns actions; no clock, no network.
///
/// Kept for any events: each step is asked at most once, in order; the end is one decision or a person; after it nothing happens.
public struct CascadeMachine: Hashable, Sendable {
    public enum Event: Hashable, Sendable {
        case begun
        /// - doubt: 0 = sure; calibrated, the same that the threshold was found on.
        case answered(outcome: String, doubt: Float, elapsed: Timestamp.Span)
        /// No answer, or one of the wrong form.
        case failed(code: String, elapsed: Timestamp.Span)
    }

    public enum Action: Hashable, Sendable {
        case ask(step: Int)
        case decide(outcome: String, step: Int)
        case person(Reason)
    }

    /// Why a person decides; shown with the item.
    public enum Reason: String, Sendable, CaseIterable {
        case unsure, disagreement, failure, budget, time
        /// No step can decide it at less than a person's cost.
        case worthNothing = "worth-nothing"
    }

    public let plan: CascadePlan
    private var asked: Int?
    private var answers: [String] = []
    private var lastFailure: Reason?
    public private(set) var isDone = false

    public init(_ plan: CascadePlan) { self.plan = plan }

    /// Nil once it is done, or for an answer that nobody asked for.
    public mutating func take(_ event: Event) -> Action? {
        guard !isDone else { return nil }
        switch event {
        case .begun:
            guard asked == nil else { return nil }
            return next(elapsed: .zero)
        case .failed(let code, let elapsed):
            guard asked != nil else { return nil }
            lastFailure = code == "language.budget" ? .budget : code == "remote.time-limit" ? .time : .failure
            return next(elapsed: elapsed)
        case .answered(let outcome, let doubt, let elapsed):
            guard let step = asked else { return nil }
            let differs = answers.contains { $0 != outcome }
            answers.append(outcome)
            lastFailure = nil
            // NaN is doubt: it passes no comparison.
            if let threshold = plan.steps[step].threshold, doubt <= threshold {
                if differs, plan.onDisagreement == .person { return end(.person(.disagreement)) }
                return end(.decide(outcome: outcome, step: step))
            }
            return next(elapsed: elapsed)
        }
    }

    private mutating func next(elapsed: Timestamp.Span) -> Action {
        var (step, isLate) = ((asked ?? -1) + 1, false)
        while step < plan.steps.count {
            let fits = elapsed.microseconds + plan.steps[step].latency.microseconds <= plan.timeLimit.microseconds
            if plan.isWorthAsking(step), fits {
                asked = step
                return .ask(step: step)
            }
            isLate = isLate || plan.isWorthAsking(step)
            step += 1
        }
        return end(.person(lastFailure ?? (isLate ? .time : answers.isEmpty ? .worthNothing : .unsure)))
    }

    private mutating func end(_ action: Action) -> Action {
        isDone = true
        return action
    }
}

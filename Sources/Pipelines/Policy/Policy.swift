import Models
public import Records

/// What the policy says of one row.
struct Ruling: Hashable, Sendable {
    /// Index into `Policy.outcomes`.
    var outcome: UInt8
    /// Index into `Policy.causes`.
    var cause: UInt16
    /// The cheapest outcome that needs no person, for a review item's suggestion.
    var suggested: UInt8
    /// Expected cost of the suggested outcome in minor units: what is at stake when nobody looks.
    var value: Int64
    /// Set when the row was decided without a person and drawn for review all the same.
    var isAuditSample: Bool
    /// Probability, in 0...1, with which it was or would have been drawn.
    var sampleProbability = 0.0
}

/// Turns scores into outcomes: declared rules first, then the outcome of least expected cost, then the audit sample.
///
/// Without a model the score is the stage's own suspicion, which is no probability: rows with enough of it are reviewed, all others get the
/// outcome that costs least when nothing is wrong. What is enough follows from the queue's capacity and the days before (``ColdStart``).
///
/// Where the job promises a risk (`automatic`), a row gets an outcome that costs something on positive rows only as far as the model's rule
/// goes, whatever chose it; all others go to review. While there is no model, nothing is promised.
///
/// Expected cost of an outcome with cost c: p c when it falls due on positive rows, (1 - p) c on negative ones, c always; p is the score.
/// Ties go to the outcome written first. (Elkan, "The Foundations of Cost-Sensitive Learning", IJCAI 2001.)
struct Policy: Sendable {
    /// Why a row got its outcome, as stored in the result table's `cause`; nil is the plain cost comparison.
    enum Cause {
        static let cost: UInt16 = 0
        /// There is no model yet, and the stage's rules are suspicious.
        static let noModel: UInt16 = 1
        static let auditSample: UInt16 = 2
        static let firstRule: UInt16 = 3
    }

    private enum Amount: Sendable {
        case fixed(Double)
        case column(Int)
    }

    private struct Cost: Sendable {
        var when: PolicySettings.When
        var amount: Amount
    }

    let outcomes: [String]
    let causes: [String?]
    let currency: Currency
    private let costs: [Cost]
    /// Outcomes that only a person chooses.
    private let forPeople: [Bool]
    let reviewOutcome: UInt8?
    private let rules: RuleSet
    let suppressions: SuppressionSet
    private let timeColumn: Int
    private let auditSample: Double
    private let seed: UInt64
    private let hasModel: Bool
    /// What may be cleared without a person; nil = the job promises nothing.
    private let gate: AutomaticGate?
    /// Cause of a row that goes to review because the rule does not clear it; the one after it: because the model has no rule.
    private let beyondRule: UInt16
    /// A unit's column, and for how many microseconds it is asked about once; nil = every row may be.
    let oncePer: (column: Int, within: Int64)?
    /// What rows get after the deadline; nil = the job has none.
    private let deadlineOutcome: UInt8?
    /// Cause of a row that needed review, but its unit was asked about already.
    var askedCause: UInt16 { UInt16(causes.count - 1) }
    /// Cause of a row that the deadline decided.
    private var deadlineCause: UInt16 { UInt16(causes.count - 2) }

    /// - Parameters:
    ///   - seed: of the job, so that the same row is drawn for audit in every run.
    ///   - lists: entries known at the run's clock, by list feed.
    ///   - automatic: the model's rule; counts only where it was fitted for this job's settings.
    init(
        job: ScoringJob, featureNames: [String], hasModel: Bool, seed: UInt64, lists: [String: Set<String>],
        automatic: AutomaticRule? = nil
    ) throws(Failure) {
        let schema = try job.decided().schema
        outcomes = job.policy.outcomes.map(\.name)
        forPeople = job.policy.outcomes.map(\.isForPeople)
        let triggers = ["cost", "no-model"] + job.policy.rules.map { "rule: \($0.name)" }
        causes =
            [nil, "no-model", "audit-sample"] + job.policy.rules.map { "rule: \($0.name)" } + ["beyond-promise", "no-promise"]
            + job.policy.suppressions.flatMap { suppression in triggers.map { "suppressed: \(suppression.name) (\($0))" } }
            + ["deadline", "asked"]
        beyondRule = Cause.firstRule + UInt16(job.policy.rules.count)
        gate = job.policy.automatic.map { AutomaticGate($0, rule: automatic, schema: schema, featureNames: featureNames) }
        currency = job.policyCurrency
        costs = job.policy.outcomes.map { outcome in
            switch outcome.cost.pay {
            case .fixed(let money): Cost(when: outcome.cost.when, amount: .fixed(Double(money.minor)))
            case .column(let name): Cost(when: outcome.cost.when, amount: .column(schema.index(of: name) ?? 0))
            }
        }
        reviewOutcome = outcomes.firstIndex(of: "review").map { UInt8($0) }
        rules = try RuleSet(job.policy, scope: try RuleScope(job, featureNames: featureNames), lists: lists)
        suppressions = try SuppressionSet(
            job.policy.suppressions, scope: try RuleScope(job, featureNames: featureNames), lists: lists,
            rules: job.policy.rules.count, firstCause: 5 + job.policy.rules.count)
        timeColumn = try job.decided().time
        auditSample = job.review.auditSample
        oncePer = job.review.oncePer.flatMap { once in schema.index(of: once.column).map { ($0, once.within.microseconds) } }
        let names = outcomes
        deadlineOutcome = job.policy.deadline.flatMap { deadline in names.firstIndex(of: deadline.outcome).map { UInt8($0) } }
        (self.seed, self.hasModel) = (seed, hasModel)
    }

    /// One ruling a row.
    ///
    /// - Parameters:
    ///   - limits: of each row, while there is no model (``ColdStart``); nil = half or more suspicion is reviewed.
    ///   - isAfterDeadline: the scores are the stage's suspicion: what no rule decides gets the deadline's outcome, and nothing is promised.
    func rulings(
        batch: RecordBatch, keys: [UInt64], features: FeatureMatrix, scores: [Float], limits: [ColdStart.Limits]? = nil,
        isAfterDeadline: Bool = false
    ) -> [Ruling] {
        var rulings: [Ruling] = []
        rulings.reserveCapacity(batch.count)
        var expected = [Double](repeating: 0, count: costs.count)
        let matches = rules.firstMatches(batch: batch, features: features)
        let suppressing = suppressions.firstMatches(batch: batch, features: features, times: timeColumn)
        for row in 0..<batch.count {
            let probability = Double(scores[row])
            var (enough, share) = (Float(0.5), auditSample)
            if !hasModel, let limits { (enough, share) = (limits[row].threshold, max(share, limits[row].share)) }
            for index in costs.indices { expected[index] = cost(index, batch: batch, row: row, probability: probability) }
            let suggested = cheapest(expected, without: reviewOutcome)
            var ruling = Ruling(
                outcome: UInt8(cheapest(expected, without: nil)), cause: Cause.cost, suggested: UInt8(suggested),
                value: Int64(expected[suggested].rounded()), isAuditSample: false, sampleProbability: share)
            let match = matches[row]
            if match >= 0 {
                ruling.outcome = UInt8(rules.outcome(ofRule: match))
                ruling.cause = Cause.firstRule + UInt16(match)
                if ruling.outcome != reviewOutcome { ruling.suggested = ruling.outcome }
            } else if isAfterDeadline, let deadlineOutcome {
                (ruling.outcome, ruling.cause) = (deadlineOutcome, deadlineCause)
            } else if !hasModel, let review = reviewOutcome {
                let isSuspicious = scores[row] >= enough
                ruling.outcome = isSuspicious ? review : UInt8(harmless(batch: batch, row: row))
                ruling.cause = isSuspicious ? Cause.noModel : Cause.cost
            }
            if ruling.outcome == reviewOutcome, ruling.cause != deadlineCause, let suppression = suppressing?[row], suppression >= 0 {
                ruling.outcome = hasModel ? ruling.suggested : UInt8(harmless(batch: batch, row: row))
                ruling.cause = suppressions.cause(suppression, instead: ruling.cause)
            }
            if let review = reviewOutcome, isAfterDeadline, gate != nil, clears(ruling.outcome) {
                (ruling.outcome, ruling.cause) = (review, beyondRule + 1)
            } else if let review = reviewOutcome, hasModel, clears(ruling.outcome),
                let refusal = gate?.refusal(batch: batch, features: features, row: row, score: scores[row])
            {
                (ruling.outcome, ruling.cause) = (review, refusal == .beyond ? beyondRule : beyondRule + 1)
            }
            if let review = reviewOutcome, ruling.outcome != review, isDrawn(keys[row], share) { ruling.isAuditSample = true }
            rulings.append(ruling)
        }
        return rulings
    }

    /// Whether a reviewed row's suggestion may not be taken without a person: the promise is about what is cleared so.
    func isPromised(_ ruling: Ruling) -> Bool { gate != nil && clears(ruling.suggested) }

    /// Whether an outcome costs something on positive rows, and nothing on others: what a promise about missed ones is about.
    private func clears(_ outcome: UInt8) -> Bool { costs[Int(outcome)].when == .positive && outcome != reviewOutcome }

    func cost(_ index: Int, batch: RecordBatch, row: Int, probability: Double) -> Double {
        let amount: Double
        switch costs[index].amount {
        case .fixed(let minor): amount = minor
        case .column(let column): amount = Double(batch.columns[column].integers[row])
        }
        switch costs[index].when {
        case .positive: return probability * amount
        case .negative: return (1 - probability) * amount
        case .always: return amount
        }
    }

    /// What an outcome costs on a row whose class is known, in minor units; a person who reviews is taken to decide rightly.
    func realised(_ outcome: UInt8, batch: RecordBatch, row: Int, isPositive: Bool) -> Double {
        cost(Int(outcome), batch: batch, row: row, probability: isPositive ? 1 : 0)
    }

    func isFree(_ index: Int) -> Bool { costs[index].when == .positive }

    /// Whether an outcome costs something where nothing was wrong, and asks nobody: what is done about a positive row, such as a repair.
    func renews(_ outcome: UInt8) -> Bool { !isFree(Int(outcome)) && outcome != reviewOutcome }

    private func cheapest(_ expected: [Double], without excluded: UInt8?) -> Int {
        var best = -1
        for index in expected.indices where !forPeople[index] && (excluded.map({ Int($0) != index }) ?? true) {
            if best < 0 || expected[index] < expected[best] { best = index }
        }
        return max(best, 0)
    }

    /// The outcome that costs least when nothing is wrong: the only one taken without a person while there is no model.
    private func harmless(batch: RecordBatch, row: Int) -> Int {
        cheapest(costs.indices.map { cost($0, batch: batch, row: row, probability: 0) }, without: reviewOutcome)
    }

    /// Keyed draw: the same row is drawn whatever the run, the batch or the thread.
    private func isDrawn(_ key: UInt64, _ share: Double) -> Bool {
        guard share > 0 else { return false }
        return Double(RecordKey.mix(key ^ seed) >> 11) * 0x1p-53 < share
    }
}

extension ScoringJob {
    /// The one currency of all costs (`check` refuses several).
    public var policyCurrency: Currency {
        for outcome in scoring.policy.outcomes {
            switch outcome.cost.pay {
            case .fixed(let money): return money.currency
            case .column(let name): if case .money(let currency)? = (try? decided())?.schema[name]?.type { return currency }
            }
        }
        return .unknown
    }
}

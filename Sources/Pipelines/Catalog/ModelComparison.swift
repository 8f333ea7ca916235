public import Connectors
import GRDB
import Models
public import Records

/// Two versions on the same labelled rows, after the training periods of both.
public struct ModelComparison: Sendable, Codable {
    /// Differences are second minus first, with the interval that 95 % of the resamples of whole entities give.
    public struct Figure: Sendable, Codable {
        /// `auc`, `average_precision`, or `cost` in minor units of the currency, of which less is better.
        public var name: String
        public var first: Double
        public var second: Double
        public var difference: Double
        public var lower: Double
        public var upper: Double
        /// Share of the resamples in which the second is not better, ties half.
        public var shareNotBetter: Double
    }
    /// Rows that a policy gives an outcome.
    public struct Outcome: Sendable, Codable {
        public var outcome: String
        public var first: Int
        public var second: Int
    }

    public var job: String
    public var name: String
    public var first: Int
    public var second: Int
    public var policyDigest: String
    /// Event times, ISO 8601; `to` is exclusive.
    public var from: String
    public var to: String
    public var rows: Int
    public var positives: Int
    public var resamples: Int
    public var currency: String
    public var figures: [Figure]
    public var outcomes: [Outcome]
}

/// Scores two versions on the same rows.
public struct ModelComparer: Sendable {
    let warehouse: Warehouse
    let environment: Environment
    let resamples: Int

    public init(warehouse: Warehouse, environment: Environment, resamples: Int = 1_000) {
        (self.warehouse, self.environment, self.resamples) = (warehouse, environment, resamples)
    }

    /// - Parameters:
    ///   - from: first event time; nil = the later end of the two training periods.
    ///   - to: exclusive; nil = the newest time whose labels are complete: the feed's last row, less `label-delay`.
    /// - Throws: versions that are not there or do not fit the job, a start before a training period's end, no rows, one class only.
    public func compare(
        _ name: String, _ first: Int, _ second: Int, for job: Job, from: Timestamp? = nil, to: Timestamp? = nil,
        progress: (Int) -> Void = { _ in }
    ) throws(Failure) -> ModelComparison {
        let scored = try job.scored()
        guard scored.modelName == name else { throw .promotionJob(name, job: job.name, model: scored.modelName) }
        guard let settings = scored.train else { throw .trainMissing(job.name) }
        let stage = try Stages.definition(of: scored.stage)
        if try Stages.required(scored.stage.name) is any KeepingStage.Type {
            throw .preparedOtherwise("\(name) \(first) and \(second)", stage: scored.stage.name)
        }
        let (decisions, setAside, lists) = try warehouse.read { database in
            (
                try LabelStore(database).decisions(job: job.name), try DeliveryStore(database).setAside(job: job.name),
                try Self.lists(of: job, knownBy: environment.now(), database)
            )
        }
        var sides: [Side] = []
        for number in [first, second] { sides.append(try side(name, number, job: scored, stage: stage, lists: lists)) }
        var collector = try FeatureCollector(job: scored, decisions: decisions, setAside: setAside)
        guard let period = try collector.period() else { throw .feedWithoutRows(scored.main.files) }
        let start = try self.start(sides.map(\.model.version), from: from)
        let end = min(to ?? .distantFuture, period.last + .seconds(1) - settings.labelDelay)
        guard start < end else { throw .comparisonEmpty(name, from: start, to: end) }
        collector.visit = { batch, rows, keys, features throws(Failure) in
            for side in sides { try side.add(batch, rows: rows, keys: keys, features: features) }
        }
        let set = try collector.collect(from: start, to: end, labelsKnownBy: .distantFuture, progress: progress)
        guard set.positives > 0, set.positives < set.labels.count else {
            throw .comparisonOneClass(name, positives: set.positives, rows: set.labels.count, from: start, to: end)
        }
        return report(sides, set: set, job: scored, name: name, from: start, to: end)
    }

    /// One version, and what it says of the rows so far.
    private final class Side {
        let model: LoadedModel
        let policy: Policy
        var scores: [Float] = []
        /// Cost in minor units of the outcome, if the row is positive and if not.
        var costs: [(positive: Double, negative: Double)] = []
        var outcomes: [Int]

        init(_ model: LoadedModel, policy: Policy) {
            (self.model, self.policy) = (model, policy)
            outcomes = [Int](repeating: 0, count: policy.outcomes.count)
        }

        func add(_ batch: RecordBatch, rows: [Int], keys: [UInt64], features: FeatureMatrix) throws(Failure) {
            let all = try model.classifier.probabilities(of: features)
            let rulings = policy.rulings(batch: batch, keys: keys, features: features, scores: all)
            for row in rows {
                let outcome = rulings[row].outcome
                scores.append(all[row])
                outcomes[Int(outcome)] += 1
                costs.append(
                    (
                        policy.realised(outcome, batch: batch, row: row, isPositive: true),
                        policy.realised(outcome, batch: batch, row: row, isPositive: false)
                    ))
            }
        }
    }

    private func side(
        _ name: String, _ number: Int, job: ScoringJob, stage: StageDefinition, lists: [String: Set<String>]
    ) throws(Failure) -> Side {
        let (version, artefact) = try warehouse.read { database in
            let store = ModelStore(database)
            let version = try store.required(name, version: number)
            return (version, try store.artefact(of: version))
        }
        let model = try LoadedModel.load(version, artefact: artefact, job: job, stage: stage, threads: 1)
        return Side(model, policy: try model.policy(job: job, stage: stage, lists: lists))
    }

    private static func lists(of job: Job, knownBy time: Timestamp, _ database: Database) throws -> [String: Set<String>] {
        var lists: [String: Set<String>] = [:]
        for feed in job.feeds where feed.role == .list {
            lists[feed.name] = Set(try ListStore(database).entries(job: job.name, list: feed.name, knownBy: time).map(\.text))
        }
        return lists
    }

    /// The later end of the training periods, or what was asked for, if it is no earlier.
    private func start(_ versions: [ModelVersion], from: Timestamp?) throws(Failure) -> Timestamp {
        var start = from ?? .distantPast
        for version in versions {
            guard let end = Timestamp(iso8601: version.card.trainedTo) else {
                guard from != nil else { throw .comparisonPeriod(version) }
                continue
            }
            if let from, from < end { throw .comparisonTrained(version, from: from) }
            start = max(start, end)
        }
        return start
    }

    private func report(
        _ sides: [Side], set: FeatureSet, job: ScoringJob, name: String, from: Timestamp, to: Timestamp
    ) -> ModelComparison {
        let bootstrap = PairedBootstrap(identifiers: set.entities, resamples: resamples, seed: 1)
        let ranks = bootstrap.ranks(first: sides[0].scores, second: sides[1].scores, labels: set.labels)
        // Costs with their sign turned: more is better for the bootstrap.
        let savings = sides.map { side in zip(side.costs, set.labels).map { -($1 > 0 ? $0.positive : $0.negative) } }
        let money = bootstrap.totals(first: savings[0], second: savings[1])
        func figure(_ name: String, _ pair: PairedDifference?, turned: Bool = false) -> ModelComparison.Figure? {
            pair.map { pair in
                let sign: Double = turned ? -1 : 1
                return ModelComparison.Figure(
                    name: name, first: sign * pair.first, second: sign * pair.second, difference: sign * pair.difference.estimate,
                    lower: turned ? -pair.difference.upper : pair.difference.lower,
                    upper: turned ? -pair.difference.lower : pair.difference.upper, shareNotBetter: pair.shareNotBetter)
            }
        }
        return ModelComparison(
            job: job.name, name: name, first: sides[0].model.version.version, second: sides[1].model.version.version,
            policyDigest: job.policyDigest, from: from.iso8601, to: to.iso8601, rows: set.labels.count, positives: set.positives,
            resamples: resamples, currency: job.policyCurrency.code,
            figures: [
                figure("auc", ranks.rocAUC), figure("average_precision", ranks.averagePrecision), figure("cost", money, turned: true),
            ].compactMap { $0 },
            outcomes: sides[0].policy.outcomes.indices.map {
                ModelComparison.Outcome(outcome: sides[0].policy.outcomes[$0], first: sides[0].outcomes[$0], second: sides[1].outcomes[$0])
            })
    }
}

extension LoadedModel {
    /// The job's policy as this version would be applied by it.
    func policy(job: ScoringJob, stage: StageDefinition, lists: [String: Set<String>]) throws(Failure) -> Policy {
        try Policy(
            job: job, featureNames: stage.features.map(\.name), hasModel: true, seed: RecordKey.hash(job.name), lists: lists,
            automatic: automatic)
    }
}

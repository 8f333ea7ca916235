import Connectors
import Models
import Records

/// What a job brings to a simulated fleet: its feed's columns, its model and its policy.
struct FleetParts: Sendable {
    /// In minor units.
    struct Costs: Hashable, Sendable {
        var failure: Double
        var repair: Double
        var inspection: Double
        var currency: Currency
    }

    let job: ScoringJob
    let feed: FleetFeed
    let costs: Costs
    let model: any Classifier
    private let featureNames: [String]
    private let automatic: AutomaticRule?

    /// Costs of a job's policy, and columns of its feed.
    ///
    /// - Throws: a job of another stage, over another feed, with lists or an event log, or whose policy names no cost of a failure and of a repair.
    static func read(_ job: ScoringJob) throws(Failure) -> (feed: FleetFeed, costs: Costs, stage: MaintenanceStage) {
        guard try Stages.required(job.stage.name) is MaintenanceStage.Type else {
            throw .fleetStage(job.name, stage: job.stage.name)
        }
        let feed = try FleetFeed(job.main)
        if let list = job.feeds.first(where: { $0.role == .list }) { throw .fleetFeed(list.name, "`role: list`") }
        let stage = try MaintenanceStage(configuration: job.stage, schema: feed.schema)
        if let events = stage.settings.events { throw .fleetFeed(events, "the stage's `events`") }
        let policy = try Policy(job: job, featureNames: stage.featureNames, hasModel: true, seed: 0, lists: [:])
        // Fixed amounts: the fleet's feed has no column of money.
        guard let life = policy.lifeCosts(batch: feed.batch([], at: 0), row: 0) else { throw .fleetCosts(job.name) }
        let inspection = policy.reviewOutcome.map { policy.cost(Int($0), batch: feed.batch([], at: 0), row: 0, probability: 0) }
        return (
            feed,
            Costs(failure: life.failure, repair: life.repair, inspection: inspection ?? 0, currency: policy.currency), stage
        )
    }

    init(_ job: ScoringJob, _ read: (feed: FleetFeed, costs: Costs, stage: MaintenanceStage), _ model: FleetModel) throws(Failure) {
        (self.job, feed, costs) = (job, read.feed, read.costs)
        (self.model, automatic, featureNames) = (model.classifier, model.automatic, read.stage.featureNames)
        let row = FeatureMatrix(featureCount: featureNames.count, values: featureNames.map { _ in 0 })
        guard try !self.model.plans(of: row, costs: [(costs.failure, costs.repair)]).isEmpty else {
            throw .fleetModel(model.name, family: self.model.family)
        }
    }

    /// - Parameter seed: of the fleet, so that each has audit samples of its own.
    func policy(seed: UInt64) throws(Failure) -> Policy {
        try Policy(
            job: job, featureNames: featureNames, hasModel: true, seed: RecordKey.hash(job.name) ^ seed, lists: [:], automatic: automatic)
    }
}

/// The model that a replay asks.
struct FleetModel: Sendable {
    let classifier: any Classifier
    let automatic: AutomaticRule?
    /// `machines version 2`, or what it was trained on for this replay.
    let name: String

    /// - Parameters:
    ///   - version: of the catalog; nil = the champion now, or one trained on the job's own feed where there is none.
    ///   - warehouse: nil = there is no database yet.
    init(
        _ job: ScoringJob, version: Int?, warehouse: Warehouse?, environment: Environment, progress: (Int) -> Void
    ) throws(Failure) {
        let definition = try Stages.definition(of: job.stage)
        if let warehouse {
            let loaded =
                if let version {
                    try LoadedModel.version(
                        name: job.modelName, version: version, job: job, stage: definition, warehouse: warehouse, threads: 1)
                } else {
                    try LoadedModel.champion(of: job, stage: definition, asOf: environment.now(), warehouse: warehouse, threads: 1)
                }
            if let loaded {
                (classifier, automatic) = (loaded.classifier, loaded.automatic)
                name = "\(loaded.version.name) version \(loaded.version.version)"
                return
            }
        } else if let version {
            throw .modelMissing("\(job.modelName ?? job.name) version \(version)", known: [])
        }
        let fitted = try Self.fitted(job, warehouse: warehouse, progress: progress)
        (classifier, automatic, name) = (fitted.0, fitted.1, fitted.2)
    }

    /// As `train` would make it; not kept.
    private static func fitted(
        _ job: ScoringJob, warehouse: Warehouse?, progress: (Int) -> Void
    ) throws(Failure) -> (any Classifier, AutomaticRule?, String) {
        guard let settings = job.train else { throw .trainMissing(job.name) }
        let setAside = try warehouse?.read { try DeliveryStore($0).setAside(job: job.name) } ?? []
        var collector = try FeatureCollector(job: job, setAside: setAside)
        guard let period = try collector.period() else { throw .feedWithoutRows(job.main.files) }
        let now = Timestamp(microseconds: period.last.microseconds + 1)
        let to = now - settings.labelDelay, from = now - settings.labelDelay - settings.last
        let set = try collector.collect(from: from, to: to, labelsKnownBy: now, progress: progress)
        guard set.positives >= settings.minimumPositives, set.positives > 0 else {
            throw .positivesFew(
                set.positives, rows: set.labels.count, needed: settings.minimumPositives, from: from, to: to,
                remedy: "Simulate more machines or days, or lengthen `train: window: last`.")
        }
        let fitted = try ModelFitter(job: job, settings: settings).fit(set, from: from, to: to)
        return (fitted.classifier, fitted.artefact.automatic, "trained for this replay on \(set.labels.count) rows")
    }
}

public import Connectors
import GRDB
public import Models
public import Records

/// What came of training.
public struct TrainingReport: Sendable {
    public var version: ModelVersion
    public var role: ModelRole
    public var rows: Int
    public var positives: Int
    public var from: Timestamp
    public var to: Timestamp
    public var labelsKnownBy: Timestamp
    /// The catalog had this very model already.
    public var isKnown: Bool
}

/// Trains a job's model on the feed's own past and puts it into the catalog.
public struct Trainer: Sendable {
    let warehouse: Warehouse
    let environment: Environment

    public init(warehouse: Warehouse, environment: Environment) { (self.warehouse, self.environment) = (warehouse, environment) }

    /// Trains on the rows in [asOf - label delay - last, asOf - label delay) with the labels known at `asOf`.
    ///
    /// - Parameters:
    ///   - asOf: the time to pretend it is; nil = just after the feed's last row.
    ///   - role: of the new version; a champion scores from its creation on.
    /// - Throws: no `train:` section, too few rows or positive labels (with counts).
    public func train(
        _ job: Job, asOf: Timestamp? = nil, role: ModelRole = .champion, progress: (Int) -> Void = { _ in }
    ) throws(Failure) -> TrainingReport {
        let job = try job.scored()
        guard let settings = job.train, let name = job.modelName else { throw .trainMissing(job.name) }
        let decisions = try warehouse.read { try LabelStore($0).decisions(job: job.name) }
        let setAside = try warehouse.read { try DeliveryStore($0).setAside(job: job.name) }
        var collector = try FeatureCollector(job: job, decisions: decisions, setAside: setAside)
        guard let period = try collector.period() else { throw .feedWithoutRows(job.main.files) }
        let now = asOf ?? Timestamp(microseconds: period.last.microseconds + 1)
        let to = now - settings.labelDelay
        let from = to - settings.last
        let set = try collector.collect(from: from, to: to, labelsKnownBy: now, progress: progress)
        guard set.positives >= settings.minimumPositives, set.positives > 0 else {
            throw .positivesFew(set.positives, rows: set.labels.count, needed: settings.minimumPositives, from: from, to: to)
        }
        let stage = try Stages.definition(of: job.stage)
        let family = try ModelFamilies.classifier(named: settings.family)
        let seed = RecordKey.hash(job.name) >> 1
        let classifier = try family.train(
            on: set.training(stage.features.map(\.name)),
            parameters: settings.parameters, seed: seed, threads: 1)
        let card = ModelCard(
            trainedFrom: from.iso8601, trainedTo: to.iso8601, labelsKnownBy: now.iso8601, rows: set.labels.count, positives: set.positives,
            parameters: settings.parameters.mapValues(\.text), seed: seed, jobDigest: job.digest, inputDigest: collector.inputDigest,
            stageVersion: "\(stage.definition.name) \(stage.version)", libraryVersion: family.libraryVersion)
        return try add(
            TrainingReport(
                version: ModelVersion(
                    name: name, version: 0, family: settings.family, digest: "", featureNames: stage.features.map(\.name), card: card,
                    created: environment.now()),
                role: role, rows: set.labels.count, positives: set.positives, from: from, to: to, labelsKnownBy: now, isKnown: false),
            artefact: try classifier.serialized())
    }

    private func add(_ report: TrainingReport, artefact: [UInt8]) throws(Failure) -> TrainingReport {
        let now = environment.now()
        let actor = "\(environment.actor)@\(environment.host)"
        return try warehouse.write(durable: true) { database in
            var report = report
            let store = ModelStore(database)
            let known = try store.versions(of: report.version.name).first?.version ?? 0
            report.version = try store.add(
                name: report.version.name, family: report.version.family, featureNames: report.version.featureNames,
                card: report.version.card, artefact: artefact, at: now)
            report.isKnown = report.version.version <= known
            if try store.role(of: report.version, asOf: .distantFuture) != report.role {
                try store.setRole(report.role, of: report.version, at: now, actor: actor, reason: "trained on \(report.rows) rows")
            }
            return report
        }
    }
}

extension ParameterValue {
    /// As it would be written in a job file.
    public var text: String {
        switch self {
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .bool(let value): "\(value)"
        case .text(let value): value
        case .span(let value): "\(value.microseconds / 1_000_000)s"
        }
    }
}

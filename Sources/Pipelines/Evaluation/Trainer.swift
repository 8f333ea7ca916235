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
    /// Language models that the stage may ask about the training rows; nil = nobody is asked.
    public var models: (any ModelSupplier)?

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
        collector.models = models
        guard let period = try collector.period() else { throw .feedWithoutRows(job.main.files) }
        let now = asOf ?? Timestamp(microseconds: period.last.microseconds + 1)
        let to = now - settings.labelDelay
        let from = to - settings.last
        let set = try collector.collect(from: from, to: to, labelsKnownBy: now, progress: progress)
        guard set.positives >= settings.minimumPositives, set.positives > 0 else {
            throw .positivesFew(
                set.positives, rows: set.labels.count, needed: settings.minimumPositives, from: from, to: to,
                remedy: Self.pace(set.positives, settings: settings, from: max(from, period.first), to: to, now: now))
        }
        let stage = try Stages.definition(of: job.stage)
        let fitter = ModelFitter(job: job, settings: settings)
        let fitted = try fitter.fit(set, from: from, to: to)
        var card = ModelCard(
            trainedFrom: from.iso8601, trainedTo: to.iso8601, labelsKnownBy: now.iso8601, rows: set.labels.count, positives: set.positives,
            parameters: settings.parameters.mapValues(\.text), seed: fitter.seed, jobDigest: job.digest,
            inputDigest: collector.inputDigest, stageVersion: "\(stage.definition.name) \(stage.version)", libraryVersion: fitted.library)
        card.fitting = fitted.fitting
        card.fitting?.oddLabels = try warehouse.read { database throws(Failure) in
            try TrainingLabels(job: job.name, knownBy: now, in: database).findings(in: set)
        }
        card.owner = job.owner
        // Where several accounts must approve a version, training alone puts none in charge.
        let role = role == .champion && settings.approvals > 1 ? ModelRole.challenger : role
        return try add(
            TrainingReport(
                version: ModelVersion(
                    name: name, version: 0, family: settings.family, digest: "", featureNames: stage.features.map(\.name), card: card,
                    created: environment.now()),
                role: role, rows: set.labels.count, positives: set.positives, from: from, to: to, labelsKnownBy: now, isKnown: false),
            artefact: try fitted.artefact.serialized(), encoder: collector.encoder?.files)
    }

    /// The role that a job's next version begins with when nothing is said: where the stage's rules decide, a challenger beside them, as the
    /// first model is not better only because it is there; else the champion.
    public func usualRole(for job: Job) throws(Failure) -> ModelRole {
        guard let name = job.modelName else { return .champion }
        return try warehouse.read { database throws(Failure) in
            guard try ModelStore(database).champion(of: name, asOf: .distantFuture) == nil else { return .champion }
            let last = try RunStore(database).last(job: job.name, statuses: [.done, .held])
            return last != nil && last?.model == nil ? .challenger : .champion
        }
    }

    /// When there will be enough at the pace so far: in how many days, or in how long a window.
    private static func pace(_ found: Int, settings: TrainSettings, from: Timestamp, to: Timestamp, now: Timestamp) -> String {
        let day = 86_400_000_000.0
        let days = max(Double(to.microseconds - from.microseconds) / day, 1 / 24)
        let pace = LabelPace(found: found, needed: max(settings.minimumPositives, 1), days: days)
        guard let wait = pace.expectedDays else {
            return "None is known yet, so no date can be given. Let people decide review items; until then the stage's rules score."
        }
        let length = Double(settings.last.microseconds) / day
        if days + wait <= length {
            func date(_ days: Double) -> String {
                String(Timestamp(microseconds: now.microseconds + Int64((days * day).rounded(.up))).iso8601.prefix(10))
            }
            let latest = pace.latestDays.map { ", by \(date($0)) with 97.5 % certainty" } ?? ""
            return
                "At this pace there will be enough on \(date(wait))\(latest). Deciding review items is faster; until then the stage's rules score."
        }
        return
            "At this pace a window of \(Int((days + wait).rounded(.up))) days would hold enough (`train: window: last`). Deciding review "
            + "items is faster; until then the stage's rules score."
    }

    /// - Parameter encoder: what the model rests on, kept beside it.
    private func add(_ report: TrainingReport, artefact: [UInt8], encoder: EncoderFiles?) throws(Failure) -> TrainingReport {
        let now = environment.now()
        let actor = "\(environment.actor)@\(environment.host)"
        return try warehouse.write(durable: true) { database in
            var report = report
            let store = ModelStore(database)
            if let encoder { _ = try store.add(encoder, jobDigest: report.version.card.jobDigest, at: now) }
            let known = try store.versions(of: report.version.name).first?.version ?? 0
            report.version = try store.add(
                name: report.version.name, family: report.version.family, featureNames: report.version.featureNames,
                card: report.version.card, artefact: artefact, at: now)
            report.isKnown = report.version.version <= known
            let current = try store.role(of: report.version, asOf: .distantFuture)
            // The very model that is in charge, trained again where several accounts must approve: it stays in charge.
            if current == .champion, report.role == .challenger { report.role = .champion }
            if current != report.role {
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

package import GRDB
package import Models
package import Records

/// How a job does: computed from what the warehouse holds and nothing else, so that the same file and clock give the same report.
///
/// A row counts as settled once the labels of its time are complete (`train: label-delay`); of settled rows, those without a report are
/// taken for negative, as training does. Figures of quality and money are of settled rows that the model which scored them had not seen: later
/// than anything that was known when it was trained.
package struct JobReport: Sendable {
    package struct Figure: Hashable, Sendable {
        package var name: String
        package var interval: BootstrapInterval
    }

    package var job: String
    package var owner: String?
    package var clock: Timestamp
    /// `fraud`, the stage's word.
    package var positive: String
    /// Newest first.
    package var runs: [RunRecord]
    package var rows: Int
    package var firstTime: Timestamp?
    package var lastTime: Timestamp?
    /// Settled, and not seen by the model that scored them.
    package var settledRows: Int
    package var settledPositives: Int
    /// Settled, but earlier than what the model knew that scored them: in no figure.
    package var seenRows: Int
    package var labelDelay: Timestamp.Span
    /// What the intervals resample: `days`, or `rows` where there are fewer than ten days.
    package var clusters: String
    package var quality: [Figure] = []
    package var calibration: CalibrationReport?
    package var scores: ScoreHistogram
    package var slices: [SliceGroup] = []
    package var drift: DriftSummary
    package var money: MoneyReport?
    package var audit: AuditSummary?
    package var queue: QueueLoad
    package var changes: [RunChange] = []
    /// Of a maintenance job.
    package var fleet: MachineReport?
    /// Whether a row is positive is read off its machine's life, not off a label of its own.
    package var isOfLives = false
    /// Of a quality job.
    package var pieces: PieceReport?
    /// Of a recommendations job.
    package var offers: OfferReport?
    /// The column that names the group of a quality job's control charts.
    package var group: String?

    /// Below ten days, days are too few to resample.
    static let leastDays = 10
    static let resamples = 1_000

    /// - Throws: a job without runs or scores; a stored job file that this version cannot read.
    package init(job name: String, now: Timestamp, in database: Database) throws(Failure) {
        self = try database.worded { try JobReport(reading: name, now: now, in: database) }
    }

    private init(reading name: String, now: Timestamp, in database: Database) throws {
        let store = RunStore(database)
        runs = try store.list(job: name).filter { $0.clock <= now && ($0.status == .done || $0.status == .running) }
        let table = try String.fetchOne(
            database, sql: "SELECT name FROM pipeline_results WHERE job = ? AND feed IS NULL", arguments: [name])
        guard let last = runs.first, let table else { throw Failure.reportWithoutRuns(name) }
        let settings = try store.job(ofRun: last.id).scored()
        let stage = try Stages.definition(of: settings.stage)
        (job, owner, clock, positive) = (name, settings.owner, now, stage.positive)
        var all = try ReportRows(job: name, table: table, now: now, in: database)
        labelDelay = settings.train?.labelDelay ?? .zero
        let ripe = now - labelDelay
        let horizons = try Self.horizons(runs, in: database)
        let source = ReportSource(
            database: database, job: settings, table: table, key: settings.main.key, now: now,
            runs: Dictionary(uniqueKeysWithValues: runs.map { ($0.id, $0) }), learntBy: horizons)
        if settings.stage.name == MaintenanceStage.definition.definition.name {
            fleet = try MachineReport(source)
            isOfLives = try MachineReport.judge(&all, source)
        }
        let isOfLives = isOfLives
        let ended = all.times.indices.filter {
            !all.scores[$0].isNaN && (all.known[$0] != nil || !isOfLives && all.times[$0] <= ripe)
        }
        let settled = ended.filter { row in horizons[all.runs[row]].map { all.times[row] > $0 } ?? true }
        seenRows = ended.count - settled.count
        let labels = settled.map { all.known[$0] == true ? Float(1) : 0 }
        (rows, firstTime, lastTime) = (all.count, all.times.first, all.times.last)
        (settledRows, settledPositives) = (settled.count, labels.count { $0 == 1 })
        let days = settled.map { all.times[$0].day }
        clusters = Set(days).count >= Self.leastDays ? "days" : "rows"
        let identifiers = clusters == "days" ? days : Array(days.indices)
        let scored = settled.map { all.scores[$0] }
        quality = Self.quality(scores: scored, labels: labels, identifiers: identifiers)
        calibration = settled.isEmpty ? nil : CalibrationReport(probabilities: scored, labels: labels)
        scores = ScoreHistogram(scores: all.scores, known: all.known)
        slices = SliceGroup.groups(all, rows: settled, labels: labels, identifiers: identifiers, featureNames: stage.features.map(\.name))
        drift = DriftSummary(all, featureNames: stage.features.map(\.name))
        // Costs of a failure are those of a machine, not of each reading before it.
        if !isOfLives {
            money = MoneyReport(
                all, rows: settled, labels: labels, identifiers: identifiers, job: settings, features: stage.features.map(\.name))
        }
        audit = AuditSummary(all, probability: settings.review.auditSample)
        queue = QueueLoad(all, capacity: settings.review.capacityPerDay, now: now)
        changes = RunChange.changes(runs, rows: all)
        group = settings.stage.text("group")
        if settings.stage.name == QualityStage.definition.definition.name { pieces = try PieceReport(source, last: last) }
        if settings.stage.name == RecommendationSettings.name { offers = try OfferReport(source) }
    }

    /// Until when things were known that the model of a run was trained on; runs that the rules scored have none.
    private static func horizons(_ runs: [RunRecord], in database: Database) throws -> [Int64: Timestamp] {
        var horizons: [Int64: Timestamp] = [:]
        let store = ModelStore(database)
        for run in runs {
            guard let name = run.model, let version = run.modelVersion,
                let card = try store.versions(of: name).first(where: { $0.version == version })?.card
            else { continue }
            horizons[run.id] = Timestamp(iso8601: card.labelsKnownBy)
        }
        return horizons
    }

    private static func quality(scores: [Float], labels: [Float], identifiers: [Int]) -> [Figure] {
        guard !scores.isEmpty else { return [] }
        let bootstrap = ClusterBootstrap(identifiers: identifiers, resamples: resamples, seed: 1)
        let ranked = RankedScores(scores: scores, labels: labels, clusters: bootstrap.clusters)
        let intervals = bootstrap.intervals { weights in
            let both = ranked.both(weights: weights)
            return [both?.rocAUC, both?.averagePrecision]
        }
        return zip(["area under the ROC curve", "average precision"], intervals).compactMap { name, interval in
            interval.map { Figure(name: name, interval: $0) }
        }
    }
}

extension Failure {
    static func reportWithoutRuns(_ job: String) -> Failure {
        Failure(
            .usage, code: "report.no-runs", what: "there is nothing to report on", place: "job '\(job)'",
            found: "no finished run with scores",
            remedy: "Run the job first, or name the database it wrote to.")
    }
}

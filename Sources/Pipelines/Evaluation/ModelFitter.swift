import Models
import Records

/// Makes one model from the rows of a window: what `train` stores is what `evaluate` measures.
///
/// The window is cut by time: first the rows that the model learns from, then those that calibrate its scores (and on which early stopping
/// watches), last those that automatic decisions are fitted to, which neither has seen.
struct ModelFitter {
    let job: ScoringJob
    let settings: TrainSettings
    let seed: UInt64

    struct Fitted {
        var classifier: any Classifier
        var artefact: ModelArtefact
        var fitting: ModelFitting
        /// `xgboost 1.7.4`
        var library: String
        var family: String
    }

    /// Where the slices begin and end.
    struct Slices: Hashable {
        var from: Timestamp
        var calibration: Timestamp
        var selection: Timestamp
        var to: Timestamp

        init(_ settings: TrainSettings, from: Timestamp, to: Timestamp) {
            let length = Double(to.microseconds - from.microseconds)
            (self.from, self.to) = (from, to)
            selection = Timestamp(microseconds: to.microseconds - Int64((length * settings.selectionShare).rounded()))
            let shares = settings.selectionShare + settings.calibrationShare
            calibration = Timestamp(microseconds: to.microseconds - Int64((length * shares).rounded()))
        }
    }

    init(job: ScoringJob, settings: TrainSettings) {
        (self.job, self.settings) = (job, settings)
        seed = RecordKey.hash(job.name) >> 1
    }

    /// - Parameter set: all rows of the window; others are left out.
    /// - Throws: a slice without rows of both classes.
    func fit(_ set: FeatureSet, from: Timestamp, to: Timestamp) throws(Failure) -> Fitted {
        let stage = try Stages.definition(of: job.stage)
        let family = try ModelFamilies.classifier(named: settings.family)
        let names = stage.features.map(\.name)
        let slices = Slices(settings, from: from, to: to)
        let isWhole = settings.calibrationShare + settings.selectionShare == 0
        // Without slices the rows stay in the feed's order, as they always were: other bytes would be another model.
        let learned = isWhole ? set : set.rows(from: slices.from, to: slices.calibration)
        let calibration = settings.calibrationShare > 0 ? set.rows(from: slices.calibration, to: slices.selection) : nil
        var training = learned.training(names)
        var fitting = ModelFitting(learned: Self.slice(learned, slices.from, slices.calibration))
        if settings.isBalanced, learned.positives > 0 {
            fitting.positiveWeight = Double(learned.labels.count - learned.positives) / Double(learned.positives)
            training.weights = learned.labels.map { $0 > 0 ? Float(fitting.positiveWeight) : 1 }
        }
        if settings.keepsSigns || stage.keepsSigns {
            training.signs = names.map { stage.signs[$0] ?? .any }
            fitting.signedFeatures = names.filter { (stage.signs[$0] ?? .any) != .any }
        }
        if let patience = settings.patience, let calibration {
            training.validation = .init(matrix: calibration.matrix, labels: calibration.labels, patience: patience)
        }
        var classifier = try family.train(on: training, parameters: settings.parameters, seed: seed, threads: 1)
        fitting.chosen = classifier.chosen
        var artefact = ModelArtefact(model: try classifier.serialized())
        if let calibration {
            let scores = try classifier.probabilities(of: calibration.matrix)
            // Steps give many rows one probability: no threshold could part them, where what may be cleared is decided.
            let rising = job.policy.automatic == nil ? Calibrator.Kind.allCases : [.identity, .platt, .beta]
            let kinds = settings.calibration.map { [$0] } ?? rising
            let choice = try CalibrationChoice.best(of: kinds, scores: scores, labels: calibration.labels)
            (fitting.calibration, artefact.calibrator) = (choice, choice.calibrator)
            fitting.calibrated = Self.slice(calibration, slices.calibration, slices.selection)
            classifier = CalibratedClassifier(classifier, choice.calibrator)
        }
        try select(set, slices, classifier, into: &artefact, &fitting)
        return Fitted(
            classifier: classifier, artefact: artefact, fitting: fitting, library: family.libraryVersion, family: settings.family)
    }

    /// Fits the rule for automatic decisions, where the job asks for one.
    private func select(
        _ set: FeatureSet, _ slices: Slices, _ classifier: any Classifier, into artefact: inout ModelArtefact, _ fitting: inout ModelFitting
    ) throws(Failure) {
        guard let automatic = job.policy.automatic else { return }
        let knowsKinds = try self.knowsKinds()
        guard job.labels != nil || job.main.labelColumn != nil || knowsKinds else {
            fitting.notAutomatic =
                "Labels come from reviewed rows alone, which say nothing about the others: nothing is decided automatically."
            return
        }
        guard settings.selectionShare > 0 else {
            fitting.notAutomatic = "The window has no slice for it (`selection: 20%`): nothing is decided automatically."
            return
        }
        let rows = set.rows(from: slices.selection, to: slices.to)
        fitting.selected = Self.slice(rows, slices.selection, slices.to)
        let selective = try Self.selectiveRows(rows, scores: classifier.probabilities(of: rows.matrix), automatic, schema: job.main.schema)
        let (rule, certificate) = try SelectiveRule.fit(selective, automatic.selective())
        fitting.automatic = certificate
        if rule.segments.allSatisfy({ $0.threshold == nil }) {
            let frauds = certificate.segments.map { "\($0.frauds) of \($0.fraudsNeeded)" }.joined(separator: ", ")
            fitting.notAutomatic =
                automatic.isShare
                ? "On the rows for it no score keeps the promise: nothing is decided automatically."
                : "The rows for it hold too few positives (\(frauds) needed): nothing is decided automatically."
        }
        artefact.automatic = AutomaticRule(
            rule: rule, policy: automatic.digest, certificate: certificate, from: slices.selection.iso8601, to: slices.to.iso8601)
    }

    /// The stage reads off every row what it turned out to be.
    private func knowsKinds() throws(Failure) -> Bool {
        let stage = try Stages.required(job.stage.name).init(configuration: job.stage, schema: job.main.schema)
        return (stage as? any ClassedStage)?.knowsClasses ?? false
    }

    private static func slice(_ set: FeatureSet, _ from: Timestamp, _ to: Timestamp) -> ModelFitting.Slice {
        ModelFitting.Slice(from: from.iso8601, to: to.iso8601, rows: set.labels.count, positives: set.positives)
    }

    /// Rows with known labels, as the rule takes them. A row whose amount or segment is missing always goes to a person, and is left out.
    static func selectiveRows(
        _ set: FeatureSet, scores: [Float], _ automatic: AutomaticSettings, schema: Schema
    ) throws(Failure) -> SelectiveRows {
        let amounts = automatic.amount.flatMap { set.numbers[$0] } ?? []
        let numbers = automatic.segments.flatMap { set.numbers[$0.by] } ?? []
        let scale = automatic.segments.flatMap { RowNumber($0.by, schema: schema, featureNames: [])?.scale } ?? 1
        let edges = (automatic.segments?.edges ?? []).map { $0 * scale }
        let kept = scores.indices.filter { row in
            (amounts.isEmpty || !amounts[row].isNaN) && (numbers.isEmpty || !numbers[row].isNaN)
        }
        return try SelectiveRows(
            scores: kept.map { scores[$0] }, labels: kept.map { set.labels[$0] }, amounts: amounts.isEmpty ? [] : kept.map { amounts[$0] },
            segments: numbers.isEmpty ? [] : kept.map { AutomaticGate.segment(numbers[$0], edges: edges) },
            segmentNames: automatic.segmentNames)
    }
}

import Connectors
import Models
public import Records

/// Measures a job's model settings: trains on a period, waits for the labels, tests on the days after.
///
/// The protocol is the Fraud Detection Handbook's ("Reproducible Machine Learning for Credit Card Fraud Detection", Le Borgne et al.,
/// chapter 5): cards known to be compromised leave the test days; card precision@100 is the mean over days. Automatic decisions are
/// checked on all rows of the test days: what is promised is about all of them.
public struct Evaluator: Sendable {
    public struct Period: Sendable {
        /// Days since 1970, both inclusive.
        public var days: ClosedRange<Int>
        public init(days: ClosedRange<Int>) { self.days = days }
    }

    /// A way to break the promise of automatic decisions on purpose: the check must then fail.
    public enum Control: String, CaseIterable, Sendable, Codable {
        /// Every row is cleared, whatever its score.
        case clearEverything = "clear-everything"
        /// Scores are shuffled among the rows.
        case shuffled
        /// Every fraud gets the score of a genuine row of the same day, as if it had learnt to look like one.
        case shifted
    }

    let resamples: Int

    public init(resamples: Int = 1_000) { self.resamples = resamples }

    /// - Parameters:
    ///   - test: days tested; nil = the last seven full days that end `label-delay` before the feed does.
    ///   - removal: see ``CardProtocol``; nil = the whole training period.
    ///   - shuffled: scores are shuffled among the test rows first: nothing may be found.
    /// - Throws: no `train:` section, a period without rows, one class only.
    public func evaluate(
        _ job: Job, test: Period? = nil, removal: Int? = nil, shuffled: Bool = false, control: Control? = nil,
        progress: (Int) -> Void = { _ in }
    ) throws(Failure) -> EvaluationReport {
        let job = try job.scored()
        guard let settings = job.train else { throw .trainMissing(job.name) }
        if control != nil, job.policy.automatic == nil { throw .controlWithoutPromise(job.name) }
        var collector = try FeatureCollector(job: job)
        guard let period = try collector.period() else { throw .feedWithoutRows(job.main.files) }
        let days = test?.days ?? Self.lastDays(period, settings)
        let split = try Split(settings, test: days, period: period)
        if try Stages.required(job.stage.name) is any KeepingStage.Type {
            let (training, testing) = try apart(split, numbers: SliceColumns.names(job), collector: &collector, progress: progress)
            return try measure(
                job, settings: settings, training: training, testing: testing, verified: testing, split: split, shuffled: shuffled,
                control: control)
        }
        let all = try collector.collect(
            from: Self.midnight(split.training.lowerBound), to: Self.midnight(days.upperBound + 1), labelsKnownBy: .distantFuture,
            numbers: SliceColumns.names(job), progress: progress)
        let rows = split.select(all, removal: removal)
        let verified = all.rows(from: Self.midnight(days.lowerBound), to: Self.midnight(days.upperBound + 1))
        return try measure(
            job, settings: settings, training: all.rows(rows.training), testing: all.rows(rows.test), verified: verified, split: split,
            shuffled: shuffled, control: control)
    }

    /// Rows of a stage that learns something before the model does: it learns that of the training days alone. What is left of a unit's
    /// life is read off failures known before the test days where the model learns, and off all of them where it is tested. No unit leaves
    /// the test: that a machine failed last month says nothing against its next life.
    private func apart(
        _ split: Split, numbers: [String], collector: inout FeatureCollector, progress: (Int) -> Void
    ) throws(Failure) -> (training: FeatureSet, testing: FeatureSet) {
        if collector.runsToFailure {
            // A unit that still ran at the cut would count as one that failed there.
            throw .protocolStage(
                "days", stage: collector.stageName, expected: "failures as labels; with `run-to-failure: true`, use --protocol units")
        }
        let (from, to) = (Self.midnight(split.training.lowerBound), Self.midnight(split.training.upperBound + 1))
        let training = try collector.collect(
            from: from, to: to, labelsKnownBy: Self.midnight(split.test.lowerBound), numbers: numbers, progress: progress)
        let testing = try collector.collect(
            from: Self.midnight(split.test.lowerBound), to: Self.midnight(split.test.upperBound + 1), labelsKnownBy: .distantFuture,
            numbers: numbers, preparation: training.preparation, livesUntil: .distantFuture, progress: progress)
        return (training, testing)
    }

    /// The last seven full days whose labels are known: a test on newer ones would take frauds for genuine.
    static func lastDays(_ period: (first: Timestamp, last: Timestamp), _ settings: TrainSettings) -> ClosedRange<Int> {
        let lastFull = (period.last + .seconds(1) - settings.labelDelay).day - 1
        return (lastFull - 6)...lastFull
    }

    /// Which days train and which test.
    struct Split {
        var training: ClosedRange<Int>
        var test: ClosedRange<Int>
        var delay: Int

        /// - Throws: a feed that does not reach over them.
        init(_ settings: TrainSettings, test: ClosedRange<Int>, period: (first: Timestamp, last: Timestamp)) throws(Failure) {
            delay = Int(settings.labelDelay.microseconds / 86_400_000_000)
            let length = max(1, Int(settings.last.microseconds / 86_400_000_000))
            self.test = test
            training = (test.lowerBound - delay - length)...(test.lowerBound - delay - 1)
            guard period.first.day <= training.lowerBound, test.upperBound <= period.last.day else {
                throw .evaluationPeriod(train: training, test: test, first: period.first, last: period.last)
            }
        }

        func select(_ all: FeatureSet, removal: Int?) -> CardProtocol.Selection {
            CardProtocol.select(
                days: all.times.map { Timestamp(microseconds: $0).day }, cards: all.entities, positives: all.labels.map { $0 > 0 },
                training: training, test: test, delay: delay, removal: removal)
        }
    }

    private func measure(
        _ job: ScoringJob, settings: TrainSettings, training: FeatureSet, testing: FeatureSet, verified: FeatureSet, split: Split,
        shuffled: Bool, control: Control?
    ) throws(Failure) -> EvaluationReport {
        let (from, to) = (Self.midnight(split.training.lowerBound), Self.midnight(split.training.upperBound + 1))
        let fitted = try ModelFitter(job: job, settings: settings).fit(training, from: from, to: to)
        var scores = try fitted.classifier.probabilities(of: testing.matrix)
        if shuffled { Self.shuffle(&scores) }
        let (testFrom, testTo) = (Self.midnight(split.test.lowerBound), Self.midnight(split.test.upperBound + 1))
        var report = EvaluationReport(
            job: job.name, family: settings.family, trainedFrom: from.iso8601, trainedTo: to.iso8601, testedFrom: testFrom.iso8601,
            testedTo: testTo.iso8601, trainingRows: training.labels.count, trainingPositives: training.positives,
            testRows: testing.labels.count, testPositives: testing.positives, resamples: resamples,
            figures: figures(testing, scores: scores), fitting: fitted.fitting, control: control)
        report.calibration = CalibrationReport(probabilities: scores, labels: testing.labels)
        report.automatic = try verify(
            job, rule: fitted.artefact.automatic?.rule, classifier: fitted.classifier, rows: verified, control: control)
        report.slices = SliceColumns.reports(testing, scores: scores, job: job, resamples: resamples)
        return report
    }

    private func figures(_ testing: FeatureSet, scores: [Float]) -> [EvaluationReport.Figure] {
        let bootstrap = ClusterBootstrap(identifiers: testing.entities, resamples: resamples, seed: 1)
        let ranked = RankedScores(scores: scores, labels: testing.labels, clusters: bootstrap.clusters)
        let cardDays = CardDays(
            scores: scores, labels: testing.labels, cards: testing.entities,
            days: testing.times.map { Timestamp(microseconds: $0).day })
        let names = ["auc", "average_precision", "card_precision_at_100"]
        let intervals = bootstrap.intervals { weights in
            let both = ranked.both(weights: weights)
            return [both?.rocAUC, both?.averagePrecision, cardDays.precision(at: 100, weights: weights)]
        }
        return zip(names, intervals).compactMap { name, interval in
            interval.map { EvaluationReport.Figure(name: name, value: $0.estimate, lower: $0.lower, upper: $0.upper) }
        }
    }

    /// Checks the rule on all rows of the test days, or on rows on which a control has broken it.
    func verify(
        _ job: ScoringJob, rule: SelectiveRule?, classifier: any Classifier, rows: FeatureSet, control: Control?
    ) throws(Failure) -> SelectiveVerdict? {
        guard let automatic = job.policy.automatic, let rule else { return nil }
        var scores = try classifier.probabilities(of: rows.matrix)
        switch control {
        case .shuffled: Self.shuffle(&scores)
        case .shifted: Self.hideFrauds(&scores, rows)
        case .clearEverything, nil: break
        }
        let selective = try ModelFitter.selectiveRows(rows, scores: scores, automatic, schema: job.main.schema)
        guard control == .clearEverything else { return rule.verify(on: selective) }
        let everything = [Bool](repeating: true, count: selective.scores.count)
        return try SelectiveRule.verify(isCleared: everything, on: selective, automatic.selective())
    }

    static func shuffle(_ scores: inout [Float]) {
        for index in scores.indices.reversed() where index > 0 {
            scores.swapAt(index, Int(RecordKey.mix(UInt64(index)) % UInt64(index + 1)))
        }
    }

    private static func hideFrauds(_ scores: inout [Float], _ rows: FeatureSet) {
        var genuine: [Int: [Int]] = [:]
        func day(_ row: Int) -> Int { Timestamp(microseconds: rows.times[row]).day }
        for row in scores.indices where rows.labels[row] == 0 { genuine[day(row), default: []].append(row) }
        let original = scores
        for row in scores.indices where rows.labels[row] > 0 {
            guard let others = genuine[day(row)] else { continue }
            scores[row] = original[others[Int(RecordKey.mix(rows.keys[row]) % UInt64(others.count))]]
        }
    }

    static func midnight(_ day: Int) -> Timestamp { Timestamp(seconds: Int64(day) * 86_400) }
}

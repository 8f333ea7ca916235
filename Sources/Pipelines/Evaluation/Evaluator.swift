import Connectors
import Models
public import Records

/// Figures of a model on days after its training period, each with the interval that 95 % of resampled card sets give.
public struct EvaluationReport: Sendable, Codable {
    public struct Figure: Sendable, Codable {
        public var name: String
        public var value: Double
        /// 2.5 % and 97.5 % quantiles over resamples of whole cards; nil where it is not defined.
        public var lower: Double?
        public var upper: Double?
    }
    public var job: String
    public var family: String
    public var trainedFrom: String
    /// Exclusive.
    public var trainedTo: String
    public var testedFrom: String
    /// Exclusive.
    public var testedTo: String
    public var trainingRows: Int
    public var trainingPositives: Int
    public var testRows: Int
    public var testPositives: Int
    public var resamples: Int
    public var figures: [Figure]
}

/// Measures a job's model settings: trains on a period, waits for the labels, tests on the days after.
///
/// The protocol is the Fraud Detection Handbook's ("Reproducible Machine Learning for Credit Card Fraud Detection", Le Borgne et al.,
/// chapter 5): cards known to be compromised leave the test days; card precision@100 is the mean over days.
public struct Evaluator: Sendable {
    public struct Period: Sendable {
        /// Days since 1970, both inclusive.
        public var days: ClosedRange<Int>
        public init(days: ClosedRange<Int>) { self.days = days }
    }

    let resamples: Int

    public init(resamples: Int = 1_000) { self.resamples = resamples }

    /// - Parameters:
    ///   - test: days tested; nil = the last seven full days that end `label-delay` before the feed does.
    ///   - shuffled: the negative control: scores are shuffled among the test rows first.
    /// - Throws: no `train:` section, a period without rows, one class only.
    public func evaluate(_ job: Job, test: Period? = nil, shuffled: Bool = false, progress: (Int) -> Void = { _ in }) throws(Failure)
        -> EvaluationReport
    {
        let job = try job.scored()
        guard let settings = job.train else { throw .trainMissing(job.name) }
        var collector = try FeatureCollector(job: job)
        guard let period = try collector.period() else { throw .feedWithoutRows(job.main.files) }
        // The labels of the newest days are not known yet, and a test on them would take frauds for genuine.
        let lastFull = (period.last + .seconds(1) - settings.labelDelay).day - 1
        let days = test?.days ?? (lastFull - 6)...lastFull
        let delayDays = Int(settings.labelDelay.microseconds / 86_400_000_000)
        let lengthDays = max(1, Int(settings.last.microseconds / 86_400_000_000))
        let trainDays = (days.lowerBound - delayDays - lengthDays)...(days.lowerBound - delayDays - 1)
        guard period.first.day <= trainDays.lowerBound, days.upperBound <= period.last.day else {
            throw .evaluationPeriod(train: trainDays, test: days, first: period.first, last: period.last)
        }
        let all = try collector.collect(
            from: Self.midnight(trainDays.lowerBound), to: Self.midnight(days.upperBound + 1), labelsKnownBy: .distantFuture,
            progress: progress)
        let rows = CardProtocol.select(
            days: all.times.map { Timestamp(microseconds: $0).day }, cards: all.entities, positives: all.labels.map { $0 > 0 },
            training: trainDays, test: days, delay: delayDays)
        return try measure(job, settings: settings, all: all, rows: rows, train: trainDays, test: days, shuffled: shuffled)
    }

    private func measure(
        _ job: ScoringJob, settings: TrainSettings, all: FeatureSet, rows: CardProtocol.Selection, train: ClosedRange<Int>,
        test: ClosedRange<Int>,
        shuffled: Bool
    ) throws(Failure) -> EvaluationReport {
        let training = all.rows(rows.training), testing = all.rows(rows.test)
        let stage = try Stages.definition(of: job.stage)
        let family = try ModelFamilies.classifier(named: settings.family)
        let classifier = try family.train(
            on: training.training(stage.features.map(\.name)),
            parameters: settings.parameters, seed: RecordKey.hash(job.name) >> 1, threads: 1)
        var scores = try classifier.probabilities(of: testing.matrix)
        if shuffled {
            for index in scores.indices.reversed() where index > 0 {
                scores.swapAt(index, Int(RecordKey.mix(UInt64(index)) % UInt64(index + 1)))
            }
        }
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
        return EvaluationReport(
            job: job.name, family: settings.family, trainedFrom: Self.midnight(train.lowerBound).iso8601,
            trainedTo: Self.midnight(train.upperBound + 1).iso8601, testedFrom: Self.midnight(test.lowerBound).iso8601,
            testedTo: Self.midnight(test.upperBound + 1).iso8601, trainingRows: training.labels.count,
            trainingPositives: training.positives, testRows: testing.labels.count, testPositives: testing.positives, resamples: resamples,
            figures: zip(names, intervals).compactMap { name, interval in
                interval.map { EvaluationReport.Figure(name: name, value: $0.estimate, lower: $0.lower, upper: $0.upper) }
            })
    }

    private static func midnight(_ day: Int) -> Timestamp { Timestamp(seconds: Int64(day) * 86_400) }
}

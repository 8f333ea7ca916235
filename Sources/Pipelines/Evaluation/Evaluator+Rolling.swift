import Connectors
public import Models
public import Records

/// One job's settings on several weeks one after the other, or two jobs' on the same rows of them.
public struct RollingReport: Sendable, Codable {
    public struct Week: Sendable, Codable {
        /// First day tested, and the day after the last, ISO 8601.
        public var from: String
        public var to: String
        public var rows: Int
        public var positives: Int
        public var rocAUC: Double?
        public var averagePrecision: Double?
        public var cardPrecision: Double?
        /// Of the job beside the other one, in average precision: the other's figure first.
        public var difference: PairedDifference?
        /// What the job's promise about automatic decisions came to; nil where it makes none. Over time nothing is promised.
        public var automatic: SelectiveVerdict?

        /// The interval of the difference lies wholly above 0.
        public var isBetter: Bool { (difference?.difference.lower ?? 0) > 0 }
    }

    public var job: String
    public var against: String?
    /// The last so many days of training whose frauds remove their cards from the test.
    public var removalDays: Int
    public var resamples: Int
    /// In order of time; the tested week of `evaluate` is not among them.
    public var weeks: [Week]

    public var betterWeeks: Int { weeks.count { $0.isBetter } }
    /// Of the weeks where it is defined.
    public var meanAveragePrecision: Double? { Self.mean(weeks.compactMap(\.averagePrecision)) }
    public var meanCardPrecision: Double? { Self.mean(weeks.compactMap(\.cardPrecision)) }

    private static func mean(_ values: [Double]) -> Double? { values.isEmpty ? nil : values.reduce(0, +) / Double(values.count) }
}

extension Evaluator {
    /// Trains and tests on each of the weeks before the test days, newest last: settings are chosen here, never on the test days.
    ///
    /// - Parameters:
    ///   - other: a job over the same feed, to be compared on the same rows by the paired bootstrap over cards.
    ///   - weeks: 1 or more.
    ///   - test: the days that are left alone; nil = as ``evaluate(_:test:removal:shuffled:control:progress:)`` takes them.
    ///   - removal: nil = the shorter of both training periods.
    /// - Throws: a feed that does not reach over all weeks; jobs with other rows.
    public func roll(
        _ job: Job, against other: Job? = nil, weeks: Int, test: Period? = nil, removal: Int? = nil, progress: (Int) -> Void = { _ in }
    ) throws(Failure) -> RollingReport {
        if let scoring = job.scoring, try Stages.required(scoring.stage.name) is any KeepingStage.Type {
            throw .protocolStage(
                "\(weeks)", option: "--rolling", stage: scoring.stage.name,
                expected: "a stage that learns nothing before its model does; use --protocol"
            )
        }
        let jobs = try [try job.scored()] + (other.map { other throws(Failure) in [try other.scored()] } ?? [])
        var all: [TrainSettings] = []
        for job in jobs {
            guard let settings = job.train else { throw .trainMissing(job.name) }
            all.append(settings)
        }
        let collector = try FeatureCollector(job: jobs[0])
        guard let period = try collector.period() else { throw .feedWithoutRows(jobs[0].main.files) }
        let days = test?.days ?? Self.lastDays(period, all[0])
        let tested = (1...max(weeks, 1)).reversed().map { back in
            (days.lowerBound - 7 * back)...(days.lowerBound - 7 * back + 6)
        }
        var splits: [[Split]] = []
        for settings in all {
            splits.append(try tested.map { week throws(Failure) in try Split(settings, test: week, period: period) })
        }
        let shortest = all.map { max(1, Int($0.last.microseconds / 86_400_000_000)) }.min() ?? 7
        let removalDays = removal ?? shortest
        var report = RollingReport(job: job.name, against: other?.name, removalDays: removalDays, resamples: resamples, weeks: [])
        var scored: [[ScoredWeek]] = []
        for index in jobs.indices {
            var own = try FeatureCollector(job: jobs[index])
            let from = splits[index].map(\.training.lowerBound).min() ?? days.lowerBound
            let rows = try own.collect(
                from: Self.midnight(from), to: Self.midnight(days.lowerBound), labelsKnownBy: .distantFuture,
                numbers: SliceColumns.names(jobs[index]), progress: progress)
            scored.append(
                try splits[index].map { split throws(Failure) in
                    try score(jobs[index], all[index], rows: rows, split: split, removal: removalDays)
                })
        }
        for (place, week) in tested.enumerated() {
            let first = scored[0][place], second = scored.count > 1 ? scored[1][place] : nil
            if let second, second.rows.keys != first.rows.keys || second.rows.labels != first.rows.labels {
                throw .rollingRows(job.name, other?.name ?? "", week: Self.midnight(week.lowerBound).iso8601)
            }
            report.weeks.append(self.week(week, first, beside: second))
        }
        return report
    }

    private struct ScoredWeek {
        var rows: FeatureSet
        var scores: [Float]
        var automatic: SelectiveVerdict?
    }

    private func score(
        _ job: ScoringJob, _ settings: TrainSettings, rows: FeatureSet, split: Split, removal: Int
    ) throws(Failure) -> ScoredWeek {
        let selection = split.select(rows, removal: removal)
        let fitted = try ModelFitter(job: job, settings: settings).fit(
            rows.rows(selection.training), from: Self.midnight(split.training.lowerBound), to: Self.midnight(split.training.upperBound + 1))
        var testing = rows.rows(selection.test)
        let scores = try fitted.classifier.probabilities(of: testing.matrix)
        testing.matrix = FeatureMatrix(featureCount: testing.matrix.featureCount)
        let week = rows.rows(from: Self.midnight(split.test.lowerBound), to: Self.midnight(split.test.upperBound + 1))
        let verdict = try verify(job, rule: fitted.artefact.automatic?.rule, classifier: fitted.classifier, rows: week, control: nil)
        return ScoredWeek(rows: testing, scores: scores, automatic: verdict)
    }

    private func week(_ days: ClosedRange<Int>, _ own: ScoredWeek, beside other: ScoredWeek?) -> RollingReport.Week {
        let (labels, cards) = (own.rows.labels, own.rows.entities)
        let dayOfRow = own.rows.times.map { Timestamp(microseconds: $0).day }
        var week = RollingReport.Week(
            from: Self.midnight(days.lowerBound).iso8601, to: Self.midnight(days.upperBound + 1).iso8601, rows: labels.count,
            positives: own.rows.positives, rocAUC: Metrics.rocAUC(scores: own.scores, labels: labels),
            averagePrecision: Metrics.averagePrecision(scores: own.scores, labels: labels),
            cardPrecision: Metrics.cardPrecision(at: 100, scores: own.scores, labels: labels, cards: cards, days: dayOfRow),
            automatic: own.automatic)
        if let other {
            week.difference =
                PairedBootstrap(identifiers: cards, resamples: max(resamples, 40), seed: 1)
                .ranks(first: other.scores, second: own.scores, labels: labels).averagePrecision
        }
        return week
    }
}

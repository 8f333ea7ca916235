import Connectors
public import Models
public import Records

/// How well families of recommenders name what people took after a cut in time, beside each other on the same people.
public struct RecommendationReport: Sendable, Codable {
    public struct Row: Sendable, Codable {
        /// `all` = all items taken; `new` = only items that are new to the person.
        public var relevance: String
        public var family: String
        public var users: Int
        public var recall10: BootstrapInterval
        public var ndcg10: BootstrapInterval
        public var recall20: BootstrapInterval
        /// Share of the items of training that stand in anybody's first ten.
        public var coverage: Double
        /// Mean of -log2(share of people who have the item) over the first tens.
        public var novelty: Double
        /// NDCG at 10 of the job's family less this one's, on the same people.
        public var ndcgBehind: BootstrapInterval
    }
    public var job: String
    /// The job's family.
    public var family: String
    public var cut: String
    public var rows: [Row]
    public var interactions: Int
}

/// The protocol: the cut is the 0.8 quantile of event times (the higher); training strictly before it; people with at least one row of
/// training and one item of the test; pairs count once; items unseen in training stay in the test; for `new`, pairs of training leave the
/// test and the lists.
public struct RecommendationEvaluator: Sendable {
    let resamples: Int

    public init(resamples: Int = 1_000) { self.resamples = resamples }

    public static func applies(to job: Job) -> Bool { (try? job.scored())?.stage.name == RecommendationSettings.name }

    /// - Parameters:
    ///   - isInner: forget everything from the cut on first, and cut what is left again: for choosing settings.
    public func evaluate(_ job: Job, isInner: Bool = false, threads: Int = 1) throws(Failure)
        -> RecommendationReport
    {
        let job = try job.scored()
        let settings = try RecommendationSettings(job.stage, schema: job.main.schema)
        let (state, newest) = try Self.filled(job, settings: settings)
        var (log, cut) = try Self.log(state, until: newest, settings: settings)
        if isInner { (log, cut) = try Self.log(state, until: cut - 1, settings: settings) }
        let own = Compared(label: settings.family, family: settings.family, parameters: settings.modelParameters)
        var compared = [own] + Self.others
        if log.hasAttributes, settings.family == RankedFamily.definition.name {
            compared.append(
                Compared(label: "ranked, no prices or categories", family: own.family, parameters: own.parameters, isBlind: true))
        }
        if !log.strengths.isEmpty, settings.family == RankedFamily.definition.name {
            compared.append(
                Compared(
                    label: "ranked, trees without looks", family: own.family,
                    parameters: own.parameters.merging(["looks": .text("no")]) { $1 }))
        }
        var report = RecommendationReport(job: job.name, family: settings.family, cut: "", rows: [], interactions: log.count)
        var models: [any Recommender] = []
        for onlyNew in [false, true] {
            let split = try RecommendationSplit(log, cut: cut, onlyNew: onlyNew)
            report.cut = Timestamp(microseconds: split.cut).iso8601
            if models.isEmpty {
                for one in compared {
                    models.append(
                        try ModelFamilies.recommender(named: one.family).train(
                            on: one.isBlind ? split.training.withoutAttributes : split.training, asOf: split.cut,
                            parameters: one.parameters, seed: 1, threads: threads))
                }
            }
            report.rows += try rows(
                models, labels: compared.map(\.label), split: split, relevance: onlyNew ? "new" : "all", threads: threads)
        }
        return report
    }

    /// Leave the last one out (``RecommendationSplit/init(leavingLastOut:)``): for checking code against published figures, as it leaks time.
    /// What people have leaves the lists.
    ///
    /// - Throws: a job of another stage, nobody with two items.
    public func leaveOneOut(_ job: Job, threads: Int = 1) throws(Failure) -> RecommendationReport {
        let job = try job.scored()
        guard job.stage.name == RecommendationSettings.name else {
            throw .protocolStage("leave-one-out", stage: job.stage.name, expected: "the stage \(RecommendationSettings.name)")
        }
        let settings = try RecommendationSettings(job.stage, schema: job.main.schema)
        let (state, newest) = try Self.filled(job, settings: settings)
        let (log, _) = try Self.log(state, until: newest, settings: settings)
        let split = try RecommendationSplit(leavingLastOut: log)
        let compared = [Compared(label: settings.family, family: settings.family, parameters: settings.modelParameters)] + Self.leaky
        var models: [any Recommender] = []
        for one in compared {
            models.append(
                try ModelFamilies.recommender(named: one.family).train(
                    on: split.training, asOf: split.cut, parameters: one.parameters, seed: 1, threads: threads))
        }
        var report = RecommendationReport(job: job.name, family: settings.family, cut: "", rows: [], interactions: log.count)
        report.rows = try rows(models, labels: compared.map(\.label), split: split, relevance: "new", threads: threads)
        return report
    }

    private struct Compared: Sendable {
        var label: String
        var family: String
        var parameters: [String: ParameterValue]
        /// Trained without what is known of items besides who bought them when.
        var isBlind = false
    }

    /// What every job's family stands beside, with their defaults or with settings chosen on the inner slice of a real shop's log.
    private static let others = [
        Compared(label: "popularity of 7 days", family: "popularity", parameters: [:]),
        Compared(label: "own purchases", family: "repeat", parameters: [:]),
        Compared(label: "item neighbours", family: "item-knn", parameters: ["neighbours": .integer(500)]),
        Compared(label: "ease", family: "ease", parameters: [:]),
        Compared(label: "ease of counts", family: "ease", parameters: ["weights": .text("log"), "lambda": .number(300)]),
        Compared(label: "factors", family: "implicit-als", parameters: [:]),
        Compared(
            label: "factors of counts", family: "implicit-als",
            parameters: [
                "weights": .text("counts"), "unobserved-weight": .number(3), "lambda": .number(10), "frequency-scaling": .number(0),
            ]),
        Compared(label: "blend", family: "blend", parameters: [:]),
        Compared(label: "blend for new items", family: "blend", parameters: ["relevance": .text("new")]),
        Compared(
            label: "ease with 0.3 of popularity", family: "blend",
            parameters: ["families": .text("ease popularity"), "weights": .text("1 0.3")]),
    ]

    /// Everything counts alike, however old: what the published figures were measured with.
    private static let leaky = [
        Compared(label: "popularity of all days", family: "popularity", parameters: ["window": .number(100_000)]),
        Compared(label: "item neighbours, cosine", family: "item-knn", parameters: ["similarity": .text("cosine"), "itself": .text("no")]),
        Compared(label: "ease", family: "ease", parameters: [:]), Compared(label: "factors", family: "implicit-als", parameters: [:]),
    ]

    private func rows(
        _ models: [any Recommender], labels: [String], split: RecommendationSplit, relevance: String, threads: Int
    ) throws(Failure) -> [RecommendationReport.Row] {
        let histories = split.training.histories(asOf: split.cut)
        var figures: [RankingFigures] = []
        for model in models {
            let lists = try model.recommendations(
                for: split.users.map { histories[$0] }, excluding: split.known.map { (relevance == "new" ? $0 : []) + split.unseen },
                count: 20, threads: threads)
            figures.append(RankingFigures(lists.map { $0.map(\.item) }, split: split))
        }
        let own = figures[0].gain10
        return zip(labels, figures).map { label, figure in
            let behind = zip(own, figure.gain10).map { $0 - $1 }
            let intervals = UserBootstrap.intervals(figure.figures.map(\.values) + [behind], resamples: resamples)
            return RecommendationReport.Row(
                relevance: relevance, family: label, users: split.users.count, recall10: intervals[0], ndcg10: intervals[1],
                recall20: intervals[2], coverage: figure.coverage, novelty: figure.novelty, ndcgBehind: intervals[3])
        }
    }

    /// Purchases with returns taken off, and the cut: before it as they were known then, so that what came back later was still bought.
    private static func log(
        _ state: RecommendationState, until limit: Int64, settings: RecommendationSettings
    ) throws(Failure) -> (InteractionLog, cut: Int64) {
        func bought(until limit: Int64) -> [RecommendationState.Event] {
            let all = state.interactions(until: limit)
            let programs = RecommendationState.programs(among: all, most: settings.mostInteractions)
            return all.filter { !programs.contains($0.user) }
        }
        let all = bought(until: limit)
        let cut = try RecommendationSplit.cut(all.filter { $0.strength == 1 }.map(\.time))
        let purchases = bought(until: cut - 1) + all.filter { $0.time >= cut }
        return (try InteractionLog(purchases, items: state.known(at: cut - 1, orFirst: true).itemsByTodaysName), cut)
    }

    /// All rows of the job's files as a run would take them, the catalogue's first, and the newest time.
    private static func filled(
        _ job: ScoringJob, settings: RecommendationSettings
    ) throws(Failure) -> (RecommendationState, newest: Int64) {
        let schema = job.main.schema
        let time = job.main.eventTime.flatMap { schema.index(of: $0) } ?? 0
        var state = RecommendationState(memory: settings.memory)
        for feed in job.streamedFeeds where feed.role == .table && feed.name == settings.itemsFeed {
            let reader = BlockReader(feed: feed, files: try Readiness.deliveries(of: feed, in: job.directory), blockRows: 8_192)
            while let read = try reader.next() {
                let batch = read.block.batch, times = feed.eventTime.flatMap { batch[$0] }
                for (row, entry) in try settings.entries(of: batch, ofTable: feed.name).entries {
                    if let times, times.isValid(row) { state.apply(.dated(times.integers[row], entry)) } else { state.apply(entry) }
                }
            }
        }
        let reader = BlockReader(feed: job.main, files: try Readiness.deliveries(of: job.main, in: job.directory), blockRows: 8_192)
        var (number, newest): (UInt64, Int64) = (0, .min)
        while let read = try reader.next() {
            let batch = read.block.batch
            for row in 0..<batch.count {
                guard case .event(let quantity, let strength, let price) = settings.row(row, of: batch),
                    !state.isFarAhead(batch.columns[time].integers[row])
                else { continue }
                number += 1
                newest = max(newest, batch.columns[time].integers[row])
                state.apply(
                    .event(
                        .init(
                            key: number, user: batch.columns[settings.user].text(row) ?? "",
                            item: batch.columns[settings.item].text(row) ?? "",
                            time: batch.columns[time].integers[row], quantity: quantity, price: price, strength: strength)))
            }
        }
        return (state, newest)
    }
}

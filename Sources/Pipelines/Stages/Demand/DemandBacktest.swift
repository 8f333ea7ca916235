import Connectors
import Models
public import Records

/// Forecasts a demand job's own past as if it were then, and measures the errors.
///
/// From each of `origins` past origins, `step` periods apart, every item is forecast `horizon` periods ahead from the values up to the
/// origin, and compared with what came. Origins count back from the newest period of the feed, or of each item (`ends`). Covariates of later
/// periods are taken for known, as the job declares them, up to the first period that the item's plan names: from there on only rows of the plan
/// count, each from its `known_from` on. Periods whose demand is not known (ran out, no row where gaps are not zeros) are not scored. All choices that a
/// model makes (per item, intervals) are made anew at each origin from what was before it.
///
/// Measures: wQL = 2 x pinball loss / units, mean of 10 … 90 %; WAPE; RMSSE and MASE scaled by the differences at `lag` before the origin;
/// the share of values within 10 to 90 %; RMSPE over periods with demand; sMAPE; OWA, the mean of sMAPE and MASE as shares of those of Naive2
/// (M4's rule). Absolute errors are those of the median, squared ones those of the mean. Intervals: 95 % of resamples over items.
///
/// `isShuffled` is the negative control: each forecast, as a multiple of its item's past mean, is dealt to another item.
public struct DemandBacktest: Sendable {
    public struct Settings: Hashable, Sendable {
        public var origins = 3
        /// Periods between origins; nil = the horizon.
        public var step: Int?
        /// Nil = the job's lead time and review.
        public var horizon: Int?
        /// Newest periods that are left out: for choices that must not see the days that are tested.
        public var skip = 0
        /// Of the scale of RMSSE and MASE.
        public var lag = 1
        /// Items with fewer periods before an origin are left out there.
        public var least = 1
        /// Periods that origins count back from.
        public var ends = Ends.newest
        /// Items with a period that cannot be scored are left out.
        public var onlyWhole = false
        /// Forecasts are dealt to other items.
        public var isShuffled = false
        public var resamples = 500
        /// Values of the stage's `model`; empty = the job's.
        public var models: [String] = []
        /// A column of the job's `hierarchy`, `attributes` or `location`, whose values have figures of their own; nil = all items alone.
        public var by: String?
        public init() {}
    }

    /// Where the past ends: at the newest period of the whole feed, or at each item's own.
    public enum Ends: String, CaseIterable, Sendable { case newest, own }

    /// One model's errors.
    public struct Row: Hashable, Sendable {
        public var model: String
        /// A value of the column `by`; nil = of all items.
        public var group: String?
        public var items: Int
        public var periods: Int
        /// Periods not scored.
        public var skipped: Int
        public var measures: [DemandMeasure]
    }

    /// Values of the stage's `model`.
    public static let models = ["auto", "thorough", "trees", "combined", "outside"] + LocalModel.allCases.map(\.rawValue)

    public let settings: Settings

    public init(_ settings: Settings) { self.settings = settings }

    public static func applies(to job: Job) -> Bool { (try? job.scored())?.stage.name == DemandSettings.stage }

    /// For who asks `evaluate` for it.
    public static func measuresInstead(of job: Job) -> Failure {
        Failure(
            .usage, code: "evaluate.stage", what: "a forecast is measured by another command", place: "job '\(job.name)'",
            found: "stage '\(DemandSettings.stage)'", expected: "a stage with a model that `pipeline train` makes",
            remedy: "Use `pipeline backtest \(job.path)`.")
    }

    /// - Throws: a job whose stage is not `demand`, a feed that cannot be read, a past too short for the origins.
    public func measure(_ job: Job, progress: (Int) -> Void = { _ in }) throws(Failure) -> [Row] {
        let job = try job.scored()
        guard job.stage.name == DemandSettings.stage else { throw .backtestStage(job.name, job.stage.name) }
        var rows: [Row] = []
        let stage = try Self.filled(job, progress: progress)
        for model in settings.models.isEmpty ? [job.stage.text("model") ?? "auto"] : settings.models {
            var configuration = job.stage
            configuration.parameters["model"] = .text(model)
            var own = try DemandSettings(configuration, schema: job.main.schema)
            own.holidays = stage.settings.holidays
            if let horizon = settings.horizon { (own.leadTime, own.review) = (horizon - 1, 1) }
            rows += try self.rows(
                model, stage.state, own, newest: stage.newestPeriod, groups: groups(stage, job.main.schema), job: job.name)
        }
        return rows
    }

    /// A stage that has taken all rows of the job's files, plans first.
    static func filled(_ job: ScoringJob, progress: (Int) -> Void) throws(Failure) -> DemandStage {
        let stage = try DemandStage(configuration: job.stage, schema: job.main.schema)
        stage.settings.holidays = try Holidays(of: job.job).set
        let time = job.main.eventTime.flatMap { job.main.schema.index(of: $0) } ?? 0
        let keys = job.main.key.compactMap { job.main.schema.index(of: $0) }
        for feed in job.streamedFeeds {
            let isTaken = ["plan", "stock", "catalog", "outside", "external"].contains { job.stage.text($0) == feed.name }
            if feed.role == .table, !isTaken { continue }
            let reader = BlockReader(feed: feed, files: try Readiness.deliveries(of: feed, in: job.directory), blockRows: 8_192)
            while let read = try reader.next() {
                let batch = read.block.batch
                if feed.role == .table {
                    try stage.absorb(batch, ofTable: feed.name)
                } else {
                    let hashes = RecordKey.hashes(of: batch, columns: keys)
                    _ = try stage.absorb(StageInput(batch: batch, keys: hashes, times: batch.columns[time].integers))
                }
                progress(read.block.rowsRead)
            }
        }
        return stage
    }

    /// The group of each item that is in one; none without `by`.
    private func groups(_ stage: DemandStage, _ schema: Schema) throws(Failure) -> [String: String] {
        guard let by = settings.by else { return [:] }
        let state = stage.state, series = stage.settings.series
        let names = series.hierarchyNames + series.attributeNames, location = series.location.map { schema.fields[$0].name }
        var groups: [String: String] = [:]
        if by == location {
            for name in state.items.keys { groups[name] = DemandSeriesName(name).location }
        } else if let place = names.firstIndex(of: by) {
            for (name, item) in state.items {
                // Attributes that the sales do not have stand in the catalog.
                let labels = item.labels.count > place ? item.labels : state.catalog[name]?.labels ?? []
                if labels.count > place, !labels[place].isEmpty { groups[name] = labels[place] }
            }
        } else {
            throw .backtestGroups(by, names: names + [location].compactMap { $0 })
        }
        return groups
    }

    private func rows(
        _ model: String, _ state: DemandState, _ own: DemandSettings, newest: Int?, groups: [String: String], job: String
    ) throws(Failure) -> [Row] {
        let planner = DemandPlanner(settings: own), horizon = own.exposure
        var scores: [String: DemandScore] = [:]
        for turn in (0..<settings.origins).reversed() {
            let back = settings.skip + horizon + turn * (settings.step ?? horizon)
            @Sendable func origin(_ name: String) -> Int {
                (settings.ends == .own ? state.items[name]?.last ?? .min / 2 : newest ?? .min / 2) - back
            }
            let items = state.names.filter { (state.items[$0]?.first ?? .max) + settings.least - 1 <= origin($0) }
            let made = DemandForecasts(planner, state, items, addsUp: settings.ends == .newest, origin: origin)
            var cases: [DemandCase] = []
            for name in items {
                guard let item = state.items[name] else { continue }
                let origin = origin(name), values = planner.series(item, through: origin), seed = DemandPlanner.seed(name, origin)
                let forecast = made.forecast(of: name, origin: origin).forecast
                cases.append(
                    DemandCase(
                        item: name, forecast: forecast, actual: (1...horizon).map { planner.actual(item, origin + $0) }, past: values,
                        naive: LocalModel.naive2.forecast(values, planner.request(seed: seed)).mean))
            }
            if settings.onlyWhole { cases.removeAll { $0.actual.contains { $0 == nil } } }
            if settings.isShuffled { cases = DemandCase.shuffled(cases) }
            for one in cases {
                scores[one.item, default: DemandScore()].add(
                    one.forecast, actual: one.actual, past: one.past, lag: settings.lag, naive: one.naive)
            }
        }
        let names = scores.keys.sorted()
        guard let all = row(model, nil, names.compactMap { scores[$0] }) else {
            throw .backtestShort(job, origins: settings.origins, horizon: horizon)
        }
        let found = Set(groups.values).sorted().compactMap { group in
            row(model, group, names.filter { groups[$0] == group }.compactMap { scores[$0] })
        }
        return [all] + found
    }

    /// Nil where nothing was scored.
    private func row(_ model: String, _ group: String?, _ scores: [DemandScore]) -> Row? {
        let sum = scores.reduce(DemandScore(), +), used = scores.filter { $0.periods > 0 }
        guard !used.isEmpty else { return nil }
        return Row(
            model: model, group: group, items: used.count, periods: sum.periods, skipped: sum.skipped,
            measures: DemandMeasure.all(used, resamples: settings.resamples))
    }
}

/// A forecast of one item from one origin, and what came.
struct DemandCase {
    var item: String
    var forecast: LocalForecast
    var actual: [Double?]
    var past: [Double]
    /// Means of Naive2.
    var naive: [Double]

    private var mean: Double { max(past.reduce(0, +) / Double(max(past.count, 1)), 1e-9) }

    /// Each gets the forecast of the one half of all away, in units of its own mean: what is left without knowing the item.
    static func shuffled(_ cases: [DemandCase]) -> [DemandCase] {
        cases.indices.map { index in
            var one = cases[index]
            let other = cases[(index + max(cases.count / 2, 1)) % cases.count], factor = one.mean / other.mean
            one.forecast = other.forecast
            one.forecast.mean = other.forecast.mean.map { $0 * factor }
            one.forecast.quantiles = other.forecast.quantiles.map { $0 * factor }
            return one
        }
    }
}

extension DemandStage {
    /// The newest period that counts; nil without rows.
    var newestPeriod: Int? {
        state.newestPeriod.map { $0 - (settings.last == .open || (settings.last == .auto && state.newestIsOpen) ? 1 : 0) }
    }
}

extension DemandState {
    var newestPeriod: Int? { items.values.map(\.last).max() }
}

extension Failure {
    static func backtestStage(_ job: String, _ stage: String) -> Failure {
        Failure(
            .usage, code: "backtest.stage", what: "only forecasts can be tested on the past", place: "job '\(job)'",
            found: "stage '\(stage)'",
            expected: "stage 'demand'", remedy: "Measure a job that has a model with `pipeline evaluate`.")
    }

    static func backtestGroups(_ name: String, names: [String]) -> Failure {
        Failure(
            .usage, code: "backtest.groups", what: "figures can be given by columns only that the stage knows", place: "by",
            found: "'\(name)'",
            expected: names.isEmpty ? "a job with `hierarchy`, `attributes` or `location`" : names.joined(separator: ", "),
            remedy: "Name the column in the stage's `hierarchy`, with `reconcile: none`, or in its `attributes`.")
    }

    static func backtestShort(_ job: String, origins: Int, horizon: Int) -> Failure {
        Failure(
            .failed, code: "backtest.short", what: "no item has a past before an origin and demand after it", place: "job '\(job)'",
            expected: "more than \(origins) spans of \(horizon) periods", remedy: "Give fewer --origins or a shorter --horizon.")
    }
}

import Foundation

/// Trees over all series and models of each series, in a mean whose weights and intervals are learned at origins before.
///
/// At each of a few past origins, a horizon apart, every member forecasts what then came, from what was before. The weights, one set for all
/// series, are those of least loss there on the simplex (``StackingWeights``): squared errors for means, pinball for quantiles. Intervals of
/// the mean are then stretched so that they would have been right there (``IntervalCalibration``), unless most values were zero. Nothing after
/// the values given is used.
///
/// Sources: Bates, Granger, Operational Research Quarterly 20 (1969); Breiman, "Stacked regressions", Machine Learning 24 (1996); that quantiles
/// are averaged at equal levels: Lichtendahl, Grushka-Cockayne, Winkler, Management Science 59 (2013).
public struct CombinedForecaster: Sendable {
    /// What may stand in the mean.
    public enum Member: Hashable, Sendable {
        case trees(isLogarithmic: Bool, isSeasonal: Bool)
        /// Trees on logarithms over levels and effects instead of lags; left out where no levels without promotions are known.
        case effectTrees
        case own(LocalModel)
        /// Weighted per series.
        case automatic(AutomaticForecaster.Settings)

        var isOfTrees: Bool {
            switch self {
            case .trees, .effectTrees: true
            case .own, .automatic: false
            }
        }

        public var name: String {
            switch self {
            case .trees(let isLogarithmic, let isSeasonal):
                "trees" + (isSeasonal ? "-seasonal" : "") + (isLogarithmic ? "-log" : "")
            case .effectTrees: "trees-effects"
            case .own(let model): model.rawValue
            case .automatic: "auto"
            }
        }
    }

    public struct Settings: Hashable, Sendable {
        /// Horizon, seasons, window and trees.
        public var global: GlobalForecaster.Settings
        public var members: [Member]
        /// Past origins, a horizon apart; fewer where most series are too short.
        public var origins = 2
        public var calibrates = true
        /// How much weights are held near those before learning, as a share of the loss. Where there is a prior and more than one past origin
        /// it is chosen: by what weights learned at the others lose at one.
        public var evenness = 0.02
        /// Most series that weights and intervals are learned on.
        public var sample = 3_000
        /// Forecasts at those origins are kept.
        public var keepsEvidence = false

        public init(global: GlobalForecaster.Settings, members: [Member]) { (self.global, self.members) = (global, members) }

        /// Whether covariates of few values and their place in the season tell how high these series stand without them.
        func knowsLevels(_ series: [Series]) -> Bool {
            guard let first = series.first?.series else { return false }
            let own = series.map(\.series)
            var global = global
            global.matched = SameAsBefore.matched(own, among: global.matched.filter { first.covariates.indices.contains($0) })
            return CombinationLevels.areKnown(own, settings: global)
        }

        /// Whether it is known beforehand which members suit: beside trees, models that are made for series of one season at most, without
        /// covariates. Where there are several seasons or covariates those models miss what drives demand, and all members begin alike.
        var hasPrior: Bool {
            members.contains { !$0.isOfTrees } && global.periods.count <= 1 && global.matched.isEmpty
        }
    }

    /// A series, and what its past is worth.
    public struct Series: Sendable {
        public var series: GlobalSeries
        /// Whether a value is what was wanted; others (carried forward, ran out) are not learned from at past origins. Empty = all.
        public var isKnown: [Bool]
        /// Of what is simulated.
        public var seed: UInt64

        public init(_ series: GlobalSeries, isKnown: [Bool] = [], seed: UInt64 = 1) {
            (self.series, self.isKnown, self.seed) = (series, isKnown, seed)
        }

        /// As it was some steps ago.
        func before(_ steps: Int) -> Series {
            var result = self
            result.series.values.removeLast(steps)
            return result
        }
    }

    /// A forecast at a past origin.
    public struct Evidence: Sendable {
        /// Position of the series among those given.
        public var series: Int
        /// Values that were known.
        public var count: Int
        public var forecast: LocalForecast
    }

    public typealias Limit = @Sendable (LocalForecast, [Double]) -> LocalForecast

    public let settings: Settings
    /// One a member, of sum 1: of the mean, of the quantiles.
    public private(set) var weights: (mean: [Double], quantiles: [Double])
    /// Values that came at past origins, which weights and intervals rest on.
    public private(set) var learned = 0
    /// Forecasts at past origins, by weights and intervals learned at the others (equal and as they are where there is one origin), where
    /// `keepsEvidence`.
    public private(set) var evidence: [Evidence] = []
    /// As `Settings.knowsLevels` says of the series given.
    private let knowsLevels: Bool
    private var trees: [GlobalForecaster?]
    private var calibration: IntervalCalibration
    private var stretches: [Double] = []
    private let limit: Limit

    /// - Parameters:
    ///   - series: with equal numbers of covariates and statics.
    ///   - limit: what forecasts are bounded by, given the past they come from.
    /// - Returns: nil where trees are members and no series is long enough for them.
    public init?(_ series: [Series], settings: Settings, limit: @escaping Limit = { own, _ in own }) {
        var settings = settings
        knowsLevels = settings.knowsLevels(series)
        if !knowsLevels, settings.members != [.effectTrees] { settings.members.removeAll { $0 == .effectTrees } }
        (self.settings, self.limit) = (settings, limit)
        weights = Self.prior(series, settings)
        calibration = IntervalCalibration(levels: settings.global.levels, horizon: settings.global.horizon)
        trees = Self.trees(series, settings)
        for (member, model) in zip(settings.members, trees) where member.isOfTrees && model == nil { return nil }
        guard settings.members.count > 1 || settings.calibrates else { return }
        learn(series)
        weights = (StackingWeights.kept(weights.mean), StackingWeights.kept(weights.quantiles))
    }

    /// Share of zeros from which demand counts as rare.
    static let rare = 0.25

    /// What members have of the mean before anything is learned, of sum 1: trees two fifths; the rest those models of each series that are made
    /// for such demand, equally, and a tenth of that each of the others.
    ///
    /// Trees relative to a season count as others where most pasts have fewer than four of it; trees on logarithms in the mean of rare demand,
    /// whose tail they miss. That a plain mean of few sound models is hard to beat: Petropoulos, Svetunkov, Int. J. Forecasting 36 (2020).
    ///
    /// - Parameters:
    ///   - zeros: share of zeros in all pasts.
    ///   - seasons: seasons, the longest, in most pasts.
    static func prior(_ members: [Member], zeros: Double, seasons: Double) -> (mean: [Double], quantiles: [Double]) {
        let isThorough = members.contains(.own(.ets)), isRare = zeros >= rare
        func part(_ member: Member, ofMean: Bool) -> Double {
            switch member {
            case .trees(let isLogarithmic, let isSeasonal):
                (isSeasonal && seasons < 4 ? 0.1 : 1) * (isLogarithmic && isRare && ofMean ? 0.1 : 1)
            case .effectTrees: isRare && ofMean ? 0.1 : 1
            case .automatic: isRare || isThorough ? 0.1 : 1
            case .own(.tsb), .own(.sba), .own(.imapa): isRare ? 1 : 0.1
            case .own(.dynamicOptimisedTheta), .own(.ets), .own(.ces), .own(.arima), .own(.mstl): isRare ? 0.1 : 1
            case .own: 0.1
            }
        }
        let isTree = members.map(\.isOfTrees)
        func weights(ofMean: Bool) -> [Double] {
            let parts = members.map { part($0, ofMean: ofMean) }
            let trees = zip(parts, isTree).reduce(0) { $0 + ($1.1 ? $1.0 : 0) }, own = parts.reduce(0, +) - trees
            guard trees > 0, own > 0 else { return parts.map { $0 / max(trees + own, 1e-12) } }
            return zip(parts, isTree).map { $1 ? 0.4 * $0 / trees : 0.6 * $0 / own }
        }
        return (weights(ofMean: true), weights(ofMean: false))
    }

    private static func prior(_ series: [Series], _ settings: Settings) -> (mean: [Double], quantiles: [Double]) {
        guard settings.hasPrior else {
            let equal = settings.members.map { _ in 1 / Double(settings.members.count) }
            return (equal, equal)
        }
        let lengths = series.map(\.series.values.count).sorted(), longest = Double(settings.global.periods.last ?? 1)
        let middle = lengths.isEmpty ? 0 : Double(lengths[lengths.count / 2])
        return prior(settings.members, zeros: zeroShare(series), seasons: middle / longest)
    }

    private static func zeroShare(_ series: [Series]) -> Double {
        let count = series.reduce(0) { $0 + $1.series.values.count }
        return Double(series.reduce(0) { $0 + $1.series.values.count { $0 == 0 } }) / Double(max(count, 1))
    }

    private static func trees(_ series: [Series], _ settings: Settings) -> [GlobalForecaster?] {
        settings.members.map { member in
            var own = settings.global
            switch member {
            case .trees(let isLogarithmic, let isSeasonal): (own.isLogarithmic, own.isSeasonal) = (isLogarithmic, isSeasonal)
            case .effectTrees: (own.isLogarithmic, own.isOfEffects) = (true, true)
            case .own, .automatic: return nil
            }
            return GlobalForecaster(series.map(\.series), settings: own)
        }
    }

    // MARK: Forecasts

    /// The next steps of a series.
    public func forecast(_ series: Series) -> LocalForecast {
        let all = forecasts(series, trees)
        let result = mixed(all.map { $0 ?? LocalModel.naive.forecast(series.series.values, request(series.seed)) })
        let stretched = stretches.isEmpty ? result : calibration.applied(stretches, to: result)
        return Self.counted(stretched, levels: settings.global.levels, series.series.values)
    }

    /// Levels from here on are zero where they are nearer to zero than to one.
    private static let wholeFrom = 0.25

    /// A quantile of demand that comes in whole numbers is one: where demand is rare, less than half a unit is none, as a mean of several
    /// models would not say. No interval covers more or fewer values by it: the lowest levels stay.
    private static func counted(_ forecast: LocalForecast, levels: [Double], _ values: [Double]) -> LocalForecast {
        let zeros = values.count { $0 == 0 }
        guard Double(zeros) >= rare * Double(values.count), values.allSatisfy({ $0 == $0.rounded() }) else { return forecast }
        var result = forecast
        for index in result.quantiles.indices where levels[index % levels.count] >= wholeFrom && result.quantiles[index] < 0.5 {
            result.quantiles[index] = 0
        }
        // What is none now must not fall below what stays.
        for index in result.quantiles.indices where index % levels.count > 0 {
            result.quantiles[index] = max(result.quantiles[index], result.quantiles[index - 1])
        }
        return result
    }

    private func request(_ seed: UInt64) -> ForecastRequest {
        let global = settings.global
        var request = ForecastRequest(horizon: global.horizon, season: global.periods.first ?? 1, levels: global.levels, seed: seed)
        request.periods = global.periods
        return request
    }

    /// One a member; members without weight are left out once weights are known.
    private func forecasts(_ series: Series, _ trees: [GlobalForecaster?]) -> [LocalForecast?] {
        let request = request(series.seed), values = series.series.values
        return settings.members.enumerated().map { place, member in
            guard weights.mean[place] > 0 || weights.quantiles[place] > 0 else { return nil }
            switch member {
            case .trees, .effectTrees: return trees[place].map { limit($0.forecasts([series.series])[0], values) }
            case .own(let model): return limit(model.forecast(values, request), values)
            case .automatic(let own): return AutomaticForecaster(own).forecast(values, request, limit: limit).forecast
            }
        }
    }

    private func mixed(_ all: [LocalForecast]) -> LocalForecast {
        guard all.count > 1 else { return all[0] }
        var result = ForecastEnsemble.mean(all, weights: weights.quantiles)
        let mean = ForecastEnsemble.mean(all, weights: weights.mean).mean
        result.mean = mean
        result.model = settings.members.indices.filter { max(weights.mean[$0], weights.quantiles[$0]) >= 0.05 }
            .map { settings.members[$0].name }.joined(separator: "+")
        return result
    }

    // MARK: Learning

    private mutating func learn(_ series: [Series]) {
        let horizon = settings.global.horizon
        let stride = max(1, (series.count + settings.sample - 1) / settings.sample)
        var cases: [StackingWeights.Case] = [], places: [(series: Int, count: Int)] = [], spans: [Int] = []
        for back in 1...settings.origins {
            let numbers = series.indices.filter { series[$0].series.values.count >= (back + 1) * horizon + 2 }
            let kept = numbers.map { series[$0] }
            // A second origin that few series reach would learn of others than those that count.
            guard back == 1 || 2 * kept.count >= series.count else { break }
            let past = kept.map { $0.before(back * horizon) }
            let trees = Self.trees(past, settings)
            for (place, (whole, one)) in zip(kept, past).enumerated() where place % stride == 0 {
                let all = forecasts(one, trees)
                guard !all.contains(where: { $0 == nil }), one.series.values.contains(where: { $0 != 0 }) else { continue }
                let start = one.series.values.count
                let came = (start..<start + horizon).map { at in
                    whole.isKnown.indices.contains(at) && !whole.isKnown[at] ? .nan : whole.series.values[at]
                }
                places.append((numbers[place], start))
                spans.append(back)
                cases.append(.init(forecasts: all.compactMap { $0 }, actual: came, scale: Self.scale(one.series.values)))
            }
        }
        let unlearned = self
        fit(cases, spans)
        guard settings.keepsEvidence else { return }
        // What a span's forecasts were learned on must not be that span, or they look better than they are.
        let parts = (1...settings.origins).map { back -> CombinedForecaster in
            var part = unlearned
            let others = cases.indices.filter { spans[$0] != back }
            part.fit(others.map { cases[$0] }, others.map { spans[$0] })
            return part
        }
        evidence = cases.indices.map { at in
            let part = parts[spans[at] - 1], forecast = part.mixed(cases[at].forecasts)
            return Evidence(
                series: places[at].series, count: places[at].count,
                forecast: part.stretches.isEmpty ? forecast : part.calibration.applied(part.stretches, to: forecast))
        }
    }

    /// Weights and intervals; without cases they stay equal, and as they are.
    ///
    /// - Parameter spans: of each case, how many horizons back it is.
    private mutating func fit(_ cases: [StackingWeights.Case], _ spans: [Int]) {
        learned = cases.reduce(0) { $0 + $1.actual.count { !$0.isNaN } }
        guard !cases.isEmpty else { return }
        if settings.members.count > 1 {
            var weighing = StackingWeights(levels: settings.global.levels, prior: weights)
            weighing.evenness = .init(mean: settings.evenness, quantiles: settings.evenness)
            if settings.hasPrior {
                weighing.evenness = weighing.chosen(
                    Set(spans).sorted().map { span in cases.indices.filter { spans[$0] == span }.map { cases[$0] } })
            }
            weights = weighing.weights(cases)
            if knowsLevels { weights = (withoutFaint(weights.mean), withoutFaint(weights.quantiles)) }
        }
        // Of demand that is mostly zero an interval has one side, at zero: no share of the values lies below it, and pairs cannot be set.
        let zeros = cases.reduce(0) { $0 + $1.actual.count { $0 == 0 } }
        if settings.calibrates, 2 * zeros < learned {
            for one in cases { calibration.add(mixed(one.forecasts), actual: one.actual) }
            stretches = calibration.stretches
        }
    }

    /// Least weight of a model of each series beside trees that know of promotions and closed days.
    private static let leastBlind = 0.1

    /// Such models know nothing of covariates: on a holiday they sell as ever. What little weight their luck in two spans gave them is taken.
    private func withoutFaint(_ weights: [Double]) -> [Double] {
        let kept = zip(settings.members, weights).map { $0.isOfTrees || $1 >= Self.leastBlind ? $1 : 0 }, rest = kept.reduce(0, +)
        return rest > 0 ? kept.map { $0 / rest } : weights
    }

    /// Mean absolute change and a share of the level, so that series of any size count alike.
    private static func scale(_ values: [Double]) -> Double {
        let changes = zip(values.dropFirst(), values).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(max(values.count - 1, 1))
        return max(changes + 0.05 * SeriesMath.mean(values.map { abs($0) }), 1e-9)
    }
}

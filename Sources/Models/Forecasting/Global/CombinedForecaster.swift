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
        case own(LocalModel)
        /// Weighted per series.
        case automatic(AutomaticForecaster.Settings)

        public var name: String {
            switch self {
            case .trees(let isLogarithmic, let isSeasonal):
                "trees" + (isSeasonal ? "-seasonal" : "") + (isLogarithmic ? "-log" : "")
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
        /// How much weights are held near equal, as a share of the loss.
        public var evenness = 0.02
        /// Most series that weights and intervals are learned on.
        public var sample = 3_000
        /// Forecasts at those origins are kept.
        public var keepsEvidence = false

        public init(global: GlobalForecaster.Settings, members: [Member]) { (self.global, self.members) = (global, members) }
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
    private var trees: [GlobalForecaster?]
    private var calibration: IntervalCalibration
    private var stretches: [Double] = []
    private let limit: Limit

    /// - Parameters:
    ///   - series: with equal numbers of covariates and statics.
    ///   - limit: what forecasts are bounded by, given the past they come from.
    /// - Returns: nil where trees are members and no series is long enough for them.
    public init?(_ series: [Series], settings: Settings, limit: @escaping Limit = { own, _ in own }) {
        (self.settings, self.limit) = (settings, limit)
        let equal = Array(repeating: 1 / Double(max(settings.members.count, 1)), count: settings.members.count)
        weights = (equal, equal)
        calibration = IntervalCalibration(levels: settings.global.levels, horizon: settings.global.horizon)
        trees = Self.trees(series, settings)
        for (member, model) in zip(settings.members, trees) { if case .trees = member, model == nil { return nil } }
        guard settings.members.count > 1 || settings.calibrates else { return }
        learn(series)
    }

    private static func trees(_ series: [Series], _ settings: Settings) -> [GlobalForecaster?] {
        settings.members.map { member in
            guard case .trees(let isLogarithmic, let isSeasonal) = member else { return nil }
            var own = settings.global
            (own.isLogarithmic, own.isSeasonal) = (isLogarithmic, isSeasonal)
            return GlobalForecaster(series.map(\.series), settings: own)
        }
    }

    // MARK: Forecasts

    /// The next steps of a series.
    public func forecast(_ series: Series) -> LocalForecast {
        let all = forecasts(series, trees)
        let result = mixed(all.map { $0 ?? LocalModel.naive.forecast(series.series.values, request(series.seed)) })
        return stretches.isEmpty ? result : calibration.applied(stretches, to: result)
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
            case .trees: return trees[place].map { limit($0.forecasts([series.series])[0], values) }
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
        fit(cases)
        guard settings.keepsEvidence else { return }
        // What a span's forecasts were learned on must not be that span, or they look better than they are.
        let parts = (1...settings.origins).map { back -> CombinedForecaster in
            var part = unlearned
            part.fit(zip(spans, cases).filter { $0.0 != back }.map(\.1))
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
    private mutating func fit(_ cases: [StackingWeights.Case]) {
        learned = cases.reduce(0) { $0 + $1.actual.count { !$0.isNaN } }
        guard !cases.isEmpty else { return }
        if settings.members.count > 1 {
            weights = StackingWeights(levels: settings.global.levels, evenness: settings.evenness).weights(
                cases, members: settings.members.count)
        }
        // Of demand that is mostly zero an interval has one side, at zero: no share of the values lies below it, and pairs cannot be set.
        let zeros = cases.reduce(0) { $0 + $1.actual.count { $0 == 0 } }
        if settings.calibrates, 2 * zeros < learned {
            for one in cases { calibration.add(mixed(one.forecasts), actual: one.actual) }
            stretches = calibration.stretches
        }
    }

    /// Mean absolute change and a share of the level, so that series of any size count alike.
    private static func scale(_ values: [Double]) -> Double {
        let changes = zip(values.dropFirst(), values).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(max(values.count - 1, 1))
        return max(changes + 0.05 * SeriesMath.mean(values.map { abs($0) }), 1e-9)
    }
}

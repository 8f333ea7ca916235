import Foundation

/// Several models of one series, weighted by how they did on past origins.
///
/// Each model forecasts the spans before the newest values from what was before them; its weight is a power of the inverse of its quantile
/// loss there (Bates, Granger, Operational Research Quarterly 20 (1969); that combining beats choosing: Petropoulos, Svetunkov, "A simple
/// combination of univariate models", Int. J. Forecasting 36 (2020)). Models much worse than the best are left out. Nothing after the
/// values given is used, and the same values give the same choice: a budget is counted in estimated, not in measured seconds.
public struct AutomaticForecaster: Sendable {
    public struct Settings: Hashable, Sendable {
        /// In the order in which they get of a short budget: one that does not fit what is left is left out, a cheaper one after it may fit.
        public var models: [LocalModel]
        /// Past origins, a horizon apart.
        public var origins = 2
        /// Power of the inverse loss.
        public var power = 3.0
        /// Models whose loss is more than so many times the least are left out.
        public var reach = 1.5
        /// Most models in the mean.
        public var most = 4
        /// Estimated seconds of one core a series; nil = no limit.
        public var budget: Double?

        public init(models: [LocalModel] = Settings.fast) { self.models = models }

        /// What candidates with these losses have of the mean: of sum 1, 0 = left out.
        ///
        /// - Parameter losses: at least one, none NaN.
        public func weights(_ losses: [Double]) -> [Double] {
            let order = losses.indices.sorted { (losses[$0], $0) < (losses[$1], $1) }, least = max(losses[order[0]], 1e-12)
            var result = [Double](repeating: 0, count: losses.count)
            for place in order.prefix(most) where losses[place] <= reach * least {
                result[place] = pow(least / max(losses[place], least), power)
            }
            let sum = result.reduce(0, +)
            return result.map { $0 / sum }
        }

        public static let fast: [LocalModel] = [.ses, .theta, .dynamicOptimisedTheta, .tsb, .sba, .seasonalNaive]
        public static let thorough: [LocalModel] = fast + [.ces, .ets, .arima]
    }

    /// A model's part in a forecast.
    public struct Share: Hashable, Sendable {
        public var model: LocalModel
        /// Quantile loss a unit over the past origins.
        public var loss: Double
        /// Of sum 1; 0 = left out.
        public var weight: Double

        public init(model: LocalModel, loss: Double, weight: Double) { (self.model, self.loss, self.weight) = (model, loss, weight) }
    }

    public let settings: Settings

    public init(_ settings: Settings = Settings()) { self.settings = settings }

    /// What the models get of the weight, best first. Of a past too short for so many origins there are fewer; where there is none, demand
    /// that is often zero is forecast by the two models made for it, all other by simple smoothing and Theta.
    ///
    /// - Parameter limit: what forecasts are bounded by, given the past they come from.
    public func shares(
        _ values: [Double], _ request: ForecastRequest, limit: (LocalForecast, [Double]) -> LocalForecast = { own, _ in own }
    ) -> [Share] {
        let horizon = request.horizon, origins = min(settings.origins, (values.count - 4) / horizon)
        guard origins > 0, values.contains(where: { $0 != 0 }) else {
            let zeros = values.count { $0 == 0 }
            let pair: [LocalModel] = 3 * zeros > values.count ? [.tsb, .sba] : [.ses, .theta]
            return pair.map { Share(model: $0, loss: .nan, weight: 0.5) }
        }
        var shares = affordable(values.count, request.season).map { Share(model: $0, loss: 0, weight: 0) }
        var units = 0.0
        for back in (1...origins).reversed() {
            let end = values.count - back * horizon, past = Array(values[..<end]), came = Array(values[end..<end + horizon])
            units += came.reduce(0) { $0 + abs($1) }
            for index in shares.indices {
                shares[index].loss += limit(shares[index].model.forecast(past, request), past).pinball(came, levels: request.levels)
            }
        }
        for index in shares.indices { shares[index].loss /= max(units, 1) }
        return weighted(shares.sorted { $0.loss < $1.loss })
    }

    private func weighted(_ sorted: [Share]) -> [Share] {
        var result = sorted
        for (index, weight) in settings.weights(sorted.map(\.loss)).enumerated() { result[index].weight = weight }
        return result
    }

    /// Models that fit the budget, past origins included.
    private func affordable(_ count: Int, _ season: Int) -> [LocalModel] {
        guard let budget = settings.budget else { return settings.models }
        var left = budget, result: [LocalModel] = []
        for model in settings.models {
            let cost = model.seconds(count: count, season: season) * Double(settings.origins + 1)
            if cost <= left || result.isEmpty {
                left -= cost
                result.append(model)
            }
        }
        return result
    }

    /// The weighted mean of means and of quantiles.
    public func forecast(
        _ values: [Double], _ request: ForecastRequest, limit: (LocalForecast, [Double]) -> LocalForecast = { own, _ in own }
    ) -> (forecast: LocalForecast, shares: [Share]) {
        let shares = shares(values, request, limit: limit)
        return (Self.forecast(values, request, shares: shares, limit: limit), shares)
    }

    /// The forecast of shares that are known already.
    public static func forecast(
        _ values: [Double], _ request: ForecastRequest, shares: [Share],
        limit: (LocalForecast, [Double]) -> LocalForecast = { own, _ in own }
    ) -> LocalForecast {
        let used = shares.filter { $0.weight > 0 }
        let forecasts = used.map { limit($0.model.forecast(values, request), values) }
        guard forecasts.count > 1 else { return forecasts[0] }
        var result = ForecastEnsemble.mean(forecasts, weights: used.map(\.weight))
        result.fitted = Self.fitted(forecasts, weights: used.map(\.weight), count: values.count)
        result.model = used.map(\.model.rawValue).joined(separator: "+")
        return result
    }
}

extension AutomaticForecaster {
    /// The weighted mean of the one-step forecasts of those that give them; empty where none does.
    private static func fitted(_ forecasts: [LocalForecast], weights: [Double], count: Int) -> [Double] {
        let known = zip(forecasts, weights).filter { $0.0.fitted.count == count }
        guard !known.isEmpty else { return [] }
        return (0..<count).map { at in
            // Where a model has no forecast yet, the others stand alone.
            let used = known.filter { $0.0.fitted[at].isFinite }, sum = used.reduce(0) { $0 + $1.1 }
            return sum > 0 ? used.reduce(0) { $0 + $1.1 / sum * $1.0.fitted[at] } : .nan
        }
    }
}

extension LocalModel {
    /// Roughly the seconds of one core that a forecast takes.
    ///
    /// - Parameter count: values of the past.
    public func seconds(count: Int, season: Int) -> Double {
        let perValue: Double =
            switch self {
            case .naive, .seasonalNaive, .naive2, .croston, .sba, .tsb, .adida, .imapa: 5e-8
            case .ses: 4e-7
            case .theta, .optimisedTheta, .dynamicTheta, .dynamicOptimisedTheta: 1.5e-6
            case .holt, .damped: 1e-5
            case .ces: 1.5e-5
            case .mstl: 3e-5
            case .ets: season > 1 && season <= 24 ? 1.2e-4 : 3e-5
            case .arima: season > 1 ? 1.8e-4 : 8e-5
            }
        return perValue * Double(count)
    }
}

extension LocalForecast {
    /// Twice the mean pinball loss over the levels, summed over steps.
    ///
    /// - Parameter actual: one a step, NaN where it is not known.
    public func pinball(_ actual: [Double], levels: [Double]) -> Double {
        var loss = 0.0
        for (step, value) in actual.enumerated() where !value.isNaN {
            for (index, level) in levels.enumerated() {
                let miss = value - quantile(step: step, level: index)
                loss += 2 * (miss >= 0 ? level * miss : (level - 1) * miss)
            }
        }
        return loss / Double(max(levels.count, 1))
    }
}

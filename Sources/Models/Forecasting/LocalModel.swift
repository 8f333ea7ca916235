import Foundation

/// The models of one series: each is a function of the past values alone.
///
/// Contract (`LocalModelContract` tests it): changing values after the last one given changes nothing, since they are not given; the same
/// values, season and seed give the same bits; quantiles rise; a series of one value, of zeros or of a constant has a finite forecast.
public enum LocalModel: String, CaseIterable, Sendable {
    case naive
    case seasonalNaive = "seasonal-naive"
    case naive2
    case ses, holt
    case damped
    case ets
    case theta
    case optimisedTheta = "optimised-theta"
    case dynamicTheta = "dynamic-theta"
    case dynamicOptimisedTheta = "dynamic-optimised-theta"
    case ces
    case arima
    case mstl
    case croston
    case sba = "croston-sba"
    case tsb, adida, imapa

    /// Models whose cost is far above the others'.
    public var isSlow: Bool { [.ets, .ces, .arima, .mstl].contains(self) }

    /// - Parameters:
    ///   - values: oldest first, at least one, all finite.
    ///   - periods: seasons of `mstl`, rising; empty = the request's.
    public func forecast(_ values: [Double], _ request: ForecastRequest, periods: [Int] = []) -> LocalForecast {
        precondition(!values.isEmpty)
        switch self {
        case .naive: return NaiveForecasts.naive(values, request)
        case .seasonalNaive: return NaiveForecasts.seasonal(values, request)
        case .naive2: return NaiveForecasts.adjusted(values, request)
        case .ses: return SimpleSmoothing.forecast(values, request)
        case .holt: return smoothed(values, request, ETSForm(error: .additive, trend: .additive))
        case .damped: return smoothed(values, request, ETSForm(error: .additive, trend: .additive, isDamped: true))
        case .ets: return fitted(ETS.automatic(values, season: request.season)?.forecast(request), values, request)
        case .theta: return Theta.forecast(values, request, kind: .standard)
        case .optimisedTheta: return Theta.forecast(values, request, kind: .optimised)
        case .dynamicTheta: return Theta.forecast(values, request, kind: .dynamic)
        case .dynamicOptimisedTheta: return Theta.forecast(values, request, kind: .dynamicOptimised)
        case .ces: return fitted(CES.automatic(values, season: request.season)?.forecast(request), values, request)
        case .arima: return fitted(ARIMA.automatic(values, season: request.season)?.forecast(request), values, request)
        case .mstl:
            let known = request.periods.isEmpty ? [request.season] : request.periods
            return MSTL.forecast(values, request, periods: periods.isEmpty ? known : periods)
        case .croston: return Intermittent.forecast(values, request, kind: .croston)
        case .sba: return Intermittent.forecast(values, request, kind: .sba)
        case .tsb: return Intermittent.forecast(values, request, kind: .tsb)
        case .adida: return Intermittent.forecast(values, request, kind: .adida)
        case .imapa: return Intermittent.forecast(values, request, kind: .imapa)
        }
    }

    private func smoothed(_ values: [Double], _ request: ForecastRequest, _ form: ETSForm) -> LocalForecast {
        fitted(ETS(values, form: form, season: 1)?.forecast(request), values, request)
    }

    /// Where no model could be fitted (too short, constant), the last value goes on.
    private func fitted(_ forecast: LocalForecast?, _ values: [Double], _ request: ForecastRequest) -> LocalForecast {
        guard let forecast, forecast.mean.allSatisfy(\.isFinite), forecast.quantiles.allSatisfy(\.isFinite) else {
            return NaiveForecasts.naive(values, request)
        }
        return forecast
    }
}

/// Several forecasts made one.
public enum ForecastEnsemble {
    /// Medians of means and of quantiles, a step and level.
    ///
    /// - Parameter forecasts: at least one, of the same request.
    public static func median(_ forecasts: [LocalForecast]) -> LocalForecast {
        combined(forecasts, model: "median") { values in
            let sorted = values.sorted(), middle = sorted.count / 2
            return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        }
    }

    /// Weighted means of means and of quantiles.
    ///
    /// - Parameter weights: one a forecast, at least 0, of positive sum.
    public static func mean(_ forecasts: [LocalForecast], weights: [Double]) -> LocalForecast {
        let sum = weights.reduce(0, +)
        return combined(forecasts, model: "weighted") { values in zip(values, weights).reduce(0) { $0 + $1.0 * $1.1 } / sum }
    }

    /// Weights by the errors of past origins: the inverse of each model's squared error, as of Bates and Granger, Operational Research
    /// Quarterly 20 (1969).
    ///
    /// - Parameter errors: mean squared error a model, NaN where it is not known.
    public static func weights(errors: [Double]) -> [Double] {
        let known = errors.filter { $0.isFinite && $0 > 0 }
        guard let least = known.min() else { return Array(repeating: 1, count: errors.count) }
        return errors.map { $0.isFinite ? least / max($0, least * 1e-6) : 0 }
    }

    private static func combined(_ forecasts: [LocalForecast], model: String, _ combine: ([Double]) -> Double) -> LocalForecast {
        LocalForecast(
            model: model, mean: forecasts[0].mean.indices.map { step in combine(forecasts.map { $0.mean[step] }) },
            quantiles: forecasts[0].quantiles.indices.map { index in combine(forecasts.map { $0.quantiles[index] }) })
    }
}

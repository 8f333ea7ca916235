import Foundation

/// Seasonal ARIMA with automatic choice of orders.
///
/// Source: Hyndman, Khandakar, "Automatic time series forecasting: the forecast package for R", J. Statistical Software 27 (2008); estimates as
/// `ARIMAFit` says, models with roots near the unit circle refused.
public struct ARIMA: Sendable {
    public let order: ARIMAOrder
    /// Corrected Akaike criterion.
    public let criterion: Double
    private let ar: [Double]
    /// Of the differenced series.
    private let mean: Double
    private let variance: Double
    private let innovations: [Double]
    private let expected: [Double]
    private let response: [Double]
    private let values: [Double]

    /// Nil for series shorter than 5 values or constant, or where no model can be fitted.
    public static func automatic(_ values: [Double], season: Int) -> ARIMA? {
        guard values.count >= 5, values.contains(where: { $0 != values[0] }) else { return nil }
        let period = values.count > 2 * season ? season : 1
        let seasonalD = Differencing.seasonal(values, season: period)
        let start = ARIMAOrder(p: 0, d: 0, q: 0, seasonalD: seasonalD, season: period).differenced(values)
        let d = Differencing.ordinary(start)
        let order = ARIMAOrder(p: 0, d: d, q: 0, seasonalD: seasonalD, season: period, hasConstant: d + seasonalD < 2)
        let rest = order.differenced(values)
        if let first = rest.first, rest.allSatisfy({ $0 == first }) { return ARIMA(values, line: order, mean: first) }
        var search = ARIMASearch(values, d: d, seasonalD: seasonalD, season: period)
        return search.run().flatMap { ARIMA(values, $0) }
    }

    /// The order with its estimated parameters; nil when the series is too short, or the estimate is not stationary.
    ///
    /// - Parameter refusesNearRoots: off for an order that is asked for by name.
    public init?(_ values: [Double], order: ARIMAOrder, refusesNearRoots: Bool = false) {
        guard let fit = ARIMAFit(values, order: order, isApproximate: false), !refusesNearRoots || fit.isSafe else { return nil }
        self.init(values, fit)
    }

    private init?(_ values: [Double], _ fit: ARIMAFit) {
        guard let likelihood = fit.likelihood, fit.criterion.isFinite else { return nil }
        (order, criterion, ar, mean, self.values) = (fit.order, fit.criterion, fit.ar, fit.mean, values)
        innovations = (0..<likelihood.count).map { likelihood.innovation($0) }
        (expected, response) = likelihood.ahead()
        variance = likelihood.squares / Double(max(likelihood.count - fit.parameters.count, 1))
    }

    /// Of a series whose differences are all the same.
    private init(_ values: [Double], line order: ARIMAOrder, mean: Double) {
        (self.order, self.mean, self.values, criterion, variance) = (order, mean, values, -.infinity, 0)
        (ar, expected, response, innovations) = ([], [0], [1], order.differenced(values).map { _ in 0 })
    }

    /// Means, and normal quantiles by the process's impulse responses.
    public func forecast(_ request: ForecastRequest) -> LocalForecast {
        // (1 - ar)(differences) y = c + moving average: one recursion in y itself.
        let full = ARIMAOrder.product([1] + ar.map { -$0 }, order.differencing)
        let constant = mean * (1 - ar.reduce(0, +))
        var path = values, psi: [Double] = [], sum = 0.0, deviations: [Double] = []
        for step in 0..<request.horizon {
            var value = constant + (step < expected.count ? expected[step] : 0)
            let at = path.count
            for lag in 1..<max(full.count, 1) where full[lag] != 0 && at - lag >= 0 { value -= full[lag] * path[at - lag] }
            path.append(value)
            var weight = step < response.count ? response[step] : 0
            for lag in 1..<max(full.count, 1) where lag <= step { weight -= full[lag] * psi[step - lag] }
            psi.append(weight)
            sum += weight * weight
            deviations.append((variance * sum).squareRoot())
        }
        let skipped = values.count - innovations.count
        return LocalForecast(
            model: order.description, mean: Array(path.suffix(request.horizon)), deviations: deviations, request: request,
            fitted: values.indices.map { $0 < skipped ? values[$0] : values[$0] - innovations[$0 - skipped] },
            criterion: criterion.isFinite ? criterion : nil)
    }
}

import Foundation

/// Seasonal ARIMA with automatic choice of orders.
///
/// Source: Hyndman, Khandakar, "Automatic time series forecasting: the forecast package for R", J. Statistical Software 27 (2008): stepwise
/// search from four models by the corrected Akaike criterion, exact likelihood, models with roots near the unit circle refused.
public struct ARIMA: Sendable {
    public let order: ARIMAOrder
    public let criterion: Double
    private let ar: [Double]
    private let ma: [Double]
    private let mean: Double
    private let variance: Double
    private let innovations: [Double]
    private let values: [Double]
    private let scale: Double

    /// Nil for series shorter than 5 values or constant.
    public static func automatic(_ values: [Double], season: Int) -> ARIMA? {
        guard values.count >= 5, values.contains(where: { $0 != values[0] }) else { return nil }
        let period = values.count > 2 * season ? season : 1
        let seasonalD = Differencing.seasonal(values, season: period)
        let start = ARIMAOrder(p: 0, d: 0, q: 0, seasonalD: seasonalD, season: period).differenced(values)
        let d = start.allSatisfy { $0 == start[0] } ? 0 : Differencing.ordinary(start)
        var search = Search(values, d: d, seasonalD: seasonalD, season: period)
        return search.run()
    }

    /// The order with its most likely parameters; nil when the series is too short, or a root is too near the unit circle.
    ///
    /// - Parameter refusesNearRoots: off for an order that is asked for by name.
    public init?(_ values: [Double], order: ARIMAOrder, refusesNearRoots: Bool = false) {
        let spread = SeriesMath.mean(values.map { abs($0) })
        guard spread > 0 else { return nil }
        let scaled = values.map { $0 / spread }
        let series = order.differenced(scaled)
        let k = order.parameterCount + (order.hasConstant ? 1 : 0) + 1
        guard series.count > k + 2, series.contains(where: { abs($0 - series[0]) > 1e-12 }) || order.parameterCount == 0 else { return nil }
        let fit = Fit(series, order: order)
        let found = fit.run()
        guard found.isFinite, !refusesNearRoots || fit.isSafe else { return nil }
        let n = Double(series.count), parameters = Double(k)
        let likelihood = fit.likelihood
        (self.order, ar, ma, mean) = (order, likelihood.ar, likelihood.ma, likelihood.mean)
        (variance, innovations, self.values, scale) = (likelihood.variance, likelihood.innovations, scaled, spread)
        criterion = found + 2 * n * log(spread) + 2 * parameters + 2 * parameters * (parameters + 1) / (n - parameters - 1)
    }

    /// Means, and normal quantiles by the process's impulse responses.
    public func forecast(_ request: ForecastRequest) -> LocalForecast {
        // (1 - ar)(differences) y = c + ma e: one recursion in y itself.
        let full = ARIMAOrder.product([1] + ar.map { -$0 }, order.differencing)
        let constant = mean * (1 - ar.reduce(0, +))
        var path = values, errors = Array(repeating: 0, count: values.count - innovations.count) + innovations
        var psi: [Double] = [], sum = 0.0, deviations: [Double] = []
        for step in 0..<request.horizon {
            var value = constant
            let at = path.count
            for lag in 1..<max(full.count, 1) where full[lag] != 0 && at - lag >= 0 { value -= full[lag] * path[at - lag] }
            for lag in 1..<ma.count + 1 where lag <= ma.count && at - lag >= 0 { value += ma[lag - 1] * errors[at - lag] }
            path.append(value)
            errors.append(0)
            var weight = step == 0 ? 1 : step <= ma.count ? ma[step - 1] : 0
            for lag in 1..<max(full.count, 1) where lag <= step { weight -= full[lag] * psi[step - lag] }
            psi.append(weight)
            sum += weight * weight
            deviations.append((variance * sum).squareRoot() * scale)
        }
        let skipped = values.count - innovations.count
        return LocalForecast(
            model: order.description, mean: path.suffix(request.horizon).map { $0 * scale }, deviations: deviations, request: request,
            fitted: values.indices.map { $0 < skipped ? values[$0] * scale : (values[$0] - innovations[$0 - skipped]) * scale },
            criterion: criterion)
    }

    /// Maximum likelihood over partial autocorrelations, which keeps every polynomial's roots outside the unit circle.
    final class Fit: DifferentiableFunction {
        let order: ARIMAOrder
        let likelihood: ARMALikelihood
        let parameterCount: Int
        private var parts: [[Double]] = []
        private var trial: [Double]

        init(_ series: [Double], order: ARIMAOrder) {
            self.order = order
            likelihood = ARMALikelihood(series, hasMean: order.hasConstant)
            parameterCount = order.parameterCount
            trial = Array(repeating: 0, count: order.parameterCount)
        }

        func run() -> Double {
            guard parameterCount > 0 else { return likelihood.evaluate(ar: [], ma: []) }
            let start = Array(repeating: 0.1, count: parameterCount)
            let found = QuasiNewton(iterations: 40, tolerance: 1e-6).minimise(self, from: start)
            return found.point.withUnsafeBufferPointer { value($0.baseAddress!) }
        }

        private func value(_ point: UnsafePointer<Double>) -> Double {
            var at = 0
            func part(_ count: Int) -> [Double] {
                defer { at += count }
                return Self.coefficients((0..<count).map { tanh(point[at + $0]) })
            }
            let p = part(order.p), q = part(order.q), seasonalP = part(order.seasonalP), seasonalQ = part(order.seasonalQ)
            parts = [p, q, seasonalP, seasonalQ]
            func expanded(_ own: [Double], _ seasonal: [Double]) -> [Double] {
                var far = [1.0]
                for value in seasonal { far += Array(repeating: 0, count: order.season - 1) + [-value] }
                return ARIMAOrder.product([1] + own.map { -$0 }, far).dropFirst().map { -$0 }
            }
            return likelihood.evaluate(ar: expanded(p, seasonalP), ma: expanded(q, seasonalQ).map { -$0 })
        }

        func evaluate(_ point: UnsafePointer<Double>, gradient: UnsafeMutablePointer<Double>) -> Double {
            let base = value(point)
            for index in 0..<parameterCount { trial[index] = point[index] }
            for index in 0..<parameterCount {
                let step = 1e-5
                trial[index] += step
                gradient[index] = (trial.withUnsafeBufferPointer { value($0.baseAddress!) } - base) / step
                trial[index] -= step
                if !gradient[index].isFinite { gradient[index] = 0 }
            }
            return base
        }

        /// Coefficients of a stationary process from its partial autocorrelations (Durbin, Levinson).
        static func coefficients(_ partial: [Double]) -> [Double] {
            var result: [Double] = []
            for (order, value) in partial.enumerated() {
                let before = result
                for index in 0..<order { result[index] = before[index] - value * before[order - 1 - index] }
                result.append(value)
            }
            return result
        }

        /// No root of any polynomial within 1.01 of the unit circle.
        var isSafe: Bool {
            parts.allSatisfy { part in
                var factor = 1.0
                let stretched = part.map { value in
                    factor *= 1.01
                    return value * factor
                }
                return Self.isStationary(stretched)
            }
        }

        private static func isStationary(_ coefficients: [Double]) -> Bool {
            var current = coefficients
            while let last = current.popLast() {
                guard abs(last) < 1 else { return false }
                let before = current, share = 1 - last * last
                for index in before.indices { current[index] = (before[index] + last * before[before.count - 1 - index]) / share }
            }
            return true
        }
    }

    /// The stepwise search.
    private struct Search {
        let values: [Double], d: Int, seasonalD: Int, season: Int
        var tried: [ARIMAOrder: Double] = [:]
        var best: ARIMA?

        init(_ values: [Double], d: Int, seasonalD: Int, season: Int) {
            (self.values, self.d, self.seasonalD, self.season) = (values, d, seasonalD, season)
        }

        private func order(_ p: Int, _ q: Int, _ seasonalP: Int, _ seasonalQ: Int, _ constant: Bool) -> ARIMAOrder {
            ARIMAOrder(
                p: p, d: d, q: q, seasonalP: season > 1 ? seasonalP : 0, seasonalD: seasonalD, seasonalQ: season > 1 ? seasonalQ : 0,
                season: season, hasConstant: constant)
        }

        private mutating func tries(_ order: ARIMAOrder) -> Bool {
            guard tried[order] == nil, (0...5).contains(order.p), (0...5).contains(order.q), (0...2).contains(order.seasonalP),
                (0...2).contains(order.seasonalQ), order.parameterCount <= 5, tried.count < 94
            else { return false }
            let fit = ARIMA(values, order: order, refusesNearRoots: true)
            tried[order] = fit?.criterion ?? .infinity
            guard let fit, fit.criterion < best?.criterion ?? .infinity else { return false }
            best = fit
            return true
        }

        mutating func run() -> ARIMA? {
            let constant = d + seasonalD < 2
            for (p, q, far) in [(2, 2, 1), (0, 0, 0), (1, 0, 1), (0, 1, 2)] {
                let (seasonalP, seasonalQ) = far == 1 ? (1, q > 0 ? 1 : 0) : far == 2 ? (0, 1) : (0, 0)
                _ = tries(order(p, q, seasonalP, seasonalQ, constant))
            }
            if constant { _ = tries(order(0, 0, 0, 0, false)) }
            let steps = [
                (0, 0, -1, 0), (0, 0, 0, -1), (0, 0, 1, 0), (0, 0, 0, 1), (0, 0, -1, -1), (0, 0, -1, 1), (0, 0, 1, -1), (0, 0, 1, 1),
                (-1, 0, 0, 0), (0, -1, 0, 0), (1, 0, 0, 0), (0, 1, 0, 0), (-1, -1, 0, 0), (-1, 1, 0, 0), (1, -1, 0, 0), (1, 1, 0, 0),
            ]
            var improved = best != nil
            while improved, let now = best?.order {
                improved = false
                for (p, q, seasonalP, seasonalQ) in steps where season > 1 || (seasonalP == 0 && seasonalQ == 0) {
                    let next = order(now.p + p, now.q + q, now.seasonalP + seasonalP, now.seasonalQ + seasonalQ, now.hasConstant)
                    if tries(next) {
                        improved = true
                        break
                    }
                }
                if !improved, constant {
                    improved = tries(order(now.p, now.q, now.seasonalP, now.seasonalQ, !now.hasConstant))
                }
            }
            return best
        }
    }
}

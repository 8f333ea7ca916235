import Foundation

/// Parameters of an ARIMA model of given orders.
///
/// Conditional sums of squares, then, where nothing is differenced, the most likely parameters from there. Of differenced series the
/// conditional estimate stays, and the exact likelihood is taken at it: so does statsforecast 2.1.1, whose second search never leaves its
/// start on such series. Estimates and criterion are then those of the reference.
struct ARIMAFit {
    let order: ARIMAOrder
    /// In the order p, q, seasonal p, seasonal q, and the regression's coefficient.
    private(set) var parameters: [Double]
    /// Corrected Akaike criterion; not finite for models that are refused.
    private(set) var criterion = Double.infinity
    /// Expanded polynomials: coefficient of lag i at i - 1.
    private(set) var ar: [Double] = []
    private(set) var ma: [Double] = []
    /// Of the differenced series.
    private(set) var mean = 0.0
    private(set) var likelihood: ARMALikelihood?

    /// Nil when the series is too short for the orders.
    ///
    /// - Parameter isApproximate: the criterion is by conditional squares, without the likelihood.
    init?(_ values: [Double], order: ARIMAOrder, isApproximate: Bool) {
        self.order = order
        let squares = ConditionalSquares(values, order: order)
        let used = values.count - order.d - order.seasonalD * order.season
        guard values.count > squares.skipped, used > 0 else { return nil }
        let count = order.parameterCount + (order.hasConstant ? 1 : 0)
        var start = [Double](repeating: 0, count: count)
        if order.hasConstant { start[count - 1] = SeriesMath.mean(squares.differenced) / order.driftStep }
        parameters = start
        if count > 0 {
            let found = QuasiNewton().minimise(from: start) { squares.value($0) }
            if !found.isExhausted || isApproximate { parameters = found.point }
        }
        let n = Double(used), k = Double(count + 1), correction = n - k - 1 == 0 ? .infinity : 2 * k * (k + 1) / (n - k - 1)
        if isApproximate {
            (ar, ma) = order.polynomials(parameters)
            let variance = exp(2 * squares.value(parameters))
            criterion = n * log(variance) + 2 * k + correction
        } else {
            guard let own = free(parameters) else { return }
            if order.d + order.seasonalD == 0, count > 0 {
                let found = QuasiNewton().minimise(from: own) { Self.objective(squares.differenced, order, bound(order, $0)) }
                parameters = bound(order, found.point)
            }
            (ar, ma) = order.polynomials(parameters)
            setMean()
            likelihood = ARMALikelihood(squares.differenced.map { $0 - mean }, ar: ar, ma: ma)
            guard let likelihood, likelihood.squares > 0 else { return }
            criterion = likelihood.value + 2 * k + correction
        }
        setMean()
    }

    private mutating func setMean() { mean = order.hasConstant ? parameters[parameters.count - 1] * order.driftStep : 0 }

    private static func objective(_ series: [Double], _ order: ARIMAOrder, _ parameters: [Double]) -> Double {
        let (ar, ma) = order.polynomials(parameters)
        let mean = order.hasConstant ? parameters[parameters.count - 1] : 0
        guard let likelihood = ARMALikelihood(series.map { $0 - mean }, ar: ar, ma: ma), likelihood.squares > 0 else { return .infinity }
        let n = Double(series.count)
        return 0.5 * (log(likelihood.squares / n) + 2 * likelihood.logs / n)
    }

    /// Autoregressive parameters as free numbers; nil where they are not those of a stationary process.
    private func free(_ parameters: [Double]) -> [Double]? {
        var result = parameters
        for (first, count) in [(0, order.p), (order.p + order.q, order.seasonalP)] where count > 0 {
            guard let partial = Stationarity.partial(Array(parameters[first..<first + count])) else { return nil }
            for index in 0..<count { result[first + index] = atanh(partial[index]) }
        }
        return result.allSatisfy(\.isFinite) ? result : nil
    }

    /// No root of the expanded polynomials within 1.01; polynomials of the first lag alone are not asked.
    var isSafe: Bool {
        func isSafe(_ expanded: [Double], _ own: ArraySlice<Double>, _ far: ArraySlice<Double>, sign: Double) -> Bool {
            guard let last = expanded.lastIndex(where: { abs($0) > 1e-8 }), last > 0 else { return true }
            for (part, step) in [(own, 1), (far, order.season)] {
                var factor = 1.0
                let stretch = pow(1.01, Double(step))
                let stretched = part.map { value in
                    factor *= stretch
                    return sign * value * factor
                }
                if Stationarity.partial(stretched) == nil { return false }
            }
            return true
        }
        let (p, q, far) = (order.p, order.q, order.seasonalP)
        return isSafe(ar, parameters[0..<p], parameters[p + q..<p + q + far], sign: 1)
            && isSafe(ma, parameters[p..<p + q], parameters[p + q + far..<order.parameterCount], sign: -1)
    }
}

/// Autoregressive parameters of free numbers: hyperbolic tangents are partial autocorrelations.
private func bound(_ order: ARIMAOrder, _ free: [Double]) -> [Double] {
    var result = free
    for (first, count) in [(0, order.p), (order.p + order.q, order.seasonalP)] where count > 0 {
        let own = Stationarity.coefficients((0..<count).map { tanh(free[first + $0]) })
        for index in 0..<count { result[first + index] = own[index] }
    }
    return result
}

/// Polynomials whose roots lie outside the unit circle, by the recursion of Durbin and Levinson.
enum Stationarity {
    /// Coefficients of a stationary process from its partial autocorrelations.
    static func coefficients(_ partial: [Double]) -> [Double] {
        var result: [Double] = []
        for (order, value) in partial.enumerated() {
            let before = result
            for index in 0..<order { result[index] = before[index] - value * before[order - 1 - index] }
            result.append(value)
        }
        return result
    }

    /// Partial autocorrelations of coefficients; nil where a root lies inside.
    static func partial(_ coefficients: [Double]) -> [Double]? {
        var current = coefficients, result: [Double] = []
        while let last = current.popLast() {
            guard abs(last) < 1 else { return nil }
            result.append(last)
            let before = current, share = 1 - last * last
            for index in before.indices { current[index] = (before[index] + last * before[before.count - 1 - index]) / share }
        }
        return result.reversed()
    }
}

/// Half the logarithm of the mean squared error, given the first values.
///
/// Source: Box, Jenkins, "Time Series Analysis: Forecasting and Control" (1970), chapter 7.
final class ConditionalSquares {
    let order: ARIMAOrder
    /// Values that errors are not taken of.
    let skipped: Int
    /// Without the regression.
    let differenced: [Double]
    private let values: [Double]
    private let series: UnsafeMutablePointer<Double>
    private let errors: UnsafeMutablePointer<Double>
    private var arLags: [(lag: Int, value: Double)] = [], maLags: [(lag: Int, value: Double)] = []

    init(_ values: [Double], order: ARIMAOrder) {
        (self.values, self.order) = (values, order)
        skipped = order.p + order.d + order.season * (order.seasonalP + order.seasonalD)
        differenced = order.differenced(values)
        series = .allocate(capacity: 2 * values.count)
        errors = series + values.count
    }

    deinit { series.deallocate() }

    func value(_ parameters: [Double]) -> Double {
        let count = values.count
        let coefficient = order.hasConstant ? parameters[parameters.count - 1] : 0, isDrift = order.d + order.seasonalD == 1
        for index in 0..<count { series[index] = values[index] - coefficient * (isDrift ? Double(index + 1) : 1) }
        for _ in 0..<order.d { for index in stride(from: count - 1, to: 0, by: -1) { series[index] -= series[index - 1] } }
        for _ in 0..<order.seasonalD {
            for index in stride(from: count - 1, through: order.season, by: -1) { series[index] -= series[index - order.season] }
        }
        let (ar, ma) = order.polynomials(parameters)
        arLags.removeAll(keepingCapacity: true)
        maLags.removeAll(keepingCapacity: true)
        for (index, value) in ar.enumerated() where value != 0 { arLags.append((index + 1, value)) }
        for (index, value) in ma.enumerated() where value != 0 { maLags.append((index + 1, value)) }
        let (sum, used) = squares()
        let mean = sum / Double(used)
        return mean.isInfinite ? .greatestFiniteMagnitude : mean <= 0 ? -.infinity : 0.5 * log(mean)
    }

    private func squares() -> (sum: Double, used: Int) {
        var sum = 0.0, used = 0
        arLags.withUnsafeBufferPointer { arLags in
            maLags.withUnsafeBufferPointer { maLags in
                for index in skipped..<values.count {
                    var error = series[index]
                    for (lag, value) in arLags { error -= value * series[index - lag] }
                    for (lag, value) in maLags {
                        guard lag <= index - skipped else { break }
                        error -= value * errors[index - lag]
                    }
                    errors[index] = error
                    if !error.isNaN {
                        sum += error * error
                        used += 1
                    }
                }
            }
        }
        return (sum, used)
    }
}

import Foundation

/// Complex exponential smoothing with automatic choice of its seasonal form.
///
/// Source: Svetunkov, Kourentzes, Ord, "Complex exponential smoothing", Naval Research Logistics 69 (2022): equations (14), (20), (24). Initial
/// states by backcasting (forwards, backwards, forwards), as in `smooth` and statsforecast. Quantiles: normal, variances from the
/// model's own impulse responses.
public struct CES: Sendable {
    public enum Form: String, Sendable, CaseIterable { case none = "N", simple = "S", partial = "P", full = "F" }
    public let form: Form
    /// Corrected Akaike criterion of the concentrated normal likelihood.
    public let criterion: Double
    private let parameters: [Double]
    private let season: Int
    private let count: Int
    private let scale: Double
    private let states: [Double]
    private let fitted: [Double]
    private let variance: Double

    public static func automatic(_ values: [Double], season: Int) -> CES? {
        let isSeasonal = season > 1 && values.count >= 2 * season + 2
        var best: CES?
        for form in isSeasonal ? Form.allCases : [.none] {
            guard let fit = CES(values, form: form, season: season), fit.criterion < best?.criterion ?? .infinity else { continue }
            best = fit
        }
        return best
    }

    /// Nil for series shorter than the form needs, or constant.
    public init?(_ values: [Double], form: Form, season: Int) {
        let count = values.count, lag = form == .none ? 1 : season
        let scale = SeriesMath.mean(values.map { abs($0) })
        guard count >= max(4, lag + 2), scale > 0, values.contains(where: { $0 != values[0] }) else { return nil }
        let scaled = values.map { $0 / scale }
        let start: [Double], states: Int, parameterCount: Int
        switch form {
        case .none: (start, states, parameterCount) = ([1.3, 1], 2, 2 + 2)
        case .simple: (start, states, parameterCount) = ([1.3, 1], 2 * lag, 2 + 2 * lag)
        case .partial: (start, states, parameterCount) = ([1.3, 1, 0.1], 2 + lag, 3 + 2 + lag)
        case .full: (start, states, parameterCount) = ([1.3, 1, 1.3, 1], 2 + 2 * lag, 4 + 2 + 2 * lag)
        }
        let k = Double(parameterCount + 1), n = Double(count)
        guard n - k - 1 > 0 else { return nil }
        let recursion = Recursion(form: form, lag: lag, count: count, states: states)
        let initial = Self.initial(scaled, form: form, lag: lag, states: states)
        let found = scaled.withUnsafeBufferPointer { buffer in
            NelderMead(evaluations: 250 * start.count / 2, tolerance: 1e-7).minimise(
                from: start, lower: start.count == 3 ? [0.01, 0.01, 0.001] : [0.01, 0.01, 0.01, 0.01],
                upper: start.count == 3 ? [1.8, 1.9, 0.9] : [1.8, 1.9, 1.8, 1.9]
            ) { point in recursion.squares(buffer, point, initial: initial) }
        }
        guard found.value.isFinite, found.value < .greatestFiniteMagnitude else { return nil }
        _ = scaled.withUnsafeBufferPointer { buffer in
            found.point.withUnsafeBufferPointer { recursion.squares(buffer, $0.baseAddress!, initial: initial) }
        }
        (self.form, self.season, self.count, self.scale, parameters) = (form, lag, count, scale, found.point)
        criterion = n * log(max(found.value, 1e-300) / n * scale * scale) + 2 * k + 2 * k * (k + 1) / (n - k - 1)
        self.states = (0..<states).map { recursion.states[$0] }
        fitted = (0..<count).map { recursion.fitted[$0] * scale }
        variance = found.value * scale * scale / max(n - Double(start.count), 1)
    }

    /// Level and information part, then seasonal states a place of the season.
    private static func initial(_ values: [Double], form: Form, lag: Int, states: Int) -> [Double] {
        var result = [Double](repeating: 0, count: states)
        let first = SeriesMath.mean(values.prefix(max(lag, min(10, values.count))))
        switch form {
        case .none: (result[0], result[1]) = (first, first / 1.1)
        case .simple:
            for place in 0..<lag { (result[2 * place], result[2 * place + 1]) = (values[place], values[place] / 1.1) }
        case .partial, .full:
            (result[0], result[1]) = (first, first / 1.1)
            let figure = Seasonality.differences(values, season: lag)
            for place in 0..<lag {
                if form == .partial {
                    result[2 + place] = figure[place]
                } else {
                    (result[2 + 2 * place], result[3 + 2 * place]) = (figure[place], figure[place] / 1.1)
                }
            }
        }
        return result
    }

    /// One run over the values; memory is used again.
    final class Recursion {
        let form: Form, lag: Int, count: Int, stateCount: Int
        let states: UnsafeMutablePointer<Double>
        let fitted: UnsafeMutablePointer<Double>

        init(form: Form, lag: Int, count: Int, states: Int) {
            (self.form, self.lag, self.count, stateCount) = (form, lag, count, states)
            self.states = .allocate(capacity: states)
            fitted = .allocate(capacity: count)
        }

        deinit {
            states.deallocate()
            fitted.deallocate()
        }

        /// Takes a value (or its own forecast) at a place of the season; the forecast of it comes back.
        @inline(__always)
        static func step(
            _ form: Form, _ states: UnsafeMutablePointer<Double>, place: Int, value: Double?, _ p: UnsafePointer<Double>
        ) -> (forecast: Double, error: Double) {
            let base = form == .simple ? 2 * place : 0
            let level = states[base], part = states[base + 1]
            var forecast = level
            let slot = form == .partial ? 2 + place : 2 + 2 * place
            if form == .partial || form == .full { forecast += states[slot] }
            let error = (value ?? forecast) - forecast
            states[base] = level - (1 - p[1]) * part + (p[0] - p[1]) * error
            states[base + 1] = level + (1 - p[0]) * part + (p[0] + p[1]) * error
            if form == .partial { states[slot] += p[2] * error }
            if form == .full {
                let d0 = states[slot], d1 = states[slot + 1]
                states[slot] = d0 - (1 - p[3]) * d1 + (p[2] - p[3]) * error
                states[slot + 1] = d0 + (1 - p[2]) * d1 + (p[2] + p[3]) * error
            }
            return (forecast, error)
        }

        func squares(_ values: UnsafeBufferPointer<Double>, _ point: UnsafePointer<Double>, initial: [Double]) -> Double {
            for index in 0..<stateCount { states[index] = initial[index] }
            switch form {
            case .none: return passes(.none, values, point)
            case .simple: return passes(.simple, values, point)
            case .partial: return passes(.partial, values, point)
            case .full: return passes(.full, values, point)
            }
        }

        @inline(__always)
        private func passes(_ form: Form, _ values: UnsafeBufferPointer<Double>, _ point: UnsafePointer<Double>) -> Double {
            var place = 0
            for index in 0..<count {
                _ = Self.step(form, states, place: place, value: values[index], point)
                place = place + 1 == lag ? 0 : place + 1
            }
            for index in stride(from: count - 1, through: 0, by: -1) {
                place = place == 0 ? lag - 1 : place - 1
                _ = Self.step(form, states, place: place, value: values[index], point)
            }
            var sum = 0.0
            for index in 0..<count {
                let (forecast, error) = Self.step(form, states, place: place, value: values[index], point)
                fitted[index] = forecast
                sum += error * error
                place = place + 1 == lag ? 0 : place + 1
            }
            return sum
        }
    }

    /// Means and normal quantiles of the next steps.
    public func forecast(_ request: ForecastRequest) -> LocalForecast {
        var states = states
        var response = [Double](repeating: 0, count: states.count)
        let mean = walk(&states, request.horizon, shock: nil)
        let psi = walk(&response, request.horizon, shock: 1)
        var sum = 0.0
        let deviations = psi.map { weight in
            sum += weight * weight
            return (variance * sum).squareRoot()
        }
        return LocalForecast(
            model: "CES(\(form.rawValue))", mean: mean.map { $0 * scale }, deviations: deviations, request: request, fitted: fitted,
            criterion: criterion)
    }

    /// Forecasts from given states; with a shock, how one error at the first step goes on.
    private func walk(_ states: inout [Double], _ horizon: Int, shock: Double?) -> [Double] {
        states.withUnsafeMutableBufferPointer { states in
            parameters.withUnsafeBufferPointer { point in
                (0..<horizon).map { step in
                    let value = step == 0 ? shock : nil
                    let forecast = Recursion.step(
                        form, states.baseAddress!, place: (count + step) % season, value: value, point.baseAddress!
                    ).forecast
                    return value ?? forecast
                }
            }
        }
    }
}

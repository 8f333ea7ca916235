import Foundation

/// Complex exponential smoothing with automatic choice of its seasonal form.
///
/// Source: Svetunkov, Kourentzes, Ord, "Complex exponential smoothing", Naval Research Logistics 69 (2022): equations (14), (20), (24). Initial
/// states by backcasting (forwards, backwards, forwards); first states, limits, the count of parameters and the end of the search are
/// those of statsforecast 2.1.1. Quantiles: normal, variances from the model's own impulse responses.
public struct CES: Sendable {
    public enum Form: String, Sendable, CaseIterable {
        case none = "N", simple = "S", partial = "P", full = "F"

        /// Components of the state, as the criterion counts them.
        var componentCount: Int { self == .partial ? 3 : self == .full ? 4 : 2 }
        /// Of the parameters, where their search begins.
        var start: [Double] { self == .partial ? [1.3, 1, 0.1] : self == .full ? [1.3, 1, 1.3, 1] : [1.3, 1] }
    }
    public let form: Form
    /// Corrected Akaike criterion of the concentrated normal likelihood.
    public let criterion: Double
    private let parameters: [Double]
    private let season: Int
    private let count: Int
    private let states: [Double]
    private let fitted: [Double]
    private let variance: Double

    public static func automatic(_ values: [Double], season: Int) -> CES? {
        let isSeasonal = season > 1 && values.count >= 2 * season
        return best(values, isSeasonal ? Form.allCases : [.none], season: season)
    }

    /// Nil for series shorter than the form needs, or constant.
    public init?(_ values: [Double], form: Form, season: Int) {
        guard let fit = Self.best(values, [form], season: season) else { return nil }
        self = fit
    }

    /// The form with the least criterion; the first of equals.
    private static func best(_ values: [Double], _ forms: [Form], season: Int) -> CES? {
        let count = values.count
        guard values.contains(where: { $0 != values[0] }) else { return nil }
        let recursions = forms.compactMap { form -> Recursion? in
            let lag = form == .none ? 1 : season
            guard count >= max(5, 2 * lag), count > form.componentCount + 2 else { return nil }
            let recursion = Recursion(form: form, lag: lag, count: count)
            recursion.start(values)
            return recursion
        }
        let searches = Form.allCases.map { form -> NelderMead? in
            guard recursions.contains(where: { $0.form == form }) else { return nil }
            let start = form.start
            return NelderMead(
                from: start, lower: Array(repeating: 0.01, count: start.count), upper: Array([1.8, 1.9, 1.5, 1.5].prefix(start.count)))
        }
        return values.withUnsafeBufferPointer { buffer in
            CESLanes(recursions, values: buffer, lag: season).run(searches)
            var best: CES?
            for (form, search) in zip(Form.allCases, searches) {
                guard let search, let recursion = recursions.first(where: { $0.form == form }) else { continue }
                let fit = CES(recursion, buffer, search.found)
                if fit.criterion < best?.criterion ?? .infinity { best = fit }
            }
            return best
        }
    }

    private init(_ recursion: Recursion, _ values: UnsafeBufferPointer<Double>, _ found: (point: [Double], value: Double)) {
        let count = values.count, k = Double(recursion.form.componentCount + 1), n = Double(count)
        _ = found.point.withUnsafeBufferPointer { recursion.squares(values, $0.baseAddress!) }
        (form, season, self.count, parameters) = (recursion.form, recursion.lag, count, found.point)
        criterion = found.value.isFinite ? found.value + 2 * k + 2 * k * (k + 1) / (n - k - 1) : .infinity
        states = (0..<recursion.stateCount).map { recursion.states[$0] }
        fitted = (0..<count).map { recursion.fitted[$0] }
        variance = recursion.lastSquares / max(n - k - 1, 1)
    }

    /// One run over the values; memory is used again.
    ///
    /// States: level and its information part (of each place of the season in the simple form), then seasonal states a place.
    final class Recursion {
        let form: Form, lag: Int, count: Int, stateCount: Int
        let states: UnsafeMutablePointer<Double>
        let fitted: UnsafeMutablePointer<Double>
        /// States that the first pass begins with.
        let initial: UnsafeMutablePointer<Double>
        private(set) var lastSquares = 0.0

        init(form: Form, lag: Int, count: Int) {
            (self.form, self.lag, self.count) = (form, lag, count)
            switch form {
            case .none: stateCount = 2
            case .simple: stateCount = 2 * lag
            case .partial: stateCount = 2 + lag
            case .full: stateCount = 2 + 2 * lag
            }
            states = .allocate(capacity: 2 * stateCount + count)
            initial = states + stateCount
            fitted = initial + stateCount
        }

        deinit { states.deallocate() }

        /// States that the first pass begins with.
        func start(_ values: [Double]) {
            guard form != .simple else {
                for place in 0..<lag { (initial[2 * place], initial[2 * place + 1]) = (values[place], values[place] / 1.1) }
                return
            }
            let first = SeriesMath.mean(values.prefix(form == .none ? 10 : lag))
            (initial[0], initial[1]) = (first, first / 1.1)
            guard form != .none else { return }
            for (place, value) in Seasonality.differences(values, season: lag).enumerated() {
                if form == .partial {
                    initial[2 + place] = value
                } else {
                    (initial[2 + 2 * place], initial[3 + 2 * place]) = (value, value / 1.1)
                }
            }
        }

        /// A pair of states after an error.
        @inline(__always)
        static func turn(_ pair: UnsafeMutablePointer<Double>, _ a0: Double, _ a1: Double, _ error: Double) {
            let first = pair[0], second = pair[1]
            pair[0] = first - (1 - a1) * second + (a0 - a1) * error
            pair[1] = first + (1 - a0) * second + (a0 + a1) * error
        }

        /// Takes a value (or its own forecast) at a place of the season; the forecast of it comes back.
        @inline(__always)
        static func step(
            _ form: Form, _ states: UnsafeMutablePointer<Double>, place: Int, value: Double?, _ p: UnsafePointer<Double>
        ) -> (forecast: Double, error: Double) {
            let base = form == .simple ? 2 * place : 0, slot = form == .partial ? 2 + place : 2 + 2 * place
            var forecast = states[base]
            if form == .partial || form == .full { forecast += states[slot] }
            let error = (value ?? forecast) - forecast
            turn(states + base, p[0], p[1], error)
            if form == .partial { states[slot] += p[2] * error }
            if form == .full { turn(states + slot, p[2], p[3], error) }
            return (forecast, error)
        }

        /// Between passes every state goes one step on without an error.
        @inline(__always)
        private func rest(_ form: Form, _ p: UnsafePointer<Double>) {
            for place in 0..<(form == .simple ? lag : 1) { Self.turn(states + 2 * place, p[0], p[1], 0) }
            if form == .full { for place in 0..<lag { Self.turn(states + 2 + 2 * place, p[2], p[3], 0) } }
        }

        func squares(_ values: UnsafeBufferPointer<Double>, _ point: UnsafePointer<Double>) -> Double {
            for index in 0..<stateCount { states[index] = initial[index] }
            switch form {
            case .none: lastSquares = passes(.none, values, point)
            case .simple: lastSquares = passes(.simple, values, point)
            case .partial: lastSquares = passes(.partial, values, point)
            case .full: lastSquares = passes(.full, values, point)
            }
            return lastSquares
        }

        @inline(__always)
        private func passes(_ form: Form, _ values: UnsafeBufferPointer<Double>, _ point: UnsafePointer<Double>) -> Double {
            var place = 0
            for index in 0..<count {
                _ = Self.step(form, states, place: place, value: values[index], point)
                place = place + 1 == lag ? 0 : place + 1
            }
            rest(form, point)
            for index in stride(from: count - 1, through: 0, by: -1) {
                place = place == 0 ? lag - 1 : place - 1
                _ = Self.step(form, states, place: place, value: values[index], point)
            }
            rest(form, point)
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
            model: "CES(\(form.rawValue))", mean: mean, deviations: deviations, request: request, fitted: fitted,
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

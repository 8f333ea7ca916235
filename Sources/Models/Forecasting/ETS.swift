import Foundation

/// Exponential smoothing in state space form with automatic choice.
///
/// Sources: Hyndman, Koehler, Snyder, Grose, "A state space framework for automatic forecasting using exponential smoothing methods", Int. J.
/// Forecasting 18 (2002); the book of 2008, table 6.1 for the variances of the additive models; other quantiles are simulated.
public struct ETS: Sendable {
    public let form: ETSForm
    /// Corrected Akaike criterion, with the constant left out as in R's `ets`.
    public let criterion: Double
    public let alpha: Double
    public let beta: Double
    public let phi: Double
    public let gamma: Double
    private let scale: Double
    private let season: Int
    private let count: Int
    private let level: Double
    private let slope: Double
    private let seasonal: [Double]
    private let variance: Double
    private let scaledFitted: [Double]

    /// The best of all forms by the corrected Akaike criterion; nil for a series too short for any (fewer than 4 values).
    ///
    /// - Parameter season: seasons longer than 24 are not modelled.
    public static func automatic(_ values: [Double], season: Int) -> ETS? {
        let isSeasonal = season > 1 && season <= 24 && values.count > season + 5
        let forms = ETSForm.candidates(isSeasonal: isSeasonal, isPositive: values.allSatisfy { $0 > 0 })
        var best: ETS?
        for form in forms {
            guard let fit = ETS(values, form: form, season: season), fit.criterion < best?.criterion ?? .infinity else { continue }
            best = fit
        }
        return best
    }

    /// The form with its most likely parameters; nil when the series is too short for it or a multiplicative part meets values that are not positive.
    public init?(_ values: [Double], form: ETSForm, season: Int) {
        let count = values.count
        let magnitude = values.reduce(0) { $0 + abs($1) } / Double(max(count, 1))
        guard count >= 3, magnitude > 0 else { return nil }
        let scaled = values.map { $0 / magnitude }
        let isConstant = scaled.allSatisfy { $0 == scaled[0] }
        let needsPositive = form.error == .multiplicative || form.season == .multiplicative
        guard !isConstant || (form.trend == .none && form.season == .none), !needsPositive || values.allSatisfy({ $0 > 0 }) else {
            return nil
        }
        let fit: ETS? = scaled.withUnsafeBufferPointer { buffer in
            let likelihood = ETSLikelihood(form: form, values: buffer, season: season)
            let parameters = Double(likelihood.parameterCount + 1)
            guard Double(count) - parameters - 1 > 0 else { return nil }
            guard let start = Self.start(scaled, form: form, season: season) else { return nil }
            let found = QuasiNewton(iterations: 120, tolerance: 1e-8).minimise(likelihood, from: start)
            guard found.value.isFinite else { return nil }
            return found.point.withUnsafeBufferPointer { point in
                let smoothing = likelihood.smoothing(point.baseAddress!)
                likelihood.forward(point.baseAddress!, smoothing)
                let constant = 2 * Double(count) * log(magnitude)
                let penalty = 2 * parameters + 2 * parameters * (parameters + 1) / (Double(count) - parameters - 1)
                return ETS(
                    likelihood, smoothing: smoothing, criterion: found.value + constant + penalty, magnitude: magnitude,
                    parameters: likelihood.parameterCount)
            }
        }
        guard let fit else { return nil }
        self = fit
    }

    private init(
        _ likelihood: ETSLikelihood, smoothing: ETSLikelihood.Smoothing, criterion: Double, magnitude: Double, parameters: Int
    ) {
        (form, self.criterion, scale) = (likelihood.form, criterion, magnitude)
        (alpha, beta, phi, gamma) = (smoothing.alpha, smoothing.beta, smoothing.phi, smoothing.gamma)
        (season, count, level, slope) = (likelihood.season, likelihood.count, likelihood.level, likelihood.slope)
        seasonal = form.season == .none ? [] : (0..<season).map { likelihood.seasonal($0) }
        scaledFitted = (0..<count).map { likelihood.fitted($0) }
        variance = likelihood.squares / Double(max(count - parameters, 1))
    }

    /// Free parameters to start from: as R's `initparam` and `initstate`.
    private static func start(_ values: [Double], form: ETSForm, season: Int) -> [Double]? {
        let period = form.season == .none ? 1 : season
        func free(_ share: Double) -> Double { log(share / (1 - share)) }
        var point = [free(form.season == .none ? 0.3 : 0.2)]
        if form.trend != .none { point.append(free(0.1)) }
        if form.isDamped { point.append(free(0.9)) }
        if form.season != .none { point.append(free(0.1)) }
        var figure: [Double] = []
        var adjusted = values
        if form.season != .none {
            if form.season == .multiplicative {
                figure = Seasonality.indices(values, season: period).map { max($0, 0.01) }
                let sum = figure.reduce(0, +)
                figure = figure.map { $0 * Double(period) / sum }
                for index in values.indices { adjusted[index] = values[index] / figure[index % period] }
            } else {
                figure = Seasonality.differences(values, season: period)
                for index in values.indices { adjusted[index] = values[index] - figure[index % period] }
            }
        }
        let first = adjusted.prefix(min(values.count, max(10, 2 * period)))
        if form.trend == .none {
            point.append(max(SeriesMath.mean(first), form.error == .multiplicative ? 1e-3 : -.infinity))
        } else {
            let line = SeriesMath.line(first)
            var (level, slope) = (line.level, line.slope)
            if form.error == .multiplicative || form.season == .multiplicative, level + slope * (form.isDamped ? 0.95 : 1) <= 1e-2 {
                (level, slope) = (max(SeriesMath.mean(first.prefix(3)), 0.05), 0)
            }
            point += [level, slope]
        }
        if form.season != .none { point += figure.dropLast() }
        return point
    }

    /// Means and quantiles of the next steps.
    public func forecast(_ request: ForecastRequest) -> LocalForecast {
        let isLinear = form.error == .additive && form.season != .multiplicative
        let means = means(request.horizon)
        let fitted = scaledFitted.map { $0 * scale }
        let mean = means.map { $0 * scale }
        if isLinear {
            return LocalForecast(
                model: form.description, mean: mean, deviations: deviations(request.horizon).map { $0 * scale }, request: request,
                fitted: fitted, criterion: criterion)
        }
        return LocalForecast(
            model: form.description, mean: mean, quantiles: simulated(request).map { $0 * scale }, fitted: fitted, criterion: criterion)
    }

    private func means(_ horizon: Int) -> [Double] {
        var (l, b) = (level, slope)
        return (0..<horizon).map { step in
            l += phi * b
            b *= phi
            let place = (count + step) % season
            switch form.season {
            case .none: return l
            case .additive: return l + seasonal[place]
            case .multiplicative: return l * seasonal[place]
            }
        }
    }

    /// Of the additive models: variance times 1 + sum of c_j squared.
    private func deviations(_ horizon: Int) -> [Double] {
        var sum = 1.0, damping = 0.0, power = 1.0
        return (1...horizon).map { step in
            defer {
                power *= phi
                damping += power
                let c = alpha + beta * damping + (step % season == 0 ? gamma : 0)
                sum += c * c
            }
            return (variance * sum).squareRoot()
        }
    }

    /// Quantiles of 1,000 sample paths with normal errors.
    private func simulated(_ request: ForecastRequest) -> [Double] {
        let paths = 1_000, horizon = request.horizon
        var random = NormalDraws(seed: request.seed), outcomes = [Double](repeating: 0, count: paths * horizon)
        let deviation = variance.squareRoot()
        var states = [Double](repeating: 0, count: max(season, 1))
        outcomes.withUnsafeMutableBufferPointer { outcomes in
            for path in 0..<paths {
                var (l, b) = (level, slope)
                for place in seasonal.indices { states[place] = seasonal[place] }
                for step in 0..<horizon {
                    let place = (count + step) % season, old = form.season == .none ? 0 : states[place]
                    let q = l + phi * b
                    let f = form.season == .multiplicative ? q * old : form.season == .additive ? q + old : q
                    let draw = max(min(deviation * random.next(), 3), -0.999)
                    let y = form.error == .multiplicative ? f * (1 + draw) : f + draw
                    outcomes[step * paths + path] = y
                    let target = form.season == .multiplicative ? y / max(old, 1e-8) : y - old
                    let d = target - q
                    l = q + alpha * d
                    b = phi * b + beta * d
                    if form.season == .multiplicative {
                        states[place] = old + gamma * (y / max(q, 1e-8) - old)
                    } else if form.season == .additive {
                        states[place] = old + gamma * (y - q - old)
                    }
                }
            }
        }
        return (0..<horizon).flatMap { step in
            let sorted = outcomes[step * paths..<(step + 1) * paths].sorted()
            return request.levels.map { SeriesMath.quantile(sorted, $0) }
        }
    }
}

/// Normal numbers from a seed, by the polar method of Marsaglia and Bray (1964).
struct NormalDraws {
    private var source: SplitMix64
    private var spare: Double?

    init(seed: UInt64) { source = SplitMix64(seed: seed) }

    mutating func uniform() -> Double { Double(source.next() >> 11) * 0x1p-53 }

    mutating func next() -> Double {
        if let value = spare {
            spare = nil
            return value
        }
        while true {
            let x = 2 * uniform() - 1, y = 2 * uniform() - 1, square = x * x + y * y
            guard square < 1, square > 0 else { continue }
            let factor = (-2 * log(square) / square).squareRoot()
            spare = y * factor
            return x * factor
        }
    }
}

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
    private let season: Int
    private let count: Int
    private let level: Double
    private let slope: Double
    private let seasonal: [Double]
    private let variance: Double
    private let fitted: [Double]

    /// The best of all forms by the corrected Akaike criterion; nil for a series too short for any (fewer than 4 values).
    ///
    /// - Parameter season: seasons longer than 24 are not modelled.
    public static func automatic(_ values: [Double], season: Int) -> ETS? {
        let isSeasonal = season > 1 && season <= 24 && values.count > season
        return best(values, ETSForm.candidates(isSeasonal: isSeasonal, isPositive: values.allSatisfy { $0 > 0 }), season: season)
    }

    /// The form with its most likely parameters; nil when the series is too short for it or a multiplicative part meets values that are not positive.
    public init?(_ values: [Double], form: ETSForm, season: Int) {
        let needsPositive = form.error == .multiplicative || form.season == .multiplicative
        guard !needsPositive || values.allSatisfy({ $0 > 0 }), let fit = Self.best(values, [form], season: season) else { return nil }
        self = fit
    }

    private struct Candidate {
        let form: ETSForm
        let search: NelderMead
        let parameterCount: Int
    }

    /// Searches of forms with the same error and season share their passes over the values.
    private static func best(_ values: [Double], _ forms: [ETSForm], season: Int) -> ETS? {
        guard values.count >= 4, values.contains(where: { $0 != values[0] }) else { return nil }
        var start = Start()
        let candidates = forms.compactMap { form -> Candidate? in
            guard let begin = start.point(values, form: form, season: season), begin.point.count < values.count - 1 else { return nil }
            let search = NelderMead(from: begin.point, lower: begin.lower, upper: begin.upper)
            return Candidate(form: form, search: search, parameterCount: begin.point.count)
        }
        return values.withUnsafeBufferPointer { buffer in
            let groups = Dictionary(grouping: candidates) { [$0.form.error, $0.form.season] }
            for group in groups.values {
                ETSLanes(forms: group.map(\.form), values: buffer, season: season).run(group.map(\.search))
            }
            var best: (candidate: Candidate, criterion: Double)?
            let n = Double(values.count)
            for candidate in candidates {
                let value = candidate.search.found.value, k = Double(candidate.parameterCount + 1)
                let criterion = value + (n - k - 1 == 0 ? .infinity : 2 * k + 2 * k * (k + 1) / (n - k - 1))
                if criterion.isFinite, criterion < best?.criterion ?? .infinity { best = (candidate, criterion) }
            }
            guard let (candidate, criterion) = best else { return nil }
            let course = ETSCourse(form: candidate.form, values: buffer, season: season)
            return candidate.search.found.point.withUnsafeBufferPointer { point in
                _ = course.evaluate(point.baseAddress!)
                return ETS(
                    course, course.smoothing(point.baseAddress!), criterion: criterion, parameters: Double(candidate.parameterCount + 2))
            }
        }
    }

    private init(_ course: ETSCourse, _ smoothing: ETSCourse.Smoothing, criterion: Double, parameters: Double) {
        (form, self.criterion) = (course.form, criterion)
        (alpha, beta, phi, gamma) = (smoothing.alpha, smoothing.beta, smoothing.phi, smoothing.gamma)
        (season, count, level, slope) = (course.season, course.count, course.level, course.slope)
        seasonal = form.season == .none ? [] : (0..<season).map { course.seasonal($0) }
        fitted = (0..<count).map { course.fitted($0) }
        variance = course.squares / max(Double(count) - parameters, 1)
    }

    /// Means and quantiles of the next steps.
    public func forecast(_ request: ForecastRequest) -> LocalForecast {
        let isLinear = form.error == .additive && form.season != .multiplicative
        let means = means(request.horizon)
        if isLinear {
            return LocalForecast(
                model: form.description, mean: means, deviations: deviations(request.horizon), request: request,
                fitted: fitted, criterion: criterion)
        }
        return LocalForecast(
            model: form.description, mean: means, quantiles: simulated(request), fitted: fitted, criterion: criterion)
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

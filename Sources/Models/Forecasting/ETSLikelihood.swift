import Foundation

/// -2 log likelihood (up to a constant) of an exponential smoothing model, with its gradient by the adjoint of the recursion.
///
/// One pass forwards stores level, trend, season and forecast of each step, one pass backwards gives the derivative for every parameter and
/// initial state: two to three times the work of the value alone, however many parameters there are. Smoothing parameters are logistic
/// images of free ones, which keeps them in the usual region: 0 < alpha < 1, 0 < beta < alpha, 0 < gamma < 1 - alpha, 0.8 < phi < 0.98.
///
/// Free parameters: alpha; beta; phi; gamma (as far as the form has them), level, slope, and season - 1 seasonal states, the last of which
/// makes the sum 0 or `season`.
final class ETSLikelihood: DifferentiableFunction {
    let form: ETSForm
    let season: Int
    let count: Int
    let parameterCount: Int
    private let values: UnsafePointer<Double>
    /// Per step: level + phi slope, slope before, season before, forecast.
    private let trace: UnsafeMutablePointer<Double>
    private let states: UnsafeMutablePointer<Double>
    private let adjoint: UnsafeMutablePointer<Double>

    static let (lowest, highest) = (1e-4, 0.9999)
    static let (leastDamping, mostDamping) = (0.8, 0.98)

    /// - Parameter values: stay valid as long as this object is used.
    init(form: ETSForm, values: UnsafeBufferPointer<Double>, season: Int) {
        (self.form, self.season, count, self.values) = (form, form.season == .none ? 1 : season, values.count, values.baseAddress!)
        parameterCount =
            form.smoothingCount + 1 + (form.trend == .none ? 0 : 1) + (form.season == .none ? 0 : season - 1)
        trace = .allocate(capacity: 4 * values.count)
        states = .allocate(capacity: max(season, 1))
        adjoint = .allocate(capacity: max(season, 1))
    }

    deinit {
        trace.deallocate()
        states.deallocate()
        adjoint.deallocate()
    }

    /// Smoothing parameters in their own region.
    struct Smoothing {
        var alpha = 0.0, beta = 0.0, phi = 1.0, gamma = 0.0
        /// Derivatives: of alpha by its free parameter, of beta and gamma by theirs and by alpha, of phi by its own.
        var dAlpha = 0.0, dBeta = 0.0, betaByAlpha = 0.0, dPhi = 0.0, dGamma = 0.0, gammaByAlpha = 0.0
    }

    @inline(__always)
    private func logistic(_ value: Double) -> Double { 1 / (1 + exp(-value)) }

    func smoothing(_ point: UnsafePointer<Double>) -> Smoothing {
        var result = Smoothing(), at = 1
        let (low, high) = (Self.lowest, Self.highest)
        let a = logistic(point[0])
        result.alpha = low + (high - low) * a
        result.dAlpha = (high - low) * a * (1 - a)
        if form.trend != .none {
            let b = logistic(point[at]), width = result.alpha - low
            result.beta = low + width * b
            (result.dBeta, result.betaByAlpha) = (width * b * (1 - b), b)
            at += 1
        }
        if form.isDamped {
            let p = logistic(point[at]), width = Self.mostDamping - Self.leastDamping
            result.phi = Self.leastDamping + width * p
            result.dPhi = width * p * (1 - p)
            at += 1
        }
        if form.season != .none {
            let g = logistic(point[at]), width = max(1 - result.alpha - low, 0)
            result.gamma = low + width * g
            (result.dGamma, result.gammaByAlpha) = (width * g * (1 - g), -g)
        }
        return result
    }

    func evaluate(_ point: UnsafePointer<Double>, gradient: UnsafeMutablePointer<Double>) -> Double {
        let smoothing = smoothing(point)
        guard let value = forward(point, smoothing) else { return .infinity }
        backward(point, smoothing, gradient)
        return value
    }

    /// Sum of squared (relative) errors of the last forward pass.
    private(set) var squares = 0.0
    private(set) var level = 0.0
    private(set) var slope = 0.0

    /// Seasonal state at a place of the season after the last forward pass.
    func seasonal(_ place: Int) -> Double { states[place] }
    /// One-step forecast of a value in the last forward pass.
    func fitted(_ index: Int) -> Double { trace[4 * index + 3] }

    /// Nil where a multiplicative part meets a value that is not positive.
    @discardableResult
    func forward(_ point: UnsafePointer<Double>, _ smoothing: Smoothing) -> Double? {
        var at = form.smoothingCount
        level = point[at]
        at += 1
        slope = 0
        if form.trend != .none {
            slope = point[at]
            at += 1
        }
        if form.season != .none {
            var sum = 0.0
            for place in 0..<season - 1 {
                states[place] = point[at + place]
                sum += states[place]
            }
            states[season - 1] = (form.season == .multiplicative ? Double(season) : 0) - sum
        }
        switch form.season {
        case .none:
            return run(smoothing) { (q, _) in
                q
            } target: { (y, _) in
                y
            } seasonal: { (_, _) in
                0
            }
        case .additive:
            return run(smoothing) { (q, s) in
                q + s
            } target: { (y, s) in
                y - s
            } seasonal: { (y, q) in
                y - q
            }
        case .multiplicative:
            return run(smoothing) { (q, s) in
                q * s
            } target: { (y, s) in
                y / s
            } seasonal: { (y, q) in
                y / q
            }
        }
    }

    @inline(__always)
    private func run(
        _ smoothing: Smoothing, _ forecast: (Double, Double) -> Double, target: (Double, Double) -> Double,
        seasonal: (Double, Double) -> Double
    ) -> Double? {
        let isRelative = form.error == .multiplicative, hasSeason = form.season != .none
        let needsPositive = isRelative || form.season == .multiplicative
        let (alpha, beta, phi, gamma) = (smoothing.alpha, smoothing.beta, smoothing.phi, smoothing.gamma)
        var (l, b, place, squares) = (level, slope, 0, 0.0)
        // The product of forecasts, with its exponent kept apart: one logarithm at the end instead of one a step.
        var product = 1.0, logs = 0.0
        for index in 0..<count {
            let y = values[index], old = hasSeason ? states[place] : 0
            let q = l + phi * b
            let f = forecast(q, old)
            if needsPositive, !(f > 1e-8 && q > 1e-8) || (form.season == .multiplicative && !(old > 1e-8)) { return nil }
            let slot = trace + 4 * index
            (slot[0], slot[1], slot[2], slot[3]) = (q, b, old, f)
            let error = isRelative ? (y - f) / f : y - f
            squares += error * error
            if isRelative {
                product *= f
                if product > 1e200 || product < 1e-200 {
                    logs += log(product)
                    product = 1
                }
            }
            let d = target(y, old) - q
            l = q + alpha * d
            b = phi * b + beta * d
            if hasSeason {
                states[place] = old + gamma * (seasonal(y, q) - old)
                place += 1
                if place == season { place = 0 }
            }
        }
        (level, slope, self.squares) = (l, b, max(squares, 1e-300))
        return Double(count) * log(self.squares) + (isRelative ? 2 * (logs + log(product)) : 0)
    }

    private func backward(_ point: UnsafePointer<Double>, _ smoothing: Smoothing, _ gradient: UnsafeMutablePointer<Double>) {
        let isRelative = form.error == .multiplicative, hasSeason = form.season != .none, isFactor = form.season == .multiplicative
        let (alpha, beta, phi, gamma) = (smoothing.alpha, smoothing.beta, smoothing.phi, smoothing.gamma)
        let weight = 2 * Double(count) / squares
        var lBar = 0.0, bBar = 0.0, alphaBar = 0.0, betaBar = 0.0, phiBar = 0.0, gammaBar = 0.0
        for place in 0..<(hasSeason ? season : 0) { adjoint[place] = 0 }
        var place = count % season
        for index in stride(from: count - 1, through: 0, by: -1) {
            if hasSeason { place = place == 0 ? season - 1 : place - 1 }
            let slot = trace + 4 * index
            let y = values[index], q = slot[0], b = slot[1], old = slot[2], f = slot[3]
            var fBar: Double
            if isRelative {
                let inverse = 1 / f, error = y * inverse - 1
                fBar = -weight * error * y * inverse * inverse + 2 * inverse
            } else {
                fBar = -weight * (y - f)
            }
            let d = (hasSeason ? (isFactor ? y / old : y - old) : y) - q
            alphaBar += lBar * d
            betaBar += bBar * d
            let dBar = alpha * lBar + beta * bBar
            var qBar = lBar - dBar
            phiBar += bBar * b
            bBar *= phi
            if hasSeason {
                let after = adjoint[place]
                let target = isFactor ? y / q : y - q
                gammaBar += after * (target - old)
                var oldBar = (1 - gamma) * after
                let tBar = gamma * after
                if isFactor {
                    qBar += fBar * old - tBar * target / q
                    oldBar += fBar * q - dBar * y / (old * old)
                } else {
                    qBar += fBar - tBar
                    oldBar += fBar - dBar
                }
                adjoint[place] = oldBar
            } else {
                qBar += fBar
            }
            lBar = qBar
            bBar += phi * qBar
            phiBar += qBar * b
            fBar = 0
        }
        var at = 1
        gradient[0] = (alphaBar + betaBar * smoothing.betaByAlpha + gammaBar * smoothing.gammaByAlpha) * smoothing.dAlpha
        if form.trend != .none {
            gradient[at] = betaBar * smoothing.dBeta
            at += 1
        }
        if form.isDamped {
            gradient[at] = phiBar * smoothing.dPhi
            at += 1
        }
        if hasSeason {
            gradient[at] = gammaBar * smoothing.dGamma
            at += 1
        }
        gradient[at] = lBar
        at += 1
        if form.trend != .none {
            gradient[at] = bBar
            at += 1
        }
        if hasSeason { for place in 0..<season - 1 { gradient[at + place] = adjoint[place] - adjoint[season - 1] } }
    }
}

import Foundation

/// The recursion of an exponential smoothing model over a series: -2 log likelihood (up to a constant) of parameters and first states.
///
/// Free parameters: alpha; beta, gamma, phi (as far as the form has them); level; slope; and season - 1 seasonal states, that of the second
/// place last. The state of the first place makes the sum 0 or `season`.
final class ETSCourse {
    let form: ETSForm
    let season: Int
    let count: Int
    private let values: UnsafePointer<Double>
    private let states: UnsafeMutablePointer<Double>
    private let forecasts: UnsafeMutablePointer<Double>
    private(set) var level = 0.0
    private(set) var slope = 0.0
    /// Sum of squared (relative) errors of the last run.
    private(set) var squares = 0.0

    /// - Parameter values: stay valid as long as this object is used.
    init(form: ETSForm, values: UnsafeBufferPointer<Double>, season: Int) {
        (self.form, self.season, count, self.values) = (form, form.season == .none ? 1 : season, values.count, values.baseAddress!)
        states = .allocate(capacity: max(season, 1) + values.count)
        forecasts = states + max(season, 1)
    }

    deinit { states.deallocate() }

    /// Parameters of smoothing, in the order in which the search has them.
    struct Smoothing: Hashable, Sendable { var alpha = 0.0, beta = 0.0, gamma = 0.0, phi = 1.0 }

    func smoothing(_ point: UnsafePointer<Double>) -> Smoothing {
        var result = Smoothing(alpha: point[0]), at = 1
        func next() -> Double {
            defer { at += 1 }
            return point[at]
        }
        if form.trend != .none { result.beta = next() }
        if form.season != .none { result.gamma = next() }
        if form.isDamped { result.phi = next() }
        return result
    }

    /// Seasonal state at a place of the season after the last run.
    func seasonal(_ place: Int) -> Double { states[place] }
    /// One-step forecast of a value in the last run.
    func fitted(_ index: Int) -> Double { forecasts[index] }

    /// Infinite where a multiplicative season begins below zero.
    func evaluate(_ point: UnsafePointer<Double>) -> Double {
        var at = form.smoothingCount
        level = point[at]
        at += 1
        slope = 0
        if form.trend != .none {
            slope = point[at]
            at += 1
        }
        if form.season != .none {
            var sum = 0.0, least = 0.0
            for index in 0..<season - 1 {
                states[season - 1 - index] = point[at + index]
                sum += point[at + index]
                least = min(least, point[at + index])
            }
            states[0] = (form.season == .multiplicative ? Double(season) : 0) - sum
            if form.season == .multiplicative, min(least, states[0]) < 0 { return .infinity }
        }
        let smoothing = smoothing(point)
        switch (form.error, form.season) {
        case (.multiplicative, .none): return run(smoothing, isRelative: true, .none)
        case (.multiplicative, .additive): return run(smoothing, isRelative: true, .additive)
        case (.multiplicative, .multiplicative): return run(smoothing, isRelative: true, .multiplicative)
        case (_, .none): return run(smoothing, isRelative: false, .none)
        case (_, .additive): return run(smoothing, isRelative: false, .additive)
        case (_, .multiplicative): return run(smoothing, isRelative: false, .multiplicative)
        }
    }

    @inline(__always)
    private func run(_ smoothing: Smoothing, isRelative: Bool, _ part: ETSForm.Part) -> Double {
        let (alpha, gamma, phi, ratio) = (smoothing.alpha, smoothing.gamma, smoothing.phi, smoothing.beta / smoothing.alpha)
        let hasTrend = form.trend != .none
        var (l, b, place, squares) = (level, slope, 0, 0.0)
        // The product of forecasts, with its exponent kept apart: one logarithm at the end instead of one a step.
        var product = 1.0, logs = 0.0
        for index in 0..<count {
            let y = values[index], old = part == .none ? 0 : states[place]
            let damped = hasTrend ? phi * b : 0, q = l + damped
            let f = part == .multiplicative ? q * old : part == .additive ? q + old : q
            forecasts[index] = f
            let error = isRelative ? (y - f) / (abs(f) < 1e-10 ? f + 1e-10 : f) : y - f
            squares += error * error
            if isRelative {
                product *= f == 0 ? 1e-8 : abs(f)
                if product > 1e200 || product < 1e-200 {
                    logs += log(product)
                    product = 1
                }
            }
            let target = part == .multiplicative ? (abs(old) < 1e-10 ? 1e10 : y / old) : part == .additive ? y - old : y
            let next = q + alpha * (target - q)
            if hasTrend { b = damped + ratio * (next - l - damped) }
            l = next
            if part != .none {
                let own = part == .multiplicative ? (abs(q) < 1e-10 ? 1e10 : y / q) : y - q
                states[place] = old + gamma * (own - old)
                place += 1
                if place == season { place = 0 }
            }
        }
        (level, slope, self.squares) = (l, b, squares)
        let value = Double(count) * log(squares > 0 ? squares : 1e-8) + (isRelative ? 2 * (logs + log(product)) : 0)
        return value.isNaN ? -.infinity : max(value, -1e10)
    }
}

import Foundation

/// The recursion of `ETSCourse` for up to four searches at once, of forms that differ in their trend only.
///
/// A step waits for the one before it; steps of other searches fill the wait. Values are those of `ETSCourse` to the last few bits.
final class ETSLanes {
    typealias Lanes = SIMD4<Double>
    /// At most four, of one kind of error and season.
    let forms: [ETSForm]
    private let season: Int
    private let values: UnsafeBufferPointer<Double>
    private let states: UnsafeMutablePointer<Lanes>
    private let unit: Double

    /// - Parameter values: stay valid as long as this object is used.
    init(forms: [ETSForm], values: UnsafeBufferPointer<Double>, season: Int) {
        (self.forms, self.values, self.season) = (forms, values, forms[0].season == .none ? 1 : season)
        states = .allocate(capacity: self.season)
        states.initialize(repeating: Lanes(repeating: 0), count: self.season)
        unit = max(SeriesMath.mean(values.map { abs($0) }), 1e-300)
    }

    deinit { states.deallocate() }

    private struct Parameters {
        var alpha = Lanes(repeating: 0.5), ratio = Lanes(repeating: 0), gamma = Lanes(repeating: 0), phi = Lanes(repeating: 0)
        var level = Lanes(repeating: 1), slope = Lanes(repeating: 0)
    }

    /// Runs every search to its end.
    func run(_ searches: [NelderMead]) {
        while searches.contains(where: { !$0.isDone }) {
            let result = evaluate(searches)
            for (lane, search) in searches.enumerated() where !search.isDone { search.take(result[lane]) }
        }
    }

    private func evaluate(_ searches: [NelderMead]) -> Lanes {
        var p = Parameters(), isInfinite = SIMD4<Int>(repeating: 0)
        for (lane, search) in searches.enumerated() {
            let point = UnsafePointer(search.point), form = forms[lane]
            var at = 1
            func next() -> Double {
                defer { at += 1 }
                return point[at]
            }
            p.alpha[lane] = point[0]
            if form.trend != .none {
                p.ratio[lane] = next() / point[0]
                p.phi[lane] = 1
            }
            if form.season != .none { p.gamma[lane] = next() }
            if form.isDamped { p.phi[lane] = next() }
            p.level[lane] = next()
            if form.trend != .none { p.slope[lane] = next() }
            guard form.season != .none else { continue }
            var sum = 0.0, least = 0.0
            for place in (1..<season).reversed() {
                let value = next()
                states[place][lane] = value
                sum += value
                least = min(least, value)
            }
            let first = (form.season == .multiplicative ? Double(season) : 0) - sum
            states[0][lane] = first
            if form.season == .multiplicative, min(least, first) < 0 { isInfinite[lane] = 1 }
        }
        var result: Lanes
        switch (forms[0].error, forms[0].season) {
        case (.multiplicative, .none): result = run(p, isRelative: true, .none)
        case (.multiplicative, .additive): result = run(p, isRelative: true, .additive)
        case (.multiplicative, .multiplicative): result = run(p, isRelative: true, .multiplicative)
        case (_, .none): result = run(p, isRelative: false, .none)
        case (_, .additive): result = run(p, isRelative: false, .additive)
        case (_, .multiplicative): result = run(p, isRelative: false, .multiplicative)
        }
        for lane in 0..<4 where isInfinite[lane] == 1 { result[lane] = .infinity }
        return result
    }

    /// A magnitude, with what is near zero taken for another number.
    @inline(__always)
    private func guarded(_ value: Lanes, _ replacement: Lanes) -> Lanes {
        value.replacing(with: replacement, where: (value .< 1e-10) .& (value .> -1e-10))
    }

    @inline(__always)
    private func run(_ p: Parameters, isRelative: Bool, _ part: ETSForm.Part) -> Lanes {
        var (l, b, place, squares) = (p.level, p.slope, 0, Lanes(repeating: 0))
        var product = Lanes(repeating: 1), logs = Lanes(repeating: 0), since = 0
        let inverse = 1 / unit
        for value in values {
            let y = Lanes(repeating: value), old = part == .none ? Lanes(repeating: 0) : states[place]
            let damped = p.phi * b, q = l + damped
            let f = part == .multiplicative ? q * old : part == .additive ? q + old : q
            var error = y - f
            if isRelative {
                error /= guarded(f, f + 1e-10)
                product *= f * inverse
                since += 1
                if since == 16 {
                    fold(&product, &logs)
                    since = 0
                }
            }
            squares += error * error
            let target = part == .multiplicative ? y / guarded(old, y * 1e-10) : part == .additive ? y - old : y
            let next = q + p.alpha * (target - q)
            b = damped + p.ratio * (next - l - damped)
            l = next
            if part != .none {
                let own = part == .multiplicative ? y / guarded(q, y * 1e-10) : y - q
                states[place] = old + p.gamma * (own - old)
                place += 1
                if place == season { place = 0 }
            }
        }
        if isRelative { fold(&product, &logs) }
        var result = Lanes(repeating: 0)
        let n = Double(values.count)
        for lane in 0..<forms.count {
            let value = n * log(squares[lane] > 0 ? squares[lane] : 1e-8) + (isRelative ? 2 * (logs[lane] + n * log(unit)) : 0)
            result[lane] = value.isNaN ? -.infinity : max(value, -1e10)
        }
        return result
    }

    /// Takes the logarithm out of a product before it leaves the range of numbers.
    @inline(__always)
    private func fold(_ product: inout Lanes, _ logs: inout Lanes) {
        for lane in 0..<forms.count { logs[lane] += log(abs(product[lane])) }
        product = Lanes(repeating: 1)
    }
}

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
    /// The states that a pass began with.
    private let kept: UnsafeMutablePointer<Lanes>
    private let unit: Double, logUnit: Double

    /// - Parameter values: stay valid as long as this object is used.
    init(forms: [ETSForm], values: UnsafeBufferPointer<Double>, season: Int) {
        (self.forms, self.values, self.season) = (forms, values, forms[0].season == .none ? 1 : season)
        states = .allocate(capacity: 2 * self.season)
        states.initialize(repeating: Lanes(repeating: 1), count: 2 * self.season)
        kept = states + self.season
        unit = max(SeriesMath.mean(values.map { abs($0) }), 1e-300)
        logUnit = log(unit)
    }

    deinit { states.deallocate() }

    private struct Parameters {
        var alpha = Lanes(repeating: 0.5), ratio = Lanes(repeating: 0), gamma = Lanes(repeating: 0), phi = Lanes(repeating: 0)
        var level = Lanes(repeating: 1), slope = Lanes(repeating: 0)
    }
    private var p = Parameters()
    /// Whose multiplicative season begins below zero.
    private var isInfinite = [false, false, false, false]
    /// Whose search goes on.
    private var isOpen = [false, false, false, false]

    /// Runs every search to its end.
    func run(_ searches: [NelderMead]) {
        let open = searches.map { Unmanaged.passUnretained($0) }
        for lane in open.indices { isOpen[lane] = true }
        withExtendedLifetime(searches) {
            while isOpen.contains(true) {
                for lane in open.indices where isOpen[lane] { load(UnsafePointer(open[lane]._withUnsafeGuaranteedRef { $0.point }), lane) }
                let squares = squares()
                for lane in open.indices where isOpen[lane] {
                    let value = isInfinite[lane] ? .infinity : value(squares, lane)
                    isOpen[lane] = open[lane]._withUnsafeGuaranteedRef {
                        $0.take(value)
                        return !$0.isDone
                    }
                }
            }
        }
    }

    private func load(_ point: UnsafePointer<Double>, _ lane: Int) {
        let form = forms[lane], states = UnsafeMutableRawPointer(states).assumingMemoryBound(to: Double.self) + lane
        var at = 1
        p.alpha[lane] = point[0]
        if form.trend != .none {
            p.ratio[lane] = point[at] / point[0]
            p.phi[lane] = 1
            at += 1
        }
        if form.season != .none {
            p.gamma[lane] = point[at]
            at += 1
        }
        if form.isDamped {
            p.phi[lane] = point[at]
            at += 1
        }
        p.level[lane] = point[at]
        at += 1
        if form.trend != .none {
            p.slope[lane] = point[at]
            at += 1
        }
        guard form.season != .none else { return }
        var sum = 0.0, least = 0.0, place = season - 1
        while place > 0 {
            let value = point[at]
            states[4 * place] = value
            sum += value
            least = min(least, value)
            (at, place) = (at + 1, place - 1)
        }
        let first = (form.season == .multiplicative ? Double(season) : 0) - sum
        states[0] = first
        isInfinite[lane] = form.season == .multiplicative && min(least, first) < 0
    }

    /// Sums of squared errors, and of relative errors the logarithms of the forecasts in units of `unit`.
    private struct Sums {
        var squares = Lanes(repeating: 0), product = Lanes(repeating: 1), exponents = SIMD4<Int64>(repeating: 0)
        /// Logarithms taken already.
        var logs = Lanes(repeating: 0)

        /// Takes the powers of two out of the product, before it leaves the range of numbers; false where it has left.
        @inline(__always)
        mutating func fold() -> SIMDMask<SIMD4<Int64>> {
            let bits = unsafeBitCast(product, to: SIMD4<Int64>.self), exponent = bits &>> 52
            exponents &+= exponent &- 1023
            product = unsafeBitCast((bits & 0xf_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000, to: Lanes.self)
            return (exponent .> 0) .& (exponent .< 2047)
        }
    }

    private func value(_ sums: Sums, _ lane: Int) -> Double {
        let n = Double(values.count), squares = sums.squares[lane]
        var value = n * log(squares > 0 ? squares : 1e-8)
        if forms[0].error == .multiplicative {
            value += 2 * (sums.logs[lane] + log(abs(sums.product[lane])) + Double(sums.exponents[lane]) * 0.6931471805599453 + n * logUnit)
        }
        return value.isNaN ? -.infinity : max(value, -1e10)
    }

    private func squares() -> Sums {
        switch (forms[0].error, forms[0].season) {
        case (.multiplicative, .none): return relative(.none)
        case (.multiplicative, .additive): return relative(.additive)
        case (.multiplicative, .multiplicative): return relative(.multiplicative)
        case (_, .none): return run(.none)
        case (_, .additive): return run(.additive)
        case (_, .multiplicative): return guarded(isRelative: false, .multiplicative)
        }
    }

    /// Additive errors.
    @inline(__always)
    private func run(_ part: ETSForm.Part) -> Sums {
        let (alpha, slide, phi, gamma) = (p.alpha, p.phi * p.ratio, p.phi, p.gamma)
        var sums = Sums(), l = p.level, damped = phi * p.slope, place = 0
        for value in values {
            let y = Lanes(repeating: value), q = l + damped
            let old = part == .none ? Lanes(repeating: 0) : states[place], target = part == .none ? y : y - old
            let miss = target - q, step = alpha * miss
            sums.squares += miss * miss
            l = q + step
            damped = phi * damped + slide * step
            if part != .none {
                states[place] = old + gamma * miss
                place = place &+ 1 == season ? 0 : place &+ 1
            }
        }
        return sums
    }

    /// Relative errors while all that is divided by is well above zero, which it nearly always is; else the guarded way.
    @inline(__always)
    private func relative(_ part: ETSForm.Part) -> Sums {
        if part != .none { kept.update(from: states, count: season) }
        let (alpha, slide, phi, gamma, inverse) = (p.alpha, p.phi * p.ratio, p.phi, p.gamma, Lanes(repeating: 1 / unit))
        var sums = Sums(), l = p.level, damped = phi * p.slope, place = 0, since = 0
        var least = Lanes(repeating: 1), isSane = SIMDMask<SIMD4<Int64>>(repeating: true)
        for value in values {
            let y = Lanes(repeating: value), q = l + damped
            let old = part == .none ? Lanes(repeating: 0) : states[place]
            let f = part == .multiplicative ? q * old : part == .additive ? q + old : q
            least.replace(with: f, where: f .< least)
            if part == .multiplicative { least.replace(with: old, where: old .< least) }
            let reciprocal = 1 / f, error = (y - f) * reciprocal
            sums.squares += error * error
            sums.product *= f * inverse
            since &+= 1
            if since == 16 {
                isSane .&= sums.fold()
                since = 0
            }
            let target = part == .multiplicative ? y / old : part == .additive ? y - old : y
            let step = alpha * (target - q)
            l = q + step
            damped = phi * damped + slide * step
            if part != .none {
                let own = part == .multiplicative ? (y * old) * reciprocal : y - q
                states[place] = old + gamma * (own - old)
                place = place &+ 1 == season ? 0 : place &+ 1
            }
        }
        isSane .&= sums.fold()
        isSane .&= least .> Self.small
        for lane in forms.indices where isOpen[lane] && !isSane[lane] && !isInfinite[lane] {
            if part != .none { states.update(from: kept, count: season) }
            return guarded(isRelative: true, part)
        }
        return sums
    }

    /// Below it a divisor may be taken for another number.
    private static let small = 1e-5

    /// A magnitude, with what is near zero taken for another number.
    @inline(__always)
    private func guarded(_ value: Lanes, _ replacement: Lanes) -> Lanes {
        value.replacing(with: replacement, where: (value .< 1e-10) .& (value .> -1e-10))
    }

    /// Any errors, as the reference has them where it divides by nearly nothing.
    @inline(__always)
    private func guarded(isRelative: Bool, _ part: ETSForm.Part) -> Sums {
        var (l, b, place, sums) = (p.level, p.slope, 0, Sums())
        let inverse = 1 / unit
        for value in values {
            let y = Lanes(repeating: value), old = part == .none ? Lanes(repeating: 0) : states[place]
            let damped = p.phi * b, q = l + damped
            let f = part == .multiplicative ? q * old : part == .additive ? q + old : q
            var error = y - f
            if isRelative {
                error /= guarded(f, f + 1e-10)
                for lane in forms.indices { sums.logs[lane] += log(abs(f[lane] * inverse)) }
            }
            sums.squares += error * error
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
        return sums
    }
}

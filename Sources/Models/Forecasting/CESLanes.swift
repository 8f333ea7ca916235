import Foundation

/// The searches of several forms of CES over one series at once: a step waits for the one before it, and those of other forms fill the wait.
///
/// Sums of squares are those of `CES.Recursion` to the last few bits.
struct CESLanes {
    private let values: UnsafeBufferPointer<Double>
    private let lag: Int
    /// By form: none, simple, partial, full; nil where the form is not looked at.
    private let recursions: [CES.Recursion?]
    private static let forms: [CES.Form] = [.none, .simple, .partial, .full]

    /// - Parameter values: stay valid as long as this value is used.
    init(_ recursions: [CES.Recursion], values: UnsafeBufferPointer<Double>, lag: Int) {
        (self.values, self.lag) = (values, lag)
        self.recursions = Self.forms.map { form in recursions.first { $0.form == form } }
    }

    /// Runs every search to its end; one a form, as above.
    func run(_ searches: [NelderMead?]) {
        let n = Double(values.count)
        func isOpen(_ lane: Int) -> Bool { searches[lane].map { !$0.isDone } ?? false }
        while true {
            let open = (0..<4).map(isOpen)
            let sums: SIMD4<Double>
            switch (open[0] || open[1], open[2], open[3]) {
            case (false, false, false): return
            case (true, true, true) where recursions[0] != nil && recursions[1] != nil: sums = passes(true, true, true, true, searches)
            case (_, true, true): sums = passes(false, false, true, true, searches)
            case (_, true, false): sums = passes(false, false, true, false, searches)
            case (_, false, true): sums = passes(false, false, false, true, searches)
            default: sums = open[0] ? passes(true, false, false, false, searches) : passes(false, true, false, false, searches)
            }
            for lane in 0..<4 where open[lane] && sums[lane] != -1 { searches[lane]?.take(n * log(sums[lane])) }
        }
    }

    private typealias Pair = (first: Double, second: Double)

    /// What a pair of states is moved by.
    private struct Weights {
        var a = 0.0, b = 0.0, c = 0.0, d = 0.0

        init(_ a0: Double, _ a1: Double) { (a, b, c, d) = (1 - a1, 1 - a0, a0 - a1, a0 + a1) }

        @inline(__always)
        func moved(_ pair: Pair, _ error: Double) -> Pair {
            ((pair.first - a * pair.second) + c * error, (pair.first + b * pair.second) + d * error)
        }

        @inline(__always)
        func move(_ pair: UnsafeMutablePointer<Double>, _ error: Double) {
            (pair[0], pair[1]) = moved((pair[0], pair[1]), error)
        }
    }

    /// Sums of squares of the forms that are asked for; below zero of the others.
    @inline(__always)
    private func passes(
        _ none: Bool, _ simple: Bool, _ partial: Bool, _ full: Bool, _ searches: [NelderMead?]
    ) -> SIMD4<Double> {
        func begin(_ lane: Int) -> (base: Pair, slots: UnsafeMutablePointer<Double>, weights: Weights, point: UnsafePointer<Double>) {
            guard let recursion = recursions[lane], let search = searches[lane] else { preconditionFailure("no such form") }
            recursion.states.update(from: recursion.initial, count: recursion.stateCount)
            let point = UnsafePointer(search.point)
            return ((recursion.states[0], recursion.states[1]), recursion.states + 2, Weights(point[0], point[1]), point)
        }
        var errors = SIMD4<Double>(none ? 0 : -1, simple ? 0 : -1, partial ? 0 : -1, full ? 0 : -1)
        var n: Pair = (0, 0), p: Pair = (0, 0), f: Pair = (0, 0)
        var (nw, sw, pw, fw, gw) = (Weights(0, 0), Weights(0, 0), Weights(0, 0), Weights(0, 0), Weights(0, 0)), share = 0.0
        var pairs = values.baseAddress.map { UnsafeMutablePointer(mutating: $0) }!, ps = pairs, fs = pairs
        if none { (n, _, nw, _) = begin(0) }
        if simple { (_, pairs, sw, _) = begin(1) }
        if simple { pairs -= 2 }
        if partial {
            let point: UnsafePointer<Double>
            (p, ps, pw, point) = begin(2)
            share = point[2]
        }
        if full {
            let point: UnsafePointer<Double>
            (f, fs, fw, point) = begin(3)
            gw = Weights(point[2], point[3])
        }
        var (sn, ss, sp, sf) = (0.0, 0.0, 0.0, 0.0)
        @inline(__always)
        func take(_ value: Double, _ place: Int) {
            if none {
                let error = value - n.first
                n = nw.moved(n, error)
                sn += error * error
            }
            if simple {
                let error = value - pairs[2 * place]
                sw.move(pairs + 2 * place, error)
                ss += error * error
            }
            if partial {
                let error = (value - ps[place]) - p.first
                p = pw.moved(p, error)
                ps[place] += share * error
                sp += error * error
            }
            if full {
                let error = (value - fs[2 * place]) - f.first
                f = fw.moved(f, error)
                gw.move(fs + 2 * place, error)
                sf += error * error
            }
        }
        @inline(__always)
        func rest() {
            if none { n = nw.moved(n, 0) }
            if partial { p = pw.moved(p, 0) }
            if full { f = fw.moved(f, 0) }
            for place in 0..<lag {
                if simple { sw.move(pairs + 2 * place, 0) }
                if full { gw.move(fs + 2 * place, 0) }
            }
            (sn, ss, sp, sf) = (0, 0, 0, 0)
        }
        var place = 0
        for value in values {
            take(value, place)
            place = place + 1 == lag ? 0 : place + 1
        }
        rest()
        for index in stride(from: values.count - 1, through: 0, by: -1) {
            place = place == 0 ? lag - 1 : place - 1
            take(values[index], place)
        }
        rest()
        for value in values {
            take(value, place)
            place = place + 1 == lag ? 0 : place + 1
        }
        if none { errors[0] = sn }
        if simple { errors[1] = ss }
        if partial { errors[2] = sp }
        if full { errors[3] = sf }
        return errors
    }
}

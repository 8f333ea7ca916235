import Foundation

/// The searches of several forms of CES over one series at once: a step waits for the one before it, and those of other forms fill the wait.
///
/// Two vectors of two: forms none and simple, forms partial and full. Sums of squares are those of `CES.Recursion` to the last bit.
struct CESLanes {
    private typealias Two = SIMD2<Double>

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
        let state = State(lag: lag, recursions)
        let open = searches.map { $0.map { Unmanaged.passUnretained($0) } }, n = Double(values.count)
        var isOpen = searches.map { $0 != nil }, sums = [0.0, 0, 0, 0]
        withExtendedLifetime((searches, state)) {
            while isOpen.contains(true) {
                for lane in 0..<4 where isOpen[lane] { state.load(UnsafePointer(open[lane]!._withUnsafeGuaranteedRef { $0.point }), lane) }
                let isFirst = isOpen[0] || isOpen[1], isSecond = isOpen[2] || isOpen[3]
                let (first, second) =
                    isFirst ? isSecond ? squares(state, true, true) : squares(state, true, false) : squares(state, false, true)
                (sums[0], sums[1], sums[2], sums[3]) = (first[0], first[1], second[0], second[1])
                for lane in 0..<4 where isOpen[lane] {
                    isOpen[lane] = open[lane]!._withUnsafeGuaranteedRef {
                        $0.take(n * log(sums[lane]))
                        return !$0.isDone
                    }
                }
            }
        }
    }

    /// What pairs of states are moved by, a lane each.
    private struct Weights {
        var a = Two(0, 0), b = Two(0, 0), c = Two(0, 0), d = Two(0, 0)

        mutating func set(_ lane: Int, _ a0: Double, _ a1: Double) {
            (a[lane], b[lane], c[lane], d[lane]) = (1 - a1, 1 - a0, a0 - a1, a0 + a1)
        }
    }

    private struct Pair {
        var first = Two(0, 0), second = Two(0, 0)

        @inline(__always)
        mutating func move(_ w: Weights, _ error: Two) {
            (first, second) = ((first - w.a * second) + w.c * error, (first + w.b * second) + w.d * error)
        }

        @inline(__always)
        mutating func rest(_ w: Weights) { (first, second) = (first - w.a * second, first + w.b * second) }
    }

    /// Parameters and states of all lanes.
    private final class State {
        /// Of none and simple; of partial and full; of the seasonal states of partial and full.
        var own = Weights(), level = Weights(), seasonal = Weights()
        /// Of none; of partial and full.
        let none: Pair, levels: Pair
        /// First states of simple, a pair a place, and of partial and full: the season of partial and the first of full, nothing and the
        /// second of full.
        let pairs: UnsafeMutablePointer<Double>, slots: UnsafeMutablePointer<Pair>
        /// Where they are run.
        let work: UnsafeMutablePointer<Double>, workSlots: UnsafeMutablePointer<Pair>
        private let lag: Int

        init(lag: Int, _ recursions: [CES.Recursion?]) {
            self.lag = lag
            (pairs, slots) = (.allocate(capacity: 4 * lag), .allocate(capacity: 2 * lag))
            pairs.initialize(repeating: 0, count: 4 * lag)
            slots.initialize(repeating: Pair(), count: 2 * lag)
            (work, workSlots) = (pairs + 2 * lag, slots + lag)
            var none = Pair(), levels = Pair()
            if let states = recursions[0]?.initial { (none.first[0], none.second[0]) = (states[0], states[1]) }
            if let states = recursions[1]?.initial { pairs.update(from: states, count: 2 * lag) }
            if let states = recursions[2]?.initial {
                (levels.first[0], levels.second[0]) = (states[0], states[1])
                for place in 0..<lag { slots[place].first[0] = states[2 + place] }
            }
            if let states = recursions[3]?.initial {
                (levels.first[1], levels.second[1]) = (states[0], states[1])
                for place in 0..<lag { (slots[place].first[1], slots[place].second[1]) = (states[2 + 2 * place], states[3 + 2 * place]) }
            }
            (self.none, self.levels) = (none, levels)
        }

        deinit {
            pairs.deallocate()
            slots.deallocate()
        }

        func load(_ point: UnsafePointer<Double>, _ lane: Int) {
            if lane < 2 { own.set(lane, point[0], point[1]) } else { level.set(lane - 2, point[0], point[1]) }
            if lane == 2 { seasonal.c[0] = point[2] }
            if lane == 3 { seasonal.set(1, point[2], point[3]) }
        }
    }

    /// Forwards, backwards, forwards; sums of squares of the last pass.
    @inline(__always)
    private func squares(_ state: State, _ isFirst: Bool, _ isSecond: Bool) -> (Two, Two) {
        let (own, level, seasonal, pairs, slots) = (state.own, state.level, state.seasonal, state.work, state.workSlots)
        if isFirst { pairs.update(from: state.pairs, count: 2 * lag) }
        if isSecond { slots.update(from: state.slots, count: lag) }
        var (x, y, sx, sy, place) = (state.none, state.levels, Two(0, 0), Two(0, 0), 0)
        @inline(__always)
        func take(_ value: Double, _ place: Int) -> (Two, Two) {
            var (ex, ey) = (Two(0, 0), Two(0, 0))
            if isFirst {
                (x.first[1], x.second[1]) = (pairs[2 &* place], pairs[2 &* place &+ 1])
                ex = Two(repeating: value) - x.first
                x.move(own, ex)
                (pairs[2 &* place], pairs[2 &* place &+ 1]) = (x.first[1], x.second[1])
            }
            if isSecond {
                var slot = slots[place]
                ey = (Two(repeating: value) - slot.first) - y.first
                y.move(level, ey)
                slot.move(seasonal, ey)
                slots[place] = slot
            }
            return (ex, ey)
        }
        @inline(__always)
        func rest() {
            if isFirst { x.rest(own) }
            if isSecond { y.rest(level) }
            for place in 0..<lag {
                if isFirst {
                    (x.first[1], x.second[1]) = (pairs[2 &* place], pairs[2 &* place &+ 1])
                    var pair = x
                    pair.rest(own)
                    (pairs[2 &* place], pairs[2 &* place &+ 1]) = (pair.first[1], pair.second[1])
                }
                if isSecond { slots[place].rest(seasonal) }
            }
        }
        for value in values {
            _ = take(value, place)
            place = place &+ 1 == lag ? 0 : place &+ 1
        }
        rest()
        var index = values.count
        while index > 0 {
            index &-= 1
            place = place == 0 ? lag &- 1 : place &- 1
            _ = take(values[index], place)
        }
        rest()
        for value in values {
            let (ex, ey) = take(value, place)
            sx += ex * ex
            sy += ey * ey
            place = place &+ 1 == lag ? 0 : place &+ 1
        }
        return (sx, sy)
    }
}

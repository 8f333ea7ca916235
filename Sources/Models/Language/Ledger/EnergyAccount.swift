import Synchronization

/// What this machine's processors have used since some moment, where something measures it.
public protocol EnergyMeter: Sendable {
    /// In millionths of a joule, never falling; nil = nothing can be read.
    func microjoules() -> UInt64?
}

/// Shares what a machine uses among the calls under way on it: each moment's energy is dealt out evenly to the calls of that moment, so that no
/// energy is counted twice however many calls run at once.
public final class EnergyAccount: Sendable {
    private struct State {
        var last: UInt64?
        /// Microjoules of each call under way.
        var open: [Int: Double] = [:]
        var next = 0
    }
    private let meter: any EnergyMeter
    private let state = Mutex(State())

    public init(_ meter: any EnergyMeter) { self.meter = meter }

    /// - Returns: the call's number; nil where nothing is measured.
    func begin() -> Int? {
        state.withLock { state in
            guard share(&state) else { return nil }
            state.next += 1
            state.open[state.next] = 0
            return state.next
        }
    }

    /// - Returns: micro-watt-hours that fell to the call, rounded up; nil where nothing was measured to its end.
    func end(_ call: Int?) -> Int64? {
        guard let call else { return nil }
        return state.withLock { state in
            let isWhole = share(&state)
            guard let used = state.open.removeValue(forKey: call), isWhole else { return nil }
            return Int64((used / 3_600).rounded(.up))
        }
    }

    private func share(_ state: inout State) -> Bool {
        guard let now = meter.microjoules() else { return false }
        if let last = state.last, now > last, !state.open.isEmpty {
            let part = Double(now - last) / Double(state.open.count)
            for call in state.open.keys { state.open[call, default: 0] += part }
        }
        state.last = now
        return true
    }
}

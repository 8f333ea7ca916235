import Foundation
public import Models
public import Records
import Synchronization

/// The counters of Linux's powercap (RAPL of Intel and AMD processors): one a package, added up, its wrapping undone.
///
/// A counter holds what the whole processor used, whoever it worked for, and neither memory on most machines nor fans and supply.
public final class PowercapMeter: EnergyMeter {
    public static let usual = "/sys/class/powercap"
    /// Another folder in its place: for machines that mount it elsewhere, and for tests.
    static let variable = "PIPELINE_POWERCAP"

    private struct Counter {
        var path: String
        /// A counter begins again beyond this.
        var range: UInt64
        var last: UInt64
    }
    private struct State {
        var counters: [Counter]
        var sum: UInt64 = 0
    }
    private let state: Mutex<State>

    /// Nil where there is no counter that this account may read.
    public init?(root: String = usual) {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).sorted()
        let counters = names.filter { Self.isPackage($0) }.compactMap { name -> Counter? in
            let path = "\(root)/\(name)/energy_uj"
            guard let now = Self.number(path) else { return nil }
            return Counter(path: path, range: Self.number("\(root)/\(name)/max_energy_range_uj") ?? .max, last: now)
        }
        guard !counters.isEmpty else { return nil }
        state = Mutex(State(counters: counters))
    }

    /// Of the folder that the environment names, else the usual one.
    public convenience init?(environment: Records.Environment) {
        self.init(root: environment.variables[Self.variable].flatMap { $0.isEmpty ? nil : $0 } ?? Self.usual)
    }

    public func microjoules() -> UInt64? {
        state.withLock { state in
            for index in state.counters.indices {
                guard let now = Self.number(state.counters[index].path) else { return nil }
                let last = state.counters[index].last
                // Begun again: what was left to the end, and what it has since.
                state.sum &+= now >= last ? now - last : state.counters[index].range - min(last, state.counters[index].range) &+ now
                state.counters[index].last = now
            }
            return state.sum
        }
    }

    /// `intel-rapl:0`; `intel-rapl:0:0` is a part of it.
    private static func isPackage(_ name: String) -> Bool {
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 2 && parts[0].hasSuffix("rapl") && Int(parts[1]) != nil
    }

    private static func number(_ path: String) -> UInt64? {
        FileManager.default.contents(atPath: path).flatMap {
            UInt64(String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
        }
    }
}

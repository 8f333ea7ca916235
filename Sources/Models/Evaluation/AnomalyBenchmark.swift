#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The scoring of the Numenta Anomaly Benchmark (A. Lavin, S. Ahmad, "Evaluating Real-Time Anomaly Detection Algorithms", ICMLA 2015).
///
/// A detection inside a labelled window counts by how early it is, the best of a window alone; one outside costs, less right after a
/// window; a window without detection costs. 0 is a detector that finds nothing, 100 one that finds every window at its start.
public struct AnomalyBenchmark: Sendable {
    /// What a false alarm and a missed window cost.
    public struct Profile: Hashable, Sendable {
        public var name: String
        public var falseAlarm: Double
        public var missed: Double

        public static let standard = Profile(name: "standard", falseAlarm: 0.11, missed: 1)
        public static let lowFalseAlarms = Profile(name: "reward-low-fp", falseAlarm: 0.22, missed: 1)
        public static let lowMisses = Profile(name: "reward-low-fn", falseAlarm: 0.11, missed: 2)
    }

    /// One series: how many readings, and its windows as places of the first and last reading, rising.
    public struct Series: Sendable {
        public var count: Int
        public var windows: [ClosedRange<Int>]

        public init(count: Int, windows: [ClosedRange<Int>]) { (self.count, self.windows) = (count, windows) }

        /// Readings at the start that are not scored: 15 %, at most 750.
        public var probation: Int { Int(0.15 * Double(min(count, 5_000))) }
    }

    public let profile: Profile

    public init(_ profile: Profile = .standard) { self.profile = profile }

    /// 2 / (1 + e^5y) - 1: 0.9866 one window's length before the end, 0 at the end, -1 far after it.
    static func sigmoid(_ position: Double) -> Double { position > 3 ? -1 : 2 / (1 + exp(5 * position)) - 1 }

    /// Sum of the scores of detections at the given places (rising), and of windows without one.
    public func raw(_ series: Series, detections: [Int]) -> Double {
        var best = [Double?](repeating: nil, count: series.windows.count)
        var sum = 0.0
        for place in detections where place >= series.probation {
            if let index = series.windows.firstIndex(where: { $0.contains(place) }) {
                let window = series.windows[index]
                let position = -Double(window.upperBound - place + 1) / Double(window.count)
                best[index] = max(best[index] ?? -.infinity, Self.sigmoid(position) / Self.sigmoid(-1))
            } else if let before = series.windows.last(where: { $0.upperBound < place }) {
                sum += profile.falseAlarm * Self.sigmoid(Double(place - before.upperBound) / Double(max(before.count - 1, 1)))
            } else {
                sum -= profile.falseAlarm
            }
        }
        for score in best { sum += score ?? -profile.missed }
        return sum
    }

    /// 0...100 (below 0 for a detector worse than none) over several series.
    public func normalised(_ series: [Series], detections: [[Int]]) -> Double {
        precondition(series.count == detections.count, "detections a series")
        let windows = series.reduce(0) { $0 + $1.windows.count }
        guard windows > 0 else { return 0 }
        let none = -profile.missed * Double(windows)
        let sum = zip(series, detections).reduce(0) { $0 + raw($1.0, detections: $1.1) }
        return 100 * (sum - none) / (Double(windows) - none)
    }
}

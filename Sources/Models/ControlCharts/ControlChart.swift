/// Tests of a control chart: what a point, in standard deviations from the center, says with those before it.
///
/// Constant memory: the newest seven points, an average, two sums. A test that signals starts anew, as a process that is looked at does, so
/// that one disturbance does not signal at every point; the run lengths of ``RunLengths`` are those of these tests.
public struct ControlChart: Hashable, Sendable {
    public enum Test: String, CaseIterable, Sendable {
        /// One point beyond three standard deviations.
        case shewhart
        /// Western Electric, "Statistical Quality Control Handbook", 1956: a point beyond 3, two of three beyond 2 on one side, four of
        /// five beyond 1 on one side, eight in a row on one side.
        case westernElectric = "western-electric"
        /// S. W. Roberts, Technometrics 1, 1959: the exponentially weighted average beyond its limits of the steady state.
        case ewma
        /// E. S. Page, Biometrika 41, 1954: sums of what goes beyond `slack`, upwards and downwards.
        case cusum
    }

    /// Why a point signals.
    public struct Signals: OptionSet, Hashable, Sendable {
        public let rawValue: Int
        public init(rawValue: Int) { self.rawValue = rawValue }

        public static let beyondThree = Signals(rawValue: 1)
        public static let twoOfThree = Signals(rawValue: 2)
        public static let fourOfFive = Signals(rawValue: 4)
        public static let eightInARow = Signals(rawValue: 8)
        public static let average = Signals(rawValue: 16)
        public static let sumAbove = Signals(rawValue: 32)
        public static let sumBelow = Signals(rawValue: 64)
        /// The range or standard deviation of the subgroup is beyond its limits.
        public static let spread = Signals(rawValue: 128)

        /// Each with its words.
        public static let meanings: [(signal: Signals, meaning: String)] = [
            (.beyondThree, "a point beyond three standard deviations"),
            (.twoOfThree, "two of three points beyond two standard deviations on one side"),
            (.fourOfFive, "four of five points beyond one standard deviation on one side"),
            (.eightInARow, "eight points in a row on one side"),
            (.average, "the weighted average (EWMA) beyond its limits"),
            (.sumAbove, "the sum of upward deviations (CUSUM) beyond its limit"),
            (.sumBelow, "the sum of downward deviations (CUSUM) beyond its limit"),
            (.spread, "the spread within the subgroup beyond its limits"),
        ]
    }

    public struct Settings: Hashable, Sendable {
        public var tests: Set<Test>
        /// Weight of the newest point in the average, in 0 < weight <= 1.
        public var weight: Double
        /// Limit of the average, in its own standard deviations.
        public var averageLimit: Double
        /// What a deviation must exceed to be added up, in standard deviations: half the shift that is to be found.
        public var slack: Double
        /// Sum that signals, in standard deviations.
        public var sumLimit: Double

        public init(
            tests: Set<Test> = [.shewhart], weight: Double = 0.1, averageLimit: Double = 2.814, slack: Double = 0.5, sumLimit: Double = 5
        ) {
            (self.tests, self.weight, self.averageLimit) = (tests, weight, averageLimit)
            (self.slack, self.sumLimit) = (slack, sumLimit)
        }

        /// Of the average's steady state, in standard deviations of a point.
        var averageBound: Double { averageLimit * (weight / (2 - weight)).squareRoot() }
    }

    /// What the chart remembers; ``Settings`` are not part of it.
    public struct Memory: Hashable, Sendable {
        /// Newest first, at most seven, each cut to ±4: zones are all that matters.
        public var recent: [Double] = []
        public var average = 0.0
        public var above = 0.0
        public var below = 0.0

        public init() {}
    }

    public let settings: Settings
    public var memory: Memory

    public init(_ settings: Settings = Settings(), memory: Memory = Memory()) { (self.settings, self.memory) = (settings, memory) }

    /// Takes a point in. NaN says nothing and changes nothing.
    ///
    /// - Parameter z: the point less the center, in standard deviations of points.
    public mutating func consume(_ z: Double) -> Signals {
        guard !z.isNaN else { return [] }
        var signals: Signals = []
        if settings.tests.contains(.shewhart), abs(z) > 3 { signals.insert(.beyondThree) }
        if settings.tests.contains(.westernElectric) {
            let found = Self.westernElectric([z] + memory.recent)
            memory.recent = found.isEmpty ? Array(([min(max(z, -4), 4)] + memory.recent).prefix(7)) : []
            signals.formUnion(found)
        }
        // An infinite point must not stay in sums for ever.
        let bounded = min(max(z, -1e6), 1e6)
        if settings.tests.contains(.ewma) {
            memory.average += settings.weight * (bounded - memory.average)
            if abs(memory.average) > settings.averageBound {
                signals.insert(.average)
                memory.average = 0
            }
        }
        if settings.tests.contains(.cusum) {
            memory.above = max(0, memory.above + bounded - settings.slack)
            memory.below = max(0, memory.below - bounded - settings.slack)
            if memory.above > settings.sumLimit { signals.insert(.sumAbove) }
            if memory.below > settings.sumLimit { signals.insert(.sumBelow) }
            if !signals.isDisjoint(with: [.sumAbove, .sumBelow]) { (memory.above, memory.below) = (0, 0) }
        }
        return signals
    }

    /// The four rules on points, newest first; a rule of several points needs the newest to be one of them.
    static func westernElectric(_ points: [Double]) -> Signals {
        guard let newest = points.first else { return [] }
        var signals: Signals = []
        if abs(newest) > 3 { signals.insert(.beyondThree) }
        for side in [1.0, -1.0] where newest * side > 0 {
            if newest * side > 2, points.prefix(3).count(where: { $0 * side > 2 }) >= 2 { signals.insert(.twoOfThree) }
            if newest * side > 1, points.prefix(5).count(where: { $0 * side > 1 }) >= 4 { signals.insert(.fourOfFive) }
            if points.count >= 8, points.prefix(8).allSatisfy({ $0 * side > 0 }) { signals.insert(.eightInARow) }
        }
        return signals
    }
}

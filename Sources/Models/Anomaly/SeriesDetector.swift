#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Says of each reading of one series how unusual it is, from the readings before it: no labels, no future, constant memory.
///
/// Two experts look at it: how many standard deviations it is from the mean of all readings so far, and from an exponentially forgetting
/// mean (its standard deviation forgets alike). Each expert's deviation is ranked among its own earlier ones, which gives a conformal
/// p-value: (1 + earlier ones at least as large) / (1 + earlier ones). The smaller of the two, doubled (Bonferroni), is the reading's.
/// Where the deviations of a series without fault come in any order alike, a p-value is below x with a probability of at most x, whatever
/// their distribution (V. Vovk, A. Gammerman, G. Shafer, "Algorithmic Learning in a Random World", 2005; R. Laxhammar, G. Falkman, 2014):
/// so a false-alarm rate that is set, holds. A slow drift breaks that assumption, and is what the alarm is for.
///
/// An alarm stands for itself only: within `quiet` readings after it, a reading alarms again only if it is still more unusual.
public struct SeriesDetector: Hashable, Sendable {
    public struct Settings: Hashable, Sendable {
        /// Readings alarmed in error, as a share of all readings, in 0 < rate < 1.
        public var falseAlarmRate: Double
        /// Weight of a new reading in the forgetting mean, in 0 < rate < 1.
        public var forgetting: Double
        /// Readings after an alarm in which only a more unusual one alarms.
        public var quiet: Int

        public init(falseAlarmRate: Double = 0.001, forgetting: Double = 0.01, quiet: Int = 300) {
            (self.falseAlarmRate, self.forgetting, self.quiet) = (falseAlarmRate, forgetting, quiet)
        }
    }

    /// What was found of one reading.
    public struct Finding: Hashable, Sendable {
        /// In 0 < p <= 1; small is unusual. 1 for a missing reading.
        public var pValue: Double
        public var isAlarm: Bool
    }

    private struct Moments: Hashable, Sendable {
        var mean = 0.0
        var variance = 0.0
        var count = 0

        /// Standard deviations from the mean; 0 while there are fewer than ten readings.
        func deviation(_ value: Double, from earliest: Int) -> Double {
            guard count >= earliest else { return 0 }
            let spread = max(variance, 1e-12 * mean * mean, 1e-24)
            return abs(value - mean) / spread.squareRoot()
        }

        /// D. West's update (1979), with a weight that does not fall below `least`.
        mutating func add(_ value: Double, least: Double) {
            count += 1
            let rate = max(1 / Double(count), least)
            let difference = value - mean
            mean += rate * difference
            variance = (1 - rate) * (variance + rate * difference * difference)
        }
    }

    private static let earliest = 10

    public let settings: Settings
    private var whole = Moments()
    private var recent = Moments()
    private var wholeSketch = ScoreSketch()
    private var recentSketch = ScoreSketch()
    /// Reading number and p-value of the last alarm.
    private var lastAlarm = Int.min / 2
    private var lastLevel = 1.0
    private var readings = 0

    public init(_ settings: Settings = Settings()) { self.settings = settings }

    /// The reading's finding; the detector moves past it. NaN is a missing reading: it says nothing and changes nothing but the clock of
    /// `quiet`; an infinite one is as unusual as can be, and is not learnt from.
    public mutating func consume(_ value: Double) -> Finding {
        readings += 1
        if value.isNaN { return Finding(pValue: 1, isAlarm: false) }
        let pValue: Double
        if value.isInfinite {
            pValue = 1 / Double(wholeSketch.count + 1)
        } else {
            let deviations = (whole.deviation(value, from: Self.earliest), recent.deviation(value, from: Self.earliest))
            pValue = min(1, 2 * min(Self.rank(deviations.0, &wholeSketch), Self.rank(deviations.1, &recentSketch)))
            whole.add(value, least: 0)
            recent.add(value, least: settings.forgetting)
        }
        let isAlarm = pValue <= settings.falseAlarmRate && (readings - lastAlarm > settings.quiet || pValue < lastLevel)
        if isAlarm { (lastAlarm, lastLevel) = (readings, pValue) }
        return Finding(pValue: pValue, isAlarm: isAlarm)
    }

    /// Bytes held, whatever was read.
    public var bytes: Int { 2 * ScoreSketch.bytes + 160 }

    private static func rank(_ deviation: Double, _ sketch: inout ScoreSketch) -> Double {
        let pValue = Double(1 + sketch.atLeast(deviation)) / Double(1 + sketch.count)
        sketch.add(deviation)
        return pValue
    }
}

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
/// The rank alone cannot tell a reading a little beyond everything seen from one far beyond. So the level of a reading is `log10(1 / p)`
/// plus `0.3 ln(1 + 20 r)`, where `r` is how far it lies outside the range of all readings before it, in widths of that range; it alarms
/// where the level reaches `log10(1 / rate)`. The doubling of p leaves room for that: on independent readings of any distribution tried,
/// up to Cauchy's, no more than the rate alarm from the thousandth reading on (a test counts them).
///
/// Within `quiet` readings after an alarm, a reading alarms again only where its level is a fifth higher.
public struct SeriesDetector: Hashable, Sendable {
    public struct Settings: Hashable, Sendable {
        /// Readings alarmed in error, as a share of all readings, in 0 < rate < 1.
        public var falseAlarmRate: Double
        /// Weight of a new reading in the forgetting mean, in 0 < rate < 1.
        public var forgetting: Double
        /// Readings after an alarm in which only a more unusual one alarms.
        public var quiet: Int

        public init(falseAlarmRate: Double = 0.001, forgetting: Double = 0.01, quiet: Int = 200) {
            (self.falseAlarmRate, self.forgetting, self.quiet) = (falseAlarmRate, forgetting, quiet)
        }
    }

    /// What was found of one reading.
    public struct Finding: Hashable, Sendable {
        /// In 0 < p <= 1; small is unusual. 1 for a missing reading.
        public var pValue: Double
        /// How unusual, 0...20: `log10(1 / p)`, and more where the reading is outside all before it. 0 for a missing one.
        public var level: Double
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
    /// Readings before the range of them says anything.
    private static let earliestRange = 50
    private static let highestLevel = 20.0
    /// Beyond it squares leave the range of doubles: taken as infinite.
    private static let largest = 1e100
    /// A reading so many widths of the range outside it is taken for no measurement (a code for "no value"), unless it stays.
    private static let strangeWidths = 1_000.0
    private static let longestStrange = 20
    /// How much higher than the last alarm's a level within the quiet time must be.
    public static let rise = 1.2

    public let settings: Settings
    private let alarmLevel: Double
    private var whole = Moments()
    private var recent = Moments()
    private var wholeSketch = ScoreSketch()
    private var recentSketch = ScoreSketch()
    private var lowest = Double.infinity
    private var highest = -Double.infinity
    /// Readings since the last alarm, and its level; nil before the first.
    private var sinceAlarm: Int?
    private var lastLevel = 0.0
    /// Readings in a row that were too far outside to be learnt from.
    private var strange = 0

    public init(_ settings: Settings = Settings()) {
        self.settings = settings
        alarmLevel = Self.level(settings.falseAlarmRate)
    }

    private static func level(_ pValue: Double) -> Double { -log10(max(pValue, 1e-300)) }

    /// The reading's finding; the detector moves past it. NaN is a missing reading: it says nothing and changes nothing but the clock of
    /// `quiet`; an infinite one is as unusual as can be, and is not learnt from, nor are the first
    /// twenty in a row that lie 1,000 widths of the range outside it.
    public mutating func consume(_ value: Double) -> Finding {
        sinceAlarm = sinceAlarm.map { $0 + 1 }
        if value.isNaN { return Finding(pValue: 1, level: 0, isAlarm: false) }
        let pValue: Double, level: Double
        let outside = outside(value)
        let (isEndless, isFar) = (abs(value) > Self.largest, outside > Self.strangeWidths && strange < Self.longestStrange)
        if !isEndless { strange = isFar ? strange + 1 : 0 }
        let isCode = isEndless || isFar
        if isCode {
            (pValue, level) = (1 / Double(wholeSketch.count + 1), Self.highestLevel)
        } else {
            let deviations = (whole.deviation(value, from: Self.earliest), recent.deviation(value, from: Self.earliest))
            pValue = min(1, 2 * min(Self.rank(deviations.0, &wholeSketch), Self.rank(deviations.1, &recentSketch)))
            level = min(Self.level(pValue) + 0.3 * log1p(20 * outside), Self.highestLevel)
            whole.add(value, least: 0)
            recent.add(value, least: settings.forgetting)
            (lowest, highest) = (min(lowest, value), max(highest, value))
        }
        let isQuiet = sinceAlarm.map { $0 <= settings.quiet } ?? false
        let isAlarm = level >= alarmLevel && (!isQuiet || !isCode && level > Self.rise * lastLevel)
        // A code stands for no measurement: it must not keep a true fault quiet by its level.
        if isAlarm { (sinceAlarm, lastLevel) = (0, isCode ? alarmLevel : level) }
        return Finding(pValue: pValue, level: level, isAlarm: isAlarm)
    }

    /// How far outside the range of all readings so far, in widths of that range.
    private func outside(_ value: Double) -> Double {
        guard whole.count > Self.earliestRange, highest > lowest else { return 0 }
        let far = max(value - highest, lowest - value, 0) / (highest - lowest)
        return far.isFinite ? far : Double.greatestFiniteMagnitude / 100
    }

    /// Readings learnt from.
    public var count: Int { whole.count }
    /// Standard deviations of a reading above the mean of all so far, and above the forgetting one; 0 where there is no spread yet.
    public func deviations(of value: Double) -> (whole: Double, recent: Double) {
        guard value.isFinite, whole.count >= Self.earliest else { return (0, 0) }
        func signed(_ moments: Moments) -> Double {
            moments.variance > 0 ? (value - moments.mean) / moments.variance.squareRoot() : 0
        }
        return (signed(whole), signed(recent))
    }

    /// Bytes held, whatever was read.
    public static var bytes: Int { 2 * ScoreSketch.bytes + 160 }

    private static func rank(_ deviation: Double, _ sketch: inout ScoreSketch) -> Double {
        let pValue = Double(1 + sketch.atLeast(deviation)) / Double(1 + sketch.count)
        sketch.add(deviation)
        return pValue
    }

    // MARK: State

    /// What `init(settings, words:)` goes on from.
    public var words: [UInt64] {
        var words: [UInt64] = []
        appendWords(to: &words)
        return words
    }

    /// Adds ``words`` to what is there.
    public func appendWords(to words: inout [UInt64]) {
        words.append(UInt64(whole.count))
        words.append(UInt64(sinceAlarm.map { $0 + 1 } ?? 0))
        words.append(UInt64(strange))
        words.append(whole.mean.bitPattern)
        words.append(whole.variance.bitPattern)
        words.append(recent.mean.bitPattern)
        words.append(recent.variance.bitPattern)
        words.append(lowest.bitPattern)
        words.append(highest.bitPattern)
        words.append(lastLevel.bitPattern)
        wholeSketch.appendWords(to: &words)
        recentSketch.appendWords(to: &words)
    }

    /// Takes its words from the front; nil for words that no detector wrote.
    public init?(_ settings: Settings, words: inout ArraySlice<UInt64>) {
        guard words.count >= 10, let count = Int(exactly: words.removeFirst()), let since = Int(exactly: words.removeFirst()),
            let strange = Int(exactly: words.removeFirst())
        else { return nil }
        self.init(settings)
        let numbers = (0..<7).map { _ in Double(bitPattern: words.removeFirst()) }
        whole = Moments(mean: numbers[0], variance: numbers[1], count: count)
        recent = Moments(mean: numbers[2], variance: numbers[3], count: count)
        (lowest, highest, lastLevel) = (numbers[4], numbers[5], numbers[6])
        (sinceAlarm, self.strange) = (since > 0 ? since - 1 : nil, strange)
        guard let wholeSketch = ScoreSketch(words: &words), let recentSketch = ScoreSketch(words: &words) else { return nil }
        (self.wholeSketch, self.recentSketch) = (wholeSketch, recentSketch)
    }
}

import Models
import Records

/// Fills the queue while there is no model: which suspicion is high enough today, and how likely any other row is drawn.
///
/// Both follow from the days before alone, as choosing the best of a day needs the whole day: of the capacity four fifths are kept for the
/// most suspicious rows, by the mean of the last seven days' suspicions; what they leave goes to rows drawn at random with a known
/// probability, so that labels also come from where the stage's rules see nothing. On the first day half or more is suspicious.
struct ColdStart: Hashable, Sendable, Codable {
    private static let bins = 64
    private static let days = 7
    /// Share of the capacity for suspicious rows.
    private static let suspicious = 0.8

    private var day: Int64?
    /// Rows of today by suspicion, from 0 up.
    private var today = [Int32](repeating: 0, count: ColdStart.bins)
    /// The same of the days before, newest first.
    private var earlier: [[Int32]] = []
    private(set) var limits = Limits()

    struct Limits: Hashable, Sendable, Codable {
        /// Least suspicion that is reviewed today.
        var threshold: Float = 0.5
        /// Probability, in 0...1, with which any other row is drawn today.
        var share = 0.0
    }

    /// Takes the next rows and gives the limits that hold for each.
    ///
    /// - Parameters:
    ///   - times: event time of each row, in microseconds.
    ///   - suspicions: of each row.
    ///   - zone: of the job's calendar, which says what a day is.
    mutating func limits(times: [Int64], suspicions: [Float], capacity: Int, zone: inout Zone) -> [Limits] {
        zip(times, suspicions).map { time, suspicion in
            next(day: zone.day(of: time), suspicion: suspicion, capacity: capacity)
            return limits
        }
    }

    /// Takes the next row, in the order of the feed.
    ///
    /// - Parameters:
    ///   - day: of the watermark; it never falls.
    ///   - suspicion: by the stage's rules, in 0...1.
    ///   - capacity: items a day that people can decide.
    mutating func next(day now: Int64, suspicion: Float, capacity: Int) {
        if let day, now > day {
            earlier.insert(today, at: 0)
            if earlier.count > Self.days { earlier.removeLast() }
            today = [Int32](repeating: 0, count: Self.bins)
            setLimits(capacity: capacity)
        }
        day = max(day ?? now, now)
        today[Self.bin(suspicion)] += 1
    }

    private static func bin(_ suspicion: Float) -> Int {
        suspicion.isNaN ? 0 : min(max(Int(suspicion * Float(bins)), 0), bins - 1)
    }

    private mutating func setLimits(capacity: Int) {
        let means = (0..<Self.bins).map { bin in
            Double(earlier.reduce(0) { $0 + Int($1[bin]) }) / Double(earlier.count)
        }
        let rows = means.reduce(0, +), slots = Double(capacity) * Self.suspicious
        var (place, expected) = (Self.bins, 0.0)
        // The lowest bin holds rows that the rules have nothing against.
        while place > 1, expected + means[place - 1] <= slots {
            place -= 1
            expected += means[place]
        }
        // More than there is room for even at the top: they queue by value at stake, over capacity.
        if place == Self.bins { (place, expected) = (Self.bins - 1, means[Self.bins - 1]) }
        limits.threshold = Float(place) / Float(Self.bins)
        limits.share = rows > expected ? min(max((Double(capacity) - expected) / (rows - expected), 0), 1) : 0
    }
}

import Foundation

/// How high a series stands once what covariates of few values (promotion, opening) make of it is taken out, and what they make of it.
///
/// A mean of the newest steps moves with how many of them had a promotion or were closed. Here each combination of such covariates and of
/// the place in the season has a factor, the smooth ratio of its values to the level, and the level follows the values by their factors, as
/// Winters does with the places of a season (Management Science 6, 1960). Three levels of different memory tell what is new from what lasts.
/// A combination seen fewer than three times takes the factor of the same covariates at any place; steps that it says are closed move no level.
struct CombinationLevels {
    /// Before each step, and after the last: of short, middle and long memory.
    private var levels: [[Double]] = [[], [], []]
    /// Of each combination, after each time it was seen: the factor.
    private var narrow: [[Double]], broad: [[Double]]
    /// Levels begin from the mean of the values before this step, so before it nothing may be read off them.
    private let start: Int

    static let count = 3
    private static let least = 3
    /// Part of the newest ratio in a factor is at least this.
    private static let memory = 0.04
    /// Below it a combination is closed.
    private static let closed = 0.05

    /// - Parameters:
    ///   - likeness: combinations with the place in the season, and without.
    ///   - window: steps of the recent window; memories are half after a sixteenth, a quarter and all of it.
    init(_ values: [Double], _ likeness: (narrow: SameAsBefore, broad: SameAsBefore), window: Int) {
        narrow = Array(repeating: [], count: likeness.narrow.count)
        broad = Array(repeating: [], count: likeness.broad.count)
        let shares = [16.0, 4, 1].map { 1 - exp(-log(2) * $0 / Double(max(window, 1))) }
        start = max(window / 2, 1)
        let first = values.prefix(start).filter { $0 > 0 }
        var now = shares.map { _ in first.isEmpty ? 0 : first.reduce(0, +) / Double(first.count) }
        for (step, value) in values.enumerated() {
            for place in now.indices { levels[place].append(now[place]) }
            guard let (own, all) = likeness.narrow.number(step).flatMap({ own in likeness.broad.number(step).map { (own, $0) } }) else {
                continue
            }
            let factor = Self.factor(narrow[own].last, seen: narrow[own].count, broad[all].last)
            let ratio = now[1] > 0 ? min(value / now[1], 10) : factor
            narrow[own].append(Self.moved(narrow[own].last ?? factor, to: ratio, seen: narrow[own].count))
            broad[all].append(Self.moved(broad[all].last ?? 1, to: ratio, seen: broad[all].count))
            guard factor > Self.closed else { continue }
            for place in now.indices {
                // A step that jumps does not carry the level with it.
                now[place] += shares[place] * (min(value / factor, 4 * max(now[place], 1e-9)) - now[place])
            }
        }
        for place in now.indices { levels[place].append(now[place]) }
    }

    /// Seasons that the middle one of the series must have for the place in it to be told apart: with fewer a combination is hardly ever seen
    /// at its place, and its factor is noise (weekly sales and the week of the year).
    private static let leastSeasons = 10

    static func areKnown(_ series: [GlobalSeries], settings: GlobalForecaster.Settings) -> Bool {
        guard !settings.matched.isEmpty, !series.isEmpty else { return false }
        return series.map(\.values.count).sorted()[series.count / 2] >= leastSeasons * (settings.periods.first ?? 1)
    }

    private static func factor(_ narrow: Double?, seen: Int, _ broad: Double?) -> Double {
        if let narrow, seen >= least { narrow } else { broad ?? 1 }
    }

    private static func moved(_ factor: Double, to ratio: Double, seen: Int) -> Double {
        factor + max(1 / Double(seen + 2), memory) * (ratio - factor)
    }

    /// Short, middle and long, in the unit of the values; NaN where too little is known.
    func levels(_ origin: Int) -> [Double] { levels.map { origin < start ? .nan : $0[origin] } }

    /// What is to be expected of a step by the middle level; nil where nothing is known of it.
    ///
    /// - Parameter seen: of the step's combinations, their numbers and how often they were seen before the origin.
    func expected(_ origin: Int, narrow own: (number: Int, seen: Int)?, broad all: (number: Int, seen: Int)?) -> Double? {
        let first = own.flatMap { $0.seen > 0 ? narrow[$0.number][$0.seen - 1] : nil }
        let second = all.flatMap { $0.seen > 0 ? broad[$0.number][$0.seen - 1] : nil }
        guard origin >= start, first != nil || second != nil else { return nil }
        return Self.factor(first, seen: own?.seen ?? 0, second) * levels[1][origin]
    }
}

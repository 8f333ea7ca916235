import Foundation

/// How many review items a day are to come, from how many there were.
///
/// The level is the mean of the last four weeks, the spread of a day that of those days (never below a Poisson count's), and the level's own
/// movement that between weeks, both measured on the same days: sd^2 = spread (1 + 1/n) + movement. Whole numbers, rounded outwards, at a
/// nominal 95 %, so that 90 % hold when the spread is known from few days only.
public struct QueueForecast: Hashable, Sendable {
    /// Items a day.
    public var expected: Double
    public var lower: Int
    public var upper: Int

    /// Days used at most, and at least.
    static let window = 28
    static let fewest = 7

    /// - Parameter counts: items of consecutive days, the newest last.
    /// - Returns: nil with fewer than 7 days.
    public init?(counts: [Int]) {
        let days = counts.suffix(Self.window).map(Double.init)
        guard days.count >= Self.fewest else { return nil }
        let n = Double(days.count)
        let mean = days.reduce(0, +) / n
        let spread = max(days.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1), mean)
        let weeks = stride(from: days.count % 7, to: days.count, by: 7).map { days[$0..<$0 + 7].reduce(0, +) / 7 }
        let between = weeks.count < 2 ? 0 : weeks.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(weeks.count - 1)
        let movement = max(between - spread / 7, 0)
        // The normal quantile, widened for few days as Student's t is (Cornish and Fisher's first term).
        let z = 1.959_963_985
        let t = z + (z * z * z + z) / (4 * (n - 1))
        let half = t * (spread * (1 + 1 / n) + movement).squareRoot()
        expected = mean
        lower = max(Int((mean - half).rounded(.down)), 0)
        upper = Int((mean + half).rounded(.up))
    }

    public func holds(_ count: Int) -> Bool { count >= lower && count <= upper }

    /// Forecasts made on every day of the past that has a week before it, each for up to `horizon` days from what was known then.
    ///
    /// - Returns: days forecast, each as often as a forecast spoke of it, and how many of these held.
    public static func check(counts: [Int], horizon: Int = 30) -> (days: Int, held: Int) {
        var (days, held) = (0, 0)
        for origin in fewest..<max(counts.count, fewest) {
            guard let forecast = QueueForecast(counts: Array(counts[..<origin])) else { continue }
            for count in counts[origin..<min(origin + horizon, counts.count)] {
                days += 1
                if forecast.holds(count) { held += 1 }
            }
        }
        return (days, held)
    }
}

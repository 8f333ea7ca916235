/// When enough labels will be known to train or calibrate, at the pace of those so far: "17 frauds, 50 needed; at this pace 14 March".
public struct LabelPace: Hashable, Sendable, Codable {
    public var found: Int
    public var needed: Int
    /// Days from the end of the period counted; 0 = enough already. Nil = no date can be given: nothing was found yet.
    public var expectedDays: Double?
    /// The prediction interval's ends; the later one is nil where nothing was found yet.
    public var earliestDays: Double
    public var latestDays: Double?

    /// Labels come as a Poisson process of one unknown rate. With k labels in T days, the wait for m more is T x / (1 - x) with x from a
    /// beta distribution with m and k for the latest date, m and k + 1 for the earliest, which together cover at least `confidence`
    /// (Nelson, "Applied Life Data Analysis", 1982, 6.2); the expected date is the median of m and k + 1/2.
    ///
    /// - Parameters:
    ///   - found: of the kind that is short, in the last `days` days; 0 or more.
    ///   - needed: in all.
    ///   - days: length of the period in which they became known, more than 0.
    public init(found: Int, needed: Int, days: Double, confidence: Double = 0.95) {
        precondition(found >= 0 && days > 0 && confidence > 0 && confidence < 1, "a period and a confidence")
        (self.found, self.needed) = (found, needed)
        guard found < needed else {
            (expectedDays, earliestDays, latestDays) = (0, 0, 0)
            return
        }
        let (missing, known, error) = (Double(needed - found), Double(found), (1 - confidence) / 2)
        func wait(_ probability: Double, _ known: Double) -> Double {
            let x = SpecialFunctions.betaQuantile(probability, missing, known)
            return days * x / (1 - x)
        }
        earliestDays = wait(error, known + 1)
        expectedDays = found > 0 ? wait(0.5, known + 0.5) : nil
        latestDays = found > 0 ? wait(1 - error, known) : nil
    }
}

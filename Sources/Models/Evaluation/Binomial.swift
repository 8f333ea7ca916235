#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Exact statements about a share from counts.
public enum Binomial {
    /// P(X <= `count`) for X binomial: `trials` draws, each with `probability`.
    public static func atMost(_ count: Int, trials: Int, probability: Double) -> Double {
        if count < 0 { return 0 }
        if count >= trials { return 1 }
        return SpecialFunctions.incompleteBeta(Double(trials - count), Double(count + 1), 1 - probability)
    }

    /// P(X >= `count`).
    public static func atLeast(_ count: Int, trials: Int, probability: Double) -> Double {
        if count <= 0 { return 1 }
        if count > trials { return 0 }
        return SpecialFunctions.incompleteBeta(Double(count), Double(trials - count + 1), probability)
    }

    /// The share above which so few hits would have a probability below `error`: the one-sided limit of Clopper and Pearson
    /// (Biometrika 26, 1934).
    public static func upperLimit(_ count: Int, trials: Int, error: Double) -> Double {
        count >= trials ? 1 : SpecialFunctions.betaQuantile(1 - error, Double(count + 1), Double(trials - count))
    }

    /// The one-sided lower limit.
    public static func lowerLimit(_ count: Int, trials: Int, error: Double) -> Double {
        count <= 0 ? 0 : SpecialFunctions.betaQuantile(error, Double(count), Double(trials - count + 1))
    }

    /// Clopper and Pearson's two-sided interval; covers at least with `confidence`.
    public static func exactInterval(_ count: Int, trials: Int, confidence: Double = 0.95) -> ClosedRange<Double> {
        let error = (1 - confidence) / 2
        return lowerLimit(count, trials: trials, error: error)...upperLimit(count, trials: trials, error: error)
    }

    /// Wilson's score interval (JASA 22, 1927): covers `confidence` on average, shorter than the exact one; for charts.
    public static func wilsonInterval(_ count: Int, trials: Int, confidence: Double = 0.95) -> ClosedRange<Double> {
        guard trials > 0 else { return 0...1 }
        let z = SpecialFunctions.normalQuantile(1 - (1 - confidence) / 2)
        let (n, share) = (Double(trials), Double(count) / Double(trials))
        let middle = (share + z * z / (2 * n)) / (1 + z * z / n)
        let half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
        return (count == 0 ? 0 : max(middle - half, 0))...(count == trials ? 1 : min(middle + half, 1))
    }

    /// P(X = `count`).
    static func mass(_ count: Int, trials: Int, probability: Double) -> Double {
        if probability <= 0 || probability >= 1 { return (probability <= 0 ? 0 : trials) == count ? 1 : 0 }
        let (n, k) = (Double(trials), Double(count))
        let choose = SpecialFunctions.logGamma(n + 1) - SpecialFunctions.logGamma(k + 1) - SpecialFunctions.logGamma(n - k + 1)
        return exp(choose + k * log(probability) + (n - k) * log1p(-probability))
    }
}

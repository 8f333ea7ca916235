/// Which exponential smoothing model: error, trend and season, each none, additive or multiplicative, the trend perhaps damped.
///
/// Source: Hyndman, Koehler, Ord, Snyder, "Forecasting with Exponential Smoothing" (2008), chapter 2.
public struct ETSForm: Hashable, Sendable, CustomStringConvertible {
    public enum Part: String, Sendable { case none = "N", additive = "A", multiplicative = "M" }
    /// Never `none`.
    public var error: Part
    /// Never `multiplicative`: such trends explode.
    public var trend: Part
    public var isDamped: Bool
    public var season: Part

    public init(error: Part, trend: Part, isDamped: Bool = false, season: Part = .none) {
        (self.error, self.trend, self.isDamped, self.season) = (error, trend, isDamped, season)
    }

    /// `ETS(M,Ad,M)`
    public var description: String { "ETS(\(error.rawValue),\(trend.rawValue)\(isDamped ? "d" : ""),\(season.rawValue))" }

    /// The fifteen stable combinations: an additive error with a multiplicative season has no finite variance.
    ///
    /// - Parameters:
    ///   - isSeasonal: seasons are tried.
    ///   - isPositive: multiplicative parts are tried.
    static func candidates(isSeasonal: Bool, isPositive: Bool) -> [ETSForm] {
        var forms: [ETSForm] = []
        for error in isPositive ? [Part.additive, .multiplicative] : [.additive] {
            for (trend, isDamped) in [(Part.none, false), (.additive, false), (.additive, true)] {
                for season in isSeasonal ? [Part.none, .additive, .multiplicative] : [.none] {
                    if season == .multiplicative, error == .additive || !isPositive { continue }
                    forms.append(ETSForm(error: error, trend: trend, isDamped: isDamped, season: season))
                }
            }
        }
        return forms
    }

    /// Smoothing parameters: alpha, then beta, phi and gamma where there are such parts.
    var smoothingCount: Int { 1 + (trend == .none ? 0 : 1) + (isDamped ? 1 : 0) + (season == .none ? 0 : 1) }
}

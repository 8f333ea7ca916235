/// Decomposition with several seasons; what is left is forecast by ETS without a season.
///
/// Source: Bandara, Hyndman, Bergmeir, "MSTL: A seasonal-trend decomposition algorithm for time series with multiple seasonal patterns",
/// Int. J. Operational Research 52 (2025). Seasonal parts go on as in their last period; quantiles are those of the rest.
public enum MSTL {
    /// - Parameter periods: rising; those of which the past has fewer than two are left out.
    public static func forecast(_ values: [Double], _ request: ForecastRequest, periods: [Int]) -> LocalForecast {
        let count = values.count
        let used = periods.filter { $0 > 1 && 2 * $0 < count }
        guard !used.isEmpty else {
            return ETS.automatic(values, season: 1)?.forecast(request) ?? NaiveForecasts.naive(values, request)
        }
        var seasons = used.map { _ in [Double](repeating: 0, count: count) }
        var rest = values
        for _ in 0..<(used.count > 1 ? 2 : 1) {
            for (place, period) in used.enumerated() {
                for index in 0..<count { rest[index] += seasons[place][index] }
                seasons[place] = rest.withUnsafeBufferPointer {
                    STL.parts($0, period: period, width: 7 + 4 * (place + 1)).season
                }
                for index in 0..<count { rest[index] -= seasons[place][index] }
            }
        }
        var plain = request
        plain.season = 1
        var result = ETS.automatic(rest, season: 1)?.forecast(plain) ?? NaiveForecasts.naive(rest, plain)
        let levels = request.levels.count
        for step in 0..<request.horizon {
            var added = 0.0
            for (place, period) in used.enumerated() { added += seasons[place][count - period + step % period] }
            result.mean[step] += added
            for level in 0..<levels { result.quantiles[step * levels + level] += added }
        }
        if !result.fitted.isEmpty { for index in 0..<count { for season in seasons { result.fitted[index] += season[index] } } }
        result.model = "MSTL(\(used.map(String.init).joined(separator: ",")))"
        return result
    }
}

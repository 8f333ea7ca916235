import Foundation

/// The forecasts every other one is measured by. Quantiles: normal, variances as of a random walk (Hyndman, Athanasopoulos,
/// "Forecasting: Principles and Practice", 3rd ed., table 5.2).
enum NaiveForecasts {
    /// The last value.
    static func naive(_ values: [Double], _ request: ForecastRequest) -> LocalForecast {
        let last = values.last ?? 0
        let deviation = SeriesMath.deviation(zip(values.dropFirst(), values).map { $0 - $1 })
        return LocalForecast(
            model: "naive", mean: Array(repeating: last, count: request.horizon),
            deviations: (1...request.horizon).map { deviation * Double($0).squareRoot() }, request: request,
            fitted: [.nan] + values.dropLast())
    }

    /// The value one season ago; of the last season's values as many as there are.
    static func seasonal(_ values: [Double], _ request: ForecastRequest) -> LocalForecast {
        let season = request.season, count = values.count
        guard count > season, season > 1 else { return naive(values, request) }
        let mean = (0..<request.horizon).map { values[count - season + $0 % season] }
        let deviation = SeriesMath.deviation((season..<count).map { values[$0] - values[$0 - season] })
        return LocalForecast(
            model: "seasonal-naive", mean: mean,
            deviations: (0..<request.horizon).map { deviation * Double($0 / season + 1).squareRoot() }, request: request,
            fitted: Array(repeating: .nan, count: season) + values.dropLast(season))
    }

    /// Naive2: the last seasonally adjusted value, put back into the season where the test finds one.
    static func adjusted(_ values: [Double], _ request: ForecastRequest) -> LocalForecast {
        let season = request.season, count = values.count
        guard Seasonality.isSeasonal(values, season: season) else {
            var result = naive(values, request)
            result.model = "naive2"
            return result
        }
        let figure = Seasonality.indices(values, season: season)
        let adjusted = values.indices.map { values[$0] / figure[$0 % season] }
        let deviation = SeriesMath.deviation(zip(adjusted.dropFirst(), adjusted).map { $0 - $1 })
        let last = adjusted[count - 1]
        let places = (0..<request.horizon).map { (count + $0) % season }
        return LocalForecast(
            model: "naive2", mean: places.map { last * figure[$0] },
            deviations: places.enumerated().map { deviation * figure[$1] * Double($0 + 1).squareRoot() }, request: request,
            fitted: [.nan] + (1..<count).map { adjusted[$0 - 1] * figure[$0 % season] })
    }
}

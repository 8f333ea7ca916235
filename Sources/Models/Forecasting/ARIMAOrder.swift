import Foundation

/// Orders of a seasonal ARIMA model.
public struct ARIMAOrder: Hashable, Sendable, CustomStringConvertible {
    public var p: Int, d: Int, q: Int
    public var seasonalP: Int, seasonalD: Int, seasonalQ: Int
    public var season: Int
    /// A mean of the differenced series.
    public var hasConstant: Bool

    public init(
        p: Int, d: Int, q: Int, seasonalP: Int = 0, seasonalD: Int = 0, seasonalQ: Int = 0, season: Int = 1, hasConstant: Bool = false
    ) {
        (self.p, self.d, self.q) = (p, d, q)
        (self.seasonalP, self.seasonalD, self.seasonalQ) = (seasonalP, seasonalD, seasonalQ)
        (self.season, self.hasConstant) = (season, hasConstant)
    }

    /// `ARIMA(1,1,2)(0,1,1)[12]`, with `+c` where there is a constant.
    public var description: String {
        let seasonal = season > 1 ? "(\(seasonalP),\(seasonalD),\(seasonalQ))[\(season)]" : ""
        return "ARIMA(\(p),\(d),\(q))\(seasonal)\(hasConstant ? "+c" : "")"
    }

    var parameterCount: Int { p + q + seasonalP + seasonalQ }

    /// The series with its differences taken.
    func differenced(_ values: [Double]) -> [Double] {
        var result = values
        for _ in 0..<seasonalD where result.count > season { result = (season..<result.count).map { result[$0] - result[$0 - season] } }
        for _ in 0..<d where result.count > 1 { result = (1..<result.count).map { result[$0] - result[$0 - 1] } }
        return result
    }

    /// Coefficients of (1 - B)^d (1 - B^s)^D, from lag 0.
    var differencing: [Double] {
        var result = [1.0]
        for _ in 0..<d { result = ARIMAOrder.product(result, [1, -1]) }
        for _ in 0..<seasonalD { result = ARIMAOrder.product(result, [1] + Array(repeating: 0, count: season - 1) + [-1]) }
        return result
    }

    /// What a regression's coefficient adds to every differenced value: a mean, or a drift a step.
    var driftStep: Double { seasonalD > 0 ? Double(season) : 1 }

    /// Expanded polynomials of parameters in the order p, q, seasonal p, seasonal q: coefficient of lag i at i - 1.
    func polynomials(_ parameters: [Double]) -> (ar: [Double], ma: [Double]) {
        func expanded(_ own: Int, _ count: Int, _ far: Int, _ farCount: Int, sign: Double) -> [Double] {
            var result = [Double](repeating: 0, count: count + season * farCount)
            for index in 0..<count { result[index] = parameters[own + index] }
            for block in 0..<farCount {
                let value = parameters[far + block]
                result[(block + 1) * season - 1] += value
                for index in 0..<count { result[(block + 1) * season + index] += sign * parameters[own + index] * value }
            }
            return result
        }
        return (expanded(0, p, p + q, seasonalP, sign: -1), expanded(p, q, p + q + seasonalP, seasonalQ, sign: 1))
    }

    static func product(_ left: [Double], _ right: [Double]) -> [Double] {
        var result = [Double](repeating: 0, count: left.count + right.count - 1)
        for (i, a) in left.enumerated() where a != 0 { for (j, b) in right.enumerated() where b != 0 { result[i + j] += a * b } }
        return result
    }
}

/// How often a series is to be differenced.
///
/// Sources: Kwiatkowski, Phillips, Schmidt, Shin, J. Econometrics 54 (1992); Wang, Smith, Hyndman, "Characteristic-based clustering", Data
/// Mining and Knowledge Discovery 13 (2006), strength of seasonality; limits as in Hyndman's `forecast`.
enum Differencing {
    /// 0 to 2: while the level test rejects stationarity at 5 %.
    static func ordinary(_ values: [Double]) -> Int {
        var series = values, order = 0
        while order < 2, series.count > 2, series.contains(where: { $0 != series[0] }), kpss(series) > 0.463 {
            // The first difference is left out, as statsforecast does.
            series = Array(zip(series.dropFirst(), series).map { $0 - $1 }.dropFirst())
            order += 1
        }
        return order
    }

    /// 0 or 1: whether the seasonal part of an STL decomposition is strong.
    static func seasonal(_ values: [Double], season: Int) -> Int {
        guard season > 1, values.count > 2 * season else { return 0 }
        let parts = values.withUnsafeBufferPointer { STL.parts($0, period: season, width: 11) }
        let rest = values.indices.map { values[$0] - parts.season[$0] - parts.trend[$0] }
        let both = values.indices.map { values[$0] - parts.trend[$0] }
        let strength = 1 - variance(rest) / max(variance(both), 1e-300)
        return strength > 0.64 ? 1 : 0
    }

    private static func variance(_ values: [Double]) -> Double {
        let mean = SeriesMath.mean(values)
        return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(values.count - 1, 1))
    }

    static func kpss(_ values: [Double]) -> Double {
        let count = values.count, mean = SeriesMath.mean(values)
        let errors = values.map { $0 - mean }
        var partial = 0.0, sum = 0.0
        for error in errors {
            partial += error
            sum += partial * partial
        }
        var spectrum = errors.reduce(0) { $0 + $1 * $1 }
        let lags = Int(3 * Double(count).squareRoot() / 13)
        for lag in 1..<max(lags + 1, 1) {
            var cross = 0.0
            for index in lag..<count { cross += errors[index] * errors[index - lag] }
            spectrum += 2 * (1 - Double(lag) / Double(lags + 1)) * cross
        }
        return spectrum > 0 ? sum / (Double(count) * spectrum) : 0
    }
}

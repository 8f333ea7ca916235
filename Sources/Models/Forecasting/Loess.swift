import Foundation

/// Local regression of evenly spaced values, as STL needs it.
///
/// Source: Cleveland, Cleveland, McRae, Terpenning, "STL: A seasonal-trend decomposition procedure based on loess", J. Official Statistics 6 (1990).
enum Loess {
    /// The smooth value at a place, from the `width` nearest of `values` (all where there are fewer, with a wider kernel).
    ///
    /// - Parameters:
    ///   - place: from 0; may lie outside.
    ///   - degree: 0 or 1.
    static func value(_ values: UnsafePointer<Double>, _ count: Int, at place: Double, width: Int, degree: Int) -> Double {
        let used = min(width, count)
        var left = max(0, min(Int((place - Double(used - 1) / 2).rounded(.down)), count - used))
        while left + used < count, place - Double(left) > Double(left + used) - place { left += 1 }
        let right = left + used - 1
        var reach = max(place - Double(left), Double(right) - place)
        if width > count { reach += Double((width - count) / 2) }
        reach = max(reach, 1e-9)
        let (near, far) = (0.001 * reach, 0.999 * reach), inverse = 1 / reach
        var weights = 0.0, first = 0.0, second = 0.0, sum = 0.0, cross = 0.0
        for index in left...right {
            let offset = Double(index) - place, distance = abs(offset)
            guard distance <= far else { continue }
            var weight = 1.0
            if distance > near {
                let ratio = distance * inverse, cube = 1 - ratio * ratio * ratio
                weight = cube * cube * cube
            }
            weights += weight
            first += weight * offset
            second += weight * offset * offset
            sum += weight * values[index]
            cross += weight * offset * values[index]
        }
        guard weights > 0 else { return values[min(max(Int(place.rounded()), 0), count - 1)] }
        guard degree == 1 else { return sum / weights }
        let determinant = weights * second - first * first
        guard determinant.squareRoot() > 0.001 * weights * Double(count - 1) * 1e-3 else { return sum / weights }
        return (second * sum - first * cross) / determinant
    }

    /// Smooth values at every place; every `jump`-th is computed, those between are on lines.
    static func smooth(
        _ values: UnsafePointer<Double>, _ count: Int, width: Int, degree: Int, jump: Int, into result: UnsafeMutablePointer<Double>
    ) {
        var at = 0
        while at < count {
            result[at] = value(values, count, at: Double(at), width: width, degree: degree)
            let next = at == count - 1 ? count : min(at + jump, count - 1)
            if next > at + 1, next < count {
                let end = value(values, count, at: Double(next), width: width, degree: degree)
                let slope = (end - result[at]) / Double(next - at)
                for index in at + 1..<next { result[index] = result[at] + slope * Double(index - at) }
            }
            at = next
        }
    }
}

/// Decomposition into trend, season and rest.
enum STL {
    /// The seasonal part; `width` is the seasonal smoother's.
    ///
    /// - Parameter values: at least two seasons.
    static func season(_ values: UnsafePointer<Double>, _ count: Int, period: Int, width: Int, passes: Int = 2) -> (
        season: [Double], trend: [Double]
    ) {
        let trendWidth = odd(Int((1.5 * Double(period) / (1 - 1.5 / Double(width))).rounded(.up)))
        let lowWidth = odd(period)
        let extended = count + 2 * period, longest = (count + period - 1) / period + 2
        let memory = UnsafeMutablePointer<Double>.allocate(capacity: 4 * extended + 2 * longest)
        defer { memory.deallocate() }
        let cycle = memory, first = memory + extended, second = memory + 2 * extended, adjusted = memory + 3 * extended
        let sub = memory + 4 * extended, smooth = sub + longest
        var season = [Double](repeating: 0, count: count), trend = season
        for _ in 0..<passes {
            for index in 0..<count { adjusted[index] = values[index] - trend[index] }
            for place in 0..<period {
                var length = 0
                for index in stride(from: place, to: count, by: period) {
                    sub[length] = adjusted[index]
                    length += 1
                }
                let jump = max(1, width / 10)
                Loess.smooth(sub, length, width: width, degree: 1, jump: jump, into: smooth)
                for index in 0..<length { cycle[place + (index + 1) * period] = smooth[index] }
                cycle[place] = Loess.value(sub, length, at: -1, width: width, degree: 1)
                cycle[place + (length + 1) * period] = Loess.value(sub, length, at: Double(length), width: width, degree: 1)
            }
            average(cycle, extended, period, into: first)
            average(first, extended - period + 1, period, into: second)
            average(second, extended - 2 * period + 2, 3, into: first)
            Loess.smooth(first, count, width: lowWidth, degree: 1, jump: max(1, lowWidth / 10), into: second)
            for index in 0..<count { season[index] = cycle[index + period] - second[index] }
            for index in 0..<count { adjusted[index] = values[index] - season[index] }
            trend.withUnsafeMutableBufferPointer {
                Loess.smooth(adjusted, count, width: trendWidth, degree: 1, jump: max(1, trendWidth / 10), into: $0.baseAddress!)
            }
        }
        return (season, trend)
    }

    private static func odd(_ value: Int) -> Int { max(3, value % 2 == 0 ? value + 1 : value) }

    private static func average(
        _ values: UnsafePointer<Double>, _ count: Int, _ length: Int, into result: UnsafeMutablePointer<Double>
    ) {
        var sum = 0.0
        for index in 0..<length { sum += values[index] }
        let share = 1 / Double(length)
        result[0] = sum * share
        for index in length..<max(count, length) {
            sum += values[index] - values[index - length]
            result[index - length + 1] = sum * share
        }
    }
}

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
                    STL.season($0.baseAddress!, count, period: period, width: 7 + 4 * (place + 1)).season
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

import Foundation

/// Local regression of evenly spaced values, as STL needs it.
///
/// Source: Cleveland, Cleveland, McRae, Terpenning, "STL: A seasonal-trend decomposition procedure based on loess", J. Official Statistics 6
/// (1990), with the safeguards of its Fortran program.
struct Loess {
    /// Values in the window, and the degree of the polynomial in it: 0 or 1.
    let width: Int, degree: Int
    /// Of a whole window around a place, rising to the middle: of sum 1. There the slope has no part in the value.
    private let kernel: [Double]

    /// - Parameter width: odd.
    init(width: Int, degree: Int) {
        (self.width, self.degree) = (width, degree)
        let half = width / 2, weights = (-half...half).map { Self.weight(abs(Double($0)), reach: Double(half)) }
        let sum = weights.reduce(0, +)
        kernel = weights.map { $0 / sum }
    }

    @inline(__always)
    private static func weight(_ distance: Double, reach: Double) -> Double {
        guard distance <= 0.999 * reach else { return 0 }
        guard distance > 0.001 * reach else { return 1 }
        let ratio = distance / reach, cube = 1 - ratio * ratio * ratio
        return cube * cube * cube
    }

    /// The smooth value at a place, from the nearest of `values` (all where there are fewer than the window has, with a wider kernel).
    ///
    /// - Parameter place: from 0; may lie outside.
    func value(_ values: UnsafePointer<Double>, _ count: Int, at place: Int) -> Double {
        let used = min(width, count), left = max(0, min(place - used / 2, count - used)), right = left + used - 1
        var reach = Double(max(place - left, right - place))
        if width > count { reach += Double((width - count) / 2) }
        var weights = 0.0, first = 0.0, second = 0.0, sum = 0.0, cross = 0.0
        for index in left...right {
            let offset = Double(index - place), weight = Self.weight(abs(offset), reach: reach)
            weights += weight
            first += weight * offset
            second += weight * offset * offset
            sum += weight * values[index]
            cross += weight * offset * values[index]
        }
        guard weights > 0 else { return values[min(max(place, 0), count - 1)] }
        guard degree == 1 else { return sum / weights }
        let determinant = weights * second - first * first
        guard max(determinant, 0).squareRoot() > 0.001 * weights * Double(count - 1) else { return sum / weights }
        return (second * sum - first * cross) / determinant
    }

    /// Smooth values at every place.
    func smooth(_ values: UnsafePointer<Double>, _ count: Int, into result: UnsafeMutablePointer<Double>) {
        let half = width / 2
        guard count > width else {
            for place in 0..<count { result[place] = value(values, count, at: place) }
            return
        }
        for place in 0..<half {
            result[place] = value(values, count, at: place)
            result[count - 1 - place] = value(values, count, at: count - 1 - place)
        }
        kernel.withUnsafeBufferPointer { kernel in
            for place in half..<count - half {
                // Both sides of the middle have the same weights.
                let middle = values + place
                var sum = kernel[half] * middle[0]
                for offset in 1..<half + 1 { sum += kernel[half - offset] * (middle[-offset] + middle[offset]) }
                result[place] = sum
            }
        }
    }
}

/// Decomposition into trend, season and rest.
///
/// Source: as for `Loess`; five passes, a seasonal smoother of degree 0, trend and low-pass windows by the rules of the paper, as
/// statsforecast's `mstl` has them.
enum STL {
    /// - Parameters:
    ///   - values: at least two seasons.
    ///   - width: of the seasonal smoother, odd.
    static func parts(_ values: UnsafeBufferPointer<Double>, period: Int, width: Int, passes: Int = 5) -> (
        season: [Double], trend: [Double]
    ) {
        let count = values.count, extended = count + 2 * period, longest = (count + period - 1) / period
        let smoother = Loess(width: width, degree: 0), low = Loess(width: odd(period + 1), degree: 1)
        let slow = Loess(width: odd(Int((1.5 * Double(period) / (1 - 1.5 / Double(width))).rounded(.up))), degree: 1)
        let memory = UnsafeMutablePointer<Double>.allocate(capacity: 4 * extended + 2 * longest)
        defer { memory.deallocate() }
        let cycle = memory, first = memory + extended, second = first + extended, adjusted = second + extended
        let sub = adjusted + extended, smooth = sub + longest
        var season = [Double](repeating: 0, count: count), trend = season
        for _ in 0..<passes {
            for index in 0..<count { adjusted[index] = values[index] - trend[index] }
            for place in 0..<period {
                var length = 0
                for index in stride(from: place, to: count, by: period) {
                    sub[length] = adjusted[index]
                    length += 1
                }
                smoother.smooth(sub, length, into: smooth)
                for index in 0..<length { cycle[place + (index + 1) * period] = smooth[index] }
                cycle[place] = smoother.value(sub, length, at: -1)
                cycle[place + (length + 1) * period] = smoother.value(sub, length, at: length)
            }
            average(cycle, extended, period, into: first)
            average(first, extended - period + 1, period, into: second)
            average(second, extended - 2 * period + 2, 3, into: first)
            low.smooth(first, count, into: second)
            for index in 0..<count { season[index] = cycle[index + period] - second[index] }
            for index in 0..<count { adjusted[index] = values[index] - season[index] }
            trend.withUnsafeMutableBufferPointer { slow.smooth(adjusted, count, into: $0.baseAddress!) }
        }
        return (season, trend)
    }

    private static func odd(_ value: Int) -> Int { value % 2 == 0 ? value + 1 : value }

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

import Foundation

/// BFGS with gradients by forward differences.
///
/// Source: Nocedal, Wright, "Numerical Optimization", 2nd ed., algorithm 6.1 with a search for strong Wolfe steps. Differences of 2^-26, the
/// end at a gradient of 1e-8 (or where no better step is found) and a hundred iterations are what statsforecast's ARIMA asks of SciPy.
struct QuasiNewton {
    var iterations = 100
    /// Ends when no part of the gradient is larger.
    var tolerance = 1e-8

    struct Result {
        var point: [Double]
        var value: Double
        /// The iterations were used up.
        var isExhausted: Bool
    }

    func minimise(from start: [Double], _ function: @escaping ([Double]) -> Double) -> Result {
        let n = start.count
        func gradient(_ point: [Double], _ value: Double) -> [Double] {
            var moved = point
            return (0..<n).map { index in
                let step = 0x1p-26
                moved[index] = point[index] + step
                defer { moved[index] = point[index] }
                return (function(moved) - value) / (moved[index] - point[index])
            }
        }
        var point = start, value = function(start), slopes = gradient(start, value), isExhausted = false
        var inverse = (0..<n * n).map { $0 % (n + 1) == 0 ? 1.0 : 0 }
        var before = value + norm(slopes) / 2, used = 0
        while largest(slopes) > tolerance {
            guard used < iterations else {
                isExhausted = true
                break
            }
            let direction = (0..<n).map { row in -(0..<n).reduce(0.0) { $0 + inverse[row * n + $1] * slopes[$1] } }
            let slope = dot(slopes, direction)
            func along(_ step: Double) -> [Double] { zip(point, direction).map { $0 + step * $1 } }
            var latest = (step: Double.nan, value: 0.0), latestSlopes: [Double] = []
            let search = LineSearch(
                start: LineSearch.Place(step: 0, value: value, slope: slope),
                value: { step in
                    latest = (step, function(along(step)))
                    return latest.value
                },
                slope: { step in
                    if latest.step != step { latest = (step, function(along(step))) }
                    latestSlopes = gradient(along(step), latest.value)
                    return dot(latestSlopes, direction)
                })
            let guess = slope == 0 ? 1 : min(1, 1.01 * 2 * (value - before) / slope)
            guard let found = search.run(first: guess < 0 ? 1 : guess) else { break }
            let next = along(found.step)
            let step = zip(next, point).map { $0 - $1 }, change = zip(latestSlopes, slopes).map { $0 - $1 }
            (before, value, slopes, point) = (value, found.value, latestSlopes, next)
            used += 1
            if largest(slopes) <= tolerance || found.step * norm(direction) <= 0 || !value.isFinite { break }
            update(&inverse, step, change)
        }
        return Result(point: point, value: value, isExhausted: isExhausted)
    }

    private func norm(_ values: [Double]) -> Double { dot(values, values).squareRoot() }
    private func dot(_ left: [Double], _ right: [Double]) -> Double { zip(left, right).reduce(0) { $0 + $1.0 * $1.1 } }
    /// NaN where a part is, which ends the search.
    private func largest(_ values: [Double]) -> Double { values.reduce(0) { $1.isNaN ? .nan : max($0, abs($1)) } }

    /// (I - r s y') H (I - r y s') + r s s' with r = 1 / (y' s).
    private func update(_ inverse: inout [Double], _ step: [Double], _ change: [Double]) {
        let n = step.count, curvature = dot(change, step), share = curvature == 0 ? 1_000 : 1 / curvature
        let left = (0..<n).map { row in (0..<n).reduce(0.0) { $0 + inverse[row * n + $1] * change[$1] } }
        let quadratic = dot(change, left)
        for row in 0..<n {
            for column in 0..<n {
                inverse[row * n + column] +=
                    share * (step[row] * step[column] * (1 + share * quadratic) - step[row] * left[column] - left[row] * step[column])
            }
        }
    }
}

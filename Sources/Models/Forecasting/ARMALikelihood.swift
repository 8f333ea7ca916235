import Foundation

/// The exact normal likelihood of a seasonal ARMA process by a banded factorisation.
///
/// Source: Ansley, "An algorithm for the exact likelihood of a mixed autoregressive-moving average process", Biometrika 66 (1979): the first
/// max(p, q) values stay as they are, the others become moving averages, so that their covariance is a band. The same value as by a Kalman
/// filter, in n q operations once the factor's rows have settled. The mean is concentrated out.
final class ARMALikelihood {
    let count: Int
    /// Expanded polynomials: coefficient of lag i at i - 1.
    private(set) var ar: [Double] = []
    private(set) var ma: [Double] = []
    private(set) var mean = 0.0
    /// Residual variance.
    private(set) var variance = 0.0
    /// One-step errors.
    private(set) var innovations: [Double]
    private let values: [Double]
    private let hasMean: Bool
    private var factor: [Double] = []

    init(_ values: [Double], hasMean: Bool) {
        (self.values, self.hasMean, count) = (values, hasMean, values.count)
        innovations = Array(repeating: 0, count: values.count)
    }

    /// -2 log likelihood; not finite where the process is not stationary.
    func evaluate(ar: [Double], ma: [Double]) -> Double {
        (self.ar, self.ma) = (ar, ma)
        let p = ar.count, q = ma.count, start = min(max(p, q), count), band = max(max(p, q), 1)
        let psi = psiWeights(q + 1), theta = [1] + ma
        /// Covariance of a value and the moving average `lag` later.
        let cross = (0...max(q, 0)).map { lag in (lag...q).reduce(0.0) { $0 + theta[$1] * psi[$1 - lag] } }
        let moving = (0...q).map { lag in (lag...q).reduce(0.0) { $0 + theta[$1] * theta[$1 - lag] } }
        guard let gamma = autocovariances(cross, upTo: max(start, 1)) else { return .infinity }
        let width = band + 1
        if factor.count < count * width { factor = [Double](repeating: 0, count: count * width) }
        var logs = 0.0, squares = 0.0, ones = 0.0, both = 0.0
        var settled = -1, failed = false
        let z = UnsafeMutablePointer<Double>.allocate(capacity: 2 * count)
        defer { z.deallocate() }
        let unit = z + count
        factor.withUnsafeMutableBufferPointer { factor in
            values.withUnsafeBufferPointer { values in
                for t in 0..<count {
                    let reach = t < start ? t : min(q, t)
                    let row = factor.baseAddress! + t * width
                    var diagonal: Double
                    if settled >= 0 {
                        // The rows do not change any more: take the settled one.
                        let model = factor.baseAddress! + settled * width
                        for lag in 0...reach { row[lag] = model[lag] }
                        diagonal = row[0]
                    } else {
                        for lag in stride(from: reach, through: 1, by: -1) {
                            let s = t - lag
                            var sum: Double
                            if t < start { sum = gamma[lag] } else if s < start { sum = cross[lag] } else { sum = moving[lag] }
                            let other = factor.baseAddress! + s * width
                            let otherReach = s < start ? s : min(q, s)
                            var back = lag + 1
                            while back <= reach, back - lag <= otherReach {
                                sum -= row[back] * other[back - lag]
                                back += 1
                            }
                            row[lag] = sum / other[0]
                        }
                        var own = t < start ? gamma[0] : moving[0]
                        for lag in 1..<max(reach + 1, 1) { own -= row[lag] * row[lag] }
                        guard own > 1e-12 else {
                            failed = true
                            return
                        }
                        diagonal = own.squareRoot()
                        row[0] = diagonal
                        if t > start + q + 1, t % 4 == 0 {
                            let before = factor.baseAddress! + (t - 1) * width
                            var change = 0.0
                            for lag in 0...reach { change = max(change, abs(row[lag] - before[lag])) }
                            if change < 1e-9 { settled = t }
                        }
                    }
                    var w = values[t], u = 1.0
                    if t >= start {
                        for lag in 0..<p where ar[lag] != 0 {
                            w -= ar[lag] * values[t - 1 - lag]
                            u -= ar[lag]
                        }
                    }
                    for lag in 1..<max(reach + 1, 1) where row[lag] != 0 {
                        w -= row[lag] * z[t - lag]
                        u -= row[lag] * unit[t - lag]
                    }
                    (z[t], unit[t]) = (w / diagonal, u / diagonal)
                    logs += log(diagonal)
                    squares += z[t] * z[t]
                    ones += unit[t] * unit[t]
                    both += z[t] * unit[t]
                }
            }
        }
        guard !failed else { return .infinity }
        mean = hasMean && ones > 0 ? both / ones : 0
        squares -= hasMean && ones > 0 ? both * both / ones : 0
        variance = max(squares, 1e-300) / Double(count)
        for t in 0..<count { innovations[t] = (z[t] - mean * unit[t]) * factor[t * width] }
        return Double(count) * (log(2 * Double.pi * variance) + 1) + 2 * logs
    }

    private func psiWeights(_ count: Int) -> [Double] {
        var psi = [1.0]
        for index in 1..<max(count, 1) {
            var value = index <= ma.count ? ma[index - 1] : 0
            for lag in 1..<min(index, ar.count) + 1 where lag <= ar.count { value += ar[lag - 1] * psi[index - lag] }
            psi.append(value)
        }
        return psi
    }

    /// Of lags 0 ..< upTo, for innovations of variance 1; nil where the equations have no positive solution.
    private func autocovariances(_ cross: [Double], upTo: Int) -> [Double]? {
        let p = ar.count
        func right(_ lag: Int) -> Double { lag < cross.count ? cross[lag] : 0 }
        if p == 0 { return (0...upTo).map(right) }
        let n = p + 1
        var matrix = [Double](repeating: 0, count: n * n), solution = (0..<n).map(right)
        for row in 0..<n {
            matrix[row * n + row] += 1
            for lag in 1...p where ar[lag - 1] != 0 { matrix[row * n + abs(row - lag)] -= ar[lag - 1] }
        }
        guard Self.solve(&matrix, &solution, n), solution[0] > 0 else { return nil }
        while solution.count <= upTo {
            let lag = solution.count
            var value = right(lag)
            for back in 1...p { value += ar[back - 1] * solution[lag - back] }
            solution.append(value)
        }
        return solution
    }

    /// Gauss with partial pivoting.
    private static func solve(_ matrix: inout [Double], _ right: inout [Double], _ n: Int) -> Bool {
        matrix.withUnsafeMutableBufferPointer { matrix in
            for column in 0..<n {
                var pivot = column
                for row in column..<n where abs(matrix[row * n + column]) > abs(matrix[pivot * n + column]) { pivot = row }
                guard abs(matrix[pivot * n + column]) > 1e-14 else { return false }
                if pivot != column {
                    for index in column..<n { matrix.swapAt(pivot * n + index, column * n + index) }
                    right.swapAt(pivot, column)
                }
                for row in column + 1..<max(n, column + 1) where matrix[row * n + column] != 0 {
                    let factor = matrix[row * n + column] / matrix[column * n + column]
                    for index in column..<n { matrix[row * n + index] -= factor * matrix[column * n + index] }
                    right[row] -= factor * right[column]
                }
            }
            for row in stride(from: n - 1, through: 0, by: -1) {
                for index in row + 1..<max(n, row + 1) { right[row] -= matrix[row * n + index] * right[index] }
                right[row] /= matrix[row * n + row]
            }
            return true
        }
    }
}

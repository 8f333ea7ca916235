import Foundation

/// The exact normal likelihood of an ARMA process of mean 0 by a banded factorisation.
///
/// Source: Ansley, "An algorithm for the exact likelihood of a mixed autoregressive-moving average process", Biometrika 66 (1979): the first
/// max(p, q) values stay as they are, the others become moving averages, so that their covariance is a band. The same value as by a Kalman
/// filter, in n q operations once the factor's rows have settled; moving averages need not be invertible.
final class ARMALikelihood {
    let count: Int
    /// Expanded polynomials: coefficient of lag i at i - 1.
    let ar: [Double]
    let ma: [Double]
    /// Sum of squares of standardised one-step errors, and of the logarithms of their deviations.
    private(set) var squares = 0.0
    private(set) var logs = 0.0
    private let values: [Double]
    private let start: Int
    private let width: Int
    private let factor: UnsafeMutablePointer<Double>
    private let errors: UnsafeMutablePointer<Double>
    private var gamma: [Double] = [], cross: [Double] = [], moving: [Double] = []
    private var settled = -1, quiet = 0

    /// Nil where the process is not stationary, or the series is shorter than the polynomials.
    init?(_ values: [Double], ar: [Double], ma: [Double]) {
        (self.values, self.ar, self.ma, count) = (values, ar, ma, values.count)
        let p = ar.count, q = ma.count
        start = max(p, q)
        width = start + 1
        factor = .allocate(capacity: (count + q + 1) * width + count + q + 1)
        errors = factor + (count + q + 1) * width
        guard count > start else { return nil }
        let psi = psiWeights(q + 1), theta = [1] + ma
        cross = (0...q).map { lag in (lag...q).reduce(0.0) { $0 + theta[$1] * psi[$1 - lag] } }
        moving = (0...q).map { lag in (lag...q).reduce(0.0) { $0 + theta[$1] * theta[$1 - lag] } }
        guard let found = autocovariances(upTo: max(start, 1)) else { return nil }
        gamma = found
        for t in 0..<count {
            guard fill(t) else { return nil }
            let row = factor + t * width
            var error = values[t]
            if t >= start { for lag in 0..<p where ar[lag] != 0 { error -= ar[lag] * values[t - 1 - lag] } }
            let reach = reach(t)
            if reach > 0 { for lag in 1...reach { error -= row[lag] * errors[t - lag] } }
            errors[t] = error / row[0]
            logs += log(row[0])
            squares += errors[t] * errors[t]
        }
    }

    deinit { factor.deallocate() }

    /// -2 log likelihood at the most likely variance.
    var value: Double {
        let n = Double(count)
        return n * (log(2 * Double.pi * max(squares, 1e-300) / n) + 1) + 2 * logs
    }

    /// One-step error of a value.
    func innovation(_ t: Int) -> Double { errors[t] * factor[t * width] }

    /// How far back the factor's row reaches.
    @inline(__always)
    private func reach(_ t: Int) -> Int { t < start ? t : min(ma.count, t) }

    /// Row t of the factor: the diagonal, then by lag; false where the covariance is not positive.
    private func fill(_ t: Int) -> Bool {
        let row = factor + t * width, reach = reach(t), q = ma.count
        if settled >= 0 {
            let model = factor + settled * width
            for lag in 0...reach { row[lag] = model[lag] }
            return true
        }
        if reach > 0 {
            for lag in (1...reach).reversed() {
                let s = t - lag, other = factor + s * width, otherReach = s < start ? s : min(q, s)
                var sum = t < start ? gamma[lag] : s < start ? cross[lag] : moving[lag]
                var back = lag + 1
                while back <= reach, back - lag <= otherReach {
                    sum -= row[back] * other[back - lag]
                    back += 1
                }
                row[lag] = sum / other[0]
            }
        }
        var own = t < start ? gamma[0] : moving[0]
        if reach > 0 { for lag in 1...reach { own -= row[lag] * row[lag] } }
        guard own > 1e-12 else { return false }
        row[0] = own.squareRoot()
        settle(t, reach)
        return true
    }

    /// Rows go on unchanged once each of the last q is that of q steps before (a seasonal polynomial repeats its rows by the season) and all
    /// of them are the same.
    private func settle(_ t: Int, _ reach: Int) {
        let q = ma.count
        guard q > 0, t > start + 2 * q else { return }
        let row = factor + t * width, far = row - q * width, near = row - width
        var change = 0.0, step = 0.0
        for lag in 0...reach {
            change = max(change, abs(row[lag] - far[lag]))
            step = max(step, abs(row[lag] - near[lag]))
        }
        quiet = change < 1e-12 && step < 1e-12 ? quiet + 1 : 0
        if quiet >= q { settled = t }
    }

    /// What is expected of the moving average part of the next values, as far as it is not zero, and its impulse response.
    func ahead() -> (expected: [Double], response: [Double]) {
        let q = ma.count
        var expected: [Double] = []
        for step in 0...q {
            let t = count + step
            guard fill(t) else { return (expected, [1] + ma) }
            let row = factor + t * width
            expected.append(step < q ? (step + 1...q).reduce(0.0) { $0 + row[$1] * errors[t - $1] } : 0)
        }
        let row = factor + (count + q) * width
        return (expected, (0...q).map { row[$0] })
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
    private func autocovariances(upTo: Int) -> [Double]? {
        let p = ar.count
        func right(_ lag: Int) -> Double { lag < cross.count ? cross[lag] : 0 }
        if p == 0 { return (0...upTo).map(right) }
        let n = p + 1
        var matrix = [Double](repeating: 0, count: n * n), solution = (0..<n).map(right)
        for row in 0..<n {
            matrix[row * n + row] += 1
            for lag in 1...p where ar[lag - 1] != 0 { matrix[row * n + abs(row - lag)] -= ar[lag - 1] }
        }
        guard LinearSystem.solve(&matrix, &solution, n), solution[0] > 0 else { return nil }
        while solution.count <= upTo {
            let lag = solution.count
            var value = right(lag)
            for back in 1...p { value += ar[back - 1] * solution[lag - back] }
            solution.append(value)
        }
        return solution
    }
}

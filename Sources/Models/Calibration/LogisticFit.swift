#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Logistic regression with at most two inputs by damped Newton steps (algorithm 1 of Lin, Lin, Weng, Machine Learning 68, 2007).
enum LogisticFit {
    /// The slopes in the order of the inputs, then the intercept, which minimize Σ w ln(1 + e^z) - t z.
    ///
    /// - Parameters:
    ///   - inputs: for each input a value a row.
    ///   - targets: for each row the sum of its weighted targets, in 0...weight.
    static func fit(_ inputs: [[Double]], targets: [Double], weights: [Double]) -> [Double] {
        let count = inputs.count + 1
        let (total, hits) = (weights.reduce(0, +), targets.reduce(0, +))
        var solution = [Double](repeating: 0, count: count)
        solution[count - 1] = log((hits + 1) / (total - hits + 1))
        var loss = objective(solution, inputs, targets, weights)
        for _ in 0..<200 {
            let (gradient, hessian) = derivatives(solution, inputs, targets, weights)
            if gradient.allSatisfy({ abs($0) < 1e-11 * max(total, 1) }) { break }
            let step = solve(hessian, gradient)
            let slope = -zip(gradient, step).reduce(0) { $0 + $1.0 * $1.1 }
            var scale = 1.0
            var moved = false
            while scale >= 1e-10 {
                let candidate = zip(solution, step).map { $0 - scale * $1 }
                let next = objective(candidate, inputs, targets, weights)
                if next <= loss + 1e-4 * scale * slope {
                    moved = next < loss
                    (solution, loss) = (candidate, next)
                    break
                }
                scale /= 2
            }
            if !moved { break }
        }
        return solution
    }

    private static func margin(_ row: Int, _ solution: [Double], _ inputs: [[Double]]) -> Double {
        var z = solution[inputs.count]
        for input in inputs.indices { z += solution[input] * inputs[input][row] }
        return z
    }

    private static func objective(_ solution: [Double], _ inputs: [[Double]], _ targets: [Double], _ weights: [Double]) -> Double {
        var sum = CompensatedSum()
        for row in weights.indices {
            let z = margin(row, solution, inputs)
            let softplus = z > 0 ? z + log1p(exp(-z)) : log1p(exp(z))
            sum.add(weights[row] * softplus - targets[row] * z)
        }
        return sum.value
    }

    private static func derivatives(
        _ solution: [Double], _ inputs: [[Double]], _ targets: [Double], _ weights: [Double]
    ) -> (gradient: [Double], hessian: [Double]) {
        let count = inputs.count + 1
        var gradient = [Double](repeating: 0, count: count)
        var hessian = [Double](repeating: 0, count: count * count)
        for row in weights.indices {
            let p = Calibrator.logistic(margin(row, solution, inputs))
            let (slope, curvature) = (weights[row] * p - targets[row], weights[row] * p * (1 - p))
            for i in 0..<count {
                let left = i < inputs.count ? inputs[i][row] : 1
                gradient[i] += slope * left
                for j in 0...i { hessian[i * count + j] += curvature * left * (j < inputs.count ? inputs[j][row] : 1) }
            }
        }
        for i in 0..<count {
            // The paper's sigma keeps the matrix invertible.
            hessian[i * count + i] += 1e-12
            for j in 0..<i { hessian[j * count + i] = hessian[i * count + j] }
        }
        return (gradient, hessian)
    }

    /// Gaussian elimination with pivots; at most three unknowns.
    private static func solve(_ matrix: [Double], _ right: [Double]) -> [Double] {
        let count = right.count
        var (a, b) = (matrix, right)
        for column in 0..<count {
            let pivot = (column..<count).max { abs(a[$0 * count + column]) < abs(a[$1 * count + column]) } ?? column
            if pivot != column {
                for j in 0..<count { a.swapAt(pivot * count + j, column * count + j) }
                b.swapAt(pivot, column)
            }
            guard a[column * count + column] != 0 else { return right }
            for row in (column + 1)..<max(count, column + 1) {
                let factor = a[row * count + column] / a[column * count + column]
                for j in column..<count { a[row * count + j] -= factor * a[column * count + j] }
                b[row] -= factor * b[column]
            }
        }
        for row in stride(from: count - 1, through: 0, by: -1) {
            for j in (row + 1)..<max(count, row + 1) { b[row] -= a[row * count + j] * b[j] }
            b[row] /= a[row * count + row]
        }
        return b
    }
}

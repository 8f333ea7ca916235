import Foundation

/// A function of many parameters with its gradient.
protocol DifferentiableFunction {
    var parameterCount: Int { get }
    /// - Parameter gradient: written, one a parameter.
    /// - Returns: the value; not finite outside the region where there is one.
    func evaluate(_ point: UnsafePointer<Double>, gradient: UnsafeMutablePointer<Double>) -> Double
}

/// BFGS with a backtracking line search.
///
/// Source: Nocedal, Wright, "Numerical Optimization", 2nd ed., algorithm 6.1 with the initial scaling (6.20). Far fewer evaluations than a
/// simplex needs once there are more than a few parameters, at the price of a gradient.
struct QuasiNewton {
    var iterations = 100
    /// Ends when an iteration improves the value by less than this, relatively, twice in a row.
    var tolerance = 1e-8

    func minimise<Function: DifferentiableFunction>(_ function: Function, from start: [Double]) -> (point: [Double], value: Double) {
        let n = function.parameterCount
        let memory = UnsafeMutablePointer<Double>.allocate(capacity: 6 * n + n * n)
        defer { memory.deallocate() }
        let point = memory, gradient = memory + n, next = memory + 2 * n, nextGradient = memory + 3 * n
        let direction = memory + 4 * n, product = memory + 5 * n, inverse = memory + 6 * n
        for index in 0..<n { point[index] = start[index] }
        var value = function.evaluate(point, gradient: gradient)
        guard value.isFinite else { return (start, .infinity) }
        identity(inverse, n, scale: 1)
        var small = 0, isFirst = true
        for _ in 0..<iterations {
            var slope = 0.0
            for row in 0..<n {
                var sum = 0.0
                for column in 0..<n { sum -= inverse[row * n + column] * gradient[column] }
                direction[row] = sum
                slope += sum * gradient[row]
            }
            if !(slope < 0) {
                identity(inverse, n, scale: 1)
                (slope, isFirst) = (0, true)
                for row in 0..<n {
                    direction[row] = -gradient[row]
                    slope -= gradient[row] * gradient[row]
                }
            }
            if slope > -1e-14 { break }
            var length = 0.0
            for row in 0..<n { length = max(length, abs(direction[row])) }
            var step = isFirst ? min(1, 0.1 / length) : min(1, 3 / length)
            var found = false, trialValue = value
            for _ in 0..<20 {
                for row in 0..<n { next[row] = point[row] + step * direction[row] }
                trialValue = function.evaluate(next, gradient: nextGradient)
                if trialValue.isFinite, trialValue <= value + 1e-4 * step * slope {
                    found = true
                    break
                }
                if trialValue.isFinite {
                    let curved = -slope * step * step / (2 * (trialValue - value - slope * step))
                    step = max(0.1 * step, min(0.5 * step, curved))
                } else {
                    step *= 0.2
                }
            }
            guard found else { break }
            update(inverse, n, point, next, gradient, nextGradient, product, isFirst: isFirst)
            isFirst = false
            let gain = value - trialValue
            for row in 0..<n { (point[row], gradient[row]) = (next[row], nextGradient[row]) }
            value = trialValue
            small = gain <= tolerance * (abs(value) + 1) ? small + 1 : 0
            if small >= 2 { break }
        }
        return ((0..<n).map { point[$0] }, value)
    }

    private func identity(_ matrix: UnsafeMutablePointer<Double>, _ n: Int, scale: Double) {
        for index in 0..<n * n { matrix[index] = 0 }
        for index in 0..<n { matrix[index * n + index] = scale }
    }

    private func update(
        _ inverse: UnsafeMutablePointer<Double>, _ n: Int, _ point: UnsafeMutablePointer<Double>, _ next: UnsafeMutablePointer<Double>,
        _ gradient: UnsafeMutablePointer<Double>, _ nextGradient: UnsafeMutablePointer<Double>, _ product: UnsafeMutablePointer<Double>,
        isFirst: Bool
    ) {
        var curvature = 0.0, squares = 0.0
        for row in 0..<n {
            let change = nextGradient[row] - gradient[row]
            curvature += (next[row] - point[row]) * change
            squares += change * change
        }
        guard curvature > 1e-12 * squares.squareRoot() else { return }
        if isFirst { identity(inverse, n, scale: curvature / squares) }
        var quadratic = 0.0
        for row in 0..<n {
            var sum = 0.0
            for column in 0..<n { sum += inverse[row * n + column] * (nextGradient[column] - gradient[column]) }
            product[row] = sum
            quadratic += sum * (nextGradient[row] - gradient[row])
        }
        let factor = (1 + quadratic / curvature) / curvature, share = 1 / curvature
        for row in 0..<n {
            let left = next[row] - point[row]
            for column in 0..<n {
                let right = next[column] - point[column]
                inverse[row * n + column] += factor * left * right - share * (left * product[column] + product[row] * right)
            }
        }
    }
}

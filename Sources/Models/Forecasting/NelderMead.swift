/// The simplex method for functions of a few parameters without a gradient, as a machine: it says where it wants to know the function,
/// takes the value, and goes on, so that several searches can share one pass over the data.
///
/// Sources: Nelder, Mead, "A simplex method for function minimization", Computer Journal 7 (1965); coefficients that depend on the number of
/// parameters: Gao, Han, "Implementing the Nelder-Mead simplex algorithm with adaptive parameters", Computational Optimization and
/// Applications 51 (2012). Start, limits and end are those of statsforecast 2.1.1 (the corner of parameter i lies 5 % further along it, points
/// outside are moved to the limit, the end is a standard deviation of the corners' values below 1e-4): many of its searches end before they
/// have converged, so its forecasts are met only by the same steps.
final class NelderMead {
    /// Where the function is to be evaluated next.
    let point: UnsafeMutablePointer<Double>
    private(set) var isDone = false

    private enum Step { case corner(Int), reflected, expanded, outside, inside, shrunk(Int) }
    private let n: Int
    private let lower: [Double], upper: [Double]
    private let iterations: Int, tolerance: Double
    private let corners: UnsafeMutablePointer<Double>, values: UnsafeMutablePointer<Double>
    private let centre: UnsafeMutablePointer<Double>, reflection: UnsafeMutablePointer<Double>
    private let expansion: Double, contraction: Double, shrinkage: Double
    private var step = Step.corner(0), iteration = 0
    private var best = 0, worst = 0, second = 0
    private var reflectedValue = 0.0

    /// - Parameters:
    ///   - start: at least one parameter; moved to the limits where it lies outside.
    ///   - lower: and `upper`: one a parameter, perhaps infinite.
    init(from start: [Double], lower: [Double], upper: [Double], iterations: Int = 1_000, tolerance: Double = 1e-4) {
        (n, self.lower, self.upper, self.iterations, self.tolerance) = (start.count, lower, upper, iterations, tolerance)
        let memory = UnsafeMutablePointer<Double>.allocate(capacity: (n + 1) * n + n + 1 + 3 * n)
        corners = memory
        values = corners + (n + 1) * n
        point = values + n + 1
        centre = point + n
        reflection = centre + n
        let count = Double(n)
        (expansion, contraction, shrinkage) = (1 + 2 / count, 0.75 - 1 / (2 * count), 1 - 1 / count)
        for corner in 0...n {
            for index in 0..<n {
                var value = min(max(start[index], lower[index]), upper[index])
                if corner == index { value = min(max(value == 0 ? 1e-4 : value * 1.05, lower[index]), upper[index]) }
                corners[corner * n + index] = value
            }
        }
        for index in 0..<n { point[index] = corners[index] }
    }

    deinit { corners.deallocate() }

    /// The best point found, and its value.
    var found: (point: [Double], value: Double) { ((0..<n).map { corners[best * n + $0] }, values[best]) }

    /// Takes the function's value at `point`, and sets the next point or ends.
    func take(_ value: Double) {
        switch step {
        case .corner(let corner):
            values[corner] = value
            if corner < n {
                step = .corner(corner + 1)
                for index in 0..<n { point[index] = corners[(corner + 1) * n + index] }
            } else {
                reflect()
            }
        case .reflected: afterReflection(value)
        case .expanded:
            if value < reflectedValue { replaceWorst(point, value) } else { replaceWorst(reflection, reflectedValue) }
            next()
        case .outside:
            if value <= reflectedValue {
                replaceWorst(point, value)
                next()
            } else {
                shrink(from: 0)
            }
        case .inside:
            if value < values[worst] {
                replaceWorst(point, value)
                next()
            } else {
                shrink(from: 0)
            }
        case .shrunk(let corner):
            values[corner] = value
            shrink(from: corner + 1)
        }
    }

    private func next() {
        iteration += 1
        reflect()
    }

    private func reflect() {
        guard iteration < iterations else {
            isDone = true
            return
        }
        (best, worst) = (0, 0)
        var sum = 0.0
        for corner in 0...n {
            if values[corner] < values[best] { best = corner }
            if values[corner] >= values[worst] { worst = corner }
            sum += values[corner]
        }
        second = worst == 0 ? n : 0
        for corner in 0...n where corner != worst && values[corner] >= values[second] { second = corner }
        let mean = sum / Double(n + 1)
        var squares = 0.0
        for corner in 0...n { squares += (values[corner] - mean) * (values[corner] - mean) }
        guard !((squares / Double(n + 1)).squareRoot() < tolerance) else {
            isDone = true
            return
        }
        for index in 0..<n { centre[index] = corners[index] }
        for corner in 1...n { for index in 0..<n { centre[index] += corners[corner * n + index] } }
        for index in 0..<n {
            centre[index] = (centre[index] - corners[worst * n + index]) / Double(n)
            reflection[index] = clamped(centre[index] + (centre[index] - corners[worst * n + index]), index)
            point[index] = reflection[index]
        }
        step = .reflected
    }

    private func afterReflection(_ value: Double) {
        reflectedValue = value
        if values[best] <= value, value < values[second] {
            replaceWorst(reflection, value)
            next()
        } else if value < values[best] {
            move(expansion)
            step = .expanded
        } else if values[second] <= value, value < values[worst] {
            move(contraction)
            step = .outside
        } else {
            move(-contraction)
            step = .inside
        }
    }

    private func move(_ factor: Double) {
        for index in 0..<n { point[index] = clamped(centre[index] + factor * (reflection[index] - centre[index]), index) }
    }

    private func shrink(from first: Int) {
        var corner = first
        if corner == best { corner += 1 }
        guard corner <= n else {
            next()
            return
        }
        for index in 0..<n {
            let low = corners[best * n + index], place = corner * n + index
            corners[place] = clamped(low + shrinkage * (corners[place] - low), index)
            point[index] = corners[place]
        }
        step = .shrunk(corner)
    }

    @inline(__always)
    private func clamped(_ value: Double, _ index: Int) -> Double { min(max(value, lower[index]), upper[index]) }

    private func replaceWorst(_ source: UnsafeMutablePointer<Double>, _ value: Double) {
        for index in 0..<n { corners[worst * n + index] = source[index] }
        values[worst] = value
    }

    /// Runs to the end with a function that stands alone.
    func run(_ function: (UnsafePointer<Double>) -> Double) -> (point: [Double], value: Double) {
        while !isDone { take(function(point)) }
        return found
    }
}

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
    private typealias Block = SIMD4<Double>
    private let n: Int
    /// Rows of corners are whole blocks, with zeros at the end.
    private let blocks: Int
    private let iterations: Int, tolerance: Double
    private let corners: UnsafeMutablePointer<Block>, trial: UnsafeMutablePointer<Block>
    private let centre: UnsafeMutablePointer<Block>, reflection: UnsafeMutablePointer<Block>
    private let lower: UnsafeMutablePointer<Block>, upper: UnsafeMutablePointer<Block>
    private let values: UnsafeMutablePointer<Double>
    private let expansion: Double, contraction: Double, shrinkage: Double
    private var step = Step.corner(0), iteration = 0
    private var best = 0, worst = 0, second = 0
    private var reflectedValue = 0.0

    /// - Parameters:
    ///   - start: at least one parameter; moved to the limits where it lies outside.
    ///   - lower: and `upper`: one a parameter, perhaps infinite.
    init(from start: [Double], lower: [Double], upper: [Double], iterations: Int = 1_000, tolerance: Double = 1e-4) {
        (n, self.iterations, self.tolerance) = (start.count, iterations, tolerance)
        blocks = (n + 3) / 4
        let rows = (n + 1) * blocks
        corners = .allocate(capacity: rows + 5 * blocks)
        corners.initialize(repeating: Block(repeating: 0), count: rows + 5 * blocks)
        trial = corners + rows
        (centre, reflection) = (trial + blocks, trial + 2 * blocks)
        (self.lower, self.upper) = (trial + 3 * blocks, trial + 4 * blocks)
        values = .allocate(capacity: n + 1)
        point = UnsafeMutableRawPointer(trial).assumingMemoryBound(to: Double.self)
        let count = Double(n)
        (expansion, contraction, shrinkage) = (1 + 2 / count, 0.75 - 1 / (2 * count), 1 - 1 / count)
        for index in 0..<n { (self.lower[index / 4][index % 4], self.upper[index / 4][index % 4]) = (lower[index], upper[index]) }
        for corner in 0...n {
            for index in 0..<n {
                var value = min(max(start[index], lower[index]), upper[index])
                if corner == index { value = min(max(value == 0 ? 1e-4 : value * 1.05, lower[index]), upper[index]) }
                corners[corner * blocks + index / 4][index % 4] = value
            }
        }
        trial.update(from: corners, count: blocks)
    }

    deinit {
        corners.deallocate()
        values.deallocate()
    }

    /// The best point found, and its value.
    var found: (point: [Double], value: Double) { ((0..<n).map { corners[best * blocks + $0 / 4][$0 % 4] }, values[best]) }

    /// Takes the function's value at `point`, and sets the next point or ends.
    func take(_ value: Double) {
        switch step {
        case .corner(let corner):
            values[corner] = value
            if corner < n {
                step = .corner(corner + 1)
                trial.update(from: corners + (corner + 1) * blocks, count: blocks)
            } else {
                reflect()
            }
        case .reflected: afterReflection(value)
        case .expanded:
            if value < reflectedValue { replaceWorst(trial, value) } else { replaceWorst(reflection, reflectedValue) }
            next()
        case .outside:
            if value <= reflectedValue {
                replaceWorst(trial, value)
                next()
            } else {
                shrink(from: 0)
            }
        case .inside:
            if value < values[worst] {
                replaceWorst(trial, value)
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
        let share = Double(n), low = corners + worst * blocks
        for block in 0..<blocks {
            var sum = corners[block]
            for corner in 1...n { sum += corners[corner * blocks + block] }
            let middle = (sum - low[block]) / share
            centre[block] = middle
            reflection[block] = clamped(middle + (middle - low[block]), block)
            trial[block] = reflection[block]
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
        for block in 0..<blocks { trial[block] = clamped(centre[block] + factor * (reflection[block] - centre[block]), block) }
    }

    private func shrink(from first: Int) {
        var corner = first
        if corner == best { corner += 1 }
        guard corner <= n else {
            next()
            return
        }
        let high = corners + best * blocks, row = corners + corner * blocks
        for block in 0..<blocks {
            row[block] = clamped(high[block] + shrinkage * (row[block] - high[block]), block)
            trial[block] = row[block]
        }
        step = .shrunk(corner)
    }

    @inline(__always)
    private func clamped(_ value: Block, _ block: Int) -> Block {
        let raised = value.replacing(with: lower[block], where: value .< lower[block])
        return raised.replacing(with: upper[block], where: raised .> upper[block])
    }

    private func replaceWorst(_ source: UnsafeMutablePointer<Block>, _ value: Double) {
        (corners + worst * blocks).update(from: source, count: blocks)
        values[worst] = value
    }

    /// Runs to the end with a function that stands alone.
    func run(_ function: (UnsafePointer<Double>) -> Double) -> (point: [Double], value: Double) {
        while !isDone { take(function(point)) }
        return found
    }
}

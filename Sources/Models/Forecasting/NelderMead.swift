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

    private enum Step { case corner, reflected, expanded, outside, inside, shrunk }
    private typealias Block = SIMD4<Double>

    /// What changes while it searches; behind a pointer, since the steps between two passes over a short series count.
    private struct Course {
        var step = Step.corner, corner = 0, iteration = 0
        var best = 0, worst = 0, second = 0
        var reflectedValue = 0.0
        var isDone = false
    }
    private let n: Int
    /// Rows of corners are whole blocks, with zeros at the end.
    private let blocks: Int
    private let iterations: Int, tolerance: Double
    /// All rows, in this order, and the limits after them.
    private let corners: UnsafeMutablePointer<Block>, trial: UnsafeMutablePointer<Block>, centre: UnsafeMutablePointer<Block>
    private let reflection: UnsafeMutablePointer<Block>, total: UnsafeMutablePointer<Block>
    private let lower: UnsafeMutablePointer<Block>, upper: UnsafeMutablePointer<Block>
    private let values: UnsafeMutablePointer<Double>
    /// Corners by value, of equals the first one first.
    private let order: UnsafeMutablePointer<Int>
    private let course: UnsafeMutablePointer<Course>
    private let expansion: Double, contraction: Double, shrinkage: Double

    /// - Parameters:
    ///   - start: at least one parameter; moved to the limits where it lies outside.
    ///   - lower: and `upper`: one a parameter, perhaps infinite.
    init(from start: [Double], lower: [Double], upper: [Double], iterations: Int = 1_000, tolerance: Double = 1e-4) {
        (n, self.iterations, self.tolerance) = (start.count, iterations, tolerance)
        blocks = (n + 3) / 4
        let rows = (n + 1) * blocks
        corners = .allocate(capacity: rows + 6 * blocks)
        corners.initialize(repeating: Block(repeating: 0), count: rows + 6 * blocks)
        trial = corners + rows
        (centre, reflection, total) = (trial + blocks, trial + 2 * blocks, trial + 3 * blocks)
        (self.lower, self.upper) = (trial + 4 * blocks, trial + 5 * blocks)
        values = .allocate(capacity: n + 1)
        order = .allocate(capacity: n + 1)
        course = .allocate(capacity: 1)
        course.initialize(to: Course())
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
        order.deallocate()
        course.deallocate()
    }

    var isDone: Bool { course.pointee.isDone }

    /// The best point found, and its value.
    var found: (point: [Double], value: Double) {
        let best = course.pointee.best
        return ((0..<n).map { corners[best * blocks + $0 / 4][$0 % 4] }, values[best])
    }

    /// Takes the function's value at `point`, and sets the next point or ends.
    func take(_ given: Double) {
        let value = given.isNaN ? .infinity : given, course = course
        switch course.pointee.step {
        case .corner:
            let corner = course.pointee.corner
            values[corner] = value
            if corner < n {
                course.pointee.corner = corner + 1
                trial.update(from: corners + (corner + 1) * blocks, count: blocks)
            } else {
                begin()
            }
        case .reflected: afterReflection(value)
        case .expanded:
            if value < course.pointee.reflectedValue {
                replaceWorst(trial, value)
            } else {
                replaceWorst(reflection, course.pointee.reflectedValue)
            }
        case .outside:
            if value <= course.pointee.reflectedValue { replaceWorst(trial, value) } else { shrink(from: 0) }
        case .inside:
            if value < values[course.pointee.worst] { replaceWorst(trial, value) } else { shrink(from: 0) }
        case .shrunk:
            values[course.pointee.corner] = value
            shrink(from: course.pointee.corner + 1)
        }
    }

    /// Sorts and adds up all corners, and goes on.
    private func begin() {
        for corner in 0...n { place(corner, after: corner) }
        sumUp()
        reflect()
    }

    private func sumUp() {
        for block in 0..<blocks {
            var sum = corners[block]
            for corner in 1...n { sum += corners[corner * blocks + block] }
            total[block] = sum
        }
    }

    /// Puts a corner among the first so many of the order.
    @inline(__always)
    private func place(_ corner: Int, after count: Int) {
        let value = values[corner]
        var at = count
        while at > 0 {
            let other = order[at - 1]
            guard values[other] > value || (values[other] == value && other > corner) else { break }
            order[at] = other
            at -= 1
        }
        order[at] = corner
    }

    /// Whether the values' standard deviation is below the tolerance. Most often their range alone says that it is not.
    @inline(__always)
    private func isNarrow(_ low: Double, _ high: Double) -> Bool {
        let count = Double(n + 1), range = high - low
        guard !(range * range > 2.0001 * count * tolerance * tolerance) else { return false }
        var sum = 0.0, squares = 0.0
        for corner in 0...n { sum += values[corner] }
        let mean = sum / count
        for corner in 0...n { squares += (values[corner] - mean) * (values[corner] - mean) }
        return (squares / count).squareRoot() < tolerance
    }

    private func reflect() {
        let worst = order[n], course = course
        // At the last step the best corner stays that of the step before, as in the reference.
        guard course.pointee.iteration < iterations else {
            course.pointee.isDone = true
            return
        }
        (course.pointee.best, course.pointee.worst, course.pointee.second) = (order[0], worst, order[n - 1])
        guard !isNarrow(values[order[0]], values[worst]) else {
            course.pointee.isDone = true
            return
        }
        let share = Double(n), low = corners + worst * blocks
        // With few parameters the sum is formed anew: some searches take another way at a difference of one rounding.
        if blocks == 1 { sumUp() }
        for block in 0..<blocks {
            let middle = (total[block] - low[block]) / share
            centre[block] = middle
            reflection[block] = clamped(middle + (middle - low[block]), block)
            trial[block] = reflection[block]
        }
        course.pointee.step = .reflected
    }

    private func afterReflection(_ value: Double) {
        let course = course
        let best = values[course.pointee.best], second = values[course.pointee.second], worst = values[course.pointee.worst]
        course.pointee.reflectedValue = value
        if best <= value, value < second {
            replaceWorst(reflection, value)
        } else if value < best {
            move(expansion)
            course.pointee.step = .expanded
        } else if second <= value, value < worst {
            move(contraction)
            course.pointee.step = .outside
        } else {
            move(-contraction)
            course.pointee.step = .inside
        }
    }

    private func move(_ factor: Double) {
        for block in 0..<blocks { trial[block] = clamped(centre[block] + factor * (reflection[block] - centre[block]), block) }
    }

    private func shrink(from first: Int) {
        var corner = first
        if corner == course.pointee.best { corner += 1 }
        guard corner <= n else {
            course.pointee.iteration += 1
            begin()
            return
        }
        let high = corners + course.pointee.best * blocks, row = corners + corner * blocks
        for block in 0..<blocks {
            row[block] = clamped(high[block] + shrinkage * (row[block] - high[block]), block)
            trial[block] = row[block]
        }
        course.pointee.corner = corner
        course.pointee.step = .shrunk
    }

    @inline(__always)
    private func clamped(_ value: Block, _ block: Int) -> Block {
        let raised = value.replacing(with: lower[block], where: value .< lower[block])
        return raised.replacing(with: upper[block], where: raised .> upper[block])
    }

    /// Puts a point in the place of the worst corner, and goes on.
    private func replaceWorst(_ source: UnsafeMutablePointer<Block>, _ value: Double) {
        let worst = course.pointee.worst, row = corners + worst * blocks
        for block in 0..<blocks {
            total[block] += source[block] - row[block]
            row[block] = source[block]
        }
        values[worst] = value
        place(worst, after: n)
        course.pointee.iteration += 1
        reflect()
    }

    /// Runs to the end with a function that stands alone.
    func run(_ function: (UnsafePointer<Double>) -> Double) -> (point: [Double], value: Double) {
        while !isDone { take(function(point)) }
        return found
    }
}

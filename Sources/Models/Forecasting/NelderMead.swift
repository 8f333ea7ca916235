/// The simplex method for functions of a few parameters without a gradient.
///
/// Source: Nelder, Mead, "A simplex method for function minimization", Computer Journal 7 (1965), with the restarts and the coefficients of
/// Gao, Han, "Implementing the Nelder-Mead simplex algorithm with adaptive parameters" (2012).
struct NelderMead {
    var evaluations = 500
    /// The best and the worst corner differ by less than this, relative to the value.
    var tolerance = 1e-7

    /// - Parameters:
    ///   - start: of the parameters, inside the limits.
    ///   - lower: and `upper`: values outside are moved to the limit.
    /// - Returns: where the least value was found, and it.
    func minimise(
        from start: [Double], lower: [Double], upper: [Double], _ function: (UnsafePointer<Double>) -> Double
    ) -> (point: [Double], value: Double) {
        let n = start.count
        var corners = [Double](repeating: 0, count: (n + 1) * n), values = [Double](repeating: 0, count: n + 1)
        var centre = [Double](repeating: 0, count: n), trial = centre, other = centre
        var used = 0
        func evaluate(_ point: UnsafePointer<Double>) -> Double {
            used += 1
            let value = function(point)
            return value.isFinite ? value : .greatestFiniteMagnitude
        }
        func clamped(_ value: Double, _ index: Int) -> Double { min(max(value, lower[index]), upper[index]) }
        for corner in 0...n {
            for index in 0..<n {
                var value = start[index]
                if corner == index + 1 {
                    let step = max(0.1 * abs(value), 0.05 * min(upper[index] - lower[index], 1))
                    value = value + step <= upper[index] ? value + step : value - step
                }
                corners[corner * n + index] = clamped(value, index)
            }
        }
        for corner in 0...n { values[corner] = corners.withUnsafeBufferPointer { evaluate($0.baseAddress! + corner * n) } }
        let expand = 1 + 2 / Double(n), contract = 0.75 - 1 / (2 * Double(n)), shrink = 1 - 1 / Double(max(n, 2))
        while used < evaluations {
            var best = 0, worst = 0
            for corner in 1...n {
                if values[corner] < values[best] { best = corner }
                if values[corner] > values[worst] { worst = corner }
            }
            if values[worst] - values[best] <= tolerance * (abs(values[best]) + tolerance) { break }
            var second = best
            for corner in 0...n where corner != worst && values[corner] > values[second] { second = corner }
            for index in 0..<n {
                var sum = 0.0
                for corner in 0...n where corner != worst { sum += corners[corner * n + index] }
                centre[index] = sum / Double(n)
            }
            func move(_ factor: Double, into point: inout [Double]) -> Double {
                for index in 0..<n { point[index] = clamped(centre[index] + factor * (centre[index] - corners[worst * n + index]), index) }
                return evaluate(point)
            }
            let reflected = move(1, into: &trial)
            if reflected < values[best] {
                let expanded = move(expand, into: &other)
                let wins = expanded < reflected
                for index in 0..<n { corners[worst * n + index] = wins ? other[index] : trial[index] }
                values[worst] = wins ? expanded : reflected
                continue
            }
            if reflected < values[second] || (n == 1 && reflected < values[worst]) {
                for index in 0..<n { corners[worst * n + index] = trial[index] }
                values[worst] = reflected
                continue
            }
            let contracted = move(reflected < values[worst] ? contract : -contract, into: &other)
            if contracted < min(reflected, values[worst]) {
                for index in 0..<n { corners[worst * n + index] = other[index] }
                values[worst] = contracted
                continue
            }
            for corner in 0...n where corner != best {
                for index in 0..<n {
                    let low = corners[best * n + index]
                    corners[corner * n + index] = low + shrink * (corners[corner * n + index] - low)
                }
                values[corner] = corners.withUnsafeBufferPointer { evaluate($0.baseAddress! + corner * n) }
            }
        }
        let best = values.indices.min { values[$0] < values[$1] } ?? 0
        return (Array(corners[best * n..<(best + 1) * n]), values[best])
    }
}

/// Along which mixtures of sensors units wear out, from normalised readings.
enum FleetMixtures {
    /// - Parameters:
    ///   - values: row-major, `width` a row.
    ///   - lives: NaN = not known.
    /// - Returns: `FleetNorms.mixtures` rows of `width` weights, each of length 1 or all 0.
    static func learn(_ values: [Double], width: Int, units: [UInt64], lives: [Float]) -> [Double] {
        guard width > 0 else { return [] }
        let changes = changes(values, width: width, units: units)
        return unit(lifeDirection(values, width: width, lives: lives)) + principal(changes, width: width, count: FleetNorms.mixtures - 1)
    }

    /// Ridge regression of the life left, capped at 125 steps, with 10 on the diagonal.
    private static func lifeDirection(_ values: [Double], width: Int, lives: [Float]) -> [Double] {
        let rows = lives.indices.filter { !lives[$0].isNaN }
        guard rows.count > width else { return [Double](repeating: 0, count: width) }
        let mean = rows.reduce(0.0) { $0 + Double(min(lives[$1], 125)) } / Double(rows.count)
        var (matrix, right) = ([Double](repeating: 0, count: width * width), [Double](repeating: 0, count: width))
        for row in rows {
            let life = Double(min(lives[row], 125)) - mean
            for a in 0..<width {
                let value = values[row * width + a]
                right[a] += value * life
                for b in 0...a { matrix[a * width + b] += value * values[row * width + b] }
            }
        }
        for a in 0..<width {
            matrix[a * width + a] += 10
            for b in 0..<a { matrix[b * width + a] = matrix[a * width + b] }
        }
        return solved(matrix, right)
    }

    /// Gaussian elimination without exchanges: the matrix is positive definite.
    private static func solved(_ given: [Double], _ right: [Double]) -> [Double] {
        let width = right.count
        var (matrix, result) = (given, right)
        for pivot in 0..<width {
            for row in (pivot + 1)..<max(width, pivot + 1) {
                let factor = matrix[row * width + pivot] / matrix[pivot * width + pivot]
                guard factor != 0 else { continue }
                for column in pivot..<width { matrix[row * width + column] -= factor * matrix[pivot * width + column] }
                result[row] -= factor * result[pivot]
            }
        }
        for row in (0..<width).reversed() {
            for column in (row + 1)..<max(width, row + 1) { result[row] -= matrix[row * width + column] * result[column] }
            result[row] /= matrix[row * width + row]
        }
        return result
    }

    /// Of each unit: the mean of its last 15 readings less that of its first 30.
    private static func changes(_ values: [Double], width: Int, units: [UInt64]) -> [[Double]] {
        var rows: [UInt64: [Int]] = [:]
        var order: [UInt64] = []
        for (row, unit) in units.enumerated() {
            if rows[unit] == nil { order.append(unit) }
            rows[unit, default: []].append(row)
        }
        func mean(_ rows: some Collection<Int>, _ column: Int) -> Double {
            rows.reduce(0.0) { $0 + values[$1 * width + column] } / Double(rows.count)
        }
        return order.compactMap { unit in
            guard let own = rows[unit], own.count >= 30 else { return nil }
            return (0..<width).map { mean(own.suffix(15), $0) - mean(own.prefix(30), $0) }
        }
    }

    /// Eigenvectors of the changes' second moments with the largest eigenvalues, by power iteration with deflation; the largest weight of
    /// each is positive.
    private static func principal(_ changes: [[Double]], width: Int, count: Int) -> [Double] {
        var moments = [Double](repeating: 0, count: width * width)
        for change in changes { for a in 0..<width { for b in 0..<width { moments[a * width + b] += change[a] * change[b] } } }
        var result: [Double] = []
        for index in 0..<count {
            var vector = unit((0..<width).map { 1 + Double($0 * (index + 2) % 7) / 7 })
            var value = 0.0
            for _ in 0..<500 {
                let next = (0..<width).map { a in (0..<width).reduce(0.0) { $0 + moments[a * width + $1] * vector[$1] } }
                value = next.reduce(0) { $0 + $1 * $1 }.squareRoot()
                guard value > 1e-12 else { break }
                vector = next.map { $0 / value }
            }
            guard value > 1e-12 else {
                result += [Double](repeating: 0, count: width)
                continue
            }
            if let top = vector.max(by: { abs($0) < abs($1) }), top < 0 { vector = vector.map { -$0 } }
            result += vector
            for a in 0..<width { for b in 0..<width { moments[a * width + b] -= value * vector[a] * vector[b] } }
        }
        return result
    }

    private static func unit(_ vector: [Double]) -> [Double] {
        let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return length > 0 ? vector.map { $0 / length } : vector
    }
}

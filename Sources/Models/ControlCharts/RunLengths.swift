#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How many points a chart takes on average until it signals, for independent normal points whose mean has moved by a number of standard
/// deviations: 0 gives the time between false signals.
public enum RunLengths {
    /// One over the chance of a point beyond `limit`: 370.4 for three standard deviations.
    public static func shewhart(limit: Double = 3, shift: Double = 0) -> Double {
        1 / (NormalDistribution.cumulative(-limit - shift) + NormalDistribution.cumulative(shift - limit))
    }

    /// Both sums together, from 0. Integral equation of one sum (E. S. Page 1954; A. L. Goel, S. M. Wu, Technometrics 13, 1971), solved by
    /// Gauss's quadrature; rates of the two sums add up (K. W. Kemp 1961).
    ///
    /// D. C. Montgomery, table 9.3: slack 0.5 and limit 5 give 465 without a shift and 10.4 for one standard deviation.
    public static func cusum(slack: Double = 0.5, limit: Double = 5, shift: Double = 0) -> Double {
        1 / (1 / oneSided(slack: slack, limit: limit, shift: shift) + 1 / oneSided(slack: slack, limit: limit, shift: -shift))
    }

    private static func oneSided(slack: Double, limit: Double, shift: Double) -> Double {
        // L(s) = 1 + L(0) F(k - s) + integral over 0...h of L(x) f(x + k - s); the last unknown is L(0).
        let (nodes, weights) = quadrature(count: 48, from: 0, to: limit)
        let states = nodes + [0]
        let matrix = states.map { start in
            zip(nodes, weights).map { node, weight in -weight * NormalDistribution.density(node + slack - start - shift) }
                + [-NormalDistribution.cumulative(slack - start - shift)]
        }
        return solved(matrix).last ?? .infinity
    }

    /// Limits of the steady state, from the center. Integral equation of S. V. Crowder, Technometrics 29, 1987.
    ///
    /// J. M. Lucas, M. S. Saccucci, Technometrics 32, 1990: weight 0.1 and limit 2.814 give 500 without a shift, 10.3 for one standard
    /// deviation.
    public static func ewma(weight: Double = 0.1, limit: Double = 2.814, shift: Double = 0) -> Double {
        let bound = limit * (weight / (2 - weight)).squareRoot()
        let (nodes, weights) = quadrature(count: 48, from: -bound, to: bound)
        let states = nodes + [0]
        let matrix = states.map { start in
            zip(nodes, weights).map { node, own in
                -own / weight * NormalDistribution.density((node - (1 - weight) * start) / weight - shift)
            } + [0]
        }
        return solved(matrix).last ?? .infinity
    }

    /// All four rules together, by the Markov chain of what the chart remembers (C. W. Champ, W. H. Woodall, Technometrics 29, 1987): 91.75
    /// without a shift.
    public static func westernElectric(shift: Double = 0) -> Double {
        // The middle of each zone stands for it.
        let zones: [(point: Double, chance: Double)] = (-3..<3).map { zone in
            let low = Double(zone), point = low + 0.5
            return (point, NormalDistribution.cumulative(low + 1 - shift) - NormalDistribution.cumulative(low - shift))
        }
        var numbers: [[Double]: Int] = [[]: 0]
        var states: [[Double]] = [[]]
        var moves: [[Int]] = []
        while moves.count < states.count {
            let state = states[moves.count]
            moves.append(
                zones.map { zone in
                    let points = [zone.point] + state
                    guard ControlChart.westernElectric(points).isEmpty else { return -1 }
                    let kept = essential(points)
                    if let number = numbers[kept] { return number }
                    numbers[kept] = states.count
                    states.append(kept)
                    return states.count - 1
                })
        }
        return length(moves, chances: zones.map(\.chance))
    }

    /// The points as far as they matter: beyond the fourth only whether the run on one side goes on.
    private static func essential(_ points: [Double]) -> [Double] {
        let sign: Double = points[0] > 0 ? 1 : -1
        let run = min(points.prefix { $0 * sign > 0 }.count, 7)
        return points.prefix(max(run, min(points.count, 4))).enumerated().map { place, point in
            if place >= 4 { return 0.5 * sign }
            // Two of three looks two points back, four of five four; nearer the center only the side counts.
            let size = abs(point) > 2 && place >= 2 ? 1.5 : abs(point)
            return point > 0 ? size : -size
        }
    }

    /// Mean number of steps until the chain leaves: the sum of the chances of still being in it, whose tail is geometric.
    private static func length(_ moves: [[Int]], chances: [Double]) -> Double {
        var mass = [Double](repeating: 0, count: moves.count)
        mass[0] = 1
        var (sum, alive, ratio) = (1.0, 1.0, 0.0)
        for _ in 0..<2_000 {
            var next = [Double](repeating: 0, count: moves.count)
            for (state, own) in mass.enumerated() where own > 0 {
                for (zone, target) in moves[state].enumerated() where target >= 0 { next[target] += own * chances[zone] }
            }
            mass = next
            let now = mass.reduce(0, +)
            let newRatio = alive > 0 ? now / alive : 0
            let isSteady = abs(newRatio - ratio) < 1e-13
            (alive, ratio) = (now, newRatio)
            sum += alive
            if isSteady || alive < 1e-14 { break }
        }
        return sum + alive * ratio / (1 - ratio)
    }

    // MARK: Numerics

    /// Gauss-Legendre: roots of the Legendre polynomial by Newton's method.
    static func quadrature(count: Int, from low: Double, to high: Double) -> (nodes: [Double], weights: [Double]) {
        var (nodes, weights): ([Double], [Double]) = ([], [])
        for index in 1...count {
            var x = cos(Double.pi * (Double(index) - 0.25) / (Double(count) + 0.5))
            var slope = 1.0
            for _ in 0..<100 {
                var (previous, value) = (1.0, x)
                for degree in 2...count {
                    (previous, value) = (value, (Double(2 * degree - 1) * x * value - Double(degree - 1) * previous) / Double(degree))
                }
                slope = Double(count) * (x * value - previous) / (x * x - 1)
                let step = value / slope
                x -= step
                if abs(step) < 1e-15 { break }
            }
            nodes.append((low + high) / 2 + (high - low) / 2 * x)
            weights.append((high - low) / ((1 - x * x) * slope * slope))
        }
        return (nodes, weights)
    }

    /// Solves (1 + matrix) x = 1 by elimination with row pivots.
    private static func solved(_ matrix: [[Double]]) -> [Double] {
        let count = matrix.count
        var rows = matrix.enumerated().map { index, row in
            var row = row + [1]
            row[index] += 1
            return row
        }
        for column in 0..<count {
            let pivot = (column..<count).max { abs(rows[$0][column]) < abs(rows[$1][column]) } ?? column
            rows.swapAt(column, pivot)
            for row in (column + 1)..<count {
                let factor = rows[row][column] / rows[column][column]
                if factor == 0 { continue }
                for place in column...count { rows[row][place] -= factor * rows[column][place] }
            }
        }
        var result = [Double](repeating: 0, count: count)
        for row in stride(from: count - 1, through: 0, by: -1) {
            var value = rows[row][count]
            for place in (row + 1)..<max(count, row + 1) { value -= rows[row][place] * result[place] }
            result[row] = value / rows[row][row]
        }
        return result
    }
}

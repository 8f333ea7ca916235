/// Forecasts of a hierarchy's nodes made to add up.
///
/// Sources: Wickramasuriya, Athanasopoulos, Hyndman, "Optimal forecast reconciliation for hierarchical and grouped time series through trace
/// minimization", J. American Statistical Association 114 (2019): y - W C' (C W C')^-1 C y, with C the sums' constraints; shrinkage of W:
/// Schäfer, Strimmer, Statistical Applications in Genetics and Molecular Biology 4 (2005); quantiles by reconciled samples: Panagiotelis,
/// Gamakumara, Athanasopoulos, Hyndman, European J. of Operational Research 306 (2023), joint by the ranks of past errors (Clark, Gangopadhyay,
/// Hay, Rajagopalan, Wilby, J. Hydrometeorology 5 (2004)).
///
/// W is never written out: it is a diagonal and the products of a few rows of errors, so that work and memory grow with nodes times rows, and
/// with the square of the number of groups only.
public struct Reconciliation: Sendable {
    public enum Method: String, Sendable, CaseIterable {
        /// Sums of the items' forecasts.
        case bottomUp = "bottom-up"
        /// All nodes' forecasts, weighted by the covariance of their past errors.
        case minimumTrace = "minimum-trace"
    }

    public let hierarchy: Hierarchy
    /// What the diagonal has of the errors' covariance, 0 to 1.
    public let shrinkage: Double
    /// Rows of past errors, one value a node.
    private let errors: [[Double]]
    private let variances: [Double]
    /// The same, row after row.
    private let flat: [Double]
    /// C W C', factored; nil = bottom-up.
    private let constraint: FactoredSystem?

    /// - Parameters:
    ///   - errors: of past one-step forecasts (value less forecast), a row a past step with one value a node; at least 3 rows, else the
    ///     method is bottom-up.
    public init(_ hierarchy: Hierarchy, errors: [[Double]], method: Method = .minimumTrace) {
        (self.hierarchy, self.errors) = (hierarchy, errors)
        guard method == .minimumTrace, errors.count >= 3 else {
            (shrinkage, variances, flat, constraint) = (1, [], [], nil)
            return
        }
        let nodes = hierarchy.names.count, groups = hierarchy.groupCount, count = Double(errors.count)
        var variances = (0..<nodes).map { node in errors.reduce(0) { $0 + $1[node] * $1[node] } / count }
        let floor = max(variances.reduce(0, +) / Double(nodes) * 1e-9, 1e-12)
        for node in variances.indices { variances[node] = max(variances[node], floor) }
        self.variances = variances
        flat = errors.flatMap { $0 }
        shrinkage = Self.shrinkage(errors, variances)
        // C W C': of the diagonal part, items that two groups share; and of the errors' own products.
        var square = [Double](repeating: 0, count: groups * groups)
        for (item, own) in hierarchy.groupsOfItems.enumerated() {
            for left in own { for right in own { square[left * groups + right] += shrinkage * variances[groups + item] } }
        }
        for group in 0..<groups { square[group * groups + group] += shrinkage * variances[group] }
        for row in errors {
            let gap = hierarchy.gaps(row), share = (1 - shrinkage) / count
            for left in 0..<groups where gap[left] != 0 {
                for right in 0..<groups { square[left * groups + right] += share * gap[left] * gap[right] }
            }
        }
        constraint = FactoredSystem(square, groups)
    }

    /// Of the correlations: the sum of their variances over the sum of their squares, pairs of nodes each once.
    ///
    /// Sums over all pairs come from sums over rows: of squares, the squared sum of a row's squares; of means, the products of rows.
    static func shrinkage(_ errors: [[Double]], _ variances: [Double]) -> Double {
        let count = Double(errors.count)
        let scaled = errors.map { row in zip(row, variances).map { $0 / $1.squareRoot() } }
        var sumOfSquares = 0.0, squares = 0.0
        for row in scaled {
            let sum = row.reduce(0) { $0 + $1 * $1 }
            sumOfSquares += (sum * sum - row.reduce(0) { $0 + $1 * $1 * $1 * $1 }) / count
        }
        for left in scaled {
            for right in scaled {
                var product = 0.0
                for node in left.indices { product += left[node] * right[node] }
                squares += product * product
            }
        }
        squares /= count * count
        for node in variances.indices {
            let own = scaled.reduce(0) { $0 + $1[node] * $1[node] } / count
            squares -= own * own
        }
        let spread = (sumOfSquares - squares) / (count - 1)
        // What is left of rounding where nothing correlates.
        guard squares > 1e-9 * max(sumOfSquares, 1) else { return 1 }
        return min(max(spread / squares, 0.01), 1)
    }

    /// A value a node that adds up, from one that need not.
    ///
    /// - Parameters:
    ///   - isPositive: items below zero are taken for zero, and sums are those of the items.
    ///   - limits: the most of each item; nil = none.
    public func reconciled(_ nodes: [Double], isPositive: Bool = true, limits: [Double]? = nil) -> [Double] {
        let groups = hierarchy.groupCount
        var items = Array(nodes[groups...])
        if let constraint {
            let weights = constraint.solution(hierarchy.gaps(nodes))
            for (item, change) in changes(weights).enumerated() { items[item] -= change }
        }
        if isPositive { for item in items.indices { items[item] = max(items[item], 0) } }
        if let limits { for item in items.indices { items[item] = min(items[item], limits[item]) } }
        return hierarchy.sums(items)
    }

    /// The items' part of W C' x.
    private func changes(_ weights: [Double]) -> [Double] {
        let groups = hierarchy.groupCount, rows = errors.count, keep = (1 - shrinkage) / Double(rows)
        let nodes = hierarchy.names.count, items = nodes - groups
        var pulls = weights + hierarchy.groupsOfItems.map { own in -own.reduce(0) { $0 + weights[$1] } }
        // Products over all nodes, again and again: without checks of bounds.
        return flat.withUnsafeBufferPointer { flat in
            pulls.withUnsafeMutableBufferPointer { pulls in
                var shares = [Double](repeating: 0, count: rows)
                if keep > 0 {
                    for row in 0..<rows {
                        var sum = 0.0
                        for node in 0..<nodes { sum += flat[row * nodes + node] * pulls[node] }
                        shares[row] = keep * sum
                    }
                }
                var changes = [Double](repeating: 0, count: items)
                changes.withUnsafeMutableBufferPointer { changes in
                    for item in 0..<items { changes[item] = pulls[groups + item] * shrinkage * variances[groups + item] }
                    for row in 0..<rows where shares[row] != 0 {
                        let start = row * nodes + groups
                        for item in 0..<items { changes[item] += shares[row] * flat[start + item] }
                    }
                }
                return changes
            }
        }
    }

    /// Forecasts whose means add up, and whose quantiles are those of samples that add up.
    ///
    /// - Parameters:
    ///   - forecasts: one a node, of the same request.
    ///   - limits: the most of each item; nil = none.
    public func reconciled(
        _ forecasts: [LocalForecast], levels: [Double], isPositive: Bool = true, limits: [Double]? = nil
    ) -> [LocalForecast] {
        var result = forecasts
        let ranks = ranks()
        for step in forecasts[0].mean.indices {
            let means = reconciled(forecasts.map { $0.mean[step] }, isPositive: isPositive, limits: limits)
            let samples = errors.indices.map { row in
                let drawn = forecasts.indices.map { forecasts[$0].value(step: step, at: ranks[$0][row], levels: levels) }
                return reconciled(drawn, isPositive: isPositive, limits: limits)
            }
            for node in result.indices {
                result[node].mean[step] = means[node]
                let sorted = samples.map { $0[node] }.sorted()
                for (place, level) in levels.enumerated() where !sorted.isEmpty {
                    result[node].quantiles[step * levels.count + place] = SeriesMath.quantile(sorted, level)
                }
            }
        }
        return result
    }

    /// Of each node, the share of its past errors below that of a row.
    private func ranks() -> [[Double]] {
        let count = Double(errors.count)
        return hierarchy.names.indices.map { node in
            var result = [Double](repeating: 0, count: errors.count)
            let order = errors.indices.sorted { (errors[$0][node], $0) < (errors[$1][node], $1) }
            for (place, row) in order.enumerated() { result[row] = (Double(place) + 0.5) / count }
            return result
        }
    }
}

/// A symmetric positive system, factored once for many right sides (Cholesky, with what is left of rounding taken for nothing).
private struct FactoredSystem: Sendable {
    private let n: Int
    /// Row-major, below the diagonal and on it.
    private var factor: [Double]

    init(_ matrix: [Double], _ n: Int) {
        (self.n, factor) = (n, matrix)
        let least = (0..<n).reduce(0) { max($0, matrix[$1 * n + $1]) } * 1e-12
        for row in 0..<n {
            for column in 0...row {
                var sum = factor[row * n + column]
                for at in 0..<column { sum -= factor[row * n + at] * factor[column * n + at] }
                if row == column {
                    // A group that repeats another says nothing new: its weight is none.
                    factor[row * n + row] = sum > least ? sum.squareRoot() : .infinity
                } else {
                    factor[row * n + column] = factor[column * n + column].isInfinite ? 0 : sum / factor[column * n + column]
                }
            }
        }
    }

    func solution(_ right: [Double]) -> [Double] {
        var result = right
        for row in 0..<n {
            for at in 0..<row { result[row] -= factor[row * n + at] * result[at] }
            result[row] /= factor[row * n + row]
        }
        for row in stride(from: n - 1, through: 0, by: -1) {
            for at in row + 1..<max(n, row + 1) { result[row] -= factor[at * n + row] * result[at] }
            result[row] /= factor[row * n + row]
        }
        return result
    }
}

extension LocalForecast {
    /// The quantile of one step at any probability: on lines between the levels, and on the outer lines beyond them.
    package func value(step: Int, at probability: Double, levels: [Double]) -> Double {
        guard levels.count > 1 else { return mean[step] }
        var upper = 1
        while upper < levels.count - 1, levels[upper] < probability { upper += 1 }
        let (low, high) = (quantile(step: step, level: upper - 1), quantile(step: step, level: upper))
        return low + (probability - levels[upper - 1]) / (levels[upper] - levels[upper - 1]) * (high - low)
    }
}

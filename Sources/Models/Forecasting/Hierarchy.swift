/// Sums over items: stores, regions, categories, and all.
public struct Hierarchy: Hashable, Sendable {
    /// Groups first, `all` the first of them, then items.
    public let names: [String]
    /// Positions of the items in a node's sum, counted among items.
    public let members: [[Int]]

    public var groupCount: Int { names.count - itemCount }
    public var itemCount: Int { members[0].count }

    /// - Parameters:
    ///   - items: names, at least one, each once.
    ///   - groups: of each item, the groups it belongs to, in any number of dimensions: `["store 1", "milk"]`. A group may hold all items.
    public init(items: [String], groups: [[String]]) {
        precondition(!items.isEmpty && items.count == groups.count)
        var order: [String] = [], places: [String: [Int]] = [:]
        for (item, own) in groups.enumerated() {
            for group in own where places[group]?.last != item {
                if places[group] == nil { order.append(group) }
                places[group, default: []].append(item)
            }
        }
        names = ["all"] + order + items
        members = [Array(items.indices)] + order.map { places[$0] ?? [] } + items.indices.map { [$0] }
    }

    /// A value a node from a value an item.
    public func sums(_ items: [Double]) -> [Double] { members.map { $0.reduce(0) { $0 + items[$1] } } }
}

/// Forecasts of a hierarchy's nodes made to add up.
///
/// Sources: Wickramasuriya, Athanasopoulos, Hyndman, "Optimal forecast reconciliation for hierarchical and grouped time series through trace
/// minimization", J. American Statistical Association 114 (2019): y - W C' (C W C')^-1 C y, with C the sums' constraints; shrinkage of W:
/// Schäfer, Strimmer, Statistical Applications in Genetics and Molecular Biology 4 (2005); quantiles by reconciled samples: Panagiotelis,
/// Gamakumara, Athanasopoulos, Hyndman, European J. of Operational Research 306 (2023), joint by the ranks of past errors (Clark, Gangopadhyay,
/// Hay, Rajagopalan, Wilby, J. Hydrometeorology 5 (2004)).
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
    /// Row-major, nodes by groups: what a group's gap is worth to a node. Nil = bottom-up.
    private let gain: [Double]?

    /// - Parameters:
    ///   - errors: of past one-step forecasts (value less forecast), a row a past step with one value a node; at least 3 rows, else the
    ///     method is bottom-up.
    public init(_ hierarchy: Hierarchy, errors: [[Double]], method: Method = .minimumTrace) {
        (self.hierarchy, self.errors) = (hierarchy, errors)
        guard method == .minimumTrace, errors.count >= 3 else {
            (shrinkage, gain) = (1, nil)
            return
        }
        let nodes = hierarchy.names.count, groups = hierarchy.groupCount, count = Double(errors.count)
        var variances = (0..<nodes).map { node in errors.reduce(0) { $0 + $1[node] * $1[node] } / count }
        let floor = max(variances.reduce(0, +) / Double(nodes) * 1e-9, 1e-12)
        for node in variances.indices { variances[node] = max(variances[node], floor) }
        shrinkage = Self.shrinkage(errors, variances)
        let keep = 1 - shrinkage
        // W C': of the diagonal part, and of the errors' own products.
        let gaps = errors.map { row in hierarchy.gaps(row) }
        var product = [Double](repeating: 0, count: nodes * groups)
        for group in 0..<groups {
            product[group * groups + group] += shrinkage * variances[group]
            for item in hierarchy.members[group] { product[(groups + item) * groups + group] -= shrinkage * variances[groups + item] }
        }
        for (row, gap) in zip(errors, gaps) {
            for node in 0..<nodes where row[node] != 0 {
                let share = keep * row[node] / count
                for group in 0..<groups { product[node * groups + group] += share * gap[group] }
            }
        }
        gain = Self.gain(hierarchy, product)
    }

    /// W C' (C W C')^-1; nil where there is no inverse.
    private static func gain(_ hierarchy: Hierarchy, _ product: [Double]) -> [Double]? {
        let nodes = hierarchy.names.count, groups = hierarchy.groupCount
        var square = [Double](repeating: 0, count: groups * groups)
        for column in 0..<groups {
            let gap = hierarchy.gaps((0..<nodes).map { product[$0 * groups + column] })
            for row in 0..<groups { square[row * groups + column] = gap[row] }
        }
        var result = [Double](repeating: 0, count: nodes * groups)
        for node in 0..<nodes {
            // The matrix is symmetric: a row of the product solves for a row of the gain.
            var matrix = square, right = Array(product[node * groups..<(node + 1) * groups])
            guard LinearSystem.solve(&matrix, &right, groups), right.allSatisfy(\.isFinite) else { return nil }
            result.replaceSubrange(node * groups..<(node + 1) * groups, with: right)
        }
        return result
    }

    /// Of the correlations: the sum of their variances over the sum of their squares.
    static func shrinkage(_ errors: [[Double]], _ variances: [Double]) -> Double {
        let nodes = variances.count, count = Double(errors.count)
        let scaled = errors.map { row in zip(row, variances).map { $0 / $1.squareRoot() } }
        var spread = 0.0, squares = 0.0
        for left in 0..<nodes {
            for right in 0..<left {
                var sum = 0.0, sumOfSquares = 0.0
                for row in scaled {
                    let value = row[left] * row[right]
                    sum += value
                    sumOfSquares += value * value
                }
                let mean = sum / count
                spread += (sumOfSquares / count - mean * mean) * count / ((count - 1) * count)
                squares += mean * mean
            }
        }
        return squares > 0 ? min(max(spread / squares, 0.01), 1) : 1
    }

    /// A value a node that adds up, from one that need not.
    ///
    /// - Parameter isPositive: items below zero are taken for zero, and sums are those of the items.
    public func reconciled(_ nodes: [Double], isPositive: Bool = true) -> [Double] {
        let groups = hierarchy.groupCount
        var items = Array(nodes[groups...])
        if let gain {
            let gaps = hierarchy.gaps(nodes)
            for item in items.indices {
                let first = (groups + item) * groups
                for group in 0..<groups { items[item] -= gain[first + group] * gaps[group] }
            }
        }
        if isPositive { for item in items.indices { items[item] = max(items[item], 0) } }
        return hierarchy.sums(items)
    }

    /// Forecasts whose means add up, and whose quantiles are those of samples that add up.
    ///
    /// - Parameter forecasts: one a node, of the same request.
    public func reconciled(_ forecasts: [LocalForecast], levels: [Double], isPositive: Bool = true) -> [LocalForecast] {
        var result = forecasts
        let ranks = ranks()
        for step in forecasts[0].mean.indices {
            let means = reconciled(forecasts.map { $0.mean[step] }, isPositive: isPositive)
            let samples = errors.indices.map { row in
                let drawn = forecasts.indices.map { forecasts[$0].value(step: step, at: ranks[$0][row], levels: levels) }
                return reconciled(drawn, isPositive: isPositive)
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

extension Hierarchy {
    /// What each group's value is above the sum of its items.
    fileprivate func gaps(_ nodes: [Double]) -> [Double] {
        (0..<groupCount).map { group in members[group].reduce(nodes[group]) { $0 - nodes[groupCount + $1] } }
    }
}

extension LocalForecast {
    /// The quantile of one step at any probability: on lines between the levels, and on the outer lines beyond them.
    func value(step: Int, at probability: Double, levels: [Double]) -> Double {
        guard levels.count > 1 else { return mean[step] }
        var upper = 1
        while upper < levels.count - 1, levels[upper] < probability { upper += 1 }
        let (low, high) = (quantile(step: step, level: upper - 1), quantile(step: step, level: upper))
        return low + (probability - levels[upper - 1]) / (levels[upper] - levels[upper - 1]) * (high - low)
    }
}

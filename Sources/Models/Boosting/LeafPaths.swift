#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The leaves of all trees, each with what a row must be to reach it: the layout that exact contributions are computed from.
///
/// Contributions are the Shapley values of the game that S. Lundberg, G. Erion, S. Lee, "Consistent Individualized Feature Attribution for
/// Tree Ensembles", 2018 (Algorithm 2), defines: a split on a feature that is not in the coalition sends the row to both sides, in
/// proportion to the training rows that went there. For one leaf with value v and n features on its path, feature i gets
///
///     v (o_i - z_i) integral over t in 0...1 of the product over the other features j of (z_j (1 - t) + o_j t)
///
/// where z is the share of the training rows that the path's splits on the feature keep, and o is 1 if they keep this row, else 0:
/// s! (n - 1 - s)! / n! is the integral of t^s (1 - t)^(n - 1 - s). The integrand is a polynomial of degree n - 1, so that Gauss-Legendre
/// quadrature with n / 2 nodes, rounded up, is exact; all factors are in 0...1 and no term is divided by another. As P. Yu, A. Bifet, J.
/// Read, C. Xu, "Linear TreeShap", 2022, but leaf by leaf. For short paths the result of each of the 2^n patterns of o is kept in a table
/// (J. Yang, "Fast TreeSHAP", 2021), and for small trees the sum over their leaves for each pattern of answers to their questions.
struct LeafPaths: Sendable {
    /// What the splits on one feature demand: `low <= value < high`, or a missing value where all of them send it this way.
    private struct Condition {
        var low: Float
        var high: Float
        var feature: Int32
        var takesMissing: Bool
        /// In a tree of few questions: those that make up the condition, a bit each, and which of them must be answered with left.
        var asked: UInt8 = 0
        var left: UInt8 = 0
    }

    private struct Leaf {
        /// First of its conditions, one a feature.
        var start: Int32
        var count: Int32
        /// Where its table starts, or -1.
        var table: Int32
        var value: Double
    }

    /// Longer paths are computed anew for each row: a table has n 2^n numbers.
    private static let longestTabled = 4

    /// Log-odds expected of a row of which nothing is known.
    var base = 0.0
    private var leaves: [Leaf] = []
    private var conditions: [Condition] = []
    /// z of each condition.
    private var shares: [Double] = []
    private var tables: [Double] = []
    private var quadratures = [Quadrature(nodes: 1)]
    /// The trees that are looked up whole; they have no leaves here.
    private var whole = AnsweredTrees()

    // MARK: Building

    mutating func add(_ tree: ParsedTree) {
        var path: [(condition: Condition, share: Double)] = []
        let start = (leaves: leaves.count, conditions: conditions.count, tables: tables.count)
        let questions = AnsweredTrees.questions(of: tree, deepest: Self.longestTabled)
        add(tree, node: 0, questions: questions, path: &path)
        guard let questions, leaves.count > start.leaves else { return }
        whole.add(questions.map { tree.split($0) }, features: Set(conditions[start.conditions...].map(\.feature)).sorted()) {
            answers, add in
            for leaf in leaves[start.leaves...] {
                let own = conditions[Int(leaf.start)..<Int(leaf.start + leaf.count)]
                let pattern = own.enumerated().reduce(0) { $1.element.asked & answers == $1.element.left ? $0 | 1 << $1.offset : $0 }
                for (place, condition) in own.enumerated() {
                    add(condition.feature, tables[Int(leaf.table) + pattern * Int(leaf.count) + place])
                }
            }
        }
        leaves.removeSubrange(start.leaves...)
        conditions.removeSubrange(start.conditions...)
        shares.removeSubrange(start.conditions...)
        tables.removeSubrange(start.tables...)
    }

    /// As deep as the tree, whose depth the family limits.
    private mutating func add(
        _ tree: ParsedTree, node: Int, questions: [Int]?, path: inout [(condition: Condition, share: Double)]
    ) {
        guard let split = tree.split(node) else {
            return addLeaf(Double(tree.conditions[node]), path: path)
        }
        let bit = questions?.firstIndex(of: node).map { UInt8(1) << UInt8($0) } ?? 0
        let cover = Double(tree.covers[node])
        for isLeft in [true, false] {
            let child = isLeft ? split.left : split.right
            // Where no training row came by, half of them went either way.
            let share = cover > 0 ? Double(tree.covers[child]) / cover : 0.5
            let before = path
            let place = path.firstIndex { $0.condition.feature == split.feature } ?? path.count
            if place == path.count {
                path.append((Condition(low: -.infinity, high: .infinity, feature: split.feature, takesMissing: true), 1))
            }
            path[place].share *= share
            if isLeft {
                path[place].condition.high = min(path[place].condition.high, split.threshold)
            } else {
                path[place].condition.low = max(path[place].condition.low, split.threshold)
            }
            if split.missingGoesLeft != isLeft { path[place].condition.takesMissing = false }
            path[place].condition.asked |= bit
            if isLeft { path[place].condition.left |= bit }
            add(tree, node: child, questions: questions, path: &path)
            path = before
        }
    }

    private mutating func addLeaf(_ value: Double, path: [(condition: Condition, share: Double)]) {
        base += path.reduce(value) { $0 * $1.share }
        guard !path.isEmpty, value != 0 else { return }
        let count = path.count
        while quadratures.count < (count + 1) / 2 { quadratures.append(Quadrature(nodes: quadratures.count + 1)) }
        leaves.append(
            Leaf(
                start: Int32(conditions.count), count: Int32(count), table: count > Self.longestTabled ? -1 : Int32(tables.count),
                value: value))
        conditions += path.map(\.condition)
        shares += path.map(\.share)
        guard count <= Self.longestTabled else { return }
        var (result, products) = ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count + 1))
        for pattern in 0..<(1 << count) {
            let kept = (0..<count).map { Double(pattern >> $0 & 1) }
            result.withUnsafeMutableBufferPointer { result in
                products.withUnsafeMutableBufferPointer { products in
                    shares.withUnsafeBufferPointer { shares in
                        kept.withUnsafeBufferPointer { kept in
                            split(leaves[leaves.count - 1], kept: kept, shares: shares, products: products, into: result)
                        }
                    }
                }
            }
            tables += result
        }
    }

    // MARK: Contributions

    /// Contributions a row, row-major: one a feature, then the base value; together the row's log-odds.
    func contributions(_ values: [Float], featureCount: Int) -> [Float] {
        let rows = values.count / featureCount
        var results: [Float] = []
        results.reserveCapacity(rows * (featureCount + 1))
        var sums = [Double](repeating: 0, count: featureCount + 1)
        for row in 0..<rows {
            for feature in 0..<featureCount { sums[feature] = 0 }
            sums[featureCount] = base
            values.withUnsafeBufferPointer { values in
                sums.withUnsafeMutableBufferPointer { sums in
                    add(UnsafeBufferPointer(rebasing: values[row * featureCount..<(row + 1) * featureCount]), to: sums)
                }
            }
            for sum in sums { results.append(Float(sum)) }
        }
        return results
    }

    private func add(_ row: UnsafeBufferPointer<Float>, to sums: UnsafeMutableBufferPointer<Double>) {
        whole.add(row, to: sums)
        leaves.withUnsafeBufferPointer { leaves in
            conditions.withUnsafeBufferPointer { conditions in
                tables.withUnsafeBufferPointer { tables in
                    for leaf in leaves {
                        guard leaf.table >= 0 else {
                            addLong(leaf, row, to: sums)
                            continue
                        }
                        var pattern = 0
                        for place in 0..<Int(leaf.count) where Self.keeps(conditions[Int(leaf.start) + place], row) {
                            pattern |= 1 << place
                        }
                        let start = Int(leaf.table) + pattern * Int(leaf.count)
                        for place in 0..<Int(leaf.count) {
                            sums[Int(conditions[Int(leaf.start) + place].feature)] += tables[start + place]
                        }
                    }
                }
            }
        }
    }

    @inline(__always)
    private static func keeps(_ condition: Condition, _ row: UnsafeBufferPointer<Float>) -> Bool {
        let value = row[Int(condition.feature)]
        return value >= condition.low && value < condition.high || value.isNaN && condition.takesMissing
    }

    private func addLong(_ leaf: Leaf, _ row: UnsafeBufferPointer<Float>, to sums: UnsafeMutableBufferPointer<Double>) {
        let count = Int(leaf.count)
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 3 * count + 1) { scratch in
            let kept = UnsafeMutableBufferPointer(rebasing: scratch[..<count])
            let result = UnsafeMutableBufferPointer(rebasing: scratch[count..<2 * count])
            for place in 0..<count { kept[place] = Self.keeps(conditions[Int(leaf.start) + place], row) ? 1 : 0 }
            shares.withUnsafeBufferPointer { shares in
                split(
                    leaf, kept: UnsafeBufferPointer(kept), shares: shares,
                    products: UnsafeMutableBufferPointer(rebasing: scratch[(2 * count)...]), into: result)
            }
            for place in 0..<count { sums[Int(conditions[Int(leaf.start) + place].feature)] += result[place] }
        }
    }

    /// The leaf's part in the contributions of the features on its path, by the formula above.
    ///
    /// - Parameters:
    ///   - kept: o of each condition, 0 or 1.
    ///   - products: room for one number more than there are conditions.
    private func split(
        _ leaf: Leaf, kept: UnsafeBufferPointer<Double>, shares: UnsafeBufferPointer<Double>,
        products: UnsafeMutableBufferPointer<Double>, into result: UnsafeMutableBufferPointer<Double>
    ) {
        let (start, count) = (Int(leaf.start), Int(leaf.count))
        for place in 0..<count { result[place] = 0 }
        let quadrature = quadratures[(count + 1) / 2 - 1]
        for (node, weight) in quadrature.terms {
            // Of all conditions from a place on; with those before it, the product over all others needs no division.
            products[count] = weight
            for place in stride(from: count - 1, through: 0, by: -1) {
                products[place] = products[place + 1] * (shares[start + place] * (1 - node) + kept[place] * node)
            }
            var before = 1.0
            for place in 0..<count {
                result[place] += before * products[place + 1]
                before *= shares[start + place] * (1 - node) + kept[place] * node
            }
        }
        for place in 0..<count { result[place] *= leaf.value * (kept[place] - shares[start + place]) }
    }
}

/// Gauss-Legendre quadrature on 0...1: exact for polynomials of a degree below twice the number of nodes.
struct Quadrature: Sendable {
    let terms: [(node: Double, weight: Double)]

    /// Nodes are the roots of the Legendre polynomial of degree `nodes`, by Newton's method (Numerical Recipes, 3rd ed., 4.6.1).
    init(nodes: Int) {
        terms = (0..<nodes).map { index in
            var (root, derivative) = (cos(Double.pi * (Double(index) + 0.75) / (Double(nodes) + 0.5)), 0.0)
            for _ in 0..<32 {
                var (value, previous) = (1.0, 0.0)
                for degree in 0..<nodes {
                    let next = (Double(2 * degree + 1) * root * value - Double(degree) * previous) / Double(degree + 1)
                    (previous, value) = (value, next)
                }
                derivative = Double(nodes) * (root * value - previous) / (root * root - 1)
                root -= value / derivative
            }
            return ((1 + root) / 2, 1 / ((1 - root * root) * derivative * derivative))
        }
    }
}

import Foundation

/// Boosted trees that give a mean and several quantiles from one structure.
///
/// A tree's splits are chosen by the summed gain of the pinball gradients of three levels (10, 50, 90 %) and of the squared error of the
/// mean, each to its own scale; every leaf then moves the mean by its mean residual and each quantile by that quantile of its residuals, as
/// LightGBM renews the leaves of its quantile objective. One structure for all costs a tenth of a model a level, and levels seldom cross;
/// where they do, they are sorted. Leaf-wise growth, 64 bins, rows and features drawn by a seed.
///
/// Sources: Friedman, "Greedy function approximation", Annals of Statistics 29 (2001); Ke et al. (2017); Koenker, Bassett, "Regression
/// quantiles", Econometrica 46 (1978).
public struct QuantileTrees: Sendable {
    public struct Settings: Hashable, Sendable {
        public var trees = 150
        public var leaves = 31
        public var rate = 0.06
        /// Fewest rows of a leaf, and one row in so many where that is more.
        public var leafRows = 40
        public var leafShare = 2_500
        /// Share of rows and of features that a tree sees.
        public var rowShare = 0.5
        public var featureShare = 0.7
        public var seed: UInt64 = 1
        public init() {}
    }

    /// Splits and leaves of all trees, one after the other.
    private struct Node: Sendable {
        /// Feature of a split, -1 in a leaf.
        var feature: Int32
        var bin: UInt8
        /// Child of bins at most `bin`; the other follows it. In a leaf, its number.
        var left: Int32
    }

    public let levels: [Double]
    private var nodes: [Node] = []
    private var roots: [Int32] = []
    /// Per leaf: the mean, then the levels.
    private var leaves: [Float] = []
    private var base: [Float] = []
    private let limits: [[Float]]
    private let featureCount: Int

    private var width: Int { levels.count + 1 }

    /// - Parameters:
    ///   - features: row-major; NaN is missing.
    ///   - targets: one a row, finite.
    ///   - weights: one a row, above 0; empty = all equal.
    ///   - levels: rising, each in 0 < q < 1.
    public init(
        features: [Float], featureCount: Int, targets: [Float], weights: [Float] = [], levels: [Double], settings: Settings = Settings()
    ) {
        precondition(featureCount > 0 && features.count == targets.count * featureCount)
        let table = BinnedTable(features, featureCount: featureCount)
        (self.levels, self.featureCount, limits) = (levels, featureCount, table.limits)
        let trainer = Trainer(table, targets: targets, weights: weights, levels: levels, settings: settings)
        base = trainer.base
        for round in 0..<settings.trees {
            let tree = trainer.grow(round: round)
            let (nodeStart, leafStart) = (Int32(nodes.count), Int32(leaves.count / (levels.count + 1)))
            roots.append(nodeStart)
            for node in tree.nodes {
                nodes.append(
                    Node(
                        feature: node.feature, bin: node.bin, left: node.feature < 0 ? node.left + leafStart : node.left + nodeStart))
            }
            leaves += tree.leaves
        }
    }

    /// Row-major: the mean, then the levels in rising order.
    public func predictions(_ features: [Float]) -> [Float] {
        let table = BinnedTable(features, featureCount: featureCount, limits: limits)
        let count = table.rowCount, width = width
        var result = [Float](repeating: 0, count: count * width)
        result.withUnsafeMutableBufferPointer { result in
            for row in 0..<count {
                for place in 0..<width { result[row * width + place] = base[place] }
                for root in roots {
                    var at = Int(root)
                    while nodes[at].feature >= 0 {
                        let bin = table.bins[Int(nodes[at].feature) * count + row]
                        at = Int(nodes[at].left) + (bin <= nodes[at].bin ? 0 : 1)
                    }
                    let leaf = Int(nodes[at].left) * width
                    for place in 0..<width { result[row * width + place] += leaves[leaf + place] }
                }
                result[(row * width + 1)..<(row + 1) * width].sort()
            }
        }
        return result
    }

    // MARK: Training

    private final class Trainer {
        let table: BinnedTable
        let settings: Settings
        let levels: [Double]
        let base: [Float]
        private let targets: [Float]
        private let weights: [Float]
        /// Row-major: mean, then levels.
        private var scores: [Float]
        private var gradients: [SIMD4<Float>]
        private var order: [Int32] = []
        private var scratch: [Int32]
        private let places: [Int]
        private let meanScale: Float

        init(_ table: BinnedTable, targets: [Float], weights: [Float], levels: [Double], settings: Settings) {
            var settings = settings
            settings.leafRows = max(settings.leafRows, targets.count / max(settings.leafShare, 1))
            (self.table, self.targets, self.levels, self.settings) = (table, targets, levels, settings)
            self.weights = weights
            let sorted = targets.sorted()
            let mean = targets.reduce(0) { $0 + Double($1) } / Double(max(targets.count, 1))
            let first = [Float(mean)] + levels.map { sorted[min(sorted.count - 1, Int($0 * Double(sorted.count)))] }
            base = first
            scores = targets.indices.flatMap { _ in first }
            gradients = Array(repeating: .zero, count: targets.count)
            scratch = Array(repeating: 0, count: targets.count)
            func place(_ level: Double) -> Int { levels.indices.min { abs(levels[$0] - level) < abs(levels[$1] - level) } ?? 0 }
            places = [place(0.1), place(0.5), place(0.9)]
            let spread = (targets.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(max(targets.count, 1))).squareRoot()
            meanScale = Float(0.5 / max(spread, 1e-9))
        }

        struct Grown {
            var nodes: [Node] = []
            var leaves: [Float] = []
        }

        private struct Part {
            var node: Int
            var start: Int
            var end: Int
            var histogram: [SIMD8<Float>]
            var gain: Float = 0
            var feature = -1
            var bin: UInt8 = 0
        }

        func grow(round: Int) -> Grown {
            var random = SplitMix64(seed: settings.seed &* 0x9e37_79b9 &+ UInt64(round))
            order.removeAll(keepingCapacity: true)
            let limit = UInt64(settings.rowShare * 4_294_967_296)
            for row in targets.indices where random.next() >> 32 < limit { order.append(Int32(row)) }
            var features = Array(0..<table.featureCount)
            for index in features.indices { features.swapAt(index, index + random.next(below: features.count - index)) }
            features = Array(features.prefix(max(1, Int((settings.featureShare * Double(features.count)).rounded(.up)))))
            differentiate()
            var tree = Grown()
            tree.nodes.append(Node(feature: -1, bin: 0, left: 0))
            var parts = [part(node: 0, 0, order.count, features)]
            while parts.count < settings.leaves, let best = parts.indices.max(by: { parts[$0].gain < parts[$1].gain }), parts[best].gain > 0
            {
                let parent = parts[best], middle = partition(parent)
                let left = tree.nodes.count
                tree.nodes[parent.node] = Node(feature: Int32(parent.feature), bin: parent.bin, left: Int32(left))
                tree.nodes += [Node(feature: -1, bin: 0, left: 0), Node(feature: -1, bin: 0, left: 0)]
                let leftIsSmall = middle - parent.start <= parent.end - middle
                var small =
                    leftIsSmall
                    ? part(node: left, parent.start, middle, features) : part(node: left + 1, middle, parent.end, features)
                var large = Part(
                    node: leftIsSmall ? left + 1 : left, start: leftIsSmall ? middle : parent.start, end: leftIsSmall ? parent.end : middle,
                    histogram: parent.histogram)
                for index in large.histogram.indices { large.histogram[index] -= small.histogram[index] }
                split(&large, features)
                split(&small, features)
                parts[best] = small
                parts.append(large)
            }
            for (leaf, part) in parts.enumerated() {
                tree.nodes[part.node].left = Int32(leaf)
                tree.leaves += leafValues(part, &random)
            }
            update(tree)
            return tree
        }

        private func differentiate() {
            let width = levels.count + 1
            let shares = places.map { Float(levels[$0]) }
            for row in order {
                let row = Int(row), at = row * width, target = targets[row]
                var gradient = SIMD4<Float>(
                    target < scores[at + 1 + places[0]] ? 1 - shares[0] : -shares[0],
                    target < scores[at + 1 + places[1]] ? 1 - shares[1] : -shares[1],
                    target < scores[at + 1 + places[2]] ? 1 - shares[2] : -shares[2],
                    max(min((scores[at] - target) * meanScale, 2), -2))
                if !weights.isEmpty { gradient *= weights[row] }
                gradients[row] = gradient
            }
        }

        private func part(node: Int, _ start: Int, _ end: Int, _ features: [Int]) -> Part {
            var histogram = [SIMD8<Float>](repeating: .zero, count: table.featureCount * 64)
            let count = table.rowCount
            histogram.withUnsafeMutableBufferPointer { histogram in
                table.bins.withUnsafeBufferPointer { bins in
                    order.withUnsafeBufferPointer { order in
                        gradients.withUnsafeBufferPointer { gradients in
                            for feature in features {
                                let own = histogram.baseAddress! + feature * 64, column = bins.baseAddress! + feature * count
                                for at in start..<end {
                                    let row = Int(order[at])
                                    own[Int(column[row])] += SIMD8(lowHalf: gradients[row], highHalf: SIMD4(1, 0, 0, 0))
                                }
                            }
                        }
                    }
                }
            }
            var part = Part(node: node, start: start, end: end, histogram: histogram)
            if node == 0 { split(&part, features) }
            return part
        }

        private func split(_ part: inout Part, _ features: [Int]) {
            part.gain = 0
            guard part.end - part.start >= 2 * settings.leafRows, let first = features.first else { return }
            var total = SIMD8<Float>.zero
            for bin in 0..<64 { total += part.histogram[first * 64 + bin] }
            func worth(_ sums: SIMD8<Float>) -> Float {
                let gradient = sums.lowHalf
                return (gradient * gradient).sum() / (sums[4] + 1)
            }
            let whole = worth(total), least = Float(settings.leafRows)
            for feature in features {
                var left = SIMD8<Float>.zero
                for bin in 0..<63 {
                    left += part.histogram[feature * 64 + bin]
                    guard left[4] >= least else { continue }
                    let right = total - left
                    guard right[4] >= least else { break }
                    let gain = worth(left) + worth(right) - whole
                    if gain > part.gain { (part.gain, part.feature, part.bin) = (gain, feature, UInt8(bin)) }
                }
            }
            if part.gain < 1e-3 { part.gain = 0 }
        }

        /// Rows of the left child first, both in their order.
        private func partition(_ part: Part) -> Int {
            let offset = part.feature * table.rowCount
            var left = part.start, right = 0
            for at in part.start..<part.end {
                let row = order[at]
                if table.bins[offset + Int(row)] <= part.bin {
                    order[left] = row
                    left += 1
                } else {
                    scratch[right] = row
                    right += 1
                }
            }
            for index in 0..<right { order[left + index] = scratch[index] }
            return left
        }

        /// The mean residual and each level's quantile of at most 400 residuals, times the rate.
        private func leafValues(_ part: Part, _ random: inout SplitMix64) -> [Float] {
            let width = levels.count + 1, count = part.end - part.start
            var sum = 0.0
            for at in part.start..<part.end {
                let row = Int(order[at])
                sum += Double(targets[row] - scores[row * width])
            }
            var result = [Float(settings.rate * sum / Double(max(count, 1)))]
            let step = max(1, count / 400), offset = step > 1 ? random.next(below: step) : 0
            var residuals: [Float] = []
            for (place, level) in levels.enumerated() {
                residuals.removeAll(keepingCapacity: true)
                for at in stride(from: part.start + offset, to: part.end, by: step) {
                    let row = Int(order[at])
                    residuals.append(targets[row] - scores[row * width + 1 + place])
                }
                residuals.sort()
                let index = min(residuals.count - 1, Int(level * Double(residuals.count)))
                result.append(residuals.isEmpty ? 0 : Float(settings.rate) * residuals[index])
            }
            return result
        }

        /// Moves the scores of all rows, those the tree did not see included.
        private func update(_ tree: Grown) {
            let width = levels.count + 1, count = table.rowCount
            tree.nodes.withUnsafeBufferPointer { nodes in
                for row in 0..<count {
                    var at = 0
                    while nodes[at].feature >= 0 {
                        at = Int(nodes[at].left) + (table.bins[Int(nodes[at].feature) * count + row] <= nodes[at].bin ? 0 : 1)
                    }
                    let leaf = Int(nodes[at].left) * width
                    for place in 0..<width { scores[row * width + place] += tree.leaves[leaf + place] }
                }
            }
        }
    }
}

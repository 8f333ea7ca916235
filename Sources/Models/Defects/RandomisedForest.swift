import Records

/// Trees whose questions are drawn at random and the best of a few taken, averaged: kinds of defect beside the boosted models, which err
/// in other places.
///
/// P. Geurts, D. Ernst, L. Wehenkel, "Extremely Randomized Trees", Machine Learning 63, 2006: at every node some features are drawn, and a
/// threshold for each, uniformly between the smallest and largest value there; the purest cut (Gini) stays. No rows are drawn. A missing
/// value lies below every threshold.
struct RandomisedForest: Hashable, Sendable {
    let classes: Int
    let features: Int
    /// Nodes of all trees; of a leaf, `feature` is -1 and `left` the place of its shares in `shares`, in classes.
    private var feature: [Int32] = []
    private var threshold: [Float] = []
    private var left: [Int32] = []
    private var right: [Int32] = []
    private var roots: [Int32] = []
    private var shares: [Float] = []

    // MARK: Scores

    /// Row-major, one a class; the mean of the leaves' shares.
    func probabilities(of matrix: FeatureMatrix) -> [Float] {
        var result = [Float](repeating: 0, count: matrix.rowCount * classes)
        let scale = 1 / Float(max(roots.count, 1))
        matrix.values.withUnsafeBufferPointer { values in
            for row in 0..<matrix.rowCount {
                for root in roots {
                    var node = Int(root)
                    while feature[node] >= 0 {
                        let value = values[row * features + Int(feature[node])]
                        node = Int(value >= threshold[node] ? right[node] : left[node])
                    }
                    let start = Int(left[node])
                    for kind in 0..<classes { result[row * classes + kind] += shares[start + kind] * scale }
                }
            }
        }
        return result
    }

    // MARK: Growing

    /// - Parameters:
    ///   - weights: of each class.
    ///   - tried: features drawn at a node.
    init(_ set: MulticlassSet, trees: Int, tried: Int, weights: [Float], seed: UInt64) {
        (classes, features) = (set.classes.count, set.matrix.featureCount)
        var random = SplitMix64(seed: SplitMix64.mixed(seed))
        var rows = Array(set.labels.indices)
        for _ in 0..<trees {
            roots.append(Int32(feature.count))
            grow(set, &rows, 0..<rows.count, tried: tried, weights: weights, &random)
        }
    }

    private struct Task {
        var node: Int
        var range: Range<Int>
    }

    /// With a stack of its own: a tree may be as deep as there are rows.
    private mutating func grow(
        _ set: MulticlassSet, _ rows: inout [Int], _ all: Range<Int>, tried: Int, weights: [Float], _ random: inout SplitMix64
    ) {
        var tasks = [Task(node: newNode(), range: all)]
        while let task = tasks.popLast() {
            let counts = counts(set, rows[task.range], weights)
            guard counts.count(where: { $0 > 0 }) > 1,
                let cut = cut(set, rows[task.range], counts, tried: tried, weights: weights, &random)
            else {
                left[task.node] = Int32(shares.count)
                let sum = counts.reduce(0, +)
                shares += counts.map { sum > 0 ? $0 / sum : 0 }
                continue
            }
            let middle = rows[task.range].partition { set.matrix.values[$0 * features + cut.feature] >= cut.threshold }
            (feature[task.node], threshold[task.node]) = (Int32(cut.feature), cut.threshold)
            let (first, second) = (newNode(), newNode())
            (left[task.node], right[task.node]) = (Int32(first), Int32(second))
            tasks.append(Task(node: second, range: middle..<task.range.upperBound))
            tasks.append(Task(node: first, range: task.range.lowerBound..<middle))
        }
    }

    private mutating func newNode() -> Int {
        feature.append(-1)
        threshold.append(0)
        left.append(0)
        right.append(0)
        return feature.count - 1
    }

    private func counts(_ set: MulticlassSet, _ rows: ArraySlice<Int>, _ weights: [Float]) -> [Float] {
        var counts = [Float](repeating: 0, count: classes)
        for row in rows { counts[set.labels[row]] += weights[set.labels[row]] }
        return counts
    }

    /// The purest of the cuts drawn; nil where no feature drawn has two values, and none of the others either.
    private func cut(
        _ set: MulticlassSet, _ rows: ArraySlice<Int>, _ counts: [Float], tried: Int, weights: [Float], _ random: inout SplitMix64
    ) -> (feature: Int, threshold: Float)? {
        var order = Array(0..<features)
        var best: (purity: Float, feature: Int, threshold: Float)?
        var (drawn, useful) = (0, 0)
        while drawn < features, useful < tried {
            order.swapAt(drawn, drawn + random.next(below: features - drawn))
            let candidate = order[drawn]
            drawn += 1
            var (low, high, missing) = (Float.infinity, -Float.infinity, false)
            for row in rows {
                let value = set.matrix.values[row * features + candidate]
                if value.isNaN { missing = true } else { (low, high) = (min(low, value), max(high, value)) }
            }
            guard low < high || (missing && low == high) else { continue }
            useful += 1
            let share = Float(random.next() >> 40) * 0x1p-24
            // Above the lowest value, so that both sides have rows; with missing ones the lowest may be the cut.
            let between = low + share * (high - low)
            let threshold = between > low || missing ? min(max(between, low), high) : low.nextUp
            let purity = purity(set, rows, counts, candidate, threshold, weights)
            if purity > best?.purity ?? -1 { best = (purity, candidate, threshold) }
        }
        return best.map { ($0.feature, $0.threshold) }
    }

    /// Sum of squared class weights over the weight, on both sides: higher is purer.
    private func purity(
        _ set: MulticlassSet, _ rows: ArraySlice<Int>, _ counts: [Float], _ candidate: Int, _ threshold: Float, _ weights: [Float]
    ) -> Float {
        var above = [Float](repeating: 0, count: classes)
        for row in rows where set.matrix.values[row * features + candidate] >= threshold {
            above[set.labels[row]] += weights[set.labels[row]]
        }
        var (squaresAbove, sumAbove, squaresBelow, sumBelow): (Float, Float, Float, Float) = (0, 0, 0, 0)
        for kind in 0..<classes {
            let below = counts[kind] - above[kind]
            squaresAbove += above[kind] * above[kind]
            sumAbove += above[kind]
            squaresBelow += below * below
            sumBelow += below
        }
        return sumAbove > 0 && sumBelow > 0 ? squaresAbove / sumAbove + squaresBelow / sumBelow : -1
    }

    // MARK: Bytes

    var bytes: [UInt8] {
        var words: [UInt32] = [classes, features, roots.count, feature.count, shares.count].map { UInt32($0) }
        for list in [roots, feature, left, right] { words += list.map { UInt32(bitPattern: $0) } }
        words += threshold.map(\.bitPattern)
        words += shares.map(\.bitPattern)
        return words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) } }
    }

    /// Nil for bytes that are no forest: every reference inside is checked, so that none leads outside or round in a circle.
    init?(bytes: [UInt8]) {
        guard bytes.count >= 20, bytes.count % 4 == 0 else { return nil }
        let words = stride(from: 0, to: bytes.count, by: 4).map { at in
            (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[at + $1]) << UInt32(8 * $1) }
        }
        let sizes = words.prefix(5).map { Int($0) }
        (classes, features) = (sizes[0], sizes[1])
        guard classes >= 2, features >= 1, words.count == 5 + sizes[2] + 4 * sizes[3] + sizes[4] else { return nil }
        var at = 5
        func take(_ count: Int) -> ArraySlice<UInt32> {
            defer { at += count }
            return words[at..<(at + count)]
        }
        roots = take(sizes[2]).map { Int32(bitPattern: $0) }
        feature = take(sizes[3]).map { Int32(bitPattern: $0) }
        left = take(sizes[3]).map { Int32(bitPattern: $0) }
        right = take(sizes[3]).map { Int32(bitPattern: $0) }
        threshold = take(sizes[3]).map { Float(bitPattern: $0) }
        shares = take(sizes[4]).map { Float(bitPattern: $0) }
        guard roots.allSatisfy({ feature.indices.contains(Int($0)) }) else { return nil }
        for node in feature.indices {
            let isSound =
                feature[node] < 0
                ? left[node] >= 0 && Int(left[node]) + classes <= shares.count
                : Int(feature[node]) < features && left[node] > node && right[node] > node && left[node] < feature.count
                    && right[node] < feature.count
            guard isSound else { return nil }
        }
    }
}

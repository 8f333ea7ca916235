/// Rows dealt to folds, each class evenly; the same seed deals alike.
enum TextFolds {
    /// Fold of each row, in 0 ..< `count`.
    static func assigned(_ labels: [Int], count: Int, seed: UInt64) -> [Int] {
        var order = Array(labels.indices)
        var random = SplitMix64(seed: seed)
        for index in order.indices.reversed() where index > 0 { order.swapAt(index, random.next(below: index + 1)) }
        var next: [Int: Int] = [:]
        var folds = [Int](repeating: 0, count: labels.count)
        for row in order {
            // A class starts where the last one ended, so that small classes do not all lie in the first folds.
            let place = next[labels[row], default: labels[row]]
            folds[row] = place % count
            next[labels[row]] = place + 1
        }
        return folds
    }
}

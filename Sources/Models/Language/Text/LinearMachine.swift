#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Sparse rows, all in one block of memory.
struct SparseRows: Sendable {
    var starts: [Int] = [0]
    var places: [Int32] = []
    var values: [Float] = []
    var count: Int { starts.count - 1 }

    mutating func append(places: some Sequence<Int32>, values: some Sequence<Float>) {
        self.places.append(contentsOf: places)
        self.values.append(contentsOf: values)
        starts.append(self.places.count)
    }
}

/// Linear classifiers of one class against the rest with squared hinge loss, by dual coordinate descent
/// (C.-J. Hsieh et al., "A Dual Coordinate Descent Method for Large-scale Linear SVM", ICML 2008, algorithm 3 with shrinking).
enum LinearMachine {
    struct Settings: Hashable, Sendable {
        /// Weight of the loss beside the length of the weights, above 0.
        var cost = 1.0
        /// Largest difference of projected gradients at the end.
        var tolerance = 0.02
        var mostRounds = 200
    }

    /// Weights of one class a row of memory: `columns` of them and the intercept last.
    ///
    /// - Parameter importance: of each row, above 0; multiplies its cost.
    static func weights(
        of rows: SparseRows, columns: Int, isPositive: [Bool], importance: [Float], settings: Settings, seed: UInt64
    ) -> [Float] {
        let count = rows.count
        var weights = [Float](repeating: 0, count: columns + 1)
        var alphas = [Double](repeating: 0, count: count)
        var order = Array(0..<count)
        var random = SplitMix64(seed: seed)
        var squares = [Double](repeating: 1, count: count)
        for row in 0..<count {
            for index in rows.starts[row]..<rows.starts[row + 1] { squares[row] += Double(rows.values[index] * rows.values[index]) }
        }
        weights.withUnsafeMutableBufferPointer { weights in
            rows.places.withUnsafeBufferPointer { places in
                rows.values.withUnsafeBufferPointer { values in
                    var active = count
                    var (upper, lower) = (Double.infinity, -Double.infinity)
                    var round = 0
                    while round < settings.mostRounds {
                        round += 1
                        var (highest, lowest) = (-Double.infinity, Double.infinity)
                        for index in 0..<active { order.swapAt(index, index + random.next(below: active - index)) }
                        var at = 0
                        while at < active {
                            let row = order[at]
                            let (start, end) = (rows.starts[row], rows.starts[row + 1])
                            let sign: Float = isPositive[row] ? 1 : -1
                            let diagonal = 0.5 / (settings.cost * Double(importance.isEmpty ? 1 : importance[row]))
                            var sum = weights[columns]
                            for index in start..<end { sum += weights[Int(places[index])] * values[index] }
                            let gradient = Double(sign * sum) - 1 + diagonal * alphas[row]
                            var projected = gradient
                            if alphas[row] == 0 {
                                if gradient > upper {
                                    active -= 1
                                    order.swapAt(at, active)
                                    continue
                                }
                                projected = min(gradient, 0)
                            }
                            highest = max(highest, projected)
                            lowest = min(lowest, projected)
                            if abs(projected) > 1e-12 {
                                let old = alphas[row]
                                alphas[row] = max(old - gradient / (squares[row] + diagonal), 0)
                                let step = Float(alphas[row] - old) * sign
                                for index in start..<end { weights[Int(places[index])] += step * values[index] }
                                weights[columns] += step
                            }
                            at += 1
                        }
                        if highest - lowest <= settings.tolerance {
                            if active == count { break }
                            // Once more over all rows, as some were laid aside.
                            active = count
                            (upper, lower) = (.infinity, -.infinity)
                            continue
                        }
                        upper = highest <= 0 ? .infinity : highest
                        lower = lowest >= 0 ? -.infinity : lowest
                    }
                    _ = lower
                }
            }
        }
        return weights
    }
}

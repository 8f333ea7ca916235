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
        var descent = Descent(rows, isPositive: isPositive, importance: importance, settings: settings, seed: seed)
        var weights = [Float](repeating: 0, count: columns + 1)
        weights.withUnsafeMutableBufferPointer { weights in
            rows.places.withUnsafeBufferPointer { places in
                rows.values.withUnsafeBufferPointer { values in
                    for _ in 0..<settings.mostRounds where !descent.isDone {
                        descent.round(weights, places, values, columns: columns)
                    }
                }
            }
        }
        return weights
    }

    /// Where the descent stands.
    private struct Descent {
        private let settings: Settings
        private let starts: [Int]
        private let signs: [Float]
        /// 0.5 / cost of each row.
        private let diagonals: [Double]
        private let squares: [Double]
        private var alphas: [Double]
        /// Rows, those that are laid aside last.
        private var order: [Int]
        private var active: Int
        private var upper = Double.infinity
        private var random: SplitMix64
        private(set) var isDone = false

        init(_ rows: SparseRows, isPositive: [Bool], importance: [Float], settings: Settings, seed: UInt64) {
            (self.settings, starts, active) = (settings, rows.starts, rows.count)
            signs = isPositive.map { $0 ? 1 : -1 }
            diagonals = (0..<rows.count).map { 0.5 / (settings.cost * Double(importance.isEmpty ? 1 : importance[$0])) }
            squares = (0..<rows.count).map { row in
                var square = 1.0
                for index in rows.starts[row]..<rows.starts[row + 1] { square += Double(rows.values[index] * rows.values[index]) }
                return square
            }
            alphas = [Double](repeating: 0, count: rows.count)
            order = Array(0..<rows.count)
            random = SplitMix64(seed: seed)
        }

        /// Once over all rows that are not laid aside.
        @inline(__always)
        mutating func round(
            _ weights: UnsafeMutableBufferPointer<Float>, _ places: UnsafeBufferPointer<Int32>, _ values: UnsafeBufferPointer<Float>,
            columns: Int
        ) {
            var (highest, lowest) = (-Double.infinity, Double.infinity)
            for index in 0..<active { order.swapAt(index, index + random.next(below: active - index)) }
            var at = 0
            while at < active {
                let row = order[at]
                let (start, end, sign) = (starts[row], starts[row + 1], signs[row])
                var sum = weights[columns]
                for index in start..<end { sum += weights[Int(places[index])] * values[index] }
                let gradient = Double(sign * sum) - 1 + diagonals[row] * alphas[row]
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
                    alphas[row] = max(old - gradient / (squares[row] + diagonals[row]), 0)
                    let step = Float(alphas[row] - old) * sign
                    for index in start..<end { weights[Int(places[index])] += step * values[index] }
                    weights[columns] += step
                }
                at += 1
            }
            close(highest: highest, lowest: lowest)
        }

        private mutating func close(highest: Double, lowest: Double) {
            if highest - lowest <= settings.tolerance {
                isDone = active == order.count
                // Once more over all rows, as some were laid aside.
                active = order.count
                upper = .infinity
            } else {
                upper = highest <= 0 ? .infinity : highest
            }
        }
    }
}

/// Solves (gram + GᵀWG + penalty I) x = GᵀW1 for one row after the other, where G holds the vectors of the row's columns and W the weights of
/// their pairs. Scratch of a thread.
final class RowSolver {
    /// More columns than this are summed up first instead of being kept.
    private static let kept = 512

    private let factors: Int
    private let steps: Int?
    private let gathered: UnsafeMutablePointer<Float>
    private let dots: UnsafeMutablePointer<Float>
    private let matrix: UnsafeMutablePointer<Float>
    private let target: UnsafeMutablePointer<Float>
    private let residual: UnsafeMutablePointer<Float>
    private let direction: UnsafeMutablePointer<Float>
    private let product: UnsafeMutablePointer<Float>

    init(_ factorization: Factorization) {
        (factors, steps) = (factorization.factors, factorization.steps)
        func space(_ count: Int) -> UnsafeMutablePointer<Float> {
            let start = UnsafeMutablePointer<Float>.allocate(capacity: count)
            start.initialize(repeating: 0, count: count)
            return start
        }
        gathered = space(Self.kept * factors)
        dots = space(Self.kept)
        matrix = space(factors * factors)
        (target, residual, direction, product) = (space(factors), space(factors), space(factors), space(factors))
    }

    deinit { for start in [gathered, dots, matrix, target, residual, direction, product] { start.deallocate() } }

    /// False when the matrix is not positive definite.
    func solve(
        _ vector: UnsafeMutablePointer<Float>, columns: UnsafeBufferPointer<Int32>, weights: UnsafeBufferPointer<Float>,
        other: UnsafePointer<Float>,
        gram: UnsafePointer<Float>, penalty: Float
    ) -> Bool {
        let isKept = steps != nil && columns.count <= min(Self.kept, 4 * factors)
        target.update(repeating: 0, count: factors)
        if isKept {
            gather(columns, weights, from: other)
        } else {
            matrix.update(from: gram, count: factors * factors)
            var at = 0
            while at < columns.count {
                let range = at..<min(columns.count, at + Self.kept)
                let part = UnsafeBufferPointer(rebasing: columns[range])
                gather(part, UnsafeBufferPointer(rebasing: weights[range]), from: other)
                OpenBLAS.gram(gathered, into: matrix, rows: part.count, columns: factors, beta: 1)
                at += Self.kept
            }
            for row in 0..<factors {
                matrix[row * factors + row] += penalty
                // The products below go through whole rows.
                if steps != nil { for column in 0..<row { matrix[column * factors + row] = matrix[row * factors + column] } }
            }
        }
        guard let steps else { return cholesky(vector) }
        let rows = isKept ? columns.count : 0
        conjugate(vector, rows: rows, gram: isKept ? gram : UnsafePointer(matrix), penalty: isKept ? penalty : 0, steps: steps)
        return true
    }

    /// The columns' vectors one below the other, each times the root of its weight; their weighted sum is added to `target`.
    private func gather(
        _ columns: UnsafeBufferPointer<Int32>, _ weights: UnsafeBufferPointer<Float>, from other: UnsafePointer<Float>
    ) {
        for row in 0..<columns.count {
            let from = other + Int(columns[row]) * factors, to = gathered + row * factors
            let weight = weights[row], root = weight.squareRoot()
            for index in 0..<factors {
                to[index] = root * from[index]
                target[index] += weight * from[index]
            }
        }
    }

    private func cholesky(_ vector: UnsafeMutablePointer<Float>) -> Bool {
        guard OpenBLAS.factorize(matrix, size: factors) else { return false }
        vector.update(from: target, count: factors)
        OpenBLAS.solve(factor: matrix, vector, size: factors)
        return true
    }

    private func multiply(_ x: UnsafePointer<Float>, rows: Int, gram: UnsafePointer<Float>, penalty: Float) {
        OpenBLAS.multiply(gram, vector: x, into: product, rows: factors, columns: factors, transposed: false)
        if rows > 0 {
            OpenBLAS.multiply(gathered, vector: x, into: dots, rows: rows, columns: factors, transposed: false)
            OpenBLAS.multiply(gathered, vector: dots, into: product, rows: rows, columns: factors, transposed: true, beta: 1)
        }
        if penalty != 0 { for index in 0..<factors { product[index] += penalty * x[index] } }
    }

    /// Hestenes and Stiefel, from the vector as it is; as in G. Takács et al., "Applications of the conjugate gradient method for implicit
    /// feedback collaborative filtering", RecSys 2011.
    private func conjugate(_ vector: UnsafeMutablePointer<Float>, rows: Int, gram: UnsafePointer<Float>, penalty: Float, steps: Int) {
        multiply(vector, rows: rows, gram: gram, penalty: penalty)
        for index in 0..<factors {
            residual[index] = target[index] - product[index]
            direction[index] = residual[index]
        }
        var square = dot(residual, residual)
        for _ in 0..<steps where square > 1e-20 {
            multiply(direction, rows: rows, gram: gram, penalty: penalty)
            let step = square / dot(direction, product)
            for index in 0..<factors {
                vector[index] += step * direction[index]
                residual[index] -= step * product[index]
            }
            let next = dot(residual, residual)
            let share = next / square
            for index in 0..<factors { direction[index] = residual[index] + share * direction[index] }
            square = next
        }
    }

    /// Eight sums side by side, so that the compiler may use vectors and the order is ours.
    private func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>) -> Float {
        var sums = SIMD8<Float>(repeating: 0)
        var at = 0
        while at + 8 <= factors {
            sums +=
                UnsafeRawPointer(a + at).loadUnaligned(as: SIMD8<Float>.self)
                * UnsafeRawPointer(b + at).loadUnaligned(as: SIMD8<Float>.self)
            at += 8
        }
        var sum = sums.sum()
        while at < factors {
            sum += a[at] * b[at]
            at += 1
        }
        return sum
    }
}

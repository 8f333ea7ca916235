import Foundation
package import Records

/// One side after the other, solved for with the other one fixed. Rows are independent of each other, so any number of threads gives the
/// same bits.
package struct Factorization: Sendable {
    package var factors: Int
    package var unobservedWeight: Float
    package var lambda: Double
    /// Power of the number of pairs that the penalty is scaled by.
    package var scaling: Double
    /// Steps of conjugate gradients from the last solution; nil = Cholesky.
    package var steps: Int?

    package init(factors: Int, unobservedWeight: Float, lambda: Double, scaling: Double, steps: Int?) {
        (self.factors, self.unobservedWeight, self.lambda) = (factors, unobservedWeight, lambda)
        (self.scaling, self.steps) = (scaling, steps)
    }

    /// Vectors, row-major, `factors` a row.
    package struct Sides: Sendable {
        package var people: [Float]
        package var items: [Float]
    }

    /// Normal draws of deviation `deviation` / sqrt(factors), by Box and Muller.
    package func start(_ pairs: InteractionMatrix, deviation: Double, seed: UInt64) -> Sides {
        var random = SplitMix64(seed: SplitMix64.mixed(seed))
        let scale = deviation / Double(factors).squareRoot()
        func draw() -> Float {
            let (u, v) = ((Double(random.next() >> 11) + 1) / 9_007_199_254_740_994, Double(random.next() >> 11) / 9_007_199_254_740_992)
            return Float(scale * (-2 * log(u)).squareRoot() * cos(2 * .pi * v))
        }
        let people = (0..<pairs.rowCount * factors).map { _ in draw() }
        return Sides(people: people, items: (0..<pairs.columnCount * factors).map { _ in draw() })
    }

    /// All people, then all items.
    package func epoch(
        _ sides: inout Sides, pairs: InteractionMatrix, byItem: InteractionMatrix, threads: Int
    ) throws(Failure) {
        try solve(&sides.people, given: sides.items, pairs: pairs, threads: threads)
        try solve(&sides.items, given: sides.people, pairs: byItem, threads: threads)
    }

    /// Each row of `side` anew: pairs of row r and column c say that `side[r]` goes with `other[c]`.
    package func solve(_ side: inout [Float], given other: [Float], pairs: InteractionMatrix, threads: Int, gram given: [Float]? = nil)
        throws(Failure)
    {
        let gram = given ?? gram(of: other, threads: threads)
        let failed = side.withUnsafeMutableBufferPointer { side in
            other.withUnsafeBufferPointer { other in
                gram.withUnsafeBufferPointer { gram in
                    guard let to = side.baseAddress, let from = other.baseAddress, let gram = gram.baseAddress else { return false }
                    return solve(
                        SharedPointer(to), SharedPointer(UnsafeMutablePointer(mutating: from)),
                        SharedPointer(UnsafeMutablePointer(mutating: gram)), pairs: pairs, threads: threads)
                }
            }
        }
        guard !failed else { throw .notPositiveDefinite(ImplicitALSFamily.definition.name, size: factors, regularization: lambda) }
    }

    private func solve(
        _ side: SharedPointer<Float>, _ other: SharedPointer<Float>, _ gram: SharedPointer<Float>, pairs: InteractionMatrix, threads: Int
    ) -> Bool {
        let size = 128, blocks = FixedBlocks.count(of: pairs.rowCount, size: size)
        var failures = [Bool](repeating: false, count: blocks)
        failures.withUnsafeMutableBufferPointer { failures in
            guard let start = failures.baseAddress else { return }
            let failures = SharedPointer(start)
            FixedBlocks.run(blocks, threads: threads) { block, _ in
                let solver = RowSolver(self)
                for row in FixedBlocks.range(block, of: pairs.rowCount, size: size) {
                    let range = pairs.range(of: row)
                    let vector = side.start + row * factors
                    guard !range.isEmpty else {
                        vector.update(repeating: 0, count: factors)
                        continue
                    }
                    let penalty = self.penalty(pairs: range.count, possible: pairs.columnCount)
                    let solved = pairs.columns.withUnsafeBufferPointer { columns in
                        pairs.weights.withUnsafeBufferPointer { weights in
                            solver.solve(
                                vector, columns: UnsafeBufferPointer(rebasing: columns[range]),
                                weights: UnsafeBufferPointer(rebasing: weights[range]), other: other.start, gram: gram.start,
                                penalty: penalty)
                        }
                    }
                    if !solved { failures[block] = true }
                }
            }
        }
        return failures.contains(true)
    }

    /// A⁻¹ x for the matrix A that a row with these columns is solved with.
    package func inverse(
        times x: [Float], columns: [Int], weights: [Float], vectors: [Float], gram: [Float], possible: Int
    ) throws(Failure) -> [Float] {
        var (matrix, solution) = (gram, x)
        let own = zip(columns, weights).flatMap { column, weight in
            vectors[column * factors..<(column + 1) * factors].map { $0 * weight.squareRoot() }
        }
        let solved = matrix.withUnsafeMutableBufferPointer { matrix in
            guard let start = matrix.baseAddress else { return true }
            OpenBLAS.gram(own, into: start, rows: columns.count, columns: factors, beta: 1)
            for row in 0..<factors { start[row * factors + row] += penalty(pairs: columns.count, possible: possible) }
            return OpenBLAS.factorize(start, size: factors)
        }
        guard solved else { throw .notPositiveDefinite(ImplicitALSFamily.definition.name, size: factors, regularization: lambda) }
        solution.withUnsafeMutableBufferPointer { solution in
            if let start = solution.baseAddress { OpenBLAS.solve(factor: matrix, start, size: factors) }
        }
        return solution
    }

    /// The whole penalty of a row with so many pairs.
    package func penalty(pairs: Int, possible: Int) -> Float {
        Float(lambda * pow(Double(pairs) + Double(unobservedWeight) * Double(possible), scaling))
    }

    /// `unobservedWeight` x VᵀV, full; blocks of rows summed in their order.
    package func gram(of vectors: [Float], threads: Int) -> [Float] {
        let rows = vectors.count / factors, square = factors * factors, size = 8192
        let blocks = FixedBlocks.count(of: rows, size: size)
        var parts = [Float](repeating: 0, count: blocks * square)
        parts.withUnsafeMutableBufferPointer { parts in
            vectors.withUnsafeBufferPointer { vectors in
                guard let sums = parts.baseAddress, let rowsStart = vectors.baseAddress else { return }
                let (to, from) = (SharedPointer(sums), SharedPointer(UnsafeMutablePointer(mutating: rowsStart)))
                FixedBlocks.run(blocks, threads: threads) { block, _ in
                    let range = FixedBlocks.range(block, of: rows, size: size)
                    OpenBLAS.gram(
                        from.start + range.lowerBound * factors, into: to.start + block * square, rows: range.count, columns: factors)
                }
            }
        }
        var gram = [Float](repeating: 0, count: square)
        for block in 0..<blocks { for place in 0..<square { gram[place] += parts[block * square + place] } }
        for row in 0..<factors {
            for column in 0...row {
                let value = gram[row * factors + column] * unobservedWeight
                gram[row * factors + column] = value
                gram[column * factors + row] = value
            }
        }
        return gram
    }
}

/// How far an inverse is from the truth, by some of its columns.
///
/// With R = E - G P for the columns E of the unit matrix, P R is what P lacks, to the first order: no other inverse is needed for it.
package struct EASEResidual {
    private let pairs: InteractionMatrix
    private let lambda: Double
    /// The items that most people have, and as many evenly spread.
    private let columns: [Int]
    private static let half = 8

    package init(_ pairs: InteractionMatrix, lambda: Double) {
        (self.pairs, self.lambda) = (pairs, lambda)
        var people = [Int](repeating: 0, count: pairs.columnCount)
        for column in pairs.columns { people[Int(column)] += 1 }
        let order = people.indices.sorted { (-people[$0], $0) < (-people[$1], $1) }
        let spread = (0..<Self.half).map { (2 * $0 + 1) * pairs.columnCount / (2 * Self.half) }
        columns = Set(order.prefix(Self.half) + spread.filter { $0 < pairs.columnCount }).sorted()
    }

    /// The largest difference of a weight in these columns from what it should be.
    ///
    /// - Parameter matrix: the lower triangle of P, row-major.
    package func largestError(of matrix: [Float]) -> Double {
        let size = pairs.columnCount, count = columns.count
        var residuals = [Float](repeating: 0, count: size * count), lacking = residuals
        let inverse = columns.map { column in
            (0..<size).map { Double($0 >= column ? matrix[$0 * size + column] : matrix[column * size + $0]) }
        }
        for (probe, values) in inverse.enumerated() {
            let residual = residual(values, column: columns[probe])
            for item in 0..<size { residuals[item * count + probe] = Float(residual[item]) }
        }
        matrix.withUnsafeBufferPointer { matrix in
            residuals.withUnsafeBufferPointer { residuals in
                lacking.withUnsafeMutableBufferPointer { lacking in
                    guard let a = matrix.baseAddress, let b = residuals.baseAddress, let c = lacking.baseAddress else { return }
                    OpenBLAS.multiply(symmetric: a, b, into: c, size: size, columns: count)
                }
            }
        }
        var largest = 0.0
        for (probe, column) in columns.enumerated() {
            let own = inverse[probe][column], missing = Double(lacking[column * count + probe])
            for item in 0..<size where item != column {
                let error = (Double(lacking[item * count + probe]) - inverse[probe][item] / own * missing) / own
                // Not a number is no small error.
                if !(abs(error) <= largest) { largest = error.isNaN ? .infinity : abs(error) }
            }
        }
        return largest
    }

    private func residual(_ values: [Double], column: Int) -> [Double] {
        var residual = values.map { -lambda * $0 }
        residual[column] += 1
        for person in 0..<pairs.rowCount {
            let range = pairs.range(of: person)
            var sum = 0.0
            for place in range { sum += Double(pairs.weights[place]) * values[Int(pairs.columns[place])] }
            guard sum != 0 else { continue }
            for place in range { residual[Int(pairs.columns[place])] -= Double(pairs.weights[place]) * sum }
        }
        return residual
    }
}

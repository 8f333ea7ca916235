/// New days taken into EASE's inverse by changes of low rank.
///
/// A day changes XᵀX by the rows of people who bought: what they are now is added, what they were is taken off. For rows U that are added,
/// P' = P - P Uᵀ (I + U P Uᵀ)⁻¹ U P, and with the signs turned for rows that are taken off (M. A. Woodbury, "Inverting Modified Matrices",
/// 1950). Rows are added first, so that no step divides by what is nearly nothing. An item that nobody bought yet has 1 / lambda on the
/// diagonal and nothing beside it, and so has one that nobody has any more, which then leaves. Only lower triangles are held.
package struct EASEUpdate {
    /// Below it, inverting takes milliseconds and is exact.
    package static let fewestItems = 512
    /// Rows of `n` items cost about as much as inverting once they are more than n / 3.
    static let mostShare = 3
    /// Weights must be within this of those that the inverse's own residual says are right.
    package static let tolerance = 1e-6
    /// Rows at a time.
    private static let depth = 128
    private static let blockRows = 128

    /// Items before or after, or both.
    private let size: Int
    /// Places of the old and of the new items among these.
    private let before: [Int]
    private let after: [Int]
    package let added: [Row]
    package var removed: [Row]
    private let oldDiagonal: [Float]
    private let pairs: InteractionMatrix

    /// What one person has.
    package struct Row: Hashable {
        package var columns: ArraySlice<Int32>
        package var weights: ArraySlice<Float>
    }

    /// - Parameters:
    ///   - oldItems: of `memory`; both lists rise by their UTF-8 bytes.
    ///   - pairs: everything known by now.
    package init(_ memory: EASEMemory, items oldItems: [String], to pairs: InteractionMatrix, items: [String]) {
        let places = Self.places(oldItems, items)
        (size, before, after) = (places.count, places.before, places.after)
        let old = oldItems.count == size ? memory.people : memory.people.moved(to: before, columnCount: size)
        let new = items.count == size ? pairs : pairs.moved(to: after, columnCount: size)
        (added, removed) = Self.difference(from: old, to: new)
        (oldDiagonal, self.pairs) = (memory.diagonal, new)
    }

    /// Whether no row changed.
    package var isEmpty: Bool { added.isEmpty && removed.isEmpty && before.count == size && after.count == size }

    /// Whether so few rows changed that inverting anew costs more.
    package var isCheaper: Bool { (added.count + removed.count) * Self.mostShare <= size }

    private static func places(_ old: [String], _ new: [String]) -> (count: Int, before: [Int], after: [Int]) {
        var (before, after, count, at) = ([Int](), [Int](), 0, 0)
        for name in new {
            while at < old.count, old[at].utf8.lexicographicallyPrecedes(name.utf8) {
                before.append(count)
                (at, count) = (at + 1, count + 1)
            }
            if at < old.count, old[at] == name {
                before.append(count)
                at += 1
            }
            after.append(count)
            count += 1
        }
        while at < old.count {
            before.append(count)
            (at, count) = (at + 1, count + 1)
        }
        return (count, before, after)
    }

    /// Rows of one matrix that the other lacks, however often each comes, in their order.
    private static func difference(from old: InteractionMatrix, to new: InteractionMatrix) -> (added: [Row], removed: [Row]) {
        func rows(_ matrix: InteractionMatrix) -> [Row] {
            (0..<matrix.rowCount).lazy.map { matrix.range(of: $0) }.filter { !$0.isEmpty }.map {
                Row(columns: matrix.columns[$0], weights: matrix.weights[$0])
            }
        }
        var counts: [Row: Int] = [:]
        let before = rows(old)
        for row in before { counts[row, default: 0] += 1 }
        let added = rows(new).filter { row in
            guard let count = counts[row], count > 0 else { return true }
            counts[row] = count - 1
            return false
        }
        let removed = before.filter { row in
            guard let count = counts[row], count > 0 else { return false }
            counts[row] = count - 1
            return true
        }
        return (added, removed)
    }

    /// - Parameters:
    ///   - old: B of the old items.
    ///   - tolerance: most that a weight may be off, by the residual.
    /// - Returns: B of the new items and the inverse's diagonal; nil where the result is not exact enough.
    package func weights(
        from old: [Float], lambda: Double, threads: Int, tolerance: Double = Self.tolerance
    ) -> (weights: [Float], diagonal: [Float])? {
        var matrix = inverse(from: old, lambda: lambda)
        for (rows, sign) in [(added, Float(1)), (removed, -1)] {
            for first in stride(from: 0, to: rows.count, by: Self.depth) {
                guard change(&matrix, by: rows[first..<min(rows.count, first + Self.depth)], sign: sign, threads: threads) else {
                    return nil
                }
            }
        }
        let check = EASEResidual(pairs, lambda: lambda)
        guard check.largestError(of: matrix) <= tolerance else { return nil }
        let items = after.count
        if items < size { matrix = kept(matrix) }
        let diagonal = (0..<items).map { matrix[$0 * items + $0] }
        EASEFamily.divide(&matrix, size: items, threads: threads)
        return (matrix, diagonal)
    }

    /// The lower triangle of P as it was, of all items.
    private func inverse(from old: [Float], lambda: Double) -> [Float] {
        let width = before.count
        var matrix = [Float](repeating: 0, count: size * size)
        for item in 0..<size { matrix[item * size + item] = Float(1 / lambda) }
        let isWhole = width == size
        old.withUnsafeBufferPointer { old in
            oldDiagonal.withUnsafeBufferPointer { diagonal in
                before.withUnsafeBufferPointer { places in
                    for row in 0..<width {
                        let start = places[row] * size, own = row * width
                        if isWhole {
                            for column in 0..<row { matrix[start + column] = -old[own + column] * diagonal[column] }
                        } else {
                            for column in 0..<row { matrix[start + places[column]] = -old[own + column] * diagonal[column] }
                        }
                        matrix[start + places[row]] = diagonal[row]
                    }
                }
            }
        }
        return matrix
    }

    /// Without the items that nobody has any more.
    private func kept(_ matrix: [Float]) -> [Float] {
        let width = after.count
        var kept = [Float](repeating: 0, count: width * width)
        for (row, place) in after.enumerated() {
            for column in 0...row { kept[row * width + column] = matrix[place * size + after[column]] }
        }
        return kept
    }

    /// Adds some rows to what the matrix is the inverse of, or takes them off.
    ///
    /// - Returns: whether it is still the inverse of something.
    private func change(_ matrix: inout [Float], by rows: ArraySlice<Row>, sign: Float, threads: Int) -> Bool {
        let rows = Array(rows), count = rows.count, size = size
        var products = [Float](repeating: 0, count: count * size)
        return matrix.withUnsafeMutableBufferPointer { matrix in
            products.withUnsafeMutableBufferPointer { products in
                guard let start = matrix.baseAddress, let to = products.baseAddress else { return true }
                let matrix = SharedPointer(start), products = SharedPointer(to)
                Self.multiply(rows, matrix, into: products, size: size, threads: threads)
                var inner = Self.inner(rows, products, size: size, sign: sign)
                let isPositive = inner.withUnsafeMutableBufferPointer { inner in
                    inner.baseAddress.map { OpenBLAS.factorize($0, size: count) } ?? false
                }
                guard isPositive else { return false }
                let factor = inner, blocks = FixedBlocks.count(of: size, size: Self.blockRows)
                FixedBlocks.run(blocks, threads: threads) { block, _ in
                    let columns = FixedBlocks.range(block, of: size, size: Self.blockRows)
                    factor.withUnsafeBufferPointer { factor in
                        guard let factor = factor.baseAddress else { return }
                        OpenBLAS.solve(
                            lower: factor, products.start + columns.lowerBound, size: count, columns: columns.count, width: size)
                    }
                }
                FixedBlocks.run(blocks, threads: threads) { block, _ in
                    let own = FixedBlocks.range(block, of: size, size: Self.blockRows)
                    OpenBLAS.add(
                        -sign, products.start + own.lowerBound, width: size, transposedTimes: products.start, width: size,
                        to: matrix.start + own.lowerBound * size, width: size, rows: own.count, columns: own.upperBound, depth: count)
                }
                return true
            }
        }
    }

    /// U P, a row a person: row j of the triangle has P's entries up to j, and the rows after it the others in their column j.
    private static func multiply(
        _ rows: [Row], _ matrix: SharedPointer<Float>, into products: SharedPointer<Float>, size: Int, threads: Int
    ) {
        FixedBlocks.run(rows.count, threads: threads) { person, _ in
            let row = rows[person], to = products.start + person * size
            for (column, weight) in zip(row.columns, row.weights) {
                let from = matrix.start + Int(column) * size
                for item in 0...Int(column) { to[item] += weight * from[item] }
            }
        }
        FixedBlocks.run(FixedBlocks.count(of: size, size: blockRows), threads: threads) { block, _ in
            for item in FixedBlocks.range(block, of: size, size: blockRows) {
                let from = matrix.start + item * size
                for (person, row) in rows.enumerated() {
                    var sum = Float(0)
                    row.columns.withUnsafeBufferPointer { columns in
                        row.weights.withUnsafeBufferPointer { weights in
                            for place in columns.indices {
                                let column = Int(columns[place])
                                guard column < item else { break }
                                sum += weights[place] * from[column]
                            }
                        }
                    }
                    products.start[person * size + item] += sum
                }
            }
        }
    }

    /// I + U P Uᵀ, or I - U P Uᵀ.
    private static func inner(_ rows: [Row], _ products: SharedPointer<Float>, size: Int, sign: Float) -> [Float] {
        var inner = [Float](repeating: 0, count: rows.count * rows.count)
        for person in rows.indices {
            for other in 0...person {
                let from = products.start + other * size
                var sum = 0.0
                for (column, weight) in zip(rows[person].columns, rows[person].weights) { sum += Double(weight * from[Int(column)]) }
                inner[person * rows.count + other] = Float((person == other ? 1 : 0) + Double(sign) * sum)
            }
        }
        return inner
    }
}

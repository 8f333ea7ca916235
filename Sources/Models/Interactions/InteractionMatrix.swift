/// Distinct (row, column) pairs with a weight each, in compressed rows; columns rise within a row.
package struct InteractionMatrix: Sendable {
    package let rowCount: Int
    package let columnCount: Int
    /// `rowCount + 1` places in `columns` and `weights`.
    package private(set) var starts: [Int]
    package private(set) var columns: [Int32]
    package private(set) var weights: [Float]

    /// Pairs of users and items of a log; weight = `weight` of the number of moments at which the user bought the item.
    package init(_ log: InteractionLog, weight: (Int) -> Float = { _ in 1 }) {
        self.init(rows: log.user, columns: log.item, rowCount: log.users.count, columnCount: log.items.count, weight: weight)
    }

    package init(rows: [Int32], columns: [Int32], rowCount: Int, columnCount: Int, weight: (Int) -> Float = { _ in 1 }) {
        (self.rowCount, self.columnCount) = (rowCount, columnCount)
        var starts = [Int](repeating: 0, count: rowCount + 1)
        for row in rows { starts[Int(row) + 1] += 1 }
        for row in 0..<rowCount { starts[row + 1] += starts[row] }
        var next = starts
        var sorted = [Int32](repeating: 0, count: columns.count)
        for index in rows.indices {
            let row = Int(rows[index])
            sorted[next[row]] = columns[index]
            next[row] += 1
        }
        var (kept, weights, places): ([Int32], [Float], [Int]) = ([], [], [0])
        kept.reserveCapacity(columns.count)
        weights.reserveCapacity(columns.count)
        for row in 0..<rowCount {
            sorted[starts[row]..<starts[row + 1]].sort()
            var at = starts[row]
            while at < starts[row + 1] {
                var end = at + 1
                while end < starts[row + 1], sorted[end] == sorted[at] { end += 1 }
                kept.append(sorted[at])
                weights.append(weight(end - at))
                at = end
            }
            places.append(kept.count)
        }
        (self.starts, self.columns, self.weights) = (places, kept, weights)
    }

    private init(rowCount: Int, columnCount: Int, starts: [Int], columns: [Int32], weights: [Float]) {
        (self.rowCount, self.columnCount) = (rowCount, columnCount)
        (self.starts, self.columns, self.weights) = (starts, columns, weights)
    }

    package var count: Int { columns.count }

    package func range(of row: Int) -> Range<Int> { starts[row]..<starts[row + 1] }

    package func transposed() -> InteractionMatrix {
        var starts = [Int](repeating: 0, count: columnCount + 1)
        for column in columns { starts[Int(column) + 1] += 1 }
        for column in 0..<columnCount { starts[column + 1] += starts[column] }
        var next = starts
        var (rows, moved) = ([Int32](repeating: 0, count: count), [Float](repeating: 0, count: count))
        for row in 0..<rowCount {
            for place in range(of: row) {
                let column = Int(columns[place])
                rows[next[column]] = Int32(row)
                moved[next[column]] = weights[place]
                next[column] += 1
            }
        }
        return InteractionMatrix(rowCount: columnCount, columnCount: rowCount, starts: starts, columns: rows, weights: moved)
    }

    /// The same pairs with other weights.
    package func weighted(_ weight: (_ row: Int, _ column: Int, _ weight: Float) -> Float) -> InteractionMatrix {
        var changed = weights
        for row in 0..<rowCount {
            for place in range(of: row) { changed[place] = weight(row, Int(columns[place]), weights[place]) }
        }
        return InteractionMatrix(rowCount: rowCount, columnCount: columnCount, starts: starts, columns: columns, weights: changed)
    }
}

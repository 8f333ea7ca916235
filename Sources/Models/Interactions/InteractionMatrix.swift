/// Distinct (row, column) pairs with a weight each, in compressed rows; columns rise within a row.
package struct InteractionMatrix: Sendable {
    package let rowCount: Int
    package let columnCount: Int
    /// `rowCount + 1` places in `columns` and `weights`.
    package private(set) var starts: [Int]
    package private(set) var columns: [Int32]
    package private(set) var weights: [Float]

    /// Pairs of users and items of a log; weight = `weight` of the number of moments at which the user bought the item; of what was not bought
    /// that of one, times the strongest event.
    package init(_ log: InteractionLog, weight: (Int) -> Float = { _ in 1 }) {
        self.init(
            rows: log.user, columns: log.item, strengths: log.strengths, rowCount: log.users.count, columnCount: log.items.count,
            weight: weight)
    }

    /// - Parameter strengths: an entry a pair, 1 = bought; empty = all were.
    package init(
        rows: [Int32], columns: [Int32], strengths: [Float] = [], rowCount: Int, columnCount: Int, weight: (Int) -> Float = { _ in 1 }
    ) {
        guard !strengths.isEmpty else {
            self.init(bought: rows, columns, rowCount: rowCount, columnCount: columnCount, weight: weight)
            return
        }
        let bought = strengths.indices.filter { strengths[$0] == 1 }
        self.init(
            bought: InteractionMatrix(
                bought: bought.map { rows[$0] }, bought.map { columns[$0] }, rowCount: rowCount, columnCount: columnCount, weight: weight),
            interests: strengths.indices.filter { strengths[$0] < 1 }.map { (rows[$0], columns[$0], strengths[$0] * weight(1)) })
    }

    private init(bought rows: [Int32], _ columns: [Int32], rowCount: Int, columnCount: Int, weight: (Int) -> Float) {
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

    /// Pairs that were bought, and beside them the others with the greatest weight of each.
    private init(bought: InteractionMatrix, interests: [(row: Int32, column: Int32, weight: Float)]) {
        let order = interests.sorted { ($0.row, $0.column, $1.weight) < ($1.row, $1.column, $0.weight) }
        var (columns, weights, starts): ([Int32], [Float], [Int]) = ([], [], [0])
        var next = 0
        for row in 0..<bought.rowCount {
            var at = bought.range(of: row).lowerBound
            let end = bought.range(of: row).upperBound, first = columns.count
            func take(before column: Int32) {
                while at < end, bought.columns[at] < column {
                    columns.append(bought.columns[at])
                    weights.append(bought.weights[at])
                    at += 1
                }
            }
            while next < order.count, Int(order[next].row) == row {
                let interest = order[next]
                next += 1
                take(before: interest.column)
                if at < end, bought.columns[at] == interest.column { continue }
                if columns.count > first, columns.last == interest.column { continue }
                columns.append(interest.column)
                weights.append(interest.weight)
            }
            take(before: .max)
            starts.append(columns.count)
        }
        self.init(rowCount: bought.rowCount, columnCount: bought.columnCount, starts: starts, columns: columns, weights: weights)
    }

    private init(rowCount: Int, columnCount: Int, starts: [Int], columns: [Int32], weights: [Float]) {
        (self.rowCount, self.columnCount) = (rowCount, columnCount)
        (self.starts, self.columns, self.weights) = (starts, columns, weights)
    }

    /// Rows as they were written, such as a model's; nil where they do not fit together.
    ///
    /// - Parameter weights: empty = 1 each.
    package init?(written starts: [Int], columns: [Int32], weights: [Float], columnCount: Int) {
        guard starts.first == 0, starts.last == columns.count, zip(starts, starts.dropFirst()).allSatisfy({ $0 <= $1 }),
            columns.allSatisfy({ $0 >= 0 && $0 < columnCount }), weights.isEmpty || weights.count == columns.count
        else { return nil }
        self.init(
            rowCount: starts.count - 1, columnCount: columnCount, starts: starts, columns: columns,
            weights: weights.isEmpty ? [Float](repeating: 1, count: columns.count) : weights)
    }

    /// The same pairs with columns in other places.
    ///
    /// - Parameter places: an entry a column, rising.
    package func moved(to places: [Int], columnCount: Int) -> InteractionMatrix {
        InteractionMatrix(
            rowCount: rowCount, columnCount: columnCount, starts: starts, columns: columns.map { Int32(places[Int($0)]) }, weights: weights)
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

/// The items with the greatest inner products, exact: tiles of queries x items go through BLAS and are searched while in the cache.
package struct VectorSearch: Sendable {
    private let vectors: [Float]
    private let factors: Int
    private let height: Int
    /// Items a tile: 64 x 512 scores are 128 KiB.
    private static let width = 512

    package init(vectors: [Float], factors: Int, height: Int = 64) {
        (self.vectors, self.factors, self.height) = (vectors, factors, height)
    }

    /// - Parameters:
    ///   - queries: row-major, `factors` a row.
    ///   - isAsked: false = an empty list.
    ///   - excluded: items not to name a query; empty = none.
    package func best(_ count: Int, for queries: [Float], isAsked: [Bool], excluding excluded: [[Int]], threads: Int) -> [[Recommendation]]
    {
        let rows = queries.count / factors
        let blocks = FixedBlocks.count(of: rows, size: height)
        var lists = [[Recommendation]](repeating: [], count: rows)
        lists.withUnsafeMutableBufferPointer { lists in
            guard let start = lists.baseAddress else { return }
            let lists = SharedPointer(start)
            FixedBlocks.run(blocks, threads: threads) { block, _ in
                let range = FixedBlocks.range(block, of: rows, size: height)
                let part = queries[range.lowerBound * factors..<range.upperBound * factors]
                let padded = Array(part) + [Float](repeating: 0, count: (height - range.count) * factors)
                let leftOut = excluded.isEmpty ? [] : range.map { Set(excluded[$0]).sorted() }
                for (row, list) in search(padded, rows: range.count, excluded: leftOut, count: count).enumerated()
                where isAsked[range.lowerBound + row] {
                    lists[range.lowerBound + row] = list
                }
            }
        }
        return lists
    }

    private func search(_ queries: [Float], rows: Int, excluded: [[Int]], count: Int) -> [[Recommendation]] {
        let items = vectors.count / factors
        var tops = [TopItems](repeating: TopItems(capacity: count), count: rows)
        var next = [Int](repeating: 0, count: rows)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: height * Self.width) { tile in
            guard let scores = tile.baseAddress else { return }
            for first in stride(from: 0, to: items, by: Self.width) {
                let length = min(Self.width, items - first)
                vectors.withUnsafeBufferPointer { vectors in
                    guard let start = vectors.baseAddress else { return }
                    OpenBLAS.multiplyRowByRow(
                        queries, start + first * factors, into: scores, rows: height, columns: length, inner: factors)
                }
                for row in 0..<rows {
                    if !excluded.isEmpty {
                        while next[row] < excluded[row].count, excluded[row][next[row]] < first + length {
                            scores[row * length + excluded[row][next[row]] - first] = -.infinity
                            next[row] += 1
                        }
                    }
                    tops[row].offer(scores + row * length, count: length, first: first)
                }
            }
        }
        return tops.map(\.list)
    }
}

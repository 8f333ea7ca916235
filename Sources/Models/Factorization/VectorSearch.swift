/// The items with the greatest inner products, exact: tiles of queries x items are searched while in the cache.
package struct VectorSearch: Sendable {
    private let vectors: PackedVectors
    private let height: Int
    /// Items a tile: 60 x 512 scores are 120 KiB.
    private static let width = 512

    /// - Parameter height: queries a tile; a multiple of six leaves none over.
    package init(_ vectors: PackedVectors, height: Int = 60) { (self.vectors, self.height) = (vectors, height) }

    /// - Parameters:
    ///   - queries: row-major, `factors` a row.
    ///   - isAsked: false = an empty list.
    ///   - excluded: items not to name a query; empty = none.
    package func best(_ count: Int, for queries: [Float], isAsked: [Bool], excluding excluded: [[Int]], threads: Int) -> [[Recommendation]]
    {
        let factors = vectors.factors, rows = queries.count / factors
        let blocks = FixedBlocks.count(of: rows, size: height)
        var lists = [[Recommendation]](repeating: [], count: rows)
        lists.withUnsafeMutableBufferPointer { lists in
            guard let start = lists.baseAddress else { return }
            let lists = SharedPointer(start)
            FixedBlocks.run(blocks, threads: threads) { block, _ in
                let range = FixedBlocks.range(block, of: rows, size: height)
                let leftOut = excluded.isEmpty ? [] : range.map { Set(excluded[$0]).sorted() }
                queries.withUnsafeBufferPointer { queries in
                    guard let start = queries.baseAddress else { return }
                    let found = search(start + range.lowerBound * factors, rows: range.count, excluded: leftOut, count: count)
                    for (row, list) in found.enumerated() where isAsked[range.lowerBound + row] { lists[range.lowerBound + row] = list }
                }
            }
        }
        return lists
    }

    private func search(_ queries: UnsafePointer<Float>, rows: Int, excluded: [[Int]], count: Int) -> [[Recommendation]] {
        let items = vectors.count, width = Self.width
        var tops = [TopItems](repeating: TopItems(capacity: count), count: rows)
        var next = [Int](repeating: 0, count: rows)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: height * width) { tile in
            guard let scores = tile.baseAddress else { return }
            for first in stride(from: 0, to: items, by: width) {
                let length = min(width, items - first), block = first / PackedVectors.lanes
                let blocks = block..<min(vectors.blocks, block + width / PackedVectors.lanes)
                vectors.multiply(queries, rows: rows, blocks: blocks, into: scores, stride: width)
                for row in 0..<rows {
                    if !excluded.isEmpty {
                        while next[row] < excluded[row].count, excluded[row][next[row]] < first + length {
                            scores[row * width + excluded[row][next[row]] - first] = -.infinity
                            next[row] += 1
                        }
                    }
                    tops[row].offer(scores + row * width, count: length, first: first)
                }
            }
        }
        return tops.map(\.list)
    }
}

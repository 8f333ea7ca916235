/// The vectors nearest to one, found exactly: every inner product is computed, block by block, and the best are kept.
public struct NearestVectors: Sendable {
    public struct Hit: Hashable, Sendable {
        public var id: Int64
        /// Cosine, -1 to 1.
        public var similarity: Float
    }

    private let query: [Float]
    private let limit: Int
    private let least: Float
    /// Best first.
    private var best: [Hit] = []

    /// - Parameters:
    ///   - query: of length 1.
    ///   - limit: how many are kept, at least 1.
    ///   - least: similarities below are none.
    public init(to query: [Float], limit: Int, least: Float) {
        (self.query, self.limit, self.least) = (query, max(limit, 1), least)
    }

    /// Adds rows of vectors of length 1.
    ///
    /// - Precondition: as many values as ids, times the query's.
    public mutating func add(_ ids: [Int64], _ vectors: [Float]) {
        precondition(vectors.count == ids.count * query.count)
        guard !ids.isEmpty else { return }
        var products = [Float](repeating: 0, count: ids.count)
        OpenBLAS.useOneThread()
        OpenBLAS.multiply(vectors, vector: query, into: &products, rows: ids.count, columns: query.count, transposed: false)
        for (id, similarity) in zip(ids, products) where similarity >= least {
            if best.count == limit, let last = best.last, !Self.isBefore(Hit(id: id, similarity: similarity), last) { continue }
            let hit = Hit(id: id, similarity: similarity)
            var place = best.count
            while place > 0, Self.isBefore(hit, best[place - 1]) { place -= 1 }
            best.insert(hit, at: place)
            if best.count > limit { best.removeLast() }
        }
    }

    /// Best first; of equal ones the lower id.
    public var hits: [Hit] { best }

    private static func isBefore(_ left: Hit, _ right: Hit) -> Bool {
        (right.similarity, left.id) < (left.similarity, right.id)
    }
}

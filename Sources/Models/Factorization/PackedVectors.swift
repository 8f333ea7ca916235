import CInline

/// Vectors laid out for inner products with many queries: sixteen side by side, a factor of each after the other.
///
/// A product is the sum over the factors, first to last, each step with one rounding. It depends on the two vectors alone: not on where either
/// stands, on who else is asked for, on threads, nor on the processor. A library's kernels promise none of that: those for Haswell and Zen sum the
/// seventh of twelve queries in another order than the first.
package struct PackedVectors: Sendable {
    package let count: Int
    package let factors: Int
    /// Vectors a block.
    package static let lanes = Int(INNER_PRODUCTS_LANES)
    /// A count, up to whole blocks.
    static func filled(_ count: Int) -> Int { (count + lanes - 1) / lanes * lanes }

    /// `[(block * factors + factor) * lanes + lane]`; zeros after the last vector.
    private let packed: [Float]

    /// - Parameter vectors: row-major, `factors` a vector.
    package init(_ vectors: [Float], factors: Int) {
        let count = factors > 0 ? vectors.count / factors : 0, blocks = (count + Self.lanes - 1) / Self.lanes
        (self.count, self.factors) = (count, factors)
        packed = [Float](unsafeUninitializedCapacity: blocks * Self.lanes * factors) { packed, filled in
            packed.initialize(repeating: 0)
            for vector in 0..<count {
                let start = vector / Self.lanes * factors * Self.lanes + vector % Self.lanes
                for factor in 0..<factors { packed[start + factor * Self.lanes] = vectors[vector * factors + factor] }
            }
            filled = blocks * Self.lanes * factors
        }
    }

    package var blocks: Int { factors > 0 ? packed.count / (factors * Self.lanes) : 0 }

    /// Products of queries with the vectors of some blocks.
    ///
    /// - Parameters:
    ///   - queries: row-major, `rows` of `factors`.
    ///   - products: gets `rows` x `stride`, of which the first `blocks.count * lanes` of a row are written; those after the last vector are 0.
    /// - Precondition: `stride` is at least `blocks.count * lanes`.
    package func multiply(
        _ queries: UnsafePointer<Float>, rows: Int, blocks: Range<Int>, into products: UnsafeMutablePointer<Float>, stride: Int
    ) {
        packed.withUnsafeBufferPointer { packed in
            guard let start = packed.baseAddress else { return }
            innerProducts(start + blocks.lowerBound * factors * Self.lanes, queries, rows, factors, blocks.count, products, stride)
        }
    }
}

import Models
import PipelineTesting
import Testing

@Suite("Packed vectors")
struct PackedVectorsTests {
    private static func numbers(_ count: Int, seed: UInt64) -> [Float] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { _ in Float.random(in: -1...1, using: &random) }
    }

    /// A product as the type promises it: the first factor first, one rounding a step.
    private static func product(_ query: ArraySlice<Float>, _ vector: ArraySlice<Float>) -> Float {
        zip(query, vector).reduce(Float(0)) { $0.addingProduct($1.0, $1.1) }
    }

    private static func products(_ queries: [Float], _ packed: PackedVectors, rows: Int) -> [Float] {
        let stride = packed.blocks * PackedVectors.lanes + 3
        var all = [Float](repeating: .nan, count: rows * stride)
        packed.multiply(queries, rows: rows, blocks: 0..<packed.blocks, into: &all, stride: stride)
        return (0..<rows).flatMap { all[$0 * stride..<$0 * stride + packed.count] }
    }

    @Test("every product is the plain sum to the bit, for any number of queries, factors and vectors", arguments: [1, 5, 6, 7, 13, 64])
    func exact(rows: Int) {
        for (factors, count) in [(1, 1), (3, 15), (8, 16), (17, 40), (64, 129)] {
            let queries = Self.numbers(rows * factors, seed: 1), vectors = Self.numbers(count * factors, seed: 2)
            let found = Self.products(queries, PackedVectors(vectors, factors: factors), rows: rows)
            for row in 0..<rows {
                for place in 0..<count {
                    let plain = Self.product(
                        queries[row * factors..<(row + 1) * factors], vectors[place * factors..<(place + 1) * factors])
                    let bits = found[row * count + place].bitPattern
                    #expect(bits == plain.bitPattern, "\(row) of \(rows), \(place) of \(count), \(factors)")
                }
            }
        }
    }

    @Test("a product does not depend on where its query or its vector stands")
    func anywhere() {
        let factors = 32, query = Self.numbers(factors, seed: 3), vector = Self.numbers(factors, seed: 4)
        let queries = (0..<25).flatMap { _ in query }, vectors = (0..<50).flatMap { _ in vector }
        let found = Self.products(queries, PackedVectors(vectors, factors: factors), rows: 25)
        #expect(Set(found.map(\.bitPattern)).count == 1)
    }

    @Test("the control: sums from their other end are other numbers, so that an order which changed would show")
    func order() {
        let differ = (0..<50).filter { pair in
            let query = Self.numbers(64, seed: 100 + UInt64(pair)), vector = Self.numbers(64, seed: 200 + UInt64(pair))
            return Self.product(query[...], vector[...]) != Self.product(query.reversed()[...], vector.reversed()[...])
        }
        #expect(differ.count > 25)
    }

    @Test("a search names the items that looking at every product names")
    func search() {
        let factors = 12, rows = 70, count = 1_100
        let queries = Self.numbers(rows * factors, seed: 5)
        let packed = PackedVectors(Self.numbers(count * factors, seed: 6), factors: factors)
        let products = Self.products(queries, packed, rows: rows)
        let excluded = (0..<rows).map { [$0, 511, 512, 1_099, 3 * $0] }
        for threads in [1, 3] {
            let lists = VectorSearch(packed).best(
                10, for: queries, isAsked: (0..<rows).map { $0 != 2 }, excluding: excluded, threads: threads)
            #expect(lists[2].isEmpty)
            for row in 0..<rows where row != 2 {
                let own = (0..<count).filter { !excluded[row].contains($0) }
                let expected = own.sorted { (products[row * count + $0], -$0) > (products[row * count + $1], -$1) }.prefix(10)
                #expect(lists[row].map(\.item) == Array(expected))
            }
        }
    }
}

import Foundation
public import Records

/// Items that the same people buy: each item keeps its nearest neighbours, and a score sums the similarities to the items of a history, each
/// as often as it was bought.
///
/// Similarity: cosine of the items' columns of buyers, or of columns weighted by BM25 (S. Robertson et al., TREC-3, 1994: users take the
/// place of documents, their purchases are its length, and an item's weight falls with how many buy it). M. Deshpande, G. Karypis, "Item-based top-N recommendation
/// algorithms", TOIS 22, 2004.
public enum ItemNeighbourFamily: RecommenderFamily {
    public static let definition = Definition(
        name: "item-knn", summary: "Items that the same people buy: nearest neighbours by cosine or BM25, summed over a history.",
        parameters: [
            Parameter("similarity", .choice(["cosine", "bm25"]), default: "bm25", help: "How two items are compared.", example: "cosine"),
            Parameter("neighbours", .integer(1...10_000), default: "100", help: "Nearest items kept for each item.", example: "50"),
            Parameter(
                "itself", .choice(["yes", "no"]), default: "yes",
                help: "Whether an item of the history is its own nearest neighbour: what was bought is then offered again.", example: "no"),
            Parameter("k1", .number(0...1000), default: "1.2", help: "BM25: how soon repeated purchases stop counting.", example: "100"),
            Parameter("b", .number(0...1), default: "0.75", help: "BM25: how much long histories count less.", example: "0.5"),
        ])
    public static let libraryVersion = "item-knn 4"

    public static func train(
        on log: InteractionLog, asOf: Int64, parameters: [String: ParameterValue], seed: UInt64, threads: Int
    ) throws(Failure) -> any Recommender {
        let values = try ParameterValues(parameters, for: definition)
        try log.check(before: asOf, family: definition.name)
        let likeness = Likeness(
            isCosine: values.text("similarity") == "cosine", count: values.integer("neighbours"), itself: values.text("itself") == "yes",
            k1: values.number("k1"), b: values.number("b"))
        return ItemNeighbourRecommender(items: log.items, likeness: likeness, neighbours: likeness.neighbours(in: log, threads: threads))
    }

    /// How two items are compared, and what is kept.
    struct Likeness: Sendable {
        var isCosine: Bool
        var count: Int
        var itself: Bool
        var k1: Double
        var b: Double

        func neighbours(in log: InteractionLog, threads: Int) -> Neighbours {
            let weighted =
                isCosine
                ? InteractionMatrix(log).unitColumns() : InteractionMatrix(log, weight: { Float($0) }).bm25(k1: k1, b: b)
            return weighted.nearestColumns(count: count, itself: itself, threads: threads)
        }
    }

    public static func load(_ bytes: [UInt8]) throws(Failure) -> any Recommender {
        var reader = try ModelBytesReader(bytes, family: definition.name)
        let items = try reader.texts()
        let likeness = Likeness(
            isCosine: try reader.integer() == 1, count: try reader.integer(), itself: try reader.integer() == 1, k1: try reader.number(),
            b: try reader.number())
        let starts = try reader.array(of: Int64.self).map { Int($0) }
        return ItemNeighbourRecommender(
            items: items, likeness: likeness,
            neighbours: Neighbours(starts: starts, items: try reader.array(of: Int32.self), weights: try reader.array(of: Float.self)))
    }
}

/// For each item its nearest ones, nearest first.
package struct Neighbours: Sendable {
    package var starts: [Int]
    package var items: [Int32]
    package var weights: [Float]

    package func range(of item: Int) -> Range<Int> { starts[item]..<starts[item + 1] }
}

extension InteractionMatrix {
    /// Columns of length 1.
    func unitColumns() -> InteractionMatrix {
        var squares = [Double](repeating: 0, count: columnCount)
        for place in 0..<count { squares[Int(columns[place])] += Double(weights[place]) * Double(weights[place]) }
        return weighted { _, column, weight in Float(Double(weight) / squares[column].squareRoot()) }
    }

    /// BM25 weights with rows for documents and columns for terms.
    func bm25(k1: Double, b: Double) -> InteractionMatrix {
        var buyers = [Double](repeating: 0, count: columnCount)
        for column in columns { buyers[Int(column)] += 1 }
        let rows = Double(max(1, (0..<rowCount).count { !range(of: $0).isEmpty }))
        let lengths = (0..<rowCount).map { range(of: $0).reduce(0.0) { $0 + Double(weights[$1]) } }
        let mean = lengths.reduce(0, +) / rows
        return weighted { row, column, weight in
            let frequency = Double(weight), length = lengths[row]
            let inverse = log(rows) - log(1 + buyers[column])
            return Float(max(0, inverse) * frequency * (k1 + 1) / (frequency + k1 * (1 - b + b * length / mean)))
        }
    }

    /// The nearest columns of each column by inner product, itself among them only if asked for; sums run by rising row, whatever the threads.
    func nearestColumns(count neighbours: Int, itself: Bool, threads: Int) -> Neighbours {
        let byColumn = transposed()
        let size = 64, width = columnCount
        let blocks = FixedBlocks.count(of: width, size: size)
        var found = [[Recommendation]](repeating: [], count: width)
        found.withUnsafeMutableBufferPointer { found in
            guard let start = found.baseAddress else { return }
            let found = SharedPointer(start)
            FixedBlocks.run(blocks, threads: threads) { block, _ in
                var sums = [Float](repeating: 0, count: width)
                var top = TopItems(capacity: neighbours)
                for column in FixedBlocks.range(block, of: width, size: size) {
                    for index in sums.indices { sums[index] = 0 }
                    for place in byColumn.range(of: column) {
                        let (row, weight) = (Int(byColumn.columns[place]), byColumn.weights[place])
                        for other in self.range(of: row) { sums[Int(columns[other])] += weight * weights[other] }
                    }
                    if !itself { sums[column] = 0 }
                    top.removeAll()
                    sums.withUnsafeBufferPointer { if let start = $0.baseAddress { top.offer(start, count: width, first: 0) } }
                    found[column] = top.list.filter { $0.score > 0 }
                }
            }
        }
        var result = Neighbours(starts: [0], items: [], weights: [])
        for list in found {
            result.items += list.map { Int32($0.item) }
            result.weights += list.map(\.score)
            result.starts.append(result.items.count)
        }
        return result
    }
}

struct ItemNeighbourRecommender: Recommender {
    var family: String { ItemNeighbourFamily.definition.name }
    let items: [String]
    let likeness: ItemNeighbourFamily.Likeness
    let neighbours: Neighbours

    /// Counts anew, which is all there is to this family's training.
    func updated(with log: InteractionLog, asOf: Int64, threads: Int) throws(Failure) -> (any Recommender)? {
        try log.check(before: asOf, family: family)
        return ItemNeighbourRecommender(items: log.items, likeness: likeness, neighbours: likeness.neighbours(in: log, threads: threads))
    }

    func scores(for histories: [History]) throws(Failure) -> [Float] {
        try check(histories)
        var scores = [Float](repeating: -.infinity, count: histories.count * items.count)
        for (row, history) in histories.enumerated() {
            for (item, amount) in history.counts {
                for place in neighbours.range(of: item) {
                    let at = row * items.count + Int(neighbours.items[place])
                    scores[at] = max(scores[at], 0) + amount * neighbours.weights[place]
                }
            }
        }
        return scores
    }

    func contributions(to item: Int, for history: History) throws(Failure) -> [Contribution] {
        try check([history, History(items: [item])])
        return history.counts.compactMap { past, amount in
            neighbours.range(of: past).first { Int(neighbours.items[$0]) == item }.map {
                Contribution(item: past, amount: amount * neighbours.weights[$0])
            }
        }
    }

    func serialized() throws(Failure) -> [UInt8] {
        var writer = ModelBytesWriter(family: family)
        writer.texts(items)
        writer.integer(likeness.isCosine ? 1 : 0)
        writer.integer(likeness.count)
        writer.integer(likeness.itself ? 1 : 0)
        writer.number(likeness.k1)
        writer.number(likeness.b)
        writer.array(neighbours.starts.map { Int64($0) })
        writer.array(neighbours.items)
        writer.array(neighbours.weights)
        return writer.sealed()
    }
}

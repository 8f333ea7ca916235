package import Records

/// Items as vectors; a person's vector is solved for from the history, so that people who came after training have one too.
package struct FactorRecommender: Recommender {
    package var family: String { ImplicitALSFamily.definition.name }
    package let items: [String]
    private let people: Int
    private let factorization: Factorization
    private let vectors: [Float]
    private let gram: [Float]
    /// People a block: the library is always given matrices of this height, so that nobody's scores depend on who else is asked for.
    private static let height = 64

    init(items: [String], people: Int, factorization: Factorization, vectors: [Float]) {
        var factorization = factorization
        factorization.steps = nil
        (self.items, self.people, self.factorization, self.vectors) = (items, people, factorization, vectors)
        gram = factorization.gram(of: vectors, threads: 1)
    }

    /// The vector of each history, row-major.
    package func vectors(of histories: [History], threads: Int) throws(Failure) -> [Float] {
        try check(histories)
        var (rows, columns): ([Int32], [Int32]) = ([], [])
        for (row, history) in histories.enumerated() {
            for item in history.items {
                rows.append(Int32(row))
                columns.append(Int32(item))
            }
        }
        let pairs = InteractionMatrix(rows: rows, columns: columns, rowCount: histories.count, columnCount: items.count)
        var solved = [Float](repeating: 0, count: histories.count * factorization.factors)
        try factorization.solve(&solved, given: vectors, pairs: pairs, threads: threads, gram: gram)
        return solved
    }

    package func scores(for histories: [History]) throws(Failure) -> [Float] {
        let factors = factorization.factors, width = items.count
        let own = try vectors(of: histories, threads: 1)
        let blocks = FixedBlocks.count(of: histories.count, size: Self.height)
        var scores = [Float](repeating: 0, count: blocks * Self.height * width)
        let padded = own + [Float](repeating: 0, count: blocks * Self.height * factors - own.count)
        for block in 0..<blocks {
            padded.withUnsafeBufferPointer { padded in
                scores.withUnsafeMutableBufferPointer { scores in
                    guard let from = padded.baseAddress, let to = scores.baseAddress else { return }
                    OpenBLAS.multiply(
                        from + block * Self.height * factors, vectors, into: to + block * Self.height * width, rows: Self.height,
                        columns: width, inner: factors, transposed: true)
                }
            }
        }
        scores.removeLast(scores.count - histories.count * width)
        for (row, history) in histories.enumerated() where history.items.isEmpty {
            for place in row * width..<(row + 1) * width { scores[place] = -.infinity }
        }
        return scores
    }

    package func contributions(to item: Int, for history: History) throws(Failure) -> [Contribution] {
        try check([history, History(items: [item])])
        let distinct = history.distinct, factors = factorization.factors
        guard !distinct.isEmpty else { return [] }
        // The score is the item's vector times the inverse times the sum of the history's vectors: a summand for each of them.
        let weights = try factorization.inverse(
            times: Array(vectors[item * factors..<(item + 1) * factors]), columns: distinct, vectors: vectors, gram: gram,
            possible: items.count)
        return distinct.map { past in
            Contribution(item: past, amount: (0..<factors).reduce(Float(0)) { $0 + weights[$1] * vectors[past * factors + $1] })
        }
    }

    package func serialized() throws(Failure) -> [UInt8] {
        var writer = ModelBytesWriter(family: family)
        writer.texts(items)
        writer.integer(people)
        writer.integer(factorization.factors)
        writer.number(Double(factorization.unobservedWeight))
        writer.number(factorization.lambda)
        writer.number(factorization.scaling)
        writer.array(vectors)
        return writer.sealed()
    }

    /// Tiles of people x items, searched while they are in the cache.
    package func recommendations(
        for histories: [History], excluding excluded: [[Int]] = [], count: Int, threads: Int = 1
    ) throws(Failure) -> [[Recommendation]] {
        try check(histories, excluding: excluded)
        let own = try vectors(of: histories, threads: threads)
        let known = histories.map { !$0.items.isEmpty }
        return VectorSearch(vectors: vectors, factors: factorization.factors, height: Self.height)
            .best(count, for: own, isAsked: known, excluding: excluded, threads: threads)
    }
}

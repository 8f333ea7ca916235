package import Records

/// Items as vectors; a person's vector is solved for from the history, so that people who came after training have one too.
package struct FactorRecommender: Recommender {
    package var family: String { ImplicitALSFamily.definition.name }
    package let items: [String]
    private let people: Int
    private let factorization: Factorization
    /// Row-major, an item a row.
    package let vectors: [Float]
    private let gram: [Float]
    private let weighting: PairWeight
    private let packed: PackedVectors

    init(items: [String], people: Int, factorization: Factorization, vectors: [Float], weighting: PairWeight = .binary) {
        var factorization = factorization
        factorization.steps = nil
        (self.items, self.people, self.factorization, self.vectors) = (items, people, factorization, vectors)
        self.weighting = weighting
        gram = factorization.gram(of: vectors, threads: 1)
        packed = PackedVectors(vectors, factors: factorization.factors)
    }

    /// The vector of each history, row-major.
    package func vectors(of histories: [History], threads: Int) throws(Failure) -> [Float] {
        try check(histories)
        var (rows, columns, strengths): ([Int32], [Int32], [Float]) = ([], [], [])
        let isMixed = histories.contains { !$0.strengths.isEmpty }
        for (row, history) in histories.enumerated() {
            for (index, item) in history.items.enumerated() {
                rows.append(Int32(row))
                columns.append(Int32(item))
                if isMixed { strengths.append(history.strengths.isEmpty ? 1 : history.strengths[index]) }
            }
        }
        let pairs = InteractionMatrix(
            rows: rows, columns: columns, strengths: strengths, rowCount: histories.count, columnCount: items.count,
            weight: weighting.weight)
        var solved = [Float](repeating: 0, count: histories.count * factorization.factors)
        try factorization.solve(&solved, given: vectors, pairs: pairs, threads: threads, gram: gram)
        return solved
    }

    package func scores(for histories: [History]) throws(Failure) -> [Float] {
        let width = items.count, stride = packed.blocks * PackedVectors.lanes
        let own = try vectors(of: histories, threads: 1)
        var scores = [Float](repeating: 0, count: histories.count * width)
        // Six at a time are twice as fast as one, and none of them notices.
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 6 * stride) { products in
            for first in Swift.stride(from: 0, to: histories.count, by: 6) {
                let rows = min(6, histories.count - first)
                own.withUnsafeBufferPointer { own in
                    guard let queries = own.baseAddress, let into = products.baseAddress else { return }
                    packed.multiply(
                        queries + first * packed.factors, rows: rows, blocks: 0..<packed.blocks, into: into, stride: stride)
                }
                for row in 0..<rows {
                    for item in 0..<width { scores[(first + row) * width + item] = products[row * stride + item] }
                }
            }
        }
        for (row, history) in histories.enumerated() where history.items.isEmpty {
            for place in row * width..<(row + 1) * width { scores[place] = -.infinity }
        }
        return scores
    }

    package func contributions(to item: Int, for history: History) throws(Failure) -> [Contribution] {
        try check([history, History(items: [item])])
        let factors = factorization.factors
        let pairs = InteractionMatrix(
            rows: history.items.map { _ in 0 }, columns: history.items.map { Int32($0) }, strengths: history.strengths, rowCount: 1,
            columnCount: items.count, weight: weighting.weight)
        let distinct = pairs.columns.map { Int($0) }
        guard !distinct.isEmpty else { return [] }
        // The score is the item's vector times the inverse times the sum of the history's vectors: a summand for each of them.
        let weights = try factorization.inverse(
            times: Array(vectors[item * factors..<(item + 1) * factors]), columns: distinct, weights: pairs.weights, vectors: vectors,
            gram: gram,
            possible: items.count)
        return zip(distinct, pairs.weights).map { past, own in
            Contribution(item: past, amount: own * (0..<factors).reduce(Float(0)) { $0 + weights[$1] * vectors[past * factors + $1] })
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
        writer.text(weighting.rawValue)
        return writer.sealed()
    }

    /// Folds new days in: vectors of items that training knew stay, people's are always solved for from their histories, and an item that is
    /// new is solved for from the people who bought it.
    ///
    /// - Parameter log: everything known by now, the days of training included.
    package func updated(with log: InteractionLog, asOf: Int64, threads: Int) throws(Failure) -> (any Recommender)? {
        try log.check(before: asOf, family: family)
        let factors = factorization.factors
        let known = Dictionary(uniqueKeysWithValues: zip(items, 0...))
        let old = log.items.map { known[$0] }
        var (rows, columns, strengths): ([Int32], [Int32], [Float]) = ([], [], [])
        for row in 0..<log.count {
            guard let item = old[Int(log.item[row])] else { continue }
            rows.append(log.user[row])
            columns.append(Int32(item))
            if !log.strengths.isEmpty { strengths.append(log.strengths[row]) }
        }
        let past = InteractionMatrix(
            rows: rows, columns: columns, strengths: strengths, rowCount: log.users.count, columnCount: items.count,
            weight: weighting.weight)
        var people = [Float](repeating: 0, count: log.users.count * factors)
        try factorization.solve(&people, given: vectors, pairs: past, threads: threads, gram: gram)
        let fresh = old.indices.filter { old[$0] == nil }
        var places = [Int32](repeating: -1, count: log.items.count)
        for (place, item) in fresh.enumerated() { places[item] = Int32(place) }
        (rows, columns, strengths) = ([], [], [])
        for row in 0..<log.count where places[Int(log.item[row])] >= 0 {
            rows.append(places[Int(log.item[row])])
            columns.append(log.user[row])
            if !log.strengths.isEmpty { strengths.append(log.strengths[row]) }
        }
        let bought = InteractionMatrix(
            rows: rows, columns: columns, strengths: strengths, rowCount: fresh.count, columnCount: log.users.count,
            weight: weighting.weight)
        var solved = [Float](repeating: 0, count: fresh.count * factors)
        try factorization.solve(&solved, given: people, pairs: bought, threads: threads)
        var vectors: [Float] = []
        vectors.reserveCapacity(log.items.count * factors)
        for item in log.items.indices {
            if let place = old[item] {
                vectors += self.vectors[place * factors..<(place + 1) * factors]
            } else {
                let place = Int(places[item])
                vectors += solved[place * factors..<(place + 1) * factors]
            }
        }
        return FactorRecommender(
            items: log.items, people: log.users.count, factorization: factorization, vectors: vectors, weighting: weighting)
    }

    /// Tiles of people x items, searched while they are in the cache.
    package func recommendations(
        for histories: [History], excluding excluded: [[Int]] = [], count: Int, threads: Int = 1
    ) throws(Failure) -> [[Recommendation]] {
        try check(histories, excluding: excluded)
        let own = try vectors(of: histories, threads: threads)
        let known = histories.map { !$0.items.isEmpty }
        return VectorSearch(packed).best(count, for: own, isAsked: known, excluding: excluded, threads: threads)
    }
}

package import Records

/// Candidates ranked by boosted trees; the score is the log-odds of a purchase within the horizon that the trees learnt.
package struct RankedRecommender: Recommender {
    package var family: String { RankedFamily.definition.name }
    package let items: [String]
    private let penalty: EASEFamily.Penalty
    private let rows: CandidateRows
    private let classifier: BoostingClassifier
    /// What EASE takes the next day in by.
    private let memory: EASEMemory?
    private let artefact: [UInt8]

    init(
        items: [String], penalty: EASEFamily.Penalty, rows: CandidateRows, memory: EASEMemory?, artefact: [UInt8]
    ) throws(Failure) {
        (self.items, self.penalty, self.rows, self.memory, self.artefact) = (items, penalty, rows, memory, artefact)
        classifier = try BoostingClassifier(artefact: artefact, featureNames: rows.names)
    }

    /// Candidates and what is known of items are of all days; the trees stay.
    ///
    /// - Returns: nil where prices or categories came or went, or looks went: the trees do not know such rows.
    package func updated(with log: InteractionLog, asOf: Int64, threads: Int) throws(Failure) -> (any Recommender)? {
        try log.check(before: asOf, family: family)
        guard log.hasAttributes == (rows.facts.prices != nil), !rows.hasLooks || !log.strengths.isEmpty else { return nil }
        let ease = try penalty.updated(
            EASEModel(weights: rows.weights, memory: memory), items: items, with: log, threads: threads)
        return try RankedRecommender(
            items: log.items, penalty: penalty,
            rows: RankedFamily.candidates(log, asOf: asOf, weights: ease.weights, count: rows.count, hasLooks: rows.hasLooks),
            memory: ease.memory, artefact: artefact)
    }

    package func scores(for histories: [History]) throws(Failure) -> [Float] {
        try check(histories)
        return try scores(histories, threads: 1)
    }

    private func scores(_ histories: [History], threads: Int) throws(Failure) -> [Float] {
        var scores = [Float](repeating: -.infinity, count: histories.count * items.count)
        for (person, candidates) in rows.all(histories, threads: threads).enumerated() {
            let matrix = FeatureMatrix(featureCount: rows.names.count, values: candidates.values)
            for (item, margin) in zip(candidates.items, try classifier.margins(of: matrix)) { scores[person * items.count + item] = margin }
        }
        return scores
    }

    package func recommendations(
        for histories: [History], excluding excluded: [[Int]] = [], count: Int, threads: Int = 1
    ) throws(Failure) -> [[Recommendation]] {
        try check(histories, excluding: excluded)
        var lists: [[Recommendation]] = []
        for first in stride(from: 0, to: histories.count, by: 128) {
            let people = first..<min(histories.count, first + 128)
            var scores = try scores(Array(histories[people]), threads: threads)
            if !excluded.isEmpty {
                for person in people { for item in excluded[person] { scores[(person - first) * items.count + item] = -.infinity } }
            }
            lists += TopItems.lists(of: scores, width: items.count, count: count)
        }
        return lists
    }

    /// Exact Shapley contributions of the trees; those of similarity are split over the items of the history that it comes from.
    package func contributions(to item: Int, for history: History) throws(Failure) -> [Contribution] {
        try check([history, History(items: [item])])
        let (candidates, values) = rows.rows(for: history)
        guard let place = candidates.firstIndex(of: item) else { return [] }
        let width = rows.names.count
        let row = FeatureMatrix(featureCount: width, values: Array(values[place * width..<(place + 1) * width]))
        let parts = try classifier.contributions(of: row)
        var found: [Contribution] = []
        var similar: Float = 0
        for (feature, amount) in parts.dropLast().enumerated() where amount != 0 {
            let name = rows.names[feature]
            if name.hasPrefix("similar") { similar += amount } else { found.append(Contribution(item: nil, part: name, amount: amount)) }
        }
        found.append(Contribution(item: nil, part: "base", amount: parts[width]))
        return found + split(similar, over: history, item: item)
    }

    private func split(_ amount: Float, over history: History, item: Int) -> [Contribution] {
        let past = history.pairs.map { ($0.item, $0.amount * rows.weights[$0.item * items.count + item]) }
        // What speaks for the item is shared by what spoke for it, what speaks against it by what spoke against it.
        let own = past.filter { amount > 0 ? $0.1 > 0 : $0.1 < 0 }
        let sum = own.reduce(Float(0)) { $0 + $1.1 }
        guard sum != 0 else { return amount == 0 ? [] : [Contribution(item: nil, part: "similar", amount: amount)] }
        return own.map { Contribution(item: $0.0, part: "similar", amount: amount * $0.1 / sum) }
    }

    package func serialized() throws(Failure) -> [UInt8] {
        var writer = ModelBytesWriter(family: family)
        writer.texts(items)
        writer.number(penalty.lambda)
        writer.integer(penalty.memory)
        writer.integer(rows.count)
        writer.array(rows.isSeen.map { $0 ? UInt8(1) : 0 })
        writer.array(rows.weights)
        writer.array(rows.categories)
        // Kinds of columns: 1 = prices and categories, 2 = looks.
        writer.integer((rows.facts.prices == nil ? 0 : 1) + (rows.hasLooks ? 2 : 0))
        for column in rows.facts.columns { writer.array(column) }
        writer.blob(artefact)
        writer.memory(memory)
        return writer.sealed()
    }
}

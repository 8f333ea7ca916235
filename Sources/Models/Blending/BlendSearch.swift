import Records

/// Weights of several models by what people took in past slices: one weight after the other is tried at a few values, and kept where NDCG at
/// 10 rises. No random numbers, sums in a fixed order.
struct BlendSearch {
    /// A person of a slice: the items worth looking at, with each model's score of each on the person's scale.
    private struct Person {
        /// Rising.
        var items: [Int32]
        /// A row of `items.count` a model.
        var scores: [Float]
        var isWanted: [Bool]
        /// Gain of the best order.
        var ideal: Double
    }

    private let families: Int
    private var people: [Person] = []
    /// Items of each model looked at for a person; those further down stand in no list of ten.
    private static let depth = 100
    /// People of a slice; more make the weights no better.
    private static let mostPeople = 2_000
    private static let grid: [Float] = [0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3]
    private static let discounts = (0..<10).map { RankingFigures.discount($0) }

    init(families: Int) { self.families = families }

    /// - Parameter isNew: what people have leaves the lists.
    mutating func add(_ split: RecommendationSplit, _ models: [any Recommender], isNew: Bool) throws(Failure) {
        let histories = split.training.histories(asOf: split.cut), isSeen = split.training.isSeen
        let step = max(1, (split.users.count + Self.mostPeople - 1) / Self.mostPeople)
        let asked = Array(stride(from: 0, to: split.users.count, by: step))
        let width = split.training.items.count
        for first in stride(from: 0, to: asked.count, by: 128) {
            let part = asked[first..<min(asked.count, first + 128)]
            var scores: [[Float]] = []
            for model in models { scores.append(try model.scores(for: part.map { histories[split.users[$0]] })) }
            for (row, place) in part.enumerated() {
                let own = scores.map { $0[row * width..<(row + 1) * width] }
                people.append(
                    Self.person(own, isSeen: isSeen, hidden: isNew ? split.known[place] : [], wanted: Set(split.relevant[place])))
            }
        }
    }

    private static func person(_ scores: [ArraySlice<Float>], isSeen: [Bool], hidden: [Int], wanted: Set<Int>) -> Person {
        var found: Set<Int32> = []
        for own in scores {
            var row = Array(own)
            for item in row.indices where !isSeen[item] { row[item] = -.infinity }
            for item in hidden { row[item] = -.infinity }
            var top = TopItems(capacity: depth)
            row.withUnsafeBufferPointer { if let start = $0.baseAddress { top.offer(start, count: row.count, first: 0) } }
            found.formUnion(top.list.map { Int32($0.item) })
        }
        let items = found.sorted()
        var scaled: [Float] = []
        for own in scores {
            let scale = ScoreScale(own, isSeen: isSeen)
            scaled += items.map { scale.value(own[own.startIndex + Int($0)]) }
        }
        return Person(
            items: items, scores: scaled, isWanted: items.map { wanted.contains(Int($0)) },
            ideal: discounts.prefix(wanted.count).reduce(0, +))
    }

    /// Mean over people; those whom no model names anything count 0.
    private func gain(_ weights: [Float]) -> Double {
        var sum = 0.0, row: [Float] = [], top = TopItems(capacity: 10)
        for person in people where !person.items.isEmpty {
            let count = person.items.count
            row.removeAll(keepingCapacity: true)
            row.append(contentsOf: repeatElement(0, count: count))
            for (model, weight) in weights.enumerated() where weight > 0 {
                for place in 0..<count { row[place] += weight * person.scores[model * count + place] }
            }
            top.removeAll()
            row.withUnsafeBufferPointer { if let start = $0.baseAddress { top.offer(start, count: count, first: 0) } }
            var own = 0.0
            for (place, named) in top.list.enumerated() where person.isWanted[named.item] { own += Self.discounts[place] }
            sum += own / person.ideal
        }
        return sum / Double(max(1, people.count))
    }

    /// 1 each where there is nothing to learn from.
    func best() -> [Float] {
        guard !people.isEmpty else { return [Float](repeating: 1, count: families) }
        var best: (weights: [Float], gain: Double) = ([], -1)
        for model in 0..<families {
            let alone = (0..<families).map { $0 == model ? Float(1) : 0 }
            let gain = gain(alone)
            if gain > best.gain { best = (alone, gain) }
        }
        for _ in 0..<4 {
            let before = best.gain
            for model in 0..<families {
                for value in Self.grid where value != best.weights[model] {
                    var weights = best.weights
                    weights[model] = value
                    guard weights.contains(where: { $0 > 0 }) else { continue }
                    let gain = gain(weights)
                    if gain > best.gain + 1e-9 { best = (weights, gain) }
                }
            }
            if best.gain - before < 1e-6 { break }
        }
        return best.weights
    }
}

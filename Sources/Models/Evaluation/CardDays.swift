/// Cards by day, each day sorted by falling score once: card precision of any reweighting is one pass.
public struct CardDays: Sendable {
    private struct Entry {
        var card: Int32
        var score: Float
        var isPositive: Bool
    }
    /// Days rising; cards of a day by falling score, then rising identifier.
    private let days: [[Entry]]
    /// The identifiers, rising; entries number cards by their place here.
    private let cards: [Int]

    /// - Precondition: counts agree; no score is NaN.
    public init(scores: [Float], labels: [Float], cards: [Int], days: [Int]) {
        precondition([labels.count, cards.count, days.count].allSatisfy { $0 == scores.count }, "a label, a card and a day a row")
        precondition(!scores.contains { $0.isNaN }, "scores are numbers")
        self.cards = Set(cards).sorted()
        let numbers = Dictionary(uniqueKeysWithValues: zip(self.cards, Int32(0)...))
        var entries: [Int: [Int32: Entry]] = [:]
        for row in scores.indices {
            let card = numbers[cards[row]] ?? 0
            var entry = entries[days[row], default: [:]][card] ?? Entry(card: card, score: -.infinity, isPositive: false)
            entry.score = max(entry.score, scores[row])
            entry.isPositive = entry.isPositive || labels[row] == 1
            entries[days[row], default: [:]][card] = entry
        }
        self.days = entries.keys.sorted().map { day in
            (entries[day] ?? [:]).values.sorted { $0.score == $1.score ? $0.card < $1.card : $0.score > $1.score }
        }
    }

    /// See ``Metrics/cardPrecision(at:scores:labels:cards:days:)``.
    ///
    /// - Parameter weights: how often each card counts, in rising order of identifier (a card drawn twice is two cards); empty = once.
    public func precision(at k: Int, weights: [UInt32] = []) -> Double? {
        precondition(k >= 1 && (weights.isEmpty || weights.count == cards.count))
        guard !days.isEmpty else { return nil }
        return Double(hits(at: k, weights: weights).reduce(0, +)) / Double(k) / Double(days.count)
    }

    /// The precision of each day, in rising order of day; their mean is ``precision(at:weights:)``.
    public func precisions(at k: Int) -> [Double] {
        precondition(k >= 1)
        return hits(at: k, weights: []).map { Double($0) / Double(k) }
    }

    /// Compromised cards among the `k` highest, a day.
    private func hits(at k: Int, weights: [UInt32]) -> [Int] {
        var left = weights.isEmpty ? [UInt32](repeating: 1, count: cards.count) : weights
        return days.map { day in
            var (room, found) = (k, 0)
            for entry in day {
                guard room > 0 else { break }
                let taken = min(Int(left[Int(entry.card)]), room)
                room -= taken
                guard entry.isPositive else { continue }
                found += taken
                left[Int(entry.card)] -= UInt32(taken)
            }
            return found
        }
    }
}

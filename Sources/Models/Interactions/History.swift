/// What one person did: items and how long ago.
public struct History: Hashable, Sendable {
    /// Places in a recommender's `items`, oldest first; an item may come more than once.
    public var items: [Int]
    /// Days ago, one an item, 0 or more; empty = not known, taken as 0.
    public var ages: [Float]
    /// What each counts, as in ``InteractionLog/strengths``; empty = all are purchases.
    public var strengths: [Float]

    public init(items: [Int], ages: [Float] = [], strengths: [Float] = []) {
        (self.items, self.ages, self.strengths) = (items, ages, strengths)
    }

    package func isPurchase(_ index: Int) -> Bool { strengths.isEmpty || strengths[index] == 1 }

    /// What was bought.
    package var bought: History {
        guard !strengths.isEmpty else { return self }
        let rows = items.indices.filter { isPurchase($0) }
        return History(items: rows.map { items[$0] }, ages: ages.isEmpty ? [] : rows.map { ages[$0] })
    }

    /// Items looked at and not bought, rising, each with the strongest of its events and the age of the newest.
    package var interests: [(item: Int, strength: Float, age: Float)] {
        guard !strengths.isEmpty else { return [] }
        let own = Set(items.indices.filter { isPurchase($0) }.map { items[$0] })
        var found: [Int: (strength: Float, age: Float)] = [:]
        for index in items.indices where !own.contains(items[index]) {
            let known = found[items[index]] ?? (0, .infinity)
            found[items[index]] = (max(known.strength, strengths[index]), min(known.age, age(index)))
        }
        return found.keys.sorted().map { ($0, found[$0]?.strength ?? 0, found[$0]?.age ?? 0) }
    }

    /// What each distinct item counts, rising: 1 where it was bought, else the strongest event.
    package var pairs: [(item: Int, amount: Float)] {
        guard !strengths.isEmpty else { return distinct.map { ($0, 1) } }
        return merged(bought.distinct.map { ($0, 1) })
    }

    /// As ``pairs``, with the number of purchases where it was bought.
    package var counts: [(item: Int, amount: Float)] { merged(purchases.map { ($0.item, Float($0.ages.count)) }) }

    private func merged(_ own: [(item: Int, amount: Float)]) -> [(item: Int, amount: Float)] {
        strengths.isEmpty ? own : (own + interests.map { ($0.item, $0.strength) }).sorted { $0.item < $1.item }
    }

    package func age(_ index: Int) -> Float { ages.isEmpty ? 0 : ages[index] }

    /// The distinct items, rising.
    package var distinct: [Int] {
        let sorted = items.sorted()
        return sorted.enumerated().filter { $0.offset == 0 || sorted[$0.offset - 1] != $0.element }.map(\.element)
    }

    /// Days on which each distinct item was bought, rising by item: the age of each purchase, several lines of one moment being one.
    package var purchases: [(item: Int, ages: [Float])] {
        let order = items.indices.filter { isPurchase($0) }.sorted { (items[$0], $0) < (items[$1], $1) }
        var found: [(item: Int, ages: [Float])] = []
        for index in order {
            if found.last?.item == items[index] {
                if found[found.count - 1].ages.last != age(index) { found[found.count - 1].ages.append(age(index)) }
            } else {
                found.append((items[index], [age(index)]))
            }
        }
        return found
    }
}

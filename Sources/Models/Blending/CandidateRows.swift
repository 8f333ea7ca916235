import Foundation

/// The items worth ranking for a person, and a row of features for each.
struct CandidateRows: Sendable {
    private static let names =
        [
            "own_purchases", "own_frequency_180", "own_frequency_30", "own_days_since", "own_share", "similar", "similar_recent",
            "similar_place", "baskets", "days_since_basket", "distinct_items", "baskets_30", "baskets_90",
        ] + ItemFacts.names
    /// Besides, where prices or categories are known: the share of the own purchases that are of the item's category, days since the last of
    /// them, and the item's price by the mean price of what the person bought.
    private static let attributeNames = ItemFacts.attributeNames + ["own_category_share", "own_category_since", "price_beside_own"]

    /// Besides, where rows may be looks: how often the person looked at the item without buying it then, in all and in the last week, and days
    /// since the last look.
    private static let lookNames = ["own_looks", "own_looks_7", "own_looks_since"]

    static func names(hasAttributes: Bool, hasLooks: Bool) -> [String] {
        names + (hasAttributes ? attributeNames : []) + (hasLooks ? lookNames : [])
    }

    var names: [String] { Self.names(hasAttributes: facts.prices != nil, hasLooks: hasLooks) }

    /// EASE's weights, row-major: row = item of the history.
    let weights: [Float]
    let facts: ItemFacts
    /// Items without a row in training are never named.
    let isSeen: [Bool]
    /// New items taken by similarity; a quarter as many by sales of a week and of four each.
    let count: Int
    /// Category an item; empty = not known.
    let categories: [Int32]
    /// Whether the trees see what a person looked at.
    let hasLooks: Bool
    private let popular: [[Int]]

    var itemCount: Int { isSeen.count }

    init(weights: [Float], facts: ItemFacts, isSeen: [Bool], count: Int, categories: [Int32], hasLooks: Bool) {
        (self.weights, self.facts, self.isSeen, self.count, self.categories) = (weights, facts, isSeen, count, categories)
        self.hasLooks = hasLooks
        popular = [0, 2].map { column in
            facts.columns[column].withUnsafeBufferPointer { scores in
                var top = TopItems(capacity: max(1, count / 2))
                if let start = scores.baseAddress { top.offer(start, count: scores.count, first: 0) }
                return top.list.map(\.item).filter { isSeen[$0] }
            }
        }
    }

    /// Candidates in rising order, and their features, row-major.
    func rows(for history: History) -> (items: [Int], values: [Float]) {
        let purchases = history.purchases
        let own = Dictionary(uniqueKeysWithValues: purchases.map { ($0.item, $0.ages) })
        let interests = history.interests
        let similar = sums(purchases.map { ($0.item, 1) } + interests.map { ($0.item, $0.strength) })
        let recent = sums(
            purchases.map { ($0.item, exp2(-($0.ages.last ?? 0) / 60)) } + interests.map { ($0.item, $0.strength * exp2(-$0.age / 60)) })
        var candidates = Set(own.keys).union(interests.map(\.item))
        for scores in [similar, recent] where !(purchases.isEmpty && interests.isEmpty) {
            candidates.formUnion(best(scores, without: own))
        }
        for list in popular { candidates.formUnion(list) }
        let items = candidates.filter { isSeen[$0] }.sorted()
        let bar = similar.withUnsafeBufferPointer { scores in
            var top = TopItems(capacity: 10)
            if let start = scores.baseAddress { top.offer(start, count: scores.count, first: 0) }
            return max(top.list.last?.score ?? 0, 0.001)
        }
        let looks = hasLooks ? Looks(history) : nil
        let person = Person(history.bought), habits = Habits(purchases, prices: facts.prices, categories: categories)
        var values: [Float] = []
        values.reserveCapacity(items.count * names.count)
        for item in items {
            let ages = own[item] ?? []
            let since = ages.last ?? .nan
            values += [
                Float(ages.count), ages.reduce(0) { $0 + exp2(-$1 / 180) }, ages.reduce(0) { $0 + exp2(-$1 / 30) }, since,
                Float(ages.count) / max(1, person.baskets), similar[item], recent[item], similar[item] / bar, person.baskets, person.since,
                person.distinct, person.baskets30, person.baskets90,
            ]
            for column in facts.columns { values.append(column[item]) }
            if let prices = facts.prices { values += habits.features(item, price: prices[item], categories: categories) }
            if let looks { values += looks.features(item) }
        }
        return (items, values)
    }

    private func best(_ scores: [Float], without own: [Int: [Float]]) -> [Int] {
        var scores = scores
        for item in own.keys { scores[item] = -.infinity }
        for item in isSeen.indices where !isSeen[item] { scores[item] = -.infinity }
        return scores.withUnsafeBufferPointer { scores in
            var top = TopItems(capacity: count)
            if let start = scores.baseAddress { top.offer(start, count: scores.count, first: 0) }
            return top.list.map(\.item)
        }
    }

    private func sums(_ past: [(item: Int, amount: Float)]) -> [Float] {
        let width = itemCount
        var sums = [Float](repeating: 0, count: width)
        sums.withUnsafeMutableBufferPointer { sums in
            weights.withUnsafeBufferPointer { weights in
                guard let to = sums.baseAddress, let from = weights.baseAddress else { return }
                for (item, factor) in past {
                    let row = from + item * width
                    for item in 0..<width { to[item] += factor * row[item] }
                }
            }
        }
        return sums
    }

    /// What a person pays, and in which categories.
    private struct Habits {
        private var purchases: Float = 0
        private var counts: [Int32: Float] = [:]
        private var since: [Int32: Float] = [:]
        private var price = Float.nan

        init(_ own: [(item: Int, ages: [Float])], prices: [Float]?, categories: [Int32]) {
            guard let prices else { return }
            var (sum, known) = (Float(0), Float(0))
            for purchase in own {
                let times = Float(purchase.ages.count)
                purchases += times
                if !prices[purchase.item].isNaN {
                    sum += times * prices[purchase.item]
                    known += times
                }
                guard !categories.isEmpty, categories[purchase.item] >= 0 else { continue }
                counts[categories[purchase.item], default: 0] += times
                since[categories[purchase.item]] = min(since[categories[purchase.item]] ?? .infinity, purchase.ages.last ?? .infinity)
            }
            if known > 0 { price = sum / known }
        }

        func features(_ item: Int, price own: Float, categories: [Int32]) -> [Float] {
            let category = categories.isEmpty ? -1 : categories[item]
            guard category >= 0 else { return [.nan, .nan, own / price] }
            return [(counts[category] ?? 0) / max(1, purchases), since[category] ?? .nan, own / price]
        }
    }

    /// What a person looked at, bought or not.
    private struct Looks {
        private var found: [Int: (count: Float, week: Float, since: Float)] = [:]

        init(_ history: History) {
            for index in history.items.indices where !history.isPurchase(index) {
                var known = found[history.items[index]] ?? (0, 0, .infinity)
                let age = history.age(index)
                known = (known.count + 1, known.week + (age < 7 ? 1 : 0), min(known.since, age))
                found[history.items[index]] = known
            }
        }

        func features(_ item: Int) -> [Float] {
            found[item].map { [$0.count, $0.week, $0.since] } ?? [0, 0, .nan]
        }
    }

    private struct Person {
        var baskets: Float = 0
        var baskets30: Float = 0
        var baskets90: Float = 0
        var since: Float = .nan
        var distinct: Float

        init(_ history: History) {
            distinct = Float(Set(history.items).count)
            var last = Float.nan
            for index in history.items.indices where history.age(index) != last {
                last = history.age(index)
                baskets += 1
                if last < 30 { baskets30 += 1 }
                if last < 90 { baskets90 += 1 }
                since = last
            }
        }
    }
}

/// The k best of a row of scores, exact: higher first, of equal scores the lower item first. Minus infinity is never named.
package struct TopItems: Sendable {
    private let capacity: Int
    private var scores: [Float]
    private var items: [Int32]
    private var count = 0

    /// - Precondition: `capacity` is at least 1.
    package init(capacity: Int) {
        precondition(capacity >= 1, "a list of at least one")
        self.capacity = capacity
        scores = [Float](repeating: -.infinity, count: capacity)
        items = [Int32](repeating: 0, count: capacity)
    }

    package mutating func removeAll() { count = 0 }

    /// What a score must be above to enter.
    private var bar: Float { count < capacity ? -.infinity : scores[capacity - 1] }

    /// Offers the scores of items `first`, `first + 1`, ...; blocks must be offered by rising item.
    package mutating func offer(_ row: UnsafePointer<Float>, count length: Int, first: Int) {
        var bar = bar
        var at = 0
        // Sixteen at once: nearly all of a row is below the bar.
        while at + 16 <= length {
            let block = UnsafeRawPointer(row + at).loadUnaligned(as: SIMD16<Float>.self)
            if any(block .> bar) {
                for index in at..<at + 16 where row[index] > bar {
                    insert(row[index], Int32(first + index))
                    bar = self.bar
                }
            }
            at += 16
        }
        while at < length {
            if row[at] > bar {
                insert(row[at], Int32(first + at))
                bar = self.bar
            }
            at += 1
        }
    }

    private mutating func insert(_ score: Float, _ item: Int32) {
        var place = count < capacity ? count : capacity - 1
        if count < capacity { count += 1 }
        while place > 0, scores[place - 1] < score {
            scores[place] = scores[place - 1]
            items[place] = items[place - 1]
            place -= 1
        }
        scores[place] = score
        items[place] = item
    }

    package var list: [Recommendation] { (0..<count).map { Recommendation(item: Int(items[$0]), score: scores[$0]) } }
}

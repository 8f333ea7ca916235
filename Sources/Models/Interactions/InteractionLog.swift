public import Records

/// What people bought, clicked or held, an event a row: what recommenders learn from.
public struct InteractionLog: Sendable {
    /// Identifiers, rising by their UTF-8 bytes and unique; events refer to their places.
    public private(set) var users: [String]
    public private(set) var items: [String]
    /// A place a row, in order of time; rows of one time stand as they came.
    public private(set) var user: [Int32]
    public private(set) var item: [Int32]
    /// Event time a row, microseconds.
    public private(set) var times: [Int64]
    /// Weight a row, above 0: a quantity, or 1.
    public private(set) var values: [Float]
    /// Price of one a row; NaN = not known, empty = none is.
    public private(set) var prices: [Float] = []
    /// Category an item, from 0; -1 = not known, empty = none is.
    public private(set) var categories: [Int32] = []

    public var count: Int { times.count }

    /// - Parameters:
    ///   - users, items, times, values, prices: an entry a row each; an empty `values` stands for 1 a row, empty `prices` for none known.
    ///   - categories: of items, by their identifiers.
    /// - Throws: lists of different lengths, a value that is not above 0.
    public init(
        users: [String], items: [String], times: [Int64], values: [Float] = [], prices: [Float] = [], categories: [String: String] = [:]
    ) throws(Failure) {
        guard prices.isEmpty || prices.count == times.count else {
            throw .interactionCounts(users: users.count, items: items.count, times: times.count, values: prices.count)
        }
        guard users.count == items.count, users.count == times.count, values.isEmpty || values.count == times.count else {
            throw .interactionCounts(users: users.count, items: items.count, times: times.count, values: values.count)
        }
        for (row, value) in values.enumerated() where !(value > 0 && value.isFinite) { throw .interactionValue(row: row, found: value) }
        let order = times.indices.sorted { (times[$0], $0) < (times[$1], $1) }
        (self.users, user) = Self.places(order.lazy.map { users[$0] })
        (self.items, item) = Self.places(order.lazy.map { items[$0] })
        self.times = order.map { times[$0] }
        self.values = values.isEmpty ? [Float](repeating: 1, count: times.count) : order.map { values[$0] }
        self.prices = prices.isEmpty ? [] : order.map { prices[$0] }
        guard !categories.isEmpty else { return }
        let names = Set(categories.values).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let places = Dictionary(uniqueKeysWithValues: zip(names, Int32(0)...))
        self.categories = self.items.map { categories[$0].flatMap { places[$0] } ?? -1 }
    }

    private init(
        users: [String], items: [String], user: [Int32], item: [Int32], times: [Int64], values: [Float]
    ) {
        (self.users, self.items, self.user, self.item) = (users, items, user, item)
        (self.times, self.values) = (times, values)
    }

    /// Places that were given already, in order of time.
    ///
    /// - Precondition: identifiers rise, places lie in them, times do not fall.
    package init(
        ordered users: [String], _ items: [String], user: [Int32], item: [Int32], times: [Int64], values: [Float] = []
    ) {
        self.init(
            users: users, items: items, user: user, item: item, times: times,
            values: values.isEmpty ? [Float](repeating: 1, count: times.count) : values)
    }

    private static func places(_ names: some Sequence<String>) -> ([String], [Int32]) {
        let names = Array(names)
        let sorted = Set(names).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let places = Dictionary(uniqueKeysWithValues: zip(sorted, Int32(0)...))
        return (sorted, names.map { places[$0] ?? 0 })
    }

    /// The events of `range` of times, with users and items kept as they are (also those without an event).
    public func events(in range: Range<Int64>) -> InteractionLog {
        let lower = firstRow(at: range.lowerBound)
        let upper = max(lower, firstRow(at: range.upperBound))
        var events = InteractionLog(
            users: users, items: items, user: Array(user[lower..<upper]), item: Array(item[lower..<upper]),
            times: Array(times[lower..<upper]), values: Array(values[lower..<upper]))
        events.prices = prices.isEmpty ? [] : Array(prices[lower..<upper])
        events.categories = categories
        return events
    }

    /// The same events, with nothing known of items besides who bought them when.
    package var withoutAttributes: InteractionLog {
        var log = self
        (log.prices, log.categories) = ([], [])
        return log
    }

    /// Whether anything is known of items besides who bought them when.
    package var hasAttributes: Bool { !categories.isEmpty || !prices.isEmpty }

    public func events(before time: Int64) -> InteractionLog { events(in: Int64.min..<time) }
    public func events(from time: Int64) -> InteractionLog { events(in: time..<Int64.max) }

    /// The first row at or after a time; `count` if there is none.
    public func firstRow(at time: Int64) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if times[middle] < time { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// A history a user, as of a time: ages in days, events oldest first.
    public func histories(asOf time: Int64) -> [History] {
        var histories = [History](repeating: History(items: []), count: users.count)
        for row in 0..<count {
            histories[Int(user[row])].items.append(Int(item[row]))
            histories[Int(user[row])].ages.append(Float(Double(time - times[row]) / 86_400_000_000))
        }
        return histories
    }
}

/// What one person did: items and how long ago.
public struct History: Hashable, Sendable {
    /// Places in a recommender's `items`, oldest first; an item may come more than once.
    public var items: [Int]
    /// Days ago, one an item, 0 or more; empty = not known, taken as 0.
    public var ages: [Float]

    public init(items: [Int], ages: [Float] = []) { (self.items, self.ages) = (items, ages) }

    package func age(_ index: Int) -> Float { ages.isEmpty ? 0 : ages[index] }

    /// The distinct items, rising.
    package var distinct: [Int] {
        let sorted = items.sorted()
        return sorted.enumerated().filter { $0.offset == 0 || sorted[$0.offset - 1] != $0.element }.map(\.element)
    }

    /// Days on which each distinct item was bought, rising by item: the age of each purchase, several lines of one moment being one.
    package var purchases: [(item: Int, ages: [Float])] {
        let order = items.indices.sorted { (items[$0], $0) < (items[$1], $1) }
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

extension Failure {
    package static func interactionCounts(users: Int, items: Int, times: Int, values: Int) -> Failure {
        Failure(
            .failed, code: "models.interaction-counts", what: "the parts of an interaction log do not fit together",
            found: "\(users) users, \(items) items, \(times) times, \(values) values", expected: "one of each a row",
            remedy: "Build them from the same records.")
    }

    package static func interactionValue(row: Int, found: Float) -> Failure {
        Failure(
            .failed, code: "models.interaction-value", what: "an interaction has a value that is no weight", place: "row \(row)",
            found: "\(found)", expected: "a number above 0", remedy: "Take returns and cancellations off their purchases first.")
    }

    package static func interactionsEmpty(_ family: String) -> Failure {
        Failure(
            .failed, code: "models.no-interactions", what: "\(family) has nothing to learn from", found: "no interactions",
            expected: "at least one", remedy: "Train over a longer period.")
    }

    package static func historyPlace(_ place: Int, items: Int) -> Failure {
        Failure(
            .failed, code: "models.history-item", what: "a history names an item that the model does not have", found: "place \(place)",
            expected: "0 to \(items - 1)", remedy: "Leave items out that the model was not trained with.")
    }

    package static func historyCounts(histories: Int, excluded: Int) -> Failure {
        Failure(
            .failed, code: "models.history-counts", what: "histories and exclusions do not fit together",
            found: "\(histories) histories, \(excluded) exclusions", expected: "one exclusion list a history, or none at all",
            remedy: "Build both from the same people.")
    }
}

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
    /// What a row counts, above 0 and at most 1: 1 = a purchase, less = interest such as a click. Empty = all are purchases.
    public private(set) var strengths: [Float] = []
    /// Category an item, from 0; -1 = not known, empty = none is.
    public private(set) var categories: [Int32] = []

    public var count: Int { times.count }

    /// - Parameters:
    ///   - users, items, times, values, prices, strengths: an entry a row each; an empty `values` stands for 1 a row, empty `prices` for none
    ///     known, empty `strengths` for purchases only.
    ///   - categories: of items, by their identifiers.
    /// - Throws: lists of different lengths, a value that is not above 0, a strength outside 0...1 or of 0.
    public init(
        users: [String], items: [String], times: [Int64], values: [Float] = [], prices: [Float] = [], strengths: [Float] = [],
        categories: [String: String] = [:]
    ) throws(Failure) {
        for list in [prices, strengths] where !list.isEmpty && list.count != times.count {
            throw .interactionCounts(users: users.count, items: items.count, times: times.count, values: list.count)
        }
        for (row, strength) in strengths.enumerated() where !(strength > 0 && strength <= 1) {
            throw .interactionValue(row: row, found: strength)
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
        if strengths.contains(where: { $0 < 1 }) { self.strengths = order.map { strengths[$0] } }
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
        events.strengths = strengths.isEmpty ? [] : Array(strengths[lower..<upper])
        events.categories = categories
        return events
    }

    /// Whether an item has a row.
    var isSeen: [Bool] {
        var seen = [Bool](repeating: false, count: items.count)
        for place in item { seen[Int(place)] = true }
        return seen
    }

    /// The rows that are purchases, with users and items kept as they are.
    public var purchases: InteractionLog {
        guard !strengths.isEmpty else { return self }
        var log = rows { log in log.strengths.indices.filter { log.strengths[$0] == 1 } }
        log.strengths = []
        return log
    }

    /// Some rows, named by rising places, with users and items kept as they are.
    func rows(_ places: (InteractionLog) -> [Int]) -> InteractionLog {
        let rows = places(self)
        var log = InteractionLog(
            users: users, items: items, user: rows.map { user[$0] }, item: rows.map { item[$0] }, times: rows.map { times[$0] },
            values: rows.map { values[$0] })
        log.prices = prices.isEmpty ? [] : rows.map { prices[$0] }
        log.strengths = strengths.isEmpty ? [] : rows.map { strengths[$0] }
        log.categories = categories
        return log
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
            if !strengths.isEmpty { histories[Int(user[row])].strengths.append(strengths[row]) }
        }
        return histories
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

public import Records

/// A log cut in time: training before, a test of what each person took from the cut on.
public struct RecommendationSplit: Sendable {
    /// Event time from which on rows are tested.
    public let cut: Int64
    /// Rows before the cut; users and items of the whole log, also those without a row.
    public let training: InteractionLog
    /// What is asked about each person: places of users, rising, and for each the distinct items of the test, rising.
    public let users: [Int]
    public let relevant: [[Int]]
    /// For each user asked about, the distinct items of training, rising.
    public let known: [[Int]]
    /// Items without a row in training: no model may name them, though they count in the test.
    public let unseen: [Int]

    /// - Parameters:
    ///   - share: the cut is this quantile of event times, the higher of two (numpy's `method="higher"`).
    ///   - onlyNew: pairs of training leave the test; users without a pair left leave it too.
    public init(_ log: InteractionLog, share: Double = 0.8, onlyNew: Bool) throws(Failure) {
        try self.init(log, cut: Self.cut(log.times, share: share), until: .max, onlyNew: onlyNew)
    }

    /// Leave the last one out: each user's item that was bought for the first time last (of several at one moment the last row's) is tested, and
    /// all the rest of everybody is trained on. It leaks time: models see what others did after the moment that is asked about. For checking
    /// code against published figures, not for choosing anything.
    ///
    /// - Throws: no user with two items.
    public init(leavingLastOut log: InteractionLog) throws(Failure) {
        let bought = log.purchases
        var last = [Int](repeating: -1, count: log.users.count), past = [Set<Int>](repeating: [], count: log.users.count)
        for row in 0..<bought.count where past[Int(bought.user[row])].insert(Int(bought.item[row])).inserted {
            last[Int(bought.user[row])] = Int(bought.item[row])
        }
        let asked = past.indices.filter { past[$0].count > 1 }
        for user in asked { past[user].remove(last[user]) }
        let isAsked = past.indices.map { past[$0].contains(last[$0]) ? -1 : last[$0] }
        training = log.rows { log in (0..<log.count).filter { Int(log.item[$0]) != isAsked[Int(log.user[$0])] } }
        cut = (log.times.last ?? 0) + 1
        let seen = training.isSeen
        users = asked
        relevant = asked.map { [last[$0]] }
        known = asked.map { past[$0].sorted() }
        unseen = seen.indices.filter { !seen[$0] }
        guard !users.isEmpty else {
            throw .splitEmpty(found: "no user with two items", expected: "users who bought two items or more", remedy: "Take more rows.")
        }
    }

    /// The quantile of event times, the higher of two.
    ///
    /// - Parameter times: rising.
    /// - Throws: no times.
    public static func cut(_ times: [Int64], share: Double = 0.8) throws(Failure) -> Int64 {
        guard !times.isEmpty else { throw .interactionsEmpty("the test") }
        return times[Int((share * Double(times.count - 1)).rounded(.up))]
    }

    /// - Parameter until: rows at or after this are looked at by nobody.
    public init(_ log: InteractionLog, cut: Int64, until: Int64 = .max, onlyNew: Bool) throws(Failure) {
        self.cut = cut
        training = log.events(before: cut)
        // What was looked at teaches, and is neither known nor wanted.
        let bought = training.purchases, test = log.events(in: cut..<until).purchases
        var (past, future) = ([Set<Int>](repeating: [], count: log.users.count), [Set<Int>](repeating: [], count: log.users.count))
        var seen = [Bool](repeating: false, count: log.items.count)
        for row in 0..<bought.count { past[Int(bought.user[row])].insert(Int(bought.item[row])) }
        for item in training.item { seen[Int(item)] = true }
        for row in 0..<test.count { future[Int(test.user[row])].insert(Int(test.item[row])) }
        if onlyNew { for user in future.indices { future[user].subtract(past[user]) } }
        users = past.indices.filter { !past[$0].isEmpty && !future[$0].isEmpty }
        relevant = users.map { future[$0].sorted() }
        known = users.map { past[$0].sorted() }
        unseen = seen.indices.filter { !seen[$0] }
        guard !users.isEmpty else {
            throw .splitEmpty(
                found: "no user on both sides of the cut",
                expected: "users with rows before and after \(Timestamp(microseconds: cut).iso8601)", remedy: "Choose an earlier cut.")
        }
    }
}

extension Failure {
    fileprivate static func splitEmpty(found: String, expected: String, remedy: String) -> Failure {
        Failure(
            .failed, code: "models.split-empty", what: "nobody can be tested", found: found, expected: expected, remedy: remedy)
    }
}

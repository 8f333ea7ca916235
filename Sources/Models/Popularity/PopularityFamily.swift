import Foundation
public import Records

/// What everybody buys: distinct buyers of the last days, each purchase counting less the older it is. The same list for everybody.
public enum PopularityFamily: RecommenderFamily {
    public static let definition = Definition(
        name: "popularity", summary: "What most people bought of late: distinct buyers within a window, older ones counting less.",
        parameters: [
            Parameter("window", .number(0.01...100_000), default: "7", help: "Days that count.", example: "28"),
            Parameter(
                "half-life", .number(0...100_000), default: "0", help: "Days after which a buyer counts half; 0 = all count the same.",
                example: "30"),
        ])
    public static let libraryVersion = "popularity 2"

    public static func train(
        on log: InteractionLog, asOf: Int64, parameters: [String: ParameterValue], seed: UInt64, threads: Int
    ) throws(Failure) -> any Recommender {
        let values = try ParameterValues(parameters, for: definition)
        try log.check(before: asOf, family: definition.name)
        return PopularityRecommender(log, asOf: asOf, window: values.number("window"), halfLife: values.number("half-life"))
    }

    public static func load(_ bytes: [UInt8]) throws(Failure) -> any Recommender {
        var reader = try ModelBytesReader(bytes, family: definition.name)
        return PopularityRecommender(
            window: try reader.number(), halfLife: try reader.number(), items: try reader.texts(), scores: try reader.array(of: Float.self))
    }
}

extension InteractionLog {
    /// For each item the sum over distinct buyers of the last `window` days of 0.5^(age of their newest purchase / half-life); of people who
    /// only looked at it their strongest event counts, at its own age.
    package func popularity(asOf: Int64, window: Double, halfLife: Double) -> [Double] {
        let from = asOf - Int64(min(window * 86_400_000_000, 4e18))
        var sums = [Double](repeating: 0, count: items.count)
        guard strengths.isEmpty else { return popularity(since: from, asOf: asOf, halfLife: halfLife) }
        var seen: Set<Int64> = []
        for row in (firstRow(at: from)..<firstRow(at: asOf)).reversed()
        where seen.insert(Int64(user[row]) << 32 | Int64(item[row])).inserted {
            let age = Double(asOf - times[row]) / 86_400_000_000
            sums[Int(item[row])] += halfLife > 0 ? exp2(-age / halfLife) : 1
        }
        return sums
    }

    private func popularity(since from: Int64, asOf: Int64, halfLife: Double) -> [Double] {
        var best: [Int64: (isBought: Bool, amount: Double)] = [:]
        for row in firstRow(at: from)..<firstRow(at: asOf) {
            let pair = Int64(user[row]) << 32 | Int64(item[row]), isBought = strengths[row] == 1
            let age = Double(asOf - times[row]) / 86_400_000_000
            let amount = Double(strengths[row]) * (halfLife > 0 ? exp2(-age / halfLife) : 1)
            let known = best[pair] ?? (false, 0)
            if (known.isBought ? 1 : 0, known.amount) < (isBought ? 1 : 0, amount) { best[pair] = (isBought, amount) }
        }
        var sums = [Double](repeating: 0, count: items.count)
        for pair in best.keys.sorted() { sums[Int(pair & 0xffff_ffff)] += best[pair]?.amount ?? 0 }
        return sums
    }

    /// Distinct buyers of each item at times in a range, for instance of one week; who only looked at it is none.
    package func buyers(in range: Range<Int64>) -> [Float] {
        guard strengths.isEmpty else { return purchases.buyers(in: range) }
        var (counts, seen) = ([Float](repeating: 0, count: items.count), Set<Int64>())
        for row in firstRow(at: range.lowerBound)..<max(firstRow(at: range.lowerBound), firstRow(at: range.upperBound))
        where seen.insert(Int64(user[row]) << 32 | Int64(item[row])).inserted { counts[Int(item[row])] += 1 }
        return counts
    }

    package func check(before asOf: Int64, family: String) throws(Failure) {
        guard let last = times.last else { throw .interactionsEmpty(family) }
        guard last < asOf else {
            throw Failure(
                .failed, code: "models.interaction-later", what: "\(family) was given interactions of the future",
                found: Timestamp(microseconds: last).iso8601, expected: "times before \(Timestamp(microseconds: asOf).iso8601)",
                remedy: "Train on what was known by then.")
        }
    }
}

struct PopularityRecommender: Recommender {
    var family: String { PopularityFamily.definition.name }
    let window: Double
    let halfLife: Double
    let items: [String]
    let scores: [Float]

    init(window: Double, halfLife: Double, items: [String], scores: [Float]) {
        (self.window, self.halfLife, self.items, self.scores) = (window, halfLife, items, scores)
    }

    init(_ log: InteractionLog, asOf: Int64, window: Double, halfLife: Double) {
        self.init(
            window: window, halfLife: halfLife, items: log.items,
            scores: log.popularity(asOf: asOf, window: window, halfLife: halfLife).map(Float.init))
    }

    /// Only rows of the window are looked at.
    func updated(with log: InteractionLog, asOf: Int64, threads: Int) throws(Failure) -> (any Recommender)? {
        try log.check(before: asOf, family: family)
        return PopularityRecommender(log, asOf: asOf, window: window, halfLife: halfLife)
    }

    func scores(for histories: [History]) throws(Failure) -> [Float] {
        try check(histories)
        return histories.flatMap { _ in scores }
    }

    func contributions(to item: Int, for history: History) throws(Failure) -> [Contribution] {
        try check([history, History(items: [item])])
        return [Contribution(item: nil, part: "popularity", amount: scores[item])]
    }

    func serialized() throws(Failure) -> [UInt8] {
        var writer = ModelBytesWriter(family: family)
        writer.number(window)
        writer.number(halfLife)
        writer.texts(items)
        writer.array(scores)
        return writer.sealed()
    }
}

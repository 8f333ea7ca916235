import Foundation
public import Records

/// What a person buys again: for each item of the own history the purchases, each counting half after the half-life.
///
/// The personal frequency of next-basket baselines (Y. Ji et al., "On the Effectiveness of Simple Repeat Baselines", and H. Hu et al.,
/// "Modeling Personalized Item Frequency", SIGIR 2020), with age in days instead of baskets. Most items of a history were bought once, so what
/// sells breaks ties, and fills the list with items that are new to the person.
public enum RepeatFamily: RecommenderFamily {
    public static let definition = Definition(
        name: "repeat",
        summary: "What the person bought before: each purchase of an item counts, the older the less; then what sells.",
        parameters: [
            Parameter(
                "half-life", .number(0.01...100_000), default: "180", help: "Days after which a purchase counts half.", example: "90"),
            Parameter(
                "fill", .number(0...1), default: "0.001",
                help: "Weight of an item's share of the last 7 days' buyers, beside 1 for a purchase; 0 = own purchases only.", example: "0"
            ),
        ])
    public static let libraryVersion = "repeat 3"

    public static func train(
        on log: InteractionLog, asOf: Int64, parameters: [String: ParameterValue], seed: UInt64, threads: Int
    ) throws(Failure) -> any Recommender {
        let values = try ParameterValues(parameters, for: definition)
        try log.check(before: asOf, family: definition.name)
        return RepeatRecommender(log, asOf: asOf, halfLife: values.number("half-life"), fill: values.number("fill"))
    }

    public static func load(_ bytes: [UInt8]) throws(Failure) -> any Recommender {
        var reader = try ModelBytesReader(bytes, family: definition.name)
        let model = RepeatRecommender(
            items: try reader.texts(), halfLife: try reader.number(), fill: try reader.number(), popular: try reader.array(of: Float.self))
        guard model.popular.isEmpty || model.popular.count == model.items.count else {
            throw .modelBytes(family: definition.name, reason: "parts that do not fit together")
        }
        return model
    }
}

struct RepeatRecommender: Recommender {
    var family: String { RepeatFamily.definition.name }
    let items: [String]
    let halfLife: Double
    let fill: Double
    /// What sells adds, an entry an item; empty = nothing.
    let popular: [Float]

    init(items: [String], halfLife: Double, fill: Double, popular: [Float]) {
        (self.items, self.halfLife, self.fill, self.popular) = (items, halfLife, fill, popular)
    }

    init(_ log: InteractionLog, asOf: Int64, halfLife: Double, fill: Double) {
        guard fill > 0 else {
            self.init(items: log.items, halfLife: halfLife, fill: fill, popular: [])
            return
        }
        let from = asOf - 7 * 86_400_000_000
        let people = Float(max(1, Set(log.purchases.events(in: from..<asOf).user).count))
        self.init(
            items: log.items, halfLife: halfLife, fill: fill, popular: log.buyers(in: from..<asOf).map { Float(fill) * $0 / people })
    }

    /// Only rows of the last seven days are looked at.
    func updated(with log: InteractionLog, asOf: Int64, threads: Int) throws(Failure) -> (any Recommender)? {
        try log.check(before: asOf, family: family)
        return RepeatRecommender(log, asOf: asOf, halfLife: halfLife, fill: fill)
    }

    func scores(for histories: [History]) throws(Failure) -> [Float] {
        try check(histories)
        var scores =
            popular.isEmpty
            ? [Float](repeating: -.infinity, count: histories.count * items.count)
            : histories.flatMap { _ in popular.map { $0 > 0 ? $0 : -.infinity } }
        for (row, history) in histories.enumerated() {
            for purchase in history.purchases {
                scores[row * items.count + purchase.item] = weight(purchase.ages) + (popular.isEmpty ? 0 : popular[purchase.item])
            }
        }
        return scores
    }

    private func weight(_ ages: [Float]) -> Float { Float(ages.reduce(0.0) { $0 + exp2(-Double($1) / halfLife) }) }

    func contributions(to item: Int, for history: History) throws(Failure) -> [Contribution] {
        try check([history, History(items: [item])])
        let own = history.purchases.filter { $0.item == item }.map { Contribution(item: item, amount: weight($0.ages)) }
        guard !popular.isEmpty, popular[item] > 0 else { return own }
        return own + [Contribution(item: nil, part: "popularity", amount: popular[item])]
    }

    func serialized() throws(Failure) -> [UInt8] {
        var writer = ModelBytesWriter(family: family)
        writer.texts(items)
        writer.number(halfLife)
        writer.number(fill)
        writer.array(popular)
        return writer.sealed()
    }
}

import Foundation
public import Records

/// What a person buys again: for each item of the own history the purchases, each counting half after the half-life.
///
/// The personal frequency of next-basket baselines (Y. Ji et al., "On the Effectiveness of Simple Repeat Baselines", and H. Hu et al.,
/// "Modeling Personalized Item Frequency", SIGIR 2020), with age in days instead of baskets; never names an item that is new to a person.
public enum RepeatFamily: RecommenderFamily {
    public static let definition = Definition(
        name: "repeat", summary: "What the person bought before: each purchase of an item counts, the older the less.",
        parameters: [
            Parameter("half-life", .number(0.01...100_000), default: "180", help: "Days after which a purchase counts half.", example: "90")
        ])
    public static let libraryVersion = "repeat 1"

    public static func train(
        on log: InteractionLog, asOf: Int64, parameters: [String: ParameterValue], seed: UInt64, threads: Int
    ) throws(Failure) -> any Recommender {
        let values = try ParameterValues(parameters, for: definition)
        try log.check(before: asOf, family: definition.name)
        return RepeatRecommender(items: log.items, halfLife: values.number("half-life"))
    }

    public static func load(_ bytes: [UInt8]) throws(Failure) -> any Recommender {
        var reader = try ModelBytesReader(bytes, family: definition.name)
        return RepeatRecommender(items: try reader.texts(), halfLife: try reader.number())
    }
}

struct RepeatRecommender: Recommender {
    var family: String { RepeatFamily.definition.name }
    let items: [String]
    let halfLife: Double

    func scores(for histories: [History]) throws(Failure) -> [Float] {
        try check(histories)
        var scores = [Float](repeating: -.infinity, count: histories.count * items.count)
        for (row, history) in histories.enumerated() {
            for purchase in history.purchases { scores[row * items.count + purchase.item] = weight(purchase.ages) }
        }
        return scores
    }

    private func weight(_ ages: [Float]) -> Float { Float(ages.reduce(0.0) { $0 + exp2(-Double($1) / halfLife) }) }

    func contributions(to item: Int, for history: History) throws(Failure) -> [Contribution] {
        try check([history, History(items: [item])])
        return history.purchases.filter { $0.item == item }.map { Contribution(item: item, amount: weight($0.ages)) }
    }

    func serialized() throws(Failure) -> [UInt8] {
        var writer = ModelBytesWriter(family: family)
        writer.texts(items)
        writer.number(halfLife)
        return writer.sealed()
    }
}

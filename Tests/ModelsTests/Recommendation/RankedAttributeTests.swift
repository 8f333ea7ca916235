import Models
import PipelineTesting
import Records
import Testing

/// The ranker with prices and categories.
@Suite struct RankedAttributeTests {
    private static let day: Int64 = 86_400_000_000

    /// Two hundred people, each faithful to one of eight categories and to its cheap or its dear half; what of it they buy is chance.
    private static func log(named: Bool) throws -> InteractionLog {
        var random = SeededGenerator(seed: 11)
        var (users, items, times, prices): ([String], [String], [Int64], [Float]) = ([], [], [], [])
        for time in 0..<120 {
            for person in 0..<200 where Int.random(in: 0..<12, using: &random) == 0 {
                let own = Int.random(in: 0..<10, using: &random) < 8
                let category = own ? person % 8 : Int.random(in: 0..<8, using: &random), isDear = own && (person / 8) % 2 == 1
                let place = Int.random(in: 0..<20, using: &random) + (isDear ? 20 : 0)
                users.append("p\(person)")
                items.append("i\(category * 40 + place)")
                times.append(Int64(time) * day + Int64(person))
                prices.append(place < 20 ? 2 : 30)
            }
        }
        let categories = Dictionary(uniqueKeysWithValues: (0..<320).map { ("i\($0)", "k\($0 / 40)") })
        return try named
            ? InteractionLog(users: users, items: items, times: times, prices: prices, categories: categories)
            : InteractionLog(users: users, items: items, times: times)
    }

    private static let settings: [String: ParameterValue] = [
        "horizon": .number(14), "trees": .integer(60), "depth": .integer(4), "lambda": .number(50),
    ]

    private func gain(_ log: InteractionLog) throws -> Double {
        let split = try RecommendationSplit(log, onlyNew: true)
        let model = try RankedFamily.train(on: split.training, asOf: split.cut, parameters: Self.settings, seed: 1, threads: 2)
        let histories = split.training.histories(asOf: split.cut)
        let lists = try model.recommendations(
            for: split.users.map { histories[$0] }, excluding: split.known.map { $0 + split.unseen }, count: 20, threads: 2)
        let values = RankingFigures(lists.map { $0.map(\.item) }, split: split).gain10
        return values.reduce(0, +) / Double(values.count)
    }

    @Test("name what is new to people better where taste is a category and a price, than the same ranker without them")
    func better() throws {
        let (with, without) = (try gain(Self.log(named: true)), try gain(Self.log(named: false)))
        #expect(with > without, "\(with) \(without)")
    }

    @Test("a saved model is the same, parts add up to the score, and nothing after a slice's end is in its prices")
    func saved() throws {
        let log = try Self.log(named: true), asOf = 121 * Self.day
        let model = try RankedFamily.train(on: log, asOf: asOf, parameters: Self.settings, seed: 1, threads: 1)
        let loaded = try RankedFamily.load(model.serialized())
        let history = log.histories(asOf: asOf)[0]
        let list = try model.recommendations(for: [history], count: 5)[0]
        #expect(try loaded.recommendations(for: [history], count: 5)[0] == list)
        #expect(try loaded.serialized() == model.serialized())
        #expect(
            try RankedFamily.train(on: log, asOf: asOf, parameters: Self.settings, seed: 1, threads: 2).serialized() == model.serialized())
        let parts = try model.contributions(to: list[0].item, for: history)
        #expect(abs(parts.reduce(0) { $0 + $1.amount } - list[0].score) < 1e-3)
        #expect(
            parts.contains {
                ["price", "price_beside_own", "own_category_share", "own_category_since", "category_buyers_28"].contains($0.part)
            })
        #expect(log.events(before: 60 * Self.day).prices.count == log.events(before: 60 * Self.day).count)
        #expect(throws: Failure.self) { try InteractionLog(users: ["a"], items: ["b"], times: [1], prices: [1, 2]) }
    }
}

import Models
import PipelineTesting
import Records
import Testing

/// Rows that are looks, not purchases: they teach with their weight and are nothing that anybody bought.
@Suite struct InterestTests {
    private static let day: Int64 = 86_400_000_000

    private func log(_ rows: [(user: String, item: String, day: Int64, strength: Float)]) throws -> InteractionLog {
        try InteractionLog(
            users: rows.map(\.user), items: rows.map(\.item), times: rows.map { $0.day * Self.day }, strengths: rows.map(\.strength))
    }

    @Test(
        "every family keeps the contract where a third of the rows are looks",
        arguments: ModelFamilies.recommenders.map { $0.definition.name })
    func contract(name: String) throws {
        let family = try ModelFamilies.recommender(named: name)
        let small = RecommenderContractTests.small[name] ?? [:]
        #expect(try RecommenderContract(family, parameters: small, interests: true).findings() == [])
    }

    @Test("a pair counts its purchases, and where there are none its strongest look")
    func pairs() throws {
        let log = try log([
            ("a", "x", 1, 0.1), ("a", "x", 2, 0.3), ("a", "x", 3, 0.1), ("a", "y", 1, 1), ("a", "y", 2, 1), ("a", "y", 3, 0.3),
            ("b", "x", 1, 1), ("b", "z", 1, 0.1),
        ])
        let pairs = InteractionMatrix(log, weight: { Float($0) * 2 })
        #expect((0..<2).map { Array(pairs.columns[pairs.range(of: $0)]) } == [[0, 1], [0, 2]])
        #expect(pairs.weights == [0.6, 4, 2, 0.2])
        #expect(log.purchases.count == 3 && log.purchases.items == log.items && log.purchases.strengths.isEmpty)
        // Of purchases only nothing is another: the control.
        let plain = try self.log([("a", "x", 1, 1), ("a", "x", 2, 1), ("b", "y", 1, 1)])
        #expect(plain.strengths.isEmpty && plain.purchases.count == 3)
        #expect(InteractionMatrix(plain, weight: { Float($0) }).weights == [2, 1])
        for strength: Float in [0, -1, 1.5, .nan] {
            #expect(throws: Failure.self) { try self.log([("a", "x", 1, strength)]) }
        }
    }

    @Test("a look weighs what it weighs in popularity and in the scores of ease and item neighbours, and nothing in repeat")
    func weights() throws {
        let rows: [(String, String, Int64, Float)] = [
            ("a", "x", 1, 1), ("a", "y", 1, 1), ("b", "x", 1, 1), ("b", "y", 2, 1), ("c", "x", 2, 1), ("c", "z", 2, 1), ("d", "x", 2, 0.25),
            ("d", "x", 3, 0.25), ("d", "z", 3, 0.25), ("e", "zz", 1, 1), ("f", "zz", 1, 1), ("g", "zz", 1, 1),
        ]
        let log = try log(rows), asOf = 4 * Self.day
        let popularity = try PopularityFamily.train(on: log, asOf: asOf, parameters: [:], seed: 1, threads: 1)
        #expect(try popularity.scores(for: [History(items: [])]) == [3.25, 2, 1.25, 3])
        for family in [EASEFamily.self, ItemNeighbourFamily.self] as [any RecommenderFamily.Type] {
            let model = try family.train(on: log, asOf: asOf, parameters: [:], seed: 1, threads: 1)
            let bought = try model.scores(for: [History(items: [0], ages: [1])])
            let seen = try model.scores(for: [History(items: [0, 0], ages: [1, 0], strengths: [0.25, 0.25])])
            #expect(seen == bought.map { $0 * 0.25 }, "\(family)")
            // Bought and looked at is bought.
            #expect(try model.scores(for: [History(items: [0, 0], ages: [1, 0], strengths: [1, 0.25])]) == bought)
            // Looks are in what was learnt.
            let without = try family.train(on: log.purchases, asOf: asOf, parameters: [:], seed: 1, threads: 1)
            #expect(try without.scores(for: [History(items: [0], ages: [1])]) != bought, "\(family)")
        }
        let own = try RepeatFamily.train(on: log, asOf: asOf, parameters: ["fill": .number(0)], seed: 1, threads: 1)
        let histories = log.histories(asOf: asOf)
        #expect(
            try own.recommendations(for: histories, excluding: [], count: 5, threads: 1).map { $0.map(\.item) } == [
                [0, 1], [1, 0], [0, 2], [], [3], [3], [3],
            ])
        let fill = try RepeatFamily.train(on: log, asOf: asOf, parameters: ["fill": .number(1)], seed: 1, threads: 1)
        // Of six buyers of the week three bought x; who only looked is none of them.
        #expect(try fill.scores(for: [History(items: [])]).first == 0.5)
    }

    @Test("what was looked at is neither wanted nor known in a test of what people took")
    func split() throws {
        let log = try log([
            ("a", "x", 1, 1), ("a", "y", 1, 0.25), ("a", "y", 5, 1), ("a", "z", 6, 0.25), ("b", "x", 1, 0.25), ("b", "y", 5, 1),
            ("c", "y", 1, 1), ("c", "x", 6, 0.25),
        ])
        let split = try RecommendationSplit(log, cut: 4 * Self.day, onlyNew: true)
        #expect(split.users == [0] && split.relevant == [[1]] && split.known == [[0]])
        #expect(split.unseen == [2] && split.training.count == 4)
        // The control: as purchases they are known, wanted, and make b and c people of the test.
        let bought = try InteractionLog(
            users: log.user.map { log.users[Int($0)] }, items: log.item.map { log.items[Int($0)] }, times: log.times)
        let other = try RecommendationSplit(bought, cut: 4 * Self.day, onlyNew: true)
        #expect(other.users == [0, 1, 2] && other.relevant == [[2], [1], [0]])
    }
}

import Models
import PipelineTesting
import Records
import Testing

/// Scores of several families added up.
@Suite struct BlendTests {
    private static let day: Int64 = 86_400_000_000

    private func gain(_ model: any Recommender, _ split: RecommendationSplit, onlyNew: Bool = false) throws -> Double {
        let histories = split.training.histories(asOf: split.cut)
        let lists = try model.recommendations(
            for: split.users.map { histories[$0] }, excluding: split.known.map { (onlyNew ? $0 : []) + split.unseen }, count: 20, threads: 1
        )
        let gains = RankingFigures(lists.map { $0.map(\.item) }, split: split).gain10
        return gains.reduce(0, +) / Double(gains.count)
    }

    private func split(onlyNew: Bool = false) throws -> RecommendationSplit {
        let log = try RecommenderContract.sample(seed: 5)
        return try RecommendationSplit(log, cut: (log.times.last ?? 0) - 15 * Self.day, onlyNew: onlyNew)
    }

    @Test("learnt weights name what comes next about as well as the best of the families, and better than the worst")
    func learnt() throws {
        let split = try split()
        let parameters: [String: ParameterValue] = ["lambda": .number(5), "horizon": .number(15)]
        let blend = try BlendFamily.train(on: split.training, asOf: split.cut, parameters: parameters, seed: 1, threads: 1)
        var gains: [String: Double] = [:]
        for (name, own) in [("repeat", [:]), ("ease", ["lambda": .number(5)]), ("popularity", [:])] as [(String, [String: ParameterValue])]
        {
            let family = try ModelFamilies.recommender(named: name)
            gains[name] = try gain(family.train(on: split.training, asOf: split.cut, parameters: own, seed: 1, threads: 1), split)
        }
        let found = try gain(blend, split)
        #expect(found > 0.9 * (gains.values.max() ?? 1), "\(found) beside \(gains)")
        #expect(found > (gains.values.min() ?? 1) + 0.02, "\(found) beside \(gains)")
        #expect(try #require(blend as? BlendRecommender).weights.count == 3)
    }

    @Test("a family with weight 0 is left out, and one alone ranks as it does by itself")
    func alone() throws {
        let split = try split()
        let ease = try EASEFamily.train(on: split.training, asOf: split.cut, parameters: ["lambda": .number(5)], seed: 1, threads: 1)
        func lists(_ families: String, _ weights: String) throws -> [[Int]] {
            let model = try BlendFamily.train(
                on: split.training, asOf: split.cut,
                parameters: ["families": .text(families), "weights": .text(weights), "lambda": .number(5)], seed: 1, threads: 1)
            let histories = split.training.histories(asOf: split.cut)
            return try model.recommendations(
                for: split.users.map { histories[$0] }, excluding: split.users.map { _ in split.unseen }, count: 10, threads: 1
            ).map { $0.map(\.item) }
        }
        let histories = split.training.histories(asOf: split.cut)
        let own = try ease.recommendations(
            for: split.users.map { histories[$0] }, excluding: split.users.map { _ in split.unseen }, count: 10, threads: 1
        ).map { $0.map(\.item) }
        #expect(try lists("ease popularity", "1 0") == own)
        #expect(try lists("ease", "1") == own)
        // The control: with some of what sells the lists are others.
        #expect(try lists("ease popularity", "1 0.3") != own)
    }

    @Test("weights learnt for new items are not those learnt for all, and both are the same again")
    func relevance() throws {
        let split = try split()
        func weights(_ relevance: String) throws -> [Float] {
            let model = try BlendFamily.train(
                on: split.training, asOf: split.cut,
                parameters: ["relevance": .text(relevance), "lambda": .number(5), "horizon": .number(15)],
                seed: 1, threads: 2)
            return try #require(model as? BlendRecommender).weights
        }
        #expect(try weights("all") == weights("all"))
        #expect(try weights("all").contains { $0 > 0 })
        #expect(try weights("new") != weights("all"))
    }

    @Test("a log too short for a slice gives every family the same weight")
    func short() throws {
        let log = try InteractionLog(users: ["a", "b", "a"], items: ["x", "x", "y"], times: [1, 2, 3])
        let model = try BlendFamily.train(on: log, asOf: 4, parameters: [:], seed: 1, threads: 1)
        #expect(try #require(model as? BlendRecommender).weights == [1, 1, 1])
    }

    @Test("keeps the contract with other families, learnt and given weights")
    func contract() throws {
        for parameters in [
            ["families": .text("item-knn ease"), "lambda": .number(5), "horizon": .number(15), "relevance": .text("new")],
            ["families": .text("popularity repeat"), "weights": .text("0.3 2")], ["families": .text("implicit-als repeat")],
        ] as [[String: ParameterValue]] {
            #expect(try RecommenderContract(BlendFamily.self, parameters: parameters).findings() == [])
        }
    }

    @Test("families and weights that cannot be are refused with their place")
    func refused() throws {
        let log = try RecommenderContract.sample()
        func place(_ parameters: [String: ParameterValue]) -> String? {
            #expect(throws: Failure.self) {
                try BlendFamily.train(on: log, asOf: (log.times.last ?? 0) + 1, parameters: parameters, seed: 1, threads: 1)
            }?.place
        }
        #expect(place(["families": .text("ease ranked")]) == "blend.families")
        #expect(place(["families": .text("ease ease")]) == "blend.families")
        #expect(place(["families": .text(" ")]) == "blend.families")
        for weights in ["1", "1 -1 1", "0 0 0", "1 a 1"] { #expect(place(["weights": .text(weights)]) == "blend.weights") }
    }

    @Test("takes a day in as a training with the same weights would, to the bit where the families do")
    func updated() throws {
        let all = try RecommenderContract.sample(), asOf = (all.times.last ?? 0) + 1
        let early = asOf - 10 * Self.day
        let parameters: [String: ParameterValue] = ["lambda": .number(5), "weights": .text("2 1 0.3")]
        let old = try BlendFamily.train(on: all.events(before: early), asOf: early, parameters: parameters, seed: 1, threads: 1)
        let updated = try #require(try BlendFamily.load(old.serialized()).updated(with: all, asOf: asOf, threads: 2))
        let full = try BlendFamily.train(on: all, asOf: asOf, parameters: parameters, seed: 1, threads: 1)
        #expect(try updated.serialized() == full.serialized())
        #expect(try updated.serialized() != old.serialized())
    }
}

import Foundation
import Models
import PipelineTesting
import Records
import Testing

/// Models after another day, without training again.
@Suite struct UpdateTests {
    private static let day: Int64 = 86_400_000_000

    private func log() throws -> InteractionLog { try RecommenderContract.sample() }

    @Test(
        "counts after ten more days are those of a training on everything, to the bit",
        arguments: [
            ("popularity", ["window": ParameterValue.number(14), "half-life": .number(5)]), ("popularity", [:]), ("repeat", [:]),
            ("repeat", ["fill": .number(0)]), ("item-knn", [:]), ("item-knn", ["similarity": .text("cosine"), "itself": .text("no")]),
            ("ease", ["lambda": .number(5), "weights": .text("log")]),
        ] as [(String, [String: ParameterValue])])
    func counts(name: String, parameters: [String: ParameterValue]) throws {
        let family = try ModelFamilies.recommender(named: name), all = try log()
        let asOf = (all.times.last ?? 0) + 1
        var model = try family.train(
            on: all.events(before: asOf - 10 * Self.day), asOf: asOf - 10 * Self.day, parameters: parameters, seed: 1, threads: 1)
        let first = try model.serialized()
        for back in (0..<10).reversed() {
            let now = asOf - Int64(back) * Self.day
            model = try #require(try family.load(model.serialized()).updated(with: all.events(before: now), asOf: now, threads: 2))
        }
        let full = try family.train(on: all, asOf: asOf, parameters: parameters, seed: 1, threads: 1)
        #expect(try model.serialized() == full.serialized())
        if parameters["fill"] == nil { #expect(try first != full.serialized()) }
        #expect(throws: Failure.self) { try model.updated(with: all, asOf: asOf - Self.day, threads: 1) }
    }

    private static let factors: [String: ParameterValue] = ["factors": .integer(8), "epochs": .integer(8), "weights": .text("log")]

    @Test("factors stay as they are where nothing new came, and an item that came later is named to those whose like bought it")
    func folded() throws {
        let all = try log()
        let asOf = (all.times.last ?? 0) + 1
        let model = try ImplicitALSFamily.train(on: all, asOf: asOf, parameters: Self.factors, seed: 1, threads: 1)
        let same = try #require(try model.updated(with: all, asOf: asOf, threads: 2))
        #expect(try same.serialized() == model.serialized())
        // A day later every third person of the even half has bought something new; people's halves are those of the sample.
        var (users, items, times) = (all.user.map { all.users[Int($0)] }, all.item.map { all.items[Int($0)] }, all.times)
        for person in stride(from: 0, to: 60, by: 6) {
            users.append("P\(person)")
            items.append("New")
            times.append(asOf + Self.day / 2)
        }
        let later = try InteractionLog(users: users, items: items, times: times)
        let updated = try #require(try model.updated(with: later, asOf: asOf + Self.day, threads: 2))
        #expect(try updated.serialized() == model.updated(with: later, asOf: asOf + Self.day, threads: 1)?.serialized())
        #expect(updated.items == later.items && !model.items.contains("New"))
        let new = try #require(later.items.firstIndex(of: "New"))
        let histories = later.histories(asOf: asOf + Self.day)
        let scores = try updated.scores(for: histories)
        func mean(_ people: [Int]) throws -> Float {
            let places = try people.map { try #require(later.users.firstIndex(of: "P\($0)")) }
            return places.reduce(0) { $0 + scores[$1 * later.items.count + new] } / Float(places.count)
        }
        // Of those who did not buy it.
        let even = try mean((0..<60).filter { $0 % 2 == 0 && $0 % 6 != 0 }), odd = try mean((0..<60).filter { $0 % 2 == 1 })
        #expect(even > odd + 0.01, "\(even) and \(odd)")
    }

    @Test("factors folded in day by day name what comes next nearly as well as trained again, and better than not at all")
    func quality() throws {
        let all = try log()
        let cut = (all.times.last ?? 0) - 15 * Self.day, early = cut - 60 * Self.day
        let split = try RecommendationSplit(all, cut: cut, onlyNew: false)
        let past = all.events(before: early)
        // People and items of the early days only, as they were known then.
        let known = try InteractionLog(
            users: past.user.map { past.users[Int($0)] }, items: past.item.map { past.items[Int($0)] }, times: past.times)
        let old = try ImplicitALSFamily.train(on: known, asOf: early, parameters: Self.factors, seed: 1, threads: 1)
        let folded = try #require(try old.updated(with: split.training, asOf: cut, threads: 1))
        let full = try ImplicitALSFamily.train(on: split.training, asOf: cut, parameters: Self.factors, seed: 1, threads: 1)
        let histories = split.training.histories(asOf: cut)
        func gain(_ model: any Recommender, stale: Bool = false) throws -> Double {
            let lists = try model.recommendations(
                for: split.users.map { stale ? History(items: []) : histories[$0] }, excluding: split.users.map { _ in split.unseen },
                count: 20, threads: 1)
            let gains = RankingFigures(lists.map { $0.map(\.item) }, split: split).gain10
            return gains.reduce(0, +) / Double(gains.count)
        }
        let (updated, trained) = (try gain(folded), try gain(full))
        #expect(updated > 0.85 * trained, "\(updated) and \(trained)")
        #expect(try gain(folded, stale: true) < 0.5 * updated)
    }

    @Test("the ranker keeps its trees and takes candidates of all days; where prices came it trains again")
    func ranked() throws {
        let all = try log(), asOf = (all.times.last ?? 0) + 1, early = asOf - 10 * Self.day
        let parameters = try #require(RecommenderContractTests.small["ranked"])
        let old = try RankedFamily.train(on: all.events(before: early), asOf: early, parameters: parameters, seed: 1, threads: 1)
        let updated = try #require(try RankedFamily.load(old.serialized()).updated(with: all, asOf: asOf, threads: 2))
        #expect(try updated.serialized() == old.updated(with: all, asOf: asOf, threads: 1)?.serialized())
        // Nothing new: the model as it was; ten days on: what is known of items is another.
        let same = try #require(try old.updated(with: all.events(before: early), asOf: early, threads: 1))
        #expect(try same.serialized() == old.serialized() && updated.serialized() != old.serialized())
        let split = try RecommendationSplit(all, cut: asOf - 5 * Self.day, onlyNew: false)
        func gain(_ model: any Recommender) throws -> Double {
            let histories = split.training.histories(asOf: split.cut)
            let lists = try model.recommendations(for: split.users.map { histories[$0] }, excluding: [], count: 20, threads: 1)
            let gains = RankingFigures(lists.map { $0.map(\.item) }, split: split).gain10
            return gains.reduce(0, +) / Double(gains.count)
        }
        let at = split.cut
        let kept = try #require(try old.updated(with: split.training, asOf: at, threads: 1))
        let full = try RankedFamily.train(on: split.training, asOf: at, parameters: parameters, seed: 1, threads: 1)
        let (updatedGain, fullGain) = (try gain(kept), try gain(full))
        #expect(updatedGain > 0.85 * fullGain, "\(updatedGain) and \(fullGain)")
        let priced = try InteractionLog(
            users: all.user.map { all.users[Int($0)] }, items: all.item.map { all.items[Int($0)] }, times: all.times,
            prices: all.times.map { _ in 2 })
        #expect(try old.updated(with: priced, asOf: asOf, threads: 1) == nil)
    }
}

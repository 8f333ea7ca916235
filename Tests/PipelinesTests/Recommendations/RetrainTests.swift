import Connectors
import Foundation
import GRDB
import Pipelines
import Records
import Testing

/// Runs that take new days into the last run's model.
@Suite struct RetrainTests {
    private static let factors = "factors = 8\nepochs = 3"

    private func stage(_ retrain: Double) throws -> RecommendationStage {
        try ShopFixture.stage([
            "family": .text("implicit-als"), "settings": .text(Self.factors), "retrain": .number(retrain), "horizon": .number(7),
        ])
    }

    @Test("what a run learnt is part of the state: a stage restored from it gives the same at that time, and goes on from it later")
    func restored() throws {
        // In the last two days some buy known items that they never had: only that teaches a model of pairs something new.
        let new = [ShopFixture.Line("u0", 60.5, "i8"), ShopFixture.Line("u4", 60.6, "i8"), ShopFixture.Line("u1", 61.3, "i2")]
        let lines = (ShopFixture.lines(days: 62) + new).sorted { $0.day < $1.day }
        func first(_ retrain: Double) throws -> RecommendationStage {
            let stage = try stage(retrain)
            _ = try stage.absorb(ShopFixture.input(lines.filter { $0.day < 60 }))
            return stage
        }
        func later(_ retrain: Double) throws -> (same: [ShopFixture.Result], then: [ShopFixture.Result], next: [ShopFixture.Result]) {
            let one = try first(retrain)
            let same = try ShopFixture.results(one, clock: 60)
            let learnt = try one.learnt()
            #expect(learnt.isEmpty == (retrain == 0))
            let two = try stage(retrain)
            try two.restore(base: one.base(), deltas: [learnt])
            let again = try ShopFixture.results(two, clock: 60)
            #expect(again == same)
            // The base holds it as well.
            let three = try stage(retrain)
            try three.restore(base: two.base(), deltas: [])
            _ = try three.absorb(ShopFixture.input(lines.filter { $0.day >= 60 }))
            return (same, again, try ShopFixture.results(three, clock: 62))
        }
        let kept = try later(7), trained = try later(0)
        #expect(kept.same == trained.same)
        // Who bought nothing in the two days has the scores of the model that was kept, and other ones where the run trained.
        let people = Set(lines.filter { $0.day >= 60 }.map(\.user))
        func scores(_ results: [ShopFixture.Result]) -> [String: Double] {
            Dictionary(results.filter { $0.about == "user" && !people.contains($0.subject) }.map { ("\($0.subject) \($0.item)", $0.score) })
            { a, _ in a }
        }
        #expect(!scores(kept.next).isEmpty)
        #expect(scores(kept.next) == scores(kept.same))
        #expect(scores(trained.next) != scores(trained.same))
        // After its days are over a run trains: nothing of the old model is left in its offers.
        let old = try later(1)
        #expect(old.next == trained.next)
        var damaged = try first(7)
        _ = try ShopFixture.results(damaged, clock: 60)
        var bytes = try damaged.learnt()
        bytes[bytes.count / 2] ^= 1
        damaged = try stage(7)
        #expect(throws: Failure.self) { try damaged.restore(base: [], deltas: [bytes]) }
    }

    @Test(
        "between two trainings families of counts and closed forms offer what a training offers, and factors are folded in",
        arguments: [("popularity", true), ("repeat", true), ("item-knn", true), ("ease", true), ("implicit-als", false)])
    func families(name: String, isExact: Bool) throws {
        let lines = (ShopFixture.lines(days: 62) + [ShopFixture.Line("u0", 60.5, "i8")]).sorted { $0.day < $1.day }
        func next(_ retrain: Double) throws -> [ShopFixture.Result] {
            let more: [String: ParameterValue] = ["family": .text(name), "retrain": .number(retrain), "calibrate": .bool(false)]
            let one = try ShopFixture.stage(more), two = try ShopFixture.stage(more)
            _ = try one.absorb(ShopFixture.input(lines.filter { $0.day < 60 }))
            _ = try ShopFixture.results(one, clock: 60)
            try two.restore(base: one.base(), deltas: [one.learnt()])
            _ = try two.absorb(ShopFixture.input(lines.filter { $0.day >= 60 }))
            return try ShopFixture.results(two, clock: 62)
        }
        let kept = try next(7), trained = try next(0)
        #expect(kept.contains { $0.about == "user" })
        #expect((kept == trained) == isExact)
    }

    @Test("runs between two trainings keep the model, the one after them trains, and a replay agrees with all")
    func runs() throws {
        let shop = try OfferReplayTests.Shop()
        let warehouse = try Warehouse(path: shop.folder + "/pipeline.db")
        defer { warehouse.close() }
        let job = try shop.job(
            "job", "family: implicit-als, settings: { factors: 8, epochs: 3 }, retrain: 10, calibrate: false")
        for week in 0..<4 {
            try shop.write(weeks: week..<week + 1)
            try shop.run(job, afterWeek: week, in: warehouse)
        }
        let parts = try warehouse.read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM shop_offers WHERE about = 'user'") ?? 0
        }
        #expect(parts > 0)
        let report = try Replayer(warehouse: warehouse, environment: .fixed(Timestamp(.init(year: 2026, month: 6, day: 1)))).replay(
            job, asOf: .distantFuture, in: shop.folder)
        #expect(report.difference == nil && report.runs == [1, 2, 3, 4])
    }
}

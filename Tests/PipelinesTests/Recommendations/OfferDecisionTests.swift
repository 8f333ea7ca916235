import Connectors
import Foundation
import GRDB
import Pipelines
import Records
import Testing

/// What a merchandiser decides in the queue, and what later runs make of it.
@Suite struct OfferDecisionTests {
    typealias Line = ShopFixture.Line

    private static let words: ParameterValue = .text("back = none\nblock = block\nboost = boost\npin = pin")

    private func decision(_ item: String, _ outcome: String, _ day: Double, replaced: String? = nil) -> StageDecision {
        StageDecision(
            subject: item, outcome: outcome, replaced: replaced, decided: Timestamp(microseconds: Int64(day * Double(ShopFixture.day))))
    }

    private func shop(_ more: [String: ParameterValue] = ["decisions": words]) throws -> RecommendationStage {
        let stage = try ShopFixture.stage(more)
        _ = try stage.absorb(
            ShopFixture.input([
                Line("u", 1, "a"), Line("v", 1, "a"), Line("w", 1, "a"), Line("u", 1, "b"), Line("v", 1, "b"), Line("u", 1, "c"),
            ]))
        return stage
    }

    @Test("a decision is a word on its item from its time on, as a row of the list is; the newest word holds, whoever said it")
    func words() throws {
        let stage = try shop()
        stage.absorb(decisions: [
            decision("a", "block", 5), decision("c", "pin", 6), decision("b", "hold", 6), decision("a", "back", 8),
        ])
        func offers(_ day: Double) throws -> [String] { ShopFixture.offers(try ShopFixture.results(stage, clock: day), to: "u") }
        #expect(try offers(4) == ["a", "b", "c"])
        #expect(try offers(5) == ["b", "c"])
        #expect(try offers(6.5) == ["c", "b"])
        #expect(try offers(8) == ["c", "a", "b"])
        // The list's later word takes the place of the decision's, and an earlier one does not.
        try ShopFixture.table(["item", "action", "known"], [["c", "none", "7"], ["a", "block", "7.5"]], to: stage, as: "actions")
        #expect(try offers(7) == ["b", "c"])
        #expect(try offers(9) == ["a", "b", "c"])
        // The control: where the job gives outcomes no meaning, decisions change nothing.
        let plain = try shop([:])
        plain.absorb(decisions: [decision("a", "block", 2)])
        #expect(ShopFixture.offers(try ShopFixture.results(plain, clock: 4), to: "u") == ["a", "b", "c"])
    }

    @Test("a decision in place of another takes its word back, also one whose outcome says nothing of offers")
    func replaced() throws {
        let stage = try shop()
        stage.absorb(decisions: [decision("a", "block", 2), decision("a", "hold", 3, replaced: "block"), decision("b", "hold", 3)])
        func offers(_ day: Double) throws -> [String] { ShopFixture.offers(try ShopFixture.results(stage, clock: day), to: "u") }
        #expect(try offers(2.5) == ["b", "c"])
        #expect(try offers(3) == ["a", "b", "c"])
        stage.absorb(decisions: [decision("b", "block", 4), decision("a", "hold", 4, replaced: "hold")])
        #expect(try offers(4) == ["a", "c"])
    }

    @Test("words are part of the stored state, and those that come again change nothing")
    func stored() throws {
        let stage = try shop()
        let base = stage.base()
        let decisions = [decision("a", "block", 2)]
        stage.absorb(decisions: decisions)
        let delta = stage.delta()
        #expect(!delta.isEmpty)
        stage.absorb(decisions: decisions)
        #expect(stage.delta().isEmpty)
        let restored = try ShopFixture.stage(["decisions": Self.words])
        try restored.restore(base: base, deltas: [delta])
        #expect(ShopFixture.offers(try ShopFixture.results(restored, clock: 4), to: "u") == ["b", "c"])
        restored.absorb(decisions: decisions)
        #expect(restored.delta().isEmpty)
    }

    @Test("of two words of one moment the one that came last holds, and one on an old name is one on the new")
    func sameTime() throws {
        let stage = try shop()
        try ShopFixture.table(["item", "action", "known"], [["a", "blokc", "2"], ["a", "none", "2"]], to: stage, as: "actions")
        #expect(ShopFixture.offers(try ShopFixture.results(stage, clock: 4), to: "u") == ["a", "b", "c"])
        try ShopFixture.table(["alias", "item"], [["old", "b"]], to: stage, as: "aliases")
        stage.absorb(decisions: [decision("old", "block", 3)])
        #expect(ShopFixture.offers(try ShopFixture.results(stage, clock: 4), to: "u") == ["a", "c"])
    }

    @Test("an outcome that is none of the policy's, and a word that the stage does not know, are found before anything runs")
    func checked() throws {
        let shop = try OfferReplayTests.Shop()
        _ = try shop.job("good", "decisions: { hold: block, show: none }")
        func findings(_ decisions: String) -> [String] {
            _ = try? shop.job("bad", "decisions: \(decisions)")
            return Job.check(path: shop.folder + "/bad.yaml").findings.filter { $0.severity == .error }.map { "\($0.code) \($0.keyPath)" }
        }
        #expect(findings("{ hold: block, blokc: block }") == ["job.unknown-name stages[0].recommendations.decisions.blokc"])
        #expect(findings("{ review: block }") == ["job.unknown-name stages[0].recommendations.decisions.review"])
        let failure = #expect(throws: Failure.self) { try ShopFixture.stage(["decisions": .text("hold = blokc")]) }
        #expect(failure?.code == "stage.decision" && failure?.remedy == "Did you mean 'block'?")
    }

    @Test("a decision in the queue changes the offers of the next run and of no earlier one; a replay agrees, and not without it")
    func runs() throws {
        let shop = try OfferReplayTests.Shop()
        let warehouse = try Warehouse(path: shop.folder + "/pipeline.db")
        defer { warehouse.close() }
        let job = try shop.job(
            "job", "family: popularity, settings: { window: 100 }, calibrate: false, decisions: { hold: block, show: none }")
        func write(_ name: String, _ rows: [String]) throws {
            let text = "user,item,time,quantity,price\n" + rows.map { $0 + ",2.00\n" }.joined()
            try Data(text.utf8).write(to: URL(fileURLWithPath: shop.folder + "/orders/\(name).csv"))
        }
        func offered() throws -> Set<String> {
            try warehouse.read {
                Set(
                    try String.fetchAll(
                        $0, sql: "SELECT item FROM shop_offers_current WHERE about = 'user' AND kind <> 'withdrawn' AND outcome = 'show'"))
            }
        }
        func decide(_ item: String, _ outcome: String, at time: Timestamp, replacing: Bool = false) throws {
            let entry = try #require(
                try warehouse.read { try ReviewStore($0).list(filter: .all, now: time) }.first {
                    $0.item.fields.contains(NamedText("about", "item")) && $0.item.fields.contains(NamedText("item", item))
                })
            _ = try ReviewQueue(warehouse).decide(
                entry.item.id, outcome: outcome, isPositive: nil, reason: "r", by: .ann, now: time, outcomes: ["show", "hold"],
                replacing: replacing)
        }
        func day(_ number: Int) -> Timestamp { Timestamp(.init(year: 2026, month: 1, day: number)) }
        try write("1", ["a,x,2026-01-05T00:00:00,1", "a,y,2026-01-06T00:00:00,1", "b,x,2026-01-06T00:00:01,1"])
        try shop.run(job, afterWeek: 0, in: warehouse)
        #expect(try offered() == ["x", "y"])
        try decide("x", "hold", at: day(13))
        // Decided at the very clock of the second run: the third run's.
        try decide("y", "hold", at: day(19))
        try write("2", ["b,z,2026-01-14T00:00:00,1"])
        try shop.run(job, afterWeek: 1, in: warehouse)
        #expect(try offered() == ["y", "z"])
        try write("3", ["b,z,2026-01-20T00:00:00,1"])
        try shop.run(job, afterWeek: 2, in: warehouse)
        #expect(try offered() == ["z"])
        try decide("x", "show", at: day(27), replacing: true)
        try write("4", ["b,z,2026-01-27T00:00:00,1"])
        try shop.run(job, afterWeek: 3, in: warehouse)
        #expect(try offered() == ["x", "z"])
        func replay() throws -> ReplayReport {
            try Replayer(warehouse: warehouse, environment: .fixed(day(31))).replay(job, asOf: .distantFuture, in: shop.folder)
        }
        let report = try replay()
        #expect(report.difference == nil && report.runs == [1, 2, 3, 4])
        let policies = try OfferReplay(weeks: 1, resamples: 10).measure(job, warehouse: warehouse)
        #expect(policies.rows.first?.offers == 1)
        #expect(try OfferReplay(weeks: 1, resamples: 10).measure(job).rows.first?.offers == 3)
        // What a purge deletes is still known to the stage; a replay cannot know it, and says that something differs.
        try warehouse.write { try $0.execute(sql: "DELETE FROM pipeline_decisions WHERE id = 2") }
        try write("5", ["b,z,2026-02-03T00:00:00,1"])
        try shop.run(job, afterWeek: 4, in: warehouse)
        #expect(try offered() == ["x", "z"])
        #expect(try replay().difference != nil)
    }
}

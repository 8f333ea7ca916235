import Models
import PipelineTesting
import Pipelines
import Records
import Testing

/// What policy makes of the model's order: diversity, limits of segments, what was shown before.
@Suite struct OfferPolicyTests {
    typealias Line = ShopFixture.Line

    /// Ten people; a, b and c sell best and are of one category, d and e of another.
    private func shop(_ more: [String: ParameterValue] = [:]) throws -> RecommendationStage {
        let stage = try ShopFixture.stage(more)
        let reach = [("a", 10), ("b", 9), ("c", 8), ("d", 7), ("e", 6)]
        _ = try stage.absorb(ShopFixture.input(reach.flatMap { item, people in (0..<people).map { Line("u\($0)", 1, item) } }))
        try ShopFixture.table(
            ["item", "category"], [["a", "x"], ["b", "x"], ["c", "x"], ["d", "y"], ["e", "y"]], to: stage, as: "items")
        return stage
    }

    private func offers(_ stage: RecommendationStage, to person: String = "u0", clock: Double = 2) throws -> [String] {
        try ShopFixture.offers(ShopFixture.results(stage, clock: clock), to: person)
    }

    @Test("diversity mixes the categories, and without it the model's order stands")
    func diversity() throws {
        #expect(try offers(shop(["count": .integer(4)])) == ["a", "b", "c", "d"])
        #expect(try offers(shop(["count": .integer(4), "diversity": .number(0.5)])) == ["a", "d", "b", "c"])
    }

    @Test("in order of value an item with a large margin is before one that more people buy, and a boost doubles it")
    func value() throws {
        func list(_ order: String, margins: [[String]], boost: Bool = false) throws -> [String] {
            let stage = try shop(["count": .integer(3), "order": .text(order), "calibrate": .bool(false)])
            try ShopFixture.table(["item", "margin"], margins, to: stage, as: "items")
            if boost { try ShopFixture.table(["item", "action", "known"], [["c", "boost", "1"]], to: stage, as: "actions") }
            return try offers(stage)
        }
        // Buyers are 10, 9, 8, 7, 6: times the margins 10, 9, 16, 21, 0.
        let margins = [["a", "1"], ["b", "1"], ["c", "2"], ["d", "3"], ["e", "-4"]]
        #expect(try list("value", margins: margins) == ["d", "c", "a"])
        #expect(try list("probability", margins: margins) == ["a", "b", "c"])
        #expect(try list("value", margins: margins, boost: true) == ["c", "d", "a"])
    }

    @Test("diversity leaves no place empty that something beyond its window may have")
    func diverseAndFull() throws {
        let stage = try ShopFixture.stage(["count": .integer(2), "per-category": .integer(1), "diversity": .number(0.5)])
        let reach = (0..<9).map { ("i\($0)", 12 - $0) }
        _ = try stage.absorb(ShopFixture.input(reach.flatMap { item, people in (0..<people).map { Line("u\($0)", 1, item) } }))
        // The first eight are of one category; diversity looks at eight.
        try ShopFixture.table(["item", "category"], (0..<9).map { ["i\($0)", $0 < 8 ? "x" : "y"] }, to: stage, as: "items")
        #expect(try offers(stage) == ["i0", "i8"])
    }

    @Test("an item that nobody bought is not drawn again for those who were shown it often enough")
    func unsoldRest() throws {
        func drawn(most: Int) throws -> Int {
            var count = 0
            for seed in 0..<10 {
                let stage = try shop(["explore": .number(1), "count": .integer(5), "most-shown": .integer(most)])
                try ShopFixture.table(["item", "category"], [["n", "z"]], to: stage, as: "items")
                try ShopFixture.table(["user", "item", "time"], (0..<10).map { ["u\($0)", "n", "2"] }, to: stage, as: "shown")
                for person in 0..<10 { count += try offers(stage, to: "u\(person)", clock: 3 + Double(seed) / 10).count { $0 == "n" } }
            }
            return count
        }
        #expect(try drawn(most: 0) > 0)
        #expect(try drawn(most: 1) == 0)
    }

    @Test("mailings after the newest purchase count")
    func shownLate() throws {
        func list(clock: Double) throws -> [String] {
            let stage = try shop(["most-shown": .integer(1)])
            try ShopFixture.table(["user", "item", "time"], [["u0", "a", "5"]], to: stage, as: "shown")
            let time = Timestamp(microseconds: Int64(clock * Double(ShopFixture.day)))
            let rows = try stage.finished(0..<stage.finish(FinishTime(clock: time, watermark: Timestamp(microseconds: ShopFixture.day))))
            return (0..<rows.batch.count).filter { rows.batch["about"]?.text($0) == "user" && rows.batch["subject"]?.text($0) == "u0" }
                .compactMap { rows.batch["item"]?.text($0) }
        }
        #expect(try list(clock: 4).contains("a"))
        #expect(try list(clock: 6).contains("a") == false)
    }

    @Test("risk classes of people hold where the catalogue has none: nothing is known to be suitable")
    func risklessCatalogue() throws {
        let stage = try shop()
        #expect(try offers(stage).isEmpty == false)
        try ShopFixture.table(["user", "risk"], [["u0", "5"]], to: stage, as: "users")
        #expect(try offers(stage).isEmpty)
    }

    @Test("a segment's limit holds for its people only, a limit of all for everybody, and the strictest wins")
    func segments() throws {
        let stage = try shop()
        try ShopFixture.table(["user", "segment"], [["u0", "young"], ["u1", "old"]], to: stage, as: "users")
        try ShopFixture.table(
            ["segment", "category", "most"], [["young", "x", "1"], ["young", nil, "2"], ["*", "y", "1"]], to: stage, as: "limits")
        #expect(try offers(stage, to: "u0") == ["a", "d"])
        #expect(try offers(stage, to: "u1") == ["a", "b", "c", "d"])
        // Nobody's segment: only what holds for all.
        #expect(try offers(stage, to: "u2") == ["a", "b", "c", "d"])
        try ShopFixture.table(["segment", "category", "most"], [["young", nil, "0"]], to: stage, as: "limits")
        #expect(try offers(stage, to: "u0").isEmpty)
    }

    @Test("no pin and no draw passes a segment's limit")
    func hardLimits() throws {
        for seed in 0..<20 {
            let stage = try shop(["explore": .number(0.5), "count": .integer(3)])
            try ShopFixture.table(["item", "action", "known"], [["b", "pin", "1"], ["c", "pin", "1"]], to: stage, as: "actions")
            try ShopFixture.table(["segment", "category", "most"], [["*", "x", "1"]], to: stage, as: "limits")
            for person in 0..<10 {
                let list = try offers(stage, to: "u\(person)", clock: 2 + Double(seed) / 10)
                #expect(list.count { ["a", "b", "c"].contains($0) } <= 1)
            }
        }
    }

    @Test("what was shown often enough rests until it is bought or the days are over")
    func repetition() throws {
        func list(_ times: [String], clock: Double = 10, most: Int = 2) throws -> [String] {
            let stage = try shop(["most-shown": .integer(most), "shown-within": .number(7)])
            _ = try stage.absorb(ShopFixture.input([Line("u1", 6, "a")]))
            try ShopFixture.table(["user", "item", "time"], times.map { ["u0", "a", $0] }, to: stage, as: "shown")
            try ShopFixture.table(["user", "item", "time"], times.map { ["u1", "a", $0] }, to: stage, as: "shown")
            let results = try ShopFixture.results(stage, clock: clock)
            // u1 bought a on day 6, so that only what came later counts.
            #expect(ShopFixture.offers(results, to: "u1").contains("a"))
            return ShopFixture.offers(results, to: "u0")
        }
        #expect(try list(["4", "5"]).contains("a") == false)
        #expect(try list(["5"]).contains("a"))
        #expect(try list(["4", "5"], clock: 12).contains("a"))
        #expect(try list(["4", "5"], most: 0).contains("a"))
        // What is shown in the future has not been shown.
        #expect(try list(["5", "11"]).contains("a"))
    }

    @Test("an item whose reach changed strongly since offers were last shown is asked about, also one that vanished")
    func changed() throws {
        let stage = try shop(["count": .integer(2)])
        let shown = (0..<10).flatMap { [["u\($0)", "a", "1.5"], ["u\($0)", "e", "1.5"]] }
        try ShopFixture.table(["user", "item", "time"], shown, to: stage, as: "shown")
        let asked = try ShopFixture.results(stage, clock: 20).filter { $0.about == "item" }
        #expect(asked.map(\.item) == ["b", "e"])
        #expect(asked.map(\.suspicion) == [0.5, 0.5])
        #expect(asked.last?.reason == "offered to 0.0 % of all people, to 100.0 % when offers were last shown")
        // The control: the same offers as last time raise no question.
        let same = try shop(["count": .integer(2)])
        try ShopFixture.table(
            ["user", "item", "time"], (0..<10).flatMap { [["u\($0)", "a", "1.5"], ["u\($0)", "b", "1.5"]] }, to: same, as: "shown")
        #expect(try ShopFixture.results(same, clock: 20).filter { $0.about == "item" } == [])
    }

    @Test("settings of the family reach it, and one that it does not have is refused with those it has")
    func settings() throws {
        func scores(_ settings: String) throws -> [Double] {
            let stage = try ShopFixture.stage(["family": .text("ease"), "settings": .text(settings)])
            _ = try stage.absorb(ShopFixture.input(ShopFixture.lines(days: 40)))
            return try ShopFixture.results(stage, clock: 40).filter { $0.about == "user" }.map(\.score)
        }
        #expect(try scores("lambda = 5") != scores("lambda = 500"))
        for (family, text) in [("ease", "factors = 8"), ("ease", "lambda = -1"), ("implicit-als", "solver = magic")] {
            let error = #expect(throws: Failure.self) {
                try ShopFixture.stage(["family": .text(family), "settings": .text(text)])
            }
            #expect(error?.code == "stage.setting")
            #expect(error?.place == "recommendations.settings.\(text.split(separator: " ")[0])")
        }
    }
}

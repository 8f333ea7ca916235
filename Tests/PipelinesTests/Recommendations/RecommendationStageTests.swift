import PipelineTesting
import Pipelines
import Records
import Testing

@Suite struct RecommendationStageTests {
    typealias Line = ShopFixture.Line

    @Test("keeps every promise of a stage that gives results at the end", arguments: ["popularity", "ease", "ranked"])
    func contract(family: String) throws {
        let more: [String: ParameterValue] = ["family": .text(family), "explore": .number(0.5), "horizon": .number(7)]
        let layout = try #require(RecommendationStage.layout(for: ShopFixture.configuration(more), main: ShopFixture.schema))
        let time = FinishTime(clock: Timestamp(seconds: 60 * 86_400), watermark: Timestamp(seconds: 59 * 86_400))
        let findings = try FinishingStageContract(
            stream: ShopFixture.input(ShopFixture.lines(days: 60)), time: time, layout: layout, trials: 2
        ) { () throws(Failure) in try ShopFixture.stage(more) }.check()
        #expect(findings == [])
    }

    @Test("what came back is not offered again, what came back in part is")
    func returns() throws {
        func offers(_ lines: [Line]) throws -> [String] {
            let stage = try ShopFixture.stage(["family": .text("repeat")])
            #expect(try stage.absorb(ShopFixture.input(lines)) == [])
            return ShopFixture.offers(try ShopFixture.results(stage, clock: 10), to: "u")
        }
        let bought = [Line("u", 1, "kept"), Line("u", 2, "pair", 2), Line("u", 3, "gone", 2)]
        #expect(try Set(offers(bought)) == ["kept", "pair", "gone"])
        #expect(try Set(offers(bought + [Line("u", 4, "pair", -1), Line("u", 5, "gone", -2)])) == ["kept", "pair"])
        // A return before the purchase undoes nothing, and one of another person neither.
        #expect(try Set(offers([Line("u", 0.5, "gone", -2)] + bought + [Line("v", 4, "pair", -2)])) == ["kept", "pair", "gone"])
    }

    @Test("a quantity of zero and a wrong clock are refused with their reasons")
    func refused() throws {
        let stage = try ShopFixture.stage()
        let refused = try stage.absorb(
            ShopFixture.input([Line("u", 1, "a"), Line("u", 2, "b", 0), Line("u", 900, "c"), Line("u", 3, "d", -4)]))
        #expect(refused.map(\.row) == [1, 2])
        #expect(refused.map(\.code) == [.range, .range])
        #expect(refused.first?.column == "quantity")
        #expect(try Set(ShopFixture.offers(ShopFixture.results(stage, clock: 1_000), to: "u")) == ["a"])
    }

    @Test("rows ahead of the clock do not count until it has passed them")
    func future() throws {
        let stage = try ShopFixture.stage(["family": .text("repeat")])
        _ = try stage.absorb(ShopFixture.input([Line("u", 1, "a"), Line("u", 20, "b")]))
        #expect(try ShopFixture.offers(ShopFixture.results(stage, clock: 10), to: "u") == ["a"])
        #expect(try Set(ShopFixture.offers(ShopFixture.results(stage, clock: 21), to: "u")) == ["a", "b"])
    }

    @Test("a program teaches nothing, and is offered something all the same")
    func program() throws {
        var lines = (0..<50).map { Line("bot", 1 + Double($0) / 100, "junk") }
        lines += [Line("u", 2, "a"), Line("v", 2, "b")]
        func offers(most: Int, to person: String) throws -> [String] {
            let stage = try ShopFixture.stage(["most-interactions": .integer(most)])
            _ = try stage.absorb(ShopFixture.input(lines))
            return ShopFixture.offers(try ShopFixture.results(stage, clock: 3), to: person)
        }
        #expect(try offers(most: 20, to: "u").contains("junk") == false)
        #expect(try offers(most: 20, to: "bot").contains("a"))
        let stage = try ShopFixture.stage(["most-interactions": .integer(20)])
        _ = try stage.absorb(ShopFixture.input(lines))
        let note = try ShopFixture.results(stage, clock: 3).filter { $0.kind == "note" }
        #expect(note.map(\.reason) == ["1 with more than 20 purchases are taken for programs: their 50 purchases teach nothing"])
        #expect(note.map(\.suspicion) == [0])
        // The control: with a higher limit it does teach.
        #expect(try offers(most: 1_000, to: "u").contains("junk"))
    }

    @Test("a person without a purchase gets offers, and an article that nobody bought can be pinned")
    func newcomers() throws {
        let stage = try ShopFixture.stage()
        _ = try stage.absorb(ShopFixture.input([Line("u", 1, "a"), Line("u", 1, "b")]))
        try ShopFixture.table(["user", "age"], [["new", "30"]], to: stage, as: "users")
        try ShopFixture.table(["item", "stock"], [["fresh", "5"], ["a", "1"], ["b", "1"]], to: stage, as: "items")
        #expect(try ShopFixture.offers(ShopFixture.results(stage, clock: 2), to: "new") == ["a", "b"])
        try ShopFixture.table(["item", "action", "known"], [["fresh", "pin", "1"]], to: stage, as: "actions")
        #expect(try ShopFixture.offers(ShopFixture.results(stage, clock: 2), to: "new") == ["fresh", "a", "b"])
    }

    @Test("a merchandiser's word holds from its known time, and a word that is unknown blocks")
    func actions() throws {
        let stage = try ShopFixture.stage()
        _ = try stage.absorb(ShopFixture.input([Line("u", 1, "a"), Line("v", 1, "a"), Line("u", 1, "b"), Line("u", 1, "c")]))
        try ShopFixture.table(
            ["item", "action", "known"], [["a", "block", "5"], ["c", "pin", "6"], ["b", "blokc", "7"], ["a", "none", "8"]], to: stage,
            as: "actions")
        #expect(try ShopFixture.offers(ShopFixture.results(stage, clock: 4), to: "u") == ["a", "b", "c"])
        #expect(try ShopFixture.offers(ShopFixture.results(stage, clock: 5), to: "u") == ["b", "c"])
        #expect(try ShopFixture.offers(ShopFixture.results(stage, clock: 6.5), to: "u") == ["c", "b"])
        #expect(try ShopFixture.offers(ShopFixture.results(stage, clock: 7.5), to: "u") == ["c"])
    }

    @Test("a catalogue that lost most of what sells is asked about, and people still get offers")
    func lostCatalogue() throws {
        func results(stock: String) throws -> [ShopFixture.Result] {
            let stage = try ShopFixture.stage()
            _ = try stage.absorb(ShopFixture.input((0..<6).map { Line("u\($0)", 1, "i\($0)") }))
            try ShopFixture.table(["item", "stock"], (0..<6).map { ["i\($0)", $0 < 4 ? stock : "9"] }, to: stage, as: "items")
            return try ShopFixture.results(stage, clock: 2)
        }
        let lost = try results(stock: "0"), whole = try results(stock: "7")
        #expect(lost.filter { $0.about == "catalogue" }.map(\.suspicion) == [0.5])
        #expect(ShopFixture.offers(lost, to: "u0").count == 6)
        #expect(whole.contains { $0.about == "catalogue" } == false)
    }

    @Test("a new article with a large reach is doubted, a settled one is not")
    func doubted() throws {
        let stage = try ShopFixture.stage()
        var lines = (0..<5).map { Line("u\($0)", 1, "old") }
        lines.append(Line("u0", 39, "old"))
        lines += (0..<2).map { Line("u\($0)", 39, "new") }
        _ = try stage.absorb(ShopFixture.input(lines))
        let asked = try ShopFixture.results(stage, clock: 40).filter { $0.about == "item" }
        #expect(asked.map(\.item) == ["new"])
        #expect(asked.first?.reason == "new, and offered to many")
    }

    @Test("what goes with an article is what the same people buy, and nothing blocked or for adults only")
    func goesWith() throws {
        let stage = try ShopFixture.stage()
        var lines = (0..<6).flatMap { [Line("u\($0)", 1, "bread"), Line("u\($0)", 1, "butter"), Line("u\($0)", 1, "wine")] }
        lines += (6..<9).flatMap { [Line("u\($0)", 1, "bread"), Line("u\($0)", 1, "nails")] }
        _ = try stage.absorb(ShopFixture.input(lines))
        func near() throws -> [String] {
            try ShopFixture.results(stage, clock: 2).filter { $0.about == "goes-with" && $0.subject == "bread" }.map(\.item)
        }
        #expect(try near() == ["butter", "wine", "nails"])
        try ShopFixture.table(["item", "minimum_age"], [["wine", "18"], ["butter", "0"]], to: stage, as: "items")
        #expect(try near() == ["butter", "nails"])
    }

    @Test("an article that was renamed is one article")
    func renamed() throws {
        let stage = try ShopFixture.stage(["family": .text("repeat")])
        _ = try stage.absorb(ShopFixture.input([Line("u", 1, "old"), Line("u", 2, "new")]))
        #expect(try Set(ShopFixture.offers(ShopFixture.results(stage, clock: 3), to: "u")) == ["old", "new"])
        try ShopFixture.table(["alias", "item"], [["old", "new"], ["new", "newest"]], to: stage, as: "aliases")
        #expect(try ShopFixture.offers(ShopFixture.results(stage, clock: 3), to: "u") == ["newest"])
    }

    @Test("the amounts of a reason add up to the score", arguments: ["ease", "item-knn", "repeat"])
    func reasons(family: String) throws {
        let stage = try ShopFixture.stage(["family": .text(family)])
        _ = try stage.absorb(ShopFixture.input(ShopFixture.lines(days: 60)))
        let offers = try ShopFixture.results(stage, clock: 60).filter { $0.about == "user" }
        #expect(offers.count > 10)
        for offer in offers {
            let amounts = offer.reason.split(separator: ", ").compactMap { Double($0.split(separator: " ").last ?? "") }
            #expect(!amounts.isEmpty)
            // Four amounts at most, each rounded to hundredths.
            #expect(abs(amounts.reduce(0, +) - offer.score) <= 0.0201, "\(offer)")
        }
    }
}

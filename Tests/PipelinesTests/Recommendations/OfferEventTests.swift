import Foundation
import Models
import Pipelines
import Records
import Testing

/// Feeds whose rows say what they are: orders, clicks, returns.
@Suite struct OfferEventTests {
    private struct Row {
        var user: String
        var day: Double
        var item: String
        var kind: String
        var quantity: Int64 = 1

        init(_ user: String, _ day: Double, _ item: String, _ kind: String = "order", _ quantity: Int64 = 1) {
            (self.user, self.day, self.item, self.kind, self.quantity) = (user, day, item, kind, quantity)
        }
    }

    private static let kinds: [String: ParameterValue] = [
        "event": .text("kind"), "events": .text("cart = 0.3\nclick = 0.1\norder = 1\nreturn = -1\nview = 0"),
    ]
    private static let schema = Schema(ShopFixture.schema.fields + [Field("kind", .string)])

    private func stage(_ more: [String: ParameterValue] = [:], kinds: [String: ParameterValue] = kinds) throws(Failure)
        -> RecommendationStage
    {
        try RecommendationStage(
            configuration: ShopFixture.configuration(kinds.merging(more) { $1 }), schema: Self.schema)
    }

    private func input(_ rows: [Row]) -> StageInput {
        let times = rows.map { Int64($0.day * Double(ShopFixture.day)) }
        let batch = RecordBatch(
            schema: Self.schema,
            columns: [
                Column(strings: rows.map(\.user)), Column(type: .timestamp, integers: times), Column(strings: rows.map(\.item)),
                Column(type: .int64, integers: rows.map(\.quantity)),
                Column(type: .money(ShopFixture.euro), integers: rows.map { _ in 250 }), Column(strings: rows.map(\.kind)),
            ], rowNumbers: rows.indices.map { Int64($0 + 1) })
        return StageInput(batch: batch, keys: RecordKey.hashes(of: batch, columns: [0, 1, 2, 5]), times: times)
    }

    @Test("clicks are no purchases, returns undo them whatever the sign of their quantity, and a kind that is not named is refused")
    func kinds() throws {
        let stage = try stage(["family": .text("repeat"), "settings": .text("fill = 0")])
        let refused = try stage.absorb(
            input([
                Row("u", 1, "kept"), Row("u", 1, "back"), Row("u", 1, "part", "order", 3), Row("u", 2, "looked", "click", 0),
                Row("u", 2, "seen", "view"), Row("u", 2, "odd", "clikc"), Row("u", 3, "back", "return"), Row("u", 3, "part", "return", -2),
                Row("u", 3, "none", "order", 0),
            ]))
        #expect(
            refused.map { "\($0.row) \($0.column ?? "") \($0.code.rawValue) \($0.found)" } == [
                "5 kind unknown-value clikc", "8 quantity range 0.0",
            ])
        #expect(refused.first?.expected == "one of cart, click, order, return, view")
        let results = try ShopFixture.results(stage, clock: 10)
        #expect(Set(ShopFixture.offers(results, to: "u")) == ["kept", "part"])
        #expect(results.filter { $0.about == "user" }.map(\.kind) == ["repeat", "repeat"])
        // From a stored state the same, and the control: without the parameter every row is a purchase.
        let restored = try self.stage(["family": .text("repeat"), "settings": .text("fill = 0")])
        try restored.restore(base: stage.base(), deltas: [])
        #expect(try ShopFixture.results(restored, clock: 10) == results)
        let plain = try self.stage(["family": .text("repeat"), "settings": .text("fill = 0")], kinds: [:])
        _ = try plain.absorb(input([Row("u", 1, "kept"), Row("u", 2, "looked", "click")]))
        #expect(try Set(ShopFixture.offers(ShopFixture.results(plain, clock: 10), to: "u")) == ["kept", "looked"])
    }

    @Test("a click counts a tenth of a purchase, and what was only looked at is offered as new")
    func weight() throws {
        let stage = try stage()
        _ = try stage.absorb(
            input([Row("u", 1, "a"), Row("v", 1, "b"), Row("u", 1, "b", "click"), Row("u", 2, "b", "click"), Row("w", 1, "a", "cart")]))
        let offers = try ShopFixture.results(stage, clock: 2).filter { $0.about == "user" && $0.subject == "u" }
        #expect(offers.map(\.item) == ["a", "b"] && offers.map(\.kind) == ["repeat", "new"])
        #expect(offers.map { ($0.score * 100).rounded() } == [130, 110])
        // Who only looked is a person, too.
        #expect(try ShopFixture.offers(ShopFixture.results(stage, clock: 2), to: "w") == ["a", "b"])
        #expect(try ShopFixture.results(stage, clock: 2).contains { $0.about == "goes-with" } == false)
        // Nothing was bought: nothing to offer.
        let looked = try self.stage()
        _ = try looked.absorb(input([Row("u", 1, "a", "click")]))
        #expect(try ShopFixture.results(looked, clock: 2).isEmpty)
    }

    @Test("the measured probability is of purchases: with nothing but clicks in the days it is measured on there is none")
    func probability() throws {
        func chances(_ later: String) throws -> Int {
            let stage = try stage(["horizon": .number(10), "family": .text("popularity"), "settings": .text("window = 100")])
            var rows: [Row] = []
            for person in 0..<60 {
                for step in 0..<4 { rows.append(Row("u\(person)", 1 + Double(step), "i\((person + step * step) % 8)")) }
                for step in 0..<5 { rows.append(Row("u\(person)", 25, "i\(step)", later)) }
            }
            _ = try stage.absorb(input(rows.sorted { $0.day < $1.day }))
            return try ShopFixture.results(stage, clock: 30).filter { $0.about == "user" }.compactMap(\.probability).count
        }
        #expect(try chances("click") == 0)
        #expect(try chances("order") == 480)
    }

    @Test("what does not fit together is refused with its place")
    func refused() throws {
        func place(_ parameters: [String: ParameterValue]) -> String? {
            #expect(throws: Failure.self) { try stage(kinds: parameters) }?.place
        }
        #expect(place(["event": .text("kind")]) == "recommendations.events")
        #expect(place(["events": .text("order = 1")]) == "recommendations.event")
        #expect(place(["event": .text("kind"), "events": .text("order = 2")]) == "recommendations.events.order")
        #expect(place(["event": .text("kind"), "events": .text("order = -0.5")]) == "recommendations.events.order")
        #expect(place(["event": .text("kind"), "events": .text("click = 0.1")]) == "recommendations.events")
        #expect(place(["event": .text("price"), "events": .text("order = 1")]) == "recommendations.event")
    }
}

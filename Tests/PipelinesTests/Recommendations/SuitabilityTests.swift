import Foundation
import PipelineTesting
import Pipelines
import Records
import Testing

/// Nobody is ever offered what is above their risk class, below their age, blocked or sold out, whatever else is asked for.
@Suite struct SuitabilityTests {
    private struct Shop {
        var risks: [String: Double?] = [:]
        var ages: [String: Double?] = [:]
        var peopleRisks: [String: Double?] = [:]
        var peopleAges: [String: Double?] = [:]
        var aliases: [(String, String)] = []
        var stage: RecommendationStage
    }

    /// - Parameter knowsLimits: false leaves the limits out of the catalogue, which is the control.
    private func shop(_ random: inout SeededGenerator, knowsLimits: Bool) throws -> Shop {
        let families = ["popularity", "ease", "item-knn"]
        var shop = Shop(
            stage: try ShopFixture.stage([
                "family": .text(families[Int.random(in: 0..<3, using: &random)]), "explore": .number(0.5),
                "count": .integer(Int.random(in: 2...6, using: &random)),
                "order": .text(Bool.random(using: &random) ? "value" : "probability"),
                "diversity": .number(Bool.random(using: &random) ? 0.4 : 0), "most-shown": .integer(Int.random(in: 0...2, using: &random)),
                "calibrate": .bool(false),
            ]))
        func limit(_ range: ClosedRange<Int>) -> Double? {
            Int.random(in: 0..<6, using: &random) == 0 ? nil : Double(Int.random(in: range, using: &random))
        }
        func text(_ value: Double?) -> String? { value.map { "\($0)" } }
        _ = try shop.stage.absorb(ShopFixture.input(ShopFixture.lines(days: 24)))
        var items: [[String?]] = [], people: [[String?]] = [], actions: [[String?]] = []
        for item in 0..<16 where Int.random(in: 0..<8, using: &random) > 0 {
            let (risk, age) = (limit(1...5), limit(0...70))
            (shop.risks["i\(item)"], shop.ages["i\(item)"]) = (.some(risk), .some(age))
            items.append(["i\(item)", text(risk), text(age), "1"])
        }
        for person in 0..<10 where Int.random(in: 0..<8, using: &random) > 0 {
            let (risk, age) = (limit(1...5), limit(10...90))
            (shop.peopleRisks["u\(person)"], shop.peopleAges["u\(person)"]) = (.some(risk), .some(age))
            people.append(["u\(person)", text(risk), text(age)])
        }
        for _ in 0..<4 {
            actions.append(["i\(Int.random(in: 0..<16, using: &random))", Bool.random(using: &random) ? "pin" : "boost", "1"])
        }
        if Bool.random(using: &random) {
            shop.aliases.append(("i\(Int.random(in: 0..<8, using: &random))", "i\(Int.random(in: 8..<16, using: &random))"))
        }
        if knowsLimits {
            try ShopFixture.table(["item", "risk", "minimum_age", "margin"], items, to: shop.stage, as: "items")
            try ShopFixture.table(["user", "risk", "age"], people, to: shop.stage, as: "users")
        }
        try ShopFixture.table(["item", "action", "known"], actions, to: shop.stage, as: "actions")
        let shown: [[String?]] = (0..<12).map { _ in
            ["u\(Int.random(in: 0..<10, using: &random))", "i\(Int.random(in: 0..<16, using: &random))", "20"]
        }
        try ShopFixture.table(["user", "item", "time"], shown, to: shop.stage, as: "shown")
        if !shop.aliases.isEmpty {
            try ShopFixture.table(["alias", "item"], shop.aliases.map { [$0, $1] }, to: shop.stage, as: "aliases")
        }
        return shop
    }

    /// What is unsuitable, by a reading of the rules that shares nothing with the stage.
    private func unsuitable(_ shop: Shop) throws -> [String] {
        try ShopFixture.results(shop.stage, clock: 25).filter { $0.about == "user" }.compactMap { offer in
            let names = [offer.item] + shop.aliases.filter { $0.1 == offer.item }.map(\.0)
            let risks = names.compactMap { shop.risks[$0] ?? nil }, ages = names.compactMap { shop.ages[$0] ?? nil }
            let person = (risk: shop.peopleRisks[offer.subject] ?? nil, age: shop.peopleAges[offer.subject] ?? nil)
            guard let risk = risks.max(), let own = person.risk, risk <= own else { return "\(offer.subject) \(offer.item) risk" }
            guard let least = ages.max(), least > 0 else { return nil }
            guard let age = person.age, age >= least else { return "\(offer.subject) \(offer.item) age" }
            return nil
        }
    }

    @Test("no pin, boost, draw, rename or model makes an unsuitable offer")
    func property() throws {
        var random = SeededGenerator(seed: 42)
        var offers = 0
        for trial in 0..<40 {
            let shop = try shop(&random, knowsLimits: true)
            #expect(try unsuitable(shop) == [], "trial \(trial)")
            offers += try ShopFixture.results(shop.stage, clock: 25).filter { $0.about == "user" }.count
        }
        // Nobody would be wronged by empty lists.
        #expect(offers > 200)
    }

    @Test("the check finds unsuitable offers where the stage does not know the limits")
    func control() throws {
        var random = SeededGenerator(seed: 42)
        #expect(try unsuitable(shop(&random, knowsLimits: false)).isEmpty == false)
    }

    @Test("a limit that is a text is refused, as it would be no limit")
    func typed() throws {
        let stage = try ShopFixture.stage()
        let error = #expect(throws: Failure.self) {
            try ShopFixture.texts(["item", "risk"], [["a", "high"]], to: stage, as: "items")
        }
        #expect(error?.code == "stage.column-type")
    }
}

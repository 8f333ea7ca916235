import Foundation
import Models
import PipelineTesting
import Pipelines
import Records
import Testing

/// Probabilities of a purchase within the horizon, on days that nothing learnt from.
@Suite struct ProbabilityTests {
    private static let learnt = 140, horizon = 14

    /// Three hundred people who buy each of twenty items by a rate of their own, a third of whom stops coming.
    private static let lines: [ShopFixture.Line] = {
        var random = SeededGenerator(seed: 5)
        var lines: [ShopFixture.Line] = []
        let stops = (0..<300).map { _ in
            Int.random(in: 0..<3, using: &random) == 0 ? Int.random(in: 20...110, using: &random) : 1_000
        }
        let rates = (0..<300).map { person in
            (0..<20).map { item in Double.random(in: 0...1, using: &random) < 0.25 ? 0.06 : (item % 2 == person % 2 ? 0.006 : 0.001) }
        }
        for day in 0..<(learnt + horizon) {
            for person in 0..<300 where day < stops[person] {
                for item in 0..<20 where Double.random(in: 0...1, using: &random) < rates[person][item] {
                    lines.append(.init("u\(person)", Double(day) + Double(person) / 1_000, "i\(item)"))
                }
            }
        }
        return lines
    }()

    private func offers(_ family: String, calibrate: Bool = true) throws -> (offers: [ShopFixture.Result], labels: [Float]) {
        let stage = try ShopFixture.stage([
            "family": .text(family), "horizon": .number(Double(Self.horizon)), "calibrate": .bool(calibrate), "count": .integer(10),
            "settings": .text(family == "ranked" ? "trees = 40\nlambda = 20" : ""),
        ])
        _ = try stage.absorb(ShopFixture.input(Self.lines.filter { $0.day < Double(Self.learnt) }))
        let later = Set(Self.lines.filter { $0.day >= Double(Self.learnt) }.map { "\($0.user) \($0.item)" })
        let offers = try ShopFixture.results(stage, clock: Double(Self.learnt)).filter { $0.about == "user" }
        return (offers, offers.map { later.contains("\($0.subject) \($0.item)") ? 1 : 0 })
    }

    private func outcomes(_ family: String, calibrate: Bool = true) throws -> (probabilities: [Float], labels: [Float], values: [Double]) {
        let (offers, labels) = try offers(family, calibrate: calibrate)
        let known = offers.indices.filter { offers[$0].probability != nil }
        return (
            known.map { Float(offers[$0].probability ?? 0) }, known.map { labels[$0] }, known.map { offers[$0].value ?? .nan }
        )
    }

    /// The log-odds that the trees give.
    private func odds() throws -> (scores: [Double], labels: [Float]) {
        let (offers, labels) = try offers("ranked", calibrate: false)
        return (offers.map(\.score), labels)
    }

    @Test("are what happens in the days that follow, bin by bin", arguments: ["repeat", "ease", "ranked"])
    func reliable(family: String) throws {
        let (probabilities, labels, values) = try outcomes(family)
        #expect(probabilities.count == 3_000)
        let report = try #require(CalibrationReport(probabilities: probabilities, labels: labels, bins: 8))
        let expected = probabilities.reduce(0) { $0 + Double($1) }, happened = labels.reduce(0) { $0 + Double($1) }
        #expect(abs(expected / happened - 1) < 0.25, "\(family): \(expected) expected, \(happened) happened")
        // Chance alone makes .02 of it, and the trees turn on the last bits of what BLAS gives.
        #expect(report.calibrationError < 0.04, "\(family): \(report.calibrationError)")
        // Each line costs 2.50 and there is no margin: the value is that of the price.
        for (value, probability) in zip(values, probabilities) { #expect(abs(value - 2.5 * Double(probability)) < 1e-5) }
    }

    @Test("would be too high, were the trees' own odds taken: they learnt from people who came back")
    func control() throws {
        let (scores, labels) = try odds()
        let expected = scores.reduce(0) { $0 + 1 / (1 + exp(-$1)) }, happened = labels.reduce(0) { $0 + Double($1) }
        #expect(expected / happened > 1.15, "\(expected) expected, \(happened) happened")
    }

    @Test("are missing where they are not wanted and where too little is known to measure them")
    func missing() throws {
        #expect(try outcomes("repeat", calibrate: false).probabilities.isEmpty)
        let stage = try ShopFixture.stage(["family": .text("repeat")])
        _ = try stage.absorb(ShopFixture.input([.init("u", 1, "a"), .init("u", 40, "a")]))
        #expect(try ShopFixture.results(stage, clock: 41).allSatisfy { $0.probability == nil })
    }
}

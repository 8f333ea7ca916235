import Foundation
import Models
import PipelineTesting
import Testing

/// A world whose truth is known: five kinds of people, four items, clicks with known rates, a policy that drew with known probabilities.
@Suite struct OffPolicyTests {
    private static let rates: [[Double]] = [
        [0.1, 0.3, 0.05, 0.2], [0.4, 0.1, 0.1, 0.05], [0.02, 0.02, 0.3, 0.1], [0.2, 0.2, 0.2, 0.5], [0.05, 0.6, 0.1, 0.1],
    ]
    private static let logging: [[Double]] = [
        [0.4, 0.3, 0.2, 0.1], [0.1, 0.2, 0.3, 0.4], [0.25, 0.25, 0.25, 0.25], [0.7, 0.1, 0.1, 0.1], [0.55, 0.15, 0.15, 0.15],
    ]
    private static let target: [[Double]] = [
        [0.1, 0.7, 0.1, 0.1], [0.7, 0.1, 0.1, 0.1], [0, 0, 0.9, 0.1], [0.1, 0.2, 0.2, 0.5], [0.25, 0.25, 0.25, 0.25],
    ]
    private static let truth: Double = (0..<5).reduce(0) { sum, kind in
        sum + (0..<4).reduce(0) { $0 + target[kind][$1] * rates[kind][$1] } / 5
    }

    private enum Model { case none, good, bad }

    /// A log of 600 people, three draws each; what a person once clicked, they click more readily, so that draws of one depend on each other.
    private func estimate(
        _ random: inout SeededGenerator, model: Model = .none, stored: ([Double]) -> [Double] = { $0 }
    ) throws -> OffPolicyEstimate {
        var units: [OffPolicyUnit] = []
        for person in 0..<600 {
            let kind = person % 5, mood = Double.random(in: 0.6...1.4, using: &random)
            for _ in 0..<3 {
                let item = draw(Self.logging[kind], &random)
                let reward = Double.random(in: 0...1, using: &random) < Self.rates[kind][item] * mood ? 1.0 : 0
                func expected(_ item: Int) -> Double {
                    switch model {
                    case .none: 0
                    case .good: Self.rates[kind][item]
                    case .bad: 0.9 - Self.rates[kind][item]
                    }
                }
                units.append(
                    OffPolicyUnit(
                        cluster: person,
                        decisions: [
                            .init(
                                reward: reward, logged: stored(Self.logging[kind])[item], target: Self.target[kind][item],
                                expected: expected(item))
                        ],
                        offers: 1, expected: (0..<4).reduce(0) { $0 + Self.target[kind][$1] * expected($1) }))
            }
        }
        return try #require(OffPolicyEstimate(units))
    }

    private func draw(_ probabilities: [Double], _ random: inout SeededGenerator) -> Int {
        var left = Double.random(in: 0..<1, using: &random)
        for (item, probability) in probabilities.enumerated() {
            left -= probability
            if left < 0 { return item }
        }
        return probabilities.count - 1
    }

    private func covers(_ interval: OffPolicyEstimate.Interval) -> Int { (interval.lower...interval.upper).contains(Self.truth) ? 1 : 0 }

    @Test("nineteen of twenty intervals hold the truth, whatever the model, and a good model makes them narrower")
    func coverage() throws {
        var random = SeededGenerator(seed: 9)
        var hits = (ips: 0, snips: 0, good: 0, bad: 0), widths = (ips: 0.0, good: 0.0), sum = 0.0, doubted = 0
        let trials = 300
        for _ in 0..<trials {
            var same = random
            let good = try estimate(&random, model: .good)
            let bad = try estimate(&same, model: .bad)
            hits = (
                hits.ips + covers(good.ips), hits.snips + covers(good.snips), hits.good + covers(good.doublyRobust),
                hits.bad + covers(bad.doublyRobust)
            )
            widths = (
                widths.ips + good.ips.upper - good.ips.lower, widths.good + good.doublyRobust.upper - good.doublyRobust.lower
            )
            sum += good.ips.estimate
            doubted += good.isPlausible ? 0 : 1
            #expect(good.effective < Double(good.decisions) && good.unsupported == 0)
        }
        // Of 300, 285 on average; four deviations of 3.8.
        for (name, count) in [("ips", hits.ips), ("snips", hits.snips), ("good", hits.good), ("bad", hits.bad)] {
            #expect((270...300).contains(count), "\(name): \(count) of \(trials)")
        }
        #expect(abs(sum / Double(trials) - Self.truth) < 0.005)
        #expect(widths.good < 0.95 * widths.ips)
        #expect(doubted <= 4)
    }

    @Test("wrong probabilities are found out, and the intervals they give miss the truth")
    func wrongProbabilities() throws {
        var random = SeededGenerator(seed: 9)
        var found = 0, held = 0
        for _ in 0..<60 {
            let wrong = try estimate(&random, stored: { $0.map { _ in 0.25 } })
            found += wrong.isPlausible ? 0 : 1
            held += covers(wrong.ips)
        }
        #expect(found >= 58, "\(found) of 60 found out")
        #expect(held < 30, "\(held) of 60 hold the truth")
    }

    @Test(
        "right probabilities that do not add up to the last digit are not doubted; the same deviation, a thousand million times as large, is"
    )
    func rounding() throws {
        func deviation(_ wrong: Double) throws -> OffPolicyEstimate {
            try #require(
                OffPolicyEstimate(
                    [7, 9, 10, 13, 20, 500, 7, 9].enumerated().map { cluster, pool in
                        let offers = 1.0 + 1 + 1 + 1 + 0.9 + Double(pool) * (0.1 / Double(pool))
                        let firm = (0..<4).map { _ in OffPolicyUnit.Decision(reward: 0, logged: 1, target: 1) }
                        let drawn = OffPolicyUnit.Decision(reward: 1, logged: 0.1 / Double(pool) * (1 + wrong), target: 0.1 / Double(pool))
                        return OffPolicyUnit(cluster: cluster, decisions: firm + [drawn], offers: offers)
                    }))
        }
        #expect(try deviation(0).weightDeviation == 0)
        #expect(try deviation(1e-3).isPlausible == false)
    }

    @Test("what the log could not show is stated, and nothing is made of a log that says nothing")
    func limits() throws {
        let half = OffPolicyUnit(
            cluster: 1, decisions: [.init(reward: 1, logged: 1, target: 1)], offers: 2, unsupported: 1, expected: 0.5)
        var other = half
        other.cluster = 2
        let estimate = try #require(OffPolicyEstimate([half, other]))
        #expect(estimate.unsupported == 0.5)
        #expect(estimate.ips.estimate == 1 && estimate.snips.estimate == 1 && estimate.doublyRobust.estimate == 1.5)
        #expect(estimate.isPlausible)
        #expect(OffPolicyEstimate([half]) == nil)
        #expect(OffPolicyEstimate([]) == nil)
        let impossible = OffPolicyUnit(cluster: 3, decisions: [.init(reward: 1, logged: 0, target: 1)], offers: 1)
        #expect(OffPolicyEstimate([half, impossible]) == nil)
        let untouched = OffPolicyUnit(cluster: 3, decisions: [.init(reward: 1, logged: 0.5, target: 0)], offers: 1, unsupported: 1)
        var same = untouched
        same.cluster = 4
        #expect(OffPolicyEstimate([untouched, same]) == nil)
    }
}

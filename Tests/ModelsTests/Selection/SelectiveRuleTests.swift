import Foundation
import Models
import PipelineTesting
import Records
import Testing

/// A world of rows drawn independently: what an automatic decision really risks there can be looked up in a large draw of it.
private struct ScoreWorld: Sendable, CustomTestStringConvertible {
    var name: String
    var fraudShare: Double
    /// From two uniform numbers to the score of a fraud and of a genuine row.
    var fraud: @Sendable (Double) -> Double
    var genuine: @Sendable (Double) -> Double
    /// From a uniform number and the score to the amount.
    var amount: @Sendable (Double, Double) -> Double = { u, _ in 100 / max(u, 1e-6).squareRoot() }

    var testDescription: String { name }

    func draw(_ count: Int, _ random: inout SeededGenerator) throws -> SelectiveRows {
        var (scores, labels, amounts): ([Float], [Float], [Double]) = ([], [], [])
        for _ in 0..<count {
            let isFraud = Double.random(in: 0..<1, using: &random) < fraudShare
            let score = (isFraud ? fraud : genuine)(Double.random(in: 0..<1, using: &random))
            scores.append(Float(score))
            labels.append(isFraud ? 1 : 0)
            amounts.append(amount(Double.random(in: 0..<1, using: &random), score))
        }
        return try SelectiveRows(scores: scores, labels: labels, amounts: amounts)
    }

    static let all = [
        ScoreWorld(name: "clear", fraudShare: 0.1, fraud: { 1 - $0 * $0 }, genuine: { $0 * $0 }),
        ScoreWorld(name: "ties", fraudShare: 0.1, fraud: { ((1 - $0 * $0) * 8).rounded() / 8 }, genuine: { ($0 * $0 * 8).rounded() / 8 }),
        ScoreWorld(name: "worthless", fraudShare: 0.1, fraud: { $0 }, genuine: { $0 }),
        // A tenth of the frauds cannot be told from the rest, exactly at alpha.
        ScoreWorld(name: "two kinds", fraudShare: 0.1, fraud: { $0 < 0.1 ? $0 : 0.9 + $0 / 10 }, genuine: { $0 * 0.5 }),
        // Large frauds look harmless.
        ScoreWorld(
            name: "large and quiet", fraudShare: 0.1, fraud: { 1 - $0 }, genuine: { $0 * $0 },
            amount: { u, score in 1_000 * u * (1.2 - score) }),
    ]
}

extension SelectiveRows {
    fileprivate func frauds() throws -> SelectiveRows {
        let rows = scores.indices.filter { isFraud[$0] }
        return try SelectiveRows(scores: rows.map { scores[$0] }, labels: rows.map { _ in 1 }, amounts: rows.map { amounts[$0] })
    }
}

@Suite struct SelectiveRuleTests {
    /// P(at least this many failures) when each of the trials fails with 5 %: below 1 % the bound does not hold.
    private func isTooMany(_ failures: Int, of trials: Int) -> Bool {
        Binomial.atLeast(failures, trials: trials, probability: 0.05) < 0.01
    }

    /// Of the fraud, in count or money, what the rule clears.
    private func share(cleared rule: SelectiveRule, _ rows: SelectiveRows) -> Double {
        var (all, cleared) = (0.0, 0.0)
        for row in rows.scores.indices where rows.isFraud[row] {
            let weight = rule.settings.risk == .count ? 1 : rows.amounts[row]
            all += weight
            if rule.clears(score: rows.scores[row], amount: rows.amounts[row]) { cleared += weight }
        }
        return cleared / all
    }

    private static let isWhole = ProcessInfo.processInfo.environment["PIPELINE_TEST_ALL"] == "1"
    private static let risks: [SelectiveSettings.Risk] = [.count, .money(cap: 1_000)]

    @Test("the risk stays below alpha in 95 % of 200 draws, in every world, in count and in money", arguments: ScoreWorld.all)
    fileprivate func holds(world: ScoreWorld) throws {
        var random = SeededGenerator(seed: 21)
        let truth = try world.draw(200_000, &random).frauds()
        for risk in Self.risks {
            let settings = try SelectiveSettings(risk: risk, alpha: 0.1)
            var (failures, automated) = (0, 0.0)
            for _ in 0..<200 {
                let (rule, certificate) = try SelectiveRule.fit(world.draw(3_000, &random), settings)
                automated += certificate.automationRate
                guard rule.segments[0].threshold != nil else { continue }
                #expect(certificate.segments[0].pValue <= 0.05)
                if share(cleared: rule, truth) > 0.1 { failures += 1 }
            }
            #expect(!isTooMany(failures, of: 200), "\(world.name), \(risk): \(failures) of 200")
            if Self.isWhole { print(world.name, risk, "failures", failures, "of 200, automated", automated / 200) }
            if world.name == "clear" { #expect(automated / 200 > 0.15, "\(risk): \(automated / 200)") }
        }
    }

    @Test("the certified limit in count is nearly used up: failures are not far below 5 % either")
    func isTight() throws {
        var random = SeededGenerator(seed: 22)
        let world = ScoreWorld.all[0]
        let settings = try SelectiveSettings(risk: .count, alpha: 0.1)
        let failures = try (0..<400).count { _ in
            let rule = try SelectiveRule.fit(world.draw(2_000, &random), settings).rule
            // A fraud scores 1 - u², so the share at or below t is 1 - sqrt(1 - t).
            return 1 - sqrt(1 - Double(try #require(rule.segments[0].threshold))) > 0.1
        }
        #expect((4...40).contains(failures), "\(failures) of 400")
    }

    @Test("clearing everything, shuffled scores and shifted data fail the check; a fresh draw of the same world passes", arguments: risks)
    func controls(risk: SelectiveSettings.Risk) throws {
        var random = SeededGenerator(seed: 23)
        let world = ScoreWorld.all[0]
        let settings = try SelectiveSettings(risk: risk, alpha: 0.1)
        let rule = try SelectiveRule.fit(world.draw(10_000, &random), settings).rule
        let fresh = try world.draw(10_000, &random)
        #expect(rule.verify(on: fresh).passes)
        let everything = try SelectiveRule.verify(isCleared: fresh.scores.map { _ in true }, on: fresh, settings)
        #expect(everything.segments[0].outcome == .violated && everything.certificate.automationRate == 1)
        func rows(_ scores: [Float]) throws -> SelectiveRows {
            try SelectiveRows(scores: scores, labels: fresh.isFraud.map { $0 ? 1 : 0 }, amounts: fresh.amounts)
        }
        #expect(try rule.verify(on: rows(fresh.scores.shuffled(using: &random))).segments[0].outcome == .violated)
        // Frauds learnt to look harmless.
        let shifted = zip(fresh.scores, fresh.isFraud).map { $1 ? $0 * 0.5 : $0 }
        #expect(try rule.verify(on: rows(shifted)).segments[0].outcome == .violated)
        // Nothing cleared: nothing missed.
        #expect(try SelectiveRule.verify(isCleared: fresh.scores.map { _ in false }, on: fresh, settings).passes)
    }

    @Test("a right rule fails the check on fresh rows in at most 5 % of 200 draws")
    func checkHolds() throws {
        var random = SeededGenerator(seed: 24)
        let world = ScoreWorld.all[0]
        for risk in Self.risks {
            let settings = try SelectiveSettings(risk: risk, alpha: 0.1)
            // The largest threshold that keeps alpha in truth: in count 1 - (1 - 0.1)² of the frauds' law.
            let rule = SelectiveRule(settings: settings, segments: [.init(name: "all", threshold: 0.19)])
            let failures = try (0..<200).count { _ in try !rule.verify(on: world.draw(4_000, &random)).passes }
            #expect(!isTooMany(failures, of: 200), "\(risk): \(failures)")
        }
    }

    @Test("too few frauds: nothing is automatic, and the certificate says how many are needed")
    func tooFew() throws {
        // 0.9^28 = 0.0523 and 0.9^29 = 0.0471.
        let settings = try SelectiveSettings(risk: .count, alpha: 0.1)
        for (frauds, isAutomatic) in [(0, false), (28, false), (29, true)] {
            let rows = try SelectiveRows(
                scores: (0..<1_000).map { Float($0) / 1_000 }, labels: (0..<1_000).map { $0 >= 1_000 - frauds ? 1 : 0 })
            let (rule, certificate) = try SelectiveRule.fit(rows, settings)
            #expect((rule.segments[0].threshold != nil) == isAutomatic)
            #expect(certificate.segments[0].fraudsNeeded == 29 && certificate.segments[0].frauds == frauds)
            #expect(rule.clears(score: 0) == isAutomatic && !rule.clears(score: 0, segment: 1))
            #expect(isAutomatic ? certificate.segments[0].ceiling == 0.971 : certificate.segments[0].ceiling == 0)
        }
        // Nor in money: one fraud fewer than needed is too few, at a fifth of the cap each.
        let money = try SelectiveSettings(risk: .money(cap: 500), alpha: 0.1)
        func fit(_ frauds: Int) throws -> SelectiveCertificate.Segment {
            let rows = try SelectiveRows(
                scores: (0..<2_000).map { Float($0) }, labels: (0..<2_000).map { $0 >= 2_000 - frauds ? 1 : 0 },
                amounts: [Double](repeating: 100, count: 2_000))
            return try SelectiveRule.fit(rows, money).certificate.segments[0]
        }
        let needed = try fit(10).fraudsNeeded
        #expect(try (60...200).contains(needed) && fit(needed).threshold != nil && fit(needed - 1).threshold == nil)
        // Amounts of Pareto's law with exponent 2, from a tenth of the cap on: what decision 8 quotes.
        let amounts = (0..<300).map { (row: Int) -> Double in
            let uniform = (Double(row * 97 % 300) + 0.5) / 300
            return 50 / uniform.squareRoot()
        }
        let (ranks, frauds) = ((0..<300).map { Float($0) }, [Float](repeating: 1, count: 300))
        let pareto = try SelectiveRows(scores: ranks, labels: frauds, amounts: amounts)
        #expect(try (150...190).contains(SelectiveRule.fit(pareto, money).certificate.segments[0].fraudsNeeded))
        // One fraud, cleared: no proof of a failure, and no pass.
        let one = try SelectiveRows(scores: [0.1, 0.2], labels: [1, 0])
        let verdict = try SelectiveRule.verify(isCleared: [true, true], on: one, settings)
        #expect(verdict.segments[0].outcome == .tooFew && !verdict.passes)
    }

    @Test("segments have their own thresholds and share the error; a perfect score is the ceiling")
    func segments() throws {
        var random = SeededGenerator(seed: 25)
        let (good, bad) = (try ScoreWorld.all[0].draw(4_000, &random), try ScoreWorld.all[2].draw(4_000, &random))
        let rows = try SelectiveRows(
            scores: good.scores + bad.scores, labels: (good.isFraud + bad.isFraud).map { $0 ? 1 : 0 }, amounts: good.amounts + bad.amounts,
            segments: [Int](repeating: 0, count: 4_000) + [Int](repeating: 1, count: 4_000), segmentNames: ["cards", "wires", "checks"])
        let (rule, certificate) = try SelectiveRule.fit(rows, SelectiveSettings(risk: .money(cap: 1_000), alpha: 0.1, confidence: 0.95))
        #expect(abs(certificate.errorPerSegment - 0.05 / 3) < 1e-12)
        let (cards, wires) = (certificate.segments[0], certificate.segments[1])
        #expect(cards.automationRate > wires.automationRate && cards.automationRate < cards.ceiling && cards.ceiling < 1)
        #expect(rule.segments[2].threshold == nil && certificate.segments[2].rows == 0 && cards.upperLimit <= 0.1)
        // Segments are found by name, and a segment that the rule does not know goes to a person.
        let renamed = try SelectiveRows(
            scores: rows.scores, labels: rows.isFraud.map { $0 ? 1 : 0 }, amounts: rows.amounts, segments: rows.segments,
            segmentNames: ["wires", "transfers"])
        let other = rule.certificate(on: renamed)
        #expect(other.segments[0].threshold == rule.segments[1].threshold && other.segments[1].clearedRows == 0)
        // The money above the cap is stated, and never cleared.
        #expect(cards.fraudAmountAboveCap > 0 && !rule.clears(score: -1, amount: 1_001))
    }

    @Test("the rule and its certificate survive JSON, and unusable settings and rows are refused")
    func edges() throws {
        let rows = try SelectiveRows(scores: (0..<500).map { Float($0) }, labels: (0..<500).map { $0 > 400 ? 1 : 0 })
        let (rule, certificate) = try SelectiveRule.fit(rows, SelectiveSettings(risk: .count, alpha: 0.1))
        #expect(try JSONDecoder().decode(SelectiveRule.self, from: JSONEncoder().encode(rule)) == rule)
        #expect(try JSONDecoder().decode(SelectiveCertificate.self, from: JSONEncoder().encode(certificate)) == certificate)
        #expect(throws: Failure.self) { try SelectiveSettings(risk: .count, alpha: 0) }
        #expect(throws: Failure.self) { try SelectiveSettings(risk: .money(cap: 0), alpha: 0.1) }
        #expect(throws: Failure.self) { try SelectiveSettings(risk: .count, alpha: 0.1, confidence: 1) }
        #expect(throws: Failure.self) { try SelectiveRule.fit(rows, SelectiveSettings(risk: .money(cap: 1), alpha: 0.1)) }
        #expect(throws: Failure.self) { try SelectiveRows(scores: [.nan], labels: [0]) }
        #expect(throws: Failure.self) { try SelectiveRows(scores: [1], labels: [0.5]) }
        #expect(throws: Failure.self) { try SelectiveRows(scores: [1], labels: [0], amounts: [-1]) }
        #expect(throws: Failure.self) { try SelectiveRows(scores: [1, 2], labels: [0]) }
    }
}

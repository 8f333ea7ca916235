import Foundation
import Models
import PipelineTesting
import Testing

/// A way to draw audits: strata with their share of the cleared rows, their probability of being drawn, and how much of the fraud lies there.
private struct AuditPlan: Sendable, CustomTestStringConvertible {
    var name: String
    var rows: [Int]
    var probabilities: [Double]
    var fraudShares: [Double]

    var testDescription: String { name }

    static let all = [
        AuditPlan(name: "one probability", rows: [100_000], probabilities: [0.005], fraudShares: [1]),
        AuditPlan(name: "two, fraud even", rows: [80_000, 20_000], probabilities: [0.005, 0.02], fraudShares: [0.8, 0.2]),
        AuditPlan(name: "two, fraud where little is drawn", rows: [80_000, 20_000], probabilities: [0.005, 0.02], fraudShares: [1, 0]),
        AuditPlan(name: "three", rows: [70_000, 20_000, 10_000], probabilities: [0.01, 0.02, 0.05], fraudShares: [0.3, 0.3, 0.4]),
    ]

    /// One month: the true miss rate, and what was drawn.
    func month(rate: Double, _ random: inout SeededGenerator) -> (truth: Double, sample: AuditSample, audited: Int, found: Int) {
        let all = rows.reduce(0, +)
        var (missed, audited, weights, weight) = (0, 0, [Double](), 0.0)
        for stratum in rows.indices {
            let frauds = binomial(rows[stratum], rate * fraudShares[stratum] * Double(all) / Double(rows[stratum]), &random)
            let found = binomial(frauds, probabilities[stratum], &random)
            let drawn = found + binomial(rows[stratum] - frauds, probabilities[stratum], &random)
            missed += frauds
            audited += drawn
            weight += Double(drawn) / probabilities[stratum]
            weights += repeatElement(1 / probabilities[stratum], count: found)
        }
        let sample = AuditSample(
            clearedRows: all, auditedRows: audited, auditedWeight: weight, largestWeight: 1 / (probabilities.min() ?? 1),
            foundWeights: weights)
        return (Double(missed) / Double(all), sample, audited, weights.count)
    }

    /// Geometric jumps: as many steps as hits.
    private func binomial(_ trials: Int, _ probability: Double, _ random: inout SeededGenerator) -> Int {
        guard probability > 0 else { return 0 }
        let scale = log1p(-probability)
        var (place, hits) = (0.0, 0)
        while true {
            place += (log(1 - Double.random(in: 0..<1, using: &random)) / scale).rounded(.down) + 1
            if place > Double(trials) { return hits }
            hits += 1
        }
    }
}

@Suite struct AuditSampleTests {
    @Test("the interval covers in 95 % of 2,000 months and is at most twice as wide as the exact binomial one", arguments: AuditPlan.all)
    fileprivate func covers(plan: AuditPlan) throws {
        var random = SeededGenerator(seed: 31)
        for rate in [0, 1e-4, 1e-3, 1e-2] {
            var (misses, waldMisses, width, exactWidth) = (0, 0, 0.0, 0.0)
            for _ in 0..<2_000 {
                let month = plan.month(rate: rate, &random)
                let estimate = try #require(month.sample.missRate())
                if !(estimate.lower...estimate.upper).contains(month.truth) { misses += 1 }
                width += estimate.upper - estimate.lower
                let exact = Binomial.exactInterval(month.found, trials: month.audited)
                exactWidth += exact.upperBound - exact.lowerBound
                // Negative control: the normal interval of the same estimate.
                let deviation = 1.96 * (estimate.estimate * month.sample.largestWeight / 1e5).squareRoot()
                if abs(estimate.estimate - month.truth) > deviation { waldMisses += 1 }
            }
            #expect(Binomial.atLeast(misses, trials: 2_000, probability: 0.05) > 0.01, "\(rate): \(misses) of 2000 months missed")
            #expect(width <= 2 * exactWidth, "\(rate): \(width / exactWidth) times as wide")
            if rate == 1e-4 { #expect(waldMisses > 1_000, "Wald misses only \(waldMisses)") }
            if ProcessInfo.processInfo.environment["PIPELINE_TEST_ALL"] == "1" {
                print(plan.name, rate, "missed", misses, "width", width / exactWidth, "Wald missed", waldMisses)
            }
        }
    }

    @Test("row by row: estimates are unbiased, also in money, and drawn rows without a label are counted")
    func rowByRow() throws {
        var random = SeededGenerator(seed: 32)
        let rows = 4_000
        let probabilities = (0..<rows).map { $0 % 4 == 0 ? 0.2 : 0.05 }
        let amounts = (0..<rows).map { Double($0 % 100) + 1 }
        let isFraud = (0..<rows).map { $0 % 37 == 0 }
        let missedAmount = zip(amounts, isFraud).reduce(0) { $0 + ($1.1 ? $1.0 : 0) }
        var (frauds, money, hajek, covered) = (0.0, 0.0, 0.0, 0)
        for _ in 0..<400 {
            let drawn = probabilities.map { Double.random(in: 0..<1, using: &random) < $0 }
            let sample = AuditSample(
                probabilities: probabilities, amounts: amounts, isDrawn: drawn, labels: (0..<rows).map { drawn[$0] ? isFraud[$0] : nil })
            frauds += sample.missedFrauds().estimate
            hajek += try #require(sample.missRateByWeight)
            let amount = sample.missedAmount()
            money += amount.estimate
            if (amount.lower...amount.upper).contains(missedAmount) { covered += 1 }
        }
        #expect(abs(frauds / 400 / Double(isFraud.count { $0 }) - 1) < 0.05 && abs(money / 400 / missedAmount - 1) < 0.05)
        #expect(abs(hajek / 400 * Double(rows) / Double(isFraud.count { $0 }) - 1) < 0.05)
        #expect(Binomial.atMost(covered, trials: 400, probability: 0.95) > 0.01, "\(covered) of 400")
        let pending = AuditSample(probabilities: [0.5, 0.5], isDrawn: [true, true], labels: [nil, false])
        #expect(pending.pendingRows == 1 && pending.auditedRows == 1 && pending.widthFactor == 2)
    }

    @Test("nothing found is not nothing missed; equal weights give the exact Poisson limit; the realised risk counts what was caught")
    func known() throws {
        let none = AuditSample(clearedRows: 100_000, auditedRows: 500, auditedWeight: 100_000, largestWeight: 200, foundWeights: [])
        // SciPy 1.17.1: gamma.ppf(0.975, 1) = 3.6888794541139354.
        #expect(none.missedFrauds().estimate == 0 && none.missedFrauds().lower == 0)
        #expect(abs(none.missedFrauds().upper - 200 * 3.6888794541139354) < 1e-6)
        let three = AuditSample(
            clearedRows: 100_000, auditedRows: 500, auditedWeight: 100_000, largestWeight: 200, foundWeights: [200, 200, 200])
        // Garwood's limits for 3: 0.6186721 and 8.7672731.
        #expect(abs(three.missedFrauds().lower / 200 - 0.6186721) < 1e-6 && abs(three.missedFrauds().upper / 200 - 8.7672731) < 1e-6)
        let risk = try #require(three.realisedRisk(caught: 5_400))
        #expect(abs(risk.estimate - 0.1) < 1e-12 && risk.lower < 0.1 && risk.upper > 0.1)
        #expect(none.realisedRisk(caught: 0) == nil)
        #expect(AuditSample(probabilities: [], isDrawn: [], labels: []).missRate() == nil)
    }
}

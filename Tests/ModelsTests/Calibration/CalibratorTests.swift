import Foundation
import Models
import PipelineTesting
import Records
import Testing

/// Expected values by scikit-learn 1.9.1 and SciPy 1.17.1, of scores and labels rounded to 32 bits:
/// `IsotonicRegression(out_of_bounds="clip").fit(s, y, w).predict(q)`, `_SigmoidCalibration().fit(log(s / (1 - s)), y)`,
/// `scipy.optimize.minimize` of the log loss of (ln s, -ln(1 - s), 1), method BFGS, gtol 1e-12.
@Suite struct CalibratorTests {
    private let scores: [Float] = [0.1, 0.2, 0.2, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.9, 0.9, 0.95]
    private let labels: [Float] = [0, 0, 1, 0, 0, 1, 0, 1, 1, 1, 0, 1]
    private let weights: [Float] = [1, 2, 1, 1, 3, 1, 1, 1, 2, 1, 1, 1]

    @Test("isotonic equals scikit-learn's, with ties, weights and scores between and beyond")
    func isotonic() throws {
        let map = try Calibrator.fit(.isotonic, scores: scores, labels: labels, weights: weights)
        let expected = [0.0, 0.07142857675041463, 0.14285714285714285, 0.14285714285714285, 0.14285714285714285, 0.5, 0.65, 0.8, 0.8, 1.0]
        for (score, value) in zip([0, 0.15, 0.2, 0.25, 0.33, 0.45, 0.55, 0.8, 0.9, 1] as [Float], expected) {
            #expect(abs(Double(map.probability(score)) - value) < 1e-7)
        }
        let steps = try Calibrator.fit(.isotonicSteps, scores: scores, labels: labels, weights: weights)
        #expect(steps.probability(0.15) == 0 && steps.probability(0.45) == 0.5 && steps.probability(0.0) == 0)
    }

    @Test("Platt's line equals scikit-learn's")
    func platt() throws {
        let plain = try Calibrator.fit(.platt, scores: scores, labels: labels)
        let weighted = try Calibrator.fit(.platt, scores: scores, labels: labels, weights: weights)
        for (found, expected) in zip(
            plain.parameters + weighted.parameters, [0.4130920297980283, -0.05187451482296173, 0.6013581328973587, -0.25335341726986527])
        {
            #expect(abs(found - expected) < 2e-4)
        }
    }

    @Test("beta's curve equals SciPy's least log loss, and a negative slope is left out")
    func beta() throws {
        let others: [Float] = [0, 0, 0, 0, 0, 1, 0, 1, 1, 1, 1, 1]
        let free = try Calibrator.fit(.beta, scores: scores, labels: others)
        for (found, expected) in zip(free.parameters, [3.5591245714500386, 3.2860889340935984, 0.6658906938172457]) {
            #expect(abs(found - expected) < 1e-5)
        }
        // Unconstrained, the second slope is -0.0127: it is set to 0 and the rest fitted again.
        let map = try Calibrator.fit(.beta, scores: scores, labels: labels)
        #expect(map.parameters[1] == 0 && map.parameters[0] > 0)
        func loss(_ a: Double, _ c: Double) -> Double {
            zip(scores, labels).reduce(0) { sum, row in
                let p = 1 / (1 + exp(-(a * log(Double(row.0)) + c)))
                return sum - log(row.1 == 1 ? p : 1 - p)
            }
        }
        let (a, c) = (map.parameters[0], map.parameters[2])
        for (da, dc) in [(1e-3, 0.0), (-1e-3, 0), (0, 1e-3), (0, -1e-3)] { #expect(loss(a, c) < loss(a + da, c + dc)) }
    }

    @Test("a weight is as many rows", arguments: Calibrator.Kind.allCases)
    func weightsAreRows(kind: Calibrator.Kind) throws {
        let repeated = scores.indices.flatMap { row in repeatElement(row, count: Int(weights[row])) }
        let weighted = try Calibrator.fit(kind, scores: scores, labels: labels, weights: weights)
        let plain = try Calibrator.fit(kind, scores: repeated.map { scores[$0] }, labels: repeated.map { labels[$0] })
        for score in stride(from: Float(0), through: 1, by: 0.01) {
            // Platt's targets count weight as rows too.
            #expect(abs(weighted.probability(score) - plain.probability(score)) < 1e-6)
        }
    }

    @Test("a higher score never gets a lower probability, on neighbouring floats, whatever the labels", arguments: Calibrator.Kind.allCases)
    func monotone(kind: Calibrator.Kind) throws {
        var random = SeededGenerator(seed: 3)
        for trial in 0..<12 {
            let scores = (0..<300).map { _ in Float.random(in: 0...1, using: &random) }
            // Right way round, by chance, and the wrong way round.
            let labels = scores.map { score -> Float in
                let p = [score * score, 0.3, 1 - score][trial % 3]
                return Float.random(in: 0..<1, using: &random) < p ? 1 : 0
            }
            let map = try Calibrator.fit(kind, scores: scores, labels: labels)
            for _ in 0..<40 {
                var score = Float.random(in: 0...1, using: &random)
                var grid: [Float] = []
                for _ in 0..<200 where score <= 1 {
                    grid.append(score)
                    score = score.nextUp
                }
                map.apply(to: &grid)
                #expect(zip(grid, grid.dropFirst()).allSatisfy { $0 <= $1 } && grid.allSatisfy { (0...1).contains($0) })
            }
            var coarse = (0...4_000).map { Float($0) / 4_000 }
            map.apply(to: &coarse)
            #expect(zip(coarse, coarse.dropFirst()).allSatisfy { $0 <= $1 })
        }
    }

    @Test("bytes and JSON give the same map back, and damaged ones are refused", arguments: Calibrator.Kind.allCases)
    func stored(kind: Calibrator.Kind) throws {
        let map = try Calibrator.fit(kind, scores: scores, labels: labels)
        #expect(try Calibrator(serialized: map.serialized()) == map)
        #expect(try JSONDecoder().decode(Calibrator.self, from: JSONEncoder().encode(map)) == map)
        let again = try Calibrator.fit(kind, scores: scores, labels: labels)
        #expect(again.serialized() == map.serialized())
        #expect(throws: Failure.self) { try Calibrator(serialized: Array(map.serialized().dropLast())) }
        #expect(throws: Failure.self) { try Calibrator(serialized: [1, 2, 3]) }
    }

    @Test("a map that falls or leaves 0...1 is refused")
    func refused() {
        for (kind, numbers) in [
            (.platt, [-1, 0]), (.beta, [1, -1, 0]), (.isotonic, [0.1, 0.5, 0.2, 0.4]), (.isotonic, [0.1, 0.5, 0.1, 0.6]),
            (.isotonic, [0.1, 1.5]), (.identity, [1]), (.platt, [.nan, 0]), (.isotonicSteps, []),
        ] as [(Calibrator.Kind, [Double])] {
            #expect(throws: Failure.self) { try Calibrator(kind: kind, parameters: numbers) }
        }
        #expect(throws: Failure.self) { try Calibrator.fit(.platt, scores: [0.1, 0.2], labels: [0, 0]) }
        #expect(throws: Failure.self) { try Calibrator.fit(.platt, scores: [0.1, 1.2], labels: [0, 1]) }
    }

    @Test("the choice finds the map that made the labels, and keeps scores that are right already")
    func choice() throws {
        var random = SeededGenerator(seed: 8)
        let scores = (0..<20_000).map { _ in Float.random(in: 0...1, using: &random) }
        func drawn(_ map: (Double) -> Double) -> [Float] {
            scores.map { Double.random(in: 0..<1, using: &random) < map(Double($0)) ? 1 : 0 }
        }
        func best(_ labels: [Float]) throws -> CalibrationChoice { try .best(scores: scores, labels: labels) }
        let right = try best(drawn { $0 })
        #expect(right.candidates[0].logLoss - (right.candidates.map(\.logLoss).min() ?? 0) < 2e-4)
        // Steep in log-odds: Platt's family; the identity is clearly worse.
        let bent = try best(drawn { 1 / (1 + exp(-(2.5 * log($0 / (1 - $0)) - 1))) })
        #expect([.platt, .beta].contains(bent.calibrator.kind))
        #expect(bent.candidates[0].logLoss > bent.candidates[1].logLoss + 0.01)
        // A staircase: isotonic.
        let stairs = try best(drawn { $0 < 0.3 ? 0.02 : $0 < 0.8 ? 0.4 : 0.45 })
        #expect([.isotonic, .isotonicSteps].contains(stairs.calibrator.kind))
        #expect(right.folds == 5 && right.rows == 20_000)
    }

    @Test("with fewer than two frauds the scores stay as they are")
    func rare() throws {
        let choice = try CalibrationChoice.best(scores: [0.1, 0.2, 0.3], labels: [0, 1, 0])
        #expect(choice.calibrator == .identity && choice.folds == 0)
    }

    @Test("the report's bins count every row once, and its error is near chance only where probabilities are right")
    func report() throws {
        var random = SeededGenerator(seed: 12)
        let scores = (0..<20_000).map { _ in Float.random(in: 0...1, using: &random) }
        let labels = scores.map { Float.random(in: 0..<1, using: &random) < $0 ? 1 : 0 as Float }
        let right = try #require(CalibrationReport(probabilities: scores, labels: labels))
        #expect(right.bins.count == 10 && right.bins.reduce(0) { $0 + $1.rows } == 20_000)
        #expect(right.calibrationError < 2 * right.errorByChance)
        // Negative control: squared scores are too low.
        let wrong = try #require(CalibrationReport(probabilities: scores.map { $0 * $0 }, labels: labels))
        #expect(wrong.calibrationError > 10 * wrong.errorByChance && abs(wrong.calibrationError - 1.0 / 6) < 0.01)
        #expect(right.brierScore < wrong.brierScore && right.logLoss < wrong.logLoss)
        #expect(CalibrationReport(probabilities: [], labels: []) == nil)
        // SciPy 1.17.1: the mean of |k - np| over binom.pmf(k, 50, .1) is 1.6643214080569375.
        let even = try #require(
            CalibrationReport(probabilities: [Float](repeating: 0.1, count: 50), labels: [1] + [Float](repeating: 0, count: 49)))
        #expect(abs(even.errorByChance - 1.6643214080569375 / 50) < 1e-8 && abs(even.calibrationError - 0.08) < 1e-8)
        // Ties stay together: one bin.
        let one = try #require(CalibrationReport(probabilities: [0.5, 0.5, 0.5], labels: [0, 1, 0]))
        #expect(one.bins.count == 1 && one.bins[0].positives == 1)
    }
}

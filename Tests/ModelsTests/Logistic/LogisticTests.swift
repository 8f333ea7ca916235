import Models
import PipelineTesting
import Records
import Testing

@Suite("Logistic regression") struct LogisticTests {
    @Test("keeps the contract of a classifier")
    func contract() { #expect(ClassifierContract(LogisticFamily.self).findings() == []) }

    private static func set(_ rows: [[Float]], _ labels: [Float], _ names: [String]) -> TrainingSet {
        TrainingSet(
            matrix: FeatureMatrix(featureCount: names.count, values: rows.flatMap { $0 }), featureNames: names, labels: labels)
    }

    @Test("slopes are those of the maximum likelihood where nothing is penalised, and a slope against its sign is none")
    func slopes() throws {
        // Of 100 rows at 0 a tenth is positive, of 100 at 1 a half: log-odds of 1/9 and of 1.
        let rows = (0..<200).map { [Float($0 / 100)] }
        let labels = (0..<200).map { Float($0 < 100 ? ($0 < 10 ? 1 : 0) : ($0 < 150 ? 1 : 0)) }
        var set = Self.set(rows, labels, ["x"])
        let model = try LogisticFamily.train(on: set, parameters: ["penalty": .number(0.000001)], seed: 1, threads: 1)
        let scores = try model.probabilities(of: FeatureMatrix(featureCount: 1, values: [0, 1]))
        #expect(abs(scores[0] - 0.1) < 1e-4 && abs(scores[1] - 0.5) < 1e-4)
        set.signs = [.falling]
        let kept = try LogisticFamily.train(on: set, parameters: [:], seed: 1, threads: 1)
        let flat = try kept.probabilities(of: FeatureMatrix(featureCount: 1, values: [0, 1]))
        #expect(abs(flat[0] - 0.3) < 1e-3 && flat[0] == flat[1])
    }

    @Test("a certain feature makes a row positive whatever the others say, and its rows teach nothing")
    func certain() throws {
        let rows: [[Float]] = (0..<200).map { [Float($0 % 10), $0 % 5 == 0 ? 1 : 0] }
        let labels = (0..<200).map { Float($0 % 5 == 0 ? 0 : $0 % 10 > 5 ? 1 : 0) }
        let model = try LogisticFamily.train(on: Self.set(rows, labels, ["x", "barred"]), parameters: [:], seed: 1, threads: 1)
        let scores = try model.probabilities(of: FeatureMatrix(featureCount: 2, values: [0, 0, 0, 1, 9, 0]))
        #expect(scores[0] < 0.1 && scores[1] == 1 && scores[2] > 0.9)
        let loaded = try LogisticFamily.load(model.serialized(), featureNames: ["x", "barred"], threads: 1)
        #expect(try loaded.probabilities(of: FeatureMatrix(featureCount: 2, values: [0, 1])) == [1])
        let other = try LogisticFamily.train(
            on: Self.set(rows, labels, ["x", "barred"]), parameters: ["certain": .text("none")], seed: 1, threads: 1)
        #expect(try other.probabilities(of: FeatureMatrix(featureCount: 2, values: [0, 1]))[0] < 0.5)
    }
}

@Suite("A promise about what is cleared") struct SharePromiseTests {
    /// A score that says how likely a row is positive, and is right about it.
    private static func rows(_ count: Int, _ random: inout SeededGenerator) throws -> SelectiveRows {
        let scores = (0..<count).map { _ in Float.random(in: 0..<0.3, using: &random) }
        return try SelectiveRows(scores: scores, labels: scores.map { Float.random(in: 0..<1, using: &random) < $0 * $0 ? 1 : 0 })
    }

    @Test("holds in 95 of 100 draws and clears something; the share seen on the same rows does not hold")
    func holds() throws {
        let settings = try SelectiveSettings(risk: .share, alpha: 0.02, confidence: 0.95)
        var random = SeededGenerator(seed: 11)
        let all = try Self.rows(100_000, &random)
        func risk(_ threshold: Float?) -> (risk: Double, share: Double) {
            guard let threshold else { return (0, 0) }
            let cleared = all.scores.indices.filter { all.scores[$0] <= threshold }
            let wrong = cleared.count { all.isFraud[$0] }
            return (cleared.isEmpty ? 0 : Double(wrong) / Double(cleared.count), Double(cleared.count) / Double(all.scores.count))
        }
        var (kept, share, naive) = (0, 0.0, 0)
        for _ in 0..<200 {
            let held = try Self.rows(2_000, &random)
            let (rule, certificate) = try SelectiveRule.fit(held, settings)
            let found = risk(rule.segments[0].threshold)
            kept += found.risk <= 0.02 ? 1 : 0
            share += found.share / 200
            #expect(certificate.segments[0].clearedShare.map { $0 <= 0.02 } ?? true)
            let order = held.scores.indices.sorted { held.scores[$0] < held.scores[$1] }
            var (wrong, last): (Int, Float?) = (0, nil)
            for (place, row) in order.enumerated() {
                wrong += held.isFraud[row] ? 1 : 0
                if Double(wrong) <= 0.02 * Double(place + 1) { last = held.scores[row] }
            }
            naive += risk(last).risk <= 0.02 ? 1 : 0
        }
        #expect(kept >= 190 && share > 0.3, "kept \(kept), share \(share)")
        #expect(naive < 190, "\(naive)")
    }

    @Test("clearing everything is found out, and clearing nothing promises nothing")
    func controls() throws {
        var random = SeededGenerator(seed: 12)
        let rows = try Self.rows(2_000, &random)
        let settings = try SelectiveSettings(risk: .share, alpha: 0.01)
        let all = try SelectiveRule.verify(isCleared: rows.scores.map { _ in true }, on: rows, settings)
        #expect(!all.passes && all.segments[0].outcome == .violated)
        let none = try SelectiveRule.verify(isCleared: rows.scores.map { _ in false }, on: rows, settings)
        #expect(none.passes && none.certificate.automationRate == 0)
    }
}

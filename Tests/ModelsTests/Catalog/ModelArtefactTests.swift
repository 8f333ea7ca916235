import Models
import PipelineTesting
import Records
import Testing

@Suite struct ModelArtefactTests {
    private static func model() throws -> any Classifier {
        try BoostingFamily.train(on: ClassifierContract.sample(rows: 600), parameters: ["trees": .integer(20)], seed: 3, threads: 1)
    }

    private static func artefact() throws -> ModelArtefact {
        let model = try model()
        let set = ClassifierContract.sample(rows: 600)
        let scores = try model.probabilities(of: set.matrix)
        let rows = try SelectiveRows(scores: scores, labels: set.labels)
        let (rule, certificate) = try SelectiveRule.fit(rows, SelectiveSettings(risk: .count, alpha: 0.3))
        return ModelArtefact(
            model: try model.serialized(), calibrator: try Calibrator.fit(.beta, scores: scores, labels: set.labels),
            automatic: AutomaticRule(rule: rule, policy: "p", certificate: certificate, from: "2026-01-01", to: "2026-01-02"))
    }

    @Test("an artefact comes back whole: model, calibration and rule")
    func roundTrip() throws {
        let artefact = try Self.artefact()
        #expect(artefact.automatic?.rule.segments.first?.threshold != nil)
        let back = try ModelArtefact(serialized: artefact.serialized(), family: "boosting")
        #expect(back == artefact)
        for part in [ModelArtefact(model: artefact.model, calibrator: artefact.calibrator), ModelArtefact(model: artefact.model)] {
            #expect(try ModelArtefact(serialized: part.serialized(), family: "boosting") == part)
        }
        #expect(try ModelArtefact(model: artefact.model).serialized() == artefact.model)
    }

    @Test("the digest covers calibration and rule")
    func digest() throws {
        let artefact = try Self.artefact()
        var other = artefact
        other.calibrator = .identity
        var third = artefact
        third.automatic?.rule.segments[0].threshold = 0.123
        #expect(Set(try [artefact, other, third].map { ModelVersion.digest(of: try $0.serialized()) }).count == 3)
    }

    @Test("a changed or missing byte is refused")
    func damaged() throws {
        let bytes = try Self.artefact().serialized()
        for place in stride(from: 4, to: bytes.count, by: 97) {
            var changed = bytes
            changed[place] ^= 1
            #expect(throws: Failure.self, "byte \(place)") { try ModelArtefact(serialized: changed, family: "boosting") }
        }
        for length in [5, 12, bytes.count / 2, bytes.count - 1] {
            #expect(throws: Failure.self, "\(length) bytes") {
                try ModelArtefact(serialized: Array(bytes.prefix(length)), family: "boosting")
            }
        }
    }

    @Test("a calibrated model explains the margin of the model underneath, within 1e-5, and ranks as it does")
    func contributions() throws {
        let set = ClassifierContract.sample(rows: 600)
        let artefact = try Self.artefact()
        let plain = try BoostingFamily.load(artefact.model, featureNames: set.featureNames, threads: 1)
        let model = try artefact.classifier(of: BoostingFamily.self, featureNames: set.featureNames, threads: 1)
        let trees = try #require(plain as? BoostingClassifier).trees
        let margins = trees.margins(set.matrix.values), width = set.featureNames.count + 1
        let contributions = try model.contributions(of: set.matrix)
        for row in margins.indices {
            let sum = contributions[row * width..<(row + 1) * width].reduce(0.0) { $0 + Double($1) }
            #expect(abs(sum - Double(margins[row])) <= 1e-5 * max(1, abs(Double(margins[row]))))
        }
        let (before, after) = (try plain.probabilities(of: set.matrix), try model.probabilities(of: set.matrix))
        #expect(before != after)
        for (left, right) in zip(before.indices, before.indices.dropFirst()) where before[left] <= before[right] {
            #expect(after[left] <= after[right])
        }
    }
}

@Suite struct FittedBoostingTests {
    /// Labels that follow the first feature, with noise that a long training learns by heart.
    private static func set(rows: Int, seed: UInt64) -> TrainingSet {
        var random = SeededGenerator(seed: seed)
        var (values, labels): ([Float], [Float]) = ([], [])
        for _ in 0..<rows {
            let row = (0..<4).map { _ in Float.random(in: 0...1, using: &random) }
            values += row
            labels.append(Float.random(in: 0...1, using: &random) < row[0] * 0.6 ? 1 : 0)
        }
        return TrainingSet(matrix: FeatureMatrix(featureCount: 4, values: values), featureNames: ["a", "b", "c", "d"], labels: labels)
    }

    private static let parameters: [String: ParameterValue] = ["trees": .integer(150), "rate": .number(0.3), "depth": .integer(4)]

    @Test("training stops early and keeps the best step, which is the model trained for just so many steps")
    func earlyStopping() throws {
        var set = Self.set(rows: 800, seed: 1)
        let later = Self.set(rows: 800, seed: 2)
        set.validation = .init(matrix: later.matrix, labels: later.labels, patience: 10)
        let stopped = try BoostingFamily.train(on: set, parameters: Self.parameters, seed: 1, threads: 1)
        let count = try #require(stopped.chosen["trees"].flatMap(Int.init))
        #expect(count > 0 && count < 140)
        set.validation = nil
        func loss(_ trees: Int) throws -> Double {
            let model = try BoostingFamily.train(
                on: set, parameters: Self.parameters.merging(["trees": .integer(trees)]) { $1 }, seed: 1, threads: 1)
            return try #require(Metrics.logLoss(probabilities: model.probabilities(of: later.matrix), labels: later.labels))
        }
        let best = try #require(Metrics.logLoss(probabilities: stopped.probabilities(of: later.matrix), labels: later.labels))
        #expect(try abs(best - loss(count)) < 1e-12)
        #expect(try loss(count + 1) >= best && (count == 1 || loss(count - 1) > best))
        // The control: all steps are worse on the later rows.
        #expect(try loss(150) > best + 0.01)
        #expect(try stopped.featureNames == ["a", "b", "c", "d"] && !stopped.serialized().isEmpty)
    }

    @Test("a rising sign is kept, and without it the noise breaks it")
    func signs() throws {
        var set = Self.set(rows: 800, seed: 3)
        func falls(_ model: any Classifier) throws -> Int {
            var random = SeededGenerator(seed: 4)
            var falls = 0
            for _ in 0..<50 {
                let rest = (0..<3).map { _ in Float.random(in: 0...1, using: &random) }
                let rows = (0...20).flatMap { [Float($0) / 20] + rest }
                let scores = try model.probabilities(of: FeatureMatrix(featureCount: 4, values: rows))
                falls += zip(scores, scores.dropFirst()).count { $1 < $0 }
            }
            return falls
        }
        let free = try BoostingFamily.train(on: set, parameters: Self.parameters, seed: 1, threads: 1)
        set.signs = [.rising, .any, .any, .any]
        let bound = try BoostingFamily.train(on: set, parameters: Self.parameters, seed: 1, threads: 1)
        #expect(try falls(free) > 10)
        #expect(try falls(bound) == 0)
        set.signs = [.rising]
        #expect(throws: Failure.self) { try BoostingFamily.train(on: set, parameters: Self.parameters, seed: 1, threads: 1) }
    }
}

import Models
import PipelineTesting
import Records
import Testing

@Suite struct DefectModelTests {
    private static let quick: [String: ParameterValue] = [
        "models": .integer(2), "trees": .integer(25), "subsample": .number(0.8), "forest": .integer(20),
    ]

    /// Three kinds by two features, one of them rare, some not known.
    private static func set(rows: Int, seed: UInt64) -> TrainingSet {
        var random = SeededGenerator(seed: seed)
        var (values, labels, kinds): ([Float], [Float], [Int]) = ([], [], [])
        for _ in 0..<rows {
            let (x, y) = (Float.random(in: -1...1, using: &random), Float.random(in: -1...1, using: &random))
            values += [x, y, Float.random(in: -1...1, using: &random)]
            let kind = x > 0.5 ? (y > 0.6 ? 2 : 1) : 0
            labels.append(kind == 0 ? 0 : 1)
            kinds.append(Int.random(in: 0..<20, using: &random) == 0 ? -1 : kind)
        }
        var set = TrainingSet(
            matrix: FeatureMatrix(featureCount: 3, values: values), featureNames: ["x", "y", "noise"], labels: labels)
        set.classes = ClassTargets(names: ["good", "scratch", "stain"], labels: kinds)
        return set
    }

    @Test("a model with kinds names them, keeps its bytes for a seed, and is the same after a round through them")
    func kinds() throws {
        let set = Self.set(rows: 500, seed: 1), fresh = Self.set(rows: 200, seed: 2)
        let model = try #require(try DefectFamily.train(on: set, parameters: Self.quick, seed: 4, threads: 1) as? DefectModel)
        #expect(model.kinds == ["good", "scratch", "stain"])
        let all = try model.kindProbabilities(of: fresh.matrix)
        let kinds = try #require(fresh.classes?.labels)
        let known = kinds.indices.filter { kinds[$0] >= 0 }
        let figures = ClassFigures(
            probabilities: known.flatMap { Array(all[($0 * 3)..<($0 * 3 + 3)]) }, labels: known.map { kinds[$0] }, classes: 3)
        #expect(try #require(figures.accuracy()) > 0.93)
        #expect(try #require(figures.averagePrecision()) > 0.9)
        #expect(try model.remarks(of: fresh.matrix).allSatisfy { $0.hasPrefix("kind: ") && $0.hasSuffix(" %") })
        let bytes = try model.serialized()
        let again = try #require(try DefectFamily.load(bytes, featureNames: ["x", "y", "noise"], threads: 1) as? DefectModel)
        #expect(try again.kindProbabilities(of: fresh.matrix) == all)
        #expect(try again.serialized() == bytes)
        #expect(try DefectFamily.train(on: set, parameters: Self.quick, seed: 4, threads: 2).serialized() == bytes)
        #expect(throws: Failure.self) { try DefectFamily.load(bytes, featureNames: ["y", "x", "noise"], threads: 1) }
        for place in stride(from: 0, to: bytes.count, by: bytes.count / 40) {
            var damaged = bytes
            damaged[place] ^= 4
            #expect(throws: Failure.self) { try DefectFamily.load(damaged, featureNames: ["x", "y", "noise"], threads: 1) }
        }
    }

    @Test("shuffled kinds are not found: the control of what the model is said to find")
    func shuffled() throws {
        var set = Self.set(rows: 500, seed: 1)
        let fresh = Self.set(rows: 300, seed: 2)
        set.classes?.labels.reverse()
        set.labels.reverse()
        let model = try DefectFamily.train(on: set, parameters: Self.quick, seed: 4, threads: 1)
        let area = try #require(Metrics.rocAUC(scores: try model.probabilities(of: fresh.matrix), labels: fresh.labels))
        #expect(abs(area - 0.5) < 0.15)
    }

    @Test("figures of several classes equal those of a worked example")
    func figures() throws {
        // Named 0, 1, 1, 0; true 0, 1, 0, 1.
        let figures = ClassFigures(
            probabilities: [0.9, 0.1, 0.2, 0.8, 0.4, 0.6, 0.7, 0.3], labels: [0, 1, 0, 1], classes: 2)
        #expect(figures.accuracy() == 0.5 && figures.balancedError() == 0.5)
        // Class 0 ranks 0.9 (its), 0.7, 0.4 (its), 0.2: (1 + 2/3) / 2, and class 1 alike.
        #expect(abs(try #require(figures.averagePrecision()) - 5.0 / 6) < 1e-12)
        #expect(ClassFigures.f1(scores: [0.9, 0.6, 0.4], labels: [1, 0, 1], threshold: 0.5) == 0.5)
        #expect(ClassFigures.bestThreshold(scores: [0.9, 0.6, 0.4, 0.1], labels: [1, 1, 0, 0]) == 0.5)
        #expect(figures.balancedError(weights: [1, 0, 1, 0]) == nil)
    }

    @Test("folds hold about the same share of every class")
    func folds() {
        let labels = (0..<103).map { $0 % 10 == 0 ? 2 : $0 % 3 == 0 ? 1 : 0 }
        let folds = StratifiedFolds(labels: labels, folds: 5, seed: 3)
        for fold in 0..<5 {
            let inside = folds.rows(in: fold)
            #expect((20...21).contains(inside.count))
            #expect((2...3).contains(inside.count { labels[$0] == 2 }))
            #expect(Set(inside).isDisjoint(with: folds.rows(notIn: fold)))
        }
    }
}

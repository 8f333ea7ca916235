import Foundation
import Models
import PipelineTesting
import Records
import Testing

@Suite struct BoostingTests {
    @Test("every listed classifier family keeps the contract")
    func contract() {
        for family in ModelFamilies.classifiers {
            let findings = ClassifierContract(family).findings()
            #expect(findings.isEmpty, "\(family.definition.name): \(findings)")
        }
    }

    @Test(
        "boosting keeps the contract with subsampling, deep trees and weights on positives",
        arguments: [
            ["subsample": .number(0.7), "column-sample": .number(0.6)], ["depth": .integer(7), "trees": .integer(30)],
            ["depth": .integer(1)], ["positive-weight": .number(5), "minimum-gain": .number(0.5), "bins": .integer(16)],
        ] as [[String: ParameterValue]])
    func contract(parameters: [String: ParameterValue]) {
        let findings = ClassifierContract(BoostingFamily.self, parameters: parameters).findings()
        #expect(findings.isEmpty, "\(findings)")
    }

    @Test("another seed gives another model when rows are drawn")
    func seedMatters() throws {
        let set = ClassifierContract.sample(rows: 400)
        let bytes = try [1, 2, 1 << 32].map { seed in
            try BoostingFamily.train(on: set, parameters: ["subsample": .number(0.5)], seed: seed, threads: 1).serialized()
        }
        #expect(Set(bytes).count == 3)
    }

    @Test("a model of 20,003 drawn rows has the same bytes for one, two and three threads")
    func threads() throws {
        let set = ClassifierContract.sample(rows: 20_003)
        let parameters: [String: ParameterValue] = ["subsample": .number(0.5), "column-sample": .number(0.5), "depth": .integer(6)]
        let bytes = try [1, 2, 3].map { threads in
            try BoostingFamily.train(on: set, parameters: parameters, seed: 5, threads: threads).serialized()
        }
        #expect(Set(bytes).count == 1)
    }

    @Test("scores have the bits of libxgboost on 100,000 rows, missing values included", arguments: [1, 2, 3, 4, 6, 9])
    func sameBits(depth: Int) throws {
        let model = try BoostingTests.train(depth: depth, trees: 40)
        let matrix = BoostingTests.matrix(rows: 100_003, seed: 11)
        let own = model.trees.margins(matrix.values)
        let library = try model.booster().predict(.margin, of: matrix)
        #expect(own.map(\.bitPattern) == library.map(\.bitPattern))
        let probabilities = try model.probabilities(of: matrix)
        #expect(probabilities.map(\.bitPattern) == (try model.booster().predict(.probability, of: matrix)).map(\.bitPattern))
        #expect(probabilities.map(\.bitPattern) == (try model.booster().predictInPlace(.probability, of: matrix)).map(\.bitPattern))
        #expect(Set(own).count > depth)
    }

    @Test("the comparison of bits finds one leaf of another value")
    func sameBitsControl() throws {
        let model = try BoostingTests.train(depth: 3, trees: 40)
        let other = try BoostingTests.train(depth: 3, trees: 39)
        let matrix = BoostingTests.matrix(rows: 1_000, seed: 11)
        #expect(other.trees.margins(matrix.values) != (try model.booster().predict(.margin, of: matrix)))
    }

    @Test("rows on a threshold go the way libxgboost sends them")
    func thresholds() throws {
        let model = try BoostingTests.train(depth: 3, trees: 60)
        // The training rows lie on a grid, so every threshold is met by some value of the grid.
        let matrix = ClassifierContract.sample(rows: 5_000, seed: 3).matrix
        #expect(model.trees.margins(matrix.values) == (try model.booster().predict(.margin, of: matrix)))
    }

    @Test("a model of other features is refused with both lists")
    func otherFeatures() throws {
        let model = try BoostingTests.train(depth: 2, trees: 3)
        let names = ["first", "third", "amount"]
        let failure = #expect(throws: Failure.self) {
            try BoostingFamily.load(model.serialized(), featureNames: names, threads: 1)
        }
        #expect(
            failure?.description
                == "the model does not fit the job's features: a model of [first, second, third, fourth, noise], expected [first, third, amount]. "
                + "The job does not compute second, fourth, noise. The model was not trained on amount. Train a new version, or name another model in the job."
        )
    }

    @Test("no cut of a document is read, and no change of a byte ends the reading with anything but a failure")
    func documents() throws {
        let document = try Array(BoostingTests.train(depth: 4, trees: 2).serialized().dropLast(32))
        _ = try TreeEnsemble(UniversalBinaryJSON(document))
        for length in stride(from: 0, to: document.count, by: 7) {
            #expect(throws: UniversalBinaryJSON.Malformed.self) { try UniversalBinaryJSON(Array(document.prefix(length))) }
        }
        var (read, refused) = (0, 0)
        for place in document.indices {
            var changed = document
            changed[place] ^= UInt8(1 << (place % 8))
            do {
                let trees = try TreeEnsemble(UniversalBinaryJSON(changed))
                _ = trees.probabilities([Float](repeating: 0.5, count: 4 * trees.featureCount))
                read += 1
            } catch {
                refused += 1
            }
        }
        #expect(read > 0 && refused > 0)
    }

    @Test("a changed byte is refused, and never ends the process")
    func changes() throws {
        let bytes = try BoostingTests.train(depth: 2, trees: 2).serialized()
        let names = ClassifierContract.sample(rows: 1).featureNames
        for place in bytes.indices {
            var changed = bytes
            changed[place] ^= UInt8(1 << (place % 8))
            #expect(throws: Failure.self) { try BoostingFamily.load(changed, featureNames: names, threads: 1) }
        }
    }

    @Test("parameters are checked, with the nearest name")
    func parameters() {
        let set = ClassifierContract.sample(rows: 100)
        let cases: [([String: ParameterValue], String)] = [
            (
                ["tree": .integer(3)],
                "boosting has no such parameter: 'tree', expected trees, depth, rate, subsample, column-sample, "
                    + "minimum-child-weight, minimum-gain, lambda, bins, positive-weight. Did you mean 'trees'?"
            ),
            (
                ["depth": .integer(13)],
                "a parameter of boosting has a value it cannot take (depth): 13, expected a whole number from 1 to 12. "
                    + "Write for instance `depth: 4`."
            ),
            (
                ["rate": .text("fast")],
                "a parameter of boosting has a value it cannot take (rate): 'fast', expected a number from 0.0001 to 1.0. "
                    + "Write for instance `rate: 0.05`."
            ),
        ]
        for (parameters, text) in cases {
            let failure = #expect(throws: Failure.self) {
                try BoostingFamily.train(on: set, parameters: parameters, seed: 1, threads: 1)
            }
            #expect(failure?.description == text)
            #expect(failure?.kind == .job)
        }
    }

    @Test("whole numbers are taken where numbers are asked")
    func wholeNumbers() throws {
        let set = ClassifierContract.sample(rows: 200)
        let whole = try BoostingFamily.train(on: set, parameters: ["rate": .integer(1)], seed: 1, threads: 1).serialized()
        #expect(try whole == BoostingFamily.train(on: set, parameters: ["rate": .number(1)], seed: 1, threads: 1).serialized())
    }

    static func train(depth: Int, trees: Int) throws -> BoostingClassifier {
        let model = try BoostingFamily.train(
            on: ClassifierContract.sample(rows: 4_000), parameters: ["depth": .integer(depth), "trees": .integer(trees)], seed: 1,
            threads: 2)
        return try #require(model as? BoostingClassifier)
    }

    static func matrix(rows: Int, seed: UInt64) -> FeatureMatrix {
        var random = SeededGenerator(seed: seed)
        let values = (0..<(rows * 5)).map { _ in
            Int.random(in: 0..<9, using: &random) == 0 ? Float.nan : Float.random(in: -2.2...2.2, using: &random)
        }
        return FeatureMatrix(featureCount: 5, values: values)
    }
}

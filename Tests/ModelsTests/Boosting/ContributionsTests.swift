import Foundation
import Models
import PipelineTesting
import Records
import Testing

@Suite struct ContributionsTests {
    /// The largest distance between two lists, in units of the larger of 1 and the value.
    private static func distance(_ one: [Float], _ other: [Float]) -> Double {
        zip(one, other).map { abs(Double($0) - Double($1)) / max(1, abs(Double($1))) }.max() ?? 0
    }

    private static func sums(_ contributions: [Float], width: Int) -> [Float] {
        stride(from: 0, to: contributions.count, by: width).map { start in
            Float(contributions[start..<(start + width)].reduce(0) { $0 + Double($1) })
        }
    }

    @Test(
        "contributions are libxgboost's to 1e-5, and sum to the margin to 1e-6, missing values included", arguments: [1, 2, 3, 4, 5, 8, 12])
    func libraryAgrees(depth: Int) throws {
        let model = try BoostingTests.train(depth: depth, trees: 40)
        let matrix = BoostingTests.matrix(rows: 2_000, seed: 21)
        let own = try model.contributions(of: matrix)
        #expect(own.count == 2_000 * 6)
        #expect(Self.distance(own, try model.booster().predict(.contributions, of: matrix)) < 1e-5)
        #expect(Self.distance(Self.sums(own, width: 6), model.trees.margins(matrix.values)) < 1e-6)
    }

    @Test("a tree that is a chain, of few questions but deep, agrees with libxgboost", arguments: [3, 4, 5, 7])
    func chain(features: Int) throws {
        var random = SeededGenerator(seed: 9)
        let values = (0..<(2_000 * features)).map { _ in Float(Int.random(in: 0..<10, using: &random)) }
        // All must be above 1: a chain with a question a feature.
        let labels = (0..<2_000).map { row -> Float in values[(row * features)..<((row + 1) * features)].allSatisfy { $0 > 1 } ? 1 : 0 }
        let set = TrainingSet(
            matrix: FeatureMatrix(featureCount: features, values: values), featureNames: (0..<features).map { "feature \($0)" },
            labels: labels)
        let trained = try BoostingFamily.train(
            on: set, parameters: ["depth": .integer(9), "trees": .integer(2), "minimum-child-weight": .number(0)], seed: 1, threads: 1)
        let model = try #require(trained as? BoostingClassifier)
        let own = try model.contributions(of: set.matrix)
        #expect(Self.distance(own, try model.booster().predict(.contributions, of: set.matrix)) < 1e-5)
        #expect(Self.distance(Self.sums(own, width: features + 1), model.trees.margins(set.matrix.values)) < 1e-6)
    }

    @Test("paths longer than the tables reach, over many features, agree with libxgboost too")
    func longPaths() throws {
        let (rows, features) = (3_000, 24)
        var random = SeededGenerator(seed: 4)
        let values = (0..<(rows * features)).map { _ in Float(Int.random(in: 0..<16, using: &random)) }
        let labels = (0..<rows).map { row -> Float in
            let start = row * features
            return (0..<features).reduce(0) { $0 + (values[start + $1] > Float(5 + $1 % 6) ? 1 : -1) } > 2 ? 1 : 0
        }
        let set = TrainingSet(
            matrix: FeatureMatrix(featureCount: features, values: values), featureNames: (0..<features).map { "feature \($0)" },
            labels: labels)
        let trained = try BoostingFamily.train(
            on: set, parameters: ["depth": .integer(11), "trees": .integer(12), "minimum-child-weight": .number(0)], seed: 1, threads: 1)
        let model = try #require(trained as? BoostingClassifier)
        let matrix = set.matrix.rows(0..<300)
        let own = try model.contributions(of: matrix)
        #expect(Self.distance(own, try model.booster().predict(.contributions, of: matrix)) < 1e-5)
        #expect(Self.distance(Self.sums(own, width: features + 1), model.trees.margins(matrix.values)) < 1e-6)
    }

    @Test("the comparison finds a model of one tree less, and two features changed about")
    func control() throws {
        let model = try BoostingTests.train(depth: 3, trees: 40), other = try BoostingTests.train(depth: 3, trees: 39)
        let matrix = BoostingTests.matrix(rows: 200, seed: 21)
        let library = try model.booster().predict(.contributions, of: matrix)
        #expect(Self.distance(try other.contributions(of: matrix), library) > 1e-4)
        var swapped = try model.contributions(of: matrix)
        for start in stride(from: 0, to: swapped.count, by: 6) { swapped.swapAt(start, start + 1) }
        // The sums are as before: only the comparison with the library sees it.
        #expect(Self.distance(Self.sums(swapped, width: 6), model.trees.margins(matrix.values)) < 1e-6)
        #expect(Self.distance(swapped, library) > 1e-2)
    }

    @Test("contributions are the Shapley values by definition, over all coalitions of features")
    func definition() throws {
        let model = try BoostingTests.train(depth: 4, trees: 7)
        let matrix = BoostingTests.matrix(rows: 60, seed: 22)
        let own = try model.contributions(of: matrix)
        for row in 0..<matrix.rowCount {
            let values = ShapleyReference(model: try UniversalBinaryJSON(Array(model.serialized().dropLast(32)))).values(
                of: Array(matrix.row(row)))
            #expect(Self.distance(Array(own[row * 6..<(row + 1) * 6]), values) < 1e-6)
        }
    }
}

/// The definition, coalition by coalition: 2^features walks through each tree.
private struct ShapleyReference {
    private struct Tree {
        let left, right, features, defaultLeft: [Int64]
        let conditions, covers: [Float]
    }
    private let trees: [Tree]

    init(model: UniversalBinaryJSON) {
        guard case .array(let documents)? = model["learner"]?["gradient_booster"]?["model"]?["trees"] else {
            trees = []
            return
        }
        trees = documents.map { tree in
            func integers(_ name: String) -> [Int64] { tree[name]?.integerArray ?? [] }
            func floats(_ name: String) -> [Float] { tree[name]?.floatArray ?? [] }
            return Tree(
                left: integers("left_children"), right: integers("right_children"), features: integers("split_indices"),
                defaultLeft: integers("default_left"), conditions: floats("split_conditions"), covers: floats("sum_hessian"))
        }
    }

    private func expected(_ tree: Tree, _ node: Int, _ row: [Float], coalition: Int) -> Double {
        let (left, right) = (Int(tree.left[node]), Int(tree.right[node]))
        guard left != -1 else { return Double(tree.conditions[node]) }
        let feature = Int(tree.features[node])
        if coalition >> feature & 1 == 1 {
            let isLeft = row[feature].isNaN ? tree.defaultLeft[node] != 0 : row[feature] < tree.conditions[node]
            return expected(tree, isLeft ? left : right, row, coalition: coalition)
        }
        let cover = Double(tree.covers[node])
        return expected(tree, left, row, coalition: coalition) * Double(tree.covers[left]) / cover
            + expected(tree, right, row, coalition: coalition) * Double(tree.covers[right]) / cover
    }

    func values(of row: [Float]) -> [Float] {
        let games = (0..<(1 << row.count)).map { coalition in
            trees.reduce(0.0) { $0 + expected($1, 0, row, coalition: coalition) }
        }
        func factorial(_ number: Int) -> Double { (1...max(1, number)).reduce(1.0) { $0 * Double($1) } }
        let shares = row.indices.map { feature in
            games.indices.reduce(0.0) { sum, coalition in
                guard coalition >> feature & 1 == 0 else { return sum }
                let size = coalition.nonzeroBitCount
                let weight = factorial(size) * factorial(row.count - 1 - size) / factorial(row.count)
                return sum + weight * (games[coalition | 1 << feature] - games[coalition])
            }
        }
        return shares.map { Float($0) } + [Float(games[0])]
    }
}

import Models
import PipelineTesting
import Records
import Testing

@Suite struct BoostedNumberTests {
    private static let small: [String: ParameterValue] = ["trees": .integer(40), "rate": .number(0.2), "folds": .integer(4)]

    @Test("every family of regressors keeps the contract")
    func regressors() {
        for family in ModelFamilies.regressors { #expect(RegressorContract(family, parameters: Self.small).findings() == []) }
        let deep: [String: ParameterValue] = [
            "trees": .integer(20), "rate": .number(0.3), "depth": .integer(5), "parallel-trees": .integer(3), "subsample": .number(0.7),
        ]
        #expect(RegressorContract(BoostingRegressionFamily.self, parameters: deep).findings() == [])
    }

    @Test("every family of classifiers of several classes keeps the contract")
    func multiclass() {
        let settings: [String: ParameterValue] = ["trees": .integer(25), "rate": .number(0.3)]
        for family in ModelFamilies.multiclass { #expect(MulticlassContract(family, parameters: settings).findings() == []) }
        let deep: [String: ParameterValue] = ["trees": .integer(10), "rate": .number(0.4), "depth": .integer(5), "balance": .number(0.5)]
        #expect(MulticlassContract(BoostingMulticlassFamily.self, parameters: deep).findings() == [])
    }

    @Test("numbers are scored and explained as by libxgboost")
    func libraryAgrees() throws {
        let set = RegressorContract.sample(rows: 300)
        let trained = try BoostingRegressionFamily.train(on: set, parameters: Self.small, seed: 3, threads: 1)
        let model = try #require(trained as? BoostingRegressor)
        let booster = try model.booster()
        #expect(try booster.predict(.margin, of: set.matrix) == model.trees.margins(set.matrix.values))
        let theirs = try booster.predict(.contributions, of: set.matrix)
        for (a, b) in zip(theirs, try model.contributions(of: set.matrix)) { #expect(abs(a - b) < 2e-3) }
    }

    @Test("classes are scored as by libxgboost")
    func libraryAgreesOnClasses() throws {
        let set = MulticlassContract.sample(rows: 300)
        let trained = try BoostingMulticlassFamily.train(
            on: set, parameters: ["trees": .integer(20), "depth": .integer(4)], seed: 3, threads: 1)
        let model = try #require(trained as? BoostingMulticlass)
        let theirs = try model.booster().predict(.probability, of: set.matrix)
        for (a, b) in zip(theirs, try model.probabilities(of: set.matrix)) { #expect(abs(a - b) < 1e-6) }
    }

    @Test("intervals hold the stated share of the truth on units left out, and narrower ones do not")
    func coverage() throws {
        var (inside, narrow, rows) = (0, 0, 0)
        for seed in 1...4 as ClosedRange<UInt64> {
            let set = RegressorContract.sample(rows: 600, seed: seed), fresh = RegressorContract.sample(rows: 600, seed: seed + 100)
            var settings = Self.small
            settings["coverage"] = .number(0.8)
            let model = try BoostingRegressionFamily.train(on: set, parameters: settings, seed: 1, threads: 1)
            let all = try model.predictions(of: fresh.matrix)
            for row in fresh.targets.indices {
                let (mean, low, high, truth) = (all[3 * row], all[3 * row + 1], all[3 * row + 2], fresh.targets[row])
                inside += low <= truth && truth <= high ? 1 : 0
                narrow += mean + (low - mean) / 2 <= truth && truth <= mean + (high - mean) / 2 ? 1 : 0
            }
            rows += fresh.targets.count
        }
        #expect(abs(Double(inside) / Double(rows) - 0.8) < 0.05)
        #expect(Double(narrow) / Double(rows) < 0.7)
    }
}

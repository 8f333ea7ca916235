public import Records

/// Boosted trees for a number, with the spread of their errors on units they had not seen.
///
/// The artefact is libxgboost's document, the table of ``ConformalResiduals`` beside it, and a SHA-256 over both.
package struct BoostingRegressor: Regressor {
    package var family: String { BoostingRegressionFamily.definition.name }
    package var featureNames: [String] { trees.featureNames }
    package let quantiles: [Double]
    package let trees: TreeEnsemble
    package let residuals: ConformalResiduals
    private let sealed: SealedDocument

    init(document: [UInt8], residuals: ConformalResiduals, quantiles: [Double]) throws(Failure) {
        self.quantiles = quantiles
        self.residuals = residuals
        trees = try SealedDocument.trees(document, output: .number, family: BoostingRegressionFamily.definition.name)
        sealed = SealedDocument(document: document, rest: residuals.bytes(quantiles: quantiles))
    }

    init(artefact: [UInt8], featureNames: [String]) throws(Failure) {
        let name = BoostingRegressionFamily.definition.name
        sealed = try SealedDocument(artefact, family: name)
        guard let (residuals, quantiles) = ConformalResiduals.read(sealed.rest) else {
            throw .modelBytes(family: name, reason: "\(sealed.rest.count) bytes that are no table of errors")
        }
        (self.residuals, self.quantiles) = (residuals, quantiles)
        trees = try SealedDocument.trees(sealed.document, output: .number, family: name)
        guard featureNames == trees.featureNames else { throw .modelFeatures(found: trees.featureNames, expected: featureNames) }
    }

    package func predictions(of matrix: FeatureMatrix) throws(Failure) -> [Float] {
        let means = try means(of: matrix)
        var result: [Float] = []
        result.reserveCapacity(means.count * (1 + quantiles.count))
        for mean in means {
            result.append(mean)
            for quantile in quantiles { result.append(residuals.quantile(quantile, at: mean)) }
        }
        return result
    }

    /// The predictions without quantiles, one a row.
    func means(of matrix: FeatureMatrix) throws(Failure) -> [Float] {
        try trees.margins(of: matrix)
    }

    package func contributions(of matrix: FeatureMatrix) throws(Failure) -> [Float] {
        try matrix.check(against: featureNames)
        return trees.paths.contributions(matrix.values, featureCount: matrix.featureCount)
    }

    package func serialized() throws(Failure) -> [UInt8] { sealed.bytes }

    /// The same model in the library, for tests that compare with it.
    package func booster() throws(Failure) -> Booster { try Booster(sealed.document, threads: 1) }
}

/// Gradient-boosted trees for a number by squared error, with intervals from cross-fitting over units.
public enum BoostingRegressionFamily: RegressorFamily {
    public static let definition = Definition(
        name: "boosting-regression",
        summary: "Gradient-boosted decision trees (XGBoost, squared error) for a number, with conformal quantiles over units left out.",
        parameters: BoostingFamily.common + [
            Parameter(
                "parallel-trees", .integer(1...100), default: "1",
                help: "Trees grown and averaged in each round: steadier with row and column samples, and as many times slower.",
                example: "4"),
            Parameter(
                "folds", .integer(0...50), default: "5",
                help: "Parts the units are cut into, each predicted by a model of the others, to learn how far predictions miss; 0: no "
                    + "quantiles.", example: "10"),
            Parameter(
                "coverage", .number(0.01...0.999), default: "0.8", help: "Share of the truth that the interval is to hold.",
                example: "0.9"),
        ])

    public static var libraryVersion: String { Booster.version }

    public static func train(
        on set: RegressionSet, parameters: [String: ParameterValue], seed: UInt64, threads: Int
    ) throws(Failure) -> any Regressor {
        let values = try ParameterValues(parameters, for: definition)
        let rows = try set.checked()
        let document = try document(rows, values: values, seed: seed)
        guard values.integer("folds") >= 2 else {
            return try BoostingRegressor(document: document, residuals: ConformalResiduals(), quantiles: [])
        }
        let predicted = try crossFitted(rows, values: values, seed: seed)
        let tail = (1 - values.number("coverage")) / 2
        let groups = rows.groups.isEmpty ? Array(rows.targets.indices) : rows.groups
        let residuals = ConformalResiduals(predictions: predicted, targets: rows.targets, groups: groups)
        return try BoostingRegressor(document: document, residuals: residuals, quantiles: [tail, 1 - tail])
    }

    public static func load(_ bytes: [UInt8], featureNames: [String], threads: Int) throws(Failure) -> any Regressor {
        try BoostingRegressor(artefact: bytes, featureNames: featureNames)
    }

    private static func document(_ rows: RegressionSet, values: ParameterValues, seed: UInt64) throws(Failure) -> [UInt8] {
        let settings =
            BoostingFamily.common(values, objective: "reg:squarederror", base: base(rows.targets), seed: seed, threads: 1)
            + [("num_parallel_tree", "\(values.integer("parallel-trees"))")]
        return try Booster(
            matrix: rows.matrix, featureNames: rows.featureNames, labels: rows.targets, weights: rows.weights, settings: settings,
            trees: values.integer("trees"), threads: 1
        ).serialized()
    }

    /// The mean to three binary digits: a number whose text reads back to the same bits.
    private static func base(_ targets: [Float]) -> Float {
        var sum = CompensatedSum()
        for target in targets { sum.add(Double(target)) }
        let mean = Float(sum.value / Double(targets.count))
        guard mean.isNormal else { return 0 }
        let step = Float(sign: .plus, exponent: mean.exponent - 3, significand: 1)
        return (mean / step).rounded() * step
    }

    /// Each row as a model predicts it that has seen no row of its unit.
    private static func crossFitted(_ rows: RegressionSet, values: ParameterValues, seed: UInt64) throws(Failure) -> [Float] {
        let groups = rows.groups.isEmpty ? Array(rows.targets.indices) : rows.groups
        let folds = GroupFolds(groups: groups, folds: values.integer("folds"), seed: seed)
        guard folds.count > 1 else { throw .trainingUnits(found: Set(groups).count) }
        var predicted = [Float](repeating: 0, count: rows.targets.count)
        for fold in 0..<folds.count {
            let (inside, outside) = (folds.rows(in: fold), folds.rows(notIn: fold))
            guard !inside.isEmpty, !outside.isEmpty else { continue }
            let trees = try SealedDocument.trees(
                document(rows.rows(outside), values: values, seed: seed), output: .number, family: definition.name)
            for (row, value) in zip(inside, trees.margins(rows.matrix.rows(inside).values)) { predicted[row] = value }
        }
        return predicted
    }
}

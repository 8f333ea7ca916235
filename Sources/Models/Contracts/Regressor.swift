public import Records

/// A trained model of a number, such as days until a part fails. Immutable and safe to use from several threads.
///
/// Contract: as of a ``Classifier``, with numbers for probabilities. Predictions of a subset are the subset of the predictions; the same
/// seed gives the same bytes, for any number of threads; saved and loaded predicts the same.
public protocol Regressor: Sendable {
    var family: String { get }
    /// In the order of the matrix's columns.
    var featureNames: [String] { get }
    /// Rising, each in 0 < q < 1; `predictions` has one value for each.
    var quantiles: [Double] { get }

    /// Row-major, `1 + quantiles.count` a row: the mean, then the quantiles, which never cross; all in the target's unit.
    ///
    /// - Throws: another number of features than the model has, an infinite value.
    func predictions(of matrix: FeatureMatrix) throws(Failure) -> [Float]

    /// Exact Shapley contributions to the mean in the target's unit, row-major, `featureNames.count + 1` a row, the last the base value.
    ///
    /// - Throws: as `predictions`.
    func contributions(of matrix: FeatureMatrix) throws(Failure) -> [Float]

    /// The artefact's bytes; the family's `load` gives an equal model back.
    func serialized() throws(Failure) -> [UInt8]
}

/// What a regressor learns from.
public struct RegressionSet: Sendable {
    public var matrix: FeatureMatrix
    public var featureNames: [String]
    /// A finite number a row.
    public var targets: [Float]
    /// One a row, 0 or more; empty = all 1.
    public var weights: [Float]
    /// The unit (machine) of each row: rows of one unit are never on both sides of a cut; empty = each row by itself.
    public var groups: [Int]

    public init(matrix: FeatureMatrix, featureNames: [String], targets: [Float], weights: [Float] = [], groups: [Int] = []) {
        (self.matrix, self.featureNames, self.targets) = (matrix, featureNames, targets)
        (self.weights, self.groups) = (weights, groups)
    }

    /// The given rows.
    package func rows(_ indices: [Int]) -> RegressionSet {
        RegressionSet(
            matrix: matrix.rows(indices), featureNames: featureNames, targets: indices.map { targets[$0] },
            weights: weights.isEmpty ? [] : indices.map { weights[$0] }, groups: groups.isEmpty ? [] : indices.map { groups[$0] })
    }
}

/// A family of regressors: one folder, one entry in `ModelFamilies.regressors`.
public protocol RegressorFamily: Sendable {
    static var definition: Definition { get }
    static var libraryVersion: String { get }

    /// - Throws: no rows, an infinite feature, a target that is not finite, counts that do not match.
    static func train(
        on set: RegressionSet, parameters: [String: ParameterValue], seed: UInt64, threads: Int
    ) throws(Failure) -> any Regressor

    /// - Throws: bytes that are not a model of this family, or whose features are not `featureNames`.
    static func load(_ bytes: [UInt8], featureNames: [String], threads: Int) throws(Failure) -> any Regressor
}

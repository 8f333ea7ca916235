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

public import Records

/// A trained model of what is usual, which scores how unusual a row is; it has seen no labels. Immutable, safe for several threads.
///
/// Contract: scores of a subset are the subset of the scores; a row far outside the training rows in every feature scores above half of
/// the training rows; the same seed gives the same bytes, for any number of threads; saved and loaded scores the same.
public protocol Detector: Sendable {
    var family: String { get }
    /// In the order of the matrix's columns.
    var featureNames: [String] { get }

    /// Share of the training rows that are less unusual, in 0...1; higher is more unusual.
    ///
    /// - Throws: another number of features than the model has, an infinite value.
    func unusualness(of matrix: FeatureMatrix) throws(Failure) -> [Float]

    /// What makes each row unusual, row-major, one value 0 or more a feature; 0 where the feature adds nothing.
    ///
    /// - Throws: as `unusualness`.
    func contributions(of matrix: FeatureMatrix) throws(Failure) -> [Float]

    /// The artefact's bytes; the family's `load` gives an equal model back.
    func serialized() throws(Failure) -> [UInt8]
}

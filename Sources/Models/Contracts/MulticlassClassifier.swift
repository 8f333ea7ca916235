public import Records

/// A trained model of several classes that exclude each other, such as kinds of defect. Immutable and safe to use from several threads.
///
/// Contract: as of a ``Classifier``, class by class; the probabilities of a row add up to 1.
public protocol MulticlassClassifier: Sendable {
    var family: String { get }
    /// In the order of the matrix's columns.
    var featureNames: [String] { get }
    /// Names of the classes, in the order of the probabilities.
    var classes: [String] { get }

    /// Row-major, one in 0...1 a class.
    func probabilities(of matrix: FeatureMatrix) throws(Failure) -> [Float]

    /// Exact Shapley contributions to the margin of one class (whose softmax over the classes is the probability), row-major,
    /// `featureNames.count + 1` a row, the last the base value.
    ///
    /// - Precondition: `index` is a place in `classes`.
    func contributions(of matrix: FeatureMatrix, toClass index: Int) throws(Failure) -> [Float]

    /// The artefact's bytes; the family's `load` gives an equal model back.
    func serialized() throws(Failure) -> [UInt8]
}

/// What a classifier of several classes learns from.
public struct MulticlassSet: Sendable {
    public var matrix: FeatureMatrix
    public var featureNames: [String]
    /// At least two names, unique.
    public var classes: [String]
    /// Place in `classes` a row.
    public var labels: [Int]
    /// One a row, 0 or more; empty = all 1.
    public var weights: [Float]

    public init(matrix: FeatureMatrix, featureNames: [String], classes: [String], labels: [Int], weights: [Float] = []) {
        (self.matrix, self.featureNames, self.classes) = (matrix, featureNames, classes)
        (self.labels, self.weights) = (labels, weights)
    }
}

/// A family of classifiers of several classes: one entry in `ModelFamilies.multiclass`.
public protocol MulticlassFamily: Sendable {
    static var definition: Definition { get }
    static var libraryVersion: String { get }

    /// - Throws: no rows, a class without rows, an infinite value, a label that is no class, counts that do not match.
    static func train(
        on set: MulticlassSet, parameters: [String: ParameterValue], seed: UInt64, threads: Int
    ) throws(Failure) -> any MulticlassClassifier

    /// - Throws: bytes that are not a model of this family, or whose features are not `featureNames`.
    static func load(_ bytes: [UInt8], featureNames: [String], threads: Int) throws(Failure) -> any MulticlassClassifier
}

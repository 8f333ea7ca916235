public import Records

/// A trained two-class model. Immutable and safe to use from several threads.
///
/// Contract (`ClassifierContract` tests it): the same seed gives the same bytes, for any number of threads; predictions of a subset are
/// the subset of the predictions; saved and loaded predicts the same; an artefact with a changed byte is refused; weight 0 equals the row
/// left out; empty, one-class and non-finite inputs fail clearly.
public protocol Classifier: Sendable {
    /// Name of the family in `ModelFamilies`.
    var family: String { get }
    /// In the order of the matrix's columns.
    var featureNames: [String] { get }

    /// Probability of the positive class a row, in 0...1.
    func probabilities(of matrix: FeatureMatrix) throws(Failure) -> [Float]

    /// Exact Shapley contributions in log-odds, row-major, `featureNames.count + 1` a row, the last the base value; they sum to the margin.
    func contributions(of matrix: FeatureMatrix) throws(Failure) -> [Float]

    /// The artefact's bytes; `load` gives an equal model back.
    func serialized() throws(Failure) -> [UInt8]

    /// What training chose, for the card: `trees` -> `73`.
    var chosen: [String: String] { get }

    /// What the stage learnt from the training rows before the model did, kept with it; empty = nothing.
    var preparation: [UInt8] { get }

    /// What the model says of each row besides its probability, in words; empty where it has nothing to add.
    func remarks(of matrix: FeatureMatrix) throws(Failure) -> [String]

    /// When each row's unit is best repaired, given what a failure and a needless repair of it cost; empty = the model knows no time.
    func plans(of matrix: FeatureMatrix, costs: [(failure: Double, repair: Double)]) throws(Failure) -> [LifePlan]
}

extension Classifier {
    public var chosen: [String: String] { [:] }
    public var preparation: [UInt8] { [] }
    public func remarks(of matrix: FeatureMatrix) throws(Failure) -> [String] { [] }
    public func plans(of matrix: FeatureMatrix, costs: [(failure: Double, repair: Double)]) throws(Failure) -> [LifePlan] { [] }
}

/// What a classifier learns from.
public struct TrainingSet: Sendable {
    public var matrix: FeatureMatrix
    public var featureNames: [String]
    /// 0 or 1 a row.
    public var labels: [Float]
    /// One a row, 0 or more; empty = all 1.
    public var weights: [Float]
    /// Which way each feature may move the score; empty = any way. Families that cannot keep it refuse.
    public var signs: [FeatureSign] = []
    /// Later rows, on which training stops when they no longer gain; nil = it goes on to its end.
    public var validation: Validation?
    /// How long units still ran, of stages that know; nil = there are labels only.
    public var life: LifeTargets?
    /// What kind each row is, of stages that know; nil = there are labels only.
    public var classes: ClassTargets?
    /// Bytes of the stage that a model is to keep; see ``Classifier/preparation``.
    public var preparation: [UInt8] = []

    public init(matrix: FeatureMatrix, featureNames: [String], labels: [Float], weights: [Float] = []) {
        (self.matrix, self.featureNames, self.labels, self.weights) = (matrix, featureNames, labels, weights)
    }

    /// Rows the model does not learn from, with the same columns.
    public struct Validation: Sendable {
        public var matrix: FeatureMatrix
        /// 0 or 1 a row, both of them there.
        public var labels: [Float]
        /// Steps without a smaller mean log loss after which training stops; the best step's model is kept.
        public var patience: Int

        public init(matrix: FeatureMatrix, labels: [Float], patience: Int) {
            (self.matrix, self.labels, self.patience) = (matrix, labels, patience)
        }
    }
}

/// Which way a feature may move a score, everything else being equal.
public enum FeatureSign: Int, Sendable, Hashable, Codable {
    case falling = -1, any, rising
}

/// A family of classifiers: one folder, one entry in `ModelFamilies.classifiers`.
public protocol ClassifierFamily: Sendable {
    static var definition: Definition { get }
    /// Version of the library underneath, stored with runs and models: `xgboost 1.7.4`.
    static var libraryVersion: String { get }
    /// Whether training can stop early on ``TrainingSet/validation``.
    static var stopsEarly: Bool { get }
    /// Whether ``TrainingSet/signs`` are kept.
    static var keepsSigns: Bool { get }

    /// - Throws: no rows, one class only, a value that is infinite, a label other than 0 or 1, counts that do not match.
    static func train(
        on set: TrainingSet, parameters: [String: ParameterValue], seed: UInt64, threads: Int
    ) throws(Failure) -> any Classifier

    /// - Throws: bytes that are not a model of this family, or whose features are not `featureNames`.
    static func load(_ bytes: [UInt8], featureNames: [String], threads: Int) throws(Failure) -> any Classifier
}

extension ClassifierFamily {
    public static var stopsEarly: Bool { false }
    public static var keepsSigns: Bool { false }
}

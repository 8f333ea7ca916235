public import Records

/// A classifier whose stage reads texts through a sentence encoder, and that encoder.
public struct EncodedClassifier: Classifier {
    public let model: any Classifier
    public let encoder: SentenceEncoder

    public init(_ model: any Classifier, _ encoder: SentenceEncoder) { (self.model, self.encoder) = (model, encoder) }

    public var family: String { model.family }
    public var featureNames: [String] { model.featureNames }
    public var chosen: [String: String] { model.chosen }
    public var preparation: [UInt8] { model.preparation }
    public func remarks(of matrix: FeatureMatrix) throws(Failure) -> [String] { try model.remarks(of: matrix) }
    public func plans(of matrix: FeatureMatrix, costs: [(failure: Double, repair: Double)]) throws(Failure) -> [LifePlan] {
        try model.plans(of: matrix, costs: costs)
    }
    public func probabilities(of matrix: FeatureMatrix) throws(Failure) -> [Float] { try model.probabilities(of: matrix) }
    public func contributions(of matrix: FeatureMatrix) throws(Failure) -> [Float] { try model.contributions(of: matrix) }
    /// Without the encoder, which the catalog keeps once for all that rest on it.
    public func serialized() throws(Failure) -> [UInt8] { try model.serialized() }
}

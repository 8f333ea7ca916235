public import Records

/// A classifier whose scores are turned into probabilities by a map fitted to later rows.
///
/// Contributions stay those of the model underneath: they explain its margin exactly, and the map never falls, so what raises the margin
/// never lowers the probability.
public struct CalibratedClassifier: Classifier {
    public let model: any Classifier
    public let calibrator: Calibrator

    public init(_ model: any Classifier, _ calibrator: Calibrator) { (self.model, self.calibrator) = (model, calibrator) }

    public var family: String { model.family }
    public var featureNames: [String] { model.featureNames }
    public var chosen: [String: String] { model.chosen }
    public var preparation: [UInt8] { model.preparation }
    public func remarks(of matrix: FeatureMatrix) throws(Failure) -> [String] { try model.remarks(of: matrix) }
    public func plans(of matrix: FeatureMatrix, costs: [(failure: Double, repair: Double)]) throws(Failure) -> [LifePlan] {
        try model.plans(of: matrix, costs: costs)
    }

    public func probabilities(of matrix: FeatureMatrix) throws(Failure) -> [Float] {
        var scores = try model.probabilities(of: matrix)
        calibrator.apply(to: &scores)
        return scores
    }

    public func contributions(of matrix: FeatureMatrix) throws(Failure) -> [Float] { try model.contributions(of: matrix) }

    /// As ``ModelArtefact`` writes it.
    public func serialized() throws(Failure) -> [UInt8] {
        try ModelArtefact(model: model.serialized(), calibrator: calibrator).serialized()
    }
}

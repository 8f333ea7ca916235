package import Records

/// A trained model: its bytes, and the same trees laid out for scoring and loaded for explaining.
package struct BoostingClassifier: Classifier {
    package var family: String { BoostingFamily.definition.name }
    package var featureNames: [String] { trees.featureNames }
    package let trees: TreeEnsemble
    package let booster: Booster
    private let bytes: [UInt8]

    /// - Parameter featureNames: what the model must have been trained on, in order; nil = not asked.
    init(bytes: [UInt8], featureNames: [String]?, threads: Int) throws(Failure) {
        self.bytes = bytes
        do {
            trees = try TreeEnsemble(UniversalBinaryJSON(bytes))
        } catch let error as TreeEnsemble.Unsuitable {
            throw .modelBytes(family: BoostingFamily.definition.name, reason: error.reason)
        } catch {
            throw .modelBytes(family: BoostingFamily.definition.name, reason: "\(bytes.count) bytes that are not Universal Binary JSON")
        }
        if let featureNames, featureNames != trees.featureNames { throw .modelFeatures(found: trees.featureNames, expected: featureNames) }
        booster = try Booster(bytes, threads: threads)
    }

    package func probabilities(of matrix: FeatureMatrix) throws(Failure) -> [Float] {
        try check(matrix)
        return trees.probabilities(matrix.values)
    }

    package func contributions(of matrix: FeatureMatrix) throws(Failure) -> [Float] {
        try check(matrix)
        return try booster.predict(.contributions, of: matrix)
    }

    package func serialized() throws(Failure) -> [UInt8] { bytes }

    private func check(_ matrix: FeatureMatrix) throws(Failure) {
        guard matrix.featureCount == featureNames.count else { throw .matrixWidth(found: matrix.featureCount, expected: featureNames.count) }
        try matrix.checkFinite(featureNames)
    }
}

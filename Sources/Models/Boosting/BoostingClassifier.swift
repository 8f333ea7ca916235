import Crypto
package import Records

/// A trained model: its bytes, and the same trees laid out for scoring and explaining; libxgboost only trains.
///
/// The artefact is libxgboost's document in Universal Binary JSON, feature names included, and its SHA-256 (32 bytes) after it: the
/// library ends the process on some damaged documents, so none reaches it that is not as it was written.
package struct BoostingClassifier: Classifier {
    package var family: String { BoostingFamily.definition.name }
    package var featureNames: [String] { trees.featureNames }
    package let trees: TreeEnsemble
    private let artefact: [UInt8]

    private init(trees: TreeEnsemble, artefact: [UInt8]) { (self.trees, self.artefact) = (trees, artefact) }

    /// A model that was just trained.
    init(document: [UInt8]) throws(Failure) {
        artefact = document + SHA256.hash(data: document)
        do {
            trees = try TreeEnsemble(UniversalBinaryJSON(document))
        } catch let error as TreeEnsemble.Unsuitable {
            throw .modelBytes(family: BoostingFamily.definition.name, reason: error.reason)
        } catch {
            throw .modelBytes(
                family: BoostingFamily.definition.name, reason: "\(document.count) bytes that are not Universal Binary JSON")
        }
    }

    /// - Parameters:
    ///   - artefact: what `serialized` gave.
    ///   - featureNames: what the model must have been trained on, in order.
    init(artefact: [UInt8], featureNames: [String]) throws(Failure) {
        if artefact.starts(with: ImportedTrees.mark) {
            self.init(trees: try ImportedTrees(artefact: artefact).ensemble(), artefact: artefact)
            guard featureNames == trees.featureNames else { throw .modelFeatures(found: trees.featureNames, expected: featureNames) }
            return
        }
        let document = Array(artefact.dropLast(SHA256.byteCount))
        guard !document.isEmpty, artefact.suffix(SHA256.byteCount).elementsEqual(SHA256.hash(data: document)) else {
            throw .modelBytes(
                family: BoostingFamily.definition.name, reason: "\(artefact.count) bytes that are not as they were written")
        }
        try self.init(document: document)
        guard featureNames == trees.featureNames else { throw .modelFeatures(found: trees.featureNames, expected: featureNames) }
    }

    package func probabilities(of matrix: FeatureMatrix) throws(Failure) -> [Float] {
        try check(matrix)
        return trees.probabilities(matrix.values)
    }

    /// Log-odds a row; their sigmoid is the probability.
    package func margins(of matrix: FeatureMatrix) throws(Failure) -> [Float] {
        try trees.margins(of: matrix)
    }

    package func contributions(of matrix: FeatureMatrix) throws(Failure) -> [Float] {
        try check(matrix)
        return trees.paths.contributions(matrix.values, featureCount: matrix.featureCount)
    }

    package func serialized() throws(Failure) -> [UInt8] { artefact }

    package var chosen: [String: String] { ["trees": "\(trees.trees.count)"] }

    /// The same model in the library, for tests that compare with it.
    package func booster() throws(Failure) -> Booster { try Booster(Array(artefact.dropLast(SHA256.byteCount)), threads: 1) }

    private func check(_ matrix: FeatureMatrix) throws(Failure) {
        guard matrix.featureCount == featureNames.count else {
            throw .matrixWidth(found: matrix.featureCount, expected: featureNames.count)
        }
        try matrix.checkFinite(featureNames)
    }
}

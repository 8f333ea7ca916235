import Connectors
import Models
import Records

/// A catalog version brought to life, checked against the job.
struct LoadedModel: Sendable {
    var version: ModelVersion
    var classifier: any Classifier
    /// What it may clear without a person; nil = nothing was fitted.
    var automatic: AutomaticRule?
    /// `xgboost 1.7.4`
    var library: String

    /// The champion at `time`; nil when there is no model yet and the stage's rules score.
    static func champion(
        of job: ScoringJob, stage: StageDefinition, asOf time: Timestamp, warehouse: Warehouse, threads: Int
    ) throws(Failure) -> LoadedModel? {
        guard let name = job.modelName else { return nil }
        let found = try warehouse.read { database -> (ModelVersion, [UInt8])? in
            let store = ModelStore(database)
            guard let version = try store.champion(of: name, asOf: time) else { return nil }
            return (version, try store.artefact(of: version))
        }
        guard let (version, artefact) = found else { return nil }
        return try load(version, artefact: artefact, job: job, stage: stage, threads: threads).accompanied(job.stage, warehouse)
    }

    /// The version a run was started with.
    static func version(
        name: String?, version number: Int?, job: ScoringJob, stage: StageDefinition, warehouse: Warehouse, threads: Int
    ) throws(Failure) -> LoadedModel? {
        guard let name, let number else { return nil }
        let (version, artefact) = try warehouse.read { database in
            let store = ModelStore(database)
            guard let version = try store.versions(of: name).first(where: { $0.version == number }) else {
                throw Failure.modelMissing("\(name) version \(number)", known: try store.versions(of: nil).map(\.name))
            }
            return (version, try store.artefact(of: version))
        }
        return try load(version, artefact: artefact, job: job, stage: stage, threads: threads).accompanied(job.stage, warehouse)
    }

    /// With the encoder that its stage needs, from the catalog.
    private func accompanied(_ stage: StageConfiguration, _ warehouse: Warehouse) throws(Failure) -> LoadedModel {
        guard let type = try Stages.required(stage.name) as? any EncodingStage.Type,
            let digest = type.encoderDigest(of: classifier.preparation)
        else { return self }
        var loaded = self
        loaded.classifier = EncodedClassifier(classifier, try warehouse.read { try ModelStore($0).encoder(digest) })
        return loaded
    }

    static func load(
        _ version: ModelVersion, artefact: [UInt8], job: ScoringJob, stage: StageDefinition, threads: Int
    ) throws(Failure) -> LoadedModel {
        let expected = stage.features.map(\.name)
        guard version.featureNames == expected else {
            throw .modelFeatures("\(version.name) version \(version.version)", found: version.featureNames, expected: expected)
        }
        let family = try ModelFamilies.classifier(named: version.family)
        let parts = try ModelArtefact(serialized: artefact, family: version.family)
        return LoadedModel(
            version: version, classifier: try parts.classifier(of: family, featureNames: expected, threads: threads),
            automatic: parts.automatic, library: family.libraryVersion)
    }
}

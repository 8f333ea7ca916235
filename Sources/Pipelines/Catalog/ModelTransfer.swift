public import Connectors
import Crypto
import Foundation
import GRDB
public import Models
public import Records

/// What an import is told besides the file.
public struct ModelImportSettings: Sendable {
    /// Inputs with expected outputs; required for files of other programs.
    public var sample: String?
    /// Largest difference of a probability that is taken for the same, in 0...0.001.
    public var tolerance: Double
    /// When the training rows began and ended, as whoever made the model states it.
    public var trainedFrom: Timestamp?
    public var trainedTo: Timestamp?
    /// Why, or where from; kept in the card.
    public var statement: String

    public init(
        sample: String? = nil, tolerance: Double = 1e-5, trainedFrom: Timestamp? = nil, trainedTo: Timestamp? = nil, statement: String
    ) {
        (self.sample, self.tolerance, self.trainedFrom, self.trainedTo) = (sample, tolerance, trainedFrom, trainedTo)
        self.statement = statement
    }
}

/// Takes versions out of a catalog and into one, ours and those of data scientists.
public struct ModelTransfer: Sendable {
    let warehouse: Warehouse
    let environment: Environment

    public init(warehouse: Warehouse, environment: Environment) { (self.warehouse, self.environment) = (warehouse, environment) }

    /// Writes a version to a file that must not be there yet.
    ///
    /// - Returns: the version, and the digest that the file states.
    public func export(_ name: String, version number: Int, to path: String) throws(Failure) -> (version: ModelVersion, digest: String) {
        let (version, file) = try warehouse.read { database in
            let store = ModelStore(database)
            let version = try store.required(name, version: number)
            let card = try String.fetchOne(
                database, sql: "SELECT card FROM pipeline_models WHERE name = ? AND version = ?", arguments: [name, number])
            return (version, ModelFile(version, card: card ?? "", artefact: try store.artefact(of: version)))
        }
        guard !FileManager.default.fileExists(atPath: path) else { throw .modelFileExists(path) }
        do {
            try Data(file.bytes).write(to: URL(fileURLWithPath: path), options: .withoutOverwriting)
        } catch {
            throw .modelFileUnwritable(path, cause: "\(error.localizedDescription)")
        }
        return (version, file.digest)
    }

    /// Adds a file's model to the catalog as a candidate of the job's model.
    ///
    /// - Throws: a file that was altered or is of no known kind, features that the job does not compute, a sample that does not match.
    public func load(_ path: String, for job: Job, settings: ModelImportSettings) throws(Failure) -> ModelVersion {
        let scored = try job.scored()
        guard let name = scored.modelName else { throw .trainMissing(job.name) }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .modelFile(path, found: "no file that can be read", expected: "a model file")
        }
        let bytes = [UInt8](data)
        if ModelFile.isOne(bytes) {
            let file = try ModelFile(bytes: bytes, place: path)
            if file.family == EncoderFiles.family {
                return try add(encoder: file, digest: SHA256.hash(data: bytes).hexadecimal, job, settings)
            }
        }
        let stage = try Stages.definition(of: scored.stage)
        var prepared =
            try ModelFile.isOne(bytes)
            ? own(bytes, path: path, stage: stage, type: Stages.required(scored.stage.name), settings: settings)
            : foreign(bytes, path: path, job: job, stage: stage, settings: settings)
        prepared.card.origin?.fileDigest = SHA256.hash(data: bytes).hexadecimal
        let final = prepared, now = environment.now()
        return try warehouse.write(durable: true) { database in
            try RunStore(database).register(job)
            return try ModelStore(database).add(
                name: name, family: final.family, featureNames: stage.features.map(\.name), card: final.card, artefact: final.artefact,
                at: now)
        }
    }

    /// A sentence encoder that models of the job may rest on, under its own name.
    private func add(
        encoder file: ModelFile, digest: String, _ job: Job, _ settings: ModelImportSettings
    ) throws(Failure) -> ModelVersion {
        let files = try EncoderFiles(name: file.name, serialized: file.artefact)
        // Brought to life, so that bytes that are no encoder do not enter the catalog.
        _ = try SentenceEncoder(files)
        var origin = origin("pipeline", settings)
        (origin.exportedVersion, origin.fileDigest) = (file.version, digest)
        let stated = origin, now = environment.now()
        return try warehouse.write(durable: true) { database in
            try RunStore(database).register(job)
            return try ModelStore(database).add(files, jobDigest: job.digest, origin: stated, at: now)
        }
    }

    private struct Prepared {
        var family: String
        var card: ModelCard
        var artefact: [UInt8]
    }

    private func origin(_ format: String, _ settings: ModelImportSettings) -> ModelOrigin {
        ModelOrigin(
            format: format, fileDigest: "", importedBy: "\(environment.actor)@\(environment.host)", imported: environment.now().iso8601,
            statement: settings.statement)
    }

    private func own(
        _ bytes: [UInt8], path: String, stage: StageDefinition, type: any Stage.Type, settings: ModelImportSettings
    ) throws(Failure) -> Prepared {
        let file = try ModelFile(bytes: bytes, place: path)
        var card = try file.modelCard(path)
        let features = stage.features.map(\.name)
        guard file.featureNames == features else {
            throw .modelFeatures("\(file.name) version \(file.version)", found: file.featureNames, expected: features)
        }
        var origin = origin("pipeline", settings)
        origin.exportedVersion = file.version
        // Brought to life, so that bytes that are no model do not enter the catalog.
        let version = ModelVersion(
            name: file.name, version: file.version, family: file.family, digest: ModelVersion.digest(of: file.artefact),
            featureNames: features, card: card, created: environment.now())
        let classifier = try LoadedModel.load(version, artefact: file.artefact, features: features)
        if let digest = (type as? any EncodingStage.Type)?.encoderDigest(of: classifier.preparation) {
            _ = try warehouse.read { try ModelStore($0).encoder(digest) }
        }
        if let path = settings.sample {
            let sample = try ModelSample(path: path)
            let matrix = try sample.matrix(features: features, used: features, path: path)
            try verify(classifier, on: matrix, sample: sample, path: path, settings: settings, origin: &origin)
        }
        card.origin = origin
        return Prepared(family: file.family, card: card, artefact: file.artefact)
    }

    private func foreign(
        _ bytes: [UInt8], path: String, job: Job, stage: StageDefinition, settings: ModelImportSettings
    ) throws(Failure) -> Prepared {
        let model = try ForeignModel(bytes)
        guard let samplePath = settings.sample else { throw .sampleMissing(path) }
        let sample = try ModelSample(path: samplePath)
        let names = model.featureNames ?? sample.leading
        guard names.count == model.featureCount else {
            throw .sample(
                samplePath, found: "\(names.count) columns before `probability`",
                expected: "\(model.featureCount), in the model's order, as the file names none")
        }
        let features = stage.features.map(\.name)
        let matrix = try sample.matrix(features: features, used: names, path: samplePath)
        var origin = origin(model.format.rawValue, settings)
        // With early stopping a file has more trees than its best round: which of them score, the sample says.
        var failure: Failure?
        for trees in [model.bestTrees, model.treeCount].compactMap({ $0 }) {
            let artefact = try model.imported(names: names, features: features, trees: trees).artefact()
            let classifier = try BoostingFamily.load(artefact, featureNames: features, threads: 1)
            do throws(Failure) {
                try verify(classifier, on: matrix, sample: sample, path: samplePath, settings: settings, origin: &origin)
            } catch {
                failure = failure ?? error
                continue
            }
            origin.trees = trees
            return Prepared(
                family: BoostingFamily.definition.name,
                card: card(model, trees: trees, job: job, stage: stage, settings: settings, origin: origin), artefact: artefact)
        }
        throw failure ?? .sampleMissing(path)
    }

    private func card(
        _ model: ForeignModel, trees: Int, job: Job, stage: StageDefinition, settings: ModelImportSettings, origin: ModelOrigin
    ) -> ModelCard {
        var card = ModelCard(
            trainedFrom: settings.trainedFrom?.iso8601 ?? "not stated", trainedTo: settings.trainedTo?.iso8601 ?? "not stated",
            labelsKnownBy: "not stated", rows: 0, positives: 0, parameters: ["trees": "\(trees)"], seed: 0, jobDigest: job.digest,
            inputDigest: "", stageVersion: "\(stage.definition.name) \(stage.version)", libraryVersion: model.library)
        card.owner = job.owner
        card.origin = origin
        return card
    }

    /// Every row's probability within the tolerance, and contributions that add up to the log-odds.
    private func verify(
        _ classifier: any Classifier, on matrix: FeatureMatrix, sample: ModelSample, path: String, settings: ModelImportSettings,
        origin: inout ModelOrigin
    ) throws(Failure) {
        let worst = sample.largestDifference(to: try classifier.probabilities(of: matrix))
        guard worst.difference <= settings.tolerance else {
            throw .sampleDiffers(path, row: worst.row, difference: worst.difference, tolerance: settings.tolerance)
        }
        (origin.sampleDigest, origin.sampleRows) = (sample.digest, sample.probabilities.count)
        (origin.largestDifference, origin.tolerance) = (worst.difference, settings.tolerance)
    }
}

extension LoadedModel {
    /// A classifier of an artefact that is not in the catalog yet.
    static func load(_ version: ModelVersion, artefact: [UInt8], features: [String]) throws(Failure) -> any Classifier {
        let family = try ModelFamilies.classifier(named: version.family)
        return try ModelArtefact(serialized: artefact, family: version.family)
            .classifier(of: family, featureNames: features, threads: 1)
    }
}

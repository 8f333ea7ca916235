import Crypto
import GRDB
import Models
import Records

/// What a run could know and did not compute itself: its model, who was champion, and the labels people had given.
struct KnownThen {
    private let models: [Row]
    /// What the run's model rests on besides.
    private let encoders: [Row]
    private let roles: [Row]
    private let labels: [Row]
    let modelDifference: ReplayDifference?

    init(database: Database, run: RunRecord, job: Job) throws {
        models = try Row.fetchAll(
            database, sql: "SELECT * FROM pipeline_models WHERE name = ? ORDER BY version", arguments: [job.modelName])
        encoders = try Self.encoders(of: run, job: job, in: database)
        roles = try Row.fetchAll(
            database, sql: "SELECT * FROM pipeline_champions WHERE name = ? AND since <= ? ORDER BY id",
            arguments: [job.modelName, run.clock.microseconds])
        labels = try Row.fetchAll(
            database, sql: "SELECT * FROM pipeline_labels WHERE job = ? AND decision IS NOT NULL AND id <= ? ORDER BY id",
            arguments: [job.name, run.labelsUntil])
        modelDifference = try Self.difference(database: database, run: run, models: models, job: job)
    }

    private static func encoders(of run: RunRecord, job: Job, in database: Database) throws -> [Row] {
        guard let scoring = job.scoring, let name = run.model, let number = run.modelVersion,
            let type = Stages.named(scoring.stage.name) as? any EncodingStage.Type
        else { return [] }
        let store = ModelStore(database), stage = try Stages.definition(of: scoring.stage)
        guard let version = try store.versions(of: name).first(where: { $0.version == number }),
            // Bytes that are not those of then are told as a difference of the model.
            let artefact = try? store.artefact(of: version),
            let model = try? LoadedModel.load(version, artefact: artefact, job: job.scored(), stage: stage, threads: 1),
            let digest = type.encoderDigest(of: model.classifier.preparation)
        else { return [] }
        return try Row.fetchAll(
            database, sql: "SELECT * FROM pipeline_models WHERE family = ? AND digest = ?", arguments: [EncoderFiles.family, digest])
    }

    /// The model's bytes must have the digest that the catalog and the run name; the history must name it champion at the run's clock.
    private static func difference(database: Database, run: RunRecord, models: [Row], job: Job) throws -> ReplayDifference? {
        if let name = run.model, let version = run.modelVersion, let digest = run.modelDigest {
            let place = "model \(name) version \(version)"
            guard let row = models.first(where: { $0["version"] == version }) else {
                return ReplayDifference(cause: .model, place: place, stored: "used by run \(run.id)", recomputed: "not in the catalog")
            }
            let found = try row.withUnsafeData(named: "artefact") { data in SHA256.hash(data: data.map { Array($0) } ?? []).hex }
            guard found == digest else {
                return ReplayDifference(
                    cause: .model, place: place, stored: "bytes with digest \(found)",
                    recomputed: "digest \(digest) at the time of run \(run.id)")
            }
            let catalog: String = row["digest"]
            guard catalog == digest else {
                return ReplayDifference(cause: .model, place: "\(place), digest", stored: catalog, recomputed: digest)
            }
        }
        let champion = try job.modelName.flatMap { try ModelStore(database).champion(of: $0, asOf: run.clock)?.version }
        guard champion == run.modelVersion else {
            func text(_ version: Int?) -> String { version.map { "version \($0)" } ?? "none" }
            return ReplayDifference(
                cause: .model, place: "champion at \(run.clock.iso8601)", stored: text(champion),
                recomputed: "\(text(run.modelVersion)) in run \(run.id)")
        }
        return nil
    }

    /// Adds what is not there yet, under the same identifiers.
    func insert(into scratch: Database) throws {
        try scratch.execute(sql: "PRAGMA defer_foreign_keys = ON")
        for row in models + encoders { try copy(row, to: "pipeline_models", in: scratch) }
        for row in roles { try copy(row, to: "pipeline_champions", in: scratch) }
        for row in labels {
            try scratch.execute(
                sql: "INSERT OR IGNORE INTO pipeline_labels (id, job, key, positive, known) VALUES (?, ?, ?, ?, ?)",
                arguments: [row["id"], row["job"], row["key"], row["positive"], row["known"]])
        }
    }

    private func copy(_ row: Row, to table: String, in scratch: Database) throws {
        let columns = row.columnNames.joined(separator: ", ")
        let places = row.columnNames.map { _ in "?" }.joined(separator: ", ")
        try scratch.execute(
            sql: "INSERT OR IGNORE INTO \(table) (\(columns)) VALUES (\(places))", arguments: StatementArguments(Array(row.databaseValues)))
    }
}

extension SHA256.Digest {
    /// Lower-case hex.
    var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

import Crypto
import Foundation
public import GRDB
public import Models
public import Records

/// The model catalog over an open transaction: artefacts, cards and the history of roles.
public struct ModelStore: CatalogStore {
    public let database: Database

    public init(_ database: Database) { self.database = database }

    public func add(
        name: String, family: String, featureNames: [String], card: ModelCard, artefact: [UInt8], at now: Timestamp
    ) throws(Failure) -> ModelVersion {
        let known = try versions(of: name)
        return try database.worded {
            let digest = SHA256.hash(data: artefact).hexadecimal
            if let same = known.first(where: { $0.digest == digest && $0.card == card && $0.featureNames == featureNames }) { return same }
            let version = ModelVersion(
                name: name, version: (known.map(\.version).max() ?? 0) + 1, family: family, digest: digest, featureNames: featureNames,
                card: card,
                created: now)
            try database.runCached(
                """
                INSERT INTO pipeline_models (name, version, family, digest, features, card, artefact, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    name, version.version, family, digest, JSONValue.array(featureNames.map { .text($0) }).json,
                    try ModelStore.text(card), Blob(artefact), now.microseconds,
                ])
            return version
        }
    }

    public func versions(of name: String?) throws(Failure) -> [ModelVersion] {
        try database.worded {
            try Row.fetchAll(
                database,
                sql: """
                    SELECT name, version, family, digest, features, card, created FROM pipeline_models WHERE ?1 IS NULL OR name = ?1
                    ORDER BY CASE WHEN ?1 IS NULL THEN created END DESC, name, version DESC
                    """, arguments: [name]
            ).map(ModelStore.version)
        }
    }

    /// - Throws: no such version; bytes that are not those that were added.
    public func artefact(of version: ModelVersion) throws(Failure) -> [UInt8] {
        try database.worded {
            let bytes = try Data.fetchOne(
                database, sql: "SELECT artefact FROM pipeline_models WHERE name = ? AND version = ?",
                arguments: [version.name, version.version])
            guard let bytes else { throw Failure.modelVersionMissing(version.name, version.version) }
            let digest = SHA256.hash(data: bytes).hexadecimal
            guard digest == version.digest else {
                throw Failure.artefactChanged(version.name, version.version, found: digest, expected: version.digest)
            }
            return [UInt8](bytes)
        }
    }

    /// The sentence encoder of this digest.
    ///
    /// - Throws: none in the catalog, or bytes that are no encoder.
    func encoder(_ digest: String) throws(Failure) -> SentenceEncoder {
        let version = try database.worded {
            try Row.fetchOne(
                database,
                sql: """
                    SELECT name, version, family, digest, features, card, created FROM pipeline_models WHERE family = ? AND digest = ?
                    ORDER BY created, version LIMIT 1
                    """, arguments: [EncoderFiles.family, digest]
            ).map(ModelStore.version)
        }
        guard let version else { throw .encoderMissing(digest, found: nil) }
        return try SentenceEncoder(EncoderFiles(name: version.name, serialized: try artefact(of: version)))
    }

    /// Keeps an encoder, once.
    func add(_ files: EncoderFiles, jobDigest: String, origin: ModelOrigin? = nil, at now: Timestamp) throws(Failure) -> ModelVersion {
        let artefact = files.serialized(), digest = ModelVersion.digest(of: artefact)
        // The card names the first job that brought it; others do not make further versions.
        if let same = try versions(of: files.name).first(where: { $0.family == EncoderFiles.family && $0.digest == digest }) { return same }
        var card = ModelCard(
            trainedFrom: "", trainedTo: "", labelsKnownBy: "", rows: 0, positives: 0, parameters: [:], seed: 0, jobDigest: jobDigest,
            inputDigest: "", stageVersion: "", libraryVersion: EncoderFiles.libraryVersion)
        card.origin = origin
        return try add(name: files.name, family: EncoderFiles.family, featureNames: [], card: card, artefact: artefact, at: now)
    }

    /// A new champion retires the one before it, at the same time and for the same reason. Each change is an entry of the audit chain.
    ///
    /// - Throws: no such version; a time before the last role change of this model.
    public func setRole(
        _ role: ModelRole, of version: ModelVersion, at now: Timestamp, actor: String, reason: String
    ) throws(Failure) {
        let former = try champion(of: version.name, asOf: now)
        try database.worded {
            guard try versions(of: version.name).contains(where: { $0.version == version.version }) else {
                throw Failure.modelVersionMissing(version.name, version.version)
            }
            let last = try Int64.fetchOne(
                database, sql: "SELECT max(since) FROM pipeline_champions WHERE name = ?", arguments: [version.name])
            if let last, now.microseconds < last {
                throw Failure.roleBeforeHistory(version.name, at: now, last: Timestamp(microseconds: last))
            }
            if role == .champion, let former, former.version != version.version {
                try append(.retired, of: former, at: now, actor: actor, reason: reason)
            }
            try append(role, of: version, at: now, actor: actor, reason: reason)
        }
    }

    private func append(_ role: ModelRole, of version: ModelVersion, at now: Timestamp, actor: String, reason: String) throws {
        try database.runCached(
            "INSERT INTO pipeline_champions (name, version, role, since, actor, reason) VALUES (?, ?, ?, ?, ?, ?)",
            [version.name, version.version, role.rawValue, now.microseconds, actor, reason])
        try AuditChain(database).appendRole(database.lastInsertedRowID, actor: actor, at: now)
    }

    /// Candidate until the first change.
    public func role(of version: ModelVersion, asOf time: Timestamp) throws(Failure) -> ModelRole {
        try database.worded {
            let role = try String.fetchOne(
                database,
                sql: """
                    SELECT role FROM pipeline_champions WHERE name = ? AND version = ? AND since <= ? ORDER BY since DESC, id DESC LIMIT 1
                    """, arguments: [version.name, version.version, time.microseconds])
            if let role { return try ModelStore.role(role) }
            guard try versions(of: version.name).contains(where: { $0.version == version.version }) else {
                throw Failure.modelVersionMissing(version.name, version.version)
            }
            return .candidate
        }
    }

    public func champion(of name: String, asOf time: Timestamp) throws(Failure) -> ModelVersion? {
        try database.worded {
            let row = try Row.fetchOne(
                database,
                sql: """
                    SELECT m.name, m.version, m.family, m.digest, m.features, m.card, m.created
                    FROM pipeline_champions c JOIN pipeline_models m ON m.name = c.name AND m.version = c.version
                    WHERE c.name = :name AND c.role = 'champion' AND c.since <= :time AND NOT EXISTS (
                        SELECT 1 FROM pipeline_champions l WHERE l.name = c.name AND l.version = c.version AND l.since <= :time
                            AND (l.since, l.id) > (c.since, c.id))
                    ORDER BY c.since DESC, c.id DESC LIMIT 1
                    """, arguments: ["name": name, "time": time.microseconds])
            return try row.map(ModelStore.version)
        }
    }

    /// One change of role.
    public struct RoleChange: Hashable, Sendable {
        public var version: Int
        public var role: ModelRole
        public var since: Timestamp
        public var actor: String
        public var reason: String
    }

    /// All role changes of a model, in order.
    public func roleHistory(of name: String) throws(Failure) -> [RoleChange] {
        try database.worded {
            try Row.fetchAll(database, sql: "SELECT * FROM pipeline_champions WHERE name = ? ORDER BY id", arguments: [name]).map { row in
                RoleChange(
                    version: row["version"], role: try ModelStore.role(row["role"]), since: row.timestamp("since"), actor: row["actor"],
                    reason: row["reason"])
            }
        }
    }

    private static func role(_ text: String) throws -> ModelRole {
        guard let role = ModelRole(rawValue: text) else {
            throw Failure.storedValue(
                table: "pipeline_champions", column: "role", found: "an unknown role",
                expected: ModelRole.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return role
    }

    private static func text(_ card: ModelCard) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(card), as: UTF8.self)
    }

    private static func version(_ row: Row) throws -> ModelVersion {
        guard let card = try? JSONDecoder().decode(ModelCard.self, from: Data((row["card"] as String).utf8)) else {
            throw Failure.storedValue(table: "pipeline_models", column: "card", found: "another text", expected: "a model card as JSON")
        }
        return ModelVersion(
            name: row["name"], version: row["version"], family: row["family"], digest: row["digest"],
            featureNames: (try row.json("features", table: "pipeline_models").elements ?? []).map { $0.string ?? "" }, card: card,
            created: row.timestamp("created"))
    }
}

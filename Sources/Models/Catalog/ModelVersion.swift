import Crypto
public import Records

/// An immutable artefact of the catalog, without its bytes.
public struct ModelVersion: Hashable, Sendable {
    public var name: String
    /// From 1, counted up a name.
    public var version: Int
    public var family: String
    /// SHA-256 of the artefact's bytes, lower-case hex.
    public var digest: String
    public var featureNames: [String]
    public var card: ModelCard
    /// When it was added, by the run clock.
    public var created: Timestamp

    public init(
        name: String, version: Int, family: String, digest: String, featureNames: [String], card: ModelCard, created: Timestamp
    ) {
        (self.name, self.version, self.family, self.digest) = (name, version, family, digest)
        (self.featureNames, self.card, self.created) = (featureNames, card, created)
    }

    /// SHA-256 of an artefact, lower-case hex.
    public static func digest(of artefact: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let hex = SHA256.hash(data: artefact).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: hex, as: UTF8.self)
    }
}

/// What an auditor asks of a model: data, settings, figures. Stored as JSON.
public struct ModelCard: Hashable, Sendable, Codable {
    /// First and last event time of the training rows, ISO 8601.
    public var trainedFrom: String
    public var trainedTo: String
    /// Labels known by then only.
    public var labelsKnownBy: String
    public var rows: Int
    public var positives: Int
    public var parameters: [String: String]
    public var seed: UInt64
    public var jobDigest: String
    /// Digest over the digests of the feed files read.
    public var inputDigest: String
    public var stageVersion: String
    public var libraryVersion: String
    /// Who answers for the job, as its file said; nil where it did not.
    public var owner: String?
    /// Where a version came from that was not trained here; nil = `pipeline train` made it.
    public var origin: ModelOrigin?
    /// What was fitted besides the model itself, and what was found about its labels; nil in cards of older versions.
    public var fitting: ModelFitting?

    public init(
        trainedFrom: String, trainedTo: String, labelsKnownBy: String, rows: Int, positives: Int, parameters: [String: String],
        seed: UInt64, jobDigest: String, inputDigest: String, stageVersion: String, libraryVersion: String
    ) {
        (self.trainedFrom, self.trainedTo, self.labelsKnownBy) = (trainedFrom, trainedTo, labelsKnownBy)
        (self.rows, self.positives, self.parameters, self.seed) = (rows, positives, parameters, seed)
        (self.jobDigest, self.inputDigest) = (jobDigest, inputDigest)
        (self.stageVersion, self.libraryVersion) = (stageVersion, libraryVersion)
    }
}

/// A model version's place; who had which role when is history, never overwritten.
public enum ModelRole: String, CaseIterable, Sendable, Codable {
    case candidate, challenger, champion, retired
}

/// Where model versions live; `Pipelines` implements it over the warehouse's open transaction.
///
/// Contract (`CatalogContract` tests it): versions count up a name; a version is a candidate until it is given a role; roles are history,
/// of two entries at one time the later one counts; a new champion retires the one before, at the same time; no
/// role begins before the model's last change (`model.role-before-history`); a version that is not there fails with
/// `model.version-missing`.
public protocol CatalogStore {
    /// Adds the next version of `name`. Same bytes and card as an existing version: that one is returned, nothing is added.
    func add(
        name: String, family: String, featureNames: [String], card: ModelCard, artefact: [UInt8], at now: Timestamp
    ) throws(Failure) -> ModelVersion
    /// Newest first.
    func versions(of name: String?) throws(Failure) -> [ModelVersion]
    func artefact(of version: ModelVersion) throws(Failure) -> [UInt8]
    /// - Parameter actor: `account@host`.
    func setRole(_ role: ModelRole, of version: ModelVersion, at now: Timestamp, actor: String, reason: String) throws(Failure)
    func role(of version: ModelVersion, asOf time: Timestamp) throws(Failure) -> ModelRole
    /// The version whose role was champion at `time`; nil = none yet.
    func champion(of name: String, asOf time: Timestamp) throws(Failure) -> ModelVersion?
}

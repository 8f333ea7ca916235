import Crypto
import Foundation
public import Records

/// What the catalog keeps of a classifier: the family's own bytes, and what was fitted around them. One digest covers all of it.
///
/// Without anything fitted around it an artefact is the family's bytes, as they are. Else: `PMDL`, a version byte; of the model, the
/// calibration and the automatic decisions each its length (8 bytes, lowest first) and its bytes; and SHA-256 of all before it.
public struct ModelArtefact: Hashable, Sendable {
    /// As the family's `serialized` gave it.
    public var model: [UInt8]
    /// Nil = scores are taken as they are.
    public var calibrator: Calibrator?
    /// What may be decided without a person; nil = nothing was fitted.
    public var automatic: AutomaticRule?

    public init(model: [UInt8], calibrator: Calibrator? = nil, automatic: AutomaticRule? = nil) {
        (self.model, self.calibrator, self.automatic) = (model, calibrator, automatic)
    }

    private static let mark = Array("PMDL".utf8) + [1]

    public func serialized() throws(Failure) -> [UInt8] {
        guard calibrator != nil || automatic != nil else { return model }
        var bytes = Self.mark
        let rule = try automatic.map { rule throws(Failure) in try rule.json() } ?? []
        for part in [model, calibrator?.serialized() ?? [], rule] {
            withUnsafeBytes(of: UInt64(part.count).littleEndian) { bytes.append(contentsOf: $0) }
            bytes += part
        }
        return bytes + SHA256.hash(data: bytes)
    }

    /// Reads back what ``serialized()`` wrote.
    ///
    /// - Throws: `models.not-a-model` for bytes that were changed or cut; `models.calibrator`.
    public init(serialized bytes: [UInt8], family: String) throws(Failure) {
        guard bytes.starts(with: Self.mark.prefix(4)) else {
            self.init(model: bytes)
            return
        }
        func damaged() -> Failure { .modelBytes(family: family, reason: "\(bytes.count) bytes that are not as they were written") }
        let end = bytes.count - SHA256.byteCount
        guard end >= Self.mark.count, bytes[4] == Self.mark[4], bytes[end...].elementsEqual(SHA256.hash(data: bytes[..<end])) else {
            throw damaged()
        }
        var at = Self.mark.count
        var parts: [[UInt8]] = []
        for _ in 0..<3 {
            guard end - at >= 8 else { throw damaged() }
            let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[at + $1]) << (8 * UInt64($1)) }
            at += 8
            guard length <= UInt64(end - at) else { throw damaged() }
            parts.append(Array(bytes[at..<at + Int(length)]))
            at += Int(length)
        }
        guard at == end else { throw damaged() }
        self.init(
            model: parts[0],
            calibrator: parts[1].isEmpty ? nil : try Calibrator(serialized: parts[1]),
            automatic: parts[2].isEmpty ? nil : try AutomaticRule(json: parts[2], family: family))
    }

    /// The classifier that these bytes are, calibrated where they say so.
    public func classifier(of family: any ClassifierFamily.Type, featureNames: [String], threads: Int) throws(Failure) -> any Classifier {
        let classifier = try family.load(model, featureNames: featureNames, threads: threads)
        return calibrator.map { CalibratedClassifier(classifier, $0) } ?? classifier
    }
}

/// A rule for automatic decisions, and the settings of the policy it was fitted for.
public struct AutomaticRule: Hashable, Sendable, Codable {
    public var rule: SelectiveRule
    /// Digest of the job's `automatic` settings at training; another job's settings, or changed ones, are not what was promised.
    public var policy: String
    /// What it rests on.
    public var certificate: SelectiveCertificate
    /// First and last event time (exclusive) of the rows it was fitted to, ISO 8601.
    public var from: String
    public var to: String

    public init(rule: SelectiveRule, policy: String, certificate: SelectiveCertificate, from: String, to: String) {
        (self.rule, self.policy, self.certificate, self.from, self.to) = (rule, policy, certificate, from, to)
    }

    func json() throws(Failure) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return [UInt8](try encoder.encode(self))
        } catch {
            throw .modelBytes(family: "automatic", reason: "a rule that cannot be written: \(error)")
        }
    }

    init(json bytes: [UInt8], family: String) throws(Failure) {
        do {
            self = try JSONDecoder().decode(AutomaticRule.self, from: Data(bytes))
        } catch {
            throw .modelBytes(family: family, reason: "a rule for automatic decisions that cannot be read")
        }
    }
}

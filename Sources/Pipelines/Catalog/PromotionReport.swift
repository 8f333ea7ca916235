import Crypto
import Foundation
public import Records

/// The replay report that a promotion is bound to: what `pipeline replay --model … --report` wrote, known by the digest of its bytes.
public struct PromotionReport: Hashable, Sendable {
    public var job: String
    public var policyDigest: String
    public var modelDigest: String
    /// Rows that were replayed, at least 1.
    public var rows: Int64
    /// ISO 8601.
    public var created: String
    /// SHA-256 of the file's bytes, lower-case hex.
    public var digest: String

    /// - Throws: a file that cannot be read (`models.report-file`), or is not such a report (`models.report-form`).
    public init(path: String) throws(Failure) {
        guard let data = FileManager.default.contents(atPath: path) else { throw .reportFile(path) }
        try self.init(bytes: [UInt8](data), place: path)
    }

    /// - Parameter place: named in errors.
    public init(bytes: [UInt8], place: String) throws(Failure) {
        guard let json = JSONValue(parsing: String(decoding: bytes, as: UTF8.self)) else {
            throw .reportForm(place, found: "\(bytes.count) bytes that are not JSON")
        }
        func text(_ name: String) throws(Failure) -> String {
            guard let text = json[name]?.string, !text.isEmpty else { throw .reportForm(place, found: "no text '\(name)'") }
            return text
        }
        (job, policyDigest, modelDigest, created) = (
            try text("job"), try text("policyDigest"), try text("modelDigest"), try text("created")
        )
        guard let count = json["rows"]?.integer, count > 0 else { throw .reportForm(place, found: "no number of 'rows' above 0") }
        rows = count
        digest = SHA256.hash(data: bytes).hexadecimal
    }
}

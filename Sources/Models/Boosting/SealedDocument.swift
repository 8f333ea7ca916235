import Crypto
import Records

/// A booster's document and bytes of ours beside it: length (8 bytes, little-endian), document, rest, and the SHA-256 of all of it.
///
/// The library ends the process on some damaged documents, so none reaches it, or the scorer, that is not as it was written.
struct SealedDocument {
    let document: [UInt8]
    let rest: [UInt8]

    init(document: [UInt8], rest: [UInt8]) { (self.document, self.rest) = (document, rest) }

    init(_ artefact: [UInt8], family: String) throws(Failure) {
        let content = artefact.dropLast(SHA256.byteCount)
        guard content.count > 8, artefact.suffix(SHA256.byteCount).elementsEqual(SHA256.hash(data: Array(content))) else {
            throw .modelBytes(family: family, reason: "\(artefact.count) bytes that are not as they were written")
        }
        let length = content.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(content.count - 8) else {
            throw .modelBytes(family: family, reason: "\(artefact.count) bytes of which \(length) were to be the trees")
        }
        document = Array(content.dropFirst(8).prefix(Int(length)))
        rest = Array(content.dropFirst(8 + Int(length)))
    }

    var bytes: [UInt8] {
        var bytes = (0..<8).map { UInt8(truncatingIfNeeded: UInt64(document.count) >> UInt64(8 * $0)) }
        bytes += document
        bytes += rest
        return bytes + SHA256.hash(data: bytes)
    }

    /// The trees of this output, in the layout that scoring reads.
    static func trees(_ document: [UInt8], output: TreeEnsemble.Output, family: String) throws(Failure) -> TreeEnsemble {
        do {
            return try TreeEnsemble(UniversalBinaryJSON(document), output: output)
        } catch let error as TreeEnsemble.Unsuitable {
            throw .modelBytes(family: family, reason: error.reason)
        } catch {
            throw .modelBytes(family: family, reason: "\(document.count) bytes that are not Universal Binary JSON")
        }
    }
}

extension FeatureMatrix {
    /// - Throws: another number of features than the names, an infinite value.
    func check(against names: [String]) throws(Failure) {
        guard featureCount == names.count else { throw .matrixWidth(found: featureCount, expected: names.count) }
        try checkFinite(names)
    }
}

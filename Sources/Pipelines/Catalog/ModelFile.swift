import Crypto
import Foundation
import GRDB
import Models
import Records

/// A version as a file of our own: card, artefact, and a digest over all of it.
struct ModelFile {
    static let form = "pipeline-model 1"

    var name: String
    var version: Int
    var family: String
    var featureNames: [String]
    /// As stored: JSON with sorted keys.
    var card: String
    var artefact: [UInt8]

    /// SHA-256 over everything.
    var digest: String {
        var encoding = CanonicalEncoding(domain: Self.form)
        encoding.append(name)
        encoding.append(Int64(version))
        encoding.append(family)
        encoding.append(Int64(featureNames.count))
        for name in featureNames { encoding.append(name) }
        encoding.append(card)
        encoding.append(ModelVersion.digest(of: artefact))
        return encoding.sha256
    }

    /// Whether the bytes say that they are such a file.
    static func isOne(_ bytes: [UInt8]) -> Bool { bytes.starts(with: "{\"format\":\"pipeline-model".utf8) }

    var bytes: [UInt8] {
        let value = JSONValue.object([
            .init("format", .text(Self.form)), .init("model", .text(name)), .init("version", .integer(version)),
            .init("family", .text(family)), .init("features", .array(featureNames.map { .text($0) })), .init("card", .text(card)),
            .init("artefact", .text(Data(artefact).base64EncodedString())), .init("digest", .text(digest)),
        ])
        return Array(value.json.utf8) + [UInt8(ascii: "\n")]
    }

    init(_ version: ModelVersion, card: String, artefact: [UInt8]) {
        (name, self.version, family, featureNames) = (version.name, version.version, version.family, version.featureNames)
        (self.card, self.artefact) = (card, artefact)
    }

    /// - Throws: another format, something missing, or a digest that is not that of the content.
    init(bytes: [UInt8], place: String) throws(Failure) {
        guard let json = JSONValue(parsing: String(decoding: bytes, as: UTF8.self)), json["format"]?.string == Self.form,
            let name = json["model"]?.string, let version = json["version"]?.integer.flatMap({ Int(exactly: $0) }),
            let family = json["family"]?.string, let features = json["features"]?.elements, let card = json["card"]?.string,
            let artefact = json["artefact"]?.string.flatMap({ Data(base64Encoded: $0) }), let stated = json["digest"]?.string
        else { throw .modelFile(place, found: "not all of its parts", expected: Self.form) }
        (self.name, self.version, self.family, self.card) = (name, version, family, card)
        (featureNames, self.artefact) = (features.compactMap(\.string), [UInt8](artefact))
        guard digest == stated else { throw .modelFileAltered(place, found: digest, expected: stated) }
    }

    func modelCard(_ place: String) throws(Failure) -> ModelCard {
        guard let card = try? JSONDecoder().decode(ModelCard.self, from: Data(card.utf8)) else {
            throw .modelFile(place, found: "a card that cannot be read", expected: Self.form)
        }
        return card
    }
}

import Crypto
import Foundation
package import Records

/// Trees of another program, as the catalog keeps them: what scores and explains, and nothing of the file they came from.
///
/// The artefact is a line that says so, the trees as JSON (numbers by their bits, so that they come back exactly), and SHA-256 of both.
package struct ImportedTrees: Sendable {
    static let mark = Array("pipeline trees 1\n".utf8)

    package let featureNames: [String]
    let baseMargin: Float
    let trees: [ParsedTree]

    private struct Document: Codable {
        var features: [String]
        var base: UInt32
        var trees: [Tree]
    }
    private struct Tree: Codable {
        var left: [Int64]
        var right: [Int64]
        var split: [Int64]
        var missing: [Int64]
        var value: [UInt32]
        var cover: [UInt32]
    }

    init(featureNames: [String], baseMargin: Float, trees: [ParsedTree]) {
        (self.featureNames, self.baseMargin, self.trees) = (featureNames, baseMargin, trees)
    }

    func ensemble() -> TreeEnsemble { TreeEnsemble(featureNames: featureNames, baseMargin: baseMargin, trees: trees) }

    package func artefact() throws(Failure) -> [UInt8] {
        let document = Document(
            features: featureNames, base: baseMargin.bitPattern,
            trees: trees.map { tree in
                Tree(
                    left: tree.left, right: tree.right, split: tree.features, missing: tree.defaultLeft,
                    value: tree.conditions.map(\.bitPattern), cover: tree.covers.map(\.bitPattern))
            })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            let bytes = Self.mark + [UInt8](try encoder.encode(document))
            return bytes + SHA256.hash(data: bytes)
        } catch {
            throw .modelBytes(family: BoostingFamily.definition.name, reason: "trees that cannot be written")
        }
    }

    init(artefact: [UInt8]) throws(Failure) {
        let body = Array(artefact.dropLast(SHA256.byteCount))
        func damaged() -> Failure {
            .modelBytes(family: BoostingFamily.definition.name, reason: "\(artefact.count) bytes that are not as they were written")
        }
        guard body.starts(with: Self.mark), artefact.suffix(SHA256.byteCount).elementsEqual(SHA256.hash(data: body)),
            let document = try? JSONDecoder().decode(Document.self, from: Data(body.dropFirst(Self.mark.count)))
        else { throw damaged() }
        var trees: [ParsedTree] = []
        for tree in document.trees {
            guard
                let parsed = ParsedTree(
                    left: tree.left, right: tree.right, features: tree.split, defaultLeft: tree.missing,
                    conditions: tree.value.map { Float(bitPattern: $0) }, covers: tree.cover.map { Float(bitPattern: $0) },
                    featureCount: document.features.count)
            else { throw damaged() }
            trees.append(parsed)
        }
        let base = Float(bitPattern: document.base)
        guard base.isFinite, !trees.isEmpty else { throw damaged() }
        self.init(featureNames: document.features, baseMargin: base, trees: trees)
    }
}

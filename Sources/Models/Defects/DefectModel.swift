package import Records

/// Whether a piece is defective, and of which kind: the mean of several boosted models that differ by the rows and features drawn.
///
/// The probability of a defect is the sigmoid of the mean log-odds, so that contributions are exact: they are the mean of those of the
/// parts. Kinds come from a second set of models over all classes, whose margins are averaged before the softmax, and from a forest
/// of random trees, half and half.
package struct DefectModel: Classifier {
    package var family: String { DefectFamily.definition.name }
    package var featureNames: [String] { parts[0].featureNames }
    /// Names of the kinds; empty where only two classes were known.
    package var kinds: [String] { kindParts.first?.classes ?? [] }
    package let preparation: [UInt8]
    let parts: [BoostingClassifier]
    let kindParts: [BoostingMulticlass]
    let forest: RandomisedForest?
    private let artefact: [UInt8]

    init(
        parts: [BoostingClassifier], kindParts: [BoostingMulticlass], forest: RandomisedForest?, preparation: [UInt8]
    ) throws(Failure) {
        (self.parts, self.kindParts, self.forest, self.preparation) = (parts, kindParts, forest, preparation)
        var blocks: [[UInt8]] = []
        for part in parts { blocks.append(try part.serialized()) }
        for part in kindParts { blocks.append(try part.serialized()) }
        artefact =
            SealedDocument(
                document: [UInt8(parts.count), UInt8(kindParts.count)], rest: Self.joined(blocks + [forest?.bytes ?? [], preparation])
            ).bytes
    }

    init(artefact: [UInt8], featureNames: [String]) throws(Failure) {
        let name = DefectFamily.definition.name
        let sealed = try SealedDocument(artefact, family: name)
        guard sealed.document.count == 2, let blocks = Self.split(sealed.rest) else {
            throw .modelBytes(family: name, reason: "\(artefact.count) bytes that are not several models")
        }
        let (first, second) = (Int(sealed.document[0]), Int(sealed.document[1]))
        guard first >= 1, blocks.count == first + second + 2 else {
            throw .modelBytes(family: name, reason: "\(blocks.count) parts where \(first + second + 2) were to be")
        }
        var (parts, kindParts): ([BoostingClassifier], [BoostingMulticlass]) = ([], [])
        for block in blocks.prefix(first) { parts.append(try BoostingClassifier(artefact: block, featureNames: featureNames)) }
        for block in blocks.dropFirst(first).prefix(second) {
            kindParts.append(try BoostingMulticlass(artefact: block, featureNames: featureNames))
        }
        (self.parts, self.kindParts, self.artefact) = (parts, kindParts, artefact)
        preparation = blocks.last ?? []
        let grown = blocks[first + second]
        forest = grown.isEmpty ? nil : RandomisedForest(bytes: grown)
        guard (forest == nil) == grown.isEmpty, forest.map({ $0.features == featureNames.count && $0.classes == kinds.count }) ?? true
        else { throw .modelBytes(family: name, reason: "\(grown.count) bytes that are no forest of these features") }
    }

    // MARK: Scores

    package func margins(of matrix: FeatureMatrix) throws(Failure) -> [Float] {
        var sums = [Float](repeating: 0, count: matrix.rowCount)
        for part in parts { for (row, margin) in try part.margins(of: matrix).enumerated() { sums[row] += margin } }
        return sums.map { $0 / Float(parts.count) }
    }

    package func probabilities(of matrix: FeatureMatrix) throws(Failure) -> [Float] {
        try margins(of: matrix).map { LogOdds.probability($0) }
    }

    package func contributions(of matrix: FeatureMatrix) throws(Failure) -> [Float] {
        var sums: [Float] = []
        for part in parts {
            let own = try part.contributions(of: matrix)
            sums = sums.isEmpty ? own : zip(sums, own).map { $0 + $1 }
        }
        return sums.map { $0 / Float(parts.count) }
    }

    /// Row-major, one in 0...1 a kind; empty where there are no kinds.
    package func kindProbabilities(of matrix: FeatureMatrix) throws(Failure) -> [Float] {
        var sums: [Float] = []
        for part in kindParts {
            let own = try part.margins(of: matrix)
            sums = sums.isEmpty ? own : zip(sums, own).map { $0 + $1 }
        }
        guard !sums.isEmpty else { return [] }
        let boosted = BoostingMulticlass.softmax(sums.map { $0 / Float(kindParts.count) }, classes: kinds.count)
        guard let forest else { return boosted }
        return zip(boosted, forest.probabilities(of: matrix)).map { ($0 + $1) / 2 }
    }

    /// The likeliest kinds, at most three, those below one in twenty left out.
    package func remarks(of matrix: FeatureMatrix) throws(Failure) -> [String] {
        guard !kindParts.isEmpty else { return [String](repeating: "", count: matrix.rowCount) }
        let (all, names) = (try kindProbabilities(of: matrix), kinds)
        return (0..<matrix.rowCount).map { row in
            let own = all[(row * names.count)..<((row + 1) * names.count)].enumerated()
                .sorted { $0.element != $1.element ? $0.element > $1.element : $0.offset < $1.offset }
            let told = own.prefix(1) + own.dropFirst().prefix(2).filter { $0.element >= 0.05 }
            return "kind: " + told.map { "\(names[$0.offset]) \(Int(($0.element * 100).rounded())) %" }.joined(separator: ", ")
        }
    }

    package func serialized() throws(Failure) -> [UInt8] { artefact }

    package var chosen: [String: String] {
        ["models": "\(parts.count)"].merging(kinds.isEmpty ? [:] : ["kinds": kinds.joined(separator: ", ")]) { own, _ in own }
    }

    // MARK: Bytes

    private static func joined(_ blocks: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        for block in blocks {
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: UInt64(block.count) >> UInt64(8 * $0)) }
            bytes += block
        }
        return bytes
    }

    private static func split(_ bytes: [UInt8]) -> [[UInt8]]? {
        var (at, blocks): (Int, [[UInt8]]) = (0, [])
        while at < bytes.count {
            guard bytes.count - at >= 8 else { return nil }
            let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[at + $1]) << UInt64(8 * $1) }
            at += 8
            guard length <= UInt64(bytes.count - at) else { return nil }
            blocks.append(Array(bytes[at..<(at + Int(length))]))
            at += Int(length)
        }
        return blocks
    }
}

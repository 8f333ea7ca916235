public import Records

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Boosted trees for several classes: a tree a class and round, softmax over the sums.
package struct BoostingMulticlass: MulticlassClassifier {
    package var family: String { BoostingMulticlassFamily.definition.name }
    package let featureNames: [String]
    package let classes: [String]
    /// One for each class.
    package let ensembles: [TreeEnsemble]
    private let sealed: SealedDocument

    init(document: [UInt8], classes: [String]) throws(Failure) {
        try self.init(SealedDocument(document: document, rest: Array(classes.joined(separator: "\u{1F}").utf8)), classes: classes)
    }

    init(artefact: [UInt8], featureNames: [String]) throws(Failure) {
        let name = BoostingMulticlassFamily.definition.name
        let sealed = try SealedDocument(artefact, family: name)
        let classes = String(decoding: sealed.rest, as: UTF8.self).split(separator: "\u{1F}").map(String.init)
        guard classes.count >= 2 else { throw .modelBytes(family: name, reason: "no class names") }
        try self.init(sealed, classes: classes)
        guard featureNames == self.featureNames else { throw .modelFeatures(found: self.featureNames, expected: featureNames) }
    }

    private init(_ sealed: SealedDocument, classes: [String]) throws(Failure) {
        var ensembles: [TreeEnsemble] = []
        for index in classes.indices {
            ensembles.append(
                try SealedDocument.trees(
                    sealed.document, output: .margin(ofClass: index, among: classes.count), family: BoostingMulticlassFamily.definition.name
                ))
        }
        (self.sealed, self.classes, self.ensembles, featureNames) = (sealed, classes, ensembles, ensembles[0].featureNames)
    }

    package func probabilities(of matrix: FeatureMatrix) throws(Failure) -> [Float] {
        Self.softmax(try margins(of: matrix), classes: classes.count)
    }

    /// Row-major, one a class; their softmax are the probabilities.
    package func margins(of matrix: FeatureMatrix) throws(Failure) -> [Float] {
        try matrix.check(against: featureNames)
        let margins = ensembles.map { $0.margins(matrix.values) }
        var result: [Float] = []
        result.reserveCapacity(matrix.rowCount * classes.count)
        for row in 0..<matrix.rowCount { for own in margins { result.append(own[row]) } }
        return result
    }

    /// Softmax with the largest margin of a row taken off first, as libxgboost does it.
    static func softmax(_ margins: [Float], classes: Int) -> [Float] {
        var result: [Float] = []
        result.reserveCapacity(margins.count)
        for start in stride(from: 0, to: margins.count, by: classes) {
            let own = margins[start..<(start + classes)], top = own.max() ?? 0
            let powers = own.map { expf($0 - top) }
            let sum = powers.reduce(0, +)
            result += powers.map { $0 / sum }
        }
        return result
    }

    package func contributions(of matrix: FeatureMatrix, toClass index: Int) throws(Failure) -> [Float] {
        try matrix.check(against: featureNames)
        return ensembles[index].paths.contributions(matrix.values, featureCount: matrix.featureCount)
    }

    package func serialized() throws(Failure) -> [UInt8] { sealed.bytes }

    /// The same model in the library, for tests that compare with it.
    package func booster() throws(Failure) -> Booster { try Booster(sealed.document, threads: 1) }
}

/// Gradient-boosted trees for several classes (softmax).
public enum BoostingMulticlassFamily: MulticlassFamily {
    public static let definition = Definition(
        name: "boosting-multiclass",
        summary: "Gradient-boosted decision trees (XGBoost, softmax) for several classes, with exact contributions to each.",
        parameters: BoostingFamily.common + [
            Parameter(
                "parallel-trees", .integer(1...100), default: "1",
                help: "Trees grown and averaged a class in each round: steadier with row and column samples, and as many times slower.",
                example: "4"),
            Parameter(
                "balance", .number(0...1), default: "0",
                help: "Weight of rare classes: 0 as they come, 1 all classes alike, between them a power of their share.", example: "0.5"),
        ])

    public static var libraryVersion: String { Booster.version }

    public static func train(
        on set: MulticlassSet, parameters: [String: ParameterValue], seed: UInt64, threads: Int
    ) throws(Failure) -> any MulticlassClassifier {
        let values = try ParameterValues(parameters, for: definition)
        let rows = try set.checked()
        let settings =
            BoostingFamily.common(values, objective: "multi:softprob", base: 0, seed: seed, threads: 1)
            + [("num_class", "\(rows.classes.count)"), ("num_parallel_tree", "\(values.integer("parallel-trees"))")]
        let booster = try Booster(
            matrix: rows.matrix, featureNames: rows.featureNames, labels: rows.labels.map { Float($0) },
            weights: weights(rows, balance: values.number("balance")), settings: settings, trees: values.integer("trees"), threads: 1)
        return try BoostingMulticlass(document: booster.serialized(), classes: rows.classes)
    }

    public static func load(_ bytes: [UInt8], featureNames: [String], threads: Int) throws(Failure) -> any MulticlassClassifier {
        try BoostingMulticlass(artefact: bytes, featureNames: featureNames)
    }

    /// Rows times (rows / (classes x rows of the class)) to the power of `balance`.
    private static func weights(_ rows: MulticlassSet, balance: Double) -> [Float] {
        guard balance > 0 else { return rows.weights }
        var counts = [Double](repeating: 0, count: rows.classes.count)
        for label in rows.labels { counts[label] += 1 }
        let factors = counts.map { pow(Double(rows.labels.count) / (Double(counts.count) * $0), balance) }
        return rows.labels.indices.map { Float(factors[rows.labels[$0]]) * (rows.weights.isEmpty ? 1 : rows.weights[$0]) }
    }
}

public import Records

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Defects by the mean of several boosted models; kinds of defect too, where the stage knows them.
///
/// L. Breiman, "Bagging Predictors", Machine Learning 24, 1996; the models differ by what `subsample` and `column-sample` draw.
public enum DefectFamily: ClassifierFamily {
    public static let definition = Definition(
        name: "defects",
        summary: "Whether a piece is defective and of which kind: the mean of several boosted models over drawn rows and features.",
        parameters: BoostingFamily.common + [
            Parameter(
                "models", .integer(1...50), default: "4",
                help: "Models averaged; they differ only where `subsample` or `column-sample` is below 1.", example: "8"),
            Parameter(
                "balance", .number(0...1), default: "0",
                help: "Weight of rare kinds: 0 as they come, 1 all alike, between them a power of their share. The score is not touched.",
                example: "0.5"),
            Parameter(
                "forest", .integer(0...2_000), default: "0",
                help: "Random trees that have half of the say in the kind of a defect; 0: none.", example: "300"),
            Parameter(
                "forest-sample", .number(0.01...1), default: "0.4", help: "Share of the features that a random tree tries at a question.",
                example: "0.3"),
        ])

    public static var libraryVersion: String { Booster.version }

    public static func train(
        on set: TrainingSet, parameters: [String: ParameterValue], seed: UInt64, threads: Int
    ) throws(Failure) -> any Classifier {
        let values = try ParameterValues(parameters, for: definition)
        var own = parameters
        for name in ["models", "balance", "forest", "forest-sample"] { own[name] = nil }
        var (parts, kindParts): ([BoostingClassifier], [BoostingMulticlass]) = ([], [])
        let kinds = try kinds(of: set)
        var kindParameters = own
        kindParameters["balance"] = .number(values.number("balance"))
        for index in 0..<values.integer("models") {
            let seed = SplitMix64.mixed(seed &+ UInt64(index))
            guard let part = try BoostingFamily.train(on: set, parameters: own, seed: seed, threads: threads) as? BoostingClassifier else {
                preconditionFailure("the family trains this type")
            }
            parts.append(part)
            guard let kinds else { continue }
            guard
                let part = try BoostingMulticlassFamily.train(on: kinds, parameters: kindParameters, seed: seed, threads: threads)
                    as? BoostingMulticlass
            else { preconditionFailure("the family trains this type") }
            kindParts.append(part)
        }
        let forest = try forest(kinds, values, seed: seed)
        return try DefectModel(parts: parts, kindParts: kindParts, forest: forest, preparation: set.preparation)
    }

    private static func forest(_ kinds: MulticlassSet?, _ values: ParameterValues, seed: UInt64) throws(Failure) -> RandomisedForest? {
        guard let kinds, values.integer("forest") > 0 else { return nil }
        let rows = try kinds.checked()
        let tried = max(1, Int((values.number("forest-sample") * Double(rows.matrix.featureCount)).rounded()))
        var counts = [Double](repeating: 0, count: rows.classes.count)
        for label in rows.labels { counts[label] += 1 }
        let weights = counts.map { Float(pow(Double(rows.labels.count) / (Double(counts.count) * $0), values.number("balance"))) }
        return RandomisedForest(rows, trees: values.integer("forest"), tried: tried, weights: weights, seed: seed)
    }

    public static func load(_ bytes: [UInt8], featureNames: [String], threads: Int) throws(Failure) -> any Classifier {
        try DefectModel(artefact: bytes, featureNames: featureNames)
    }

    /// Rows whose kind is known, with the kinds that occur; nil for fewer than three: two classes say no more than the score.
    private static func kinds(of set: TrainingSet) throws(Failure) -> MulticlassSet? {
        guard let classes = set.classes else { return nil }
        guard classes.labels.count == set.labels.count else {
            throw .trainingCounts(
                features: set.matrix.featureCount, names: set.featureNames.count, rows: set.labels.count, labels: classes.labels.count,
                weights: set.weights.count)
        }
        let rows = classes.labels.indices.filter { classes.labels[$0] >= 0 && (set.weights.isEmpty || set.weights[$0] > 0) }
        let found = Set(rows.map { classes.labels[$0] }).sorted()
        guard found.count >= 3 else { return nil }
        let places = Dictionary(uniqueKeysWithValues: zip(found, 0...))
        return MulticlassSet(
            matrix: set.matrix.rows(rows), featureNames: set.featureNames, classes: found.map { classes.names[$0] },
            labels: rows.map { places[classes.labels[$0]] ?? 0 })
    }
}

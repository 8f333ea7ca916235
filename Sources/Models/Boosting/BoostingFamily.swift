public import Records

/// Gradient-boosted trees for two classes: trained by libxgboost, scored by ``TreeEnsemble`` with the same bits, and explained by it.
///
/// The trees start from a fixed probability of 0.5, log-odds of exactly 0, and not from the share of positives: nothing but the trees
/// then depends on the training rows, and the first of them learns the share. Method: T. Chen, C. Guestrin, "XGBoost: A Scalable Tree
/// Boosting System", KDD 2016; splits by histogram; contributions: S. Lundberg et al., "Consistent Individualized Feature Attribution
/// for Tree Ensembles", 2018 (exact, path-dependent).
public enum BoostingFamily: ClassifierFamily {
    public static let definition = Definition(
        name: "boosting",
        summary: "Gradient-boosted decision trees (XGBoost, histogram splits) for two classes, with exact contributions of each feature.",
        parameters: common + [
            Parameter(
                "positive-weight", .number(0.000001...1_000_000), default: "1",
                help: "Weight of the positive rows beside the negative ones; other than 1, scores are no longer probabilities.",
                example: "10")
        ])

    public static var libraryVersion: String { Booster.version }

    public static var stopsEarly: Bool { true }
    public static var keepsSigns: Bool { true }

    public static func train(
        on set: TrainingSet, parameters: [String: ParameterValue], seed: UInt64, threads: Int
    ) throws(Failure) -> any Classifier {
        let values = try ParameterValues(parameters, for: definition)
        let rows = try TrainingRows(set)
        // One thread in the library whatever was asked: its OpenMP workers were seen to corrupt memory (libxgboost 1.7.4, libgomp).
        let threads = 1
        var settings = settings(values, seed: seed, threads: threads)
        if set.signs.contains(where: { $0 != .any }) {
            settings.append(("monotone_constraints", "(\(set.signs.map { "\($0.rawValue)" }.joined(separator: ",")))"))
        }
        let booster = try Booster(
            matrix: rows.matrix, featureNames: set.featureNames, labels: rows.labels, weights: rows.weights, settings: settings,
            trees: values.integer("trees"), threads: threads, validation: set.validation)
        return try BoostingClassifier(document: booster.best().serialized())
    }

    public static func load(_ bytes: [UInt8], featureNames: [String], threads: Int) throws(Failure) -> any Classifier {
        try BoostingClassifier(artefact: bytes, featureNames: featureNames)
    }

    private static func settings(_ values: ParameterValues, seed: UInt64, threads: Int) -> [(String, String)] {
        common(values, objective: "binary:logistic", base: 0.5, seed: seed, threads: threads)
            + [("scale_pos_weight", "\(values.number("positive-weight"))")]
    }

    /// What all objectives have in common, in the library's words.
    static func common(
        _ values: ParameterValues, objective: String, base: Float, seed: UInt64, threads: Int
    ) -> [(String, String)] {
        [
            ("verbosity", "0"), ("nthread", "\(threads)"), ("booster", "gbtree"), ("tree_method", "hist"), ("objective", objective),
            ("base_score", "\(base)"), ("seed", "\(SplitMix64.mixed(seed) & 0x7fff_ffff)"),
            ("max_depth", "\(values.integer("depth"))"), ("max_bin", "\(values.integer("bins"))"), ("eta", "\(values.number("rate"))"),
            ("subsample", "\(values.number("subsample"))"), ("colsample_bytree", "\(values.number("column-sample"))"),
            ("min_child_weight", "\(values.number("minimum-child-weight"))"), ("gamma", "\(values.number("minimum-gain"))"),
            ("lambda", "\(values.number("lambda"))"),
        ]
    }

    /// Parameters of every boosting family.
    static let common: [Parameter] = [
        Parameter("trees", .integer(1...10_000), default: "100", help: "How many trees are added up.", example: "300"),
        Parameter(
            "depth", .integer(1...12), default: "3", help: "Most questions a tree asks of a row, one after the other.", example: "4"),
        Parameter(
            "rate", .number(0.0001...1), default: "0.1", help: "Share of each tree's correction that is used.", example: "0.05"),
        Parameter(
            "subsample", .number(0.01...1), default: "1",
            help: "Share of the rows each tree learns from, drawn by the seed.", example: "0.8"),
        Parameter(
            "column-sample", .number(0.01...1), default: "1", help: "Share of the features each tree may use, drawn by the seed.",
            example: "0.8"),
        Parameter(
            "minimum-child-weight", .number(0...1_000_000), default: "1",
            help: "Least sum of p(1-p) over the rows of a leaf; higher is more cautious.", example: "5"),
        Parameter(
            "minimum-gain", .number(0...1_000_000), default: "0", help: "Least gain in loss that a question must bring.", example: "0.1"
        ),
        Parameter("lambda", .number(0...1_000_000), default: "1", help: "L2 penalty on the values of leaves.", example: "10"),
        Parameter("bins", .integer(2...65_536), default: "256", help: "Most thresholds tried a feature.", example: "512"),
    ]
}

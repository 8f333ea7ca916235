package import Records

/// A model file that XGBoost or LightGBM wrote, read whole: two classes, numeric splits.
package struct ForeignModel: Sendable {
    package enum Format: String, Sendable {
        case xgboost = "xgboost-json"
        case lightgbm = "lightgbm-text"
    }

    package let format: Format
    /// `xgboost 3.2.0`, `lightgbm text v4`
    package let library: String
    /// Nil where the file names none: they are then known by their order.
    package let featureNames: [String]?
    package let featureCount: Int
    /// Trees of the best round of early stopping, where the file has more than those.
    package let bestTrees: Int?
    let baseMargin: Float
    let trees: [ParsedTree]

    package var treeCount: Int { trees.count }

    /// - Throws: `models.foreign-file`, with what stood there; `models.foreign-unsupported` for what this program does not score.
    package init(_ bytes: [UInt8]) throws(Failure) {
        switch bytes.first {
        case UInt8(ascii: "{"): self = try XGBoostFile.read(bytes)
        case UInt8(ascii: "t"): self = try LightGBMFile.read(bytes)
        default:
            throw .foreignFile(
                "model file", found: "\(bytes.count) bytes that start like neither",
                expected: "XGBoost's JSON (`save_model(\"x.json\")`) or LightGBM's text (`save_model(\"x.txt\")`)")
        }
    }

    init(
        format: Format, library: String, featureNames: [String]?, featureCount: Int, bestTrees: Int?, baseMargin: Float,
        trees: [ParsedTree]
    ) {
        (self.format, self.library, self.featureNames, self.featureCount) = (format, library, featureNames, featureCount)
        (self.bestTrees, self.baseMargin, self.trees) = (bestTrees, baseMargin, trees)
    }

    /// The model over a job's features, which may be more than the model's and in another order.
    ///
    /// - Parameters:
    ///   - names: of the model's features, in its order.
    ///   - features: of the job's stage, in its order.
    ///   - trees: how many of them, from the first.
    package func imported(names: [String], features: [String], trees count: Int) throws(Failure) -> ImportedTrees {
        var places: [Int64] = []
        for name in names {
            guard let place = features.firstIndex(of: name), names.count(where: { $0 == name }) == 1 else {
                throw .foreignFeatures(names, expected: features, wrong: name)
            }
            places.append(Int64(place))
        }
        var moved: [ParsedTree] = []
        for (index, tree) in trees.prefix(count).enumerated() {
            let splits = zip(tree.left, tree.features).map { left, feature in left == -1 ? 0 : places[Int(feature)] }
            guard
                let parsed = ParsedTree(
                    left: tree.left, right: tree.right, features: splits, defaultLeft: tree.defaultLeft, conditions: tree.conditions,
                    covers: tree.covers, featureCount: features.count)
            else { throw .foreignFile("tree \(index)", found: "damaged nodes", expected: "a tree") }
            moved.append(parsed)
        }
        return ImportedTrees(featureNames: features, baseMargin: baseMargin, trees: moved)
    }
}

extension Failure {
    package static func foreignFile(_ place: String, found: String, expected: String) -> Failure {
        Failure(
            .usage, code: "models.foreign-file", what: "the model file cannot be read", place: place, found: found, expected: expected,
            remedy: "Write it again with the library's own `save_model`.")
    }

    package static func foreignUnsupported(_ what: String, expected: String) -> Failure {
        Failure(
            .usage, code: "models.foreign-unsupported", what: "the model is of a kind that is not scored here", found: what,
            expected: expected, remedy: "Train it again in that form, or train with `pipeline train`.")
    }

    package static func foreignFeatures(_ names: [String], expected: [String], wrong: String) -> Failure {
        Failure(
            .usage, code: "models.foreign-features", what: "the model uses a feature that the job does not compute, or one twice",
            found: wrong, expected: expected.joined(separator: ", "),
            remedy: Nearest.name(to: wrong, among: expected).map { "Did you mean '\($0)'?" } ?? "Train it on this job's features.")
    }
}
